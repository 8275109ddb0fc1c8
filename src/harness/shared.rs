//! What processes of one run share when each trial runs in a process of its own (nextest).
//!
//! A private folder, named after the run, holds what is made once: a needed sign-in, the
//! started environment, the history before the run. A *keeper* process, started by whichever
//! trial comes first, keeps the environment alive, and removes the folder, and with it every
//! captured secret, when the test runner ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::custom::Starter;
use super::fixture::{Address, start};
use crate::suite::source::hex;

/// Tells a process that it is the keeper of that folder.
pub(crate) const KEEPER: &str = "SMOKEDRILL_KEEPER";
/// How the folders' names begin: a keeper removes no other.
const PREFIX: &str = "smokedrill-";
/// How long an environment may take to start.
const START: Duration = Duration::from_secs(300);
/// How long a keeper lives at most, should it miss the runner's end.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// The folder that processes of one run share.
#[derive(Debug)]
pub(crate) struct Shared {
    folder: PathBuf,
    /// The run's identity, the same in all of its processes.
    pub(crate) run_id: String,
}

impl Shared {
    /// The folder of this run, if a runner with a process for each trial started us.
    ///
    /// # Errors
    /// The folder cannot be made, or is not ours alone.
    pub(crate) fn of_runner() -> Result<Option<Self>, String> {
        let Ok(run_id) = std::env::var("NEXTEST_RUN_ID") else { return Ok(None) };
        let base = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_dir());
        let base = base.unwrap_or_else(std::env::temp_dir);
        // The runner's folder and this program tell apart what shares a run's identity.
        let program = std::env::current_exe().unwrap_or_default();
        let digest = Sha256::digest(format!("{run_id} {}", program.display()));
        let name = format!("{PREFIX}{}", &hex(&digest)[..24]);
        let folder = base.join(name);
        private(&folder).map_err(|error| {
            format!("{} cannot be used to share a run's state: {error}", folder.display())
        })?;
        Ok(Some(Self { folder, run_id }))
    }

    /// Makes something once for all processes of the run; the others wait, and read it.
    ///
    /// # Errors
    /// The folder cannot be written or read.
    pub(crate) fn once<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        make: impl FnOnce() -> T,
    ) -> Result<T, String> {
        let _lock = self.exclusive(name)?;
        let path = self.folder.join(format!("{}.json", stem(name)));
        if let Ok(text) = fs::read(&path) {
            return serde_json::from_slice(&text).map_err(|e| told(&e));
        }
        let made = make();
        let text = serde_json::to_vec(&made).map_err(|e| told(&e))?;
        publish(&path, &text).map_err(|e| told(&e))?;
        Ok(made)
    }

    /// Keeps the other processes of the run out, until the file is dropped.
    pub(crate) fn exclusive(&self, name: &str) -> Result<File, String> {
        let lock = File::create(self.folder.join(format!("{}.lock", stem(name))));
        let lock = lock.map_err(|error| told(&error))?;
        lock.lock().map_err(|error| told(&error))?;
        Ok(lock)
    }

    /// One of so many places; held until the file is dropped.
    pub(crate) fn place(&self, places: usize) -> Option<File> {
        loop {
            for place in 0..places {
                let file = File::create(self.folder.join(format!("place-{place}"))).ok()?;
                if file.try_lock().is_ok() {
                    return Some(file);
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts the keeper, unless another process of the run has.
    /// With `starts` it starts the environment as well.
    pub(crate) fn ensure_keeper(&self, starts: bool) -> Result<(), String> {
        let spawned: Result<(), String> = self.once("keeper", || {
            let program = std::env::current_exe().map_err(|error| error.to_string())?;
            let mut command = Command::new(program);
            command
                .args(std::env::args_os().skip(1))
                .env(KEEPER, format!("{}:{starts}:{}", parent(), self.folder.display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            // A group of its own: the runner ends the group of a trial that is over.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
            command.spawn().map(drop).map_err(|error| error.to_string())
        })?;
        spawned.map_err(|error| format!("the keeper of the run cannot be started: {error}"))
    }

    /// The environment that the keeper has started.
    ///
    /// # Errors
    /// It could not be started, or not in time.
    pub(crate) fn environment(&self) -> Result<Address, String> {
        let path = self.folder.join("environment");
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if let Ok(text) = fs::read(&path) {
                let address: Result<Address, String> =
                    serde_json::from_slice(&text).map_err(|error| error.to_string())?;
                return address;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("the environment did not start within {START:?}"))
    }
}

/// Keeps the environment of a run alive until its runner ends; the whole life of the keeper.
///
/// `order` is what [`KEEPER`] holds: the runner's process, whether to start, and the folder.
pub(crate) fn keep(order: &str, starter: Option<&Starter>) {
    let Some((runner, rest)) = order.split_once(':') else { return };
    let Some((starts, folder)) = rest.split_once(':') else { return };
    let folder = Path::new(folder);
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.starts_with(PREFIX) {
        return;
    }
    let mut guard = None;
    if let Some(starter) = starter.filter(|_| starts == "true") {
        let address = start(starter).map_err(|cause| cause.message).map(|(address, kept)| {
            guard = kept;
            address
        });
        if let Ok(text) = serde_json::to_vec(&address) {
            let _ = publish(&folder.join("environment"), &text);
        }
    }
    let end = Instant::now() + LIFE;
    while Instant::now() < end && alive(runner) {
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(guard);
    let _ = fs::remove_dir_all(folder);
}

fn stem(name: &str) -> String {
    hex(&Sha256::digest(name.as_bytes()))
}

fn told(error: &dyn std::fmt::Display) -> String {
    format!("the state that processes of a run share: {error}")
}

/// Writes a file that nobody else can read, whole or not at all.
fn publish(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::symlink_metadata(folder)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_dir() || !ours || metadata.mode() & 0o077 != 0 {
        return Err(std::io::Error::other("it belongs to somebody else"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn parent() -> String {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get()).to_string()
}

#[cfg(not(unix))]
fn parent() -> String {
    String::new()
}

#[cfg(unix)]
fn alive(process: &str) -> bool {
    let pid = process.parse().ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

#[cfg(not(unix))]
fn alive(_: &str) -> bool {
    true
}
