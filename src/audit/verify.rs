//! Judging a log: what was altered, removed, inserted or moved.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use super::finding::{Finding, What};
use super::head::{Beside, Head};
use super::line::{Line, Read};
use super::log::{Kind, Last, lock};

/// A log in which nothing is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verified {
    /// How many lines it has.
    pub(crate) lines: u64,
    /// The first.
    pub(crate) first: Option<Last>,
    /// The last.
    pub(crate) last: Option<Last>,
    /// Where in the file, in lines from 1, writes were cut off by a kill: no harm, but to be told.
    pub(crate) torn: Vec<u64>,
}

/// A line that a log must hold, noted down elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    /// Its hash.
    pub(crate) line: String,
    /// Where it is noted down, for people to read.
    pub(crate) by: String,
}

/// Judges a log in which these lines must occur.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn verify(path: &Path, noted: &[Noted]) -> Result<Verified, Vec<Finding>> {
    let read = read(path);
    let (parts, beside) = read.map_err(|error| {
        let message = format!("cannot be read: {error}");
        vec![Finding { line: None, what: What::Unreadable, message }]
    })?;
    let mut judge = Judge::new(&parts);
    judge.walk(&parts);
    judge.end(&beside);
    for Noted { line, by } in noted {
        if !judge.hashes.contains_key(line.as_str()) {
            let short: String = line.chars().take(12).collect();
            let message = format!("the line {short}… is gone, which is noted down in {by}");
            judge.find(None, What::Removed, message);
        }
    }
    judge.verdict()
}

/// What stands in the file between two newlines.
struct Part {
    /// Its line, from 1.
    at: u64,
    bytes: u64,
    /// Whether a newline ends it.
    closed: bool,
    read: Read,
}

/// Reads log and head as they are at one moment.
fn read(path: &Path) -> io::Result<(Vec<Part>, Beside)> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let beside = match Head::read(path)? {
                Beside::Missing => Beside::Head(Head::new(0, None)),
                other => other,
            };
            return Ok((Vec::new(), beside));
        }
        Err(error) => return Err(error),
    };
    lock(&file, Kind::Shared)?;
    let mut reader = BufReader::new(&file);
    let mut parts = Vec::new();
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        let body = bytes.strip_suffix(b"\n");
        let (closed, body) = (body.is_some(), body.unwrap_or(&bytes));
        let at = parts.len() as u64 + 1;
        parts.push(Part { at, bytes: body.len() as u64, closed, read: Read::of(body) });
        bytes.clear();
    }
    Ok((parts, Head::read(path)?))
}

struct Judge<'a> {
    /// Where in the file each whole line stands first, by hash.
    hashes: HashMap<&'a str, u64>,
    /// The numbers of all lines that can be read.
    numbers: BTreeSet<u64>,
    /// The number of the last line of the chain.
    seq: u64,
    /// What the next line must be bound to; nothing where that is not known.
    bound_to: Option<Option<&'a str>>,
    first: Option<&'a Line>,
    last: Option<&'a Line>,
    torn: Vec<u64>,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    fn new(parts: &'a [Part]) -> Self {
        let mut hashes = HashMap::new();
        let mut numbers = BTreeSet::new();
        for part in parts {
            match &part.read {
                Read::Whole(line) => {
                    hashes.entry(line.hash.as_str()).or_insert(part.at);
                    numbers.insert(line.seq);
                }
                Read::Altered(line) => drop(numbers.insert(line.seq)),
                Read::Foreign => {}
            }
        }
        let (torn, findings) = (Vec::new(), Vec::new());
        let bound_to = Some(None);
        Self { hashes, numbers, seq: 0, bound_to, first: None, last: None, torn, findings }
    }

    fn find(&mut self, line: Option<u64>, what: What, message: impl Into<String>) {
        self.findings.push(Finding { line, what, message: message.into() });
    }

    fn walk(&mut self, parts: &'a [Part]) {
        // Parts that are no whole lines, since the last one that is.
        let mut odd: Vec<&Part> = Vec::new();
        for part in parts {
            match &part.read {
                Read::Whole(line) => {
                    self.odd(&odd, line.torn, Some(line.seq));
                    odd.clear();
                    self.whole(part.at, line);
                }
                _ => odd.push(part),
            }
        }
        let closed = odd.last().is_none_or(|part| part.closed);
        let bytes = bytes(&odd);
        self.odd(&odd, (!closed).then_some(bytes), None);
    }

    /// Parts between whole lines: torn, if the next line said as much when it was written.
    fn odd(&mut self, parts: &[&'a Part], torn: Option<u64>, next: Option<u64>) {
        if torn.is_some_and(|torn| torn == bytes(parts)) {
            self.torn.extend(parts.iter().map(|part| part.at));
            return;
        }
        if torn.is_some() && parts.is_empty() {
            let at = self.last.and_then(|line| self.hashes.get(line.hash.as_str())).copied();
            let message = "what stood after it, torn off by a kill, is gone";
            self.find(at, What::Removed, message);
        }
        // As many as are missing up to the next line were lines once.
        let missing = next.map_or(u64::MAX, |next| next.saturating_sub(self.seq + 1));
        let mut left = missing.min(parts.len() as u64);
        for part in parts {
            match &part.read {
                Read::Altered(line) => {
                    let message = format!(
                        "altered: what it says does not fit its hash (it calls itself number {})",
                        line.seq
                    );
                    self.find(Some(part.at), What::Altered, message);
                    if line.seq == self.seq + 1 {
                        self.seq = line.seq;
                        self.bound_to = None;
                        left = left.saturating_sub(1);
                    }
                }
                _ if left > 0 && next.is_some() => {
                    self.find(Some(part.at), What::Altered, "altered: it is no line of a log");
                    self.seq += 1;
                    self.bound_to = None;
                    left -= 1;
                }
                _ => self.find(Some(part.at), What::Inserted, "it is no line of a log"),
            }
        }
    }

    fn whole(&mut self, at: u64, line: &'a Line) {
        let (seq, next) = (line.seq, self.seq + 1);
        if let Some(what) = &line.head {
            let message = format!(
                "when it was written, the head was {what}: lines before it may have been removed"
            );
            self.find(Some(at), What::Unproved, message);
        }
        let earlier = self.hashes.get(line.hash.as_str()).copied().filter(|first| *first < at);
        if let Some(first) = earlier {
            self.find(Some(at), What::Inserted, format!("inserted: it is line {first} again"));
            return;
        }
        if seq < next {
            let message = format!("it is number {seq}, and stands behind number {}", self.seq);
            self.find(Some(at), What::Reordered, message);
            return;
        }
        if seq > next {
            let gone = (next..seq).filter(|number| !self.numbers.contains(number)).take(1_000);
            let gone: Vec<_> = gone.collect();
            match (gone.first(), gone.len()) {
                (Some(first), count) => {
                    let s = if count == 1 { "" } else { "s" };
                    let message =
                        format!("before it, {count} line{s} from number {first} are gone");
                    self.find(Some(at), What::Removed, message);
                }
                (None, _) => {
                    let message = format!("it is number {seq}, and stands before number {next}");
                    self.find(Some(at), What::Reordered, message);
                }
            }
        } else if self.bound_to.is_some_and(|hash| hash != line.previous.as_deref()) {
            let message = "it is bound to another line than stands before it: one was replaced";
            self.find(Some(at), What::Altered, message);
        }
        self.seq = seq;
        self.bound_to = Some(Some(&line.hash));
        self.first.get_or_insert(line);
        self.last = Some(line);
    }

    /// Compares the end with what the head says of it.
    fn end(&mut self, beside: &Beside) {
        match beside {
            Beside::Head(head) if head.lines > self.seq => {
                let count = head.lines - self.seq;
                let message = format!("its last lines are gone: {count}, by the head beside it");
                self.find(None, What::Removed, message);
            }
            Beside::Head(head) => {
                let known = |hash: &String| self.hashes.contains_key(hash.as_str());
                if !head.hash.as_ref().is_none_or(known) {
                    let message =
                        format!("number {} is not the one that the head knows", head.lines);
                    self.find(None, What::Altered, message);
                }
            }
            Beside::Missing if self.seq == 0 && self.torn.is_empty() => {}
            Beside::Missing | Beside::Damaged => {
                let how = if *beside == Beside::Missing { "gone" } else { "damaged" };
                let message =
                    format!("the head beside it is {how}: last lines may have been removed");
                self.find(None, What::Unproved, message);
            }
        }
    }

    fn verdict(self) -> Result<Verified, Vec<Finding>> {
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let told = |line: Option<&Line>| line.cloned().map(Last::from);
        Ok(Verified {
            lines: self.seq,
            first: told(self.first),
            last: told(self.last),
            torn: self.torn,
        })
    }
}

/// The bytes of some parts, with the newlines between them.
fn bytes(parts: &[&Part]) -> u64 {
    let all: u64 = parts.iter().map(|part| part.bytes + 1).sum();
    all.saturating_sub(1)
}
