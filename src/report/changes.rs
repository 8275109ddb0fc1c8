//! What is different since the previous run of the same environment.
//!
//! ```text
//! newly failing  smoke::health
//! still failing  smoke::ready (since 2026-11-20 06:00:00 UTC)
//! slower         smoke::samples (100 ms -> 412 ms)
//! ```

use jiff::Timestamp;

use super::units;

/// What is different since the previous run. Its default is: nothing was compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Changes {
    /// Whether there was nothing to compare with.
    pub(crate) first: bool,
    /// The previous run's id, and when it began.
    pub(crate) previous: Option<(String, Timestamp)>,
    /// Trials that fail, and did not when they were last judged.
    pub(crate) newly_failing: Vec<String>,
    /// Trials that passed, and failed when they were last judged.
    pub(crate) fixed: Vec<String>,
    /// Trials that fail, as they did when they were last judged.
    pub(crate) still_failing: Vec<StillFailing>,
    /// Trials that were never judged before.
    pub(crate) new: Vec<String>,
    /// Trials that are known from before, and that no suite has any more.
    pub(crate) disappeared: Vec<String>,
    /// Trials whose latency has at least doubled, and grown by 50 ms or more.
    pub(crate) slower: Vec<Slower>,
    /// Why the comparison is less than it could be.
    pub(crate) notes: Vec<String>,
}

/// A trial that failed before and fails now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StillFailing {
    /// The trial's full name.
    pub(crate) id: String,
    /// The start of the first run of those in which it failed without a pass between.
    pub(crate) since: Timestamp,
}

/// A trial that became much slower.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slower {
    /// The trial's full name.
    pub(crate) id: String,
    /// The latency when it was last judged, in milliseconds.
    pub(crate) before_ms: f64,
    /// The latency now, in milliseconds.
    pub(crate) now_ms: f64,
}

/// A kind of change, and the trials it concerns: the name, and what is to be said beside it.
pub(crate) type Row = (&'static str, Vec<(String, String)>);

impl Changes {
    /// The changes in the order of their weight, kinds without any left out.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let bare = |ids: &[String]| ids.iter().map(|id| (id.clone(), String::new())).collect();
        let still = self
            .still_failing
            .iter()
            .map(|still| (still.id.clone(), format!(" (since {})", units::time(still.since))));
        let slower = self.slower.iter().map(|slower| {
            let before = units::duration(slower.before_ms);
            (slower.id.clone(), format!(" ({before} -> {})", units::duration(slower.now_ms)))
        });
        let rows: [Row; 6] = [
            ("newly failing", bare(&self.newly_failing)),
            ("still failing", still.collect()),
            ("fixed", bare(&self.fixed)),
            ("slower", slower.collect()),
            ("new", bare(&self.new)),
            ("disappeared", bare(&self.disappeared)),
        ];
        rows.into_iter().filter(|(_, items)| !items.is_empty()).collect()
    }
}
