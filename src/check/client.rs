//! HTTP clients for an environment: one for each way of connecting, made when first needed.
//!
//! Nothing is shared between checks: no cookie, no default header, no redirect policy. TLS is
//! set up only where a request asks for it, since reading the system's authorities costs more
//! than a whole run of plain HTTP.

use std::net::IpAddr;
use std::time::Duration;

use once_cell::sync::OnceCell;
use url::{Host, Url};

use super::trouble::Trouble;
use crate::environment::target::{Proxy, Target};

/// Who asks, in the servers' logs.
const USER_AGENT: &str = concat!("smokedrill/", env!("CARGO_PKG_VERSION"));

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(2);

/// The clients of one environment.
pub(crate) struct Clients {
    target: Target,
    plain_local: OnceCell<Result<reqwest::Client, Trouble>>,
    plain: OnceCell<Result<reqwest::Client, Trouble>>,
    tls: OnceCell<Result<reqwest::Client, Trouble>>,
    tls_local: OnceCell<Result<reqwest::Client, Trouble>>,
}

impl Clients {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            plain_local: OnceCell::new(),
            plain: OnceCell::new(),
            tls: OnceCell::new(),
            tls_local: OnceCell::new(),
        }
    }

    /// The client for a URL.
    ///
    /// # Errors
    /// A certificate or the proxy's URL of the environment is not valid.
    pub(crate) fn for_url(&self, url: &Url) -> Result<&reqwest::Client, Trouble> {
        let local = is_loopback(url);
        let tls = url.scheme() == "https";
        let cell = match (tls, local) {
            (false, true) => &self.plain_local,
            (false, false) => &self.plain,
            (true, false) => &self.tls,
            (true, true) => &self.tls_local,
        };
        cell.get_or_init(|| self.build(tls, local)).as_ref().map_err(Clone::clone)
    }

    fn build(&self, tls: bool, local: bool) -> Result<reqwest::Client, Trouble> {
        // A process that has chosen its own provider of cryptography keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let target = &self.target;
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            // Servers close what is idle, some after seconds: a connection is used again at
            // once or not at all, so that no check fails on one that is just being closed.
            .pool_idle_timeout(IDLE)
            .http1_only();
        builder = match (&target.proxy, local) {
            (Proxy::System, false) => builder,
            (Proxy::System, true) | (Proxy::None, _) => builder.no_proxy(),
            (Proxy::Url(url), _) => {
                let proxy =
                    reqwest::Proxy::all(url).map_err(|error| configuration("proxy", error))?;
                builder.proxy(proxy)
            }
        };
        if !tls {
            // Plain HTTP needs no authorities, and does not wait for them to be read. A proxy
            // that is itself reached by TLS is an https URL, which does.
            let secure_proxy = matches!(&target.proxy, Proxy::Url(url) if url.starts_with("https"));
            if !secure_proxy {
                builder = builder.tls_certs_only([]);
            }
            return builder.build().map_err(|error| configuration("client", error));
        }
        builder = builder.tls_info(true);
        let mut roots = Vec::new();
        for pem in &target.root_certificates {
            let parsed = reqwest::Certificate::from_pem_bundle(pem);
            let parsed = parsed.map_err(|error| configuration("root_certificates", error))?;
            if parsed.is_empty() {
                return Err(Trouble::lasting(
                    "root_certificates: the file holds no certificate in PEM form",
                ));
            }
            roots.extend(parsed);
        }
        if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        if let Some(pem) = &target.client_certificate {
            let identity = reqwest::Identity::from_pem(pem);
            builder =
                builder.identity(identity.map_err(|e| configuration("client_certificate", e))?);
        }
        if !target.verify_tls {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        builder.build().map_err(|error| configuration("client", error))
    }
}

fn configuration(what: &str, error: reqwest::Error) -> Trouble {
    let trouble = Trouble::of(error);
    Trouble::lasting(format!("{what}: {}", trouble.message))
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
