//! Finding a browser and starting it.

use std::path::PathBuf;
use std::time::Duration;

use chromiumoxide::detection::{DetectionOptions, default_executable};
use chromiumoxide::{Browser as Chrome, BrowserConfig};
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// How long a browser may take to start.
const START: Duration = Duration::from_secs(30);

/// How long one word to it may take.
const REQUEST: Duration = Duration::from_secs(30);

/// A browser that runs until it is closed.
pub(crate) struct Browser {
    pub(super) chrome: Mutex<Chrome>,
    handler: JoinHandle<()>,
    /// Its profile, away from the user's own.
    _profile: TempDir,
}

/// Why there is none.
#[derive(Debug, Clone)]
pub(crate) enum Missing {
    /// None is installed: how to get one.
    Installed(String),
    /// It does not start.
    Started(String),
}

impl Browser {
    /// Starts the one that `CHROME` names, or that is installed.
    ///
    /// # Errors
    /// There is none, or it does not start.
    pub(crate) async fn start() -> Result<Self, Missing> {
        let path = executable()?;
        let profile = tempfile::tempdir().map_err(|error| Missing::Started(error.to_string()))?;
        let mut config = BrowserConfig::builder()
            .chrome_executable(path)
            .user_data_dir(profile.path())
            .new_headless_mode()
            .launch_timeout(START)
            .request_timeout(REQUEST)
            .respect_https_errors()
            // What a browser does by itself is not what the page does.
            .args(["disable-background-networking", "disable-component-update", "no-first-run"])
            // A container's /dev/shm is often too small for it.
            .arg("disable-dev-shm-usage");
        // The sandbox needs a user of one's own, and Chromium refuses to run as root with it.
        if rustix::process::getuid().is_root() {
            config = config.no_sandbox();
        }
        let config = config.build().map_err(Missing::Started)?;
        let started = Chrome::launch(config).await;
        let (chrome, mut events) = started.map_err(|error| Missing::Started(error.to_string()))?;
        let handler = tokio::spawn(async move { while events.next().await.is_some() {} });
        let chrome = Mutex::new(chrome);
        Ok(Self { chrome, handler, _profile: profile })
    }
}

impl Browser {
    /// Asks it to go, and then makes it: no process is left behind.
    pub(crate) async fn close(&self) {
        let mut chrome = self.chrome.lock().await;
        let patience = Duration::from_secs(5);
        let _ = tokio::time::timeout(patience, chrome.close()).await;
        if !matches!(tokio::time::timeout(patience, chrome.wait()).await, Ok(Ok(_))) {
            let _ = chrome.kill().await;
        }
        self.handler.abort();
    }
}

fn executable() -> Result<PathBuf, Missing> {
    let help = "install one (Debian: `apt-get install chromium`; Ubuntu: Google Chrome's own \
                package; macOS: `brew install --cask google-chrome`), or name it in the variable \
                CHROME";
    match std::env::var_os("CHROME").map(PathBuf::from) {
        Some(path) if path.is_file() => Ok(path),
        Some(path) => {
            let named = path.display();
            Err(Missing::Started(format!("CHROME names {named}, and there is no such file")))
        }
        None => default_executable(DetectionOptions::default())
            .map_err(|_| Missing::Installed(format!("no browser is installed: {help}"))),
    }
}
