//! What is to be done with each table and each column: the rules, held against a backup.

use std::collections::BTreeMap;

use super::json;
use super::people::Trait;
use super::rules::Unclassified;

/// What is done with a backup's tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MaskPlan {
    /// Every table that has rows in the archive, by schema and name.
    pub(crate) tables: BTreeMap<(String, String), TablePlan>,
    /// Addresses, numbers and names that are nobody's, such as the business's own: they stay.
    pub(crate) allowed: Vec<String>,
}

/// What is done with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TablePlan {
    /// Its rows.
    pub(crate) rows: Rows,
    /// Its columns, in the order in which the archive has their data.
    pub(crate) columns: Vec<ColumnPlan>,
    /// The columns that say whose row it is.
    pub(crate) links: Vec<Link>,
}

/// What is done with a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// They are loaded, masked column by column.
    Load,
    /// None is loaded.
    Clear,
}

/// A column whose value is the key of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its place in [`TablePlan::columns`].
    pub(crate) column: usize,
    /// What it is the key of, such as `auth.users`: equal keys of one kind are one person.
    pub(crate) of: String,
}

/// What is done with a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnPlan {
    /// Its name.
    pub(crate) name: String,
    /// Whether its values are arrays; then the action is that of each element.
    pub(crate) array: bool,
    /// Whether the values are texts; what is none is not looked into.
    pub(crate) text: bool,
    /// The greatest number of characters, where there is one.
    pub(crate) length: Option<u32>,
    /// What is done.
    pub(crate) action: Action,
    /// Where it stays only since nothing asked for a rule: what is told if its rows do.
    pub(crate) passed: Option<Unclassified>,
}

/// What is done with a value. NULL stays NULL, and an empty string stays empty, whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// It stays as it is.
    Keep,
    /// An e-mail address becomes `test-{id}@example.com`.
    Email,
    /// A telephone number becomes `+1000000{id}`, or without its plus where it had none.
    Phone,
    /// An e-mail address or a telephone number, each as such a one.
    Contact,
    /// A person's name becomes `Test Customer {id}`.
    Name,
    /// Addresses, numbers and known names within a text are replaced, the rest stays.
    Text,
    /// The key of a stored object: ids, numbers, these folders and the suffix stay.
    ObjectKey(Vec<String>),
    /// A JSON document: its structure stays, its strings are masked.
    Json(JsonPlan),
    /// A key or token becomes one of staging, another one for each value: `staging-…`.
    Secret,
    /// It becomes NULL.
    Null,
    /// It becomes the empty string (or an empty array).
    Empty,
    /// It becomes this text, in which `{id}` is the person's number.
    Value(Template),
}

/// What every value becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// The text, with `{id}` where the number stands.
    pub(crate) text: String,
    /// What the value is a key of, where `{id}` is the number of whoever has that key, and not of
    /// the person whose row it is.
    pub(crate) of: Option<String>,
}

impl Template {
    /// One for the person whose row it is.
    #[cfg(test)]
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), of: None }
    }
}

/// What is done with a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonPlan {
    /// What is done with what stands at certain places, and with all that is within it; the first
    /// that fits counts.
    pub(crate) paths: Vec<(Vec<Step>, Action)>,
    /// What is done with all other strings.
    pub(crate) leaves: Leaves,
    /// What its documents must have.
    pub(crate) wanted: Option<Wanted>,
}

/// Paths of a rule, each of which must fit something in one document of the backup at least: one
/// with a slip of the pen would leave somebody there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Whose rule it is: `public.customers.contacts`.
    pub(crate) rule: String,
    /// The paths.
    pub(crate) paths: Vec<Vec<Step>>,
}

/// A step of a path into a JSON document. `$.a[*]..b` is `Key(a)`, `Each`, `Deep`, `Key(b)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value of this key of an object.
    Key(String),
    /// Each value of an object or an array.
    Each,
    /// Any number of steps, also none.
    Deep,
}

/// What is done with the strings of a JSON document that no path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// They stay.
    Keep,
    /// As [`Action::Text`].
    Text,
    /// An address, number or known name becomes what it becomes elsewhere, any other string
    /// `masked`.
    Mask,
}

impl Action {
    /// What a value is of a person, where it is that as a whole.
    pub(crate) fn names(&self, value: &str) -> Option<Trait> {
        match self {
            Self::Email => Some(Trait::Email),
            Self::Phone => Some(Trait::Phone),
            Self::Contact if value.contains('@') => Some(Trait::Email),
            Self::Contact => Some(Trait::Phone),
            Self::Name => Some(Trait::Name),
            _ => None,
        }
    }
}

impl JsonPlan {
    /// What is done at a place of a document: the path counts that fits it, else the one that fits
    /// what it is within, the nearest first. Nothing where none does.
    pub(crate) fn action(&self, path: &json::Path<'_>) -> Option<&Action> {
        (0..=path.len()).rev().find_map(|end| {
            let named = self.paths.iter().find(|(steps, _)| json::fits(steps, &path[..end]));
            named.map(|(_, action)| action)
        })
    }
}

impl TablePlan {
    /// Whether every row stays as it is, and says of nobody that it is his: then nobody has to
    /// look at rows.
    pub(crate) fn is_kept(&self) -> bool {
        self.links.is_empty() && self.columns.iter().all(|column| column.action == Action::Keep)
    }
}
