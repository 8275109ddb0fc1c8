//! The user's vault, through commands of the user's own.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use age::secrecy::{ExposeSecret as _, SecretString};

use crate::environment::lookup::Context;
use crate::environment::model::Source;
use crate::fault::Fault;
use crate::redact::Redactor;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of what a failed command said is read.
const SAID: u64 = 4_000;

/// How a token gets into the vault, and out again.
pub(super) struct Vault {
    pub(super) store: Vec<String>,
    pub(super) back: Source,
    pub(super) context: Context,
}

impl Vault {
    /// The program that stores, for people. Its arguments are the user's own, and may say more
    /// than others should read.
    pub(super) fn program(&self) -> &str {
        self.store.first().map_or("", String::as_str)
    }

    /// What the vault has now.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn get(&self, redactor: &Redactor) -> Result<SecretString, Fault> {
        let found = self.context.find(&self.back).map_err(|problem| {
            let text = problem.to_string();
            Fault::errored(text.strip_prefix("error: ").unwrap_or(&text)).stage("vault")
        })?;
        redactor.learn(&found.text);
        Ok(found.text.into())
    }

    /// Hands a token to the command: on standard input, never as an argument, which everybody on
    /// the machine can see. What the command prints is thrown away, since it may be the token; why
    /// it failed is told without it.
    ///
    /// # Errors
    /// The command failed. It may have stored the token all the same.
    pub(super) fn put(&self, token: &SecretString, redactor: &Redactor) -> Result<(), NotPut> {
        let failed = |why: String| {
            let message = format!("the command `{}` {why}", self.program());
            NotPut { fault: Fault::errored(message).stage("vault"), late: false }
        };
        let (program, arguments) =
            self.store.split_first().ok_or_else(|| failed("is empty".to_owned()))?;
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // What it has started ends with it: else that may store the token later, when it is none.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child =
            command.spawn().map_err(|error| failed(format!("cannot be started: {error}")))?;
        let (input, errors) = (child.stdin.take(), child.stderr.take());
        let secret = token.clone();
        // Beside the wait: a command that reads nothing, or says a lot, blocks nobody. Whether it
        // has read the token, reading it back tells.
        std::thread::spawn(move || {
            input.map(|mut input| input.write_all(secret.expose_secret().as_bytes()))
        });
        let (sender, said) = channel();
        std::thread::spawn(move || {
            let (mut start, mut errors) = (Vec::new(), errors);
            if let Some(errors) = &mut errors {
                let _ = errors.take(SAID).read_to_end(&mut start);
                let _ = sender.send(start);
                let _ = std::io::copy(errors, &mut std::io::sink());
            }
        });
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(None) => {
                    end(&mut child);
                    let fault = failed(format!("did not end within {PATIENCE:?}")).fault;
                    return Err(NotPut { fault, late: true });
                }
                Err(error) => return Err(failed(format!("was lost: {error}"))),
            }
        };
        if status.success() {
            return Ok(());
        }
        // A child of its own may keep the pipe open.
        let said = said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let said = redactor.secrets(&String::from_utf8_lossy(&said));
        let line = said.lines().map(str::trim).find(|line| !line.is_empty());
        let line = line.map(|line| format!(": {}", line.chars().take(200).collect::<String>()));
        Err(failed(format!("failed: {status}{}", line.unwrap_or_default())))
    }
}

/// Why a token was not put into the vault.
pub(super) struct NotPut {
    pub(super) fault: Fault,
    /// Whether it may still be put there, by what the command has started.
    pub(super) late: bool,
}

/// Ends a command, with all that it has started and that did not leave its group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(pid) = i32::try_from(child.id())
        && let Some(group) = rustix::process::Pid::from_raw(pid)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
