//! Signing in, and the endpoints that need it.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::database::Failure;
use crate::fault::Fault;
use crate::routes::{App, Shared, error};

/// How long tokens and signed URLs say that they hold, in seconds.
const HOLDS: u32 = 3600;

const CUSTOMERS: &str = "
    select coalesce(json_agg(c order by c.id), '[]')::text
    from (select id, name, email, phone from customers order by id limit $1) c";

/// What a request has to show.
#[derive(Clone, Copy, PartialEq)]
enum Credential {
    None,
    False,
    Staff,
}

impl Credential {
    fn of(app: &App, headers: &HeaderMap) -> Credential {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Credential::None;
        };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        if token == Some(app.staff_token.as_str()) { Credential::Staff } else { Credential::False }
    }

    /// The same few bytes to everybody, whatever was asked for.
    fn refusal(self) -> Option<Response> {
        match self {
            Credential::None => {
                let body = error(StatusCode::UNAUTHORIZED, "unauthorized");
                Some(([(WWW_AUTHENTICATE, "Bearer")], body).into_response())
            }
            Credential::False => Some(error(StatusCode::FORBIDDEN, "forbidden")),
            Credential::Staff => None,
        }
    }
}

pub(crate) async fn token(State(app): Shared, body: Bytes) -> Result<Response, Failure> {
    let login: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(email), Some(password)) = (login["email"].as_str(), login["password"].as_str())
    else {
        return Ok(error(StatusCode::BAD_REQUEST, "email_and_password_expected"));
    };
    let own = app.account.as_ref().is_some_and(|own| (own.0, own.1.as_str()) == (email, password));
    let sql = "select id::text from auth.users where email = $1 and user_metadata->>'role' = 'dispatcher'
               and encrypted_password = encode(sha256(convert_to(salt || $2::text, 'UTF8')), 'hex')";
    if !own && app.database.text(sql, &[&email, &password]).await?.is_none() {
        return Ok(error(StatusCode::UNAUTHORIZED, "unauthorized"));
    }
    let token =
        json!({ "access_token": app.staff_token, "token_type": "bearer", "expires_in": HOLDS });
    Ok(Json(token).into_response())
}

pub(crate) async fn customers(
    State(app): Shared,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let credential = Credential::of(&app, &headers);
    if credential == Credential::None && app.has(Fault::LeakingRefusal) {
        let customers = app.database.json(CUSTOMERS, &[&3_i64]).await?;
        let body = json!({ "error": "unauthorized", "customers": customers });
        let body = (StatusCode::UNAUTHORIZED, Json(body));
        return Ok(([(WWW_AUTHENTICATE, "Bearer")], body).into_response());
    }
    if let Some(refusal) = credential.refusal() {
        return Ok(refusal);
    }
    let limit = query.get("limit").map_or(Ok(100), |limit| limit.parse::<i64>());
    match limit {
        Ok(limit @ 1..=1000) => {
            Ok(Json(app.database.json(CUSTOMERS, &[&limit]).await?).into_response())
        }
        _ => Ok(error(StatusCode::BAD_REQUEST, "limit_of_1_to_1000_expected")),
    }
}

pub(crate) async fn sign_query(
    State(app): Shared,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    sign(&app, &headers, || Some(json!(query))).await
}

pub(crate) async fn sign_body(
    State(app): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let parse = || {
        if body.is_empty() {
            return Some(json!({}));
        }
        serde_json::from_slice(&body).ok().filter(Value::is_object)
    };
    sign(&app, &headers, parse).await
}

/// Answers who is allowed first, and looks at the request only then: a refusal must not depend on
/// what was asked for. What the request leaves out has a default, so that a bare one succeeds too.
async fn sign(
    app: &App,
    headers: &HeaderMap,
    request: impl Fn() -> Option<Value>,
) -> Result<Response, Failure> {
    let credential = Credential::of(app, headers);
    let let_in = match credential {
        Credential::None => app.has(Fault::OpenSign),
        Credential::False => app.has(Fault::AnyToken),
        Credential::Staff => true,
    };
    if let Some(refusal) = credential.refusal().filter(|_| !let_in) {
        return Ok(refusal);
    }
    let Some(request) = request() else {
        return Ok(error(StatusCode::BAD_REQUEST, "json_object_expected"));
    };
    let field = |name: &str, default: &str| request[name].as_str().unwrap_or(default).to_owned();
    let bucket = field("bucket", "uploads");
    let name = field("name", "document.pdf");
    let content_type = field("content_type", "application/octet-stream");
    let sql =
        "select encode(sha256(convert_to(concat_ws('/', $2::text, id, $3::text), 'UTF8')), 'hex')
               from storage.buckets where id = $1";
    let Some(signature) = app.database.text(sql, &[&bucket, &app.staff_token, &name]).await? else {
        return Ok(error(StatusCode::BAD_REQUEST, "unknown_bucket"));
    };
    let url = format!("{}/storage/{bucket}/{}?signature={signature}", app.base_url, encoded(&name));
    let answer =
        json!({ "url": url, "method": "PUT", "content_type": content_type, "expires_in": HOLDS });
    Ok(Json(answer).into_response())
}

/// A name as a path of a URL.
fn encoded(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}
