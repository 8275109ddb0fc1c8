use std::time::Instant;

use super::quiesced::Quiesced;
use super::*;
use crate::database::testing::{database, production, session, writer};
use crate::fault::FaultKind;

/// A name of its own for each test, as each has a database of its own.
fn ours(url: &ConnectionUrl) -> String {
    format!("smokedrill backup {} x@y", url.database())
}

fn thresholds() -> Thresholds {
    Thresholds {
        interval: Duration::from_millis(50),
        probe: "select 1".into(),
        latency: Duration::from_secs(5),
        waiting_locks: 100,
        oldest_snapshot: Duration::from_secs(3600),
        patience: 3,
    }
}

async fn watch(url: &ConnectionUrl, thresholds: Thresholds) -> (Watch, Stop) {
    let stop = Stop::default();
    let watch = Watch::start(url, &ours(url), thresholds, stop.clone(), &Handle::current()).await;
    (watch.unwrap(), stop)
}

async fn why(stop: &Stop) -> Fault {
    let began = Instant::now();
    loop {
        match stop.why() {
            Some(fault) => return fault,
            None => assert!(began.elapsed() < Duration::from_secs(30), "nobody stopped"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_quiet_source_is_measured_and_left_alone() {
    let url = ConnectionUrl::parse(&database("quiet").await).unwrap();
    let (watch, stop) = watch(&url, thresholds()).await;
    let session = Session::open(&url, &ours(&url)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    watch.look(When::Ended).await.unwrap();
    let seen = watch.finish().await.unwrap();
    assert!(stop.why().is_none());
    assert!(seen.impact.samples >= 3 && seen.impact.baseline_ms > 0.0, "{seen:?}");
    assert!(seen.impact.max_ms >= seen.impact.median_ms && seen.impact.median_ms > 0.0);
    assert_eq!((seen.impact.connections, seen.our_write_transactions), (2, 0));
    drop(session);
}

#[tokio::test]
async fn a_slow_probe_stops_it() {
    let text = database("slow").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    writer(&text).await.batch_execute("create table public.probed ()").await.unwrap();
    let slow = Thresholds {
        probe: "select count(*) from public.probed".into(),
        latency: Duration::from_millis(300),
        patience: 2,
        ..thresholds()
    };
    let (watch, stop) = watch(&url, slow).await;
    let migration = writer(&text).await;
    migration.batch_execute("begin; lock table public.probed").await.unwrap();
    let fault = why(&stop).await;
    let said = fault.to_string();
    assert_eq!(fault.kind(), FaultKind::Failed);
    assert!(said.starts_with("impact: production suffers: the probe took "), "{said}");
    assert!(
        said.contains("ms, over 300 ms (before the dump ") && said.contains(", 2 looks in a row"),
        "{said}"
    );
    migration.batch_execute("rollback").await.unwrap();
    assert!(watch.finish().await.unwrap().impact.max_ms > 300.0);
}

#[tokio::test]
async fn sessions_that_wait_for_us_are_counted_and_stop_it() {
    let text = database("waited").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    let setup = "create table public.dumped (i int)";
    let migration = writer(&text).await;
    migration.batch_execute(setup).await.unwrap();
    let session = Session::open(&url, &ours(&url)).await.unwrap();
    session.client().batch_execute("begin; select * from public.dumped").await.unwrap();
    let (watch, stop) = watch(&url, Thresholds { waiting_locks: 0, ..thresholds() }).await;
    let waits =
        tokio::spawn(async move { migration.batch_execute("drop table public.dumped").await });
    let said = why(&stop).await.to_string();
    assert!(
        said.contains("1 sessions wait for locks, over 0; 1 of them for this backup"),
        "{said}"
    );
    let seen = watch.finish().await.unwrap();
    assert_eq!((seen.impact.waiting_locks, seen.impact.blocked_by_us), (1, 1));
    session.close().await;
    waits.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_old_snapshot_stops_it_and_its_holder_is_named() {
    let url = ConnectionUrl::parse(&database("aged").await).unwrap();
    let session = Session::open(&url, &ours(&url)).await.unwrap();
    let snapshot = crate::database::Snapshot::take(session).await.unwrap();
    let old = Duration::from_millis(400);
    let (watch, stop) = watch(&url, Thresholds { oldest_snapshot: old, ..thresholds() }).await;
    let said = why(&stop).await.to_string();
    // Another test's snapshot may be the oldest.
    assert!(said.contains("the oldest snapshot is ") && said.contains(", held by "), "{said}");
    assert!(watch.finish().await.unwrap().impact.oldest_snapshot > 0.4);
    snapshot.end().await.unwrap();
}

#[tokio::test]
async fn a_transaction_of_ours_that_writes_is_seen() {
    let url = ConnectionUrl::parse(&database("numbered").await).unwrap();
    let session = Session::open(&url, &ours(&url)).await.unwrap();
    session.client().batch_execute("begin; select pg_current_xact_id()").await.unwrap();
    let (watch, _) = watch(&url, thresholds()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(watch.finish().await.unwrap().our_write_transactions, 1);
}

#[tokio::test]
async fn a_lost_session_is_replaced_once_and_then_it_stops() {
    let text = database("lost_watch").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    let (watch, stop) = watch(&url, thresholds()).await;
    let admin = writer(&production().superuser_url()).await;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'lost_watch'";
    admin.batch_execute(end).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(stop.why().is_none());
    admin.batch_execute("alter database lost_watch allow_connections false").await.unwrap();
    admin.batch_execute(end).await.unwrap();
    let fault = why(&stop).await;
    assert_eq!(fault.kind(), FaultKind::Errored);
    assert!(fault.line().starts_with("impact: what the source feels cannot be seen: "), "{fault}");
    assert!(watch.finish().await.unwrap().impact.samples > 2);
}

#[tokio::test]
async fn a_probe_that_cannot_run_is_told_before_the_dump() {
    let url = ConnectionUrl::parse(&database("unprobed").await).unwrap();
    for probe in ["select from nowhere", "create table public.t ()"] {
        let thresholds = Thresholds { probe: probe.into(), ..thresholds() };
        let watch =
            Watch::start(&url, &ours(&url), thresholds, Stop::default(), &Handle::current()).await;
        let said = watch.unwrap_err().to_string();
        assert!(
            said.starts_with("impact: probe: ") && said.contains("suites/drill.toml"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn leftovers_on_the_server_are_ended_and_others_are_not() {
    let url = ConnectionUrl::parse(&database("leftovers").await).unwrap();
    let others = session(&url).await;
    let clean = quiesced(&url, &ours(&url), Duration::from_secs(3)).await.unwrap();
    assert_eq!(clean, Quiesced::default());
    let idle = Session::open(&url, &ours(&url)).await.unwrap();
    idle.client().batch_execute("begin; select 1").await.unwrap();
    let ended = quiesced(&url, &ours(&url), Duration::from_millis(1500)).await.unwrap();
    assert_eq!((ended.terminated, ended.clean()), (1, true));
    idle.client().batch_execute("select 1").await.unwrap_err();
    others.client().batch_execute("select 1").await.unwrap();
    for name in ["", "psql", "smokedrill "] {
        quiesced(&url, name, Duration::ZERO).await.unwrap_err();
    }
    drop(idle);
}

#[test]
fn one_slow_answer_is_nobody_s_fault() {
    let thresholds = Thresholds { latency: Duration::from_millis(10), patience: 3, ..thresholds() };
    let looks = |latencies: &[u64]| {
        let mut record = Record::new(&[Duration::from_millis(2)]);
        let look = |ms: &u64| Sample { latency: Duration::from_millis(*ms), ..Sample::default() };
        latencies.iter().filter_map(|ms| record.add(&look(ms), &thresholds)).count()
    };
    assert_eq!(looks(&[11, 11, 10, 11, 11]), 0);
    assert_eq!(looks(&[11, 11, 11, 1]), 1);
    let mut record = Record::new(&[3, 1, 2].map(Duration::from_millis));
    record.add(&Sample { writers: vec![7, 7, 8], ..Sample::default() }, &thresholds);
    let seen = record.seen();
    assert_eq!((seen.impact.baseline_ms, seen.our_write_transactions), (2.0, 2));
}

#[tokio::test]
async fn a_dump_shorter_than_the_interval_is_looked_at_all_the_same() {
    let url = ConnectionUrl::parse(&database("short_dump").await).unwrap();
    let rarely = Thresholds { interval: Duration::from_secs(3600), ..thresholds() };
    let (watch, stop) = watch(&url, rarely).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    watch.look(When::Begins).await.unwrap();
    watch.look(When::Ended).await.unwrap();
    assert_eq!(watch.finish().await.unwrap().impact.samples, 2);
    assert!(stop.why().is_none());
}
