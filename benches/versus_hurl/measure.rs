//! Wall time and peak memory of one process, and how two of them take turns.
//!
//! The system counts the memory of *all* processes that a process has waited for, and lets a
//! new one begin with the peak of the one that started it. So each command gets a small helper
//! process of its own (`versus_hurl measure …`), which starts nothing else.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::tools::Line;

/// How many rounds a median is made of; one more, before them, warms up.
pub(crate) const ROUNDS: usize = 5;
/// How long a command may take before it is ended.
const LIMIT: Duration = Duration::from_secs(60);

/// What one process took.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// From just before it was started until it was over, in seconds.
    pub(crate) seconds: f64,
    /// The most memory that it held at once, in bytes.
    pub(crate) peak: u64,
    /// Its exit code.
    pub(crate) code: Option<i32>,
}

/// Runs commands in turns, each of them once to warm up and then in so many rounds.
///
/// Every other round goes backwards, so that none always runs in the wake of the same one.
/// `after` is called after each run with the round, 0 to warm up, and the command's index.
pub(crate) fn in_turns(
    lines: &[Line],
    rounds: usize,
    mut after: impl FnMut(usize, usize, Measured) -> Result<()>,
) -> Result<()> {
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            after(round, index, run(&lines[index])?)?;
        }
    }
    Ok(())
}

/// The medians of commands run [`in_turns`].
pub(crate) fn medians(lines: &[Line], rounds: usize) -> Result<Vec<Measured>> {
    let mut all = vec![Vec::new(); lines.len()];
    in_turns(lines, rounds, |round, index, measured| {
        if round > 0 {
            all[index].push(measured);
        }
        Ok(())
    })?;
    let middle = |runs: Vec<Measured>| Measured {
        seconds: median(runs.iter().map(|run| run.seconds).collect()),
        peak: median(runs.iter().map(|run| run.peak as f64).collect()) as u64,
        code: runs.first().and_then(|run| run.code),
    };
    Ok(all.into_iter().map(middle).collect())
}

/// The middle one of an odd number of values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs one command, and proves that it ended as it should.
pub(crate) fn run(line: &Line) -> Result<Measured> {
    let output = Command::new(std::env::current_exe()?)
        .args(["measure".as_ref(), line.output.as_os_str(), line.program.as_os_str()])
        .args(&line.arguments)
        .stderr(Stdio::inherit())
        .output()?;
    let measured: Measured = serde_json::from_slice(&output.stdout)?;
    if measured.code != Some(line.code) {
        let text = std::fs::read_to_string(&line.output).unwrap_or_default();
        let end = text.char_indices().rev().nth(2_000).map_or(0, |(at, _)| at);
        let told = format!("{} ended with {:?}", line.program.display(), measured.code);
        return Err(format!("{told}, and not with {}:\n{}", line.code, &text[end..]).into());
    }
    Ok(measured)
}

/// The whole life of the helper: `OUTPUT PROGRAM ARGUMENTS…`.
pub(crate) fn measure_one(words: &[String]) -> Result<()> {
    let [output, program, arguments @ ..] = words else { return Err("measure what?".into()) };
    let output = File::create(Path::new(output))?;
    let mut command = Command::new(program);
    // Whatever this machine has set for a proxy, a CI system or a test runner is left out.
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(output.try_clone()?).stderr(output);
    let started = Instant::now();
    let child = Arc::new(Mutex::new(command.spawn()?));
    let pid = child.lock().unwrap_or_else(PoisonError::into_inner).id();
    let (done, wait) = channel::<()>();
    let watched = Arc::clone(&child);
    std::thread::spawn(move || {
        if wait.recv_timeout(LIMIT).is_err() {
            let _ = watched.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    });
    await_end(pid)?;
    let seconds = started.elapsed().as_secs_f64();
    let status = child.lock().unwrap_or_else(PoisonError::into_inner).wait()?;
    let _ = done.send(());
    let measured = Measured { seconds, peak: peak()?, code: status.code() };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Waits until a process is over and leaves it to be reaped, so that its handle stays valid.
#[cfg(unix)]
fn await_end(pid: u32) -> Result<()> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let pid = Pid::from_raw(i32::try_from(pid)?).ok_or("no process")?;
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    Ok(())
}

/// The peak of what was waited for: one process, here.
#[cfg(unix)]
fn peak() -> Result<u64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let most = u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss())?;
    // Linux counts in kibibytes, macOS in bytes.
    Ok(if cfg!(target_os = "macos") { most } else { most * 1024 })
}

#[cfg(not(unix))]
fn await_end(_: u32) -> Result<()> {
    Err("processes are measured on Unix only".into())
}

#[cfg(not(unix))]
fn peak() -> Result<u64> {
    Ok(0)
}
