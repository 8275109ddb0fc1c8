//! What belongs to an object store, looked up.

use age::secrecy::SecretString;

use super::resolve::Settings;
use crate::environment::credential::short;
use crate::environment::lookup::Context;
use crate::environment::model::Source;
use crate::redact::Redactor;
use crate::suite::Problems;

/// What the file says of an object store. What it does not say comes from the variables that
/// AWS's own tools read.
#[derive(Debug, Clone, Default)]
pub(crate) struct S3Settings {
    /// Its URL, if it is not that of AWS.
    pub(crate) endpoint: Option<String>,
    /// The region.
    pub(crate) region: Option<String>,
    /// The key's id.
    pub(crate) access_key_id: Option<String>,
    /// The key.
    pub(crate) secret_access_key: Option<SecretString>,
    /// What comes with keys that are good for a while.
    pub(crate) session_token: Option<SecretString>,
    /// Whether the endpoint may be `http://`.
    pub(crate) allow_http: bool,
}

impl Settings {
    /// Fetches the values of `[backup.s3]`, and teaches the redactor the key and the token, even
    /// where they stand in the file.
    ///
    /// # Errors
    /// Everything that cannot be fetched, with the place that asks for it; or a key without its
    /// id, or the other way round.
    pub(crate) fn resolve_s3(&self, redactor: &Redactor) -> Result<S3Settings, Problems> {
        let context =
            Context::new(self.document.clone(), "/backup/s3".to_owned(), self.folder.clone());
        let mut problems = Problems::default();
        let mut find = |key: &str, source: &Option<Source>, secret: bool| {
            let context = context.at(&format!("/{key}"));
            let found = context.find(source.as_ref()?);
            let found = found.map_err(|problem| problems.push(problem)).ok()?;
            if (secret || found.secret) && !redactor.learn(&found.text) {
                problems.push(short(&context));
            }
            Some(found.text)
        };
        let spec = &self.s3;
        let settings = S3Settings {
            endpoint: find("endpoint", &spec.endpoint, false),
            region: find("region", &spec.region, false),
            access_key_id: find("access_key_id", &spec.access_key_id, false),
            secret_access_key: find("secret_access_key", &spec.secret_access_key, true)
                .map(SecretString::from),
            session_token: find("session_token", &spec.session_token, true).map(SecretString::from),
            allow_http: spec.allow_http.unwrap_or(false),
        };
        if spec.access_key_id.is_some() != spec.secret_access_key.is_some() {
            let message = "a key and its id belong together, and one of them is missing";
            let help = "write both `access_key_id` and `secret_access_key`, or neither";
            problems.push(context.problem(message).help(help));
        }
        problems.or(settings)
    }
}
