//! One environment with its values in hand: what requests are made of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use url::Url;

use super::credential::{short, short_password};
use super::lookup::Context;
use super::model::{EnvironmentSpec, Variable};
use crate::redact::Redactor;
use crate::suite::Problems;
use crate::suite::source::pointer_token;
use crate::suite::template::Scope;

/// How long an answer is awaited where nobody says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// One environment, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// `None` until the harness has started the environment.
    pub(crate) base_url: Option<Url>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) variables: Scope,
    /// Variables that have no value here, each with the environment variable that is not set.
    pub(crate) unset: BTreeMap<String, String>,
    pub(crate) timeout: Duration,
    pub(crate) proxy: Proxy,
    pub(crate) root_certificates: Vec<Vec<u8>>,
    pub(crate) client_certificate: Option<Vec<u8>>,
    pub(crate) verify_tls: bool,
}

/// Which proxy requests take.
#[derive(Debug, Clone)]
pub(crate) enum Proxy {
    /// The one that `HTTPS_PROXY` and its kin name, but never for loopback addresses.
    System,
    /// None.
    None,
    /// This one.
    Url(String),
}

impl Target {
    /// Fetches every value of an environment, and teaches the redactor what is secret.
    ///
    /// # Errors
    /// Everything that cannot be fetched, with the place that asks for it.
    pub(crate) fn resolve(
        name: &str,
        spec: &EnvironmentSpec,
        context: &Context,
        redactor: &Redactor,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let base_url = spec.base_url.as_ref().and_then(|source| {
            let context = context.at("/base_url");
            let found = context.find(source).map_err(|problem| problems.push(problem)).ok()?;
            match base_url(&found.text) {
                Ok(url) => {
                    let hidden = !found.secret || redactor.learn(&found.text);
                    if !hidden || !learn_password(&url, redactor) {
                        problems.push(short_password(&context));
                    }
                    Some(url)
                }
                Err(message) => {
                    problems.push(context.problem(message));
                    None
                }
            }
        });
        let mut headers = Vec::new();
        for (header, source) in &spec.headers {
            let context = context.at(&format!("/headers/{}", pointer_token(header)));
            match context.find(source) {
                Ok(found) => {
                    if found.secret && !redactor.learn(&found.text) {
                        problems.push(short(&context));
                    }
                    let name = HeaderName::try_from(header.as_str());
                    let value = HeaderValue::try_from(found.text);
                    match name.ok().zip(value.ok()) {
                        Some((name, mut value)) => {
                            value.set_sensitive(found.secret);
                            headers.push((name, value));
                        }
                        None => problems.push(context.problem("not a header name and value")),
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        let mut variables = Scope::new();
        let mut unset = BTreeMap::new();
        for (key, variable) in &spec.variables {
            let context = context.at(&format!("/variables/{}", pointer_token(key)));
            if let Variable::Lookup(lookup) = variable {
                match context.left_unset(lookup) {
                    Ok(None) => {}
                    Ok(Some(name)) => {
                        unset.insert(key.clone(), name.to_owned());
                        continue;
                    }
                    Err(problem) => {
                        problems.push(problem);
                        continue;
                    }
                }
            }
            let value = match variable {
                Variable::Plain(scalar) => Ok(scalar.to_value()),
                Variable::List(items) => Ok(items.clone().into()),
                Variable::Lookup(lookup) => context.look_up(lookup).map(|found| {
                    if found.secret && !redactor.learn(&found.text) {
                        problems.push(short(&context));
                    }
                    found.text.into()
                }),
            };
            match value {
                Ok(value) => drop(variables.insert(key.clone(), value)),
                Err(problem) => problems.push(problem),
            }
        }
        let proxy = match &spec.proxy {
            None => Proxy::System,
            Some(source) => match context.at("/proxy").find(source) {
                Ok(found) if found.text == "none" => Proxy::None,
                Ok(found) => {
                    if Url::parse(&found.text).is_ok_and(|url| !learn_password(&url, redactor)) {
                        problems.push(short_password(&context.at("/proxy")));
                    }
                    Proxy::Url(found.text)
                }
                Err(problem) => {
                    problems.push(problem);
                    Proxy::None
                }
            },
        };
        let mut file = |tail: String, path: &str| {
            let path: PathBuf = context.folder().join(path);
            let read = std::fs::read(&path).map_err(|error| {
                let message = format!("the file {} cannot be read: {error}", path.display());
                problems.push(context.at(&tail).problem(message));
            });
            read.ok()
        };
        let roots = spec.root_certificates.iter().enumerate();
        let root_certificates =
            roots.filter_map(|(i, path)| file(format!("/root_certificates/{i}"), path)).collect();
        let client_certificate =
            spec.client_certificate.as_ref().and_then(|p| file("/client_certificate".into(), p));
        problems.or(Self {
            name: name.to_owned(),
            base_url,
            headers,
            variables,
            unset,
            timeout: spec.timeout.map_or(TIMEOUT, |timeout| timeout.0),
            proxy,
            root_certificates,
            client_certificate,
            verify_tls: spec.verify_tls.unwrap_or(true),
        })
    }

    /// The base URL as reports show it: without user and password.
    pub(crate) fn shown_url(&self) -> Option<String> {
        let mut url = self.base_url.clone()?;
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Some(url.to_string())
    }
}

/// Hides the password of a URL, as it stands there and decoded; false if it is too short.
pub(crate) fn learn_password(url: &Url, redactor: &Redactor) -> bool {
    let Some(password) = url.password() else { return true };
    let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
    redactor.learn(password) && redactor.learn(&decoded)
}

/// Reads a base URL.
///
/// # Errors
/// It is none, or it holds what a base URL cannot.
pub(crate) fn base_url(text: &str) -> Result<Url, String> {
    let form = "expected something like https://staging.example.com";
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}; {form}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("the base URL is neither http nor https; {form}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("a base URL has no query and no fragment; {form}"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::base_url;

    #[test]
    fn a_base_url_is_http_with_a_host_and_nothing_behind_its_path() {
        for good in ["http://127.0.0.1:80", "https://a.test/api/v1/", "https://u:p@a.test"] {
            assert!(base_url(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a.test", "ftp://a.test", "https://", "http://a.test/?q", "http://a.test/#f"]
        {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
