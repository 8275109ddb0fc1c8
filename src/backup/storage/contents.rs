//! The contents of objects, into an archive (tar) with a line of hashes for each.
//!
//! Each entry is named after its bucket and its object's id, since a key may be any text; the
//! lines say which key that is:
//!
//! ```json
//! {"bucket":"invoices","name":"2026/1.pdf","entry":"invoices/7f3c…","bytes":4711,"sha256":"…"}
//! {"bucket":"uploads","name":"lost.jpg","missing":"it answers 500, InternalError","status":500}
//! ```
//!
//! An object that was replaced since the listing has its present content, and `"changed":true`.
//! Small objects are fetched some at a time and kept in memory until it is their turn; a large
//! one goes straight through.

use std::io::{self, BufRead, Write};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use super::api::Api;
use super::download::{Content, SMALL, open};
use super::line::{Entry, Lines, unwritable};
use crate::backup::manifest::Contents;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::suite::source::hex;

const STAGE: &str = "storage contents";

/// How many small objects are fetched at once.
const AT_ONCE: usize = 8;

/// The blocks of an archive.
const BLOCK: u64 = 512;

/// Of how many objects that were not found it is remembered which: more is no drift.
const MOST_ABSENT: usize = 1000;

/// After so many objects in a row that could not be had, it is asked whether the API is well.
const IN_A_ROW: u64 = 10;

/// Copies the contents of the objects that a listing's lines name. One that cannot be had is
/// counted as missing, and its line of hashes says why.
///
/// The result names no files, and not how many were to be expected: the caller knows.
///
/// # Errors
/// The API cannot be reached, refuses the key or is out of order; a listing's line cannot be
/// read; the archive or the hashes cannot be written.
pub(crate) async fn copy(
    api: &Api,
    lines: impl BufRead,
    archive: impl Write,
    hashes: impl Write,
    stop: &Stop,
) -> Result<Copied, Fault> {
    let (archive, copied, absent) = (Builder::new(archive), Contents::default(), Vec::new());
    let mut copying = Copying { api, stop, archive, hashes, copied, absent, row: 0 };
    copying.run(Lines::new(lines)).await.map_err(|fault| fault.stage(STAGE))?;
    Ok(Copied { contents: copying.copied, absent: copying.absent })
}

/// What was copied.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) contents: Contents,
    /// Bucket and key of those of the missing that the API does not know any more.
    pub(crate) absent: Vec<(String, String)>,
}

struct Copying<'a, A: Write, H> {
    api: &'a Api,
    stop: &'a Stop,
    archive: Builder<A>,
    hashes: H,
    copied: Contents,
    absent: Vec<(String, String)>,
    /// How many were missing in a row.
    row: u64,
}

impl<A: Write, H: Write> Copying<'_, A, H> {
    async fn run(&mut self, mut lines: Lines<impl BufRead>) -> Result<(), Fault> {
        // A key that is refused, or an API that is down, is told at once.
        self.api.buckets(STAGE, self.stop).await?;
        let (api, stop) = (self.api, self.stop);
        let mut ended = false;
        let entries = std::iter::from_fn(|| {
            // A broken line ends the listing: nothing after it can be trusted.
            let next = lines.next().transpose().filter(|_| !ended)?;
            ended = next.is_err();
            Some(next)
        });
        let current = entries.filter(|next| next.as_ref().map_or(true, Entry::is_current));
        let fetched = stream::iter(current).map(|entry| async move {
            let entry = entry?;
            // What is large waits for its turn before it is asked for.
            let small = entry.size.is_none_or(|size| size <= SMALL);
            let content = if small { Some(fetch(api, &entry, stop).await?) } else { None };
            Ok::<_, Fault>((entry, content))
        });
        let mut fetched = std::pin::pin!(fetched.buffered(AT_ONCE));
        while let Some(next) = fetched.next().await {
            stop.check()?;
            let (entry, content) = next?;
            let content = match content {
                Some(content) => content,
                None => fetch(api, &entry, stop).await?,
            };
            let place = |fault: Fault| fault.object(format!("bucket {}", entry.bucket));
            let line = self.keep(&entry, content).await.map_err(place)?;
            writeln!(self.hashes, "{line}").map_err(unwritable)?;
            if self.row > 0 && self.row.is_multiple_of(IN_A_ROW) {
                api.buckets(STAGE, stop).await?;
            }
        }
        self.archive.finish().map_err(unwritable)?;
        self.archive.get_mut().flush().map_err(unwritable)?;
        self.hashes.flush().map_err(unwritable)
    }

    /// Writes a content, and returns its line of hashes.
    async fn keep(&mut self, entry: &Entry, content: Content) -> Result<Value, Fault> {
        let (etag, length) = match &content {
            Content::Missing(trouble) => {
                return Ok(self.missing(entry, &trouble.to_string(), trouble.status));
            }
            Content::Whole { bytes, etag } => (etag.clone(), bytes.len() as u64),
            Content::Begun(begun) => (begun.etag.clone(), begun.length),
        };
        // The same hash and another size: it is not what was uploaded. Without a hash that
        // differs, nothing says that somebody replaced it.
        let differs = entry.size.is_some_and(|size| size != length);
        let changed = etag.is_some() && entry.etag.is_some() && etag != entry.etag;
        if differs && !changed {
            let why = format!("it has {length} bytes, and the listing says otherwise");
            return Ok(self.missing(entry, &why, None));
        }
        let name = entry_name(entry);
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(length);
        header.set_mode(0o600);
        header.set_mtime(0);
        // The header alone, for a long name too: the content follows piece by piece.
        self.archive.append_data(&mut header, &name, io::empty()).map_err(unwritable)?;
        let mut hash = Sha256::new();
        match content {
            Content::Missing(_) => {}
            Content::Whole { bytes, .. } => self.write(&bytes, &mut hash)?,
            Content::Begun(mut begun) => {
                while let Some(piece) = begun.piece(self.api, self.stop).await? {
                    self.write(&piece, &mut hash)?;
                }
            }
        }
        let padding = length.next_multiple_of(BLOCK) - length;
        let zeros = [0; BLOCK as usize];
        self.archive.get_mut().write_all(&zeros[..padding as usize]).map_err(unwritable)?;
        self.copied.objects += 1;
        self.copied.bytes += length;
        self.row = 0;
        let mut line = json!({ "bucket": entry.bucket, "name": entry.name, "entry": name,
            "bytes": length, "sha256": hex(&hash.finalize()) });
        if changed {
            self.copied.changed += 1;
            line["changed"] = true.into();
        }
        Ok(line)
    }

    fn write(&mut self, piece: &[u8], hash: &mut Sha256) -> Result<(), Fault> {
        hash.update(piece);
        self.archive.get_mut().write_all(piece).map_err(unwritable)
    }

    fn missing(&mut self, entry: &Entry, why: &str, status: Option<u16>) -> Value {
        self.copied.miss(&entry.bucket, status);
        self.row += 1;
        if status == Some(404) && self.absent.len() < MOST_ABSENT {
            self.absent.push((entry.bucket.clone(), entry.name.clone()));
        }
        json!({ "bucket": entry.bucket, "name": entry.name, "missing": why, "status": status })
    }
}

async fn fetch(api: &Api, entry: &Entry, stop: &Stop) -> Result<Content, Fault> {
    let place = |fault: Fault| fault.object(format!("bucket {}", entry.bucket));
    open(api, entry, stop).await.map_err(place)
}

/// The name of an object's entry. An id is letters, digits and hyphens; whatever else one is made
/// of, and an object without one, is named by a hash.
fn entry_name(entry: &Entry) -> String {
    let is_id =
        |id: &&String| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let id = entry.id.as_ref().filter(is_id).cloned();
    let key = format!("{}\0{}", entry.bucket, entry.name);
    let id = id.unwrap_or_else(|| hex(&Sha256::digest(key))[..32].to_owned());
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let bucket: String = entry.bucket.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    // Two buckets whose names are told apart by such characters alone still have their own ids.
    format!("{bucket}/{id}")
}
