//! The steps up to the promotion. Each looks at the state first, and does what is missing.

use std::time::{Duration, Instant};

use age::secrecy::SecretString;

use super::api::{Api, Changed};
use super::fingerprint::fingerprint;
use super::seal::{seal, unseal};
use super::settings::Twilio;
use super::state::{Phase, State, StateFile};
use super::vault::NotPut;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::redact::Redactor;

/// How often a change is asked for whose answers are lost.
pub(super) const TRIES: usize = 3;

/// What to do where the rest is for a person.
pub(super) const CONSOLE: &str = "see in Twilio's console which token is the primary one, put it \
    into the vault by hand, and remove the state file";

/// What to do where a token may reach the vault yet.
const LATE: &str = "both tokens work: see whether the command still runs, and go on with --resume, \
    which reads the vault again";

/// How long it is until the vault is read again.
const LOOK: Duration = Duration::from_millis(500);

/// A rotation on its way.
pub(super) struct Course<'a> {
    pub(super) twilio: &'a Twilio,
    pub(super) api: Api<'a>,
    pub(super) file: &'a StateFile,
    pub(super) state: State,
    pub(super) redactor: &'a Redactor,
    pub(super) stop: &'a Stop,
    /// The new token, where this process has seen it made or read it from the vault.
    pub(super) new: Option<SecretString>,
    /// The old token, where it was rescued.
    pub(super) rescued: Option<SecretString>,
    /// Whether this process goes on with what another one began to promote.
    pub(super) resumed: bool,
    pub(super) say: &'a mut dyn FnMut(&str),
}

/// Why a rotation did not get to its end.
pub(super) struct Broke {
    pub(super) fault: Fault,
    /// Whether it is to be gone on with; otherwise all is as it was.
    pub(super) pending: bool,
}

impl From<Fault> for Broke {
    fn from(fault: Fault) -> Self {
        Self { fault, pending: true }
    }
}

impl Course<'_> {
    /// Does all that is missing.
    ///
    /// # Errors
    /// Why it ended before its end.
    pub(super) async fn run(&mut self) -> Result<(), Broke> {
        loop {
            self.stop.check()?;
            match self.state.phase {
                Phase::Begun => self.create().await?,
                Phase::Created => self.store().await?,
                Phase::Stored => self.prove().await?,
                Phase::Promoting => self.promote().await?,
                Phase::Promoted => return self.confirm().await,
            }
        }
    }

    pub(super) fn tell(&mut self, text: &str) {
        let text = self.redactor.secrets(text);
        (self.say)(&text);
    }

    /// Writes down how far it is; what comes next may only happen after that.
    pub(super) fn reach(&mut self, phase: Phase) -> Result<(), Fault> {
        self.state.phase = phase;
        self.file.save(&self.state)
    }

    /// The token that was there when it began.
    pub(super) fn old(&self) -> Result<SecretString, Fault> {
        if fingerprint(&self.twilio.token) == self.state.old {
            return Ok(self.twilio.token.clone());
        }
        if let Some(old) = self.rescued.as_ref().filter(|old| fingerprint(old) == self.state.old) {
            return Ok(old.clone());
        }
        let sealed = self.state.sealed.as_deref().zip(self.new.as_ref());
        let opened = sealed.and_then(|(sealed, new)| unseal(sealed, new));
        let Some(old) = opened.filter(|old| fingerprint(old) == self.state.old) else {
            let message = "`auth_token` is not the one with which the rotation began";
            return Err(Fault::errored(message).help(CONSOLE));
        };
        Ok(old)
    }

    /// The new token, as the vault has it now.
    pub(super) fn read_vault(&mut self) -> Result<SecretString, Fault> {
        let found = self.twilio.vault.get(self.redactor)?;
        if self.is_new(&found) {
            self.new = Some(found.clone());
        }
        Ok(found)
    }

    pub(super) fn is_new(&self, token: &SecretString) -> bool {
        self.state.new.as_ref() == Some(&fingerprint(token))
    }

    /// Steps one and two: nobody uses a secondary token that nobody knows, so what is there is
    /// removed, also where the answer that showed it was lost.
    async fn create(&mut self) -> Result<(), Broke> {
        let old = self.old()?;
        for attempt in 0..TRIES {
            if self.api.remove_secondary(&old).await? {
                self.tell("removed   a secondary token that was there");
                // One that was the secondary itself has just ended.
                if !self.api.accepts(&old).await? {
                    let message = "`auth_token` was the secondary token, and has ended";
                    return Err(Fault::errored(message).help(CONSOLE).into());
                }
            }
            let why = match self.api.create(&old).await? {
                Changed::Made(new) => return Ok(self.created(&old, new)?),
                Changed::Perhaps(why) => why,
                Changed::Refused | Changed::Nothing => {
                    let message = "the account makes no secondary token for this one";
                    let help = "only a primary auth token may; an API key may not";
                    return Err(Fault::errored(message).stage("Twilio").help(help).into());
                }
            };
            let again = if attempt + 1 < TRIES { "asking again" } else { "giving up" };
            self.tell(&format!(
                "lost      the answer that shows a secondary token ({why}); {again}"
            ));
        }
        let message = format!("no secondary token in {TRIES} tries");
        let help = "try again later, with --resume: the old token works";
        Err(Fault::errored(message).stage("Twilio").help(help).into())
    }

    fn created(&mut self, old: &SecretString, new: SecretString) -> Result<(), Fault> {
        let name = fingerprint(&new);
        self.state.sealed = Some(seal(old, &new)?);
        self.state.new = Some(name.clone());
        self.new = Some(new);
        self.reach(Phase::Created)?;
        self.tell(&format!("created   a secondary token, {name}"));
        Ok(())
    }

    /// Step three. Whether the vault has it, only the vault says.
    async fn store(&mut self) -> Result<(), Broke> {
        if self.state.rescued.is_some() {
            return self.rescue();
        }
        let program = self.twilio.vault.program().to_owned();
        let Some(new) = self.new.clone() else {
            let found = self.read_vault()?;
            if self.is_new(&found) {
                self.tell("stored    in the vault already, and read back");
                return Ok(self.reach(Phase::Stored)?);
            }
            self.tell("lost      the secondary token did not reach the vault: another is made");
            return Ok(self.reach(Phase::Begun)?);
        };
        let put = self.twilio.vault.put(&new, self.redactor);
        // Some vaults show what they have taken only after a while.
        let end = Instant::now() + if put.is_ok() { self.twilio.deadline } else { Duration::ZERO };
        let found = loop {
            let found = match (self.read_vault(), &put) {
                (Ok(found), _) => found,
                // Why it did not take the token is nearer to the cause.
                (Err(_), Err(put)) => return Err(put.fault.clone().into()),
                (Err(fault), Ok(())) => return Err(fault.into()),
            };
            if self.is_new(&found) || Instant::now() >= end {
                break found;
            }
            self.stop.unless(tokio::time::sleep(LOOK)).await?;
        };
        if self.is_new(&found) {
            self.tell(&format!("stored    in the vault by `{program}`, and read back"));
            return Ok(self.reach(Phase::Stored)?);
        }
        let by_hand = "run it by hand; it is given the token on standard input";
        match put {
            // It may get there yet, so the new token must not end: both work meanwhile.
            Err(NotPut { fault, late: true }) => Err(fault.help(LATE).into()),
            Err(NotPut { fault, .. }) => Err(self.take_back(fault.help(by_hand), false).await),
            Ok(()) => {
                let deadline = humantime::format_duration(self.twilio.deadline);
                let message = format!(
                    "`{program}` ended well, and another token is read back for {deadline}"
                );
                let fault = Fault::errored(message).stage("vault");
                Err(self.take_back(fault.help(by_hand), true).await)
            }
        }
    }

    /// Step four, with what the vault has.
    async fn prove(&mut self) -> Result<(), Broke> {
        let found = self.read_vault()?;
        if !self.is_new(&found) {
            return self.begin_again(&found);
        }
        if self.api.becomes(&found, true).await? {
            self.tell("proved    the new token, from the vault, is accepted");
            self.resumed = false;
            return Ok(self.reach(Phase::Promoting)?);
        }
        let fault = Fault::failed("the new token is refused").stage("Twilio");
        let help = "all is as it was, and the old token works: see Twilio's status, and try again";
        Err(self.take_back(fault.help(help), true).await)
    }

    /// Where the vault has the old token again, a rotation that was being taken back was killed.
    pub(super) fn begin_again(&mut self, found: &SecretString) -> Result<(), Broke> {
        if fingerprint(found) != self.state.old {
            let message = "the vault holds neither the old token nor the new one";
            return Err(Fault::errored(message).stage("vault").help(CONSOLE).into());
        }
        self.new = None;
        self.tell("lost      the vault has the old token again: another one is made");
        Ok(self.reach(Phase::Begun)?)
    }
}
