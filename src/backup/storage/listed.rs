//! What a listing found beside its lines: the buckets, and how far it can be believed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::backup::manifest::{Bucket, Listing};
use crate::fault::Fault;

/// Which buckets are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All that there are.
    All,
    /// These, and each must be there.
    Named(Vec<String>),
}

/// What a listing found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    /// The buckets, in the order of their names' bytes.
    pub(crate) buckets: Vec<Bucket>,
    /// Their settings in full, as `storage-buckets.json` holds them: `{"buckets":[…]}`.
    pub(crate) settings: Value,
    /// Whether what is not in it is not there.
    pub(crate) conclusive: bool,
    /// What a person should know of it.
    pub(crate) notes: Vec<String>,
}

impl Listed {
    /// The listing as the manifest holds it, with the file of its lines.
    pub(crate) fn listing(&self, file: &str) -> Listing {
        Listing {
            file: file.to_owned(),
            buckets: self.buckets.clone(),
            conclusive: self.conclusive,
        }
    }

    /// The buckets whose settings these are, so far without objects.
    pub(super) fn of(settings: &[Value], conclusive: bool) -> Self {
        let buckets = settings.iter().filter_map(bucket).collect();
        Self { buckets, settings: json!({ "buckets": settings }), conclusive, notes: Vec::new() }
    }
}

impl Wanted {
    /// What a list of names wants; `*` in it wants all.
    pub(crate) fn of(names: &[String]) -> Self {
        match names.iter().any(|name| name == "*") {
            true => Self::All,
            false => Self::Named(names.to_vec()),
        }
    }

    /// Those of the settings that are wanted, in the order of their names' bytes, and the names
    /// that nothing was found for.
    pub(super) fn choose(&self, mut settings: Vec<Value>) -> (Vec<Value>, Vec<String>) {
        settings.retain(|one| one["id"].is_string());
        settings.sort_by(|one, next| one["id"].as_str().cmp(&next["id"].as_str()));
        let Self::Named(names) = self else { return (settings, Vec::new()) };
        let there: BTreeSet<&str> = settings.iter().filter_map(|one| one["id"].as_str()).collect();
        let missing = names.iter().filter(|name| !there.contains(name.as_str()));
        let missing = missing.cloned().collect();
        settings.retain(|one| names.iter().any(|name| one["id"] == **name));
        (settings, missing)
    }
}

/// The fault that wanted buckets are not there.
pub(super) fn no_bucket(missing: &[String], there: &[Value], stage: &str) -> Fault {
    let there: Vec<&str> = there.iter().filter_map(|one| one["id"].as_str()).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    let message = format!("there is no such bucket; there are: {there}");
    Fault::failed(message).stage(stage).object(format!("bucket {}", missing.join(", "))).help(
        "correct the list of `buckets` below [backup] in suites/drill.toml (`buckets = []` if \
             there is none to back up), or find out who removed it",
    )
}

/// A bucket of its settings, if they are a bucket's.
pub(super) fn bucket(settings: &Value) -> Option<Bucket> {
    let types = settings["allowed_mime_types"].as_array();
    let text = |kind: &Value| kind.as_str().map(str::to_owned);
    Some(Bucket {
        id: settings["id"].as_str()?.to_owned(),
        public: settings["public"] == true,
        file_size_limit: settings["file_size_limit"].as_i64(),
        allowed_mime_types: types.map(|all| all.iter().filter_map(text).collect()),
        objects: 0,
        bytes: 0,
        unsized_objects: 0,
    })
}

/// Counts an object in its bucket.
pub(super) fn count(bucket: &mut Bucket, size: Option<u64>) {
    bucket.objects += 1;
    match size {
        Some(size) => bucket.bytes = bucket.bytes.saturating_add(size),
        None => bucket.unsized_objects += 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Listed, Wanted, count, no_bucket};

    #[test]
    fn the_wanted_ones_are_chosen_and_the_missing_named() {
        let all = vec![json!({ "id": "b" }), json!({ "id": "a", "public": true }), json!("?")];
        let (chosen, missing) = Wanted::All.choose(all.clone());
        assert_eq!((chosen.len(), &chosen[0]["id"], missing.len()), (2, &json!("a"), 0));
        let named = Wanted::Named(vec!["b".to_owned(), "c".to_owned()]);
        let (chosen, missing) = named.choose(all);
        assert_eq!(chosen, [json!({ "id": "b" })]);
        assert_eq!(missing, ["c"]);
        let fault = no_bucket(&missing, &[json!({ "id": "a" }), json!({ "id": "b" })], "s");
        assert_eq!(fault.line(), "s: bucket c: there is no such bucket; there are: a, b");
    }

    #[test]
    fn settings_and_objects_are_counted() {
        let settings = json!({ "id": "a", "public": true, "file_size_limit": 5, "owner": "x",
            "allowed_mime_types": ["image/*"] });
        let mut listed = Listed::of(std::slice::from_ref(&settings), true);
        let bucket = &mut listed.buckets[0];
        assert!(bucket.public);
        assert_eq!(bucket.file_size_limit, Some(5));
        assert_eq!(bucket.allowed_mime_types.as_deref(), Some(&["image/*".to_owned()][..]));
        count(bucket, Some(3));
        count(bucket, Some(4));
        count(bucket, None);
        assert_eq!((bucket.objects, bucket.bytes, bucket.unsized_objects), (3, 7, 1));
        assert_eq!(listed.settings, json!({ "buckets": [settings] }));
        assert_eq!(listed.listing("file").file, "file");
    }
}
