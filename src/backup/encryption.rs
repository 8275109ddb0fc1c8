//! Encryption at rest, to public keys: the form of age, <https://age-encryption.org/v1>.
//!
//! A machine that makes backups needs public keys alone, so whoever breaks into it cannot read
//! those of yesterday. `age -d -i KEY FILE | zstd -dc` reads a file without this program.
//!
//! ```text
//! age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
//! ```

use std::fmt;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use age::stream::StreamWriter;
use age::x25519::Recipient;
use age::{DecryptError, Decryptor, Encryptor, IdentityFile};

use crate::fault::{Fault, causes};

/// What an encrypted file's name ends with.
pub(crate) const SUFFIX: &str = ".age";

const STAGE: &str = "encryption";

/// How every private key begins, in small letters.
const PRIVATE: &str = "age-secret-key-";

/// What to write instead of anything that is no public key.
const WANTED: &str = "give a public key (`age1…`, as `age-keygen -y KEY` prints it), or the path of \
                      a file with one a line";

/// The public keys that files are encrypted to: whoever has the private key of any can read them.
#[derive(Clone)]
pub(crate) struct Recipients(Vec<Recipient>);

impl Recipients {
    /// Reads public keys, and files of them (one a line, `#` begins a comment) below `base`.
    ///
    /// # Errors
    /// All that is no public key and no such file, or that there is none at all. A private key is
    /// never repeated.
    pub(crate) fn parse(texts: &[String], base: &Path) -> Result<Self, Fault> {
        let mut keys: Vec<Recipient> = Vec::new();
        let mut wrong: Vec<Fault> = Vec::new();
        for text in texts {
            match one(text.trim(), base) {
                Ok(found) => keys.extend(found),
                Err(fault) => wrong.push(fault),
            }
        }
        match wrong.as_slice() {
            [] => {}
            [fault] => return Err(fault.clone().stage(STAGE)),
            several => {
                let lines: Vec<String> = several.iter().map(Fault::line).collect();
                return Err(Fault::errored(lines.join("; ")).stage(STAGE).help(WANTED));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        keys.retain(|key| seen.insert(key.to_string()));
        if keys.is_empty() {
            return Err(Fault::errored("no public key is given").stage(STAGE).help(WANTED));
        }
        Ok(Self(keys))
    }

    /// The public keys as text, for the manifest.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// A writer that encrypts. It must be ended with [`StreamWriter::finish`], else the file reads
    /// as cut short.
    ///
    /// # Errors
    /// The head cannot be written to `output`, by its own error.
    pub(crate) fn seal<W: Write>(&self, output: W) -> std::io::Result<StreamWriter<W>> {
        let keys = self.0.iter().map(|key| key as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(keys).map_err(std::io::Error::other)?;
        encryptor.wrap_output(output)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.shown()).finish()
    }
}

/// The private keys that files are read with.
pub(crate) struct Identities(Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Reads a file as `age-keygen` writes it.
    ///
    /// # Errors
    /// It cannot be read, or holds something else. Its text is never repeated.
    pub(crate) fn load(path: &Path) -> Result<Self, Fault> {
        let shown = path.display();
        let fault = |message: String, help: &str| {
            Err(Fault::errored(message).stage("decryption").object(shown).help(help))
        };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) => {
                return fault(
                    format!("cannot be read: {error}"),
                    "name the file of the private key",
                );
            }
        };
        if text.starts_with(b"age-encryption.org/v1") {
            let help = "decrypt it first, to a place in memory: `age -d KEYS.age > /dev/shm/keys`";
            return fault("the file of keys is itself encrypted".into(), help);
        }
        let wanted = "it must hold `AGE-SECRET-KEY-1…`, one a line, as `age-keygen` writes it";
        let keys = IdentityFile::from_buffer(text.as_slice())
            .map_err(|error| error.to_string())
            .and_then(|file| file.into_identities().map_err(|error| error.to_string()));
        match keys {
            Ok(keys) if keys.is_empty() => fault("it holds no private key".into(), wanted),
            Ok(keys) => Ok(Self(keys)),
            Err(error) => fault(error, wanted),
        }
    }

    /// A reader of what was encrypted. It fails at the first byte that was changed, and at a file
    /// that ends too early.
    ///
    /// # Errors
    /// It is not encrypted so, is damaged in its head, or is for other keys.
    pub(crate) fn decrypt<R: Read>(&self, input: R) -> Result<impl Read + use<R>, Fault> {
        let keys = self.0.iter().map(|key| key.as_ref() as &dyn age::Identity);
        Decryptor::new_buffered(BufReader::new(input))
            .and_then(|decryptor| decryptor.decrypt(keys))
            .map_err(|error| refused(&error).stage("decryption"))
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} hidden)", self.0.len())
    }
}

fn refused(error: &DecryptError) -> Fault {
    match error {
        // A damaged head cannot be told from that of others.
        DecryptError::NoMatchingKeys => Fault::errored("it is encrypted to other keys").help(
            "the manifest lists the public keys (`recipients`): use the private key of one; if it \
             was, the file is damaged: verify the backup",
        ),
        DecryptError::Io(cause) if cause.get_ref().is_some_and(|inner| inner.is::<Fault>()) => {
            super::store::fault_of(cause, "the file")
        }
        DecryptError::Io(_) | DecryptError::UnknownFormat | DecryptError::InvalidHeader => {
            Fault::failed("not a whole file of age's form")
                .help("the file is damaged: verify the backup, and take another")
        }
        _ => Fault::failed(causes(error))
            .help("the file is damaged: verify the backup, and take another"),
    }
}

/// What one setting names.
fn one(text: &str, base: &Path) -> Result<Vec<Recipient>, Fault> {
    if text.to_ascii_lowercase().contains(PRIVATE) {
        return Err(private("a setting"));
    }
    if text.starts_with("age1") {
        return match text.parse() {
            Ok(key) => Ok(vec![key]),
            Err(error) => {
                let message = format!("`{text}` is no public key: {error}");
                Err(Fault::errored(message).help(WANTED))
            }
        };
    }
    if text.is_empty() {
        return Err(Fault::errored("an empty text is no public key").help(WANTED));
    }
    of_file(&base.join(text))
}

/// The keys in a file.
fn of_file(path: &Path) -> Result<Vec<Recipient>, Fault> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("`{shown}` cannot be read as a file of public keys: {error}");
        Fault::errored(message).help(WANTED)
    })?;
    if text.to_ascii_lowercase().contains(PRIVATE) {
        return Err(private(&format!("`{shown}`")));
    }
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The line is not repeated: a file named by mistake may hold anything.
        let key = line.parse().map_err(|error: &str| {
            let message = format!("`{shown}`, line {}: no public key: {error}", index + 1);
            Fault::errored(message).help(WANTED)
        })?;
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(Fault::errored(format!("`{shown}` holds no public key")).help(WANTED));
    }
    Ok(keys)
}

fn private(place: &str) -> Fault {
    Fault::errored(format!("{place} holds a private key, and wants public ones")).help(
        "write the public key instead (`age-keygen -y KEY` prints it); keep the private one away \
         from the machine that makes backups, and make a new pair if others could read this one",
    )
}

#[cfg(test)]
#[path = "encryption_tests.rs"]
mod tests;
