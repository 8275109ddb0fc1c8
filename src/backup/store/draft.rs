//! What is held while a backup is made: the right to one source, and the draft.

use sha2::{Digest as _, Sha256};

use super::bucket::{BucketDraft, BucketLock};
use super::folder::{FolderDraft, FolderLock, MOST, too_large};
use super::trouble::STAGE;
use super::{FileWriter, Written, name, sealed};
use crate::backup::encryption::{Recipients, SUFFIX};
use crate::backup::manifest::{FileRecord, MANIFEST, Manifest};
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::suite::source::hex;

/// The right to back up one source. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct StoreLock(pub(super) LockKind);

#[derive(Debug)]
pub(super) enum LockKind {
    Folder(FolderLock),
    Bucket(BucketLock),
}

impl StoreLock {
    /// Whether it is still held. In a bucket it is lost when it could not be renewed for so long
    /// that another took it over; in a folder, when somebody removed its file.
    ///
    /// # Errors
    /// It is lost, in a bucket with the name of whom to.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match &self.0 {
            LockKind::Folder(lock) => lock.check(),
            LockKind::Bucket(lock) => lock.check(),
        }
    }
}

/// A backup in the making. Dropping it removes it, as far as that works.
#[derive(Debug)]
pub(crate) struct Draft(pub(super) DraftKind);

#[derive(Debug)]
pub(super) enum DraftKind {
    Folder(FolderDraft),
    Bucket(BucketDraft),
}

impl Draft {
    /// Begins a file, private to this user. With recipients it is encrypted on its way, and
    /// [`SUFFIX`] is appended to its name: no plain byte touches the disk. `expected` is about how
    /// many bytes it will have, where that may be many. A store that does not answer is not waited
    /// for once somebody says stop.
    ///
    /// # Errors
    /// The name is none, or is taken; or nothing can be written.
    pub(crate) fn create(
        &self,
        name: &str,
        recipients: Option<&Recipients>,
        expected: u64,
        stop: &Stop,
    ) -> Result<FileWriter, Fault> {
        name::check_new(name)?;
        let name = match recipients {
            Some(_) => format!("{name}{SUFFIX}"),
            None => name.to_owned(),
        };
        let sink = match &self.0 {
            DraftKind::Folder(draft) => draft.create(&name)?,
            DraftKind::Bucket(draft) => draft.create(&name, expected, stop)?,
        };
        FileWriter::new(name, sink, recipients)
    }

    /// Makes a backup of it: the manifest is written last, and the whole is seen at once. Returns
    /// the manifest's hash.
    ///
    /// # Errors
    /// The manifest is not of these files, or something cannot be written. Then there is no
    /// backup, and the draft is removed.
    pub(crate) fn publish(self, manifest: &Manifest) -> Result<String, Fault> {
        let text = manifest.to_json()?;
        if text.len() as u64 > MOST {
            return Err(too_large(MANIFEST).help("leave schemas out (`[[backup.exclude]]`)"));
        }
        let sha256 = hex(&Sha256::digest(&text));
        let written = Written { seal: Some(sealed(&sha256).into_bytes()), text };
        match self.0 {
            DraftKind::Folder(draft) => draft.publish(manifest, &written),
            DraftKind::Bucket(draft) => draft.publish(manifest, written),
        }?;
        Ok(sha256)
    }
}

/// Compares what is stored with what the manifest tells of it.
pub(super) fn check_files(
    manifest: &Manifest,
    id: &str,
    stored: &[(String, u64)],
) -> Result<(), Fault> {
    let fault = |object: &str, message: String| {
        Err(Fault::errored(message).stage(STAGE).object(object).help("this is a bug: report it"))
    };
    if manifest.id != id {
        return fault(id, format!("the manifest is of another backup, {}", manifest.id));
    }
    for FileRecord { name, bytes, .. } in &manifest.files {
        match stored.iter().find(|(stored, _)| stored == name) {
            None => return fault(name, "the manifest lists it, and it was not written".into()),
            Some((_, size)) if size != bytes => {
                return fault(name, format!("{size} bytes are stored, not {bytes}"));
            }
            Some(_) => {}
        }
    }
    match stored.iter().find(|(name, _)| manifest.file(name).is_none()) {
        Some((name, _)) => fault(name, "it was written, and the manifest does not list it".into()),
        None => Ok(()),
    }
}
