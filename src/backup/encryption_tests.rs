use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;

use super::{Identities, Recipients};
use crate::fault::FaultKind;

fn base() -> (tempfile::TempDir, Identity) {
    (tempfile::tempdir().unwrap(), Identity::generate())
}

fn parse(texts: &[&str], base: &Path) -> Result<Recipients, String> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Recipients::parse(&texts, base).map_err(|fault| fault.to_string())
}

fn keys(base: &Path, identity: &Identity) -> Identities {
    let path = base.join("keys.txt");
    let text = format!("# created: today\n\n{}\n", identity.to_string().expose_secret());
    fs::write(&path, text).unwrap();
    Identities::load(&path).unwrap()
}

fn sealed(recipients: &Recipients, bytes: &[u8]) -> Vec<u8> {
    let mut writer = recipients.seal(Vec::new()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn what_is_sealed_is_read_with_any_of_the_private_keys() {
    let (base, one) = base();
    let two = Identity::generate();
    let texts = [one.to_public().to_string(), two.to_public().to_string()];
    let recipients = parse(&[&texts[0], &texts[1], &texts[0]], base.path()).unwrap();
    assert_eq!(recipients.shown(), texts);
    // Empty, and around age's own blocks of 64 KiB.
    for count in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        let bytes: Vec<u8> = (0..count).map(|number: u32| number as u8).collect();
        let sealed = sealed(&recipients, &bytes);
        for identity in [&one, &two] {
            let mut read = Vec::new();
            let mut reader = keys(base.path(), identity).decrypt(sealed.as_slice()).unwrap();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{count}");
        }
    }
}

#[test]
fn damage_and_other_keys_are_told_apart() {
    let (base, key) = base();
    let recipients = parse(&[&key.to_public().to_string()], base.path()).unwrap();
    let whole = sealed(&recipients, &vec![7; 200_000]);
    let other = keys(base.path(), &Identity::generate());
    let fault = other.decrypt(whole.as_slice()).err().unwrap();
    assert_eq!(fault.kind(), FaultKind::Errored);
    assert!(fault.to_string().contains("encrypted to other keys"), "{fault}");
    let keys = keys(base.path(), &key);
    let read = |bytes: &[u8]| match keys.decrypt(bytes) {
        Ok(mut reader) => reader.read_to_end(&mut Vec::new()).map_err(|error| error.to_string()),
        Err(fault) => {
            assert!(fault.to_string().contains("damaged"), "{fault}");
            Err(fault.to_string())
        }
    };
    assert!(read(&whole).is_ok());
    for place in [3, 30, 120, 180, 250, 100_000, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert!(read(&changed).is_err(), "{place}");
    }
    // Also where it is cut between two of age's blocks.
    let head = whole.len() - 200_000 - 4 * 16;
    for end in [0, 5, 100, head, head + 65_552, whole.len() - 1] {
        assert!(read(&whole[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_file_of_public_keys_may_have_comments() {
    let (base, key) = base();
    let text = format!("# the office\n\n  {}  \n# the safe\n", key.to_public());
    fs::write(base.path().join("recipients.txt"), text).unwrap();
    let recipients = parse(&["recipients.txt"], base.path()).unwrap();
    assert_eq!(recipients.shown(), [key.to_public().to_string()]);
    assert!(format!("{recipients:?}").contains("age1"));
}

#[test]
fn each_that_is_no_public_key_is_named() {
    let (base, key) = base();
    fs::write(base.path().join("empty.txt"), "# nobody\n").unwrap();
    fs::write(base.path().join("odd.txt"), format!("{}\nhunter2\n", key.to_public())).unwrap();
    fs::write(base.path().join("binary.txt"), b"\xff\xfe\x00").unwrap();
    for (text, words) in [
        ("age1qqqq", "`age1qqqq` is no public key"),
        ("missing.txt", "missing.txt` cannot be read"),
        ("empty.txt", "empty.txt` holds no public key"),
        ("odd.txt", "odd.txt`, line 2: no public key"),
        ("binary.txt", "binary.txt` cannot be read"),
        ("", "an empty text"),
        ("ssh-ed25519 AAAA", "cannot be read"),
    ] {
        let told = parse(&[text], base.path()).unwrap_err();
        assert!(told.starts_with("encryption: ") && told.contains(words), "{text}: {told}");
        assert!(told.contains("\n  help: ") && told.contains("age-keygen -y"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    let told = parse(&["age1qqqq", "missing.txt"], base.path()).unwrap_err();
    assert!(told.contains("age1qqqq") && told.contains("missing.txt"), "{told}");
    assert!(parse(&[], base.path()).unwrap_err().contains("no public key is given"));
}

#[test]
fn a_private_key_is_refused_and_not_repeated() {
    let (base, key) = base();
    let secret = key.to_string();
    let secret = secret.expose_secret();
    fs::write(base.path().join("key.txt"), format!("# mine\n{secret}\n")).unwrap();
    let small = secret.to_lowercase();
    for text in [secret, &small, &format!(" {secret}\n"), "key.txt"] {
        let told = parse(&[text], base.path()).unwrap_err();
        assert!(told.contains("holds a private key"), "{told}");
        assert!(!told.to_lowercase().contains(&small[16..24]), "{told}");
    }
}

#[test]
fn a_file_that_holds_no_private_key_is_refused_and_not_repeated() {
    let (base, key) = base();
    let load = |name: &str, text: &str| {
        fs::write(base.path().join(name), text).unwrap();
        Identities::load(&base.path().join(name)).unwrap_err().to_string()
    };
    assert!(load("public", &key.to_public().to_string()).contains("on line 1"));
    let told = load("odd", "# mine\nhunter2\n");
    assert!(told.contains("on line 2") && !told.contains("hunter2"), "{told}");
    assert!(load("empty", "").contains("holds no private key"));
    assert!(load("sealed", "age-encryption.org/v1\n").contains("is itself encrypted"));
    let told = Identities::load(&base.path().join("none")).unwrap_err().to_string();
    assert!(told.contains("cannot be read"), "{told}");
    let shown = format!("{:?}", keys(base.path(), &key));
    assert_eq!(shown, "Identities(1 hidden)");
}
