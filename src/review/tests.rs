//! A drill's people: who may decide, what stands in the way, and what was altered.

use std::fs;
use std::path::{Path, PathBuf};

use super::desk::{Answers, Desk, review_key};
use super::statement::hash;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::drill::SWAPPED;
use crate::fault::{Fault, FaultKind};
use crate::journal::{Entry, EntryKind, FORMAT, Journal, Outcome, Run, Verdict};

/// A project with a drill, two persons and their keys.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

pub(crate) const RUN: &str = "20261127T120000Z-00000001";

impl Project {
    pub(crate) fn new(red: &[&str]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        let key = |name: &str| {
            let told = review_key(&project.path(name), |_| Ok(String::new())).unwrap();
            told.split("key = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        let (ana, ben) = (key("ana.key"), key("ben.key"));
        let settings = format!(
            "[[person]]\nname = \"Ana\"\nroles = [\"Platform Admin\"]\nkey = \"{ana}\"\n\
             [[person]]\nname = \"Ben\"\nroles = [\"QA Lead\"]\nkey = \"{ben}\"\n\
             [[manual]]\nname = \"console\"\nitem = \"No errors\"\nby = \"smoke::page\"\n\
             [[manual]]\nname = \"sms\"\nitem = \"A text comes\"\n"
        );
        fs::create_dir(project.path("suites")).unwrap();
        fs::write(project.path("suites/drill.toml"), settings).unwrap();
        fs::create_dir_all(project.drill()).unwrap();
        let mut entries =
            vec![entry(SWAPPED, Outcome::Passed), entry("smoke::page", Outcome::Passed)];
        entries.extend(red.iter().map(|id| entry(id, Outcome::Failed)));
        let verdict = if red.is_empty() { Verdict::Passed } else { Verdict::Failed };
        let journal = Journal {
            format: FORMAT.to_owned(),
            run: Run { verdict, ..run() },
            entries,
            filtered_out: Vec::new(),
        };
        project.write(&journal);
        project
    }

    /// Writes the journal, and the hashes of the drill's folder.
    fn write(&self, journal: &Journal) {
        let bytes = serde_json::to_vec(journal).unwrap();
        fs::write(self.drill().join("SHA256SUMS"), format!("{}  journal.json\n", hash(&bytes)))
            .unwrap();
        fs::write(self.drill().join("journal.json"), bytes).unwrap();
    }

    /// The same with another journal.
    fn with(self, change: impl FnOnce(&mut Journal)) -> Self {
        let path = self.drill().join("journal.json");
        let mut journal = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        change(&mut journal);
        self.write(&journal);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn drill(&self) -> PathBuf {
        self.path("reports/drill").join(RUN)
    }

    /// Puts on record that the drill ended, with the hash of its journal, as it does itself.
    pub(crate) fn ended(&self) {
        let hash = hash(&fs::read(self.drill().join("journal.json")).unwrap());
        let ends = Record {
            operation: Operation::DrillRun,
            source: "staging".to_owned(),
            object: Some(RUN.to_owned()),
            result: Standing::Passed,
            detail: String::new(),
            manifest: Some(hash),
        };
        Audit::open(&self.path("reports/audit.jsonl")).unwrap().append(&ends).unwrap();
    }

    fn desk(&self) -> Result<Desk, Fault> {
        Desk::open(&self.path("suites"), &self.path("reports"), None)
    }

    pub(crate) fn decide(&self, name: &str, key: &str, go: bool) -> Result<String, Fault> {
        self.desk()?.decide(name, &self.path(key), go, Some("as agreed"))
    }

    pub(crate) fn answer(&self, item: &str, answer: &str) -> Result<String, Fault> {
        let note = Some("looked at it".to_owned());
        let answers = Answers::from([(item.to_owned(), (answer.to_owned(), note))]);
        self.desk()?.answer("Ben", &answers)
    }
}

fn run() -> Run {
    let now = jiff::Timestamp::now();
    Run {
        id: RUN.to_owned(),
        kind: "drill".to_owned(),
        environment: "staging".to_owned(),
        base_url: None,
        started: now,
        finished: Some(now),
        verdict: Verdict::Passed,
        exit_code: Some(0),
        version: "0.1.0".to_owned(),
        arguments: Vec::new(),
        inputs: std::collections::BTreeMap::new(),
        notes: Vec::new(),
        evidence: None,
    }
}

fn entry(id: &str, outcome: Outcome) -> Entry {
    let kind = if id == SWAPPED { EntryKind::Custom } else { EntryKind::Check };
    let entry = serde_json::json!({
        "id": id, "suite": id.split_once("::").unwrap().0, "name": "x", "kind": kind, "blocking": true,
        "outcome": outcome, "reason": "as planned", "retries": [], "broken": [],
    });
    serde_json::from_value(entry).unwrap()
}

fn told(result: Result<String, Fault>) -> (FaultKind, String) {
    let fault = result.unwrap_err();
    (fault.kind(), fault.to_string())
}

#[test]
fn a_go_takes_the_accountable_person_their_key_and_a_clear_way() {
    let project = Project::new(&[]);
    let (kind, text) = told(project.decide("Ana", "ana.key", true));
    assert_eq!(kind, FaultKind::Failed);
    assert!(text.contains("sms: open: A text comes") && !text.contains("console"), "{text}");
    project.answer("sms", "yes").unwrap();
    // The QA lead is responsible, and does not answer for it.
    let (kind, text) = told(project.decide("Ben", "ben.key", true));
    assert_eq!(kind, FaultKind::Usage);
    assert!(text.contains("Ben (QA Lead) does not answer for it: Platform Admin does"), "{text}");
    let (_, text) = told(project.decide("Ana", "ben.key", true));
    assert!(text.contains("this is not the key of Ana"), "{text}");
    let (_, text) = told(project.decide("Eve", "ben.key", true));
    assert!(text.contains("nobody of the name `Eve`") && text.contains("Ana, Ben"), "{text}");
    let shown = project.decide("Ana", "ana.key", true).unwrap();
    assert!(shown.contains("Go/No-Go Decision: GO, by Ana (Platform Admin)"), "{shown}");
    assert!(shown.contains("yes   console: No errors, by smoke::page"), "{shown}");
    assert!(shown.contains("yes   sms: A text comes, by Ben: looked at it"), "{shown}");
    let log = fs::read_to_string(project.path("reports/audit.jsonl")).unwrap();
    // That it begins, and that it was said; of what was refused, nothing.
    assert_eq!(log.matches("\"review.decide\"").count(), 2, "{log}");
    assert_eq!(log.matches("\"review.answer\"").count(), 2, "{log}");
}

#[test]
fn what_is_red_stands_in_the_way_until_it_is_waived_with_a_reason() {
    let project = Project::new(&["smoke::health"]);
    project.answer("sms", "no").unwrap();
    let (_, text) = told(project.decide("Ana", "ana.key", true));
    assert!(
        text.contains("smoke::health: red") && text.contains("sms: answered with no"),
        "{text}"
    );
    let waive = |name: &str, key: &str, of: &str, why: &str| {
        project.desk()?.waive(name, &project.path(key), of, why)
    };
    assert_eq!(told(waive("Ben", "ben.key", "sms", "x")).0, FaultKind::Usage);
    assert!(told(waive("Ana", "ana.key", "smoke::page", "x")).1.contains("smoke::health, sms"));
    assert!(told(waive("Ana", "ana.key", "sms", " ")).1.contains("reason"));
    waive("Ana", "ana.key", "sms", "the provider is down, and said so").unwrap();
    assert_eq!(told(project.decide("Ana", "ana.key", true)).0, FaultKind::Failed);
    waive("Ana", "ana.key", "smoke::health", "mended by hand").unwrap();
    let shown = project.decide("Ana", "ana.key", true).unwrap();
    for text in ["waived by Ana (Platform Admin): sms: the provider", ": GO, by Ana"] {
        assert!(shown.contains(text), "{shown}");
    }
    // The last word counts.
    let shown = project.decide("Ana", "ana.key", false).unwrap();
    assert!(shown.contains("NO-GO, by Ana") && !shown.contains(": GO,"), "{shown}");
    let roll = |why: &str| project.desk()?.rollback("Ana", &project.path("ana.key"), true, why);
    assert!(told(roll("")).1.contains("reason"));
    assert!(roll("the restore is kept").unwrap().contains("Authorization: authorized, by Ana"));
}

#[test]
fn a_part_of_a_drill_is_no_go() {
    let why = |change: fn(&mut Journal)| {
        let project = Project::new(&[]).with(change);
        project.answer("sms", "yes").unwrap();
        let (kind, text) = told(project.decide("Ana", "ana.key", true));
        assert_eq!(kind, FaultKind::Failed);
        let waived = project.desk().unwrap().waive("Ana", &project.path("ana.key"), "whole", "so");
        assert!(waived.unwrap().contains("waived by Ana"), "{text}");
        assert!(project.decide("Ana", "ana.key", true).unwrap().contains(": GO, by"));
        text
    };
    let left = why(|journal| journal.filtered_out.push("masking::proved".to_owned()));
    assert!(left.contains("whole: ") && left.contains("1 test was left out"), "{left}");
    assert!(why(|journal| drop(journal.entries.remove(0))).contains("nothing was restored"));
    let skipped = why(|journal| journal.entries[0].outcome = Some(Outcome::Skipped));
    assert!(skipped.contains("no restore has taken its place"), "{skipped}");
    // The item by it is then open, and is what stands in the way beside.
    let unseen = Project::new(&[]).with(|journal| {
        journal.entries[1].outcome = Some(Outcome::Skipped);
    });
    let text = told(unseen.decide("Ana", "ana.key", true)).1;
    assert!(text.contains("no check has passed"), "{text}");
}

#[test]
fn what_a_test_saw_fail_no_answer_makes_right() {
    let project = Project::new(&[]).with(|journal| {
        let page = &mut journal.entries[1];
        (page.blocking, page.outcome) = (false, Some(Outcome::Failed));
        let other = entry("smoke::health", Outcome::Passed);
        journal.entries.push(other);
    });
    project.answer("sms", "yes").unwrap();
    project.answer("console", "yes").unwrap();
    let text = told(project.decide("Ana", "ana.key", true)).1;
    assert!(text.contains("console: its test did not pass"), "{text}");
    // Nor does a test that passed unsay what somebody saw.
    let project = Project::new(&[]);
    project.answer("console", "no").unwrap();
    assert!(project.desk().unwrap().show().contains("no    console: No errors, by Ben"));
}

#[test]
fn a_go_says_what_came_in_its_way_afterwards() {
    let project = Project::new(&[]);
    project.answer("sms", "yes").unwrap();
    assert!(project.decide("Ana", "ana.key", true).unwrap().contains(": GO, by"));
    let shown = project.answer("sms", "no").unwrap();
    assert!(shown.contains(": GO, before 1 obstacle came up, by Ana"), "{shown}");
}

#[test]
fn whatever_is_altered_afterwards_is_found() {
    let project = Project::new(&[]);
    project.answer("sms", "yes").unwrap();
    project.decide("Ana", "ana.key", false).unwrap();
    let book = project.drill().join("review.jsonl");
    let whole = fs::read_to_string(&book).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let opens = |text: &str| {
        fs::write(&book, text).unwrap();
        project.desk().map(|desk| desk.show())
    };
    for (altered, why) in [
        (whole.replace("\"go\":false", "\"go\":true"), "signature"),
        (whole.replace("\"role\":\"Platform Admin\"", "\"role\":\"CEO\""), "signature"),
        (whole.replace("as agreed", "as decreed"), "signature"),
        (format!("{}\n", lines[1]), "does not follow"),
        (whole.replace("\"holds\":\"yes\"", "\"holds\":\"no\""), "does not follow"),
        (format!("{whole}{}\n", lines[1]), "does not follow"),
        (whole.replace("review/1", "review/2"), "review/2"),
    ] {
        assert_ne!(altered, whole);
        let (kind, text) = told(opens(&altered));
        assert!(kind == FaultKind::Failed && text.contains(why), "{why}: {text}");
    }
    // A line that a kill cut off was never said, and the next one is whole.
    let torn = opens(&format!("{whole}{{\"format\"")).unwrap();
    assert!(torn.contains("NO-GO"), "{torn}");
    let said = project.decide("Ana", "ana.key", true).unwrap();
    assert!(said.contains(": GO,"), "{said}");
    assert!(project.desk().unwrap().show().contains(": GO,"));
    // Another journal is another drill.
    let journal = project.drill().join("journal.json");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text + " ").unwrap();
    assert!(told(project.desk().map(|desk| desk.show())).1.contains("another journal"));
}

#[test]
fn the_last_statement_neither_vanishes_nor_changes_unseen() {
    let project = Project::new(&[]);
    project.answer("sms", "no").unwrap();
    let book = project.drill().join("review.jsonl");
    let opens = |text: &str| {
        fs::write(&book, text).unwrap();
        told(project.desk().map(|desk| desk.show())).1
    };
    // Unsigned, and the last: nothing in the book is bound to it.
    let whole = fs::read_to_string(&book).unwrap();
    for altered in [String::new(), whole.replace("\"no\"", "\"yes\"")] {
        assert_ne!(altered, whole);
        assert!(opens(&altered).contains("a statement that the audit log knows is gone"));
    }
    // An editor may take its newline: it was said all the same.
    fs::write(&book, whole.trim_end()).unwrap();
    assert!(project.desk().unwrap().show().contains("no    sms: A text comes, by Ben"));
    project.decide("Ana", "ana.key", false).unwrap();
    assert!(fs::read_to_string(&book).unwrap().starts_with(&whole));
    assert!(opens(&whole).contains("is gone, or was altered"));
    fs::remove_file(&book).unwrap();
    assert!(told(project.answer("sms", "yes")).1.contains("2 statements"));
}

#[test]
fn what_could_not_be_said_is_on_record_as_that_and_is_not_missed() {
    let project = Project::new(&[]);
    let mut slow = project.desk().unwrap();
    project.answer("sms", "yes").unwrap();
    let answers = Answers::from([("sms".to_owned(), ("no".to_owned(), None))]);
    let text = slow.answer("Ben", &answers).unwrap_err().to_string();
    assert!(text.contains("somebody else said something"), "{text}");
    let log = fs::read_to_string(project.path("reports/audit.jsonl")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains("\"review.answer\"") && last.contains("\"errored\""), "{last}");
    assert!(project.desk().unwrap().show().contains("yes   sms"));
}

#[test]
fn the_journal_is_the_one_that_the_drill_has_left() {
    let project = Project::new(&["smoke::health"]);
    let shown = |project: &Project| project.desk().unwrap().show();
    assert!(shown(&project).contains("has no hash of this drill's journal"));
    project.ended();
    assert!(shown(&project).contains("staging") && !shown(&project).contains("note:"));
    // Before anybody has said anything.
    let path = project.drill().join("journal.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"failed\"", "\"passed\"")).unwrap();
    let (kind, told) = told(project.decide("Ana", "ana.key", true));
    assert!(kind == FaultKind::Failed && told.contains("not the journal that the drill"), "{told}");
    fs::write(&path, text).unwrap();
    // A log that was tampered with proves nothing.
    let log = project.path("reports/audit.jsonl");
    let lines = fs::read_to_string(&log).unwrap();
    fs::write(&log, lines.replace("\"staging\"", "\"elsewhere\"")).unwrap();
    assert!(shown(&project).contains("note: the audit log was tampered with"));
}

#[test]
fn that_the_settings_are_others_than_the_drills_is_told() {
    let project = Project::new(&[]).with(|journal| {
        let sum = hash(b"manual = []");
        journal.run.inputs.insert("suites/drill.toml".to_owned(), sum);
    });
    let shown = project.desk().unwrap().show();
    assert!(shown.contains("note: suites/drill.toml was changed since the drill"), "{shown}");
    let sum = hash(&fs::read(project.path("suites/drill.toml")).unwrap());
    let project = project.with(|journal| {
        journal.run.inputs.insert("suites/drill.toml".to_owned(), sum);
    });
    assert!(!project.desk().unwrap().show().contains("was changed since"));
}

#[test]
fn who_is_not_listed_any_more_decides_nothing() {
    let project = Project::new(&[]);
    project.decide("Ana", "ana.key", false).unwrap();
    let settings = project.path("suites/drill.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("name = \"Ana\"", "name = \"Zoe\"")).unwrap();
    assert!(project.desk().unwrap().show().contains("Decision: not taken, by Platform Admin"));
    // And a key that was put beside the name does not make it right.
    let other = text.split("key = \"").nth(2).unwrap().split('"').next().unwrap();
    let ours = text.split("key = \"").nth(1).unwrap().split('"').next().unwrap();
    fs::write(&settings, text.replace(ours, other)).unwrap();
    assert!(told(project.desk().map(|desk| desk.show())).1.contains("another key"));
}

#[test]
fn a_key_is_private_is_opened_by_its_password_alone_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("me.key");
    review_key(&path, |_| Ok("a word of mine".to_owned())).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let load = |word: &str| super::signing::Signer::load(&path, Some(word.to_owned()));
    assert!(load("a word of mine").is_ok());
    assert!(load("another").is_err());
    let again = review_key(&path, |_| Ok(String::new())).unwrap_err();
    assert!(again.to_string().contains("new file"), "{again}");
    let twice = std::cell::Cell::new(0);
    let two = review_key(Path::new("none.key"), |_| {
        twice.set(twice.get() + 1);
        Ok(twice.get().to_string())
    });
    assert!(two.unwrap_err().to_string().contains("another one"));
    // Where nobody can be asked, none is made.
    let path = folder.path().join("unasked.key");
    let unasked = review_key(&path, |_| Err(std::io::Error::other("no terminal")));
    assert!(unasked.unwrap_err().to_string().contains("--no-password") && !path.exists());
}

#[test]
fn settings_of_people_are_checked() {
    for (text, why) in [
        ("[[person]]\nname = \"A\"\nroles = []\nkey = \"RWnonsense\"\n", "no public key"),
        ("[[person]]\nname = \"A\"\nroles = []\n[[person]]\nname = \"A\"\nroles = []\n", "twice"),
        (
            "[[manual]]\nname = \"a\"\nitem = \"x\"\n[[manual]]\nname = \"a\"\nitem = \"y\"\n",
            "twice",
        ),
        ("[[manual]]\nname = \"A b\"\nitem = \"x\"\n", "a-z"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("drill.toml"), text).unwrap();
        let told = crate::backup::settings::Settings::load(folder.path()).unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
    }
}
