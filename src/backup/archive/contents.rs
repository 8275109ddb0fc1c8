//! The table of contents: every object of the database, and which have data.

use std::collections::HashMap;
use std::fmt;

use crate::backup::encoding::Encoding;
use crate::fault::Fault;

use super::cursor::Cursor;
use super::header::Header;
use super::source::Source;

/// More entries than this are no table of contents: PostgreSQL's own numbers of objects end at
/// four thousand million, but `pg_dump` holds a lock on each table.
const MOST: i64 = 50_000_000;

/// Since these versions an entry has an access method, and a kind of relation.
pub(super) const ACCESS_METHOD: u8 = 14;
pub(super) const RELATION_KIND: u8 = 16;

/// Header and table of contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toc {
    /// The version of the archive's form, such as `1.14`.
    pub(crate) version: String,
    /// Its second number.
    pub(super) minor: u8,
    /// The database.
    pub(crate) dbname: String,
    /// Of the server, such as `15.18`.
    pub(crate) server_version: String,
    /// Of `pg_dump`.
    pub(crate) tool_version: String,
    /// The entries, in the order in which they are restored.
    pub(crate) entries: Vec<Entry>,
}

/// An entry of the table of contents: an object, its data, its comment, its grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) dump_id: i64,
    /// Whether there is a block of data for it.
    pub(crate) had_data: bool,
    /// Its name, such as `jobs` or `jobs jobs_pkey`.
    pub(crate) tag: String,
    /// Its kind, such as `TABLE DATA`.
    pub(crate) desc: String,
    /// When it is restored.
    pub(crate) section: Section,
    /// Its schema, for what has one.
    pub(crate) namespace: Option<String>,
    /// Its owner.
    pub(crate) owner: Option<String>,
    /// The SQL that makes it.
    pub(crate) definition: Option<String>,
    /// The COPY command for its data.
    pub(crate) copy: Option<String>,
    /// The numbers of what must be there before.
    pub(crate) dependencies: Vec<i64>,
    /// What else there is, to be written again as it was.
    pub(super) rest: Rest,
}

/// What is read of an entry for nothing but to be written again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// The numbers that the server gave to the object's catalogue and to the object.
    pub(super) catalogue: Option<String>,
    pub(super) object: Option<String>,
    /// The SQL that drops it.
    pub(super) drop: Option<String>,
    pub(super) tablespace: Option<String>,
    pub(super) access_method: Option<String>,
    pub(super) relation_kind: i64,
    /// Schema and owner, where an empty one is another than none.
    pub(super) namespace: Option<String>,
    pub(super) owner: Option<String>,
    /// Whether it has OIDs, as tables could until PostgreSQL 11.
    pub(super) oids: Option<String>,
}

/// When an entry is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// With what it belongs to.
    None,
    /// Before the data.
    PreData,
    /// The data.
    Data,
    /// After the data: indexes, constraints, triggers.
    PostData,
}

impl Toc {
    pub(super) fn read<S: Source>(cursor: &mut Cursor<S>, header: Header) -> Result<Self, Fault> {
        let count = cursor.int()?;
        if !(0..=MOST).contains(&count) {
            let what = format_args!("{count} is no number of entries");
            return Err(cursor.damaged(what).object("table of contents"));
        }
        let mut entries = Vec::new();
        for number in 1..=count {
            let entry = Entry::read(cursor, &header);
            let place = format_args!("entry {number} of {count} in the table of contents");
            let entry = entry.map_err(|fault| fault.object(place))?;
            // It is the first of all.
            if let Some(encoding) = entry.encoding() {
                cursor.encoding = encoding;
            }
            entries.push(entry);
        }
        let Header { minor, dbname, server_version, tool_version, .. } = header;
        Ok(Self {
            version: format!("1.{minor}"),
            minor,
            dbname,
            server_version,
            tool_version,
            entries,
        })
    }

    /// Where the entries with data are, by their numbers.
    pub(super) fn with_data<S: Source>(
        &self,
        cursor: &Cursor<S>,
    ) -> Result<HashMap<i64, usize>, Fault> {
        let mut found = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.had_data) {
            if found.insert(entry.dump_id, index).is_some() {
                let what = format_args!("two entries have the number {}", entry.dump_id);
                return Err(cursor.damaged(what).object("table of contents"));
            }
        }
        Ok(found)
    }
}

impl Entry {
    /// Its schema and its name, as tables are looked up.
    pub(crate) fn key(&self) -> (String, String) {
        (self.namespace.clone().unwrap_or_default(), self.tag.clone())
    }

    /// Whether its data are large objects, and not a table's rows.
    pub(crate) fn is_large_objects(&self) -> bool {
        self.desc == "BLOBS"
    }

    /// The encoding of the archive's texts, if this is the entry that says it.
    pub(super) fn encoding(&self) -> Option<Encoding> {
        let definition = self.definition.as_deref().filter(|_| self.desc == "ENCODING")?;
        Encoding::set_by(definition.as_bytes())
    }

    /// Leaves it to whoever makes it.
    pub(crate) fn disown(&mut self) {
        (self.owner, self.rest.owner) = (None, None);
    }

    /// The SQL that drops it.
    pub(crate) fn drop(&self) -> Option<&str> {
        self.rest.drop.as_deref()
    }

    fn read<S: Source>(cursor: &mut Cursor<S>, header: &Header) -> Result<Self, Fault> {
        let dump_id = cursor.int()?;
        if dump_id <= 0 {
            return Err(cursor.damaged(format_args!("{dump_id} is no entry's number")));
        }
        let had_data = match cursor.int()? {
            0 => false,
            1 => true,
            flag => return Err(cursor.damaged(format_args!("{flag} tells not if there are data"))),
        };
        let mut rest =
            Rest { catalogue: cursor.string()?, object: cursor.string()?, ..Rest::default() };
        let tag = cursor.string()?.unwrap_or_default();
        let desc = cursor.string()?.unwrap_or_default();
        let section = match cursor.int()? {
            1 => Section::None,
            2 => Section::PreData,
            3 => Section::Data,
            4 => Section::PostData,
            other => return Err(cursor.damaged(format_args!("there is no section {other}"))),
        };
        let definition = cursor.string()?;
        rest.drop = cursor.string()?;
        let copy = cursor.string()?;
        rest.namespace = cursor.string()?;
        let namespace = rest.namespace.clone().filter(|name| !name.is_empty());
        rest.tablespace = cursor.string()?;
        if header.minor >= ACCESS_METHOD {
            rest.access_method = cursor.string()?;
        }
        if header.minor >= RELATION_KIND {
            rest.relation_kind = cursor.int()?;
        }
        rest.owner = cursor.string()?;
        let owner = rest.owner.clone().filter(|name| !name.is_empty());
        rest.oids = cursor.string()?;
        let mut dependencies = Vec::new();
        while let Some(text) = cursor.string()? {
            let number = text.parse();
            let number = number
                .map_err(|_| cursor.damaged("what it depends on is not an entry's number"))?;
            dependencies.push(number);
        }
        offset(cursor, header.offset, had_data)?;
        Ok(Self {
            dump_id,
            had_data,
            tag,
            desc,
            section,
            namespace,
            owner,
            definition,
            copy,
            dependencies,
            rest,
        })
    }
}

/// Where the entry's data are: not known on a pipe (1), known (2), nowhere (3).
fn offset<S: Source>(cursor: &mut Cursor<S>, bytes: u8, had_data: bool) -> Result<(), Fault> {
    let flag = cursor.byte()?;
    if !matches!((flag, had_data), (1 | 2, true) | (3, false)) {
        return Err(cursor.damaged(format_args!("{flag} tells not where its data are")));
    }
    for _ in 0..bytes {
        cursor.byte()?;
    }
    Ok(())
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(schema) => write!(f, "{schema}.{}", self.tag),
            None => f.write_str(&self.tag),
        }
    }
}
