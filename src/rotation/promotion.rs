//! The promotion, and the proof of it.

use age::secrecy::SecretString;

use super::api::Changed;
use super::course::{Broke, CONSOLE, Course, TRIES};
use super::fingerprint::fingerprint;
use super::seal::seal;
use super::state::Phase;
use crate::fault::Fault;

impl Course<'_> {
    /// Step five. A promotion whose answer was lost is not asked for again before it is known not
    /// to have happened: a second one would promote whatever somebody made meanwhile.
    pub(super) async fn promote(&mut self) -> Result<(), Broke> {
        if self.state.rescued.is_some() {
            return self.rescue();
        }
        let new = self.read_vault()?;
        if !self.is_new(&new) {
            return self.begin_again(&new);
        }
        let old = self.old()?;
        if std::mem::take(&mut self.resumed) && self.is_promoted(&old, &new).await? {
            self.tell("promoted  the new token is the primary one already");
            return Ok(self.reach(Phase::Promoted)?);
        }
        for _ in 0..TRIES {
            match self.api.promote(&old).await? {
                Changed::Made(primary) if self.is_new(&primary) => {
                    self.reach(Phase::Promoted)?;
                    self.tell("promoted  the new token is the primary one");
                    return Ok(());
                }
                Changed::Made(primary) => return self.adopt(&old, primary),
                Changed::Nothing => return self.nothing_to_promote(&old, &new).await,
                Changed::Refused if self.is_promoted(&old, &new).await? => {
                    self.tell("promoted  the new token is the primary one already");
                    return Ok(self.reach(Phase::Promoted)?);
                }
                Changed::Refused => {
                    let message = "the old token works, and may not promote";
                    let help = "only an auth token of the account itself may: see its console";
                    return Err(Fault::errored(message).stage("Twilio").help(help).into());
                }
                Changed::Perhaps(why) => {
                    self.tell(&format!("lost      the answer to the promotion ({why}); looking"));
                    if self.is_promoted(&old, &new).await? {
                        self.tell("promoted  the new token is the primary one");
                        return Ok(self.reach(Phase::Promoted)?);
                    }
                }
            }
        }
        let message = format!("no answer to the promotion in {TRIES} tries");
        let help = "go on later with --resume: both tokens work";
        Err(Fault::errored(message).stage("Twilio").help(help).into())
    }

    /// Whether the promotion has happened: it ends the old token.
    async fn is_promoted(&self, old: &SecretString, new: &SecretString) -> Result<bool, Fault> {
        if self.api.accepts(old).await? {
            return Ok(false);
        }
        match self.api.accepts(new).await? {
            true => Ok(true),
            false => {
                let message = "neither the new token nor the old one is accepted";
                Err(Fault::errored(message).stage("Twilio").help(CONSOLE))
            }
        }
    }

    /// There is no secondary token: it was promoted, and the word of it was lost; or somebody
    /// removed it.
    async fn nothing_to_promote(
        &mut self,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), Broke> {
        if !self.api.accepts(new).await? {
            let fault = Fault::failed("somebody removed the secondary token meanwhile");
            let help = "all is as it was: find out who did, and try again";
            return Err(self.take_back(fault.stage("Twilio").help(help), true).await);
        }
        if self.api.becomes(old, false).await? {
            self.tell("promoted  the new token is the primary one already");
            return Ok(self.reach(Phase::Promoted)?);
        }
        let message = "there is no secondary token to promote, and both tokens are accepted";
        let help = "go on later with --resume";
        Err(Fault::errored(message).stage("Twilio").help(help).into())
    }

    /// Somebody made another secondary token between the proof and the promotion: that one is the
    /// primary one now, and this answer alone has it.
    fn adopt(&mut self, old: &SecretString, primary: SecretString) -> Result<(), Broke> {
        self.state.new = Some(fingerprint(&primary));
        self.state.sealed = Some(seal(old, &primary)?);
        self.put_back(&primary)?;
        self.new = Some(primary);
        self.reach(Phase::Promoted)?;
        self.tell(
            "note      somebody made another secondary token meanwhile: that one was promoted, and \
             is in the vault now",
        );
        Ok(())
    }

    /// Step six: the new token is accepted, and the old one is not.
    pub(super) async fn confirm(&mut self) -> Result<(), Broke> {
        let new = self.read_vault()?;
        if !self.is_new(&new) {
            let message = "the vault does not hold the token that was promoted";
            return Err(Fault::errored(message).stage("vault").help(CONSOLE).into());
        }
        let old = self.old()?;
        if !self.api.becomes(&new, true).await? {
            let fault = Fault::failed("the promoted token is refused").stage("Twilio");
            return Err(fault.help(CONSOLE).into());
        }
        if !self.api.becomes(&old, false).await? {
            let fault = Fault::failed("the old token is still accepted").stage("Twilio");
            let help = "ask again later with --resume; if it stays so, tell Twilio";
            return Err(fault.help(help).into());
        }
        self.tell("proved    the new token is accepted, and the old one is refused");
        Ok(())
    }
}
