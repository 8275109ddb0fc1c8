//! What a folder answers when it cannot do what it is asked, as faults with a remedy.

use std::io::{self, ErrorKind};

use crate::fault::{Fault, causes};

/// The stage of every fault in here.
pub(crate) const STAGE: &str = "backup location";

/// The lock of who removes backups: no source is called so.
pub(crate) const REMOVAL: &str = "removal of backups";

/// An error of reading or writing `file`, such as "written".
pub(super) fn io(error: &io::Error, file: &str, action: &str) -> Fault {
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        return fault.clone();
    }
    let help = match error.kind() {
        ErrorKind::StorageFull => Some(
            "the disk is full: make room, prune old backups (`smokedrill backup prune`), or keep \
             them elsewhere",
        ),
        ErrorKind::QuotaExceeded => Some(
            "the user's share of the disk is used up: make room, prune old backups \
             (`smokedrill backup prune`), or keep them elsewhere",
        ),
        ErrorKind::FileTooLarge => {
            Some("the filesystem or a limit (`ulimit -f`) allows no file as large")
        }
        ErrorKind::ReadOnlyFilesystem => {
            Some("the filesystem is read-only: mount it for writing, or keep backups elsewhere")
        }
        ErrorKind::PermissionDenied => Some(
            "let the user who makes backups own the folder (`chown`, `chmod 700`), or keep them \
             elsewhere",
        ),
        ErrorKind::NotADirectory => {
            Some("a part of the path is a file: correct the location in the settings")
        }
        ErrorKind::StaleNetworkFileHandle | ErrorKind::TimedOut => {
            Some("the filesystem is on another machine that does not answer well: look there")
        }
        _ => None,
    };
    let fault = Fault::errored(format!("cannot be {action}: {}", causes(error)));
    let fault = fault.stage(STAGE).object(file);
    match help {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// An error of the same kind that carries its fault, through whatever is between.
pub(super) fn carried(error: &io::Error, file: &str, action: &str) -> io::Error {
    io::Error::new(error.kind(), io(error, file, action))
}

/// The fault that an error of a [`FileWriter`](super::FileWriter) or of a stored file's reader
/// carries, also where a compressor was between; else one made of the error itself.
pub(crate) fn fault_of(error: &io::Error, file: &str) -> Fault {
    io(error, file, "read or written")
}

/// What somebody does who has a lock, for who wanted it too.
pub(super) fn taken(source: &str, place: &str, who: &str) -> String {
    match source == REMOVAL {
        true => format!("backups are being removed from {place} by {who}"),
        false => format!("it is being backed up to {place} by {who}"),
    }
}

/// A name that is no name of a backup.
pub(super) fn no_id(id: &str) -> Fault {
    let shown: String = id.chars().take(60).filter(|char| !char.is_control()).collect();
    Fault::errored(format!("`{shown}` is no name of a backup"))
        .stage(STAGE)
        .help("`smokedrill backup list` shows the names")
}

/// A backup that is not there.
pub(super) fn no_backup(id: &str, place: &str) -> Fault {
    Fault::errored(format!("there is no such backup in {place}"))
        .stage(STAGE)
        .object(id)
        .help("`smokedrill backup list` shows what there is")
}

/// A file that a backup lacks.
pub(super) fn missing(id: &str, name: &str) -> Fault {
    Fault::failed("the file is missing")
        .stage(STAGE)
        .object(format!("{id}/{name}"))
        .help("the backup is damaged: take another (`smokedrill backup list`)")
}
