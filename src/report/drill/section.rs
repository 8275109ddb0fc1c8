//! Sections: what other parts of the house add to a drill's report, in a form that every
//! renderer knows.
//!
//! ```json
//! { "id": "decisions", "title": "Decisions", "place": "top", "blocks": [
//!     { "kind": "facts", "facts": [ { "name": "Go / no-go",
//!         "value": { "text": "go, by ann at 2026-11-24 05:00:00 UTC", "tone": "good" } } ] } ] }
//! ```
//!
//! A section holds plain text only. What of it is foreign is quoted by each renderer, in its own
//! place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A section of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Unique, in small letters and hyphens: a section of the same id replaces this one.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// What is in it, in order.
    pub blocks: Vec<Block>,
}

/// Where a section stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Behind the verdict and its figures: what has to be decided, and was.
    Top,
    /// Behind the charts and what was measured.
    Body,
    /// At the end, with what proves the rest.
    Evidence,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Block {
    /// A paragraph.
    Text {
        /// Its text.
        text: String,
    },
    /// Names with values.
    Facts {
        /// In order.
        facts: Vec<Fact>,
    },
    /// A list.
    List {
        /// Whether the items are numbered.
        ordered: bool,
        /// In order.
        items: Vec<Cell>,
    },
    /// A table.
    Table {
        /// What it shows.
        caption: String,
        /// The headings of its columns.
        columns: Vec<String>,
        /// Its rows, each with as many cells; the first one names the row.
        rows: Vec<Vec<Cell>>,
    },
    /// A picture, a file in the report's folder.
    Picture {
        /// The file's name.
        file: String,
        /// What is to be seen, for who does not see it.
        alt: String,
        /// SHA-256 of the file.
        sha256: String,
    },
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Cell,
}

/// A piece of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// Whether it is good or bad news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
    /// Whether it is an identifier, a path, a hash: set as code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
}

/// Whether something is good or bad news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// As it should be.
    Good,
    /// Somebody should know.
    Warn,
    /// Not as it should be.
    Bad,
    /// Not looked at.
    Mute,
}

impl Cell {
    /// Plain text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// An identifier, a path, a hash.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: true, ..Self::default() }
    }

    /// The same as good or bad news.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone: Some(tone), ..self }
    }
}

impl Fact {
    /// A name with its value.
    pub(crate) fn new(name: &str, value: Cell) -> Self {
        Self { name: name.to_owned(), value }
    }
}
