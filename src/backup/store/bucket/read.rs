//! Finding and reading backups, and taking them away.

use std::io::{self, Read};

use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore as _, ObjectStoreExt as _};
use tokio::task::JoinHandle;

use super::{Bucket, answer};
use crate::backup::id::is_id;
use crate::backup::manifest::{MANIFEST, SEAL};
use crate::backup::store::folder::{MOST, too_large};
use crate::backup::store::trouble::{self, STAGE};
use crate::backup::store::{Listed, Sizes, Whole, Written, complete, parsed};
use crate::fault::Fault;

/// A file is read in blocks, the next while this one is used: each has its own time limit and is
/// tried again by itself, and two are held.
const BLOCK: u64 = 4 * 1024 * 1024;

/// How many manifests are fetched at once.
const AT_ONCE: usize = 4;

impl Bucket {
    pub(in super::super) fn list(&self) -> Result<Vec<Listed>, Fault> {
        self.wait(async {
            let root = self.root();
            let found = self.0.s3.list_with_delimiter(root.as_ref()).await;
            let found = found.map_err(|error| self.fault(&error, &root.unwrap_or_default()))?;
            let names = found.common_prefixes.iter().filter_map(Path::filename);
            let mut ids: Vec<String> = names.filter(|id| is_id(id)).map(str::to_owned).collect();
            ids.sort_unstable_by(|a, b| b.cmp(a));
            if ids.is_empty() {
                self.doubt().await?;
            }
            let manifests = futures_util::stream::iter(ids).map(|id| async move {
                let whole = self.whole(&id).await.transpose()?;
                Some(Listed::new(id, whole))
            });
            Ok(manifests.buffered(AT_ONCE).filter_map(std::future::ready).collect().await)
        })
    }

    /// To the client a web page with status 200 is an empty listing. Who answers so has an answer
    /// for what cannot be there, too.
    async fn doubt(&self) -> Result<(), Fault> {
        let path = self.path(&format!("probe/{:016x}", fastrand::u64(..)));
        match self.0.s3.get(&path).await {
            Ok(_) => {
                let help = "check that the endpoint is that of an S3-compatible store";
                Err(Fault::errored("the store answers what makes no sense")
                    .stage(STAGE)
                    .object(&self.0.shown)
                    .help(help))
            }
            Err(error) if answer::is_missing(&error) => Ok(()),
            Err(error) => Err(self.fault(&error, &path)),
        }
    }

    /// A backup's manifest, if its files are all there; nothing where it is no backup.
    async fn whole(&self, id: &str) -> Result<Option<Whole>, Fault> {
        let mut written = self.fetch_manifest(id).await?;
        if written.is_none() {
            // A draft, or one on its way out: either has a marker.
            for marker in ["drafts", "removed"] {
                let marker = self.path(&format!("{marker}/{id}.json"));
                if self.is_there(&marker).await? {
                    return Ok(None);
                }
            }
            // Published, or removed, since it was asked for.
            written = self.fetch_manifest(id).await?;
        }
        let stored = self.sizes(id).await?;
        match written {
            Some(written) => complete(parsed(id, &written)?, &stored).map(Some),
            None if stored.is_empty() => Ok(None),
            None => Err(trouble::missing(id, MANIFEST)),
        }
    }

    /// What is stored of a backup.
    pub(in super::super) fn stored(&self, id: &str) -> Result<Sizes, Fault> {
        self.wait(self.sizes(id))
    }

    /// Leaves an empty object in a backup.
    pub(in super::super) fn leave(&self, id: &str, name: &str) -> Result<(), Fault> {
        let path = self.object(id, name);
        let put = self.wait(self.0.s3.put(&path, Vec::new().into()));
        put.map(drop).map_err(|error| self.fault(&error, &path))
    }

    /// Takes such an object away.
    pub(in super::super) fn take_away(&self, id: &str, name: &str) -> Result<(), Fault> {
        self.wait(self.delete(&self.object(id, name)))
    }

    /// What is stored of a backup or a draft.
    pub(super) async fn sizes(&self, id: &str) -> Result<Sizes, Fault> {
        let folder = self.path(id);
        let sizes = self.all(&folder).await?.into_iter().map(|found| {
            let key = found.location.as_ref();
            let name = key.strip_prefix(folder.as_ref()).unwrap_or(key);
            (name.trim_start_matches('/').to_owned(), found.size)
        });
        Ok(sizes.collect())
    }

    pub(in super::super) fn manifest(&self, id: &str) -> Result<Written, Fault> {
        let found = self.wait(self.fetch_manifest(id))?;
        found.ok_or_else(|| trouble::no_backup(id, &self.0.shown))
    }

    pub(super) async fn fetch_manifest(&self, id: &str) -> Result<Option<Written>, Fault> {
        let Some(text) = self.fetch(id, MANIFEST).await? else { return Ok(None) };
        Ok(Some(Written { text, seal: self.fetch(id, SEAL).await? }))
    }

    /// A small file; nothing where there is none.
    async fn fetch(&self, id: &str, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let path = self.object(id, name);
        let fault = |error: Error| self.fault(&error, &path);
        let found = match self.0.s3.get(&path).await {
            Ok(found) => found,
            Err(error) if answer::is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        if found.meta.size > MOST {
            return Err(too_large(&self.place(&path)));
        }
        Ok(Some(found.bytes().await.map_err(fault)?.into()))
    }

    /// Asked with a GET whose body is not read: the answer to a HEAD does not tell a missing
    /// object from a missing bucket.
    pub(super) async fn is_backup(&self, id: &str) -> Result<bool, Fault> {
        self.is_there(&self.object(id, MANIFEST)).await
    }

    async fn is_there(&self, path: &Path) -> Result<bool, Fault> {
        match self.0.s3.get(path).await {
            Ok(_) => Ok(true),
            Err(error) if answer::is_missing(&error) => Ok(false),
            Err(error) => Err(self.fault(&error, path)),
        }
    }

    pub(in super::super) fn open_file(
        &self,
        id: &str,
        name: &str,
    ) -> Result<Box<dyn Read + Send>, Fault> {
        let found = self.find(id, name)?;
        let mut reader = Reader {
            bucket: self.clone(),
            path: found.location,
            e_tag: found.e_tag,
            size: found.size,
            asked: 0,
            next: None,
            block: Vec::new(),
            used: 0,
        };
        reader.ask();
        Ok(Box::new(reader))
    }

    fn find(&self, id: &str, name: &str) -> Result<object_store::ObjectMeta, Fault> {
        self.wait(async {
            let path = self.object(id, name);
            match self.0.s3.head(&path).await {
                Ok(found) => Ok(found),
                // A HEAD's answer does not say whether the bucket is missing; a GET's does.
                Err(error) if answer::is_missing(&error) => match self.fetch_manifest(id).await? {
                    Some(_) => Err(trouble::missing(id, name)),
                    None => Err(trouble::no_backup(id, &self.0.shown)),
                },
                Err(error) => Err(self.fault(&error, &path)),
            }
        })
    }

    pub(in super::super) fn remove(&self, id: &str) -> Result<(), Fault> {
        self.wait(async {
            // One that has lost its manifest is told of as damaged, and can be removed.
            if self.whole(id).await.is_ok_and(|whole| whole.is_none()) {
                return Err(trouble::no_backup(id, &self.0.shown));
            }
            // Whoever tidies ends what is killed on its way.
            let marker = self.path(&format!("removed/{id}.json"));
            let put = self.0.s3.put(&marker, "{}\n".into()).await;
            put.map_err(|error| self.fault(&error, &marker))?;
            self.delete_all(id).await?;
            self.delete(&marker).await
        })
    }
}

/// A file, block by block, as one version of it.
struct Reader {
    bucket: Bucket,
    path: Path,
    e_tag: Option<String>,
    size: u64,
    asked: u64,
    next: Option<JoinHandle<Result<Vec<u8>, Error>>>,
    block: Vec<u8>,
    used: usize,
}

impl Reader {
    /// Begins to fetch the next block, if there is one.
    fn ask(&mut self) {
        let range = self.asked..self.size.min(self.asked + BLOCK);
        if range.is_empty() {
            return;
        }
        self.asked = range.end;
        let options = GetOptions {
            range: Some(range.into()),
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        let (bucket, path) = (self.bucket.clone(), self.path.clone());
        self.next = Some(self.bucket.0.runtime.spawn(async move {
            let found = bucket.0.s3.get_opts(&path, options).await?;
            Ok(found.bytes().await?.into())
        }));
    }

    /// The next block; an empty one at the end.
    fn fetch(&mut self) -> Result<Vec<u8>, Fault> {
        let Some(next) = self.next.take() else { return Ok(Vec::new()) };
        let before = self.asked;
        let fetched = self.bucket.wait(next);
        let fault = |error: Error| {
            if matches!(error, Error::Precondition { .. }) {
                let place = self.bucket.place(&self.path);
                return Fault::errored("it was changed while it was read")
                    .stage(STAGE)
                    .object(place);
            }
            self.bucket.fault(&error, &self.path)
        };
        let block = fetched.map_err(Error::from).and_then(|fetched| fetched).map_err(fault)?;
        let expected = (before - 1) % BLOCK + 1;
        if block.len() as u64 != expected {
            let message = format!("the store sent {} bytes instead of {expected}", block.len());
            let place = self.bucket.place(&self.path);
            return Err(Fault::errored(message).stage(STAGE).object(place));
        }
        self.ask();
        Ok(block)
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.used == self.block.len() {
            // The old block goes before the new one comes.
            self.block = Vec::new();
            self.used = 0;
            self.block = self.fetch().map_err(io::Error::other)?;
        }
        let rest = &self.block[self.used..];
        let taken = rest.len().min(bytes.len());
        bytes[..taken].copy_from_slice(&rest[..taken]);
        self.used += taken;
        Ok(taken)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(next) = &self.next {
            next.abort();
        }
    }
}
