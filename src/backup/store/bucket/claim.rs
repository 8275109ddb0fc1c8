//! An object that says who is at work, and is renewed for as long as they are.
//!
//! ```json
//! { "holder": { "actor": "jane", … }, "token": "8f2e…", "beat": 17 }
//! ```
//!
//! Each write of it is conditional on the one before (by ETag), so whoever takes over an expired
//! one cannot do so twice, and who lost it learns that at the next renewal.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use object_store::{PutMode, PutOptions, UpdateVersion};
use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::{Bucket, answer};
use crate::backup::store::holder::Holder;
use crate::backup::store::trouble::STAGE;
use crate::fault::Fault;

/// What the object holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) holder: Holder,
    /// Tells this claim from every other.
    token: String,
    /// Makes each content another, and with it the ETag, which some stores take of the content.
    beat: u64,
}

/// An object of somebody, as it is found.
pub(super) struct Found {
    /// Nothing where its text makes no sense.
    pub(super) mark: Option<Mark>,
    pub(super) meta: ObjectMeta,
}

/// What comes of claiming.
pub(super) enum Outcome {
    Ours(Claim),
    Theirs(Found),
}

/// An object of ours, renewed until this is dropped.
pub(super) struct Claim {
    shared: Arc<Shared>,
    beat: JoinHandle<()>,
}

struct Shared {
    bucket: Bucket,
    path: Path,
    state: Mutex<State>,
    lost: OnceCell<Fault>,
}

struct State {
    mark: Mark,
    version: UpdateVersion,
}

impl Claim {
    /// Writes the object where there is none.
    pub(super) async fn create(
        bucket: &Bucket,
        path: Path,
        holder: &Holder,
    ) -> Result<Outcome, Fault> {
        let mark = Mark::new(holder);
        // Whoever holds it may let go between two requests.
        for _ in 0..3 {
            match bucket.put_mark(&path, &mark, PutMode::Create).await {
                Ok(version) => return Ok(Outcome::Ours(Self::start(bucket, path, mark, version))),
                Err(error) if answer::is_refused_condition(&error) => {}
                Err(error) => return Err(bucket.fault(&error, &path)),
            }
            let Some(found) = bucket.mark(&path).await? else { continue };
            // Our own first try, whose answer was lost on the way.
            if found.mark.as_ref().is_some_and(|theirs| theirs.token == mark.token) {
                let version = version(&found.meta);
                return Ok(Outcome::Ours(Self::start(bucket, path, mark, version)));
            }
            return Ok(Outcome::Theirs(found));
        }
        let place = bucket.place(&path);
        Err(Fault::errored("it comes and goes too fast").stage(STAGE).object(place))
    }

    /// Takes over an object that has expired; nothing if somebody else was faster.
    pub(super) async fn take_over(
        bucket: &Bucket,
        path: Path,
        holder: &Holder,
        found: &ObjectMeta,
    ) -> Result<Option<Self>, Fault> {
        let mark = Mark::new(holder);
        match bucket.put_mark(&path, &mark, PutMode::Update(version(found))).await {
            Ok(version) => Ok(Some(Self::start(bucket, path, mark, version))),
            Err(error) if answer::is_refused_condition(&error) => Ok(None),
            Err(error) => Err(bucket.fault(&error, &path)),
        }
    }

    fn start(bucket: &Bucket, path: Path, mark: Mark, version: UpdateVersion) -> Self {
        let state = Mutex::new(State { mark, version });
        let shared = Shared { bucket: bucket.clone(), path, state, lost: OnceCell::new() };
        let shared = Arc::new(shared);
        let beating = Arc::clone(&shared);
        let beat = bucket.0.runtime.spawn(async move {
            while beating.lost.get().is_none() {
                tokio::time::sleep(beating.bucket.0.pace.beat).await;
                // What fails now may succeed next time: it expires only after several.
                let _ = beating.renew().await;
            }
        });
        Self { shared, beat }
    }

    /// Renews it now: whoever has it afterwards has it for a while.
    pub(super) async fn renew(&self) -> Result<(), Fault> {
        self.shared.renew().await
    }

    /// Whether it is still ours, as far as is known.
    pub(super) fn check(&self) -> Result<(), Fault> {
        self.shared.lost.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Ends the renewing, and removes the object if it is ours.
    pub(super) async fn release(self) {
        let shared = Arc::clone(&self.shared);
        drop(self);
        // A renewal that was on its way does no harm: it is conditional on what is removed here.
        let state = shared.state.lock().await;
        if let Ok(Some(found)) = shared.bucket.mark(&shared.path).await
            && found.mark.is_some_and(|mark| mark.token == state.mark.token)
        {
            let _ = shared.bucket.delete(&shared.path).await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

impl Shared {
    async fn renew(&self) -> Result<(), Fault> {
        let mut state = self.state.lock().await;
        for _ in 0..2 {
            if let Some(fault) = self.lost.get() {
                return Err(fault.clone());
            }
            state.mark.beat += 1;
            let mode = PutMode::Update(state.version.clone());
            match self.bucket.put_mark(&self.path, &state.mark, mode).await {
                Ok(version) => {
                    state.version = version;
                    return Ok(());
                }
                Err(error) if answer::is_refused_condition(&error) => {}
                Err(error) => return Err(self.bucket.fault(&error, &self.path)),
            }
            match self.bucket.mark(&self.path).await? {
                // A renewal whose answer was lost on the way.
                Some(Found { mark: Some(mark), meta }) if mark.token == state.mark.token => {
                    state.version = version(&meta);
                }
                other => {
                    let _ = self.lost.set(self.lost_to(other));
                }
            }
        }
        self.lost.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    fn lost_to(&self, found: Option<Found>) -> Fault {
        let who = match found.and_then(|found| found.mark) {
            Some(mark) => format!("it was taken over by {}", mark.holder),
            None => "somebody removed it".to_owned(),
        };
        let message = format!("this process could not renew it in time, and {who}");
        let help = "look at the network; then make the backup again";
        Fault::errored(message).stage(STAGE).object(self.bucket.place(&self.path)).help(help)
    }
}

impl Mark {
    fn new(holder: &Holder) -> Self {
        let token = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        Self { holder: holder.clone(), token, beat: 0 }
    }
}

impl Bucket {
    async fn put_mark(
        &self,
        path: &Path,
        mark: &Mark,
        mode: PutMode,
    ) -> Result<UpdateVersion, Error> {
        let text = serde_json::to_vec_pretty(mark).unwrap_or_default();
        let put = self.0.s3.put_opts(path, text.into(), PutOptions::from(mode)).await?;
        Ok(UpdateVersion { e_tag: put.e_tag, version: None })
    }

    /// The object as it is now; nothing where there is none.
    pub(super) async fn mark(&self, path: &Path) -> Result<Option<Found>, Fault> {
        let found = match self.0.s3.get(path).await {
            Ok(found) => found,
            Err(error) if answer::is_missing(&error) => return Ok(None),
            Err(error) => return Err(self.fault(&error, path)),
        };
        let meta = found.meta.clone();
        // Ours is some hundred bytes.
        if meta.size > 64 * 1024 {
            return Ok(Some(Found { mark: None, meta }));
        }
        let text = found.bytes().await.map_err(|error| self.fault(&error, path))?;
        Ok(Some(Found { mark: serde_json::from_slice(&text).ok(), meta }))
    }
}

fn version(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: None }
}
