//! One throw-away PostgreSQL server.

use std::fmt;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::installation::{Installation, command};
use crate::scratch::{self, Scratch};
use crate::stale;

/// What kind of server is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The name of the superuser.
    pub(crate) superuser: &'static str,
    /// The oldest version of PostgreSQL that will do.
    pub(crate) oldest: u32,
    /// Settings over and above the common ones, which they override.
    pub(crate) settings: &'static [&'static str],
}

/// How often a start is tried. Between finding a free port and the server's taking it, another
/// program may take it.
const ATTEMPTS: u32 = 5;

/// How long a start may take, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings of a server that nobody will miss: nothing is flushed to disk, nothing runs in the
/// background, and nothing is kept outside its folder. Without a Unix socket the length of the
/// temporary folder's path does not matter.
const SETTINGS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "dynamic_shared_memory_type=mmap",
    "shared_buffers=16MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// What a test may switch on again (`alter system`), as the command line's settings cannot be.
const SWITCHED: &str = "autovacuum = off\n";

/// A running server, with its folder and the watchdog that outlives us to stop it.
pub(crate) struct Cluster {
    watchdog: Child,
    kind: Kind,
    port: u16,
    password: String,
    account: Account,
    installation: Installation,
    data: PathBuf,
    scratch: Scratch,
}

impl Cluster {
    pub(crate) fn start(kind: Kind) -> Result<Cluster, String> {
        let password = scratch::random_hex()?;
        Self::begin(kind, password.clone(), |place| initialise(place, kind, &password))
    }

    /// A standby of it, which follows it for as long as both run.
    pub(crate) fn standby(&self) -> Result<Cluster, String> {
        let url = self.url(self.superuser(), "postgres");
        Self::begin(self.kind, self.password.clone(), |place| follow(place, &url))
    }

    /// Has a server's folder made, and starts the server.
    fn begin(
        kind: Kind,
        password: String,
        make: impl FnOnce(Place<'_>) -> Result<(), String>,
    ) -> Result<Cluster, String> {
        let installation = Installation::find(kind.oldest)?;
        let account = Account::find()?;
        stale::sweep(account);
        let scratch = Scratch::create(account)?;
        let data = scratch.path().join("data");
        let place = Place { installation: &installation, account, folder: scratch.path() };
        let started = make(place).and_then(|()| launch(place, kind));
        match started {
            Ok((watchdog, port)) => {
                Ok(Cluster { watchdog, kind, port, password, account, installation, data, scratch })
            }
            Err(error) => {
                stale::clear(scratch.path(), account);
                Err(error)
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn superuser(&self) -> &'static str {
        self.kind.superuser
    }

    /// The URL of a database for a role. All roles that may sign in have the same password.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    pub(crate) fn bin_dir(&self) -> &Path {
        self.installation.bin()
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Cluster");
        shown.field("port", &self.port).field("data", &self.data).finish_non_exhaustive()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.watchdog);
        // Only finds something to do if somebody killed the watchdog.
        stale::clear(self.scratch.path(), self.account);
    }
}

/// Where a server is to run, by which programs and as whom.
#[derive(Clone, Copy)]
struct Place<'a> {
    installation: &'a Installation,
    account: Account,
    folder: &'a Path,
}

fn initialise(place: Place<'_>, kind: Kind, password: &str) -> Result<(), String> {
    let Place { installation, account, folder } = place;
    // Other users of the machine reach the port too, and a superuser can run programs: hence a
    // password. It is asked for in clear, which spares every connection the rounds of SCRAM; it
    // never leaves the loopback interface.
    let secret = folder.join("password");
    fs::write(&secret, password)
        .and_then(|()| account.give(&secret))
        .map_err(|error| format!("cannot write {}: {error}", secret.display()))?;
    let mut initdb = command(&installation.program("initdb"), folder, account);
    initdb.args(["--pgdata=data", "--no-sync", "--locale=C", "--encoding=UTF8"]);
    initdb.args(["--auth=password", "--pwfile=password", "--username", kind.superuser]);
    let output = initdb.output().map_err(|error| format!("cannot run initdb: {error}"))?;
    let _ = fs::remove_file(secret);
    if output.status.success() {
        let file = folder.join("data/postgresql.auto.conf");
        let opened = fs::OpenOptions::new().append(true).open(&file);
        return opened
            .and_then(|mut file| file.write_all(SWITCHED.as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", file.display()));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("initdb could not make a PostgreSQL cluster: {}", said.trim()))
}

/// Copies a running server, to follow it.
fn follow(place: Place<'_>, url: &str) -> Result<(), String> {
    let Place { installation, account, folder } = place;
    let mut copy = command(&installation.program("pg_basebackup"), folder, account);
    copy.args(["--pgdata=data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
    copy.arg(format!("--dbname={url}"));
    let output = copy.output().map_err(|error| format!("cannot run pg_basebackup: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("pg_basebackup could not copy the server: {}", said.trim()))
}

/// Starts the server under its watchdog, on a port that is free.
fn launch(place: Place<'_>, kind: Kind) -> Result<(Child, u16), String> {
    let folder = place.folder;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        let port = free_port()?;
        let mut watchdog = spawn(place, kind, port)?;
        match wait_until_ready(&mut watchdog, folder, port) {
            Ok(()) => return Ok((watchdog, port)),
            Err(error) => last = error,
        }
        stop(&mut watchdog);
        if !folder.join("data").is_dir() {
            break;
        }
    }
    Err(format!("PostgreSQL did not start: {last}"))
}

fn spawn(place: Place<'_>, kind: Kind, port: u16) -> Result<Child, String> {
    let Place { installation, account, folder } = place;
    let mut shell = command(Path::new("/bin/sh"), folder, account);
    shell.args(["-c", include_str!("watchdog.sh"), "watchdog"]);
    shell.arg(folder).arg(installation.program("postgres"));
    // The whole path, so that the command line says whose server this is.
    shell.arg("-D").arg(folder.join("data"));
    for setting in SETTINGS.iter().chain(kind.settings) {
        shell.args(["-c", setting]);
    }
    shell.args(["-c", &format!("port={port}")]);
    // A group of its own: what kills the group of the tests, Ctrl-C among it, leaves the watchdog
    // alive to clean up. And it must not hold the pipes of whoever waits for our output to end.
    shell.process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().map_err(|error| format!("cannot run /bin/sh: {error}"))
}

/// Waits for the server to say in its pid file that it takes connections.
fn wait_until_ready(watchdog: &mut Child, folder: &Path, port: u16) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    let mut problem = format!("not ready after {} seconds", PATIENCE.as_secs());
    while Instant::now() < deadline {
        let file = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        let ready = lines.get(7).is_some_and(|state| ["ready", "standby"].contains(state));
        if lines.get(3) == Some(&port.to_string().as_str()) && ready {
            return Ok(());
        }
        if let Ok(Some(_)) = watchdog.try_wait() {
            problem = "the server ended".to_owned();
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default();
    Err(format!("{problem}; its log ends with\n{}", tail.join("\n")))
}

/// Has the watchdog stop the server and remove the folder, and waits for that.
fn stop(watchdog: &mut Child) {
    if let Some(mut pipe) = watchdog.stdin.take() {
        // A line, and not the end of the pipe alone: a process that another thread is just
        // starting may hold a copy of our end for a moment.
        let _ = pipe.write_all(b"stop\n");
    }
    let _ = watchdog.wait();
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port on 127.0.0.1: {error}"))
}
