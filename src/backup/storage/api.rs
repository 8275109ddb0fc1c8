//! The Storage API of a project, as a client sees it: `GET` and `POST` below `/storage/v1`.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use http::{Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::{Host, Url};

use super::answer::{self, Trouble};
use super::key::{Key, Role};
use super::patience::Patience;
use crate::backup::stop::Stop;
use crate::fault::{Fault, causes};

/// The stage that listings over HTTP are named as.
pub(super) const STAGE: &str = "storage manifest (HTTP)";

/// Who asks, in the servers' logs. Never like a browser: a secret key in one's hands is refused.
const USER_AGENT: &str = concat!("smokedrill/", env!("CARGO_PKG_VERSION"));

/// What stands in a path as it is: a key's slashes too.
const PLAIN: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Where the API stands below the project's URL.
const BELOW: &str = "/storage/v1/";

/// How many buckets are asked for at a time.
const BUCKETS: usize = 1000;

/// How the API is reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// Certificate authorities to trust beside the system's, as PEM.
    pub(crate) root_certificates: Vec<Vec<u8>>,
    /// How long it is waited for.
    pub(crate) patience: Patience,
}

/// The API, with a key.
#[derive(Debug)]
pub(crate) struct Api {
    client: reqwest::Client,
    /// For contents: one that leaves the bytes as they are kept.
    raw: reqwest::Client,
    base: Url,
    key: Key,
    pub(super) patience: Patience,
    /// Whether the second version of the listing was found to be missing.
    pub(super) by_folders: AtomicBool,
}

impl Api {
    /// The API of a project: `https://REF.supabase.co`, or with `/storage/v1` behind it.
    ///
    /// # Errors
    /// URL, key or certificates are not valid.
    pub(crate) fn new(project_url: &str, key: &str, network: &Network) -> Result<Self, Fault> {
        let base = base(project_url).map_err(|fault| fault.stage(STAGE))?;
        let key = Key::new(key).map_err(|fault| fault.stage(STAGE))?;
        let patience = network.patience;
        let build = |raw| client(&base, network, raw).map_err(|fault| fault.stage(STAGE));
        let (client, raw) = (build(false)?, build(true)?);
        Ok(Self { client, raw, base, key, patience, by_folders: AtomicBool::new(false) })
    }

    /// The project's URL, as [`project_url`] writes it.
    pub(crate) fn project_url(&self) -> String {
        above(&self.base)
    }

    /// Host and port, and the Supabase project's reference where the host names one.
    pub(crate) fn place(&self) -> (String, u16, Option<String>) {
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let project = host.strip_suffix(".supabase.co").or(host.strip_suffix(".supabase.in"));
        let project = project.filter(|project| !project.contains('.')).map(str::to_owned);
        (host, self.base.port_or_known_default().unwrap_or_default(), project)
    }

    /// What the key may see. Only what [`Role::Service`] does not see is not there.
    pub(crate) fn role(&self) -> Role {
        self.key.role
    }

    /// All buckets, with all that the API says of them.
    ///
    /// # Errors
    /// The API does not answer as it should.
    pub(super) async fn buckets(&self, stage: &str, stop: &Stop) -> Result<Vec<Value>, Fault> {
        let mut found = BTreeMap::new();
        for page in 1_usize.. {
            let place = |fault: Fault| fault.stage(stage).object(format!("buckets, page {page}"));
            let mut url = self.url("bucket").map_err(place)?;
            url.query_pairs_mut()
                .append_pair("limit", &BUCKETS.to_string())
                .append_pair("offset", &((page - 1) * BUCKETS).to_string())
                .append_pair("sortColumn", "id")
                .append_pair("sortOrder", "asc");
            let answer = self.json(stop, &url, None).await?;
            let answer = answer.map_err(|trouble| place(trouble.fault(self.patience.tries)))?;
            let Value::Array(buckets) = answer else {
                return Err(place(Fault::errored("the answer is not a list of buckets")));
            };
            let (known, here) = (found.len(), buckets.len());
            for bucket in buckets {
                let Some(id) = bucket["id"].as_str().map(str::to_owned) else {
                    return Err(place(Fault::errored("the answer is not a list of buckets")));
                };
                found.insert(id, bucket);
            }
            // Servers from before there were pages answer with all of them at once.
            if here != BUCKETS {
                break;
            }
            if found.len() == known {
                return Err(place(Fault::errored("the page repeats what was on those before")));
            }
        }
        Ok(found.into_values().collect())
    }

    /// A listing's answer: to a POST with a body, to a GET without one.
    ///
    /// # Errors
    /// The outer: the reason to stop. The inner: the last trouble.
    pub(super) async fn json(
        &self,
        stop: &Stop,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Result<Value, Trouble>, Fault> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        self.send(stop, method, url, body).await
    }

    /// The JSON that answers a request.
    ///
    /// # Errors
    /// The outer: the reason to stop. The inner: the last trouble.
    pub(super) async fn send(
        &self,
        stop: &Stop,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Result<Value, Trouble>, Fault> {
        let attempt = async || {
            let request = self.client.request(method.clone(), url.clone());
            let request = match body {
                None => request,
                Some(body) => {
                    request.header(header::CONTENT_TYPE, "application/json").body(body.to_string())
                }
            };
            let request = request.headers(self.key.headers()).timeout(self.patience.answer);
            let response = request.send().await.map_err(Trouble::network)?;
            answer::json(answer::good(response, &self.key).await?).await
        };
        self.patience.ask(stop, attempt).await
    }

    /// Sends one request for a content from that byte on, once.
    ///
    /// # Errors
    /// There is no good answer.
    pub(super) async fn content(&self, url: &Url, from: u64) -> Result<reqwest::Response, Trouble> {
        let mut request = self.raw.get(url.clone()).headers(self.key.headers());
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        // Headers have to come in time, and each piece of the body; all of it may take its time.
        let response = tokio::time::timeout(self.patience.answer, request.send()).await;
        let late = |_| Trouble::late();
        let response = response.map_err(late)?.map_err(Trouble::network)?;
        answer::good(response, &self.key).await
    }

    /// The URL of something below the base, whose path arrives as it is.
    ///
    /// # Errors
    /// There is no such URL: a path with a step back in it names something else.
    pub(super) fn url(&self, path: &str) -> Result<Url, Fault> {
        let mut url = self.base.clone();
        let path = format!("{}{}", self.base.path(), utf8_percent_encode(path, &PLAIN));
        url.set_path(&path);
        if url.path() != path {
            return Err(Fault::errored("its name cannot be asked for over HTTP"));
        }
        Ok(url)
    }
}

/// The URL of a project in the one way in which it is shown and compared, without a slash or the
/// API's path at its end.
///
/// # Errors
/// It is none.
pub(crate) fn project_url(text: &str) -> Result<String, Fault> {
    base(text).map(|base| above(&base))
}

fn above(base: &Url) -> String {
    base.as_str().strip_suffix(BELOW).unwrap_or(base.as_str()).to_owned()
}

fn base(project_url: &str) -> Result<Url, Fault> {
    let wrong = |what: &str| {
        Fault::errored(format!("the project's URL {what}"))
            .help("give it as the project's settings show it, such as `https://REF.supabase.co`")
    };
    let text = project_url.trim().trim_end_matches('/');
    let text = text.strip_suffix("/storage/v1").unwrap_or(text);
    let base = Url::parse(&format!("{text}{BELOW}")).map_err(|_| wrong("is no URL"))?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(wrong("has a user or a password in it"));
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(wrong("has more behind its path than it should"));
    }
    Ok(base)
}

fn client(base: &Url, network: &Network, raw: bool) -> Result<reqwest::Client, Fault> {
    // A process that has chosen its own provider of cryptography keeps it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(network.patience.connect)
        .read_timeout(network.patience.answer)
        .http1_only();
    let local = match base.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if local {
        builder = builder.no_proxy();
    }
    if raw {
        // What is decoded on the way has neither the length nor the hash that were told.
        builder = builder.no_gzip();
    }
    let certificate = |error: reqwest::Error| {
        let error = error.without_url();
        Fault::errored(format!("an authority's certificate is not valid: {}", causes(&error)))
    };
    let mut roots = Vec::new();
    for pem in &network.root_certificates {
        roots.extend(reqwest::Certificate::from_pem_bundle(pem).map_err(certificate)?);
    }
    if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    } else if local && base.scheme() == "http" {
        // No authorities are needed, and reading them takes longer than a listing.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(certificate)
}

#[cfg(test)]
mod tests {
    use super::{Api, Network, Role};

    fn api(url: &str) -> Result<Api, String> {
        let api = Api::new(url, "sb_secret_hush", &Network::default());
        api.map_err(|fault| fault.to_string())
    }

    #[test]
    fn the_base_is_found_below_the_projects_url() {
        for url in [
            "https://ref.supabase.co",
            "https://ref.supabase.co/",
            "https://ref.supabase.co/storage/v1/",
        ] {
            let api = api(url).unwrap();
            assert_eq!(api.base.as_str(), "https://ref.supabase.co/storage/v1/");
            assert_eq!(api.role(), Role::Service);
            assert!(!format!("{api:?}").contains("hush"), "{api:?}");
        }
        for url in [
            "https://u:hush@h",
            "",
            "ref.supabase.co",
            "postgres://u:hush@h/",
            "https://h/?a=b",
            "https://h/#",
        ] {
            let fault = api(url).unwrap_err();
            assert!(fault.starts_with("storage manifest (HTTP): the project's URL"), "{fault}");
            assert!(!fault.contains("hush"), "{fault}");
        }
    }

    #[test]
    fn a_key_arrives_as_it_is_or_is_not_asked_for() {
        let api = api("http://127.0.0.1:1").unwrap();
        let url = |key: &str| api.url(&format!("object/uploads/{key}")).map(|url| url.to_string());
        let base = "http://127.0.0.1:1/storage/v1/object/uploads/";
        for (key, path) in [
            ("a b/[c] (1).pdf", "a%20b/%5Bc%5D%20%281%29.pdf"),
            ("Übergröße?#%25&\t\"'", "%C3%9Cbergr%C3%B6%C3%9Fe%3F%23%2525%26%09%22%27"),
            ("odd//double", "odd//double"),
            ("back\\slash", "back%5Cslash"),
            ("..a/.b/c..", "..a/.b/c.."),
        ] {
            assert_eq!(url(key), Ok(format!("{base}{path}")));
        }
        for key in ["a/../b", "..", "./a", "a/."] {
            assert_eq!(url(key).unwrap_err().line(), "its name cannot be asked for over HTTP");
        }
    }
}
