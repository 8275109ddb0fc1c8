//! Where backups are kept: a local folder, or a bucket of an S3-compatible object store.
//!
//! Both keep the same promise. A backup is being made as a *draft*, which nobody takes for a
//! backup; it is published in one step, whole or not at all; and what a killed maker leaves is
//! tidied by the next run, which never touches what somebody is at work on.
//!
//! | | folder | bucket |
//! |---|---|---|
//! | a backup | `<id>/` with `manifest.json` | `<id>/manifest.json` |
//! | a draft | `.draft-<id>/` | `<id>/…` without a manifest, and `drafts/<id>.json` |
//! | is published by | one `rename` of the folder | one conditional `PUT` of the manifest |
//! | its maker lives while | a lock (`flock`) is held on `.lock` in it | its marker is renewed each minute |
//! | one backup of a source at once | `flock` on `.locks/source-<name>` | `locks/<name>.json`, renewed each minute |
//! | is removed by | a `rename` to `.removed-<id>`, then file by file | its manifest first, then the rest |
//! | whoever reads it | holds a shared lock on `manifest.json`: it is not removed | is told that it is gone |
//!
//! A lock of the system ends with its holder, so in a folder nothing has to expire. A folder that
//! several machines share (NFS) must pass locks on: Linux does since NFSv3 and 4, unless it is
//! mounted with `nolock` or `local_lock`. In a bucket a marker expires when it was not renewed for
//! some time, by the store's clock alone: that of this machine may be wrong.
//!
//! # Threads
//!
//! All of it blocks, and is for threads of its own. The bucket's side waits on the runtime whose
//! handle it was opened with, so it must never be called from within a task of a runtime: tokio
//! panics there. That runtime must have worker threads (be no `current_thread` one), or be driven
//! by somebody else meanwhile; and it must outlive drafts and locks, whose `Drop` cleans up on it.

mod bucket;
mod draft;
mod folder;
mod holder;
mod location;
mod name;
mod refuted;
mod rehash;
#[cfg(test)]
pub(crate) mod testing;
mod trouble;
mod writer;

use std::fmt;
use std::fs::File;
use std::io::Read;

use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use super::id;
use super::manifest::{FileRecord, MANIFEST, Manifest, SEAL};
use crate::fault::Fault;
use crate::suite::source::hex;
use bucket::Bucket;
use draft::{DraftKind, LockKind};
use folder::Folder;

pub(crate) use draft::{Draft, StoreLock};
pub(crate) use folder::files as private;
pub(crate) use holder::Holder;
pub(crate) use location::{Location, S3Location};
pub(crate) use rehash::{Hashing, verify_file};
pub(crate) use trouble::{REMOVAL, STAGE, fault_of};
pub(crate) use writer::FileWriter;

/// A place that backups are kept in. Clones are the same place.
#[derive(Debug, Clone)]
pub(crate) struct Store(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(Folder),
    Bucket(Bucket),
}

/// What a place has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// The bytes that this user may still write; nothing where the place does not say.
    pub(crate) free: Option<u64>,
}

/// A backup that was found.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) id: String,
    /// Its manifest, where each file is there in its size; or what is wrong with it.
    pub(crate) manifest: Result<Manifest, Fault>,
    /// The manifest's own hash, where it can be read.
    pub(crate) sha256: Option<String>,
    /// The proofs of it that failed.
    pub(crate) refuted: Vec<String>,
}

impl Listed {
    fn new(id: String, whole: Result<Whole, Fault>) -> Self {
        match whole {
            Ok(Whole { manifest, sha256, refuted }) => {
                Self { id, manifest: Ok(manifest), sha256: Some(sha256), refuted }
            }
            Err(fault) => Self { id, manifest: Err(fault), sha256: None, refuted: Vec::new() },
        }
    }
}

/// A backup whose files are all there.
struct Whole {
    manifest: Manifest,
    sha256: String,
    refuted: Vec<String>,
}

/// A backup that is being read: nobody removes it meanwhile.
#[derive(Debug)]
pub(crate) struct Hold {
    _locked: Option<File>,
}

/// A manifest as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    text: Vec<u8>,
    /// What stands in the file beside it; nothing where there is none.
    seal: Option<Vec<u8>>,
}

/// The names of stored files, with their sizes.
type Sizes = Vec<(String, u64)>;

impl Store {
    /// Opens a place. Nothing is written and nothing asked yet: [`Store::probe`] does both.
    ///
    /// # Errors
    /// It is no folder, or cannot be the address of a bucket, or keys are given by half.
    pub(crate) fn open(location: &Location, runtime: &Handle) -> Result<Self, Fault> {
        let kind = match location {
            Location::Folder(path) => Kind::Folder(Folder::open(path)?),
            Location::S3(s3) => Kind::Bucket(Bucket::open(s3, runtime)?),
        };
        Ok(Self(kind))
    }

    /// The place for people to read, without keys.
    pub(crate) fn shown(&self) -> String {
        match &self.0 {
            Kind::Folder(folder) => folder.shown(),
            Kind::Bucket(bucket) => bucket.shown(),
        }
    }

    /// Writes a small file, reads it back and removes it.
    ///
    /// # Errors
    /// Any of that cannot be done; or a bucket's store ignores conditions on writes, which locks
    /// and publication stand on.
    pub(crate) fn probe(&self) -> Result<Room, Fault> {
        match &self.0 {
            Kind::Folder(folder) => folder.probe(),
            Kind::Bucket(bucket) => bucket.probe(),
        }
    }

    /// Removes the drafts whose maker is gone and what a removal has left, never what somebody is
    /// at work on. Says what it removed, one line each.
    ///
    /// # Errors
    /// It cannot be looked for, or not be removed.
    pub(crate) fn tidy(&self) -> Result<Vec<String>, Fault> {
        match &self.0 {
            Kind::Folder(folder) => folder.tidy(),
            Kind::Bucket(bucket) => bucket.tidy(),
        }
    }

    /// Takes the right to back up that source, until the lock is dropped.
    ///
    /// # Errors
    /// Somebody else has it: who, and since when. Or it cannot be found out.
    pub(crate) fn lock(&self, source: &str, holder: &Holder) -> Result<StoreLock, Fault> {
        Ok(StoreLock(match &self.0 {
            Kind::Folder(folder) => LockKind::Folder(folder.lock(source, holder)?),
            Kind::Bucket(bucket) => LockKind::Bucket(bucket.lock(source, holder)?),
        }))
    }

    /// Begins a backup of that name.
    ///
    /// # Errors
    /// The name is none, or is taken; or nothing can be written.
    pub(crate) fn begin(&self, id: &str, holder: &Holder) -> Result<Draft, Fault> {
        self.check_id(id)?;
        Ok(Draft(match &self.0 {
            Kind::Folder(folder) => DraftKind::Folder(folder.begin(id, holder)?),
            Kind::Bucket(bucket) => DraftKind::Bucket(bucket.begin(id, holder)?),
        }))
    }

    /// All backups, newest first, by what their names say. Drafts and foreign files are none; a
    /// backup whose manifest is gone or cannot be read, or whose files are not all there, is one.
    ///
    /// # Errors
    /// The place cannot be read.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, Fault> {
        let folder = match &self.0 {
            Kind::Folder(folder) => folder,
            Kind::Bucket(bucket) => return bucket.list(),
        };
        let mut ids = folder.ids()?;
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let listed = ids.iter().map(|id| Listed::new(id.clone(), folder.whole(id)));
        Ok(listed.collect())
    }

    /// A backup's manifest, and its hash. Whether the files are as it says is not looked at.
    ///
    /// # Errors
    /// There is no such backup; its manifest cannot be read, was altered, or is another backup's.
    pub(crate) fn manifest(&self, id: &str) -> Result<(Manifest, String), Fault> {
        self.check_id(id)?;
        let written = match &self.0 {
            Kind::Folder(folder) => folder.manifest(id),
            Kind::Bucket(bucket) => bucket.manifest(id),
        }?;
        parsed(id, &written)
    }

    /// Reads a file of a backup from its beginning to its end. The reader's errors carry a
    /// [`Fault`], which [`fault_of`] takes out of them.
    ///
    /// # Errors
    /// *Failed*: the backup lacks it. *Errored*: it cannot be read.
    pub(crate) fn open_file(&self, id: &str, name: &str) -> Result<Box<dyn Read + Send>, Fault> {
        self.check_id(id)?;
        name::check(name)?;
        match &self.0 {
            Kind::Folder(folder) => folder.open_file(id, name),
            Kind::Bucket(bucket) => bucket.open_file(id, name),
        }
    }

    /// Notes that a proof of a backup failed, so that nobody takes it for a good one.
    ///
    /// # Errors
    /// It cannot be noted.
    pub(crate) fn refute(&self, id: &str, proof: &str) -> Result<(), Fault> {
        self.check_id(id)?;
        let name = refuted::name(proof);
        match &self.0 {
            Kind::Folder(folder) => folder.leave(id, &name),
            Kind::Bucket(bucket) => bucket.leave(id, &name),
        }
    }

    /// The proofs of a backup that failed.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn refuted(&self, id: &str) -> Result<Vec<String>, Fault> {
        self.check_id(id)?;
        Ok(refuted::of(&match &self.0 {
            Kind::Folder(folder) => folder.sizes(id)?,
            Kind::Bucket(bucket) => bucket.stored(id)?,
        }))
    }

    /// Takes such a note away: the proof holds now.
    ///
    /// # Errors
    /// It cannot be taken away.
    pub(crate) fn absolve(&self, id: &str, proof: &str) -> Result<(), Fault> {
        self.check_id(id)?;
        let name = refuted::name(proof);
        match &self.0 {
            Kind::Folder(folder) => folder.take_away(id, &name),
            Kind::Bucket(bucket) => bucket.take_away(id, &name),
        }
    }

    /// Says that a backup is being read, until what it gives is dropped: nobody removes it
    /// meanwhile. In a bucket nothing says so.
    ///
    /// # Errors
    /// There is no such backup.
    pub(crate) fn hold(&self, id: &str) -> Result<Hold, Fault> {
        self.check_id(id)?;
        match &self.0 {
            Kind::Folder(folder) => Ok(Hold { _locked: Some(folder.hold(id)?) }),
            Kind::Bucket(_) => Ok(Hold { _locked: None }),
        }
    }

    /// Whether somebody is reading a backup, where that can be told.
    pub(crate) fn is_held(&self, id: &str) -> bool {
        match &self.0 {
            Kind::Folder(folder) => folder.is_held(id),
            Kind::Bucket(_) => false,
        }
    }

    /// Removes a backup: first so that nobody takes it for one, then its files.
    ///
    /// # Errors
    /// There is none, it is being read, or it cannot be removed. What is left then is no backup any more, or still
    /// a whole one.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Fault> {
        self.check_id(id)?;
        match &self.0 {
            Kind::Folder(folder) => folder.remove(id),
            Kind::Bucket(bucket) => bucket.remove(id),
        }
    }

    fn check_id(&self, id: &str) -> Result<(), Fault> {
        if id::is_id(id) { Ok(()) } else { Err(trouble::no_id(id)) }
    }
}

/// A manifest that must be of that backup and as it was written, with its hash.
fn parsed(id: &str, written: &Written) -> Result<(Manifest, String), Fault> {
    let place = |fault: Fault| fault.stage(STAGE).object(format!("{id}/{MANIFEST}"));
    // Before it is read: what was changed may look like another version's.
    let sha256 = hex(&Sha256::digest(&written.text));
    let fits = written.seal.as_deref().map(|seal| seal == sealed(&sha256).as_bytes());
    if fits == Some(false) {
        return Err(place(rehash::damaged(format!(
            "it was changed since it was written: it does not fit {SEAL}"
        ))));
    }
    let manifest = Manifest::parse(&written.text).map_err(|fault| fault.stage(STAGE))?;
    if manifest.id != id {
        let message = format!("it is the manifest of another backup, {}", manifest.id);
        let help = "the folder was renamed or mixed up: give it back its name";
        return Err(Fault::failed(message).stage(STAGE).object(id).help(help));
    }
    match fits {
        Some(_) => Ok((manifest, sha256)),
        None => Err(place(rehash::damaged(format!("its hash is gone: there is no {SEAL}")))),
    }
}

/// What stands in the file beside a manifest.
fn sealed(sha256: &str) -> String {
    format!("{sha256}  {MANIFEST}\n")
}

/// A manifest whose files are all there, in their sizes.
fn complete((manifest, sha256): (Manifest, String), stored: &Sizes) -> Result<Whole, Fault> {
    for FileRecord { name, bytes, .. } in &manifest.files {
        let size = stored.iter().find(|(stored, _)| stored == name).map(|(_, size)| size);
        let message = match size {
            None => return Err(trouble::missing(&manifest.id, name)),
            Some(size) if size == bytes => continue,
            Some(size) => format!("it has {size} bytes, and the manifest says {bytes}"),
        };
        let place = format!("{}/{name}", manifest.id);
        return Err(rehash::damaged(message).object(place));
    }
    Ok(Whole { manifest, sha256, refuted: refuted::of(stored) })
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
