//! What came back for one request.

use http::HeaderMap;
use jiff::Timestamp;
use url::Url;

/// The answer to one request, with its body read up to the limit.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    /// The URL that answered, after redirects were followed.
    pub(crate) url: Url,
    /// Its status.
    pub(crate) status: u16,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body, decompressed.
    pub(crate) body: Vec<u8>,
    /// Whether the body went on beyond the limit.
    pub(crate) truncated: bool,
    /// Where its `Location` leads, made absolute.
    pub(crate) redirect: Option<Url>,
    /// When the server's certificate expires, where there was one.
    pub(crate) certificate_expires: Option<Timestamp>,
}

/// Answers for the tests of the judges.
#[cfg(test)]
pub(crate) mod samples {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::Observation;

    /// An answer of `http://api.test/items` with these headers.
    pub(crate) fn seen(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Observation {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            map.append(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        Observation {
            url: "http://api.test/items".parse().expect("a URL"),
            status,
            headers: map,
            body: body.to_vec(),
            truncated: false,
            redirect: None,
            certificate_expires: None,
        }
    }

    /// Any answer: hostile bytes, and bodies that are nearly what a judge hopes for.
    pub(crate) fn any_seen() -> impl Strategy<Value = Observation> {
        let body = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            any::<String>().prop_map(String::into_bytes),
            r#"[\[\]{}",:0-9a-e\\ \n-]{0,60}"#.prop_map(String::into_bytes),
            r#"(id,email(,"?x"?)?)?(\r?\n"?[0-9a-z]{0,4}"?,[0-9.-]{0,6}(,"?é?)?){0,5}"#
                .prop_map(String::into_bytes),
            r#"\{"a":(1|"x"|null|\[1,2\.5\]|\{"b":[0-9]{1,30}\}),"email":"[a-z@.]{0,9}"\}"#
                .prop_map(String::into_bytes),
        ];
        let header = proptest::collection::vec(any::<u8>(), 0..20);
        let location = proptest::option::of("(http://api.test)?/[a-z?&=#]{0,9}");
        (any::<u16>(), header, body, any::<bool>(), location, proptest::option::of(any::<i32>()))
            .prop_map(|(status, header, body, truncated, location, expires)| {
                let mut seen = seen(status, &[], &body);
                if let Ok(value) = HeaderValue::from_bytes(&header) {
                    seen.headers.append("content-type", value.clone());
                    seen.headers.append("x-any", value);
                }
                seen.truncated = truncated;
                seen.redirect = location.and_then(|location| seen.url.join(&location).ok());
                seen.certificate_expires =
                    expires.and_then(|at| jiff::Timestamp::from_second(at.into()).ok());
                seen
            })
    }
}
