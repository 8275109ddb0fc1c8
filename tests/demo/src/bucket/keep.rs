//! What the store keeps.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use sha2::{Digest, Sha256};

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    /// With its quotation marks.
    pub(crate) etag: String,
    /// Milliseconds since 1970, by the store's clock.
    pub(crate) modified: u64,
}

/// An upload in parts.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) key: String,
    /// When it was begun, which is the time that the object will have.
    pub(crate) begun: u64,
    pub(crate) parts: BTreeMap<u32, (String, Bytes)>,
}

/// All objects and all uploads.
#[derive(Debug, Default)]
pub(crate) struct Keep {
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) parts_taken: usize,
    ahead: Duration,
}

impl Keep {
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// The store's clock.
    pub(crate) fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from((now + self.ahead).as_millis()).unwrap_or(u64::MAX)
    }

    /// Puts an object, and tells its ETag.
    pub(crate) fn put(&mut self, key: &str, bytes: Bytes) -> String {
        let (etag, modified) = (etag(&bytes), self.now());
        self.objects.insert(key.to_owned(), Object { bytes, etag: etag.clone(), modified });
        etag
    }
}

/// Of the content alone, as S3's is (which is an MD5): equal contents have equal ones.
pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex(&Sha256::digest(bytes))[..32])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
