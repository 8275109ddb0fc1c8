//! Reads an archive from its first byte to its last, and says what it holds.

use crate::backup::manifest::Table;
use crate::backup::progress::Progress;
use crate::fault::Fault;
use std::collections::HashMap;

use super::contents::{Entry, Toc};
use super::cursor::Cursor;
use super::data;
use super::header::Header;
use super::source::Source;

/// What an archive holds, counted to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// Header and table of contents.
    pub(crate) toc: Toc,
    /// Every table with data, in the order of the data.
    pub(crate) tables: Vec<Table>,
    /// How many large objects there are.
    pub(crate) large_objects: u64,
    /// Their bytes.
    pub(crate) large_object_bytes: u64,
    /// The size of the archive, uncompressed.
    pub(crate) bytes: u64,
}

/// An archive whose table of contents is read, and whose data come next.
pub(crate) struct Reader<'a, S> {
    cursor: Cursor<S>,
    /// The entries whose data have not come yet.
    awaited: HashMap<i64, usize>,
    held: Held,
    progress: &'a Progress,
}

impl<'a, S: Source> Reader<'a, S> {
    /// Reads header and table of contents.
    ///
    /// # Errors
    /// It is damaged, cut off, compressed, of an unknown version, or holds data that are no rows;
    /// it cannot be read; it is to stop.
    pub(crate) fn begin(source: S, progress: &'a Progress) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(source);
        let header = Header::read(&mut cursor)?;
        let toc = Toc::read(&mut cursor, header)?;
        let awaited = toc.with_data(&cursor)?;
        progress.expect_tables(
            awaited.values().filter(|index| !toc.entries[**index].is_large_objects()).count(),
        );
        let held =
            Held { toc, tables: Vec::new(), large_objects: 0, large_object_bytes: 0, bytes: 0 };
        Ok(Self { cursor, awaited, held, progress })
    }

    /// Reads the next block of data, and shows its rows or objects piece by piece, as they lie in
    /// the buffer. Tells whether there was one.
    ///
    /// # Errors
    /// As [`Reader::begin`], and what showing them brings.
    pub(crate) fn next(
        &mut self,
        mut show: impl FnMut(&Entry, &[u8]) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        if self.cursor.ended()? {
            return self.whole();
        }
        let offset = self.cursor.source.begin_data()?;
        let (kind, number) = match (self.cursor.byte(), self.cursor.int()) {
            (Ok(kind), Ok(number)) => (kind, number),
            (Err(fault), _) | (_, Err(fault)) => return Err(fault.object("data")),
        };
        let Some(index) = self.awaited.remove(&number) else {
            let what = format_args!("data for entry {number} are not expected");
            return Err(self.cursor.damaged(what).object("data"));
        };
        let entry = &self.held.toc.entries[index];
        let place = |fault: Fault| fault.object(format_args!("data of {entry}"));
        match (kind, entry.is_large_objects()) {
            (1, false) => {
                if entry.copy.is_none() {
                    return Err(place(no_copy()));
                }
                self.progress.begin_table(entry.to_string());
                let rows = data::rows(&mut self.cursor, |bytes| show(entry, bytes));
                let rows = rows.map_err(place)?;
                self.progress.end_table();
                self.held.tables.push(Table {
                    schema: entry.namespace.clone().unwrap_or_default(),
                    name: entry.tag.clone(),
                    entry: number,
                    rows: rows.rows,
                    bytes: rows.bytes,
                    offset,
                });
            }
            (3, true) => {
                let found = data::large_objects(&mut self.cursor, |bytes| show(entry, bytes));
                let found = found.map_err(place)?;
                self.held.large_objects += found.objects;
                self.held.large_object_bytes += found.bytes;
            }
            _ => {
                let what = format_args!("data of type {kind} do not belong to {}", entry.desc);
                return Err(place(self.cursor.damaged(what)));
            }
        }
        Ok(true)
    }

    /// The table of contents.
    pub(crate) fn toc(&self) -> &Toc {
        &self.held.toc
    }

    /// Reads all that is left.
    ///
    /// # Errors
    /// As [`Reader::begin`].
    pub(crate) fn finish(mut self) -> Result<Held, Fault> {
        while self.next(|_, _| Ok(()))? {}
        Ok(self.into_parts().0)
    }

    /// What was counted, and where it came from.
    pub(crate) fn into_parts(self) -> (Held, S) {
        (Held { bytes: self.cursor.at, ..self.held }, self.cursor.source)
    }

    /// The archive ends here: rightly?
    fn whole(&self) -> Result<bool, Fault> {
        let entries = &self.held.toc.entries;
        match self.awaited.values().min().map(|index| &entries[*index]) {
            None => Ok(false),
            Some(entry) => Err(self.cursor.cut_off().object(format_args!("data of {entry}"))),
        }
    }
}

/// Rows as commands can hold line feeds anywhere, and are restored ten times slower.
fn no_copy() -> Fault {
    Fault::errored("the rows are INSERT commands, and cannot be counted")
        .help("make the archive without `--inserts` and `--column-inserts`")
}
