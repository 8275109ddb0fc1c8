//! `pg_dump` and `pg_dumpall`, run and listened to.
//!
//! What they print on standard error is kept whole, line by line, in the backup's log. Lines
//! that tell of an error are told apart from those that warn: the tools' exit code alone does
//! not tell of either.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::stop::Stop;
use crate::fault::Fault;

/// How long a tool may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How many lines of a tool are kept: its verbose log has one for each table.
const MOST_LINES: usize = 200_000;

/// What a tool said on standard error.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) lines: Vec<String>,
}

impl Said {
    /// Lines that warn.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.lines.iter().filter(|line| line.contains(": warning: ")).cloned().collect()
    }

    /// Lines that tell of an error.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.lines.iter().filter(|line| is_error(line)).cloned().collect()
    }

    /// The first error with what belongs to it, in one line.
    fn first_error(&self) -> Option<String> {
        let at = self.lines.iter().position(|line| line.contains(": error: "))?;
        let own = |line: &&String| line.contains(": detail: ") || line.contains(": hint: ");
        let rest = self.lines.iter().skip(at + 1).take(4).filter(own);
        let words = self.lines.get(at).into_iter().chain(rest).map(|line| {
            let (_, text) = line.split_once(": error: ").unwrap_or(("", line));
            text.split_once(": detail: ").map_or(text, |(_, detail)| detail).trim()
        });
        Some(words.collect::<Vec<_>>().join("; "))
    }
}

/// Whether a line of a tool tells of an error.
pub(crate) fn is_error(line: &str) -> bool {
    line.contains(": error: ") || line.contains(": fatal: ")
}

/// Runs a tool whose standard output `read` takes in; both must end well.
///
/// # Errors
/// The tool could not be run, told of an error, or was stopped; or `read` failed.
pub(crate) fn run<T: Send>(
    mut command: Command,
    stop: &Stop,
    read: impl FnOnce(std::process::ChildStdout) -> Result<T, Fault> + Send,
) -> (Result<T, Fault>, Said) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = tool_name(&command);
    let spawned = command.spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let fault = Fault::errored(format!("it cannot be started: {error}")).object(name);
            return (Err(fault), Said::default());
        }
    };
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return (Err(Fault::errored("its output was lost").object(name)), Said::default());
    };
    let gave_up = AtomicBool::new(false);
    let (result, said, ended) = std::thread::scope(|scope| {
        let said = scope.spawn(|| listen(stderr));
        let gave_up = &gave_up;
        let reading = scope.spawn(move || {
            let result = read(stdout);
            gave_up.store(result.is_err(), Ordering::SeqCst);
            result
        });
        let mut told: Option<Instant> = None;
        let ended = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Err(error) => break Err(Fault::errored(format!("it was lost: {error}"))),
                Ok(None) => {}
            }
            // A reader that has given up leaves the tool with a pipe that nobody reads. One that
            // has come to the end leaves it to end by itself: it has closed its output, and may
            // have a lot of memory to give back.
            let over = stop.why().is_some() || gave_up.load(Ordering::SeqCst);
            match told {
                None if over => {
                    terminate(&child);
                    told = Some(Instant::now());
                }
                Some(since) if since.elapsed() > GRACE => {
                    let _ = child.kill();
                }
                _ => {}
            }
            std::thread::sleep(LOOK);
        };
        let result = reading.join().unwrap_or_else(|_| Err(Fault::errored("reading it panicked")));
        (result, said.join().unwrap_or_default(), ended)
    });
    let result = conclude(result, &said, ended, stop, &name);
    (result, said)
}

/// What came of it: the word to stop first, then what the tool said, then its reader.
fn conclude<T>(
    result: Result<T, Fault>,
    said: &Said,
    ended: Result<std::process::ExitStatus, Fault>,
    stop: &Stop,
    name: &str,
) -> Result<T, Fault> {
    stop.check()?;
    let status = ended?;
    // A reader that fails first (a full disk) ends the tool, whose complaint of it is no cause.
    let ours = ["terminated by", "Broken pipe"];
    let own = said.first_error().filter(|text| !ours.iter().any(|mark| text.contains(mark)));
    match (result, own) {
        (Err(fault), None) => Err(fault),
        (_, Some(text)) => Err(explain(&text).object(name)),
        (Ok(value), None) if status.success() => Ok(value),
        (Ok(_), None) => Err(Fault::errored(format!("it ended with {status}")).object(name)),
    }
}

fn tool_name(command: &Command) -> String {
    let path = std::path::Path::new(command.get_program());
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn listen(stderr: ChildStderr) -> Said {
    let mut said = Said::default();
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    while let Ok(read) = reader.by_ref().take(64 * 1024).read_until(b'\n', &mut line) {
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        // Of very many tables not every step is kept, but all that went wrong.
        if said.lines.len() < MOST_LINES || text.contains(": warning: ") || is_error(&text) {
            said.lines.push(text.trim_end().to_owned());
        }
        line.clear();
    }
    said
}

/// SIGTERM: `pg_dump` then cancels what the server does for it.
#[cfg(unix)]
fn terminate(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: &Child) {}

/// What `pg_dump` says, and what to do about it; in the words of its C locale.
const REMEDIES: [(&str, &str); 14] = [
    ("password authentication failed", "check the user and the password of the source's URL"),
    ("no password supplied", "write the password into the source's URL"),
    ("Connection refused", "check the host and the port, and that the server is up"),
    ("could not translate host name", "check the host of the source's URL"),
    ("does not support SSL", "the URL asks for TLS, which this server does not offer"),
    ("remaining connection slots", "the server has no connection left; the backup needs four"),
    (
        "row-level security policy",
        "row security applies to this role: use one with BYPASSRLS, or the tables' owner",
    ),
    ("could not open large object", "the role may not read this large object: use their owner"),
    ("permission denied", "grant the role what it lacks, or exclude it in suites/drill.toml"),
    (
        "canceling statement due to",
        "a lock was not granted in time: another session holds the table exclusively; try again, \
         or raise `lock_timeout` in suites/drill.toml",
    ),
    ("server version mismatch", "install a pg_dump that is not older than the server"),
    (
        "terminating connection due to",
        "somebody, or the server's restart, ended the session; see its log, and try again",
    ),
    ("server closed the connection", "the server ended the session; see its log, and try again"),
    ("No space left on device", "free some space, or choose another `location`"),
];

/// An error of a tool as a fault, with its remedy.
fn explain(text: &str) -> Fault {
    let known = REMEDIES.iter().find(|(mark, _)| text.contains(mark));
    match known {
        Some((_, remedy)) => Fault::errored(text).help(remedy),
        None => Fault::errored(text),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Said, run};
    use crate::backup::stop::Stop;
    use crate::fault::{Fault, FaultKind};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn whole(mut output: std::process::ChildStdout) -> Result<String, Fault> {
        let mut text = String::new();
        output.read_to_string(&mut text).map_err(Fault::errored)?;
        Ok(text)
    }

    #[test]
    fn output_is_taken_in_and_the_log_is_kept() {
        let (result, said) =
            run(shell("echo data; echo 'x: warning: w' >&2"), &Stop::default(), whole);
        assert_eq!(result.unwrap(), "data\n");
        assert_eq!(said.warnings(), ["x: warning: w"]);
        assert!(said.errors().is_empty());
    }

    #[test]
    fn an_error_is_told_with_its_detail_and_its_remedy_whatever_the_exit_code() {
        let script =
            "echo 'pg_dump: error: query failed: ERROR:  permission denied for schema auth' >&2
            echo 'pg_dump: detail: Query was: LOCK TABLE auth.users' >&2; exit 0";
        let (result, said) = run(shell(script), &Stop::default(), whole);
        let told = result.unwrap_err().to_string();
        assert!(told.contains("schema auth; Query was: LOCK TABLE auth.users"), "{told}");
        assert!(told.contains("grant the role"), "{told}");
        assert_eq!(said.errors().len(), 1);
    }

    #[test]
    fn a_tool_that_only_fails_is_told_by_its_exit_code() {
        let (result, _) = run(shell("exit 7"), &Stop::default(), whole);
        assert!(result.unwrap_err().to_string().contains("exit status: 7"));
    }

    #[test]
    fn a_word_to_stop_ends_the_tool() {
        let stop = Stop::default();
        let begun = Instant::now();
        let later = stop.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            later.set(Fault::interrupted());
        });
        let (result, _) = run(shell("exec sleep 60"), &stop, whole);
        thread.join().unwrap();
        assert_eq!(result.unwrap_err().kind(), FaultKind::Interrupted);
        assert!(begun.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_reader_that_fails_is_the_cause_and_ends_the_tool() {
        let full = |_| Err::<(), _>(Fault::errored("no space"));
        let script = "trap 'echo \"pg_dump: error: terminated by user\" >&2; exit 1' TERM
            while :; do sleep 0.02; done";
        let (result, _) = run(shell(script), &Stop::default(), full);
        assert_eq!(result.unwrap_err().line(), "no space");
    }

    #[test]
    fn a_tool_that_has_closed_its_output_may_take_its_time_to_end() {
        let script = "trap 'exit 1' TERM; echo data; exec >&-; i=0
            while [ $i -lt 20 ]; do sleep 0.02; i=$((i + 1)); done; exit 0";
        let (result, _) = run(shell(script), &Stop::default(), whole);
        assert_eq!(result.unwrap(), "data\n");
    }

    #[test]
    fn warnings_are_no_errors() {
        let said = Said { lines: vec!["pg_dump: warning: there are circular keys".into()] };
        assert!(said.errors().is_empty() && said.first_error().is_none());
    }
}
