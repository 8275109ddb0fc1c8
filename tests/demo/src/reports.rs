//! `/api/ops/samples` and `/api/reports/upcoming-reminders`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::database::Failure;
use crate::fault::Fault;
use crate::routes::{self, App, Shared};

const SAMPLES: &str = "
    select json_build_object(
        'window_hours', 24,
        'samples', count(*),
        'job_latency_p50_ms', coalesce(percentile_cont(0.5) within group (order by duration_ms), 0),
        'job_latency_p95_ms', coalesce(percentile_cont(0.95) within group (order by duration_ms), 0),
        'error_rate', coalesce(round(avg((not ok)::int), 5), 0),
        'jobs_open', (select count(*) from jobs where status in ('scheduled', 'in_progress')),
        'reminders_due', (select count(*) from reminders where status = 'pending' and due_at <= now()),
        'uploads_bytes', (select coalesce(sum((metadata->>'size')::bigint), 0) from storage.objects)
    )::text
    from ops_samples
    where taken_at > now() - interval '24 hours'";

const REMINDERS: &str = r#"
    select reminder_id::text, job_id::text, customer, channel::text,
           to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), status
    from upcoming_reminders
    order by due_at, reminder_id"#;

const COLUMNS: [&str; 6] = ["reminder_id", "job_id", "customer", "channel", "due_at", "status"];

/// The column that [`Fault::MissingCsvColumn`] leaves out.
const OMITTED: &str = "channel";

pub(crate) async fn samples(State(app): Shared) -> Result<Response, Failure> {
    let mut samples = app.database.json(SAMPLES, &[]).await?;
    match app.fault {
        Some(Fault::Slow) => tokio::time::sleep(Duration::from_millis(2500)).await,
        Some(Fault::StringForNumber) => {
            let latency = &mut samples["job_latency_p95_ms"];
            *latency = latency.to_string().into();
        }
        Some(Fault::BrokenJson) => {
            let text = samples.to_string();
            let half = text.get(..text.len() / 2).unwrap_or("{").to_owned();
            return Ok(([(CONTENT_TYPE, "application/json")], half).into_response());
        }
        _ => {}
    }
    Ok(Json(samples).into_response())
}

pub(crate) async fn upcoming_reminders(State(app): Shared) -> Result<Response, Failure> {
    if app.has(Fault::ServerError) {
        return Ok(routes::error(StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    }
    let content_type = if app.has(Fault::WrongContentType) {
        "text/html; charset=utf-8"
    } else {
        "text/csv; charset=utf-8"
    };
    let body = csv(&app).await?;
    Ok(([(CONTENT_TYPE, content_type)], body).into_response())
}

async fn csv(app: &App) -> Result<Vec<u8>, Failure> {
    let mut rows = app.database.rows(REMINDERS, &[]).await?;
    if app.has(Fault::EmptyReport) {
        rows.clear();
    }
    let omit = |name: &str| app.has(Fault::MissingCsvColumn) && name == OMITTED;
    let columns = || COLUMNS.iter().enumerate().filter(|(_, name)| !omit(name));
    let broken = |error: csv::Error| Failure(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns().map(|(_, name)| name)).map_err(broken)?;
    for row in &rows {
        for (index, _) in columns() {
            writer.write_field(row.try_get::<_, &str>(index)?).map_err(broken)?;
        }
        writer.write_record(None::<&[u8]>).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| Failure(error.to_string()))
}
