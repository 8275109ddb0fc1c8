//! Ways back, while the old token is still the primary one.

use age::secrecy::{ExposeSecret as _, SecretString};

use super::course::{Broke, CONSOLE, Course};
use super::fingerprint::fingerprint;
use super::state::Phase;
use crate::fault::Fault;

impl Course<'_> {
    /// Makes everything as it was: the old token in the vault, and no secondary one. In this
    /// order, so that the vault never has one that ended. `put`: whether the vault was given the new one,
    /// and may show it later only. Gives back why.
    pub(super) async fn take_back(&mut self, why: Fault, put: bool) -> Broke {
        match self.taken_back(put).await {
            Ok(()) => Broke { fault: why, pending: false },
            Err(fault) => {
                self.tell(&format!("failed    {}", why.line()));
                fault.into()
            }
        }
    }

    async fn taken_back(&mut self, put: bool) -> Result<(), Fault> {
        let old = self.old()?;
        if !self.api.accepts(&old).await? {
            let message = "neither the new token nor the old one can be relied on";
            return Err(Fault::errored(message).stage("Twilio").help(CONSOLE));
        }
        let found = self.twilio.vault.get(self.redactor)?;
        if put || fingerprint(&found) != self.state.old {
            self.put_back(&old)?;
            self.tell("put back  the old token into the vault");
        }
        self.api.remove_secondary(&old).await?;
        self.tell("removed   the secondary token");
        Ok(())
    }

    /// Puts a token into the vault without which nobody gets in.
    pub(super) fn put_back(&mut self, token: &SecretString) -> Result<(), Fault> {
        let there = self.twilio.vault.get(self.redactor);
        if !there.is_ok_and(|there| self.is_new(&there)) {
            // The vault has not what unseals it: it may be nowhere else but in this process.
            self.state.rescued = Some(token.expose_secret().to_owned());
            self.file.save(&self.state)?;
        }
        let put = self.twilio.vault.put(token, self.redactor);
        let found = self.twilio.vault.get(self.redactor);
        if found.is_ok_and(|found| fingerprint(&found) == fingerprint(token)) {
            self.state.rescued = None;
            return self.file.save(&self.state);
        }
        self.state.rescued = Some(token.expose_secret().to_owned());
        self.file.save(&self.state)?;
        let why = put.err().map_or_else(|| "gives back another".to_owned(), |why| why.fault.line());
        let message = format!("the vault does not take the token that works: {why}");
        let help = format!(
            "the token stands in {} as it is, under `rescued`: mend the command, and go on with \
             --resume",
            self.file.path.display()
        );
        Err(Fault::errored(message).stage("vault").help(help))
    }

    /// Goes on where [`Course::put_back`] could not.
    pub(super) fn rescue(&mut self) -> Result<(), Broke> {
        let Some(token) = self.state.rescued.clone().map(SecretString::from) else { return Ok(()) };
        self.redactor.learn(token.expose_secret());
        self.put_back(&token)?;
        self.tell("stored    the token that works, in the vault");
        if self.is_new(&token) {
            self.new = Some(token);
            return Ok(self.reach(Phase::Promoted)?);
        }
        (self.new, self.rescued) = (None, Some(token));
        Ok(self.reach(Phase::Begun)?)
    }
}
