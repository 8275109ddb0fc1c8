//! What a store answers when it cannot do what it is asked, as faults with a remedy.
//!
//! The answers' own words are not repeated but for the code: some stores put the signed request
//! with the key's id into them.

use std::error::Error as _;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use crate::backup::store::trouble::STAGE;
use crate::fault::Fault;

/// The object is not there. If the bucket is not, that is another matter.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !error.to_string().contains("NoSuchBucket")
}

/// A condition of a write does not hold.
pub(super) fn is_refused_condition(error: &Error) -> bool {
    matches!(
        error,
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }
    )
}

pub(super) fn fault(error: &Error, place: &str) -> Fault {
    let text = error.to_string();
    let (status, code) = (status(&text), code(&text));
    let said = match (status, code) {
        (Some(status), Some(code)) => format!(" ({status} {code})"),
        (Some(status), None) => format!(" ({status})"),
        (None, Some(code)) => format!(" ({code})"),
        (None, None) => String::new(),
    };
    let (message, help) = match (code.unwrap_or_default(), status.unwrap_or_default()) {
        // Asking the machine for keys, which only has them in a cloud.
        _ if text.contains("169.254.") || text.contains("latest/meta-data") => (
            "no keys are given, and the machine has none".to_owned(),
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give keys in the settings",
        ),
        ("NoSuchBucket", _) => (
            format!("the bucket does not exist{said}"),
            "make the bucket, or correct the location, its region or its endpoint",
        ),
        ("RequestTimeTooSkewed", _) => {
            (format!("this machine's clock is wrong{said}"), "set the clock")
        }
        ("ExpiredToken" | "InvalidToken", _) => {
            (format!("the session's token is no longer good{said}"), "get new keys")
        }
        ("InvalidAccessKeyId" | "SignatureDoesNotMatch", _) | (_, 401) => (
            format!("the keys are wrong{said}"),
            "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the keys in the settings",
        ),
        ("AuthorizationHeaderMalformed" | "PermanentRedirect", _) | (_, 301 | 307) => (
            format!("the bucket is in another region{said}"),
            "set the bucket's region in the settings, or AWS_REGION",
        ),
        (_, 403) => (
            format!("the keys are wrong or may not do this{said}"),
            "check the keys; they need s3:ListBucket on the bucket, and s3:GetObject, \
             s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix",
        ),
        ("QuotaExceeded" | "XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded", _)
        | (_, 507) => (
            format!("there is no room{said}"),
            "make room, prune old backups (`smokedrill backup prune`), or keep them elsewhere",
        ),
        ("SlowDown" | "TooManyRequests", _) | (_, 429) => (
            format!("the store is too busy, again and again{said}"),
            "try again later; if it stays so, ask whoever runs the store",
        ),
        ("NotImplemented", _) | (_, 501) => (
            format!("the store cannot do what is asked{said}"),
            "use a store that has all of S3's conditional writes and multipart uploads",
        ),
        (_, 500..) => (
            format!("the store is in trouble, again and again{said}"),
            "try again later; if it stays so, ask whoever runs the store",
        ),
        _ => transport(error, &said),
    };
    Fault::errored(message).stage(STAGE).object(place).help(help)
}

/// What has no status: the way there is broken, or the answer makes no sense.
fn transport(error: &Error, said: &str) -> (String, &'static str) {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(http) = inner.downcast_ref::<HttpError>() {
            return match http.kind() {
                HttpErrorKind::Timeout => (
                    "the store did not answer in time".to_owned(),
                    "look at the network and at the endpoint; then try again",
                ),
                HttpErrorKind::Connect => (
                    format!("the store cannot be reached: {}", last(http)),
                    "check the endpoint in the settings, the network, and a proxy if there is one",
                ),
                _ => (
                    format!("the connection broke: {}", last(http)),
                    "look at the network; then try again",
                ),
            };
        }
        cause = inner.source();
    }
    match error {
        Error::NotFound { .. } => (
            format!("there is no such object{said}"),
            "somebody else removed it: look who has access to the bucket",
        ),
        Error::AlreadyExists { .. } | Error::Precondition { .. } => (
            format!("somebody else has written it meanwhile{said}"),
            "look who else has access to the bucket; then try again",
        ),
        _ => (
            format!("the store answered what makes no sense{said}"),
            "check that the endpoint is that of an S3-compatible store",
        ),
    }
}

/// The innermost cause: `Connection refused`, without the addresses on the way.
fn last(error: &HttpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

/// The status in the client's own words.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The code in the store's answer.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(code)
}
