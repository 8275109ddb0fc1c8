//! A stand-in for the SMS provider in its test mode: Twilio's, with a test account's credentials
//! and its magic numbers. It takes messages and sends none.
//!
//! | request | answer |
//! |---|---|
//! | `POST /2010-04-01/Accounts/{sid}/Messages.json` | form `To`, `From`, `Body` → 201, the message, `queued` |
//! | without the account's credentials | 401, code 20003 |
//! | from `+15005550006` | well; from `…0001` 21212, `…0007` or any other 21606, `…0008` 21611 |
//! | to `+15005550001` | 21211; `…0002` 21612, `…0003` 21408, `…0004` 21610, `…0009` 21614 |
//! | anything else of the account | 403, code 20008: test credentials are for messages |
//!
//! An error is `{"code","message","more_info","status"}`, and 400 where nothing else is said.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::scratch;
use crate::server::Server;

/// What an SMS provider does wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SmsFault {
    /// Every request is answered 401, as with a token that was replaced.
    Unauthorized,
    /// Anybody may send.
    Open,
    /// Every number is taken for a good one.
    AnyNumber,
    /// Every message fails at once: 201, and `failed`.
    Failing,
    /// Every request is answered 503.
    Unavailable,
}

impl SmsFault {
    /// Every fault.
    pub const ALL: [SmsFault; 5] = [
        SmsFault::Unauthorized,
        SmsFault::Open,
        SmsFault::AnyNumber,
        SmsFault::Failing,
        SmsFault::Unavailable,
    ];
}

/// A running provider on a loopback port of its own. Dropping it stops it.
pub struct Sms {
    server: Server,
    account: String,
    token: String,
}

struct App {
    account: String,
    authorization: String,
    fault: Option<SmsFault>,
}

impl Sms {
    /// A provider with one test account, made anew.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn start() -> Result<Sms, String> {
        Sms::with(None)
    }

    /// The same, with one thing wrong.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn broken(fault: SmsFault) -> Result<Sms, String> {
        Sms::with(Some(fault))
    }

    fn with(fault: Option<SmsFault>) -> Result<Sms, String> {
        let (account, token) =
            (format!("AC{}", &scratch::random_hex()?[..32]), scratch::random_hex()?);
        let authorization = format!("Basic {}", STANDARD.encode(format!("{account}:{token}")));
        let app = App { account: account.clone(), authorization, fault };
        let server = Server::start("SMS provider", |_| {
            Router::new()
                .route(
                    "/2010-04-01/Accounts/{account}/Messages.json",
                    post(messages).fallback(elsewhere),
                )
                .fallback(elsewhere)
                .with_state(Arc::new(app))
        })?;
        Ok(Sms { server, account, token })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// The test account, `AC…`.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Its auth token.
    #[must_use]
    pub fn auth_token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// An answer that refuses.
fn refused(status: StatusCode, code: u32, message: &str) -> Response {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({ "code": code, "message": message, "more_info": more_info, "status": status.as_u16() });
    (status, Json(body)).into_response()
}

/// Why a request does not come in.
fn barred(app: &App, headers: &HeaderMap) -> Option<Response> {
    if app.fault == Some(SmsFault::Unavailable) {
        return Some(refused(StatusCode::SERVICE_UNAVAILABLE, 20503, "Service is unavailable"));
    }
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known =
        shown == Some(app.authorization.as_str()) && app.fault != Some(SmsFault::Unauthorized);
    if known || app.fault == Some(SmsFault::Open) {
        return None;
    }
    let realm = [(WWW_AUTHENTICATE, "Basic realm=\"Twilio API\"")];
    Some((realm, refused(StatusCode::UNAUTHORIZED, 20003, "Authenticate")).into_response())
}

async fn elsewhere(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let forbidden = || {
        let message = "Resource not accessible with Test Account Credentials";
        refused(StatusCode::FORBIDDEN, 20008, message)
    };
    barred(&app, &headers).unwrap_or_else(forbidden)
}

async fn messages(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = barred(&app, &headers) {
        return refusal;
    }
    if account != app.account {
        return refused(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form = match kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    {
        true => fields(&String::from_utf8_lossy(&body)),
        // Another form of body is not read, so that nothing is there.
        false => HashMap::new(),
    };
    let field = |name: &str| form.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let (to, from, text) = match (field("To"), field("From"), field("Body")) {
        (None, ..) => return wrong(21604, "A 'To' phone number is required."),
        (_, None, _) => return wrong(21603, "A 'From' phone number is required."),
        (.., None) => return wrong(21602, "Message body is required."),
        (Some(to), Some(from), Some(text)) => (to, from, text),
    };
    let any = app.fault == Some(SmsFault::AnyNumber);
    if let Some((code, message)) =
        fault_of_sender(from).or_else(|| fault_of_receiver(to)).filter(|_| !any)
    {
        return wrong(code, message);
    }
    let Ok(sid) = scratch::random_hex().map(|hex| format!("SM{}", &hex[..32])) else {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, 20500, "Internal Server Error");
    };
    let status = if app.fault == Some(SmsFault::Failing) { "failed" } else { "queued" };
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json");
    let message = json!({
        "sid": sid, "account_sid": account, "api_version": "2010-04-01", "direction": "outbound-api",
        "to": to, "from": from, "body": text, "status": status, "num_segments": "1", "num_media": "0",
        "price": null, "price_unit": "USD", "error_code": null, "error_message": null,
        "messaging_service_sid": null, "date_sent": null, "uri": uri,
    });
    (StatusCode::CREATED, Json(message)).into_response()
}

fn wrong(code: u32, message: &str) -> Response {
    refused(StatusCode::BAD_REQUEST, code, message)
}

fn fault_of_sender(number: &str) -> Option<(u32, &'static str)> {
    match number {
        "+15005550006" => None,
        "+15005550001" => Some((21212, "The 'From' number is not a valid phone number.")),
        "+15005550008" => {
            Some((21611, "This 'From' number has exceeded the maximum number of queued messages"))
        }
        _ => Some((
            21606,
            "The 'From' phone number provided is not a valid, SMS-capable inbound phone number or short code for your account.",
        )),
    }
}

fn fault_of_receiver(number: &str) -> Option<(u32, &'static str)> {
    match number {
        "+15005550002" => Some((21612, "The 'To' phone number is not currently reachable via SMS")),
        "+15005550003" => Some((
            21408,
            "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
        )),
        "+15005550004" => Some((21610, "Attempt to send to unsubscribed recipient")),
        "+15005550009" => Some((21614, "'To' number is not a valid mobile number")),
        "+15005550001" => Some((21211, "The 'To' number is not a valid phone number.")),
        number => {
            let digits = number.strip_prefix('+').unwrap_or_default();
            let good =
                (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            (!good).then_some((21211, "The 'To' number is not a valid phone number."))
        }
    }
}

/// The fields of a form.
fn fields(body: &str) -> HashMap<String, String> {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
