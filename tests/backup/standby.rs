//! A standby as the source: it spares production, and may be behind it.

use std::time::Duration;

use crate::support::{Project, Session, Site, until};

#[test]
fn what_a_standby_has_not_replayed_counts_as_lost() {
    let site = Site::own();
    let standby = site.production.standby().unwrap();
    let primary = Session::open(&site.production.superuser_url());
    let replica = Session::open(&standby.superuser_url());
    let write = "update jobs set updated_at = now() where id in (select id from jobs limit 1)";
    let replayed = "select pg_last_xact_replay_timestamp() is not null";
    until("a commit was replayed", || {
        primary.texts(write);
        replica.texts(replayed) == ["t"]
    });
    let project = Project::with(&standby.read_only_url(), None, "buckets = []\n");
    // Not in the write-ahead log, so not on a standby either: which is to be said, and not passed.
    let unlogged = ["public.rate_limits", "net._http_response"];
    project.drill(&[]).is_red("backup::tables", &["unlogged", "data_only", unlogged[0]]);
    let left_out = unlogged.map(|table| {
        let table = format!("table = {table:?}\ndata_only = true\n");
        format!("[[backup.exclude]]\n{table}reason = \"unlogged\"\n")
    });
    let settings = |rpo: &str| {
        let left_out = left_out.concat();
        project.settings(&format!("buckets = []\n{left_out}[objectives]\nrpo = {rpo:?}\n"));
    };
    settings("1h");
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    // Behind by more than the objective: whatever production did since would be lost.
    replica.texts("select pg_wal_replay_pause()");
    let paused = "select pg_get_wal_replay_pause_state()";
    until("replay is paused", || {
        primary.texts(write);
        replica.texts(paused) == ["paused"]
    });
    let behind = "select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()";
    until("there is something to replay", || replica.texts(behind) == ["t"]);
    std::thread::sleep(Duration::from_secs(4));
    settings("3s");
    let ran = project.drill(&[]);
    ran.is_red("backup::recent", &["age of the newest data"]);
    replica.texts("select pg_wal_replay_resume()");
    until("it has caught up", || replica.texts(behind) == ["f"]);
    settings("60s");
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}
