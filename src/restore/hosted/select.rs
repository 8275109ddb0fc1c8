//! What of a backup a project's owner can make again, entry by entry of its table of contents.
//!
//! | entry | what becomes of it |
//! |---|---|
//! | in the project's own schemas | made, by the role and for the role |
//! | in a schema of the platform | left out: the platform's services make and migrate it |
//! | policies there, triggers there that call the project's functions | tried, and told if refused |
//! | event triggers with such functions; publications of all tables | tried as well |
//! | positions of sequences there | only ever forward |
//! | extensions | left out: they must be there before |
//! | grants and default privileges of other roles, owners that the role may not be | told |
//!
//! What is in the platform's schemas cannot be told from what somebody added there, but for these:
//! an index on `auth.users` of one's own is left out as well.

use std::collections::{BTreeMap, BTreeSet};

use super::left::{Key, Left, key};
use super::look::There;
use super::platform;
use crate::backup::archive::{Entry, Toc};

/// What is to be made, and how.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// Entries that are tried when all else is there, by their numbers.
    pub(super) tried: BTreeSet<i64>,
    /// The same in the words of the catalogue.
    pub(super) tried_keys: BTreeSet<Key>,
    /// Sequences of the platform: the commands that would set them.
    pub(super) sequences: Vec<String>,
    /// Extensions that something of the project's own needs.
    pub(super) needed: BTreeSet<String>,
    /// The project's own schemas in the backup.
    pub(super) schemas: BTreeSet<String>,
    pub(super) left: Left,
}

/// What becomes of an entry.
enum Fate {
    Made,
    Tried,
    /// Left out without a word: the platform's own, or there already.
    Left,
    /// Left out, for this reason.
    Told(String),
}

/// What belongs to whatever it stands on.
const OWNERLESS: [&str; 14] = [
    "ACL",
    "CHECK CONSTRAINT",
    "COMMENT",
    "CONSTRAINT",
    "DEFAULT",
    "FK CONSTRAINT",
    "INDEX",
    "INDEX ATTACH",
    "POLICY",
    "ROW SECURITY",
    "RULE",
    "SEQUENCE SET",
    "TABLE DATA",
    "TRIGGER",
];

/// Leaves out of a table of contents what the role cannot make.
pub(super) fn select(toc: &mut Toc, there: &There) -> Selected {
    let entries: BTreeMap<i64, Entry> =
        toc.entries.iter().map(|entry| (entry.dump_id, entry.clone())).collect();
    let mut selected = Selected::default();
    let left = &mut selected.left;
    for entry in entries.values().filter(|entry| entry.desc == "SCHEMA") {
        match there.is_platform(&entry.tag, entry.owner.as_deref()) {
            true => left.schemas.insert(entry.tag.clone()),
            false => selected.schemas.insert(entry.tag.clone()),
        };
    }
    // Those of which no entry tells, such as what `pg_dump` left alone.
    let named = entries.values().filter_map(|entry| entry.namespace.as_deref());
    left.schemas.extend(named.filter(|name| platform::is_schema(name)).map(str::to_owned));
    selected.schemas.insert("public".to_owned());
    let sorting = Sorting { entries: &entries, there, schemas: left.schemas.clone() };
    let mut kept = Vec::new();
    for mut entry in std::mem::take(&mut toc.entries) {
        let fate = match entry.desc.as_str() {
            "EXTENSION" => {
                left.extensions.insert(entry.tag.clone());
                Fate::Left
            }
            "SEQUENCE SET" if sorting.is_platform(&entry) => {
                let schema = entry.namespace.as_deref().unwrap_or_default();
                if platform::WITH_DATA.contains(&schema) {
                    selected.sequences.extend(entry.definition.clone());
                }
                Fate::Left
            }
            _ => sorting.fate(&entry),
        };
        match fate {
            Fate::Left => continue,
            Fate::Told(why) => {
                left.out(&entry, &why);
                continue;
            }
            Fate::Tried => {
                selected.tried.insert(entry.dump_id);
                selected.tried_keys.insert(key(&entry));
            }
            Fate::Made => {}
        }
        let needs = entry.dependencies.iter().filter_map(|id| entries.get(id));
        let needs = needs.filter(|other| other.desc == "EXTENSION").map(|other| other.tag.clone());
        selected.needed.extend(needs);
        sorting.make_ours(&mut entry, left);
        kept.push(entry);
    }
    toc.entries = kept;
    let stay: Vec<&str> = left.schemas.iter().map(String::as_str).collect();
    left.notes.insert(0, format!("the platform's schemas stay as they are: {}", stay.join(", ")));
    selected
}

const ANOTHER: &str = "it is another role's";

fn told(why: &str) -> Fate {
    Fate::Told(why.to_owned())
}

struct Sorting<'a> {
    entries: &'a BTreeMap<i64, Entry>,
    there: &'a There,
    /// Of the platform.
    schemas: BTreeSet<String>,
}

impl Sorting<'_> {
    fn is_platform(&self, entry: &Entry) -> bool {
        entry.namespace.as_ref().is_some_and(|name| self.schemas.contains(name))
    }

    /// The entries that must be there before, of a kind.
    fn before<'e>(&'e self, entry: &'e Entry, kind: &'e str) -> impl Iterator<Item = &'e Entry> {
        let all = entry.dependencies.iter().filter_map(|id| self.entries.get(id));
        all.filter(move |other| other.desc == kind)
    }

    /// Whether it calls a function of the project's own.
    fn calls_own(&self, entry: &Entry) -> bool {
        self.before(entry, "FUNCTION").any(|function| !self.is_platform(function))
    }

    fn fate(&self, entry: &Entry) -> Fate {
        let platform = self.is_platform(entry);
        let others = |name: &str| self.there.publications.contains(name);
        match entry.desc.as_str() {
            "SCHEMA" if self.schemas.contains(&entry.tag) => Fate::Left,
            "SCHEMA" if self.there.stays(&entry.tag) => Fate::Left,
            "COMMENT" | "ACL" | "SECURITY LABEL" => self.addition(entry),
            "POLICY" if platform => Fate::Tried,
            "TRIGGER" if platform && self.calls_own(entry) => Fate::Tried,
            "EVENT TRIGGER" if self.calls_own(entry) => Fate::Tried,
            // Theirs are made by the platform.
            "EVENT TRIGGER" => told(ANOTHER),
            "PUBLICATION" if others(&entry.tag) => told(ANOTHER),
            "PUBLICATION"
                if entry.definition.as_ref().is_some_and(|d| d.contains(" FOR ALL TABLES")) =>
            {
                Fate::Tried
            }
            "PUBLICATION TABLE" | "PUBLICATION TABLES IN SCHEMA"
                if self.before(entry, "PUBLICATION").any(|one| others(&one.tag)) =>
            {
                match platform {
                    true => Fate::Left,
                    false => told("the publication is another role's"),
                }
            }
            "FOREIGN DATA WRAPPER" | "PROCEDURAL LANGUAGE" | "ACCESS METHOD" => {
                told("only a superuser may make it")
            }
            "DEFAULT ACL" if !platform => match self.may_act_as(entry) {
                true => Fate::Made,
                false => {
                    let owner = entry.owner.as_deref().unwrap_or_default();
                    told(&format!("they are those of {owner}"))
                }
            },
            _ if platform => Fate::Left,
            _ => Fate::Made,
        }
    }

    /// What is said of an object, or granted on it.
    fn addition(&self, entry: &Entry) -> Fate {
        let (kind, name) = entry.tag.split_once(' ').unwrap_or((&entry.tag, ""));
        let word = |word: &str| entry.tag.starts_with(word);
        if self.is_platform(entry) || word("EXTENSION ") {
            return Fate::Left;
        }
        match kind {
            "SCHEMA" if self.schemas.contains(name) => Fate::Left,
            "SCHEMA" if !self.there.owns(name) => told(ANOTHER),
            "PUBLICATION" if self.there.publications.contains(name) => Fate::Left,
            "LANGUAGE" | "EVENT" | "ACCESS" => told(ANOTHER),
            _ if word("FOREIGN DATA WRAPPER ") => told(ANOTHER),
            _ => Fate::Made,
        }
    }

    fn may_act_as(&self, entry: &Entry) -> bool {
        let owner = entry.owner.as_deref();
        owner.is_none_or(|owner| self.there.acts_as.contains(owner))
    }

    /// Makes the role the owner of what it cannot make for another, and the giver of what others
    /// have granted.
    fn make_ours(&self, entry: &mut Entry, left: &mut Left) {
        const AS: &str = "SET SESSION AUTHORIZATION ";
        if entry.desc == "ACL"
            && let Some(text) = entry.definition.as_mut().filter(|text| text.contains(AS))
        {
            let own = |line: &&str| {
                !line.starts_with(AS) && !line.starts_with("RESET SESSION AUTHORIZATION")
            };
            *text = text.lines().filter(own).map(|line| format!("{line}\n")).collect();
            left.objects.insert(key(entry));
        }
        if self.may_act_as(entry) {
            return;
        }
        let owner = entry.owner.clone().unwrap_or_default();
        entry.disown();
        if !OWNERLESS.contains(&entry.desc.as_str()) {
            left.differs(entry, &format!("its owner is {}, not {owner}", self.there.role));
        }
    }
}
