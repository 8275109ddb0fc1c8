//! Taking away what the dead have left, by the store's clock.

use std::time::Duration;

use object_store::ObjectMeta;

use super::Bucket;
use super::claim::Claim;
use crate::backup::id::is_id;
use crate::backup::store::holder::Holder;
use crate::fault::Fault;

impl Bucket {
    pub(in super::super) fn tidy(&self) -> Result<Vec<String>, Fault> {
        self.wait(async {
            let mut lines = self.tidy_removed().await?;
            let drafts = self.all(&self.path("drafts")).await?;
            let probes = self.all(&self.path("probe")).await?;
            if !drafts.is_empty() || !probes.is_empty() {
                let now = self.clock().await?;
                let expiry = self.0.pace.draft_expiry;
                for draft in drafts.iter().filter(|draft| older(draft, now, expiry)) {
                    lines.extend(self.tidy_draft(draft).await?);
                }
                for probe in probes.iter().filter(|probe| older(probe, now, expiry)) {
                    self.delete(&probe.location).await?;
                }
            }
            lines.sort_unstable();
            Ok(lines)
        })
    }

    /// Ends removals that were killed on their way. To help with one that is not does no harm.
    async fn tidy_removed(&self) -> Result<Vec<String>, Fault> {
        let mut lines = Vec::new();
        for marker in self.all(&self.path("removed")).await? {
            let Some(id) = id_of(&marker) else { continue };
            // The manifest goes first: where it is there, the removal could not even begin, and the
            // backup has counted as a good one since.
            if self.is_backup(&id).await? {
                self.delete(&marker.location).await?;
                continue;
            }
            self.delete_all(&id).await?;
            self.delete(&marker.location).await?;
            lines.push(format!("what was left of {id}, removed before"));
        }
        Ok(lines)
    }

    /// Removes the draft of an expired marker. The marker is taken over first: from then on its
    /// maker, if alive after all, can publish no more.
    async fn tidy_draft(&self, marker: &ObjectMeta) -> Result<Option<String>, Fault> {
        let Some(id) = id_of(marker) else { return Ok(None) };
        let path = &marker.location;
        let Some(found) = self.mark(path).await? else { return Ok(None) };
        if found.meta.e_tag != marker.e_tag {
            // It was renewed after it was listed.
            return Ok(None);
        }
        let maker = found.mark.map(|mark| mark.holder);
        let who = maker.as_ref().map_or("an unknown maker".to_owned(), ToString::to_string);
        let holder =
            maker.unwrap_or_else(|| Holder::new("unknown", "unknown", jiff::Timestamp::now()));
        let taken = Claim::take_over(self, path.clone(), &holder, &found.meta).await?;
        let Some(claim) = taken else { return Ok(None) };
        // Killed between the manifest and the marker's end: a whole backup.
        if self.is_backup(&id).await? {
            claim.release().await;
            return Ok(None);
        }
        self.delete_all(&id).await?;
        claim.release().await;
        Ok(Some(format!("an unfinished backup, {id}, of {who}")))
    }
}

/// The backup that a marker is of; nothing for what is foreign.
fn id_of(marker: &ObjectMeta) -> Option<String> {
    let id = marker.location.filename()?.strip_suffix(".json")?;
    is_id(id).then(|| id.to_owned())
}

fn older(found: &ObjectMeta, now: i64, than: Duration) -> bool {
    let age = now - found.last_modified.timestamp_millis();
    u128::try_from(age).is_ok_and(|age| age > than.as_millis())
}
