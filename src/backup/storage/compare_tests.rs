//! Planted differences are found, whatever else there is.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{compare, settings};
use crate::backup::manifest::{Agreement, Bucket};
use crate::backup::stop::Stop;
use crate::fault::Fault;

fn snapshot() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn compared(database: &str, api: &str) -> Result<(Agreement, Vec<Value>), Fault> {
    let mut out = Vec::new();
    let (database, api) = (database.as_bytes(), api.as_bytes());
    let mut gone = |_: &str, name: &str| Ok(name.ends_with("since deleted"));
    let agreement = compare(database, api, snapshot(), &mut gone, &mut out, &Stop::default())?;
    let lines = String::from_utf8(out).unwrap();
    Ok((agreement, lines.lines().map(|line| line.parse().unwrap()).collect()))
}

fn line(bucket: &str, name: &str, size: u64, updated: &str) -> String {
    let line = json!({ "bucket": bucket, "name": name, "size": size, "etag": size.to_string(),
        "created_at": "2026-01-01T00:00:00Z", "updated_at": updated });
    format!("{line}\n")
}

const OLD: &str = "2026-11-01T00:00:00.000000Z";

#[test]
fn each_kind_of_difference_is_told() {
    let database = [
        line("a", "1 same", 1, OLD),
        line("a", "2 changed", 2, OLD),
        line("a", "3 changed since", 3, OLD),
        line("a", "4 gone", 4, OLD),
        line("a", "4 since deleted", 4, OLD),
        line("b", "5 same", 5, OLD),
    ];
    let api = [
        line("a", "1 same", 1, "2026-11-01T00:00:00.000Z"),
        line("a", "2 changed", 20, "2026-11-24T11:59:54Z"),
        line("a", "3 changed since", 30, "2026-11-24T12:00:01Z"),
        line("a", "5 new, by a clock that is told otherwise", 1, "2026-11-24T14:00:01+02:00"),
        line("a", "5 of before", 1, "2026-11-24T13:59:00+02:00"),
        line("a", "5 of no time", 1, "yesterday"),
        line("a", "5 under way", 1, "2026-11-24T11:59:59.999Z"),
        line("b", "5 same", 5, OLD),
        line("c", "6 of before", 1, OLD),
    ];
    let (agreement, lines) = compared(&database.concat(), &api.concat()).unwrap();
    let Agreement { same, different, only_database, only_api, newer, deleted, .. } = agreement;
    assert_eq!((same, different, only_database, only_api, newer, deleted), (2, 1, 1, 3, 3, 1));
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[3]["difference"], "deleted");
    assert_eq!(lines[0]["difference"], "different");
    assert_eq!((&lines[0]["database"]["size"], &lines[0]["api"]["size"]), (&json!(2), &json!(20)));
    assert_eq!((&lines[2]["name"], &lines[2]["api"]), (&json!("4 gone"), &Value::Null));
}

#[test]
fn older_versions_and_deletions_are_no_objects() {
    let older = r#"{"bucket":"a","name":"x","size":1,"archived_at":"2026-01-01T00:00:00Z"}"#;
    let marker = r#"{"bucket":"a","name":"x","is_delete_marker":true}"#;
    let now = line("a", "x", 1, OLD);
    let (agreement, _) = compared(&format!("{older}\n{now}{marker}\n"), &now).unwrap();
    assert_eq!((agreement.same, agreement.only_database), (1, 0));
}

#[test]
fn a_listing_out_of_order_is_refused_without_naming_an_object() {
    let jane = line("a", "jane", 1, OLD);
    for wrong in [format!("{jane}{jane}"), format!("{jane}{}", line("a", "Jane", 1, OLD))] {
        for (database, api) in [(wrong.as_str(), ""), ("", wrong.as_str())] {
            let fault = compared(database, api).unwrap_err().to_string();
            assert!(fault.contains("line 2") && fault.contains("not in order"), "{fault}");
            assert!(!fault.to_lowercase().contains("jane"), "{fault}");
        }
    }
}

#[test]
fn it_stops_when_told() {
    let stop = Stop::default();
    stop.set(Fault::interrupted());
    let (none, mut gone) = (&b""[..], |_: &str, _: &str| Ok(false));
    assert!(compare(none, none, snapshot(), &mut gone, &mut Vec::new(), &stop).is_err());
}

#[test]
fn settings_are_compared() {
    let bucket = |id: &str, public, limit| Bucket {
        id: id.to_owned(),
        public,
        file_size_limit: limit,
        allowed_mime_types: None,
        objects: 0,
        bytes: 0,
        unsized_objects: 0,
    };
    let database = [bucket("a", true, None), bucket("b", true, None), bucket("c", true, Some(1))];
    let mut api =
        [bucket("a", false, Some(1)), bucket("c", true, Some(1)), bucket("d", true, None)];
    api[1].allowed_mime_types = Some(Vec::new());
    assert_eq!(
        settings(&database, &api),
        [
            "a: public",
            "a: file_size_limit",
            "b: only in the database",
            "c: allowed_mime_types",
            "d: only by the API"
        ]
    );
}

proptest! {
    #[test]
    fn it_finds_what_two_maps_disagree_on(
        one: BTreeMap<(u8, String), u64>,
        other: BTreeMap<(u8, String), u64>,
        both: BTreeMap<(u8, String), (u64, bool)>,
    ) {
        let (mut one, mut other) = (one, other);
        for (key, (size, same)) in both {
            other.insert(key.clone(), if same { size } else { size / 2 });
            one.insert(key, size);
        }
        let text = |map: &BTreeMap<(u8, String), u64>| {
            let lines = map.iter().map(|((bucket, name), size)| line(&format!("{bucket:03}"), name, *size, OLD));
            lines.collect::<String>()
        };
        let (agreement, lines) = compared(&text(&one), &text(&other)).unwrap();
        let same = one.iter().filter(|(key, size)| other.get(key) == Some(size)).count() as u64;
        let shared = one.keys().filter(|key| other.contains_key(key)).count() as u64;
        prop_assert_eq!(agreement.same, same);
        prop_assert_eq!(agreement.different, shared - same);
        prop_assert_eq!(agreement.only_database, one.len() as u64 - shared);
        prop_assert_eq!(agreement.only_api, other.len() as u64 - shared);
        prop_assert_eq!(lines.len() as u64, (one.len() + other.len()) as u64 - shared - same);
    }
}

/// Lines that are made as they are read.
struct Made {
    next: u64,
    end: u64,
    line: Vec<u8>,
    at: usize,
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.line.len() && self.next < self.end {
            let n = self.next;
            self.line = line("a", &format!("customers/{n:09}/photograph.jpg"), n, OLD).into_bytes();
            (self.next, self.at) = (n + 1, 0);
        }
        let read = (&self.line[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Set in the process of its own that memory is measured in.
#[cfg(target_os = "linux")]
const ALONE: &str = "SMOKEDRILL_TEST_ALONE";

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_objects() {
    if std::env::var_os(ALONE).is_none() {
        // Others of these tests work at the same time, in the same process.
        let name = "backup::storage::compare::tests::memory_does_not_grow_with_the_objects";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let side = |from, to| BufReader::new(Made { next: from, end: to, line: Vec::new(), at: 0 });
    let compared = |many: u64| {
        let (database, api) = (side(0, many), side(10, many + 20));
        let mut gone = |_: &str, _: &str| Ok(false);
        let stop = Stop::default();
        compare(database, api, snapshot(), &mut gone, &mut std::io::sink(), &stop).unwrap()
    };
    // What is loaded of the program as it goes on counts too: that is done by then.
    compared(10_000);
    let before = peak();
    // Twenty bytes kept of each would show. With a million it is the same, and takes ten times
    // as long.
    let found = compared(100_000);
    assert_eq!((found.same, found.only_database, found.only_api), (99_990, 10, 20));
    let grown = peak() - before;
    assert!(grown < 1536, "{grown} KiB more");
}
