//! The client of the store, and how patient it is.

use std::time::Duration;

use age::secrecy::ExposeSecret as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use crate::backup::store::S3Location;
use crate::backup::store::trouble::STAGE;
use crate::fault::{Fault, causes};

/// How patient the client is, and how often it says that it lives.
#[derive(Debug, Clone)]
pub(in super::super) struct Pace {
    /// For a connection.
    pub(in super::super) connect: Duration,
    /// For one request with its answer: a part of 8 MiB in two minutes is half a megabit a second.
    pub(in super::super) request: Duration,
    /// How often a request is tried again after 5xx, 429 and broken connections.
    pub(in super::super) retries: usize,
    /// For how long, from the first time on.
    pub(in super::super) retry_for: Duration,
    /// How often markers are renewed.
    pub(in super::super) beat: Duration,
    /// When a lock that was not renewed is anybody's.
    pub(in super::super) lock_expiry: Duration,
    /// When a draft that was not renewed is tidied away.
    pub(in super::super) draft_expiry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(120),
            retries: 6,
            retry_for: Duration::from_secs(150),
            beat: Duration::from_secs(60),
            lock_expiry: Duration::from_secs(10 * 60),
            draft_expiry: Duration::from_secs(30 * 60),
        }
    }
}

pub(super) fn build(location: &S3Location, pace: &Pace) -> Result<AmazonS3, Fault> {
    let fault = |message: String| Fault::errored(message).stage(STAGE).object(location.shown());
    // reqwest is built without a provider of its own. Whoever came first, it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = location.secret_access_key.as_ref();
    let mut builder = match (&location.access_key_id, key) {
        (None, None) => AmazonS3Builder::from_env(),
        (Some(id), Some(key)) => {
            let builder = AmazonS3Builder::new().with_access_key_id(id);
            builder.with_secret_access_key(key.expose_secret())
        }
        (id, _) => {
            let (has, lacks) = match id {
                Some(_) => ("the key's id", "the key itself"),
                None => ("the key itself", "its id"),
            };
            let help = "give both, or neither for those of the environment";
            return Err(fault(format!("{has} is given without {lacks}")).help(help));
        }
    };
    if let Some(token) = &location.session_token {
        builder = builder.with_token(token.expose_secret());
    }
    if let Some(region) = &location.region {
        builder = builder.with_region(region);
    }
    // From drill.toml, or from the variables of AWS's own tools.
    let endpoint = location.endpoint.clone();
    let endpoint = endpoint.or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    if let Some(endpoint) = &endpoint {
        let endpoint = endpoint.trim_end_matches('/');
        let shown = endpoint.rsplit('@').next().unwrap_or_default();
        match endpoint.split_once("://") {
            Some(("https", _)) => {}
            Some(("http", _)) if location.allow_http => {}
            Some(("http", _)) => {
                let message = format!("the endpoint {shown} is not encrypted");
                let help = "use `https://`, or write `allow_http = true` below [backup.s3] in \
                            suites/drill.toml: whoever listens then reads the backups";
                return Err(fault(message).help(help));
            }
            _ => {
                let help = "write it as `https://s3.example.com`";
                return Err(fault(format!("`{shown}` is no endpoint")).help(help));
            }
        }
        builder = builder.with_endpoint(endpoint);
    }
    let options = ClientOptions::new()
        .with_connect_timeout(pace.connect)
        .with_timeout(pace.request)
        .with_allow_http(location.allow_http);
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(200),
        max_backoff: Duration::from_secs(15),
        base: 2.0,
    };
    let retry = RetryConfig { backoff, max_retries: pace.retries, retry_timeout: pace.retry_for };
    builder
        .with_bucket_name(&location.bucket)
        .with_client_options(options)
        .with_retry(retry)
        .build()
        .map_err(|error| fault(causes(&error)).help("correct the settings of the location"))
}
