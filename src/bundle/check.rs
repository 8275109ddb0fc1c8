//! Reading a bundle again: whose it is, and that nothing of it was changed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{SIGNATURE, STAGE, SUMS};
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::review::PublicKey;
use crate::suite::source::hex;

/// How much a bundle may expand to.
const MOST: u64 = 4 * 1024 * 1024 * 1024;

/// Checks a bundle: its signature by the key that is given, or by one of the persons of
/// `drill.toml`; and the hash of each file in it.
///
/// # Errors
/// *Failed*: it is not as it was signed, or signed by somebody else. *Errored*: it cannot be read.
/// *Usage*: there is no key to check it with.
pub fn check_evidence(suites: &Path, bundle: &Path, key: Option<&str>) -> Result<String, Fault> {
    let keys = keys(suites, key)?;
    let read = |path: &Path| {
        fs::read(path).map_err(|error| {
            Fault::errored(format!("cannot be read: {error}"))
                .stage(STAGE)
                .object(path.display())
                .help("name the bundle, `….tar.zst`, with its signature beside it")
        })
    };
    let bytes = read(bundle)?;
    let beside = PathBuf::from(format!("{}.{SIGNATURE}", bundle.display()));
    let signature = String::from_utf8_lossy(&read(&beside)?).into_owned();
    let signer = keys.iter().find(|(_, key)| key.verifies(&signature, &bytes));
    let Some((signer, _)) = signer else {
        let message = "it is not as it was signed, or was signed with another key";
        return Err(failed(bundle, message.to_owned()));
    };
    let files = files(bundle, &bytes)?;
    let sums = files.iter().filter(|(name, _)| name.ends_with(&format!("/{SUMS}")));
    // What is packed has some of its own, deeper.
    let sums = sums.min_by_key(|(name, _)| name.matches('/').count());
    let (sums_name, sums) =
        sums.ok_or_else(|| failed(bundle, format!("there is no {SUMS} in it")))?;
    let folder = sums_name.trim_end_matches(SUMS);
    let sums = String::from_utf8_lossy(sums);
    let listed: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    for (name, bytes) in &files {
        let short = name.strip_prefix(folder).unwrap_or(name);
        if short != SUMS && listed.get(short) != Some(&&*hex(&Sha256::digest(bytes))) {
            return Err(failed(bundle, format!("{short} is not as {SUMS} says")));
        }
    }
    if let Some(gone) = listed.keys().find(|name| !files.contains_key(&format!("{folder}{name}"))) {
        return Err(failed(bundle, format!("{gone} is gone from it")));
    }
    let count = listed.len();
    Ok(format!("{}: signed by {signer}, {count} files, each as it was\n", bundle.display()))
}

/// The keys that count, each with whose it is.
fn keys(suites: &Path, key: Option<&str>) -> Result<Vec<(String, PublicKey)>, Fault> {
    if let Some(key) = key {
        let parsed = PublicKey::parse(key).map_err(|message| {
            let help = "the second line of the file that minisign wrote (`.pub`): RW…";
            Fault::usage(message).stage(STAGE).help(help)
        })?;
        return Ok(vec![(format!("the key {key}"), parsed)]);
    }
    let persons = settings(suites)?.review.persons;
    let keys: Vec<_> =
        persons.into_iter().filter_map(|person| Some((person.name, person.key?))).collect();
    match keys.is_empty() {
        false => Ok(keys),
        true => Err(Fault::usage("there is no key to check it with").stage(STAGE).help(
            "give one with --public-key, or list the signer in suites/drill.toml ([[person]])",
        )),
    }
}

/// What is in it. It was signed, so it is trusted to be of bearable size; a limit is kept all the
/// same.
fn files(bundle: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let unreadable =
        |error: std::io::Error| failed(bundle, format!("it cannot be unpacked: {error}"));
    let plain = zstd::stream::read::Decoder::new(bytes).map_err(unreadable)?;
    let mut archive = tar::Archive::new(plain.take(MOST));
    let mut files = BTreeMap::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(unreadable)?;
        files.insert(name, content);
    }
    Ok(files)
}

fn failed(bundle: &Path, message: String) -> Fault {
    let help = "do not rely on it: pack it anew from the reports, if they are there";
    Fault::failed(message).stage(STAGE).object(bundle.display()).help(help)
}
