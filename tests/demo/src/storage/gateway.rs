//! The routes, and who comes in: the gateway's checks of the key, then the server's of the token.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

use super::StorageFault;
use super::answer::{Problem, gateway, unknown_route};
use super::{buckets, levels, objects, pages, writing};
use crate::database::Database;
use crate::supabase::{Keys, Refusal};

/// What the endpoints know: a session of the database for each role, and the fault.
pub(crate) struct App {
    pub(crate) anon: Database,
    pub(crate) authenticated: Database,
    pub(crate) service_role: Database,
    pub(crate) keys: Keys,
    pub(crate) contents: writing::Contents,
    pub(crate) fault: Option<StorageFault>,
}

impl App {
    pub(crate) fn has(&self, fault: StorageFault) -> bool {
        self.fault == Some(fault)
    }

    /// The database as the role of a request sees it.
    pub(crate) fn database(&self, role: &Role) -> &Database {
        match role.0.as_str() {
            "service_role" => &self.service_role,
            "authenticated" => &self.authenticated,
            _ => &self.anon,
        }
    }
}

/// The application as an endpoint gets it.
pub(crate) type Shared = State<Arc<App>>;

/// The role that a request acts as.
#[derive(Clone, Debug)]
pub(crate) struct Role(String);

pub(crate) fn router(app: App) -> Router {
    let app = Arc::new(app);
    let lists = Router::new()
        .route("/bucket", get(buckets::list).post(buckets::create))
        .route("/object/list/{bucket}", post(levels::list))
        .route("/object/list-v2/{bucket}", post(pages::list))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), spoil));
    let guarded = lists
        .route("/bucket/{id}", get(buckets::show).put(buckets::update).delete(buckets::delete))
        .route("/object/info/{bucket}/{*key}", get(objects::info))
        .route("/object/authenticated/{bucket}/{*key}", get(objects::content))
        .route(
            "/object/{bucket}/{*key}",
            get(objects::content).post(writing::upload).delete(writing::remove),
        )
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), admit));
    let api = guarded
        .route("/status", get(|| async {}))
        .route("/health", get(|| async { Json(json!({ "healthy": true })) }))
        .route("/version", get(|| async { "0.0.0" }))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(app);
    Router::new().nest("/storage/v1", api)
}

async fn nowhere(method: Method, uri: Uri) -> Response {
    unknown_route(method.as_str(), uri.path())
}

/// Lets a request in, as a role, or says why not.
async fn admit(State(app): Shared, mut request: Request, next: Next) -> Response {
    match app.fault {
        Some(StorageFault::Unauthorized) => return invalid_key(),
        Some(StorageFault::TooManyRequests) => {
            return ([(RETRY_AFTER, "1")], Problem::too_many()).into_response();
        }
        Some(StorageFault::ServerError) => {
            return Problem::internal("out of order").into_response();
        }
        _ => {}
    }
    let open = match *request.method() {
        Method::POST => app.has(StorageFault::OpenUploads),
        Method::GET => app.has(StorageFault::OpenDownloads),
        _ => false,
    };
    let open = open && request.uri().path().starts_with("/object/");
    let found = match role(&app.keys, request.headers()) {
        Err(_) if open => Ok(Role("service_role".to_owned())),
        found => found,
    };
    match found {
        Ok(role) => {
            request.extensions_mut().insert(role);
            next.run(request).await
        }
        Err(refusal) => *refusal,
    }
}

fn role(keys: &Keys, headers: &HeaderMap) -> Result<Role, Box<Response>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(key) = text("apikey") else {
        let hint = "No `apikey` request header or url param was found.";
        return Err(Box::new(gateway("No API key found in request", hint)));
    };
    let key = keys.find(key).ok_or_else(|| Box::new(invalid_key()))?;
    let in_a_browser = text(USER_AGENT.as_str()).is_some_and(|agent| agent.contains("Mozilla/"));
    if !key.is_legacy() && key.role() == "service_role" && in_a_browser {
        let hint = "Secret API keys can only be used in a protected environment and should never be used in a browser.";
        return Err(Box::new(gateway("Forbidden use of secret API key in browser", hint)));
    }
    let refused = |problem: Problem| Box::new(problem.into_response());
    match text(AUTHORIZATION.as_str()) {
        // The gateway makes a token of a newer key; of a legacy one it does not.
        None if !key.is_legacy() => Ok(Role(key.role().to_owned())),
        None => {
            Err(refused(Problem::invalid("headers must have required property 'authorization'")))
        }
        Some(bearer) => {
            let token = bearer.strip_prefix("Bearer ").unwrap_or(bearer);
            let denied = |Refusal(why)| refused(Problem::access_denied(why));
            keys.role_of(token).map(Role).map_err(denied)
        }
    }
}

fn invalid_key() -> Response {
    gateway("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
}

/// Spoils the answer of a listing, if that is the fault.
async fn spoil(State(app): Shared, request: Request, next: Next) -> Response {
    if app.has(StorageFault::Garbage) {
        return Html("<html><body>Welcome to nginx!</body></html>").into_response();
    }
    let answer = next.run(request).await;
    if !app.has(StorageFault::HalfPage) || answer.status() != StatusCode::OK {
        return answer;
    }
    let Ok(whole) = body::to_bytes(answer.into_body(), usize::MAX).await else {
        return Problem::internal("no body").into_response();
    };
    // The whole length is promised, half of it comes, and then the connection ends.
    let half = whole.slice(..whole.len() / 2);
    let broken = stream::iter([Some(half), None]).then(|part| async {
        if part.is_none() {
            // Else the server would end the connection before it has sent anything.
            sleep(Duration::from_millis(50)).await;
        }
        part.ok_or_else(|| io::Error::other("cut"))
    });
    let mut response = Body::from_stream(broken).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    response
}
