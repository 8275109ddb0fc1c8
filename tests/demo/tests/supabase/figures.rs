//! How long a production takes to start, and how large it is.

use std::env;
use std::time::Instant;

use smokedrill_demo::{Production, Staging};

use crate::session::Session;

/// The rows and the bytes of COPY text of every table, largest first.
fn tables(session: &Session) -> Vec<(String, i64, i64)> {
    let names = session.texts(
        "select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
         where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'",
    );
    let mut tables: Vec<_> = names
        .into_iter()
        .map(|name| {
            let (rows, bytes) = session.copied(&name);
            (name, rows, bytes)
        })
        .collect();
    tables.sort_by_key(|(_, _, bytes)| -bytes);
    tables
}

#[test]
#[ignore = "is a measurement: SCALE=1 cargo test --release --test supabase start_and_size -- --ignored --nocapture"]
fn start_and_size() {
    let scale = env::var("SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1);
    let begin = Instant::now();
    let production = Production::start(scale).unwrap();
    println!("scale {scale}: start {:.1?}", begin.elapsed());
    let session = Session::open(&production.superuser_url());
    let tables = tables(&session);
    for (name, rows, bytes) in &tables {
        println!("{bytes:>12} {rows:>9} {name}");
    }
    let rows: i64 = tables.iter().map(|table| table.1).sum();
    let bytes: i64 = tables.iter().map(|table| table.2).sum();
    println!("scale {scale}: {rows} rows, {bytes} bytes of COPY text");
    println!("on disk: {}", session.text("select pg_size_pretty(pg_database_size('postgres'))"));
    let begin = Instant::now();
    drop(production);
    println!("drop {:.1?}", begin.elapsed());
    let begin = Instant::now();
    drop(Staging::start().unwrap());
    println!("staging: start and drop {:.1?}", begin.elapsed());
}

#[test]
fn the_smallest_production_starts_in_three_seconds() {
    let begin = Instant::now();
    let production = Production::start(0).unwrap();
    let start = begin.elapsed();
    let tables = tables(&Session::open(&production.superuser_url()));
    let rows: i64 = tables.iter().map(|table| table.1).sum();
    println!("start: {start:?}, {rows} rows");
    assert!((2000..20_000).contains(&rows), "{rows} rows");
    // Twice that, for a machine that runs other tests at the same time.
    assert!(start.as_secs_f64() < 6.0, "{start:?}");
}
