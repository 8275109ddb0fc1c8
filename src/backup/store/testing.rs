//! What the tests of both kinds of places need.

use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Handle, Runtime};

use super::bucket::{self, Bucket};
use super::draft::LockKind;
use super::{Draft, Holder, Kind, Location, S3Location, Store, StoreLock};
use crate::backup::encryption::Recipients;
use crate::backup::manifest::{
    Catalogue, Database, FORMAT, FileRecord, Impact, Log, MANIFEST, Manifest, SEAL, Snapshot,
    SourceIdentity, Untouched,
};
use crate::backup::stop::Stop;
use crate::suite::source::hex;

pub(crate) const ID: &str = "20261124T034125Z-9f31c2aa";
pub(super) const LATER: &str = "20261125T034125Z-00000001";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
});

pub(super) fn runtime() -> &'static Handle {
    RUNTIME.handle()
}

pub(crate) fn folder(path: &Path) -> Store {
    Store::open(&Location::Folder(path.to_owned()), runtime()).unwrap()
}

pub(super) fn bucket(location: &S3Location, pace: bucket::Pace) -> Store {
    Store(Kind::Bucket(Bucket::open_at(location, runtime(), pace).unwrap()))
}

pub(super) fn moment() -> Timestamp {
    "2026-11-24T03:41:25.5Z".parse().unwrap()
}

pub(crate) fn holder() -> Holder {
    Holder::new("jane", "ops-1", moment())
}

pub(crate) fn write(
    draft: &Draft,
    name: &str,
    bytes: &[u8],
    recipients: Option<&Recipients>,
) -> FileRecord {
    let mut file = draft.create(name, recipients, 0, &Stop::default()).unwrap();
    // In pieces of an odd size, as a compressor does.
    for piece in bytes.chunks(99_991) {
        file.write_all(piece).unwrap();
    }
    file.finish().unwrap()
}

/// A backup of the one file `a.zst`.
pub(super) fn publish(store: &Store, id: &str, bytes: &[u8]) -> FileRecord {
    let draft = store.begin(id, &holder()).unwrap();
    let record = write(&draft, "a.zst", bytes, None);
    draft.publish(&manifest(id, vec![record.clone()])).unwrap();
    record
}

/// Writes a manifest into the folder of a backup, with the hash that fits it.
pub(super) fn write_manifest(home: &Path, text: &[u8]) {
    let seal = super::sealed(&hex(&Sha256::digest(text)));
    std::fs::write(home.join(MANIFEST), text).unwrap();
    std::fs::write(home.join(SEAL), seal).unwrap();
}

pub(crate) fn manifest(id: &str, files: Vec<FileRecord>) -> Manifest {
    let text = |text: &str| text.to_owned();
    Manifest {
        format: text(FORMAT),
        id: text(id),
        version: text("0.1.0"),
        actor: text("jane"),
        host: text("ops-1"),
        started: moment(),
        finished: moment(),
        source: SourceIdentity {
            environment: text("production"),
            host: text("db.example"),
            address: None,
            port: 5432,
            database: text("postgres"),
            alias: None,
            user: text("postgres"),
            system_identifier: None,
            server_version: text("15.18"),
            project: None,
            standby: false,
            started: false,
            storage: None,
        },
        snapshot: Snapshot { time: moment(), local_time: moment(), lsn: None, replayed: None },
        tools: Vec::new(),
        durations: std::collections::BTreeMap::new(),
        files,
        recipients: Vec::new(),
        database: Some(Database {
            file: text("a.zst"),
            archive: text("1.14"),
            bytes: 0,
            entries: 0,
            tables: Vec::new(),
            large_objects: 0,
            large_object_bytes: 0,
        }),
        catalogue: Catalogue::default(),
        excluded: Vec::new(),
        storage: None,
        log: Some(Log { file: text("a.zst"), ..Log::default() }),
        impact: Some(Impact::default()),
        untouched: Some(Untouched::default()),
        audit: None,
    }
}

/// A disk of 4 MiB in memory, unmounted at the end; nothing where this user may not mount.
pub(super) struct SmallDisk(tempfile::TempDir);

pub(super) fn small_disk() -> Option<SmallDisk> {
    let folder = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs"])
        .arg(folder.path())
        .stderr(std::process::Stdio::null())
        .status();
    if mounted.is_ok_and(|status| status.success()) {
        return Some(SmallDisk(folder));
    }
    eprintln!("skipped: this user may not mount a small disk");
    None
}

impl SmallDisk {
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

impl StoreLock {
    /// What happens each minute.
    pub(super) fn renew_now(&self) {
        if let LockKind::Bucket(lock) = &self.0 {
            lock.renew_now();
        }
    }
}
