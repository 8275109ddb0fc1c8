//! Lines into the order of their keys' bytes, in constant memory.
//!
//! Up to some megabytes are sorted in memory. More of them go to unnamed temporary files as
//! sorted runs, which are merged at the end. A key is personal data, and a backup may be one that
//! leaves nothing plain on any disk: so each run is encrypted (age), to a key that is made here
//! and forgotten here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek as _, Write as _};
use std::iter::once;

use age::x25519::Identity;
use age::{Decryptor, Encryptor, Recipient};

use crate::fault::{Fault, causes};

/// How many bytes are kept in memory before they become a run.
const RUN: usize = 8 * 1024 * 1024;

/// What a line takes beside its bytes.
const OVERHEAD: usize = 64;

/// Sorts lines by their keys. Of lines with one key, the first that came is kept.
pub(super) struct Sorter {
    lines: Vec<(String, Vec<u8>)>,
    bytes: usize,
    limit: usize,
    runs: Vec<File>,
    identity: Identity,
}

impl Sorter {
    pub(super) fn new() -> Self {
        let identity = Identity::generate();
        Self { lines: Vec::new(), bytes: 0, limit: RUN, runs: Vec::new(), identity }
    }

    /// Takes a line in.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    pub(super) fn push(&mut self, key: String, line: Vec<u8>) -> Result<(), Fault> {
        self.bytes += key.len() + line.len() + OVERHEAD;
        self.lines.push((key, line));
        if self.bytes < self.limit {
            return Ok(());
        }
        let run = self.spill().map_err(fault)?;
        self.runs.push(run);
        Ok(())
    }

    /// Gives the lines out in order.
    ///
    /// # Errors
    /// A temporary file cannot be read, or what takes the lines has one.
    pub(super) fn finish(
        mut self,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sort();
        let mut runs = Vec::new();
        for file in std::mem::take(&mut self.runs) {
            runs.push(Run::open(file, &self.identity).map_err(fault)?);
        }
        let mut memory = std::mem::take(&mut self.lines).into_iter();
        let last = runs.len();
        // The heap has one line of each run, and one of those in memory, which came last.
        let mut next = |run: usize| match runs.get_mut(run) {
            Some(file) => file.next().map_err(fault),
            None => Ok(memory.next()),
        };
        let mut heap = BinaryHeap::new();
        for run in 0..=last {
            heap.extend(next(run)?.map(|(key, line)| Reverse((key, run, line))));
        }
        let mut before: Option<String> = None;
        while let Some(Reverse((key, run, line))) = heap.pop() {
            if before.as_ref() != Some(&key) {
                take(&key, &line)?;
            }
            before = Some(key);
            heap.extend(next(run)?.map(|(key, line)| Reverse((key, run, line))));
        }
        Ok(())
    }

    /// A stable sort, so that the first of one key stays before the others.
    fn sort(&mut self) {
        self.lines.sort_by(|one, next| one.0.cmp(&next.0));
    }

    fn spill(&mut self) -> std::io::Result<File> {
        self.sort();
        let recipient = self.identity.to_public();
        let recipients = once(&recipient as &dyn Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(std::io::Error::other)?;
        let file = tempfile::tempfile()?;
        let mut sealed = encryptor.wrap_output(BufWriter::new(file))?;
        for (key, line) in self.lines.drain(..) {
            for part in [key.as_bytes(), &line] {
                sealed.write_all(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes())?;
                sealed.write_all(part)?;
            }
        }
        self.bytes = 0;
        let mut file = sealed.finish()?.into_inner().map_err(|error| error.into_error())?;
        file.rewind()?;
        Ok(file)
    }
}

/// A run that is read.
struct Run(Box<dyn Read + Send>);

impl Run {
    fn open(file: File, identity: &Identity) -> std::io::Result<Self> {
        let decryptor = Decryptor::new(BufReader::new(file)).map_err(std::io::Error::other)?;
        let plain = decryptor.decrypt(once(identity as &dyn age::Identity));
        Ok(Self(Box::new(plain.map_err(std::io::Error::other)?)))
    }

    fn next(&mut self) -> std::io::Result<Option<(String, Vec<u8>)>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let key = self.part(length)?;
        self.0.read_exact(&mut length)?;
        let line = self.part(length)?;
        Ok(Some((String::from_utf8(key).map_err(std::io::Error::other)?, line)))
    }

    fn part(&mut self, length: [u8; 4]) -> std::io::Result<Vec<u8>> {
        let mut part = vec![0; u32::from_le_bytes(length) as usize];
        self.0.read_exact(&mut part)?;
        Ok(part)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn fault(error: std::io::Error) -> Fault {
    Fault::errored(format!("the listing cannot be sorted on disk: {}", causes(&error)))
        .help("see whether there is space for temporary files (TMPDIR)")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::Sorter;

    fn sorted(limit: usize, lines: &[(String, Vec<u8>)]) -> (usize, Vec<(String, Vec<u8>)>) {
        let mut sorter = Sorter { limit, ..Sorter::new() };
        for (key, line) in lines {
            sorter.push(key.clone(), line.clone()).unwrap();
        }
        let (runs, mut out) = (sorter.runs.len(), Vec::new());
        let take = |key: &str, line: &[u8]| {
            out.push((key.to_owned(), line.to_owned()));
            Ok(())
        };
        sorter.finish(take).unwrap();
        (runs, out)
    }

    proptest! {
        #[test]
        fn lines_come_out_as_a_map_has_them(lines: Vec<(String, Vec<u8>)>, limit in 50..2000_usize) {
            let mut map = BTreeMap::new();
            for (key, line) in &lines {
                map.entry(key.clone()).or_insert_with(|| line.clone());
            }
            let (_, out) = sorted(limit, &lines);
            prop_assert_eq!(out, map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn runs_are_not_plain_on_the_disk() {
        let lines: Vec<_> =
            (0..1000).map(|n| (format!("jane-doe-{}", n % 997), vec![b'j'; 9])).collect();
        assert_eq!(sorted(20_000, &lines).0, 4);
        let mut sorter = Sorter { limit: 1, ..Sorter::new() };
        sorter.push("jane-doe".to_owned(), b"jane-doe\n".to_vec()).unwrap();
        let mut text = Vec::new();
        sorter.runs[0].read_to_end(&mut text).unwrap();
        assert!(text.starts_with(b"age-encryption.org/"));
        assert!(!text.windows(8).any(|window| window == b"jane-doe"));
    }
}
