//! What is left out of a backup on purpose.

/// Schemas and tables that are not dumped, definition and all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Excluded {
    /// Names of schemas, as they are.
    pub(crate) schemas: Vec<String>,
    /// Tables as `schema.name`, unquoted.
    pub(crate) tables: Vec<String>,
}
