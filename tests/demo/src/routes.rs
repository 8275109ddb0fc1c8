//! The endpoints: which there are, and the smallest of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::database::{Database, Failure};
use crate::fault::Fault;
use crate::{access, reports, status};

/// What the endpoints know.
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) migrations: status::Migrations,
    pub(crate) fault: Option<Fault>,
    pub(crate) base_url: String,
    pub(crate) staff_token: String,
    /// E-mail address and password of an account that stands in the application's configuration,
    /// and not in the database.
    pub(crate) account: Option<(&'static str, String)>,
}

impl App {
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

/// The application as an endpoint gets it.
pub(crate) type Shared = State<Arc<App>>;

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/app", get(|| page(include_str!("app.html"))))
        .route("/login", get(|| page(include_str!("login.html"))))
        .route("/customers", get(|| page(include_str!("customers.html"))))
        .route("/api/health", get(status::health))
        .route("/api/ready", get(status::ready))
        .route("/api/ops/samples", get(reports::samples))
        .route("/api/reports/upcoming-reminders", get(reports::upcoming_reminders))
        .route("/api/auth/token", post(access::token))
        .route("/api/customers", get(access::customers))
        .route("/api/uploads/sign", get(access::sign_query).post(access::sign_body))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::new(app))
}

/// An answer without data: `{"error":"…"}`.
pub(crate) fn error(status: StatusCode, name: &str) -> Response {
    (status, Json(json!({ "error": name }))).into_response()
}

impl IntoResponse for Failure {
    /// What went wrong inside is nobody's business outside.
    fn into_response(self) -> Response {
        error(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }
}

async fn root() -> Response {
    (StatusCode::FOUND, [(LOCATION, "/app")]).into_response()
}

async fn page(html: &'static str) -> Html<&'static str> {
    Html(html)
}

async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "not_found")
}

async fn method_not_allowed() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
}
