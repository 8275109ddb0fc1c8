//! Sources of backups: a production with its storage API.

use std::ops::Deref;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use smokedrill_demo::{Production, Storage};

/// A production, and its storage API.
pub(crate) struct Site {
    // The storage API goes first: it stands on the database.
    pub(crate) storage: Storage,
    pub(crate) production: Production,
}

impl Site {
    /// One that the test may change as it likes.
    pub(crate) fn own() -> Self {
        let production = Production::start(0).unwrap();
        Self { storage: production.storage().unwrap(), production }
    }
}

/// The one that all tests share. Its value is for one test at a time: there is one backup of a
/// source at once.
pub(crate) struct Shared {
    _turn: MutexGuard<'static, ()>,
    site: &'static Site,
}

impl Deref for Shared {
    type Target = Site;

    fn deref(&self) -> &Site {
        self.site
    }
}

/// Waits for the shared site; whoever has it leaves it as it was.
pub(crate) fn shared() -> Shared {
    static SITE: LazyLock<Site> = LazyLock::new(Site::own);
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Shared { _turn: turn, site: &SITE }
}
