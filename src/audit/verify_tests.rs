//! Every way to tamper with a log is found.

use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::finding::{Finding, What};
use super::line::Read;
use super::log_tests::{head, log_of, place};
use super::{Noted, verify};
use crate::suite::source::hex;

const LINES: usize = 6;

/// The kinds of findings after a change to the lines of a log of six.
fn after(change: impl Fn(&mut Vec<String>)) -> Vec<Finding> {
    let (_folder, path) = place();
    log_of(&path, LINES);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(&path, lines.concat()).unwrap();
    verify(&path, &[]).err().unwrap_or_default()
}

/// Which lines are told of, and what of them.
fn told(findings: &[Finding]) -> Vec<(Option<u64>, What)> {
    findings.iter().map(|finding| (finding.line, finding.what)).collect()
}

#[test]
fn an_untouched_log_is_whole() {
    let (_folder, path) = place();
    let nothing = verify(&path, &[]).unwrap();
    assert_eq!((nothing.lines, nothing.first, nothing.last), (0, None, None));
    let last = log_of(&path, LINES).last().unwrap();
    let verified = verify(&path, &[]).unwrap();
    assert_eq!((verified.lines, &verified.last), (LINES as u64, &last));
    assert_eq!(verified.first.unwrap().seq, 1);
    assert!(last.unwrap().time >= verified.last.unwrap().time);
}

#[test]
fn what_was_done_is_told_with_its_line() {
    use What::{Altered, Inserted, Removed, Reordered};
    let alter = |lines: &mut Vec<String>| lines[2] = lines[2].replace("passed", "failed");
    assert_eq!(told(&after(alter)), [(Some(3), Altered)]);
    assert_eq!(told(&after(|lines| lines[2] = "?\n".into())), [(Some(3), Altered)]);
    assert_eq!(told(&after(|lines| drop(lines.remove(2)))), [(Some(3), Removed)]);
    assert_eq!(told(&after(|lines| drop(lines.drain(1..4)))), [(Some(2), Removed)]);
    assert_eq!(told(&after(|lines| drop(lines.remove(0)))), [(Some(1), Removed)]);
    assert_eq!(told(&after(|lines| drop(lines.pop()))), [(None, Removed)]);
    assert_eq!(told(&after(Vec::clear)), [(None, Removed)]);
    assert_eq!(told(&after(|lines| lines.insert(2, lines[0].clone()))), [(Some(3), Inserted)]);
    assert_eq!(told(&after(|lines| lines.insert(2, "\n".into()))), [(Some(3), Inserted)]);
    assert_eq!(told(&after(|lines| lines.push("?\n".into()))), [(Some(7), Inserted)]);
    let swapped = [(Some(3), Reordered), (Some(4), Reordered)];
    assert_eq!(told(&after(|lines| lines.swap(2, 3))), swapped);
    let gone = after(|lines| drop(lines.drain(1..4)));
    assert_eq!(gone[0].to_string(), "line 2: before it, 3 lines from number 2 are gone");
}

/// A line written anew, with a hash that fits it: by somebody who has read the source.
fn forge(line: &str, from: &str, to: &str) -> String {
    let changed = line.replace(from, to);
    let (body, _) = changed.rsplit_once(",\"hash\":\"").unwrap();
    let forged = format!("{body},\"hash\":\"{}\"}}\n", hex(&Sha256::digest(format!("{body}}}"))));
    assert!(matches!(Read::of(forged.trim_end().as_bytes()), Read::Whole(_)), "{forged}");
    forged
}

#[test]
fn a_forged_line_breaks_the_chain_behind_it() {
    let forged = after(|lines| lines[2] = forge(&lines[2], "passed", "failed"));
    assert_eq!(told(&forged), [(Some(4), What::Altered)]);
    // The last one has none behind it, but the head.
    let forged = after(|lines| lines[5] = forge(&lines[5], "passed", "failed"));
    assert_eq!(told(&forged), [(None, What::Altered)]);
    let forged = after(|lines| lines.push(forge(&lines[5], "\"seq\":6", "\"seq\":7")));
    assert_eq!(told(&forged), [(Some(7), What::Altered)]);
}

#[test]
fn only_an_anchor_finds_a_log_that_was_written_anew() {
    let (_folder, path) = place();
    let anchor = log_of(&path, LINES).last().unwrap().unwrap().hash;
    let noted = Noted { line: anchor.clone(), by: "the manifest of b1".to_owned() };
    assert!(verify(&path, std::slice::from_ref(&noted)).is_ok());
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_file(head(&path)).unwrap();
    log_of(&path, LINES);
    assert!(verify(&path, &[]).is_ok());
    let findings = verify(&path, std::slice::from_ref(&noted)).unwrap_err();
    assert_eq!(told(&findings), [(None, What::Removed)]);
    assert!(findings[0].message.contains(&anchor[..12]), "{}", findings[0]);
    assert!(findings[0].message.contains("the manifest of b1"), "{}", findings[0]);
}

#[test]
fn a_log_that_cannot_be_read_is_not_one_that_is_wrong() {
    use crate::fault::FaultKind;
    let folder = tempfile::tempdir().unwrap();
    let findings = verify(folder.path(), &[]).unwrap_err();
    assert_eq!(told(&findings), [(None, What::Unreadable)]);
    assert_eq!(findings[0].fault(folder.path()).kind(), FaultKind::Errored);
    let removed = after(|lines| drop(lines.pop()));
    assert_eq!(removed[0].fault(Path::new("audit.jsonl")).kind(), FaultKind::Failed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_byte_that_is_another_is_found(at in any::<prop::sample::Index>(), by in 1_u8..=255) {
        let (_folder, path) = place();
        log_of(&path, 3);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        std::fs::write(&path, bytes).unwrap();
        prop_assert!(verify(&path, &[]).is_err(), "byte {at} changed by {by}");
    }

    #[test]
    fn any_other_order_choice_or_number_of_lines_is_found(
        order in prop::collection::vec(0..LINES, 0..LINES + 3),
    ) {
        prop_assume!(order != (0..LINES).collect::<Vec<_>>());
        let findings = after(|lines| {
            *lines = order.iter().map(|line| lines[*line].clone()).collect();
        });
        prop_assert!(!findings.is_empty(), "{order:?}");
    }

    #[test]
    fn no_file_is_too_odd_to_be_judged(text in "[{}\",:a-z0-9\n ]{0,200}", beside in "\\PC{0,20}") {
        let (_folder, path) = place();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
        std::fs::write(head(&path), beside).unwrap();
        prop_assert!(verify(&path, &[]).is_err());
    }
}
