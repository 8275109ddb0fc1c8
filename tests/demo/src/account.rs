//! The account that the server runs as. PostgreSQL refuses to run as root.

use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The accounts that packages make for the server, on Linux and on macOS.
const NAMES: [&str; 2] = ["postgres", "_postgres"];

/// The user that the server runs as: ourselves, or the server's own account if we are root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
    we_are_root: bool,
}

impl Account {
    pub(crate) fn find() -> Result<Account, String> {
        let own = Account::of(&[], false).ok_or("the program `id` does not say who we are")?;
        if own.uid != 0 {
            return Ok(own);
        }
        let server = NAMES.iter().find_map(|name| Account::of(&[name], true));
        // Should the account of that name be root again, the server would not start as it either.
        server.filter(|server| server.uid != 0).ok_or_else(|| {
            "PostgreSQL does not run as root, and there is no account `postgres` to run it as: \
             run the tests as an ordinary user, or make one with `useradd --system postgres`"
                .to_owned()
        })
    }

    fn of(name: &[&str], we_are_root: bool) -> Option<Account> {
        let id = |what: &str| -> Option<u32> {
            let mut command = Command::new("id");
            let output = command.arg(what).args(name).stdin(Stdio::null()).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Account { uid: id("-u")?, gid: id("-g")?, we_are_root })
    }

    /// Whether the server needs other people's right to a folder, as it does when we are root.
    pub(crate) fn is_another(self) -> bool {
        self.we_are_root
    }

    /// Whether a folder of this owner can be one of ours.
    pub(crate) fn may_own(self, uid: u32) -> bool {
        uid == self.uid || self.we_are_root && uid == 0
    }

    /// Hands a file or folder to the server's account.
    pub(crate) fn give(self, path: &Path) -> io::Result<()> {
        if self.we_are_root {
            chown(path, Some(self.uid), Some(self.gid))?;
        }
        Ok(())
    }

    /// Makes a command run as the server's account.
    pub(crate) fn run(self, command: &mut Command) -> &mut Command {
        if self.we_are_root {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}
