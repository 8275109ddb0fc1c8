//! Ctrl-C, SIGTERM and SIGHUP (a closed terminal): what is under way is let go, and the reports are written all the same.

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::exit;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// Whether the run was told to stop, and by which exit code it says so.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    state: watch::Receiver<Option<u8>>,
}

impl Interrupt {
    /// Listens for signals from now on.
    pub(crate) fn listen(runtime: &Handle) -> Self {
        let (sender, state) = watch::channel(None);
        runtime.spawn(async move {
            let code = signal().await;
            let _ = sender.send(Some(code));
            // Keeps the channel open: a closed one would look like an interrupt to waiters.
            std::future::pending::<()>().await;
        });
        Self { state }
    }

    /// The exit code, once the run was told to stop.
    pub(crate) fn code(&self) -> Option<u8> {
        *self.state.borrow()
    }

    /// Waits until the run is told to stop.
    pub(crate) async fn happened(&self) {
        let mut state = self.state.clone();
        if state.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// For a command that is no run: the first signal says stop, a second one ends the process, so
/// that nobody waits for a store or a service that does not answer.
pub(crate) fn stop_by_signal(runtime: &Handle) -> Stop {
    let stop = Stop::default();
    let interrupted = stop.clone();
    runtime.spawn(async move {
        signal().await;
        interrupted.set(Fault::interrupted());
        std::process::exit(signal().await.into());
    });
    stop
}

#[cfg(unix)]
async fn signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let told = async |kind: Option<SignalKind>| match kind.map(signal) {
        Some(Ok(mut signal)) => drop(signal.recv().await),
        Some(Err(_)) | None => std::future::pending().await,
    };
    // Who was started by `nohup` is to survive the terminal: to listen would undo that.
    let hangup = (!hangup_is_ignored()).then(SignalKind::hangup);
    tokio::select! {
        _ = tokio::signal::ctrl_c() => exit::INTERRUPTED,
        () = told(Some(SignalKind::terminate())) => exit::TERMINATED,
        () = told(hangup) => exit::TERMINATED,
    }
}

/// Whether this process was started with SIGHUP ignored. Linux says so; elsewhere, whoever writes
/// to no terminal, as `nohup` has it, is taken for one that is.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    use std::io::IsTerminal as _;
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let ignored = status.as_deref().and_then(|status| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    match ignored {
        // Its number is 1, so its bit is the lowest.
        Some(mask) => mask & 1 == 1,
        None => !std::io::stdout().is_terminal() && !std::io::stderr().is_terminal(),
    }
}

#[cfg(not(unix))]
async fn signal() -> u8 {
    let _ = tokio::signal::ctrl_c().await;
    exit::INTERRUPTED
}
