//! Clusters whose maker is dead, stopped and removed.
//!
//! A folder is ours if its name and its owner are, and its lock file is free. A server is ours if
//! its command line names that very folder. Anything else is left alone.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::account::Account;
use crate::installation::command;
use crate::scratch::{self, OWNER, PREFIX};

/// A folder without a lock file is one that is being made, or that a crash left half made.
const HALF_MADE: Duration = Duration::from_secs(600);

/// An immediate shutdown kills the server's children after five seconds.
const SHUTDOWN: Duration = Duration::from_secs(8);

/// Removes every cluster of ours whose maker is dead.
pub(crate) fn sweep(account: Account) {
    for entry in fs::read_dir(scratch::parent(account)).into_iter().flatten().flatten() {
        let folder = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_own(&folder, account) {
            sweep_one(&folder, account);
        }
    }
}

fn sweep_one(folder: &Path, account: Account) {
    let Ok(owner) = File::open(folder.join(OWNER)) else {
        if age(folder).is_some_and(|age| age > HALF_MADE) {
            scratch::remove(folder);
        }
        return;
    };
    // Held until the folder is gone: of two sweepers the second passes by.
    if owner.try_lock().is_ok() {
        clear(folder, account);
    }
}

/// Stops what runs in the folder and removes it. Does nothing if the watchdog did it before.
pub(crate) fn clear(folder: &Path, account: Account) {
    if let Some(server) = server_in(folder) {
        // Given to a shell: the standard library has no kill, and `/bin/kill` is not everywhere.
        let shell = Path::new("/bin/sh");
        let mut kill = command(shell, Path::new("/"), account);
        kill.args(["-c", "kill -QUIT \"$1\"", "kill", &server]);
        let _ = kill.stderr(Stdio::null()).status();
        let deadline = Instant::now() + SHUTDOWN;
        while server_in(folder).is_some() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
    }
    // A server that we could not find stops by itself, within a minute of its folder's end.
    scratch::remove(folder);
}

/// The process id of the server that runs in the folder, if it is proved to be that server.
fn server_in(folder: &Path) -> Option<String> {
    let file = fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    let id = file.lines().next()?.trim();
    let number: u32 = id.parse().ok()?;
    // The file may be older than the last restart of the machine, and the number given anew.
    let data = folder.join("data").display().to_string();
    command_line(number)?.contains(&data).then(|| id.to_owned())
}

fn command_line(id: u32) -> Option<String> {
    if let Ok(line) = fs::read(format!("/proc/{id}/cmdline")) {
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let mut ps = Command::new("ps");
    let output =
        ps.args(["-ww", "-o", "command=", "-p", &id.to_string()]).stdin(Stdio::null()).output();
    Some(String::from_utf8_lossy(&output.ok()?.stdout).into_owned())
}

fn is_own(folder: &Path, account: Account) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir() && account.may_own(found.uid()))
}

fn age(folder: &Path) -> Option<Duration> {
    let changed = fs::metadata(folder).ok()?.modified().ok()?;
    SystemTime::now().duration_since(changed).ok()
}
