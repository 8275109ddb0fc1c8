//! Small steps with files and folders, which all are private and none of which follows a link.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// A new file that only this user can read, whatever the umask is.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Opens a file to lock it, and makes it if it is missing.
pub(crate) fn lockable(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(no_follow()).open(path)
}

/// Opens a file that is one: no link, no folder, no pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // A pipe would be waited for.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a plain file"));
    }
    OpenOptions::new().read(true).custom_flags(no_follow()).open(path)
}

/// The same, to lock it against all others. Over NFS that takes a file that is open for writing;
/// where it may only be read, a system with locks of its own takes it all the same.
pub(super) fn lockable_if_there(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match options.read(true).write(true).custom_flags(no_follow()).open(path) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            open(path)
        }
        opened => opened,
    }
}

fn no_follow() -> i32 {
    // The bits of the system, in the type that it takes them in.
    rustix::fs::OFlags::NOFOLLOW.bits().cast_signed()
}

/// A folder that is one, and no link to one.
pub(super) fn is_folder(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.is_dir()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A new private folder.
pub(super) fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// A private folder with those above it, unless it is there.
pub(super) fn make_all(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(path)
}

/// Makes a folder's list of names last through a power cut.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some filesystems have no such thing for folders, and are right not to pretend.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

/// Removes a folder with all in it, and is content if somebody was faster. Links are removed, not
/// followed.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A file was taken from under us, or the whole.
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                other => other,
            }
        }
        other => other,
    }
}
