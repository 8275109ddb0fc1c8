//! The JSON line of an object: made of what the API says, and read again.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fault::{Fault, causes};

/// The most bytes of a line: what a page of a listing may have.
const LINE: u64 = 16 * 1024 * 1024;

/// What is read of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Entry {
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) etag: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    archived_at: Option<String>,
    #[serde(default)]
    is_delete_marker: Option<bool>,
}

impl Entry {
    /// Whether it is what its key names now, and no older version or mark of a deletion: the API
    /// shows neither.
    pub(super) fn is_current(&self) -> bool {
        self.archived_at.is_none() && self.is_delete_marker != Some(true)
    }
}

/// The lines of a listing.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, buffer: Vec::new() }
    }

    /// The next line, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or is none of a listing: the fault names its number, not its text.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Fault> {
        self.number += 1;
        self.buffer.clear();
        let mut limited = (&mut self.reader).take(LINE);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|error| self.fault(causes(&error)))?;
        if read == 0 {
            return Ok(None);
        }
        let entry = serde_json::from_slice(&self.buffer).map_err(|error| {
            // The error's own text may quote the line.
            self.fault(format!("no line of a listing, by its column {}", error.column()))
        })?;
        Ok(Some(entry))
    }

    /// A fault of the line that was read last.
    pub(super) fn fault(&self, message: String) -> Fault {
        Fault::errored(message).object(format!("line {} of the listing", self.number))
    }
}

/// The line of an object as the API shows it, in the form of those by SQL.
pub(super) fn of_api(bucket: &str, name: &str, object: &Value) -> Vec<u8> {
    let metadata = &object["metadata"];
    let mut line = Map::new();
    line.insert("bucket".to_owned(), bucket.into());
    line.insert("name".to_owned(), name.into());
    line.insert("id".to_owned(), object["id"].clone());
    line.insert("size".to_owned(), size(object).into());
    line.insert("mimetype".to_owned(), metadata["mimetype"].clone());
    line.insert("etag".to_owned(), metadata["eTag"].clone());
    for field in ["created_at", "updated_at", "metadata", "last_accessed_at"] {
        line.insert(field.to_owned(), object[field].clone());
    }
    let mut text = Value::Object(line).to_string().into_bytes();
    text.push(b'\n');
    text
}

/// An object's size by its metadata: a number, or a text of digits.
pub(super) fn size(object: &Value) -> Option<u64> {
    let size = &object["metadata"]["size"];
    size.as_u64().or_else(|| size.as_str()?.parse().ok())
}

/// The fault that a listing's own file cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unwritable(error: io::Error) -> Fault {
    Fault::errored(format!("what was found cannot be written: {}", causes(&error)))
        .help("see whether the disk is full, and whether the backup's folder can be written")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Entry, Lines, of_api, size};

    #[test]
    fn a_line_of_the_api_is_read_again() {
        let object = json!({ "id": "1-2", "name": "x", "created_at": "2026-01-01T00:00:00.000Z",
            "updated_at": null, "metadata": { "eTag": "\"e\"", "size": 7, "mimetype": "a/b" } });
        let text = of_api("b", "ü\n\"", &object);
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1);
        let entry = Lines::new(&text[..]).next().unwrap().unwrap();
        assert_eq!((entry.bucket.as_str(), entry.name.as_str()), ("b", "ü\n\""));
        assert_eq!((entry.size, entry.etag.as_deref()), (Some(7), Some("\"e\"")));
        assert!(entry.is_current());
        assert_eq!(size(&json!({ "metadata": { "size": "12" } })), Some(12));
        assert_eq!(size(&json!({ "metadata": { "size": -1 } })), None);
        assert_eq!(size(&json!({ "metadata": null })), None);
    }

    #[test]
    fn what_is_archived_or_deleted_is_not_current() {
        let read = |more: &str| {
            let line = format!(r#"{{"bucket":"b","name":"n"{more}}}"#);
            Lines::new(line.as_bytes()).next().unwrap().unwrap()
        };
        assert!(read("").is_current());
        assert!(read(r#","archived_at":null,"is_delete_marker":false"#).is_current());
        assert!(!read(r#","archived_at":"2026""#).is_current());
        assert!(!read(r#","is_delete_marker":true"#).is_current());
    }

    #[test]
    fn a_broken_line_is_named_by_its_number_alone() {
        let mut lines = Lines::new(&b"{\"bucket\":\"b\",\"name\":\"jane\"}\n{\"name\":\"jane"[..]);
        assert_eq!(lines.next().unwrap().map(|entry: Entry| entry.name).as_deref(), Some("jane"));
        let fault = lines.next().unwrap_err().to_string();
        assert!(fault.contains("line 2") && !fault.contains("jane"), "{fault}");
        assert_eq!(Lines::new(&b""[..]).next(), Ok(None));
    }
}
