//! A backup in the making: objects without a manifest, and a marker that says whose they are.

use std::fmt;

use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};

use super::claim::{Claim, Outcome};
use super::{Bucket, Upload, answer};
use crate::backup::manifest::{MANIFEST, Manifest, SEAL};
use crate::backup::stop::Stop;
use crate::backup::store::Written;
use crate::backup::store::draft::check_files;
use crate::backup::store::holder::Holder;
use crate::backup::store::trouble::STAGE;
use crate::backup::store::writer::Sink;
use crate::fault::Fault;

/// Objects that are not yet a backup.
pub(in super::super) struct BucketDraft {
    bucket: Bucket,
    id: String,
    /// Taken when the draft ends, one way or the other.
    claim: Option<Claim>,
}

impl Bucket {
    pub(in super::super) fn begin(&self, id: &str, holder: &Holder) -> Result<BucketDraft, Fault> {
        let taken = |place: String| {
            let help = "names hold the time and a random number: try again";
            Err(Fault::errored("the name is taken").stage(STAGE).object(place).help(help))
        };
        self.wait(async {
            let path = self.marker(id);
            let claim = match Claim::create(self, path.clone(), holder).await? {
                Outcome::Ours(claim) => claim,
                Outcome::Theirs(_) => return taken(self.place(&path)),
            };
            let folder = self.path(id);
            match self.all(&folder).await {
                Ok(found) if found.is_empty() => {
                    Ok(BucketDraft { bucket: self.clone(), id: id.to_owned(), claim: Some(claim) })
                }
                other => {
                    claim.release().await;
                    other.and_then(|_| taken(self.place(&folder)))
                }
            }
        })
    }

    pub(super) fn marker(&self, id: &str) -> Path {
        self.path(&format!("drafts/{id}.json"))
    }

    pub(super) fn object(&self, id: &str, name: &str) -> Path {
        self.path(&format!("{id}/{name}"))
    }

    /// Removes all of a backup or of a draft, the manifest first.
    pub(super) async fn delete_all(&self, id: &str) -> Result<(), Fault> {
        self.delete(&self.object(id, MANIFEST)).await?;
        for found in self.all(&self.path(id)).await? {
            self.delete(&found.location).await?;
        }
        Ok(())
    }
}

impl BucketDraft {
    pub(in super::super) fn create(
        &self,
        name: &str,
        expected: u64,
        stop: &Stop,
    ) -> Result<Sink, Fault> {
        self.check()?;
        let path = self.bucket.object(&self.id, name);
        Ok(Sink::Upload(Box::new(Upload::new(&self.bucket, path, expected, stop.clone()))))
    }

    pub(in super::super) fn publish(
        mut self,
        manifest: &Manifest,
        written: Written,
    ) -> Result<(), Fault> {
        let bucket = self.bucket.clone();
        bucket.wait(self.write(manifest, written))?;
        // Whatever becomes of the marker now: with a manifest it is a backup.
        if let Some(claim) = self.claim.take() {
            bucket.wait(claim.release());
        }
        Ok(())
    }

    async fn write(&self, manifest: &Manifest, written: Written) -> Result<(), Fault> {
        let bucket = &self.bucket;
        check_files(manifest, &self.id, &bucket.sizes(&self.id).await?)?;
        // From here on nobody takes the draft for dead; and if somebody did, this fails.
        if let Some(claim) = &self.claim {
            claim.renew().await?;
        }
        let beside = bucket.object(&self.id, SEAL);
        let seal = written.seal.clone().unwrap_or_default();
        let put = bucket.0.s3.put(&beside, seal.into()).await;
        put.map_err(|error| bucket.fault(&error, &beside))?;
        let path = bucket.object(&self.id, MANIFEST);
        let options = PutOptions::from(PutMode::Create);
        match bucket.0.s3.put_opts(&path, written.text.clone().into(), options).await {
            Ok(_) => Ok(()),
            // Our own first try, whose answer was lost on the way.
            Err(error) if answer::is_refused_condition(&error) => {
                let found = bucket.fetch_manifest(&self.id).await?;
                if found.is_some_and(|found| found == written) {
                    return Ok(());
                }
                Err(bucket.fault(&error, &path))
            }
            Err(error) => Err(bucket.fault(&error, &path)),
        }
    }

    /// Whether nobody took it for dead.
    fn check(&self) -> Result<(), Fault> {
        self.claim.as_ref().map_or(Ok(()), Claim::check)
    }
}

impl Drop for BucketDraft {
    fn drop(&mut self) {
        let lost = self.check().is_err();
        let Some(claim) = self.claim.take() else { return };
        let (bucket, id) = (self.bucket.clone(), std::mem::take(&mut self.id));
        self.bucket.at_last(async move {
            // Who took it over removes it.
            if lost {
                return;
            }
            // The marker goes last, and stays if something does: the next run tidies then.
            if bucket.delete_all(&id).await.is_ok() {
                claim.release().await;
            }
        });
    }
}

impl fmt::Debug for BucketDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketDraft({}/{})", self.bucket.0.shown, self.id)
    }
}
