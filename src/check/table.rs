//! A body as a table: RFC 4180, with the line of each row.

use csv::{ReaderBuilder, StringRecord};

/// A CSV document.
#[derive(Debug)]
pub(crate) struct Table {
    /// The first row; empty where there is none.
    pub(crate) header: Vec<String>,
    /// The rows below it. Their number of cells may differ from the header's.
    pub(crate) rows: Vec<Row>,
}

/// A row below the header.
#[derive(Debug)]
pub(crate) struct Row {
    /// The line of the document on which it begins, from 1.
    pub(crate) line: usize,
    /// Its cells.
    pub(crate) cells: StringRecord,
}

/// What is wrong with a document that is no CSV.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong there.
    pub(crate) message: String,
}

impl Table {
    /// Reads the text; a byte-order mark does not count, blank lines are no rows, quoted cells
    /// may hold line breaks.
    ///
    /// # Errors
    /// A quoted cell does not end.
    pub(crate) fn read(text: &str, delimiter: u8) -> Result<Self, Fault> {
        let text = without_mark(text);
        let mut reader = reader(text, delimiter);
        let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
        let mut table = Self { header: Vec::new(), rows: Vec::new() };
        let mut last = 0;
        let mut first = true;
        let mut cells = StringRecord::new();
        loop {
            match reader.read_record(&mut cells) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => return Err(Fault { line: lines.line, message: e.to_string() }),
            }
            let start = cells.position().map_or(0, csv::Position::byte);
            last = lines.advance(usize::try_from(start).unwrap_or(usize::MAX));
            if std::mem::take(&mut first) {
                table.header = cells.iter().map(str::to_owned).collect();
            } else {
                table.rows.push(Row { line: lines.line, cells: cells.clone() });
            }
        }
        if ends_quoted(text.get(last..).unwrap_or_default(), delimiter) {
            return Err(Fault { line: lines.line, message: "a quoted cell does not end".into() });
        }
        Ok(table)
    }

    /// The places of the columns of this name, from 0.
    pub(crate) fn columns(&self, name: &str) -> Vec<usize> {
        let named = self.header.iter().enumerate().filter(|(_, column)| *column == name);
        named.map(|(index, _)| index).collect()
    }
}

/// The delimiter that gives the first line the most cells; a comma where none gives more.
pub(crate) fn delimiter_of(text: &str) -> u8 {
    let line = without_mark(text).lines().find(|line| !line.is_empty()).unwrap_or_default();
    let count = |delimiter: u8| line.bytes().filter(|byte| *byte == delimiter).count();
    b"|\t;,".iter().copied().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// The text without the byte-order mark at its beginning.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// Whether the document ends within quotes. The reader takes that for the cell's end, but then
/// it also takes a further line for a part of the last row.
fn ends_quoted(last_row: &str, delimiter: u8) -> bool {
    let last_row = last_row.trim_start_matches(['\r', '\n']);
    let further = format!("{last_row}\nx");
    !last_row.is_empty() && reader(&further, delimiter).records().count() < 2
}

/// Counts lines as far as it was asked: the reader's own count is one behind after blank lines
/// and after CRLF.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// Moves to the row that begins at `start` or after the line breaks there; gives its place.
    fn advance(&mut self, start: usize) -> usize {
        while let Some(&byte) = self.text.get(self.at) {
            let breaks = matches!(byte, b'\n' | b'\r');
            if self.at >= start && !breaks {
                break;
            }
            let half = byte == b'\r' && self.text.get(self.at + 1) == Some(&b'\n');
            self.line += usize::from(breaks && !half);
            self.at += 1;
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Table, delimiter_of};

    #[test]
    fn rows_know_their_lines() {
        for text in [
            "\u{feff}a,b\n1,2\n\n\"3\n3\",4\n5,6,7\n",
            "a,b\r\n1,2\r\n\r\n\"3\r\n3\",4\r\n5,6,7",
            "a,b\r1,2\r\r\"3\r3\",4\r5,6,7\r\r",
        ] {
            let table = Table::read(text, b',').expect("a table");
            assert_eq!(table.header, ["a", "b"]);
            let rows: Vec<_> = table.rows.iter().map(|row| (row.line, row.cells.len())).collect();
            assert_eq!(rows, [(2, 2), (4, 2), (6, 3)], "{text:?}");
        }
    }

    #[test]
    fn an_open_quote_is_a_fault() {
        for (text, line) in [("a,b\n1,\"x\n2,3\n", 2), ("\"", 1), ("a\n\"\"\"", 2)] {
            let message = "a quoted cell does not end".to_owned();
            assert_eq!(Table::read(text, b',').err(), Some(Fault { line, message }), "{text:?}");
        }
        for text in ["", "\n\n", "a\n\"x\"", "a\n\"x\"\"\"\n", "a\nx\"y", "\u{feff}", "\"\""] {
            assert!(Table::read(text, b',').is_ok(), "{text:?}");
        }
    }

    #[test]
    fn delimiters_are_guessed() {
        for (text, delimiter) in
            [("a,b\n1;2;3", b','), ("a;b;c,d", b';'), ("a\tb", b'\t'), ("", b','), ("a", b',')]
        {
            assert_eq!(delimiter_of(text), delimiter, "{text:?}");
        }
    }
}
