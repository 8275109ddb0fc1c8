//! The content of one object: small ones whole, large ones piece by piece.

use std::time::Duration;

use http::{HeaderMap, header};
use url::Url;

use super::answer::{Trouble, bytes};
use super::api::Api;
use super::line::Entry;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// The most bytes that are kept in memory: an object up to this size is fetched ahead.
pub(super) const SMALL: u64 = 1024 * 1024;

/// What a large object may be asked for again in vain before it is given up.
const PAUSE: Duration = Duration::from_millis(200);

/// What came of asking for an object's content.
pub(super) enum Content {
    /// All of it.
    Whole { bytes: Vec<u8>, etag: Option<String> },
    /// The beginning of more than is kept in memory.
    Begun(Begun),
    /// It cannot be had.
    Missing(Trouble),
}

/// A content whose body is still to be read.
pub(super) struct Begun {
    url: Url,
    response: reqwest::Response,
    /// How long it is.
    pub(super) length: u64,
    pub(super) etag: Option<String>,
    received: u64,
}

/// Asks for an object's content.
///
/// # Errors
/// The API is out of order, or refuses the key: no other object would fare better.
pub(super) async fn open(api: &Api, entry: &Entry, stop: &Stop) -> Result<Content, Fault> {
    let url = match api.url(&format!("object/{}/{}", entry.bucket, entry.name)) {
        Ok(url) => url,
        Err(fault) => {
            let help = "rename it, or copy it by other means";
            return Ok(Content::Missing(Trouble::wrong(fault.line(), help)));
        }
    };
    let attempt = async || {
        let response = api.content(&url, 0).await?;
        let etag = etag(response.headers());
        // The header's, since the body's own is gone where it is decoded.
        let told = length(response.headers());
        match told.or(entry.size) {
            Some(length) if length > SMALL => {
                let url = url.clone();
                Ok(Content::Begun(Begun { url, response, length, etag, received: 0 }))
            }
            _ => Ok(Content::Whole { bytes: bytes(response, SMALL as usize).await?, etag }),
        }
    };
    match api.patience.ask(stop, attempt).await? {
        Ok(content) => Ok(content),
        Err(trouble) if trouble.is_of_one_object() => Ok(Content::Missing(trouble)),
        Err(trouble) => Err(trouble.fault(api.patience.tries)),
    }
}

impl Begun {
    /// The next piece; nothing at the end. Where the connection breaks, the rest is asked for.
    ///
    /// # Errors
    /// The rest cannot be had, or is no longer the same object's.
    pub(super) async fn piece(&mut self, api: &Api, stop: &Stop) -> Result<Option<Piece>, Fault> {
        let mut barren = 0;
        loop {
            if self.received >= self.length {
                return Ok(None);
            }
            let trouble = match stop.unless(self.response.chunk()).await? {
                Ok(Some(piece)) => {
                    self.received += piece.len() as u64;
                    if self.received > self.length {
                        return Err(changed());
                    }
                    return Ok(Some(piece.into()));
                }
                Ok(None) => Trouble::wrong("the answer is shorter than it said", "take it again"),
                Err(error) => Trouble::network(error),
            };
            barren += 1;
            if barren >= api.patience.tries {
                return Err(trouble.fault(barren));
            }
            stop.unless(tokio::time::sleep(PAUSE.min(api.patience.longest))).await?;
            self.resume(api, stop).await?;
        }
    }

    async fn resume(&mut self, api: &Api, stop: &Stop) -> Result<(), Fault> {
        let attempt = async || api.content(&self.url, self.received).await;
        let response = api.patience.ask(stop, attempt).await?;
        let response = response.map_err(|trouble| trouble.fault(api.patience.tries))?;
        let range = response.headers().get(header::CONTENT_RANGE);
        let range = range.and_then(|range| range.to_str().ok()).unwrap_or_default();
        let expected = format!("bytes {}-{}/{}", self.received, self.length - 1, self.length);
        // From the start again, if it knows no ranges: that would be the wrong place.
        let placed = self.received == 0 && range.is_empty() || range == expected;
        if !placed || etag(response.headers()) != self.etag {
            return Err(changed());
        }
        self.response = response;
        Ok(())
    }
}

/// A piece of a content.
pub(super) type Piece = Vec<u8>;

fn changed() -> Fault {
    Fault::errored("an object was replaced while it was read, or its rest cannot be asked for")
        .help("take the backup again, at a time with fewer uploads")
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn etag(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ETAG)?.to_str().ok()?;
    // What is in front of the server may weaken it, which changes no byte.
    Some(text.strip_prefix("W/").unwrap_or(text).to_owned())
}
