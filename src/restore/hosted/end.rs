//! How a restore in place ends: committed or undone, by the server's own word.

use std::time::Duration;

use super::InPlace;
use crate::database::Session;
use crate::fault::Fault;
use crate::restore::serves::Serves;

/// How often, and after how long, the server is asked again what became of a transaction.
const ASKED: u32 = 20;
const AGAIN: Duration = Duration::from_millis(250);

/// What serves, for the page.
pub(crate) const fn told(serves: Serves) -> &'static str {
    match serves {
        Serves::Before => {
            "the staging of before, as it was: the restore was one transaction, and all of it was \
             undone"
        }
        Serves::Restored => {
            "the restored staging, which was proved and committed before what failed; a restore \
             replaces it as a whole"
        }
        Serves::Unknown => {
            "not known: the server does not say whether the restore was committed or undone, and \
             it is one or the other as a whole; restore again before anybody uses it"
        }
    }
}

impl InPlace {
    /// Has everybody see it.
    ///
    /// # Errors
    /// It was undone, or that is not known.
    pub(crate) async fn commit(&self) -> Result<(), Fault> {
        // What serves must not be another one after the server's crash.
        self.writer.run("set local synchronous_commit = on; commit").await?;
        // A migration may have ended the transaction before, in its own way.
        match self.became().await?.as_str() {
            "committed" => Ok(()),
            status => Err(Fault::errored(format!("the transaction was not committed: {status}"))),
        }
    }

    /// Undoes what is not committed, and finds out what serves. The session ends with it.
    pub(crate) async fn give_up(&self) -> Serves {
        for _ in 0..ASKED {
            match self.became().await.as_deref() {
                Ok("committed") => return Serves::Restored,
                Ok("aborted") => return Serves::Before,
                _ => tokio::time::sleep(AGAIN).await,
            }
        }
        Serves::Unknown
    }

    async fn became(&self) -> Result<String, Fault> {
        let session = Session::open(&self.url, "smokedrill restore").await?;
        // What it is at may take its time: whoever has given up does not wait for it.
        let ended = self.process.end(session.client()).await;
        let asked = "select coalesce(pg_catalog.pg_xact_status($1::text::xid8), '')";
        let row = session.client().query_one(asked, &[&self.number]).await;
        let said = ended.and(row).map(|row| row.get(0)).map_err(|error| session.said(&error));
        session.close().await;
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::ConnectionUrl;
    use crate::database::testing::{database, permit};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_committed_is_on_the_disk_when_that_is_told() {
        let url = ConnectionUrl::parse(&database("synchronous").await).unwrap();
        let permit = permit(&url).await;
        let place = InPlace::begin(&url, "smokedrill test", &permit).await.unwrap();
        // What is deferred runs within the commit.
        let setup = "create table public.seen (setting text); create table public.t (id int);
            create function public.see() returns trigger language plpgsql as
                'begin insert into public.seen values (current_setting(''synchronous_commit'')); return null; end';
            create constraint trigger see after insert on public.t deferrable initially deferred
                for each row execute function public.see();
            set local session_replication_role = origin; insert into public.t values (1)";
        place.writer().run(setup).await.unwrap();
        place.commit().await.unwrap();
        let session = Session::open(&url, "smokedrill test").await.unwrap();
        let seen = session.client().query_one("select setting from public.seen", &[]).await;
        assert_eq!(seen.unwrap().get::<_, String>(0), "on");
    }
}
