//! Storage: the buckets, and what is in them.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The storage buckets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// The buckets by the database, in the snapshot; nothing where only the HTTP API was asked.
    pub database: Option<Listing>,
    /// The buckets by the HTTP API; nothing where it was not asked.
    pub api: Option<Listing>,
    /// What the two ways disagree on; nothing where there is only one.
    pub agreement: Option<Agreement>,
    /// The copied contents, where they were asked for.
    pub contents: Option<Contents>,
    /// What a reader should know of the listings.
    pub notes: Vec<String>,
    /// What went wrong with them.
    pub troubles: Vec<Fault>,
}

/// Buckets as one way shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The file with one JSON line for each object.
    pub file: String,
    /// The buckets, by name.
    pub buckets: Vec<Bucket>,
    /// Whether an empty listing means that there is nothing: by the database always; by the API
    /// only with a key whose role is known to see everything.
    pub conclusive: bool,
}

/// A bucket, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub id: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// The most bytes that an object may have.
    pub file_size_limit: Option<i64>,
    /// The types that are allowed; nothing for all.
    pub allowed_mime_types: Option<Vec<String>>,
    /// How many objects.
    pub objects: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Objects whose metadata names no size.
    pub unsized_objects: u64,
}

/// Where the two ways to list objects agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The file with one JSON line for each difference, where there is one.
    pub file: Option<String>,
    /// In both, and alike.
    pub same: u64,
    /// In both, and different in size or hash.
    pub different: u64,
    /// In the database alone, in the snapshot and still.
    pub only_database: u64,
    /// By the API alone, and older than the snapshot.
    pub only_api: u64,
    /// By the API alone, and newer than the snapshot: drift, no disagreement.
    pub newer: u64,
    /// In the database alone, and deleted since the snapshot: drift, no disagreement.
    pub deleted: u64,
    /// Settings of buckets that differ, such as `invoices: public`.
    pub settings: Vec<String>,
}

/// The objects' contents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The archive (tar) of them, each under its bucket and its object's id.
    pub file: String,
    /// The file with one JSON line for each object: key, entry, size, SHA-256.
    pub hashes: String,
    /// How many were copied.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that were listed and could not be read.
    pub missing: u64,
    /// Why, and in which bucket how many.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// Objects that were listed and deleted before they were read.
    #[serde(default)]
    pub deleted: u64,
    /// Those of the copied ones that were replaced since they were listed.
    pub changed: u64,
    /// How many must have been listed for it: as many as in the snapshot, less those that were
    /// deleted since.
    pub expected: u64,
}

/// Objects of one bucket that could not be read for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The bucket.
    pub bucket: String,
    /// The status of the storage API's answer; nothing where it answered well, and what it gave is
    /// not what it lists.
    pub status: Option<u16>,
    /// How many objects.
    pub objects: u64,
}

impl Contents {
    /// Counts one that could not be read.
    pub(crate) fn miss(&mut self, bucket: &str, status: Option<u16>) {
        self.missing += 1;
        match self.causes.iter_mut().find(|one| one.bucket == bucket && one.status == status) {
            Some(cause) => cause.objects += 1,
            None => self.causes.push(Cause { bucket: bucket.to_owned(), status, objects: 1 }),
        }
    }

    /// One that could not be found was deleted before it was read: it is missing no more.
    pub(crate) fn found_deleted(&mut self, bucket: &str) {
        self.missing = self.missing.saturating_sub(1);
        self.deleted += 1;
        let of = |one: &&mut Cause| one.bucket == bucket && one.status == Some(404);
        if let Some(cause) = self.causes.iter_mut().find(of) {
            cause.objects = cause.objects.saturating_sub(1);
        }
        self.causes.retain(|cause| cause.objects > 0);
    }
}
