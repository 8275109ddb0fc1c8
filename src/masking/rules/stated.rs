//! What a column's rule is, and where it is written.

use std::sync::Arc;

use super::model::{MaskingFile, RuleSpec};
use super::resolve::{Ruled, shown};
use crate::backup::manifest::Column;
use crate::suite::problem::Problem;
use crate::suite::source::{Document, pointer_token};

/// A column's rule, and where it is written.
pub(super) struct Stated<'a> {
    document: &'a Arc<Document>,
    pointer: String,
    pub(super) spec: &'a RuleSpec,
    /// Whose it is: that of a table, or `columns`.
    pub(super) of: &'a str,
    /// Whether it is the project's own.
    pub(super) own: bool,
    /// Whether it is for columns of that name in all tables.
    pub(super) everywhere: bool,
}

impl<'a> Stated<'a> {
    /// What the rules of a table say of a column.
    pub(super) fn of_table(ruled: &Ruled<'a>, column: &str) -> Option<Self> {
        Some(Self {
            document: ruled.document,
            pointer: format!("/table/{}{}", ruled.index, ruled.column(column)),
            spec: ruled.spec.columns.get(column)?,
            of: &ruled.spec.name,
            own: ruled.own,
            everywhere: false,
        })
    }

    /// What the project's file says of every column of a name.
    pub(super) fn everywhere(own: &'a (Arc<Document>, MaskingFile), column: &str) -> Option<Self> {
        let (document, file) = own;
        let pointer = format!("/columns/{}", pointer_token(column));
        let spec = file.columns.get(column)?;
        Some(Self { document, pointer, spec, of: "columns", own: true, everywhere: true })
    }

    /// What is wrong with it, for a column.
    pub(super) fn problem(&self, message: String, fact: &Column) -> Problem {
        // The line alone does not say which of the tables it is.
        let message = match self.everywhere {
            true => format!("{}.{}: {message}", shown(&fact.schema, &fact.table), fact.name),
            false => message,
        };
        self.document.problem(&self.pointer, message)
    }
}
