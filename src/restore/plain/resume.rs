//! Going on in what an earlier restore has loaded: one that failed after that, and is kept, or one
//! that was killed.

use super::{Plain, is_id};
use crate::database::{ConnectionUrl, Permit, Session, quoted};
use crate::fault::Fault;
use crate::restore::loaded::Loaded;
use crate::restore::marker;

impl Plain {
    /// Takes the newest database over into which all of this was loaded, under the name of one that
    /// is being restored: what was loaded, and where it is.
    ///
    /// # Errors
    /// There is none, or what is there must not be gone on with: why.
    pub(crate) async fn resume(
        &self,
        wanted: &Loaded,
    ) -> Result<(ConnectionUrl, Permit, Loaded), Fault> {
        let serving = Session::open(&self.url, "smokedrill restore").await?;
        let marker = marker::read(&serving).await;
        serving.close().await;
        let marker = marker?;
        let mut names = [self.named("failed").await?, self.named("restoring").await?].concat();
        names.sort_by(|one, other| id_of(other).cmp(id_of(one)));
        let mut reasons = Vec::new();
        for name in names {
            // Of one that was killed, a session may still be at work.
            self.quiet(&name).await?;
            let session = Session::open(&self.url.to(&name), "smokedrill restore").await?;
            let found = wanted.resumable(&session, marker.as_ref()).await;
            session.close().await;
            match found? {
                Err(reason) => reasons.push(format!("{name}: {reason}")),
                Ok(loaded) => {
                    let new = self.name("restoring");
                    self.quiet(&name).await?;
                    let (from, to) = (quoted(&name), quoted(&new));
                    let take = format!(
                        "alter database {from} rename to {to};
                        comment on database {to} is null"
                    );
                    self.admin.run(&take).await?;
                    return Ok((self.url.to(&new), self.permit.beside(&new), loaded));
                }
            }
        }
        if reasons.is_empty() {
            reasons.push("no database of an earlier restore is there".to_owned());
        }
        let message = format!("there is nothing to resume: {}", reasons.join("; "));
        Err(Fault::usage(message).help("restore again from the beginning, without `--resume`"))
    }
}

/// The part of a name that tells the restore, in whose order they were made.
fn id_of(name: &str) -> &str {
    let id = name.rmatch_indices('_').nth(1).map(|(at, _)| &name[at + 1..]);
    id.filter(|id| is_id(id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::part;
    use super::*;

    #[test]
    fn the_newest_is_told_by_its_id_whatever_stands_before_it() {
        assert_eq!(id_of(&format!("a_failed_{}", part("1"))), part("1"));
        assert_eq!(id_of("postgres"), "");
    }
}
