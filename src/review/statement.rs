//! What somebody says of a drill: a line of `review.jsonl`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::settings::Person;
use super::signing::{PublicKey, Signer};
use crate::fault::Fault;
use crate::suite::source::hex;

/// The version of the form.
pub(crate) const FORMAT: &str = "smokedrill.review/1";

/// A statement.
///
/// ```json
/// {"format":"smokedrill.review/1","drill":"20261127T…","journal":"9f31…","time":"…",
///  "actor":"ana","host":"ops-1","person":"Ana Ruiz","role":"Platform Admin","kind":"decision",
///  "go":true,"previous":"7c2e…","key":"RWQ…","signature":"untrusted comment: …"}
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) format: String,
    /// The drill's run.
    pub(crate) drill: String,
    /// The SHA-256 of its journal: what the statement is about.
    pub(crate) journal: String,
    pub(crate) time: Timestamp,
    /// Who typed it, as the system calls them.
    pub(crate) actor: String,
    pub(crate) host: String,
    /// In whose name.
    pub(crate) person: String,
    /// The role by which they may say it, where it takes one.
    pub(crate) role: Option<String>,
    #[serde(flatten)]
    pub(crate) said: Said,
    /// The SHA-256 of the line before.
    pub(crate) previous: Option<String>,
    /// The public key that proves the signature.
    pub(crate) key: Option<String>,
    /// Over the line without this, by minisign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Said {
    /// Whether an item of the manual checklist holds.
    Answer { item: String, holds: Holds, note: Option<String> },
    /// That something red, or an open item, shall not stand in the way.
    Waiver { of: String, reason: String },
    /// Go or no-go.
    Decision { go: bool, reason: Option<String> },
    /// That the change which was drilled may be rolled back, or may not.
    Rollback { authorized: bool, reason: String },
}

/// An answer to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    /// It was seen.
    Yes,
    /// It was looked at, and is not so.
    No,
}

impl Statement {
    /// Signs it in the name of a person.
    ///
    /// # Errors
    /// The key is not the person's.
    pub(crate) fn sign(&mut self, person: &Person, signer: &Signer) -> Result<(), Fault> {
        let help = "sign with the private key whose public half stands beside the name in \
                    suites/drill.toml";
        let Some(key) = person.key.as_ref().filter(|key| signer.is_of(key)) else {
            let message = format!("this is not the key of {}", person.name);
            return Err(Fault::usage(message).stage("signature").help(help));
        };
        self.key = Some(key.text().to_owned());
        let about = format!("{} of drill {}", self.what(), self.drill);
        self.signature = Some(signer.sign(&self.unsigned()?, &about)?);
        Ok(())
    }

    /// Whether it is signed by the key that it names.
    pub(crate) fn is_signed(&self) -> bool {
        let (Some(key), Some(signature)) = (&self.key, &self.signature) else { return false };
        let (Ok(key), Ok(bytes)) = (PublicKey::parse(key), self.unsigned()) else { return false };
        key.verifies(signature, &bytes)
    }

    /// What is signed: the line but for the signature.
    fn unsigned(&self) -> Result<Vec<u8>, Fault> {
        Self { signature: None, ..self.clone() }.line()
    }

    /// The line, without its newline.
    pub(crate) fn line(&self) -> Result<Vec<u8>, Fault> {
        let line = serde_json::to_vec(self);
        line.map_err(|error| Fault::errored(format!("cannot be written: {error}")).stage("review"))
    }

    /// The kind, in a word.
    pub(crate) fn what(&self) -> &'static str {
        match self.said {
            Said::Answer { .. } => "answer",
            Said::Waiver { .. } => "waiver",
            Said::Decision { .. } => "decision",
            Said::Rollback { .. } => "rollback",
        }
    }
}

/// The hash by which the next line is bound to this one.
pub(crate) fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}
