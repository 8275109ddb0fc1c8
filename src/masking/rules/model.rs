//! What `suites/masking.toml` says, as plain data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// The masking rules.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "smokedrill masking")]
pub(crate) struct MaskingFile {
    /// The path of the JSON Schema for editors, where the file is JSON.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "for editors")]
    pub(crate) schema: Option<String>,
    /// Addresses, telephone numbers and names that are nobody's: they stay.
    #[serde(default)]
    pub(crate) allow: Vec<AllowSpec>,
    /// What is done with every column of a name, in whatever table, where neither the table's rules
    /// nor those that come with us for Supabase's own tables say anything of it.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, RuleSpec>,
    /// The tables.
    #[serde(default)]
    pub(crate) table: Vec<TableSpec>,
}

/// A value that is nobody's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowSpec {
    /// The address, number or name.
    #[schemars(length(min = 3))]
    pub(crate) value: String,
    /// Why it may stand in staging.
    #[schemars(extend("pattern" = "\\S", "x-expected" = "a reason"))]
    #[expect(dead_code, reason = "for readers of the file")]
    pub(crate) reason: String,
}

/// What is done with a table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableSpec {
    /// The table with its schema, quoted as in SQL: `public.customers`, `public."Site Visits"`.
    /// That of a partitioned table stands for its partitions.
    #[schemars(length(min = 3))]
    pub(crate) name: String,
    /// What is done with the rows: `"clear"` loads none.
    #[serde(default)]
    pub(crate) rows: Option<RowsSpec>,
    /// Why the rows are left out; they need one.
    #[serde(default)]
    #[schemars(extend("pattern" = "\\S", "x-expected" = "a reason"))]
    pub(crate) reason: Option<String>,
    /// The columns that say whose row it is, each with what it is the key of, such as
    /// `{ account_id = "auth.users" }`: rows of equal keys are one person's, and so are the
    /// addresses, numbers and names in their columns.
    #[serde(default)]
    pub(crate) person: BTreeMap<String, String>,
    /// The columns, by name.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, RuleSpec>,
}

/// What is done with a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RowsSpec {
    /// None is loaded.
    Clear,
}

/// What is done with a column, or with the strings at a place of a JSON document.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a rule such as \"email\", \"text\" or { keep = \"reason\" }"))]
pub(crate) enum RuleSpec {
    /// One of the rules that need no more.
    Word(Word),
    /// It stays.
    Keep(KeepSpec),
    /// It becomes this.
    Value(ValueSpec),
    /// A JSON document.
    Json(JsonSpec),
    /// The key of a stored object.
    ObjectKey(ObjectKeySpec),
}

/// Rules that need no more than their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// `test-{id}@example.com`
    Email,
    /// `+1000000{id}`
    Phone,
    /// An e-mail address or a telephone number, whichever it is.
    Contact,
    /// `Test Customer {id}`
    Name,
    /// Addresses, numbers and known names in it are replaced, and the rest stays.
    Text,
    /// A JSON document, each string of it as free text.
    Json,
    /// The key of a stored object.
    ObjectKey,
    /// `staging-…`, another for each.
    Secret,
    /// NULL.
    Null,
    /// The empty string, or an empty array.
    Empty,
}

/// It stays as it is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepSpec {
    /// Why that is safe.
    #[schemars(extend("pattern" = "\\S", "x-expected" = "a reason"))]
    pub(crate) keep: String,
}

/// It becomes a text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueSpec {
    /// The text; `{id}` in it is the person's number.
    pub(crate) value: String,
    /// What the value itself is a key of, as under `person`: then `{id}` is the number of whoever
    /// has that key, so that an account's name becomes the same wherever it stands.
    #[serde(default)]
    pub(crate) of: Option<String>,
}

/// A JSON document.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JsonSpec {
    /// What is done at certain places: `$.user.email`, `$[*].name`, `$..phone`; where an object or
    /// an array stands, with all that is within it. Of the paths that fit, the one with the most
    /// keys counts, and of those the one that leaves the least open: `$.name` before
    /// `$[*]..name`. A path that fits nothing in any document is an error.
    pub(crate) json: BTreeMap<String, RuleSpec>,
    /// Those of the paths that the documents may be without.
    #[serde(default)]
    pub(crate) optional: Vec<String>,
    /// What is done with all other strings: `"text"`, unless said otherwise, masks the addresses,
    /// numbers and names in them; `"mask"` leaves nothing of any; `"keep"` touches none,
    /// and needs a reason.
    #[serde(default)]
    pub(crate) leaves: Option<LeavesSpec>,
    /// Why it is safe that they stay.
    #[serde(default)]
    #[schemars(extend("pattern" = "\\S", "x-expected" = "a reason"))]
    pub(crate) reason: Option<String>,
}

/// What is done with the strings of a JSON document that no path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LeavesSpec {
    /// They stay.
    Keep,
    /// As free text.
    Text,
    /// Nothing of them is left.
    Mask,
}

/// The key of a stored object.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectKeySpec {
    /// Folders and names that are nobody's, and stay.
    pub(crate) object_key: Vec<String>,
}
