//! Where a restore goes: beside the database that serves, or into it.

use std::path::Path;

use super::hosted::left::Left;
use super::hosted::{self, InPlace};
use super::migrations::{self, Migrations};
use super::plain::{self, Plain};
use super::serves::Serves;
use crate::database::{ConnectionUrl, Permit, Session};
use crate::fault::Fault;

/// What was restored, waiting to take its place.
pub(crate) enum Place {
    /// A database beside the one that serves.
    Beside(Box<Plain>, Box<Left>),
    /// The one that serves, in a transaction that is open.
    Within(Box<InPlace>),
}

/// How it took its place.
pub(crate) struct Taken {
    /// The old database's new name, where there is one.
    pub(crate) before: Option<String>,
    /// Why an earlier one is still there.
    pub(crate) left: Vec<Fault>,
}

impl Place {
    /// What was left as it is, or out.
    pub(crate) fn left(&self) -> &Left {
        match self {
            Self::Beside(_, left) => left,
            Self::Within(place) => place.left(),
        }
    }

    /// The only session that sees what was restored, where not every one does.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn session(&self) -> Result<Option<Session>, Fault> {
        match self {
            Self::Beside(..) => Ok(None),
            Self::Within(place) => place.reading().await.map(Some),
        }
    }

    /// Applies the project's pending migrations.
    ///
    /// # Errors
    /// They cannot be read; the connection is lost.
    pub(crate) async fn migrate(
        &self,
        folder: &Path,
        url: &ConnectionUrl,
        (application, permit): (&str, &Permit),
    ) -> Result<Migrations, Fault> {
        match self {
            Self::Beside(..) => migrations::apply(folder, url, application, permit).await,
            Self::Within(place) => migrations::apply_within(folder, place.writer()).await,
        }
    }

    /// Has it serve.
    ///
    /// # Errors
    /// It does not.
    pub(crate) async fn take(&self) -> Result<Taken, Fault> {
        match self {
            Self::Beside(plain, _) => {
                let swapped = plain.swap().await?;
                Ok(Taken { before: Some(swapped.before), left: swapped.left })
            }
            Self::Within(place) => {
                place.commit().await.map(|()| Taken { before: None, left: Vec::new() })
            }
        }
    }

    /// Keeps what failed, or undoes it: where it is kept, and what serves.
    pub(crate) async fn give_up(&self) -> (Option<String>, Serves) {
        match self {
            Self::Beside(plain, _) => plain.give_up().await,
            Self::Within(place) => (None, place.give_up().await),
        }
    }

    /// What serves, for the page.
    pub(crate) const fn told(&self, serves: Serves) -> &'static str {
        match self {
            Self::Beside(..) => plain::told(serves),
            Self::Within(_) => hosted::told(serves),
        }
    }

    /// How it took its place, where the server says that it did and nobody had heard so.
    pub(crate) fn taken(&self) -> Taken {
        let before = match self {
            Self::Beside(plain, _) => Some(plain.before()),
            Self::Within(_) => None,
        };
        Taken { before, left: Vec::new() }
    }
}

/// What serves where nothing took its place.
pub(crate) const BEFORE: &str = plain::told(Serves::Before);

/// What serves where a restore was committed, and something failed after it.
pub(crate) const COMMITTED: &str = hosted::told(Serves::Restored);
