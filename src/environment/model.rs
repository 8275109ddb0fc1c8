//! What `suites/environments.toml` says, as plain data.
//!
//! ```toml
//! [environment.staging]
//! base_url = { env = "STAGING_URL" }
//! parallel = 4
//!
//! [environment.staging.credentials.staff]
//! bearer = { command = ["vault", "read", "-field=token", "staging/staff"] }
//!
//! [environment.production.database]
//! url = { env = "PROD_DB_URL_READONLY" }
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::suite::expect::Expect;
use crate::suite::fields::{Millis, Scalar};

/// The file of environments.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "smokedrill environments")]
pub(crate) struct EnvironmentsFile {
    /// The path of the JSON Schema for editors, where the file is JSON.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "for editors")]
    pub(crate) schema: Option<String>,
    /// What is hidden in all output beside secrets, e-mail addresses and telephone numbers.
    #[serde(default)]
    pub(crate) redact: RedactSpec,
    /// The environments, by name.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, EnvironmentSpec>,
}

/// What else is hidden in excerpts of answers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedactSpec {
    /// Names of JSON keys and CSV columns whose values are personal or secret.
    #[serde(default)]
    pub(crate) keys: Vec<String>,
    /// Regular expressions of text that is personal or secret.
    #[serde(default)]
    #[schemars(extend("items" = { "type": "string", "format": "regular-expression" }))]
    pub(crate) patterns: Vec<String>,
}

/// Where the checks run, as which user, and what is allowed there.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentSpec {
    /// What the environment is.
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pub(crate) description: Option<String>,
    /// Where paths of requests begin; without it, the harness starts the environment itself.
    #[serde(default)]
    pub(crate) base_url: Option<Source>,
    /// Headers of every request, such as an API gateway's key; secret unless literal.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "header-name" }))]
    pub(crate) headers: BTreeMap<String, Source>,
    /// Values for `{{ name }}`.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Credentials that checks name.
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, CredentialSpec>,
    /// How many checks run at once, at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) parallel: Option<usize>,
    /// How many checks may be skipped before the run counts as failed.
    #[serde(default)]
    pub(crate) max_skipped: Option<usize>,
    /// How long an answer is awaited where the suite does not say.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// The wait for a fresh deployment before the first check.
    #[serde(default)]
    pub(crate) ready: Option<ReadySpec>,
    /// A proxy's URL; `"none"` for no proxy. Without it, `HTTPS_PROXY` and its kin count.
    #[serde(default)]
    pub(crate) proxy: Option<Source>,
    /// PEM files of further certificate authorities to trust.
    #[serde(default)]
    pub(crate) root_certificates: Vec<String>,
    /// A PEM file with the client's certificate and its private key.
    #[serde(default)]
    pub(crate) client_certificate: Option<String>,
    /// Whether TLS certificates are verified; true unless said otherwise.
    #[serde(default)]
    pub(crate) verify_tls: Option<bool>,
    /// The environment's database: backups are made from it, or restored into it.
    #[serde(default)]
    pub(crate) database: Option<DatabaseSpec>,
    /// The environment's storage, whose buckets are listed beside the database, and set up by a
    /// restore into a hosted project. Without a database, backups are of storage alone.
    #[serde(default)]
    pub(crate) storage: Option<StorageSpec>,
}

/// A PostgreSQL database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseSpec {
    /// The connection's URL, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`. Its password is
    /// hidden in all output.
    pub(crate) url: Source,
    /// How it is restored into; known by the URL where it leads to Supabase's own hosts.
    #[serde(default)]
    pub(crate) kind: Option<DatabaseKind>,
}

/// How a database is restored into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DatabaseKind {
    /// A database beside it takes its place. The role may create databases.
    Postgres,
    /// In place, as a hosted Supabase project's owner, in one transaction.
    Supabase,
}

/// The HTTP API of a Supabase project's storage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSpec {
    /// The project's URL, `https://REFERENCE.supabase.co`.
    pub(crate) url: Source,
    /// A key that may see every object: `service_role`, or `sb_secret_…`. It is hidden in all
    /// output.
    pub(crate) key: Source,
}

/// Where a value comes from: the value itself, an environment variable, a file or a command.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a string, { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\", \"argument\"] }"))]
pub(crate) enum Source {
    /// The value itself.
    Literal(String),
    /// From outside.
    Lookup(Lookup),
}

impl Source {
    /// The environment variable that it names, where it names one.
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::Lookup(lookup) => lookup.env.as_deref(),
            Self::Literal(_) => None,
        }
    }
}

/// A look-up outside the file: exactly one of `env`, `file` and `command`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct Lookup {
    /// The name of an environment variable (a `.env` file is read if there is one).
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// The path of a file, relative to this one; its outer blanks do not count.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// A program with its arguments, run without a shell, that prints the value.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) command: Option<Vec<String>>,
    /// The value where the variable is not set.
    #[serde(default)]
    pub(crate) default: Option<String>,
    /// Whether it may be left unset: what uses it is skipped then, and says so. Of `variables`
    /// that come from `env` alone.
    #[serde(default)]
    pub(crate) optional: Option<bool>,
    /// Whether the value is hidden in all output; true unless said otherwise.
    #[serde(default)]
    pub(crate) secret: Option<bool>,
}

/// A variable: a plain value, or one from outside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a value, { env = \"NAME\" }, { file = \"path\" } or { command = [\"program\", \"argument\"] }"))]
pub(crate) enum Variable {
    /// From outside.
    Lookup(Lookup),
    /// A string, number or boolean.
    Plain(Scalar),
    /// A list, as it stands.
    List(Vec<Value>),
}

/// A credential: any of these together, and where it may go. Strings may hold `{{ name }}`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct CredentialSpec {
    /// A token for `Authorization: Bearer`.
    #[serde(default)]
    pub(crate) bearer: Option<Source>,
    /// A user and a password for `Authorization: Basic`.
    #[serde(default)]
    pub(crate) basic: Option<BasicSpec>,
    /// A key of a Supabase project, in either form: it goes into `apikey`, and into
    /// `Authorization: Bearer` too where it is a JSON Web Token.
    #[serde(default)]
    pub(crate) supabase: Option<Source>,
    /// The origin that it is for, such as `https://api.example.com`, where that is not the one of
    /// the environment's base URL. It is sent to no other.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) origin: Option<String>,
    /// Headers such as `apikey`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "header-name" }))]
    pub(crate) headers: BTreeMap<String, Source>,
    /// Cookies.
    #[serde(default)]
    pub(crate) cookies: BTreeMap<String, Source>,
    /// Parameters of the query string.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, Source>,
}

/// A user and a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicSpec {
    /// The user.
    pub(crate) username: Source,
    /// The password.
    pub(crate) password: Source,
}

/// The wait for a fresh deployment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadySpec {
    /// The request that is repeated.
    #[schemars(extend("format" = "request-line"))]
    pub(crate) request: String,
    /// What its answer looks like when the deployment is ready; a 2xx unless said otherwise.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// An answer after which waiting is pointless.
    #[serde(default)]
    pub(crate) stop: Expect,
    /// How long is waited in all.
    pub(crate) deadline: Millis,
    /// The wait between two requests; one second unless said otherwise.
    #[serde(default)]
    pub(crate) interval: Option<Millis>,
    /// How many answers in a row must be ready; 1 unless said otherwise.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) successes: Option<u32>,
}
