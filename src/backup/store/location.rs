//! Which place backups are kept in, as the settings say it.
//!
//! ```text
//! backups                    a folder, below that of the settings
//! /srv/backups               a folder
//! s3://bucket/some/prefix    a bucket of an S3-compatible object store
//! ```

use std::path::{Path, PathBuf};

use super::trouble::STAGE;
use crate::fault::Fault;

/// A text that is never shown: its `Debug` hides it, and its memory is wiped.
pub(crate) type Secret = age::secrecy::SecretString;

/// Which place.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    /// A local folder; it is made when something is first written, in one that is there.
    Folder(PathBuf),
    /// A bucket.
    S3(S3Location),
}

/// A bucket of an S3-compatible object store.
#[derive(Debug, Clone, Default)]
pub(crate) struct S3Location {
    /// The bucket's name. It must exist.
    pub(crate) bucket: String,
    /// What every key begins with; empty for none. Without slashes at its ends.
    pub(crate) prefix: String,
    /// Where the store is, if it is not that of AWS: `https://s3.example.com`.
    pub(crate) endpoint: Option<String>,
    /// The region; by default `AWS_REGION`, else `us-east-1`.
    pub(crate) region: Option<String>,
    /// The key's id. Without one, keys come from the environment as AWS's own tools read them:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, a web identity, or
    /// the machine's own role.
    pub(crate) access_key_id: Option<String>,
    /// The key.
    pub(crate) secret_access_key: Option<Secret>,
    /// What comes with keys that are good for a while.
    pub(crate) session_token: Option<Secret>,
    /// Whether an endpoint may be `http://`, where whoever listens can read the backups. The key
    /// itself is never sent: requests are signed with it.
    pub(crate) allow_http: bool,
}

impl Location {
    /// Reads what the settings say; folders are taken from `base` on.
    ///
    /// # Errors
    /// Nothing is said, or a kind of store that is not known, or a bucket or prefix that cannot
    /// be one.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self, Fault> {
        let text = text.trim();
        let wanted = "write a folder (`backups`, `/srv/backups`) or `s3://BUCKET/PREFIX`";
        let fault = |message: String| Fault::errored(message).stage(STAGE).help(wanted);
        if text.is_empty() {
            return Err(fault("no location is given".into()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Folder(base.join(text)));
        };
        if scheme != "s3" {
            return Err(fault(format!("`{scheme}://` is no kind of location that is known")));
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let s3 = S3Location {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_end_matches('/').to_owned(),
            ..S3Location::default()
        };
        s3.check().map_err(|fault| fault.help(wanted))?;
        Ok(Self::S3(s3))
    }
}

impl S3Location {
    /// The place for people to read, without keys.
    pub(crate) fn shown(&self) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("s3://{}{slash}{}", self.bucket, self.prefix)
    }

    /// # Errors
    /// A bucket or a prefix with what would need escaping somewhere: letters, digits and a few
    /// signs are enough for both.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let bucket = &self.bucket;
        // The rules of AWS, and underscores, which older buckets have.
        if !(3..=63).contains(&bucket.len())
            || !bucket.bytes().all(plain)
            || !bucket.as_bytes()[0].is_ascii_alphanumeric()
        {
            // Whoever writes keys into it, as into a URL, does not want to read them here.
            let message = match bucket.contains('@') {
                true => "keys do not belong into the location".to_owned(),
                false => format!("`{bucket}` cannot be the name of a bucket"),
            };
            return Err(Fault::errored(message).stage(STAGE));
        }
        let segment = |text: &str| {
            !text.is_empty() && text != "." && text != ".." && {
                text.bytes().all(|byte| plain(byte) || b"=+@".contains(&byte))
            }
        };
        if !self.prefix.is_empty() && !self.prefix.split('/').all(segment) {
            let message = format!(
                "`{}` cannot be a prefix: letters, digits and `-_.=+@` between single slashes",
                self.prefix
            );
            return Err(Fault::errored(message).stage(STAGE));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::Location;

    fn parse(text: &str) -> Result<String, String> {
        let parsed = Location::parse(text, Path::new("/base"));
        let shown = |location| match location {
            Location::Folder(path) => path.display().to_string(),
            Location::S3(s3) => s3.shown(),
        };
        parsed.map(shown).map_err(|fault| fault.to_string())
    }

    #[test]
    fn folders_are_taken_from_the_settings_on() {
        assert_eq!(parse("backups").unwrap(), "/base/backups");
        assert_eq!(parse(" /srv/backups ").unwrap(), "/srv/backups");
        let odd = Location::parse("a b:c", Path::new("/base")).unwrap();
        assert!(matches!(odd, Location::Folder(path) if path == Path::new("/base/a b:c")));
    }

    #[test]
    fn buckets_and_prefixes_are_told_apart() {
        assert_eq!(parse("s3://my-bucket").unwrap(), "s3://my-bucket");
        assert_eq!(parse("s3://my-bucket/").unwrap(), "s3://my-bucket");
        assert_eq!(parse("s3://my-bucket/a/b/").unwrap(), "s3://my-bucket/a/b");
    }

    #[test]
    fn what_cannot_be_a_location_is_refused_with_the_form() {
        for odd in [
            "",
            "  ",
            "gs://bucket/x",
            "file:///srv",
            "s3://",
            "s3://ab",
            "s3:///prefix",
            "s3://-bucket",
            "s3://buc ket",
            "s3://bucket//x",
            "s3://bucket/../x",
            "s3://bucket/a//b",
            "s3://bucket/ü",
            "s3://bucket/a%2fb",
            "s3://key:secret@bucket/x",
        ] {
            let text = parse(odd).unwrap_err();
            assert!(text.starts_with("backup location: "), "{odd}: {text}");
            assert!(text.contains("s3://BUCKET/PREFIX"), "{odd}: {text}");
            assert!(!text.contains("secret"), "{odd}: {text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_asked(text in "(s3://)?\\PC{0,80}") {
            let _ = parse(&text);
        }
    }
}
