//! What a restore leaves as it is, or out, so that the proof does not call it missing.

use std::collections::BTreeSet;

use crate::backup::archive::Entry;
use crate::backup::manifest::Object;

/// An object in the words of the catalogue: kind, schema and name.
pub(crate) type Key = (String, Option<String>, String);

/// What is left. Of a restore that makes a whole database, nothing is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// Schemas of the platform: all in them, but what was made after all.
    pub(super) schemas: BTreeSet<String>,
    pub(super) made: BTreeSet<Key>,
    /// Objects that are left out, or come out another way.
    pub(super) objects: BTreeSet<Key>,
    /// Extensions of the backup: in the version that the platform has.
    pub(super) extensions: BTreeSet<String>,
    /// Of these, what the platform does not have.
    pub(super) absent: BTreeSet<String>,
    /// What people are told.
    pub(super) notes: Vec<String>,
}

impl Left {
    /// Whether an object of the backup need not be there as it was.
    pub(crate) fn covers(&self, object: &Object) -> bool {
        let key = (object.kind.clone(), object.schema.clone(), object.name.clone());
        let platform = |name: &str| self.schemas.contains(name);
        !self.made.contains(&key)
            && (self.objects.contains(&key)
                || object.schema.as_deref().is_some_and(platform)
                || object.kind == "schema" && platform(&object.name)
                || object.kind == "extension" && self.extensions.contains(&object.name))
    }

    /// Whether an extension of the backup need not be there.
    pub(crate) fn lacks(&self, extension: &str) -> bool {
        self.absent.contains(extension)
    }

    /// What people are told of it.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Leaves an entry out, and says so.
    pub(super) fn out(&mut self, entry: &Entry, why: &str) {
        self.notes.push(format!("left out: {}: {why}", told(entry)));
        self.objects.insert(key(entry));
    }

    /// Notes that an entry's object comes out another way.
    pub(super) fn differs(&mut self, entry: &Entry, how: &str) {
        self.notes.push(format!("{}: {how}", told(entry)));
        self.objects.insert(key(entry));
    }
}

/// An entry, for people.
pub(super) fn told(entry: &Entry) -> String {
    format!("{} {entry}", entry.desc.to_lowercase())
}

/// The object that an entry is of; what is granted on one is a part of it.
pub(super) fn key(entry: &Entry) -> Key {
    let tag = entry.tag.as_str();
    let (kind, name) = match (entry.desc.as_str(), tag.split_once(' ')) {
        ("ACL", Some(("COLUMN", column))) => {
            ("TABLE", column.rsplit_once('.').map_or(column, |(table, _)| table))
        }
        ("ACL", Some(("SCHEMA", "public"))) => ("ACL", tag),
        ("ACL", Some((kind, name))) => (kind, name),
        (kind, _) => (kind, tag),
    };
    (kind.to_lowercase(), entry.namespace.clone(), name.to_owned())
}
