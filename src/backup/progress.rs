//! How far a long reading has come: written by the thread that reads, shown by another.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Shared between the thread at work and whoever shows it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    tables: AtomicU64,
    of_tables: AtomicU64,
    table: Mutex<Option<String>>,
}

/// How far it has come at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Uncompressed bytes.
    pub(crate) bytes: u64,
    /// Tables that were read to their end.
    pub(crate) tables: u64,
    /// Tables in all; 0 until the table of contents is read.
    pub(crate) of_tables: u64,
    /// The table at hand, such as `public.jobs`.
    pub(crate) table: Option<String>,
}

impl Progress {
    /// How far it has come.
    pub(crate) fn reached(&self) -> Reached {
        Reached {
            bytes: self.bytes.load(Ordering::Relaxed),
            tables: self.tables.load(Ordering::Relaxed),
            of_tables: self.of_tables.load(Ordering::Relaxed),
            table: self.table.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// So many bytes more.
    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many tables there will be.
    pub(crate) fn expect_tables(&self, tables: usize) {
        self.of_tables.store(tables as u64, Ordering::Relaxed);
    }

    /// This table begins.
    pub(crate) fn begin_table(&self, name: String) {
        *self.table.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
    }

    /// The table at hand is over.
    pub(crate) fn end_table(&self) {
        self.tables.fetch_add(1, Ordering::Relaxed);
        *self.table.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
