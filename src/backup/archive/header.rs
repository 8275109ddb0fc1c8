//! The header of an archive: whether it is one, and one that can be read here.

use crate::fault::Fault;

use super::cursor::Cursor;
use super::source::Source;

/// What the header says.
pub(super) struct Header {
    /// The second number of the version; the first is 1.
    pub(super) minor: u8,
    /// How many bytes an offset has.
    pub(super) offset: u8,
    pub(super) dbname: String,
    pub(super) server_version: String,
    pub(super) tool_version: String,
}

/// The versions that are read: of PostgreSQL 9.0, and of 17 and 18.
const OLDEST: u8 = 12;
const NEWEST: u8 = 16;

/// Since this version the header names the algorithm of compression, and not its level.
pub(super) const NAMES_ALGORITHM: u8 = 15;

/// `archCustom` in `pg_backup_archiver.h`.
const CUSTOM: u8 = 1;

impl Header {
    pub(super) fn read<S: Source>(cursor: &mut Cursor<S>) -> Result<Self, Fault> {
        Self::parse(cursor).map_err(|fault| fault.object("header"))
    }

    fn parse<S: Source>(cursor: &mut Cursor<S>) -> Result<Self, Fault> {
        if &cursor.array::<5>()? != b"PGDMP" {
            let help = "it must be made by `pg_dump --format=custom`";
            return Err(Fault::failed("it is no archive in pg_dump's custom format").help(help));
        }
        let [major, minor, revision] = cursor.array()?;
        if major != 1 || !(OLDEST..=NEWEST).contains(&minor) {
            return Err(Fault::errored(format!(
                "the archive is of version {major}.{minor}.{revision}, and versions \
                 1.{OLDEST} to 1.{NEWEST} can be read"
            ))
            .help("use a pg_dump of PostgreSQL 9.0 to 18, or a newer smokedrill"));
        }
        let [integer, offset, format] = cursor.array()?;
        if !matches!(integer, 4 | 8) || !matches!(offset, 4 | 8) {
            let sizes = format_args!("numbers of {integer} and offsets of {offset} bytes");
            return Err(cursor.damaged(sizes));
        }
        if format != CUSTOM {
            let help = "it must be made by `pg_dump --format=custom`";
            let message = format!("the archive is of format {format}, and not custom (1)");
            return Err(Fault::failed(message).help(help));
        }
        cursor.integer = integer;
        let compression =
            if minor < NAMES_ALGORITHM { cursor.int()? } else { i64::from(cursor.byte()?) };
        if compression != 0 {
            let help = "make it with `pg_dump --compress=0`: it is compressed afterwards";
            return Err(Fault::errored(
                "the archive is compressed within, so its rows cannot be \
                                       counted",
            )
            .help(help));
        }
        // Second, minute, hour, day, month, year, daylight saving: by the clock of pg_dump's
        // machine, in no known zone.
        for _ in 0..7 {
            cursor.int()?;
        }
        let mut text = || cursor.string().map(Option::unwrap_or_default);
        Ok(Self { minor, offset, dbname: text()?, server_version: text()?, tool_version: text()? })
    }
}
