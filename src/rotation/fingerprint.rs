//! How a token is named where it must not be shown.

use age::secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::suite::source::hex;

/// How many hexadecimal digits a fingerprint has.
const DIGITS: usize = 16;

/// The first digits of the token's SHA-256. A token is 128 random bits: nobody finds it from them.
pub(super) fn fingerprint(token: &SecretString) -> String {
    of(token.expose_secret())
}

/// The same of any text.
pub(super) fn of(text: &str) -> String {
    let mut digits = hex(&Sha256::digest(text.as_bytes()));
    digits.truncate(DIGITS);
    digits
}
