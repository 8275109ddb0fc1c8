//! Names of files within a backup: nothing that leads out of it, in a folder or in a bucket.

use super::trouble::STAGE;
use crate::backup::manifest::{MANIFEST, SEAL};
use crate::fault::Fault;

/// # Errors
/// It is no plain name: letters, digits and `-_.`, not beginning with a dot.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=128).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain) {
        return Ok(());
    }
    let shown: String = name.chars().take(60).filter(|char| !char.is_control()).collect();
    Err(Fault::failed(format!("`{shown}` is no name of a backup's file"))
        .stage(STAGE)
        .help("the manifest was altered: take another backup"))
}

/// # Errors
/// As [`check`], and for the manifest and its seal, which nobody writes but who publishes.
pub(super) fn check_new(name: &str) -> Result<(), Fault> {
    check(name)?;
    if [MANIFEST, SEAL].contains(&name) {
        return Err(Fault::errored("the manifest is written last").stage(STAGE).object(name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, check_new};

    #[test]
    fn a_name_cannot_lead_out_of_its_backup() {
        assert!(check("database.dump.zst.age").is_ok());
        for odd in ["", ".", "..", "../x", "a/b", "/etc/passwd", ".lock", "a\0b", "a\\b", "ü"] {
            assert!(check(odd).is_err(), "{odd:?}");
        }
        assert!(check(&"a".repeat(129)).is_err());
        assert!(check("manifest.json").is_ok() && check_new("manifest.json").is_err());
    }
}
