//! The right to back up one source, which machines agree on by conditional writes.

use std::fmt;

use super::Bucket;
use super::claim::{Claim, Outcome};
use crate::backup::store::holder::{Holder, encoded};
use crate::backup::store::trouble::{self, STAGE};
use crate::fault::Fault;

/// The right to back up one source. It lasts while it is renewed; see [`check`](Self::check).
pub(in super::super) struct BucketLock {
    bucket: Bucket,
    claim: Option<Claim>,
}

impl Bucket {
    pub(in super::super) fn lock(
        &self,
        source: &str,
        holder: &Holder,
    ) -> Result<BucketLock, Fault> {
        let claim = self.wait(self.claim_source(source, holder))?;
        Ok(BucketLock { bucket: self.clone(), claim: Some(claim) })
    }

    async fn claim_source(&self, source: &str, holder: &Holder) -> Result<Claim, Fault> {
        let path = self.path(&format!("locks/{}.json", encoded(source)));
        let expiry = self.0.pace.lock_expiry;
        // Each turn somebody else was faster.
        for _ in 0..3 {
            let found = match Claim::create(self, path.clone(), holder).await? {
                Outcome::Ours(claim) => return Ok(claim),
                Outcome::Theirs(found) => found,
            };
            let quiet = self.clock().await? - found.meta.last_modified.timestamp_millis();
            let quiet = std::time::Duration::from_millis(u64::try_from(quiet).unwrap_or(0));
            if quiet <= expiry {
                let who = found.mark.map(|mark| mark.holder.to_string());
                let who = who.unwrap_or_else(|| "another process".to_owned());
                let message = format!(
                    "{} (last sign of life {} s ago)",
                    trouble::taken(source, &self.0.shown, &who),
                    quiet.as_secs()
                );
                let help = format!(
                    "wait for its end; if its process is gone, the lock is free {} \
                     minutes after its last sign of life",
                    expiry.as_secs() / 60
                );
                return Err(Fault::errored(message).stage(STAGE).object(source).help(help));
            }
            if let Some(claim) = Claim::take_over(self, path.clone(), holder, &found.meta).await? {
                return Ok(claim);
            }
        }
        let help = "others want to back it up too: try again";
        Err(Fault::errored("the lock changes hands too fast")
            .stage(STAGE)
            .object(source)
            .help(help))
    }
}

impl BucketLock {
    pub(in super::super) fn check(&self) -> Result<(), Fault> {
        self.claim.as_ref().map_or(Ok(()), Claim::check)
    }

    #[cfg(test)]
    pub(in super::super) fn renew_now(&self) {
        if let Some(claim) = &self.claim {
            let _ = self.bucket.wait(claim.renew());
        }
    }
}

impl Drop for BucketLock {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.bucket.at_last(claim.release());
        }
    }
}

impl fmt::Debug for BucketLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketLock({})", self.bucket.0.shown)
    }
}
