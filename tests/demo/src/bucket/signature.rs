//! Who sent a request: AWS's Signature Version 4, as the `Authorization` header has it.
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=KEY/20261124/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=…
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::answer::Problem;
use super::keep::hex;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Lets in who holds the key. The time of the request is not looked at.
pub(crate) fn check(parts: &Parts, body: &[u8], id: &str, key: &str) -> Result<(), Problem> {
    let header = text(&parts.headers, AUTHORIZATION.as_str()).ok_or(Problem::ACCESS_DENIED)?;
    let fields = header.strip_prefix(ALGORITHM).ok_or(Problem::ACCESS_DENIED)?;
    let field = |name: &str| {
        fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let credential = field("Credential").ok_or(Problem::ACCESS_DENIED)?;
    let signed = field("SignedHeaders").ok_or(Problem::ACCESS_DENIED)?;
    let signature = field("Signature").ok_or(Problem::ACCESS_DENIED)?;
    let (given, scope) = credential.split_once('/').ok_or(Problem::ACCESS_DENIED)?;
    if given != id {
        return Err(Problem::UNKNOWN_KEY);
    }
    let content = text(&parts.headers, "x-amz-content-sha256").ok_or(Problem::ACCESS_DENIED)?;
    if content != "UNSIGNED-PAYLOAD" && content != hex(&Sha256::digest(body)) {
        return Err(Problem::CONTENT_HASH);
    }
    let request = canonical(parts, signed, content).ok_or(Problem::SIGNATURE)?;
    let date = text(&parts.headers, "x-amz-date").ok_or(Problem::ACCESS_DENIED)?;
    let request = hex(&Sha256::digest(request.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{request}");
    let key = scope.split('/').fold(format!("AWS4{key}").into_bytes(), |key, part| mac(&key, part));
    if hex(&mac(&key, &to_sign)) == signature { Ok(()) } else { Err(Problem::SIGNATURE) }
}

/// The request in the one form that both sides hash; nothing if a signed header is missing.
fn canonical(parts: &Parts, signed: &str, content: &str) -> Option<String> {
    let mut query: Vec<String> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| {
            if pair.contains('=') || pair.is_empty() { pair.to_owned() } else { format!("{pair}=") }
        })
        .collect();
    query.sort();
    let mut headers = String::new();
    for name in signed.split(';') {
        let values = parts.headers.get_all(name).iter();
        let values = values.map(|value| value.to_str().map(str::trim).unwrap_or_default());
        let values: Vec<&str> = values.collect();
        if values.is_empty() {
            return None;
        }
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let (method, path, query) = (&parts.method, parts.uri.path(), query.join("&"));
    Some(format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{content}"))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length will do.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
