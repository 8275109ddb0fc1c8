//! How the store says that something is wrong, and XML.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// An error of S3's.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

const fn problem(status: StatusCode, code: &'static str, message: &'static str) -> Problem {
    Problem { status, code, message }
}

impl Problem {
    #[cfg(test)]
    pub(crate) fn code(self) -> &'static str {
        self.code
    }

    pub(crate) const ACCESS_DENIED: Problem =
        problem(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied.");
    pub(crate) const UNKNOWN_KEY: Problem = problem(
        StatusCode::FORBIDDEN,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    );
    pub(crate) const SIGNATURE: Problem = problem(
        StatusCode::FORBIDDEN,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
    );
    pub(crate) const CONTENT_HASH: Problem = problem(
        StatusCode::BAD_REQUEST,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    pub(crate) const NO_BUCKET: Problem =
        problem(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist");
    pub(crate) const NO_KEY: Problem =
        problem(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    pub(crate) const NO_UPLOAD: Problem = problem(
        StatusCode::NOT_FOUND,
        "NoSuchUpload",
        "The specified multipart upload does not exist.",
    );
    pub(crate) const CONDITION: Problem = problem(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    );
    pub(crate) const RANGE: Problem = problem(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "InvalidRange",
        "The requested range is not satisfiable",
    );
    pub(crate) const ARGUMENT: Problem =
        problem(StatusCode::BAD_REQUEST, "InvalidArgument", "Invalid Argument");
    pub(crate) const MALFORMED: Problem = problem(
        StatusCode::BAD_REQUEST,
        "MalformedXML",
        "The XML you provided was not well-formed",
    );
    pub(crate) const PART: Problem = problem(
        StatusCode::BAD_REQUEST,
        "InvalidPart",
        "One or more of the specified parts could not be found.",
    );
    pub(crate) const PART_ORDER: Problem = problem(
        StatusCode::BAD_REQUEST,
        "InvalidPartOrder",
        "The list of parts was not in ascending order.",
    );
    pub(crate) const SMALL_PART: Problem = problem(
        StatusCode::BAD_REQUEST,
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed object size.",
    );
    pub(crate) const METHOD: Problem = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    );
    pub(crate) const NOT_IMPLEMENTED: Problem = problem(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
    );
    pub(crate) const INTERNAL: Problem = problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "We encountered an internal error. Please try again.",
    );
    pub(crate) const SLOW_DOWN: Problem =
        problem(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.");
    pub(crate) const FULL: Problem = problem(
        StatusCode::INSUFFICIENT_STORAGE,
        "XMinioStorageFull",
        "Storage backend has reached its minimum free drive threshold.",
    );
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem { status, code, message } = self;
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        (status, xml(&body)).into_response()
    }
}

pub(crate) fn xml(body: &str) -> Response {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    ([(CONTENT_TYPE, "application/xml")], format!("{head}\n{body}")).into_response()
}

pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

/// The texts of all elements of that name, in order. Enough for the two small forms that are sent
/// here, which nest no element in one of its own name.
pub(crate) fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let pieces = text.split(open.as_str()).skip(1);
    pieces.filter_map(|piece| Some(piece.split_once(close.as_str())?.0)).collect()
}

pub(crate) fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&apos;", "'");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
