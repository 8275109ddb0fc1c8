//! A backup's archive as a restore reads it: rows in pieces that end where a row does.

use std::io::Read;

use crate::backup::archive::{Entry, Toc};
use crate::backup::encryption::Identities;
use crate::backup::manifest::{FileRecord, Manifest};
use crate::backup::progress::Progress;
use crate::backup::settings::quoted_name;
use crate::backup::stop::Stop;
use crate::backup::store::{Hashing, Store};
use crate::backup::stream;
use crate::fault::Fault;
use crate::masking::rules::ArchiveTable;
use crate::masking::table::LONGEST;

/// What ends a table's rows in an archive.
const END: &[u8] = b"\\.\n\n\n";

/// The archive of a backup.
#[derive(Clone, Copy)]
pub(crate) struct Archive<'a> {
    pub(crate) store: &'a Store,
    pub(crate) manifest: &'a Manifest,
    pub(crate) identities: Option<&'a Identities>,
}

/// A piece of a table's rows.
pub(crate) struct Piece<'a> {
    pub(crate) entry: &'a Entry,
    /// Whoever wants to keep them may take them.
    pub(crate) rows: &'a mut Vec<u8>,
    /// Whether the table's rows end with it.
    pub(crate) last: bool,
    /// Whether it ends within a row.
    pub(crate) torn: bool,
}

impl Archive<'_> {
    fn record(&self) -> Result<&FileRecord, Fault> {
        let name = &self.manifest.archive()?.file;
        let missing =
            || Fault::failed("the manifest does not name the archive's file").object(name);
        self.manifest.file(name).ok_or_else(missing)
    }

    /// The table of contents.
    ///
    /// # Errors
    /// The archive is damaged, cannot be read, or is encrypted and there is no key.
    pub(crate) fn contents(&self, stop: &Stop) -> Result<Toc, Fault> {
        let progress = Progress::default();
        let mut input = Hashing::open(self.store, &self.manifest.id, self.record()?)?;
        let reader = stream::read(self.plain(&mut input)?, &progress, stop)?;
        Ok(reader.toc().clone())
    }

    /// Reads all rows, in pieces of about a size; those of tables that `whole` says so of end
    /// where a row does. Proves size and hash of the file, and that the rows are as many as the
    /// manifest says.
    ///
    /// # Errors
    /// The archive is not as it was written; `take` has failed; it is to stop.
    pub(crate) fn rows(
        &self,
        size: usize,
        (progress, stop): (&Progress, &Stop),
        whole: &dyn Fn(&Entry) -> bool,
        take: &mut dyn FnMut(Piece<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let record = self.record()?;
        let place = |fault: Fault| fault.object(&record.name);
        let mut input = Hashing::open(self.store, &self.manifest.id, record)?;
        let held = {
            let mut reader = stream::read(self.plain(&mut input)?, progress, stop)?;
            let mut pieces = Pieces { size, ..Pieces::default() };
            loop {
                let mut at: Option<Entry> = None;
                let more = reader.next(|entry, bytes| {
                    if entry.is_large_objects() {
                        return Ok(());
                    }
                    if at.is_none() {
                        at = Some(entry.clone());
                    }
                    pieces.add(bytes, entry, whole(entry), take)
                })?;
                if !more {
                    break;
                }
                if let Some(entry) = &at {
                    pieces.end(entry, take)?;
                }
            }
            reader.into_parts().0
        };
        input.prove(record, stop).map_err(place)?;
        for recorded in self.manifest.tables() {
            let found = held.tables.iter().find(|table| table.entry == recorded.entry);
            if found.map(|table| table.rows) != Some(recorded.rows) {
                let message = "the archive has not the rows that the manifest says";
                let object = format!("{}.{}", recorded.schema, recorded.name);
                return Err(Fault::failed(message).object(object).help("use another backup"));
            }
        }
        Ok(())
    }

    fn plain<'r>(
        &self,
        input: &'r mut (dyn Read + Send),
    ) -> Result<Box<dyn Read + Send + 'r>, Fault> {
        match (self.manifest.recipients.is_empty(), self.identities) {
            (true, _) => Ok(Box::new(input)),
            (false, Some(identities)) => Ok(Box::new(identities.decrypt(input)?)),
            (false, None) => {
                let help = "give the file of the private key: `--identity FILE`";
                Err(Fault::errored("the backup is encrypted").object(&self.manifest.id).help(help))
            }
        }
    }
}

/// What was read of a table's rows, and is not handed on yet.
#[derive(Default)]
struct Pieces {
    size: usize,
    buffer: Vec<u8>,
    /// Bytes of it in which no row ends.
    looked: usize,
    /// Rows that were handed on.
    rows: u64,
}

impl Pieces {
    /// Takes what was read, and hands on what makes a piece.
    fn add(
        &mut self,
        bytes: &[u8],
        entry: &Entry,
        whole: bool,
        take: &mut dyn FnMut(Piece<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < self.size + END.len() {
            return Ok(());
        }
        let Some((end, torn)) = self.cut(whole) else {
            if self.buffer.len() > LONGEST + END.len() {
                let help =
                    "keep its columns as they are, or leave its rows out (`rows = \"clear\"`)";
                let message = format!(
                    "row {} is longer than {LONGEST} bytes, too long to be masked",
                    self.rows + 1
                );
                return Err(Fault::errored(message).object(entry).help(help));
            }
            return Ok(());
        };
        let mut rest = Vec::with_capacity(self.size * 2);
        rest.extend_from_slice(&self.buffer[end..]);
        self.buffer.truncate(end);
        self.rows += memchr::memchr_iter(b'\n', &self.buffer).count() as u64;
        take(Piece { entry, rows: &mut self.buffer, last: false, torn })?;
        (self.buffer, self.looked) = (rest, 0);
        Ok(())
    }

    /// Hands on what is left when the table's rows are over.
    fn end(
        &mut self,
        entry: &Entry,
        take: &mut dyn FnMut(Piece<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.buffer.truncate(self.buffer.len().saturating_sub(END.len()));
        take(Piece { entry, rows: &mut self.buffer, last: true, torn: false })?;
        self.buffer.clear();
        (self.looked, self.rows) = (0, 0);
        Ok(())
    }

    /// Where a piece ends, and whether that is within a row, if it has come to an end. What may be
    /// the end of the rows stays.
    fn cut(&mut self, whole: bool) -> Option<(usize, bool)> {
        let most = self.buffer.len() - END.len();
        let new = self.buffer.get(self.looked..most).unwrap_or_default();
        if let Some(at) = memchr::memrchr(b'\n', new) {
            return Some((self.looked + at + 1, false));
        }
        self.looked = most;
        (!whole && most >= self.size).then_some((most, true))
    }
}

/// The tables of an archive that have data, with their columns.
///
/// # Errors
/// An entry cannot be read.
pub(crate) fn tables(toc: &Toc) -> Result<Vec<ArchiveTable>, Fault> {
    let data = toc.entries.iter().filter(|entry| entry.desc == "TABLE DATA");
    let parents = parents(toc);
    let table = |entry: &Entry| {
        let copy = entry.copy.as_deref().unwrap_or_default();
        let columns = columns(copy).ok_or_else(|| {
            Fault::failed("its COPY command cannot be read").object(entry).stage("masking rules")
        })?;
        let schema = entry.namespace.clone().unwrap_or_default();
        let mut chain = Vec::new();
        let mut at = (schema.clone(), entry.tag.clone());
        while let Some((_, parent)) = parents.iter().find(|(child, _)| *child == at) {
            if chain.contains(parent) {
                break;
            }
            chain.push(parent.clone());
            at.clone_from(parent);
        }
        Ok(ArchiveTable { schema, name: entry.tag.clone(), columns, parents: chain })
    };
    data.map(table).collect()
}

/// The columns of `COPY public.t (a, "B c") FROM stdin;`.
fn columns(copy: &str) -> Option<Vec<String>> {
    let list = copy.trim_end().strip_suffix(" FROM stdin;")?;
    let Some(list) = list.strip_suffix(')') else { return Some(Vec::new()) };
    // The table's name may have a bracket within quotation marks.
    let (mut names, mut rest) = (Vec::new(), after_name(list)?.strip_prefix(" (")?);
    while !rest.is_empty() {
        let (name, after) = name(rest)?;
        names.push(name);
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    Some(names)
}

fn after_name(copy: &str) -> Option<&str> {
    let mut rest = copy.strip_prefix("COPY ")?;
    loop {
        let (_, after) = name(rest)?;
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return Some(after),
        }
    }
}

/// The name that a text begins with, and what comes after it.
pub(super) fn name(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        Some(quoted) => quoted_name(quoted),
        None => {
            let end = text.find([',', ' ', '.', '(']).unwrap_or(text.len());
            (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
        }
    }
}

type Named = (String, String);

/// Each partition with the table that it is a part of.
fn parents(toc: &Toc) -> Vec<(Named, Named)> {
    let attached = toc.entries.iter().filter(|entry| entry.desc == "TABLE ATTACH");
    let pair = |entry: &Entry| {
        let rest = entry.definition.as_deref()?.strip_prefix("ALTER TABLE ONLY ")?;
        let (schema, rest) = name(rest)?;
        let (parent, rest) = name(rest.strip_prefix('.')?)?;
        let (child_schema, rest) = name(rest.strip_prefix(" ATTACH PARTITION ")?)?;
        let (child, _) = name(rest.strip_prefix('.')?)?;
        Some(((child_schema, child), (schema, parent)))
    };
    attached.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_as_they_are_quoted() {
        let copy = "COPY public.\"Site (x), y\" (\"Visit No.\", name, \"a\"\"b\") FROM stdin;\n";
        assert_eq!(columns(copy).unwrap(), ["Visit No.", "name", "a\"b"]);
        assert_eq!(columns("COPY s.empty FROM stdin;\n").unwrap(), Vec::<String>::new());
        assert_eq!(columns("SELECT 1"), None);
    }

    #[test]
    fn a_piece_never_takes_the_end_of_the_rows() {
        let cut = |parts: &[&[u8]], whole| {
            let mut pieces = Pieces { size: 4, ..Pieces::default() };
            let mut last = None;
            for part in parts {
                pieces.buffer.extend_from_slice(part);
                last = pieces.cut(whole);
            }
            last
        };
        assert_eq!(cut(&[b"1\n2\n\\.\n\n\n"], true), Some((4, false)));
        assert_eq!(cut(&[b"1\n2\n\\.\n"], true), Some((2, false)));
        assert_eq!(cut(&[b"123456789"], true), None);
        assert_eq!(cut(&[b"123456789"], false), Some((4, true)));
        // What was looked at is not looked at again.
        assert_eq!(cut(&[b"123456789", b"\n", b"12345"], true), Some((10, false)));
        assert_eq!(cut(&[b"123456789", b"0\n2\n\\.\n\n\n"], true), Some((13, false)));
    }
}
