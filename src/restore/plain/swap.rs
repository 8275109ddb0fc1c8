//! How a restore beside the old database ends: by both renames or by none, and by the server's own
//! word on which, also where the connection was lost while it was at them.

use std::time::Duration;

use super::{Plain, drop_database, lock, quiet};
use crate::database::{Session, Writer, quoted};
use crate::fault::Fault;
use crate::report::console::tell;
use crate::restore::serves::Serves;

/// How often a swap is tried: each time the server itself waits some seconds for sessions to end.
const TRIES: u32 = 12;

/// How often, and after how long, the server is asked again what became of a swap: one that has
/// crashed needs some time to come back.
const ASKED: u32 = 60;
const AGAIN: Duration = Duration::from_millis(500);

/// What a database that failed says of itself: nothing without it is ever removed as one.
const FAILED: &str = "smokedrill: kept from a restore that failed, until the next one";

/// How a swap went.
#[derive(Debug)]
pub(crate) struct Swapped {
    /// The old database's new name.
    pub(crate) before: String,
    /// Why an earlier one is still there.
    pub(crate) left: Vec<Fault>,
}

/// What serves, for the page.
pub(crate) const fn told(serves: Serves) -> &'static str {
    match serves {
        Serves::Before => "the staging of before, as it was",
        Serves::Restored => {
            "the restored staging, which was proved: both renames were committed, although the \
             connection was lost before the server said so; the staging of before is kept under \
             the name that says `before`"
        }
        Serves::Unknown => {
            "not known: the server does not say whether the restored database took the old one's \
             place; see the names and ages of its databases (`psql --list`) before anybody uses \
             it, and restore again"
        }
    }
}

impl Plain {
    /// Puts the new database in the place of the old one. An earlier one that cannot be removed
    /// makes no failure of it: by then the new one serves.
    ///
    /// # Errors
    /// It cannot be, or that is not known: see [`Plain::give_up`].
    pub(crate) async fn swap(&self) -> Result<Swapped, Fault> {
        let (new, old) = (self.name("restoring"), self.url.database());
        let mut earlier = [self.named("before").await?, self.kept().await?].concat();
        // One that goes on with an earlier restore has left the others' where they were.
        earlier.extend(self.named("restoring").await?.into_iter().filter(|name| *name != new));
        let before = self.before();
        let mut tries = 0;
        loop {
            self.quiet(&new).await?;
            self.quiet(old).await?;
            let Err(fault) = self.rename((old, &before), (&new, old)).await else { break };
            // Where the connection is lost, there is nothing to undo, and nothing to try again.
            if self.admin.run("rollback").await.is_err() {
                return Err(fault);
            }
            tries += 1;
            if tries == TRIES {
                let help = "the old database serves on, under its name; stop the application that \
                            comes back at once, and try again";
                return Err(fault.help(help));
            }
        }
        let mut left = Vec::new();
        for name in &earlier {
            left.extend(self.drop(name).await.err().map(|fault| fault.object(name)));
        }
        self.retire().await;
        Ok(Swapped { before, left })
    }

    /// The name of what served before, once it does not any more.
    pub(crate) fn before(&self) -> String {
        self.name("before")
    }

    /// Both or none, whatever happens.
    async fn rename(&self, one: (&str, &str), two: (&str, &str)) -> Result<(), Fault> {
        let rename = |(from, to): (&str, &str)| {
            format!("alter database {} rename to {}", quoted(from), quoted(to))
        };
        // What serves must not be another one after the server's crash.
        self.admin.run("begin; set local synchronous_commit = on").await?;
        let number = "select pg_catalog.pg_current_xact_id()::text";
        let row = self.admin.client().query_one(number, &[]).await;
        let row = row.map_err(|error| self.admin.said(&error))?;
        if let Ok(mut swap) = self.swap.lock() {
            *swap = Some(row.get(0));
        }
        let opening = self.opening(two.0).await?;
        self.admin.run(&format!("{opening}; {}; {}", rename(one), rename(two))).await?;
        self.admin.run("commit").await
    }

    /// Keeps what failed, to be looked at, and finds out what serves: where it is kept, and that.
    /// The session that all was done in may be lost, so that a new one is asked.
    pub(crate) async fn give_up(&self) -> (Option<String>, Serves) {
        let mut serves = Serves::Unknown;
        for asked in 0..ASKED {
            if asked > 0 {
                tokio::time::sleep(AGAIN).await;
            }
            if let Ok(Some(now)) = self.became().await {
                serves = now;
                break;
            }
        }
        let kept = match serves {
            Serves::Before => self.keep_failed().await.ok(),
            Serves::Restored | Serves::Unknown => None,
        };
        self.retire().await;
        (kept, serves)
    }

    /// What serves now; nothing, while a swap is still under way.
    async fn became(&self) -> Result<Option<Serves>, Fault> {
        let session = Session::open(&self.admin_url, "smokedrill restore").await?;
        let now = self.asked(&session).await.map_err(|error| session.said(&error));
        session.close().await;
        now
    }

    async fn asked(&self, session: &Session) -> Result<Option<Serves>, tokio_postgres::Error> {
        let number = self.swap.lock().ok().and_then(|swap| swap.clone());
        if let Some(number) = number {
            // Its session may not have noticed yet that nobody listens to it any more.
            if self.admin.is_lost() && self.process.end(session.client()).await? {
                return Ok(None);
            }
            // A server that has crashed may know nothing of a number that it gave out.
            let status = "select case when $1::text::xid8 < s.xmax
                    then coalesce(pg_catalog.pg_xact_status($1::text::xid8), 'aborted')
                    else 'aborted' end
                from (select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())) s (xmax)";
            let row = session.client().query_one(status, &[&number]).await?;
            if row.get::<_, String>(0) == "in progress" {
                return Ok(None);
            }
        }
        // The names say it: they change together, and a database keeps its number.
        let name = "select datname::text from pg_catalog.pg_database where oid = $1";
        let row = session.client().query_opt(name, &[&self.serves]).await?;
        let name: Option<String> = row.map(|row| row.get(0));
        Ok(Some(match name {
            Some(name) if name == self.url.database() => Serves::Before,
            Some(name) if name == self.before() => Serves::Restored,
            _ => Serves::Unknown,
        }))
    }

    /// Keeps what failed, and of all that failed that one alone; its name.
    ///
    /// # Errors
    /// It cannot be renamed, and stays under the name that it had.
    pub(super) async fn keep_failed(&self) -> Result<String, Fault> {
        let (new, failed) = (self.name("restoring"), self.name("failed"));
        let another;
        let admin = if self.admin.is_lost() {
            // With the session the lock has gone: whoever has it now may be at these databases.
            let permit = self.permit.beside(self.admin_url.database());
            another = Writer::open(&self.admin_url, "smokedrill restore", &permit).await?;
            lock(&another, self.url.database()).await?;
            &another
        } else {
            &self.admin
        };
        quiet(admin, &new).await?;
        // One message is one transaction: what carries this note may be removed by another restore.
        let keep = format!(
            "alter database {} rename to {}; comment on database {} is '{FAILED}'",
            quoted(&new),
            quoted(&failed),
            quoted(&failed)
        );
        admin.run(&keep).await?;
        for earlier in self.kept_by(admin).await? {
            if earlier != failed
                && let Err(fault) = drop_database(admin, &earlier).await
            {
                tell(&format!("warning: {earlier}: it stays: {}\n", fault.line()));
            }
        }
        Ok(failed)
    }

    /// What restores that failed have kept: by the name, and by what it says of itself.
    async fn kept(&self) -> Result<Vec<String>, Fault> {
        self.kept_by(&self.admin).await
    }

    async fn kept_by(&self, admin: &Writer) -> Result<Vec<String>, Fault> {
        let asked = "select datname::text from pg_catalog.pg_database
            where pg_catalog.shobj_description(oid, 'pg_database') = $1 order by 1";
        let rows = admin.client().query(asked, &[&FAILED]).await;
        let rows = rows.map_err(|error| admin.said(&error))?;
        Ok(self.ours("failed", rows.iter().map(|row| row.get(0))))
    }
}

#[cfg(test)]
#[path = "swap_tests.rs"]
mod tests;
