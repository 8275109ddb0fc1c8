//! `/api/health` and `/api/ready`.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_postgres::{Config, NoTls};

use crate::database::Failure;
use crate::fault::Fault;
use crate::routes::{App, Shared};

/// The migrations that a build of the application relies on, and where they are written down.
#[derive(Clone, Copy)]
pub(crate) struct Migrations {
    table: &'static str,
    versions: &'static [&'static str],
}

/// Those of [`Demo`](crate::Demo).
pub(crate) const OWN: Migrations = Migrations {
    table: "schema_migrations",
    versions: &["0001_customers", "0002_jobs", "0003_reminders", "0004_invoices", "0005_uploads"],
};

/// Those of [`Production`](crate::Production), which Supabase's command-line tool has applied.
pub(crate) const SUPABASE: Migrations = Migrations {
    table: "supabase_migrations.schema_migrations",
    versions: &["20240105081500", "20240212100000", "20240601120000", "20250320090000"],
};

/// One that no database has.
const FUTURE_MIGRATION: &str = "0006_not_applied_anywhere";

/// The buckets that the application stores files in.
const BUCKETS: [&str; 3] = ["uploads", "invoices", "maintenance"];

pub(crate) async fn health(State(app): Shared) -> Response {
    let status = if app.has(Fault::WrongStatus) { StatusCode::ACCEPTED } else { StatusCode::OK };
    (status, Json(json!({ "ok": !app.has(Fault::NotOk) }))).into_response()
}

pub(crate) async fn ready(State(app): Shared) -> Response {
    let checks = [
        ("database", timed(database(&app)).await),
        ("migrations", timed(migrations(&app)).await),
        ("storage", timed(storage(&app)).await),
    ];
    let ok = checks.iter().all(|(_, check)| check["ok"] == true);
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks: serde_json::Map<_, _> =
        checks.into_iter().map(|(name, check)| (name.to_owned(), check)).collect();
    (status, Json(json!({ "ok": ok, "checks": checks }))).into_response()
}

async fn timed(check: impl Future<Output = Result<(), Failure>>) -> Value {
    let begin = Instant::now();
    let result = check.await;
    // Rounded to a hundredth, which is as much as the clock of a shared machine is worth.
    let latency = (begin.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
    match result {
        Ok(()) => json!({ "ok": true, "latency_ms": latency }),
        Err(Failure(error)) => json!({ "ok": false, "latency_ms": latency, "error": error }),
    }
}

async fn database(app: &App) -> Result<(), Failure> {
    if app.has(Fault::DatabaseDown) {
        return connect_to_nothing().await;
    }
    app.database.rows("select 1", &[]).await.map(drop)
}

async fn migrations(app: &App) -> Result<(), Failure> {
    let Migrations { table, versions } = app.migrations;
    let mut wanted = versions.to_vec();
    if app.has(Fault::PendingMigration) {
        wanted.push(FUTURE_MIGRATION);
    }
    let sql = format!(
        "select string_agg(wanted, ', ' order by wanted) from unnest($1::text[]) wanted
         where wanted not in (select version from {table})"
    );
    match app.database.text(&sql, &[&wanted]).await? {
        Some(pending) => Err(Failure(format!("not applied: {pending}"))),
        None => Ok(()),
    }
}

async fn storage(app: &App) -> Result<(), Failure> {
    let sql = "select string_agg(id, ', ' order by id) from unnest($1::text[]) id
               where id not in (select id from storage.buckets)";
    match app.database.text(sql, &[&BUCKETS.as_slice()]).await? {
        Some(missing) => Err(Failure(format!("no bucket: {missing}"))),
        None => Ok(()),
    }
}

/// What a connection says when the database is down, from a port where nothing listens.
async fn connect_to_nothing() -> Result<(), Failure> {
    let port =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let port = port.map_err(|error| Failure(error.to_string()))?.port();
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user("demo");
    config.connect_timeout(Duration::from_secs(1));
    config.connect(NoTls).await.map(drop)?;
    Err(Failure("something listens where nothing should".to_owned()))
}
