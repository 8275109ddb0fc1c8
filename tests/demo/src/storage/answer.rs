//! How the storage server says that something is wrong.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::database::Failure;

/// An error. The status of the HTTP answer is 400 nearly always; the one that is meant stands in
/// the body, as a text.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    http: StatusCode,
    status: u16,
    error: &'static str,
    message: String,
    code: &'static str,
}

impl Problem {
    fn new(
        status: u16,
        error: &'static str,
        message: impl Into<String>,
        code: &'static str,
    ) -> Problem {
        Problem { http: StatusCode::BAD_REQUEST, status, error, message: message.into(), code }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Problem {
        Problem::new(400, "Error", message, "InvalidRequest")
    }

    pub(crate) fn bucket_name() -> Problem {
        Problem::new(400, "Invalid Input", "Bucket name invalid", "InvalidBucketName")
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Problem {
        Problem::new(403, "Unauthorized", message, "AccessDenied")
    }

    pub(crate) fn no_bucket() -> Problem {
        Problem::new(404, "Bucket not found", "Bucket not found", "NoSuchBucket")
    }

    pub(crate) fn no_key() -> Problem {
        Problem::new(404, "not_found", "Object not found", "NoSuchKey")
    }

    pub(crate) fn key_exists() -> Problem {
        Problem::new(409, "Duplicate", "The resource already exists", "KeyAlreadyExists")
    }

    pub(crate) fn mime_type(kind: &str) -> Problem {
        let message = format!("mime type {kind} is not supported");
        Problem::new(415, "invalid_mime_type", message, "InvalidMimeType")
    }

    pub(crate) fn too_large() -> Problem {
        let message = "The object exceeded the maximum allowed size";
        Problem::new(413, "Payload too large", message, "EntityTooLarge")
    }

    pub(crate) fn bucket_exists() -> Problem {
        Problem::new(409, "Duplicate", "The resource already exists", "BucketAlreadyExists")
    }

    pub(crate) fn not_empty() -> Problem {
        let message = "The bucket you tried to delete is not empty";
        Problem::new(409, "InvalidRequest", message, "ResourceNotEmpty")
    }

    pub(crate) fn not_enabled() -> Problem {
        let message = "The feature is not enabled for this resource";
        Problem::new(400, "FeatureNotEnabled", message, "FeatureNotEnabled")
    }

    pub(crate) fn too_many() -> Problem {
        let problem = Problem::new(429, "too_many_requests", "Too many requests", "SlowDown");
        Problem { http: StatusCode::TOO_MANY_REQUESTS, ..problem }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Problem {
        let problem = Problem::new(500, "Internal", message, "InternalError");
        Problem { http: StatusCode::INTERNAL_SERVER_ERROR, ..problem }
    }

    /// As the server reports what the database said.
    pub(crate) fn database(Failure(message): Failure) -> Problem {
        if message.contains("row-level security") || message.contains("permission denied") {
            return Problem::access_denied("new row violates row-level security policy");
        }
        let problem = Problem::new(500, "DatabaseError", message, "DatabaseError");
        Problem { http: StatusCode::INTERNAL_SERVER_ERROR, ..problem }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        Problem::database(failure)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "statusCode": self.status.to_string(),
            "error": self.error,
            "message": self.message,
            "code": self.code,
        });
        (self.http, Json(body)).into_response()
    }
}

/// What the gateway in front answers, with an honest status.
pub(crate) fn gateway(message: &str, hint: &str) -> Response {
    let body = json!({ "message": message, "hint": hint });
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

/// The server's answer to a route that it does not have: true status, and a number inside.
pub(crate) fn unknown_route(method: &str, path: &str) -> Response {
    let message = format!("Route {method}:{path} not found");
    let body = json!({ "message": message, "error": "Not Found", "statusCode": 404 });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// A good answer, of JSON.
pub(crate) type Answer = Result<Json<Value>, Problem>;
