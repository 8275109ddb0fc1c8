//! What comes in: the fault, the signature, and which request it is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{self, Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;

use super::answer::Problem;
use super::keep::Keep;
use super::{BUCKET, ObjectStoreFault, listing, objects, signature, uploads};

/// The most bytes of one request: S3 takes 5 GiB, and no test needs that.
const MOST: usize = 256 * 1024 * 1024;

/// What the store knows.
pub(crate) struct App {
    access_key: String,
    secret_key: String,
    keep: Mutex<Keep>,
    fault: Mutex<Option<ObjectStoreFault>>,
    /// How many requests met a fault that every other one meets.
    turns: AtomicUsize,
}

impl App {
    pub(crate) fn new(access_key: String, secret_key: String) -> App {
        let (keep, fault) = (Mutex::new(Keep::default()), Mutex::new(None));
        App { access_key, secret_key, keep, fault, turns: AtomicUsize::new(0) }
    }

    pub(crate) fn access_key(&self) -> &str {
        &self.access_key
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.secret_key
    }

    pub(crate) fn keep(&self) -> MutexGuard<'_, Keep> {
        self.keep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_fault(&self, fault: Option<ObjectStoreFault>) {
        self.turns.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn fault(&self) -> Option<ObjectStoreFault> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every other time, beginning with the first.
    fn turn(&self) -> bool {
        self.turns.fetch_add(1, Ordering::SeqCst).is_multiple_of(2)
    }
}

/// The parameters of a request, decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Query(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().fallback(answer).with_state(app)
}

async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let fault = app.fault();
    match fault {
        Some(ObjectStoreFault::Hang) => tokio::time::sleep(Duration::MAX).await,
        Some(ObjectStoreFault::Garbage) => {
            return Html("<!doctype html><title>Welcome</title>").into_response();
        }
        _ => {}
    }
    let (parts, body) = request.into_parts();
    // Read in any case: a client that still sends would take an early answer for a broken line.
    let Ok(bytes) = body::to_bytes(body, MOST).await else {
        return Problem::ARGUMENT.into_response();
    };
    let problem = match fault {
        Some(ObjectStoreFault::Forbidden) => Some(Problem::ACCESS_DENIED),
        Some(ObjectStoreFault::ServerError) => Some(Problem::INTERNAL),
        Some(ObjectStoreFault::SlowDown) => Some(Problem::SLOW_DOWN),
        Some(ObjectStoreFault::NoSuchBucket) => Some(Problem::NO_BUCKET),
        Some(ObjectStoreFault::Full) if is_write(&parts) => Some(Problem::FULL),
        _ => signature::check(&parts, &bytes, &app.access_key, &app.secret_key).err(),
    };
    let answer = match problem {
        Some(problem) => Err(problem),
        None => route(&app, &parts, bytes),
    };
    let response = answer.unwrap_or_else(IntoResponse::into_response);
    match fault {
        Some(ObjectStoreFault::LostAnswers) if is_write(&parts) && app.turn() => {
            Problem::INTERNAL.into_response()
        }
        Some(ObjectStoreFault::HalfBody) if parts.method == Method::GET && app.turn() => {
            cut(response).await
        }
        // What answers a HEAD has no body, whatever it says.
        _ if parts.method == Method::HEAD && response.status() != StatusCode::OK => {
            response.status().into_response()
        }
        _ => response,
    }
}

fn is_write(parts: &Parts) -> bool {
    parts.method == Method::PUT || parts.method == Method::POST
}

fn route(app: &App, parts: &Parts, bytes: Bytes) -> Result<Response, Problem> {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let path = decoded(&parts.uri.path().replace('+', "%2B"));
    let path = path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if bucket != BUCKET {
        return Err(Problem::NO_BUCKET);
    }
    let conditions = app.fault() != Some(ObjectStoreFault::NoConditions);
    let mut headers = parts.headers.clone();
    if app.fault() == Some(ObjectStoreFault::NoIfMatch) {
        headers.remove(IF_MATCH);
    }
    let (headers, keep) = (&headers, &mut *app.keep());
    match (parts.method.as_str(), key) {
        ("GET", "") => listing::list(keep, &query),
        ("POST", "") if query.has("delete") => objects::delete_many(keep, &bytes),
        (_, "") => Err(Problem::METHOD),
        ("POST", key) if query.has("uploads") => uploads::begin(keep, key),
        ("POST", key) if query.has("uploadId") => uploads::complete(keep, key, &query, &bytes),
        ("PUT", key) if query.has("uploadId") => uploads::part(keep, key, &query, bytes),
        ("DELETE", key) if query.has("uploadId") => uploads::abort(keep, key, &query),
        ("GET", key) => objects::get(keep, key, headers, true),
        ("HEAD", key) => objects::get(keep, key, headers, false),
        ("PUT", key) => objects::put(keep, key, headers, conditions, bytes),
        ("DELETE", key) => Ok(objects::delete(keep, key)),
        _ => Err(Problem::METHOD),
    }
}

/// The response with its length, and half of its body.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body::to_bytes(body, MOST).await else {
        return Problem::INTERNAL.into_response();
    };
    parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
    let half = bytes.slice(..bytes.len() / 2);
    let broken = std::io::Error::other("the line broke");
    Response::from_parts(parts, Body::from_stream(stream::iter([Ok(half), Err(broken)])))
}

/// Percent-decoded, with `+` for a blank.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        match (first, tail.get(..2).and_then(hex)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
