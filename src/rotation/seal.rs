//! The old token, encrypted with the new one.

use age::scrypt::{Identity, Recipient};
use age::secrecy::{ExposeSecret as _, SecretString};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fault::Fault;

/// The work of guessing a password once, as a power of two. A token is no password: it has 128
/// random bits, and nobody guesses it at any price.
const WORK: u8 = 10;

/// Encrypts a token with another one.
///
/// # Errors
/// It cannot be encrypted.
pub(super) fn seal(token: &SecretString, with: &SecretString) -> Result<String, Fault> {
    let mut recipient = Recipient::new(with.clone());
    recipient.set_work_factor(WORK);
    let sealed = age::encrypt(&recipient, token.expose_secret().as_bytes());
    let sealed = sealed.map_err(|error| Fault::errored(format!("it cannot be sealed: {error}")))?;
    Ok(STANDARD.encode(sealed))
}

/// The token again; nothing, where it was sealed with another one.
pub(super) fn unseal(sealed: &str, with: &SecretString) -> Option<SecretString> {
    let sealed = STANDARD.decode(sealed).ok()?;
    let opened = age::decrypt(&Identity::new(with.clone()), &sealed).ok()?;
    String::from_utf8(opened).ok().map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_new_one_opens_it() {
        let (old, new) = (SecretString::from("the old one"), SecretString::from("the new one"));
        let sealed = seal(&old, &new).unwrap();
        assert!(!String::from_utf8_lossy(&STANDARD.decode(&sealed).unwrap()).contains("old"));
        assert_eq!(unseal(&sealed, &new).unwrap().expose_secret(), "the old one");
        assert!(unseal(&sealed, &old).is_none() && unseal("?", &new).is_none());
    }
}
