//! The folder that one cluster lives in.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::account::Account;

/// How the names of our folders start.
pub(crate) const PREFIX: &str = "smokedrill-demo-";

/// The file that its maker holds a lock on. Whoever can take the lock knows that the maker is dead:
/// unlike a process id, a lock is not given to somebody else later.
pub(crate) const OWNER: &str = "owner.lock";

/// A folder of ours, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _owner: File,
}

impl Scratch {
    /// A new, private folder that belongs to the account which the server runs as.
    pub(crate) fn create(account: Account) -> Result<Scratch, String> {
        let path = parent(account).join(format!("{PREFIX}{}", random_hex()?));
        let failed = |error| format!("cannot make the folder {}: {error}", path.display());
        DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        match lock(&path).and_then(|owner| account.give(&path).map(|()| owner)) {
            Ok(owner) => Ok(Scratch { path, _owner: owner }),
            Err(error) => {
                remove(&path);
                Err(failed(error))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the lock file under another name, so that under its own it is never seen unlocked.
fn lock(folder: &Path) -> io::Result<File> {
    let fresh = folder.join("owner.new");
    let owner = File::create_new(&fresh)?;
    owner.lock()?;
    fs::rename(&fresh, folder.join(OWNER))?;
    Ok(owner)
}

/// Where our folders are made: the temporary folder, or `/tmp` if the server's account cannot reach
/// that one, as with a private TMPDIR of root's.
pub(crate) fn parent(account: Account) -> PathBuf {
    let own = env::temp_dir();
    let own = fs::canonicalize(&own).unwrap_or(own);
    let open = |folder: &Path| {
        fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o001 != 0)
    };
    if account.is_another() && !own.ancestors().all(open) {
        return PathBuf::from("/tmp");
    }
    own
}

/// Removes a folder. What cannot be removed is left to the next start.
pub(crate) fn remove(path: &Path) {
    // A second try: somebody else may be removing it too, and take a file from under the first.
    if fs::remove_dir_all(path).is_err() {
        let _ = fs::remove_dir_all(path);
    }
}

/// 128 bits of the system's randomness.
pub(crate) fn random_hex() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| format!("cannot read /dev/urandom: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
