//! What the Storage API answers, and what is wrong with it.
//!
//! An error comes as HTTP 400 nearly always, with the status that is meant inside, as a text:
//!
//! ```json
//! {"statusCode":"404","error":"Bucket not found","message":"…","code":"NoSuchBucket"}
//! ```
//!
//! The gateway in front of it, and an unknown route, answer with their true status. A message may
//! name an object, so only those that refuse a key are passed on.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::Value;

use super::key::Key;
use crate::check::trouble;
use crate::fault::Fault;

/// The most bytes of a listing: sixteen times what a page of a thousand objects has.
const LISTING: usize = 16 * 1024 * 1024;

/// The most bytes of an error that are read.
const ERROR: usize = 64 * 1024;

/// What to do about the network.
const NETWORK: &str = "check the project's URL, whether it is up, and the network to it";

/// Why a request has no good answer.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    text: String,
    help: Option<&'static str>,
    passing: bool,
    /// How long the server wants to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The status that is meant, if there was an answer.
    pub(super) status: Option<u16>,
    /// The server's name for the error, such as `NoSuchKey`.
    pub(super) code: Option<String>,
}

impl Trouble {
    /// Something wrong with an answer that is none of the server's own errors.
    pub(super) fn wrong(text: impl Into<String>, help: &'static str) -> Self {
        let (text, help) = (text.into(), Some(help));
        Self { text, help, passing: false, retry_after: None, status: None, code: None }
    }

    /// What the network did.
    pub(super) fn network(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::late();
        }
        let trouble = trouble::Trouble::of(error);
        Self { passing: trouble.passing, ..Self::wrong(trouble.message, NETWORK) }
    }

    /// No answer in time.
    pub(super) fn late() -> Self {
        Self { passing: true, ..Self::wrong("no answer in time", NETWORK) }
    }

    /// Whether it may be gone at the next try.
    pub(super) fn passes(&self) -> bool {
        self.passing
    }

    /// Whether the server does not have the second version of the listing.
    pub(super) fn is_not_enabled(&self) -> bool {
        self.code.as_deref() == Some("FeatureNotEnabled")
            || self.status == Some(404) && self.code.is_none()
    }

    /// Whether one object cannot be had, and others may.
    pub(super) fn is_of_one_object(&self) -> bool {
        match self.status {
            Some(404) => true,
            Some(400) => self.code.is_some(),
            Some(status) => status >= 500,
            None => false,
        }
    }

    /// The fault, once nothing helped.
    pub(super) fn fault(self, tries: usize) -> Fault {
        let fault = match self.passing && tries > 1 {
            true => Fault::errored(format!("{} (tried {tries} times)", self.text)),
            false => Fault::errored(self.text),
        };
        match self.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The answer, if it is a good one.
///
/// # Errors
/// The server's own error.
pub(super) async fn good(
    response: reqwest::Response,
    key: &Key,
) -> Result<reqwest::Response, Trouble> {
    let status = response.status().as_u16();
    if matches!(status, 200 | 206) {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    // What broke off is as good as empty: the status is what tells.
    let body = match bytes(response, ERROR).await {
        Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    Err(Trouble { retry_after, ..refused(status, &body, key) })
}

/// The JSON of a good answer.
///
/// # Errors
/// It broke off, is too long, or is no JSON. None of its text is shown.
pub(super) async fn json(response: reqwest::Response) -> Result<Value, Trouble> {
    let kind = content_type(response.headers());
    let body = bytes(response, LISTING).await?;
    serde_json::from_slice(&body).map_err(|_| {
        let text = format!("the answer is no JSON, and calls itself {kind}");
        Trouble::wrong(text, "see what answers there in the API's place: a proxy, another site")
    })
}

/// The whole body, up to a limit.
///
/// # Errors
/// It broke off, or is longer.
pub(super) async fn bytes(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::network)? {
        if chunk.len() > limit - body.len() {
            let text = format!("the answer is longer than {limit} bytes");
            return Err(Trouble::wrong(text, "see what answers there in the API's place"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn refused(http: u16, body: &Value, key: &Key) -> Trouble {
    let inner = &body["statusCode"];
    let inner = inner.as_u64().or_else(|| inner.as_str()?.parse().ok());
    let inner = inner.and_then(|status| u16::try_from(status).ok());
    let status = inner.filter(|status| (400..600).contains(status)).unwrap_or(http);
    let is_code = |code: &&str| {
        (1..=40).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let code = body["code"].as_str().filter(is_code).map(str::to_owned);
    let mut text = match &code {
        Some(code) => format!("it answers {status}, {code}"),
        None => format!("it answers {status}"),
    };
    if let (401 | 403, Some(why)) = (status, body["message"].as_str()) {
        let plain = why.len() <= 120 && !why.chars().any(char::is_control);
        if plain && !key.is_in(why) {
            text = format!("{text}: {why}");
        }
    }
    let help = match status {
        401 | 403 => {
            "check that the key is this project's, has not been revoked and is a secret or \
             `service_role` one"
        }
        429 => "ask it later, or find out what else asks it so much",
        500.. => "see the project's status page and the storage service's log",
        300..=399 => "give the project's own URL, which redirects nowhere",
        404 => "check the project's URL: the API is expected below its `/storage/v1`",
        _ => "see the storage service's log",
    };
    let passing = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
    Trouble { passing, status: Some(status), code, ..Trouble::wrong(text, help) }
}

/// `Retry-After` in either form (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    moment.duration_since(Timestamp::now()).try_into().ok()
}

fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("nothing").trim();
    kind.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue, header};
    use serde_json::json;

    use super::{Key, refused, retry_after};

    #[test]
    fn the_status_inside_counts() {
        let key = Key::new("sb_secret_hush").unwrap();
        for (http, body, text, passes) in [
            (
                400,
                json!({"statusCode":"404","code":"NoSuchKey","message":"jane.pdf"}),
                "it answers 404, NoSuchKey",
                false,
            ),
            (
                400,
                json!({"statusCode":"500","code":"DatabaseError"}),
                "it answers 500, DatabaseError",
                true,
            ),
            (
                400,
                json!({"statusCode":"403","code":"AccessDenied","message":"bad"}),
                "it answers 403, AccessDenied: bad",
                false,
            ),
            (401, json!({"message":"no sb_secret_hush"}), "it answers 401", false),
            (400, json!({"statusCode":"200","code":"x y"}), "it answers 400", false),
            (429, json!("jane.pdf"), "it answers 429", true),
            (404, json!({"statusCode":404,"message":"Route"}), "it answers 404", false),
            (302, json!(null), "it answers 302", false),
        ] {
            let trouble = refused(http, &body, &key);
            assert_eq!((trouble.text.as_str(), trouble.passes()), (text, passes));
            let fault = trouble.fault(3).to_string();
            assert!(!fault.contains("jane") && !fault.contains("hush"), "{fault}");
            assert_eq!(fault.contains("tried 3 times"), passes, "{fault}");
        }
    }

    #[test]
    fn the_wait_is_read_in_either_form() {
        let read = |text: &str| {
            let value = HeaderValue::from_str(text).unwrap();
            retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
        };
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        assert!(read("Wed, 21 Oct 2065 07:28:00 GMT") > Some(Duration::from_secs(86_400)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
