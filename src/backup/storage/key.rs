//! A project's API key: how it is sent, and what it may see.
//!
//! A legacy key is a JSON Web Token (RFC 7519) that names a role, and goes into `apikey` and
//! `Authorization: Bearer`. A newer one (`sb_secret_…`, `sb_publishable_…`) is no token, and goes
//! into `apikey` alone: as a bearer it is refused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use crate::fault::Fault;

/// What a key may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything: row security does not apply to it.
    Service,
    /// What the policies of the database allow, which may be nothing.
    Limited,
    /// Nobody can tell.
    Unknown,
}

/// A key.
pub(super) struct Key {
    text: String,
    headers: HeaderMap,
    pub(super) role: Role,
}

impl Key {
    /// # Errors
    /// The text can be no key.
    pub(super) fn new(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let wrong = |what: &str| {
            Fault::errored(format!("the API key {what}"))
                .help("take it from the project's settings (API keys): `sb_secret_…`, or the legacy `service_role` key")
        };
        if text.is_empty() {
            return Err(wrong("is empty"));
        }
        let header = |text: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| {
                wrong("has characters in it that no key has, such as a line's end in its middle")
            })?;
            value.set_sensitive(true);
            Ok(value)
        };
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("apikey"), header(text)?);
        if !text.starts_with("sb_") {
            headers.insert(header::AUTHORIZATION, header(&format!("Bearer {text}"))?);
        }
        Ok(Self { text: text.to_owned(), headers, role: role(text) })
    }

    /// The headers that a request needs to be let in.
    pub(super) fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// Whether a text gives the key away.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(***, {:?})", self.role)
    }
}

/// The role by the key's form, or by what the token says of itself. Nobody checks the signature
/// here: the server does, and refuses a token that lies.
fn role(text: &str) -> Role {
    if text.starts_with("sb_secret_") {
        return Role::Service;
    }
    if text.starts_with("sb_publishable_") {
        return Role::Limited;
    }
    let mut parts = text.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Role::Unknown;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    match claims["role"].as_str() {
        Some("service_role") => Role::Service,
        Some(_) => Role::Limited,
        None => Role::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Key, Role};

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_role_is_read_from_the_key() {
        for (text, role, headers) in [
            (token(r#"{"role":"service_role","exp":1}"#), Role::Service, 2),
            (token(r#"{"role":"anon"}"#), Role::Limited, 2),
            (token(r#"{"role":["service_role"]}"#), Role::Unknown, 2),
            (token("no JSON"), Role::Unknown, 2),
            ("a.b".to_owned(), Role::Unknown, 2),
            ("a.b.c.d".to_owned(), Role::Unknown, 2),
            (" sb_secret_abc \n".to_owned(), Role::Service, 1),
            ("sb_publishable_abc".to_owned(), Role::Limited, 1),
            ("sb_other_abc".to_owned(), Role::Unknown, 1),
        ] {
            let key = Key::new(&text).unwrap();
            assert_eq!((key.role, key.headers().len()), (role, headers), "{text}");
            assert!(!format!("{key:?}{:?}", key.headers()).contains(text.trim()), "{key:?}");
        }
    }

    #[test]
    fn what_can_be_no_key_is_refused_without_showing_it() {
        for text in ["", "  ", "hush\nhush", "hush\u{7f}"] {
            let fault = Key::new(text).unwrap_err().to_string();
            assert!(fault.contains("the API key") && !fault.contains("hush"), "{fault}");
        }
    }
}
