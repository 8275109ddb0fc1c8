//! A table of contents, written again: an archive without data.
//!
//! What stands in the contents alone, `pg_restore` can make of it: all that comes before the data
//! and all that comes after, in its own order and with its own rules. Entries may have been left
//! out or changed before.

use super::contents::{ACCESS_METHOD, Entry, RELATION_KIND, Section, Toc};
use super::header::NAMES_ALGORITHM;
use crate::backup::encoding::Encoding;

impl Toc {
    /// An archive of the version that was read, which holds these entries and no data.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Out(b"PGDMP".to_vec());
        // Integers of four bytes, offsets of eight; 1 is the custom format.
        out.0.extend([1, self.minor, 0, 4, 8, 1]);
        match self.minor < NAMES_ALGORITHM {
            true => out.int(0),
            false => out.0.push(0),
        }
        // A time that is one: the first second of 1970.
        [0, 0, 0, 1, 0, 70, 0].iter().for_each(|number| out.int(*number));
        for text in [&self.dbname, &self.server_version, &self.tool_version] {
            out.text(Some(text));
        }
        out.int(self.entries.len() as i64);
        for entry in &self.entries {
            self.entry(entry, &mut out);
        }
        out.0
    }

    fn entry(&self, entry: &Entry, out: &mut Out) {
        let rest = &entry.rest;
        out.int(entry.dump_id);
        // No data.
        out.int(0);
        out.text(rest.catalogue.as_deref());
        out.text(rest.object.as_deref());
        out.text(Some(&entry.tag));
        out.text(Some(&entry.desc));
        out.int(match entry.section {
            Section::None => 1,
            Section::PreData => 2,
            Section::Data => 3,
            Section::PostData => 4,
        });
        // Whatever it was read in, it is written in one encoding.
        let other = entry.encoding().is_some_and(|encoding| encoding != Encoding::Utf8);
        out.text(match other {
            true => Some("SET client_encoding = 'UTF8';\n"),
            false => entry.definition.as_deref(),
        });
        out.text(rest.drop.as_deref());
        out.text(entry.copy.as_deref());
        out.text(rest.namespace.as_deref());
        out.text(rest.tablespace.as_deref());
        if self.minor >= ACCESS_METHOD {
            out.text(rest.access_method.as_deref());
        }
        if self.minor >= RELATION_KIND {
            out.int(rest.relation_kind);
        }
        out.text(rest.owner.as_deref());
        out.text(rest.oids.as_deref());
        for number in &entry.dependencies {
            out.text(Some(&number.to_string()));
        }
        out.text(None);
        // There are no data, so they are nowhere.
        out.0.push(3);
        out.0.extend([0; 8]);
    }
}

struct Out(Vec<u8>);

impl Out {
    fn int(&mut self, number: i64) {
        self.0.push(u8::from(number < 0));
        let value = u32::try_from(number.unsigned_abs()).unwrap_or(u32::MAX);
        self.0.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.int(-1),
            Some(text) => {
                self.int(text.len() as i64);
                self.0.extend(text.as_bytes());
            }
        }
    }
}
