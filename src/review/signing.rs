//! Signatures of people: minisign (Ed25519), so that anybody can verify them without this program.

use std::io::Cursor;
use std::path::Path;

use minisign::{KeyPair, PublicKey as Key, SecretKey, SecretKeyBox, SignatureBox};

use crate::fault::Fault;

const STAGE: &str = "signature";

/// A public key.
#[derive(Debug, Clone)]
pub(crate) struct PublicKey {
    key: Key,
    text: String,
}

impl PublicKey {
    /// Reads a line that begins with `RW`.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_owned();
        match Key::from_base64(&text) {
            Ok(key) => Ok(Self { key, text }),
            Err(_) => Err("this is no public key of minisign".to_owned()),
        }
    }

    /// As it stands in the settings.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a signature over some bytes is by this key.
    pub(crate) fn verifies(&self, signature: &str, bytes: &[u8]) -> bool {
        let Ok(signature) = SignatureBox::from_string(signature) else { return false };
        minisign::verify(&self.key, &signature, Cursor::new(bytes), true, false, false).is_ok()
    }
}

/// A private key, open.
pub(crate) struct Signer {
    secret: SecretKey,
    public: Key,
}

impl Signer {
    /// Reads a file of minisign; where a password protects it, `password` or the terminal gives it.
    ///
    /// # Errors
    /// It cannot be read, is no private key, or the password is wrong.
    pub(crate) fn load(path: &Path, password: Option<String>) -> Result<Self, Fault> {
        let fault = |message: String| Fault::errored(message).stage(STAGE).object(path.display());
        let text = std::fs::read_to_string(path)
            .map_err(|error| fault(format!("cannot be read: {error}")))?;
        let form = |_| {
            let help = "give the file that `minisign -G` or `smokedrill review key` wrote for you";
            fault("this is no private key of minisign".to_owned()).help(help)
        };
        let sealed = SecretKeyBox::from_string(&text).map_err(form)?;
        let secret =
            match SecretKeyBox::from_string(&text).map_err(form)?.into_unencrypted_secret_key() {
                Ok(secret) => secret,
                Err(_) => sealed.into_secret_key(password).map_err(|error| {
                    fault(format!("cannot be opened: {error}")).help("type its password")
                })?,
            };
        let public = Key::from_secret_key(&secret).map_err(|error| fault(error.to_string()))?;
        Ok(Self { secret, public })
    }

    /// Whether it is the private half of that key.
    pub(crate) fn is_of(&self, key: &PublicKey) -> bool {
        self.public.to_base64() == key.text
    }

    /// Signs some bytes; `about` stands in the signature, and is signed with them.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn sign(&self, bytes: &[u8], about: &str) -> Result<String, Fault> {
        let signed = minisign::sign(
            Some(&self.public),
            &self.secret,
            Cursor::new(bytes),
            Some(about),
            Some("signature of smokedrill"),
        );
        let signed = signed.map_err(|error| Fault::errored(error).stage(STAGE))?;
        Ok(signed.into_string())
    }
}

/// Makes a pair of keys: the private one into a new file, which the password protects if it is not
/// empty; the public one is returned.
///
/// # Errors
/// The file is there already, or cannot be written.
pub(crate) fn new_pair(path: &Path, password: &str) -> Result<String, Fault> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let fault = |error: &dyn std::fmt::Display| {
        Fault::errored(format!("cannot be written: {error}"))
            .stage(STAGE)
            .object(path.display())
            .help("name a new file, away from the project")
    };
    let pair = match password {
        "" => KeyPair::generate_unencrypted_keypair(),
        password => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
    };
    let pair = pair.map_err(|error| fault(&error))?;
    let text = pair.sk.to_box(Some("private key of smokedrill")).map_err(|error| fault(&error))?;
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(0o600).open(path).map_err(|e| fault(&e))?;
    file.write_all(text.into_string().as_bytes()).map_err(|error| fault(&error))?;
    Ok(pair.pk.to_base64())
}
