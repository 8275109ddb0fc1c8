//! Where a log ends: its last whole line, and what stands behind that.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::line::{Line, Read};

/// How much is read at first; a line has seldom a hundredth of it.
const WINDOW: u64 = 64 * 1024;

/// Where a log ends.
#[derive(Debug)]
pub(super) struct Tail {
    /// The last whole line.
    pub(super) last: Option<Line>,
    /// How many bytes stand behind its newline.
    pub(super) behind: u64,
    /// Whether the file's last byte is a newline, or there is none at all.
    pub(super) closed: bool,
}

impl Tail {
    /// Looks from the end back.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let mut window = WINDOW.min(size);
        loop {
            let mut bytes = vec![0; usize::try_from(window).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, size - window)?;
            let closed = bytes.last().is_none_or(|byte| *byte == b'\n');
            // The window's first line may lack its beginning.
            let from = match window == size {
                true => 0,
                false => {
                    bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1)
                }
            };
            let mut end = bytes.len();
            while end > from {
                let body = &bytes[from..end];
                let body = body.strip_suffix(b"\n").unwrap_or(body);
                let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                if let Read::Whole(line) = Read::of(&body[start..]) {
                    let behind = (bytes.len() - end) as u64;
                    return Ok(Self { last: Some(*line), behind, closed });
                }
                end = from + start;
            }
            if window == size {
                return Ok(Self { last: None, behind: size, closed });
            }
            window = (window * 2).min(size);
        }
    }
}
