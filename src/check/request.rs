//! From a check to the request that is sent: variables filled in, everything encoded.

use std::path::Path;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::environment::credential::Presented;
use crate::suite::fields::request_line;
use crate::suite::model::{Check, Defaults};
use crate::suite::parts::{Body, Part};

/// The most that is read of a body where nobody says otherwise.
const BODY_LIMIT: u64 = 8 * 1024 * 1024;

/// A request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Payload,
    pub(crate) redirects: u32,
    pub(crate) timeout: Duration,
    pub(crate) body_limit: u64,
}

/// A body.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    None,
    Bytes(Vec<u8>),
    Parts(Vec<PreparedPart>),
}

/// One part of a multipart body.
#[derive(Debug, Clone)]
pub(crate) struct PreparedPart {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
}

/// What a request is made of beside its check.
pub(crate) struct Surroundings<'a> {
    pub(crate) base_url: &'a Url,
    /// The environment's headers.
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) defaults: &'a Defaults,
    pub(crate) folder: &'a Path,
    pub(crate) timeout: Duration,
}

impl Prepared {
    /// Prepares a check's request.
    ///
    /// # Errors
    /// A rendered value cannot stand where it is to stand, or a file cannot be read.
    pub(crate) fn new(
        check: &Check,
        around: &Surroundings<'_>,
        presented: Presented,
    ) -> Result<Self, String> {
        let (method, target) = request_line(&check.request)?;
        let mut url = join(around.base_url, target)?;
        for (key, values) in &check.query {
            for value in values.as_slice() {
                url.query_pairs_mut().append_pair(key, &value.to_string());
            }
        }
        let mut headers = HeaderMap::new();
        // What opens the environment's doors stays with the environment.
        let at_home = url.origin() == around.base_url.origin();
        let credential = !presented.headers.is_empty() || !presented.query.is_empty();
        let home = presented.origin.clone().unwrap_or_else(|| around.base_url.origin());
        if credential && url.origin() != home {
            return Err(format!(
                "the request goes to another host than {}, which must not learn the credential; \
                 take `credential` out, or say which host it is for: `origin` in the credential",
                home.ascii_serialization()
            ));
        }
        for (name, value) in around.headers.iter().filter(|_| at_home) {
            headers.insert(name.clone(), value.clone());
        }
        let mut body_type = None;
        let body = payload(check.body.as_ref(), around.folder, &mut body_type)?;
        if let Some(content_type) = body_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in around.defaults.headers.iter().chain(&check.headers) {
            let header = HeaderName::try_from(name.as_str())
                .map_err(|_| format!("`{name}` is not a header name"))?;
            let value = HeaderValue::try_from(value.to_string()).map_err(|_| {
                format!("the value of the header `{name}` holds a control character")
            })?;
            headers.insert(header, value);
        }
        for (name, value) in presented.headers {
            headers.insert(name, value);
        }
        for (key, value) in &presented.query {
            url.query_pairs_mut().append_pair(key, value);
        }
        let defaults = around.defaults;
        Ok(Self {
            method,
            url,
            headers,
            body,
            redirects: check.redirects.or(defaults.redirects).unwrap_or(0),
            timeout: check.timeout.or(defaults.timeout).map_or(around.timeout, |t| t.0),
            body_limit: check.body_limit.or(defaults.body_limit).map_or(BODY_LIMIT, |l| l.0),
        })
    }
}

/// A path below the base URL, which may have a path of its own; or an absolute URL.
fn join(base: &Url, target: &str) -> Result<Url, String> {
    let invalid = |error| format!("the request's URL is not valid: {error}");
    if target.starts_with("http://") || target.starts_with("https://") {
        return Url::parse(target).map_err(invalid);
    }
    let prefix = base.as_str().trim_end_matches('/');
    let slash = if target.starts_with('/') { "" } else { "/" };
    Url::parse(&format!("{prefix}{slash}{target}")).map_err(invalid)
}

fn payload(
    body: Option<&Body>,
    folder: &Path,
    content_type: &mut Option<&'static str>,
) -> Result<Payload, String> {
    Ok(match body {
        None => Payload::None,
        Some(Body::Json(value)) => {
            *content_type = Some("application/json");
            Payload::Bytes(value.to_string().into_bytes())
        }
        Some(Body::Form(fields)) => {
            *content_type = Some("application/x-www-form-urlencoded");
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (key, values) in fields {
                for value in values.as_slice() {
                    form.append_pair(key, &value.to_string());
                }
            }
            Payload::Bytes(form.finish().into_bytes())
        }
        Some(Body::Text(text)) => {
            *content_type = Some("text/plain; charset=utf-8");
            Payload::Bytes(text.clone().into_bytes())
        }
        Some(Body::File(file)) => {
            *content_type = Some("application/octet-stream");
            Payload::Bytes(read(folder, file)?)
        }
        Some(Body::Multipart(parts)) => {
            Payload::Parts(parts.iter().map(|p| part(p, folder)).collect::<Result<_, _>>()?)
        }
    })
}

fn part(part: &Part, folder: &Path) -> Result<PreparedPart, String> {
    let name_of =
        |file: &String| Path::new(file).file_name().map(|n| n.to_string_lossy().into_owned());
    let content = match (&part.value, &part.file) {
        (Some(value), None) => value.to_string().into_bytes(),
        (None, Some(file)) => read(folder, file)?,
        _ => return Err(format!("the part `{}` needs either a value or a file", part.name)),
    };
    Ok(PreparedPart {
        name: part.name.clone(),
        content,
        filename: part.filename.clone().or_else(|| part.file.as_ref().and_then(name_of)),
        content_type: part.content_type.clone(),
    })
}

fn read(folder: &Path, file: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(file);
    std::fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use serde_json::json;
    use url::Url;

    use super::{Payload, Prepared, Surroundings};
    use crate::environment::credential::Presented;
    use crate::suite::model::Defaults;

    fn prepared(base: &str, check: serde_json::Value) -> Result<Prepared, String> {
        let check = serde_json::from_value(check).expect("a check");
        let around = Surroundings {
            base_url: &Url::parse(base).expect("a URL"),
            headers: &[],
            defaults: &Defaults::default(),
            folder: Path::new("."),
            timeout: Duration::from_secs(1),
        };
        Prepared::new(&check, &around, Presented::default())
    }

    #[test]
    fn paths_stand_below_the_base_url_and_queries_are_encoded() {
        for (base, request, query, expected) in [
            ("http://a.test", "GET /x", json!({}), "http://a.test/x"),
            ("http://a.test/", "GET /x", json!({}), "http://a.test/x"),
            (
                "http://a.test/v1/",
                "GET /x?y=1",
                json!({ "z": "a b&c" }),
                "http://a.test/v1/x?y=1&z=a+b%26c",
            ),
            ("http://a.test", "GET /x", json!({ "id": [1, 2] }), "http://a.test/x?id=1&id=2"),
            ("http://a.test", "GET https://b.test/x", json!({}), "https://b.test/x"),
            ("http://a.test", "GET /a b", json!({}), "http://a.test/a%20b"),
            ("http://a.test/v1", "GET //b.test/x", json!({}), "http://a.test/v1//b.test/x"),
        ] {
            let check = json!({ "name": "c", "request": request, "query": query });
            assert_eq!(prepared(base, check).map(|p| p.url.to_string()), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn bodies_bring_their_content_type_unless_the_check_names_its_own() {
        for (check, expected, bytes) in [
            (json!({ "body": { "json": { "a": 1 } } }), "application/json", r#"{"a":1}"#),
            (
                json!({ "body": { "form": { "a": ["x y", 2] } } }),
                "application/x-www-form-urlencoded",
                "a=x+y&a=2",
            ),
            (
                json!({ "body": { "text": "t" }, "headers": { "content-type": "text/xml" } }),
                "text/xml",
                "t",
            ),
        ] {
            let mut check = check;
            check["name"] = "c".into();
            check["request"] = "POST /".into();
            let prepared = prepared("http://a.test", check).expect("a request");
            assert_eq!(prepared.headers["content-type"], expected);
            assert!(matches!(&prepared.body, Payload::Bytes(body) if body == bytes.as_bytes()));
        }
    }

    #[test]
    fn another_host_learns_nothing_of_the_environment() {
        let key = (http::HeaderName::from_static("apikey"), http::HeaderValue::from_static("k"));
        let check = json!({ "name": "c", "request": "GET https://b.test/x" });
        let check = serde_json::from_value(check).expect("a check");
        let base_url = Url::parse("https://a.test").expect("a URL");
        let headers = [key.clone()];
        let around = Surroundings {
            base_url: &base_url,
            headers: &headers,
            defaults: &Defaults::default(),
            folder: Path::new("."),
            timeout: Duration::from_secs(1),
        };
        let sent = Prepared::new(&check, &around, Presented::default()).expect("a request");
        assert!(sent.headers.is_empty());
        let credential = Presented { headers: vec![key], ..Presented::default() };
        assert!(Prepared::new(&check, &around, credential.clone()).is_err());
        let of = |url: &str| Some(Url::parse(url).expect("a URL").origin());
        let theirs = Presented { origin: of("https://b.test/v1"), ..credential.clone() };
        let sent = Prepared::new(&check, &around, theirs.clone()).expect("a request");
        assert_eq!(sent.headers["apikey"], "k");
        let others = Presented { origin: of("http://b.test"), ..credential };
        assert!(Prepared::new(&check, &around, others).is_err());
        // And not to the environment's own host either.
        let check = serde_json::from_value(json!({ "name": "c", "request": "GET /x" }));
        assert!(Prepared::new(&check.expect("a check"), &around, theirs).is_err());
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_an_error_and_not_a_request() {
        let check = json!({ "name": "c", "request": "GET /", "headers": { "x": "a\r\nb: c" } });
        assert!(prepared("http://a.test", check).is_err());
    }
}
