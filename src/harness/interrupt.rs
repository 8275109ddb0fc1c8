//! Ctrl-C and SIGTERM: what is under way is let go, and the reports are written all the same.

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::exit;

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

#[cfg(unix)]
async fn signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => exit::INTERRUPTED,
            _ = terminate.recv() => exit::TERMINATED,
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
            exit::INTERRUPTED
        }
    }
}

#[cfg(not(unix))]
async fn signal() -> u8 {
    let _ = tokio::signal::ctrl_c().await;
    exit::INTERRUPTED
}
