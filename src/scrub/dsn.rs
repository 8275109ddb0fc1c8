//! A DSN: `{scheme}://{public_key}@{host}/{path}{project_id}`.

use url::Url;

use crate::service::{below, place};

/// Where events go.
pub(super) struct Dsn {
    /// The public key.
    pub(super) key: String,
    /// `…/api/{project_id}/envelope/`.
    pub(super) envelope: Url,
    /// Scheme, host and path before the project's id.
    base: Url,
}

impl Dsn {
    /// # Errors
    /// It is none. Nothing of it is told.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "not a DSN; expected https://KEY@HOST/PROJECT as the project's client keys show";
        let mut url = Url::parse(text.trim()).map_err(|_| form.to_owned())?;
        let key = url.username().to_owned();
        let path = url.path().trim_end_matches('/').to_owned();
        let (before, project) = path.rsplit_once('/').ok_or(form)?;
        let digits = !project.is_empty() && project.bytes().all(|byte| byte.is_ascii_digit());
        if key.is_empty() || !digits {
            return Err(form.to_owned());
        }
        let _ = (url.set_username(""), url.set_password(None));
        url.set_path(before);
        let base = place(url.as_str())?;
        let envelope = below(&base, &["api", project, "envelope", ""]);
        Ok(Self { key, envelope, base })
    }

    /// Where events are read back, unless somebody says otherwise.
    pub(super) fn api(&self) -> Url {
        let host = self.base.host_str().unwrap_or_default();
        let region = match host {
            _ if host.ends_with(".de.sentry.io") => "https://de.sentry.io",
            _ if host.ends_with(".sentry.io") => "https://us.sentry.io",
            _ => return self.base.clone(),
        };
        Url::parse(region).unwrap_or_else(|_| self.base.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::Dsn;

    #[test]
    fn each_region_has_its_own_api() {
        for (dsn, envelope, api) in [
            (
                "https://k3y@o1.ingest.us.sentry.io/42",
                "https://o1.ingest.us.sentry.io/api/42/envelope/",
                "https://us.sentry.io/",
            ),
            (
                "https://k3y@o1.ingest.de.sentry.io/42",
                "https://o1.ingest.de.sentry.io/api/42/envelope/",
                "https://de.sentry.io/",
            ),
            (
                "https://k3y@o1.ingest.sentry.io/42/",
                "https://o1.ingest.sentry.io/api/42/envelope/",
                "https://us.sentry.io/",
            ),
            (
                "http://k3y:old@127.0.0.1:9000/inner/42",
                "http://127.0.0.1:9000/inner/api/42/envelope/",
                "http://127.0.0.1:9000/inner",
            ),
        ] {
            let dsn = Dsn::parse(dsn).map_err(|why| format!("{dsn}: {why}")).unwrap();
            assert_eq!((dsn.key.as_str(), dsn.envelope.as_str()), ("k3y", envelope));
            assert_eq!(dsn.api().as_str(), api);
        }
        for bad in ["", "https://h/42", "https://k@h/", "https://k@h/shop", "http://k3y@h/42"] {
            let why = Dsn::parse(bad).err().unwrap();
            assert!(!why.contains("k3y"), "{why}");
        }
    }
}
