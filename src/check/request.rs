//! From a check to the request that is sent: variables filled in, everything encoded.

use std::path::Path;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::environment::credential::Presented;
use crate::suite::fields::request_line;
use crate::suite::model::{Body, Check, Defaults, Part};

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
        for (key, value) in &presented.query {
            url.query_pairs_mut().append_pair(key, value);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in around.headers {
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
