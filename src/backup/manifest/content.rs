//! What a backup holds: files, tables, and what the source had.

use serde::{Deserialize, Serialize};

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name within the backup.
    pub name: String,
    /// Its size as it is stored.
    pub bytes: u64,
    /// SHA-256 of it as it is stored, in hexadecimal.
    pub sha256: String,
    /// Its size before compression and encryption.
    pub uncompressed: u64,
}

/// What the archive of the database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The file's name.
    pub file: String,
    /// The version of the archive's form, such as `1.14`.
    pub archive: String,
    /// The uncompressed archive's size.
    pub bytes: u64,
    /// How many entries its table of contents has.
    pub entries: u64,
    /// Every table with data, in the archive's order.
    pub tables: Vec<Table>,
    /// How many large objects there are.
    pub large_objects: u64,
    /// Their bytes.
    pub large_object_bytes: u64,
}

/// A table's data in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The entry's number in the archive (`pg_restore --list` shows it first).
    pub entry: i64,
    /// How many rows.
    pub rows: u64,
    /// The size of their COPY text.
    pub bytes: u64,
    /// Where the entry's own compressed frame begins, in the compressed stream: a reader may
    /// begin there.
    pub offset: u64,
}

/// What the source had at the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Every object, ordered by kind, schema and name.
    pub objects: Vec<Object>,
    /// Every column of every table, in the order of schema, table and place.
    pub columns: Vec<Column>,
    /// The extensions.
    pub extensions: Vec<Extension>,
    /// The roles' names.
    pub roles: Vec<String>,
}

/// An object of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// `table`, `view`, `function`, `trigger` and so on, in the words of a `pg_dump` archive,
    /// in small letters.
    pub kind: String,
    /// The schema, for what has one.
    pub schema: Option<String>,
    /// The name as an archive tags it: `jobs`, `add(integer, integer)`, `jobs jobs_pkey`.
    pub name: String,
    /// A hash of its definition.
    pub definition: String,
}

/// A column of a table, as far as masking needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Its type as declared: `character varying(80)`, `public.email_address`, `text[]`.
    pub declared: String,
    /// What the type comes down to, through domains and arrays: `text`, `jsonb`, `inet`,
    /// `public.job_status`.
    pub base: String,
    /// What kind of type that is.
    pub kind: TypeKind,
    /// Whether the values are arrays of it.
    pub array: bool,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether the server computes it from others; then it has no data in the archive.
    pub generated: bool,
    /// Whether it is an identity column.
    pub identity: bool,
    /// The greatest number of characters, where there is one.
    pub length: Option<u32>,
}

/// What kind of type a column has (`pg_type.typtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypeKind {
    /// One of PostgreSQL's or an extension's own.
    Base,
    /// Fields of their own.
    Composite,
    /// One of a fixed list of words.
    Enum,
    /// From one value to another.
    Range,
    /// Several ranges.
    Multirange,
    /// Something else.
    Other,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its schema.
    pub schema: String,
}

/// Something that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The schema.
    pub schema: String,
    /// The table; nothing for all of the schema.
    pub table: Option<String>,
    /// Whether the rows alone were left out.
    pub data_only: bool,
    /// Why, as `suites/drill.toml` says.
    pub reason: String,
}

impl Exclusion {
    /// Whether it leaves out the rows of this table.
    pub fn covers(&self, schema: &str, table: &str) -> bool {
        self.schema == schema && self.table.as_deref().is_none_or(|name| name == table)
    }
}
