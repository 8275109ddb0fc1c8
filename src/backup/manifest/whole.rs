//! The manifest as a whole: its form, and how it is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Catalogue, Database, Exclusion, FileRecord, Impact, Listing, Log, Snapshot, SourceIdentity,
    Storage, Table, Tool, Untouched,
};
use crate::fault::Fault;

/// The version of the manifest's form.
pub const FORMAT: &str = "smokedrill.backup/1";

/// The version of one without a database. What has one keeps the older version, so that older
/// programs read it.
pub const FORMAT_STORAGE_ALONE: &str = "smokedrill.backup/2";

/// The name of the manifest's file.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The name of the file with the manifest's own hash, as `sha256sum --check` reads it.
pub(crate) const SEAL: &str = "manifest.json.sha256";

/// What a backup is. Sizes are in bytes, durations in seconds, times in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form: [`FORMAT`], or [`FORMAT_STORAGE_ALONE`].
    pub format: String,
    /// The backup's name: when it began, and eight random digits.
    pub id: String,
    /// The version of smokedrill.
    pub version: String,
    /// Who made it: the user, as the system names them.
    pub actor: String,
    /// The machine that made it.
    pub host: String,
    /// When the work began.
    pub started: Timestamp,
    /// When all was written but this manifest.
    pub finished: Timestamp,
    /// What was backed up.
    pub source: SourceIdentity,
    /// The one moment that database and storage manifest show.
    pub snapshot: Snapshot,
    /// The programs that took part, with their versions.
    pub tools: Vec<Tool>,
    /// How long each stage took, in seconds.
    pub durations: BTreeMap<String, f64>,
    /// Every file of the backup but this one.
    pub files: Vec<FileRecord>,
    /// The public keys (age) that the files are encrypted to; none: they are not.
    pub recipients: Vec<String>,
    /// What the archive holds; nothing in a backup of storage alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// What the source had, object by object; empty in a backup of storage alone.
    pub catalogue: Catalogue,
    /// What was left out, and why.
    pub excluded: Vec<Exclusion>,
    /// The storage buckets; nothing where the source has none.
    pub storage: Option<Storage>,
    /// What the tools said; nothing where none took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// What the database felt of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// What proves that the database was not changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untouched: Option<Untouched>,
    /// The line of the audit log by which the backup began.
    pub audit: Option<Anchor>,
}

/// A line of an audit log, by which that can be held to have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Which log: the hash of its first line.
    pub log: String,
    /// The hash of the line.
    pub line: String,
    /// Which file, by the hash of its path: of two logs on one machine neither has the other's
    /// lines. Nothing in older manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// The little that tells a version.
#[derive(Deserialize)]
struct Version {
    format: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is no manifest, or one of a version that this program does not know.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let fault = |error: serde_json::Error| {
            let help = "the backup is damaged: take another (`smokedrill backup list`)";
            Fault::failed(format!("not a manifest: {error}")).object(MANIFEST).help(help)
        };
        let version: Version = serde_json::from_slice(text).map_err(fault)?;
        if ![FORMAT, FORMAT_STORAGE_ALONE].contains(&version.format.as_str()) {
            let message = format!(
                "it is of the form `{}`, and this program (version {}) reads `{FORMAT}` and \
                 `{FORMAT_STORAGE_ALONE}`",
                version.format,
                env!("CARGO_PKG_VERSION")
            );
            let help = "use the program that made it, or a newer one; the README says how to \
                        restore it by standard tools alone";
            return Err(Fault::errored(message).object(MANIFEST).help(help));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(fault)?;
        manifest.complete()?;
        manifest.consistent()?;
        Ok(manifest)
    }

    /// The manifest as its file holds it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Fault> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| {
            Fault::errored(format!("cannot be written: {error}")).object(MANIFEST)
        })?;
        text.push(b'\n');
        Ok(text)
    }

    /// Whether it has the parts that its form must have: of one that lost its database, nobody may
    /// say that it never had one.
    fn complete(&self) -> Result<(), Fault> {
        let parts = [
            ("database", self.database.is_some()),
            ("log", self.log.is_some()),
            ("impact", self.impact.is_some()),
            ("untouched", self.untouched.is_some()),
        ];
        let has = self.format == FORMAT;
        let wrong = match parts.iter().find(|(_, there)| *there != has) {
            Some((part, false)) => {
                format!("it is of the form `{}`, and has no `{part}`", self.format)
            }
            Some((part, true)) => {
                format!("it is of the form `{}`, and has a `{part}`", self.format)
            }
            None if !has && self.storage.is_none() => {
                "it has neither database nor storage".to_owned()
            }
            None => return Ok(()),
        };
        let help = "the manifest was altered: take another backup (`smokedrill backup list`)";
        Err(Fault::failed(wrong).object(MANIFEST).help(help))
    }

    /// Whether what it speaks of is among its files: what has no record is proved by nothing.
    fn consistent(&self) -> Result<(), Fault> {
        let storage = self.storage.as_ref();
        let listings = storage.into_iter().flat_map(|storage| [&storage.database, &storage.api]);
        let agreement = storage.and_then(|storage| storage.agreement.as_ref());
        let contents = storage.and_then(|storage| storage.contents.as_ref());
        let spoken_of = (self.database.iter().map(|database| &database.file))
            .chain(self.log.iter().map(|log| &log.file))
            .chain(listings.flatten().map(|listing| &listing.file))
            .chain(agreement.and_then(|agreement| agreement.file.as_ref()))
            .chain(contents.into_iter().flat_map(|contents| [&contents.file, &contents.hashes]));
        let mut seen = std::collections::BTreeSet::new();
        let twice = self.files.iter().find(|file| !seen.insert(file.name.as_str()));
        let wrong = match spoken_of.into_iter().find(|name| self.file(name).is_none()) {
            Some(name) => format!("it speaks of the file `{name}`, and has no record of it"),
            None => match twice {
                Some(file) => format!("it has two records of the file `{}`", file.name),
                None => return Ok(()),
            },
        };
        let help = "the manifest was altered: take another backup (`smokedrill backup list`)";
        Err(Fault::failed(wrong).object(MANIFEST).help(help))
    }

    /// The record of a file.
    pub(crate) fn file(&self, name: &str) -> Option<&FileRecord> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The archive of the database, for who needs one.
    ///
    /// # Errors
    /// It is a backup of storage alone.
    pub(crate) fn archive(&self) -> Result<&Database, Fault> {
        self.database.as_ref().ok_or_else(|| {
            let help = "use a backup that has a database (`smokedrill backup list`); to make one, \
                        configure [environment.NAME.database] of the source";
            let message = "it is a backup of storage alone: there is no database in it to restore";
            Fault::usage(message).object(&self.id).help(help)
        })
    }

    /// The uncompressed archive's size; nought in a backup of storage alone.
    pub(crate) fn archive_bytes(&self) -> u64 {
        self.database.as_ref().map_or(0, |database| database.bytes)
    }

    /// Every table with data; none in a backup of storage alone.
    pub fn tables(&self) -> &[Table] {
        self.database.as_ref().map_or(&[], |database| &database.tables)
    }

    /// All rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables().iter().map(|table| table.rows).sum()
    }

    /// The raw bytes of all rows and large objects.
    pub fn data_bytes(&self) -> u64 {
        let tables: u64 = self.tables().iter().map(|table| table.bytes).sum();
        tables + self.database.as_ref().map_or(0, |database| database.large_object_bytes)
    }

    /// How many objects the buckets have, and their bytes, by the way that lists more.
    pub fn objects(&self) -> (u64, u64) {
        let storage = self.storage.iter();
        let listings = storage.flat_map(|storage| [&storage.database, &storage.api]).flatten();
        let count = |listing: &Listing| {
            let buckets = listing.buckets.iter();
            buckets.fold((0, 0), |sum, next| (sum.0 + next.objects, sum.1 + next.bytes))
        };
        listings.map(count).max().unwrap_or_default()
    }

    /// What it holds, in a few words.
    pub(crate) fn amount(&self) -> String {
        match self.database {
            Some(_) => format!("{} rows, {} bytes", self.rows(), self.data_bytes()),
            None => {
                let (objects, bytes) = self.objects();
                format!("storage alone: {objects} objects of {bytes} bytes")
            }
        }
    }
}

#[cfg(test)]
#[path = "whole_tests.rs"]
mod tests;
