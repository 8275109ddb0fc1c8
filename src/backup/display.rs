//! How far a backup has got: a bar on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress::{Progress, Reached};
use crate::report::console::tell;
use crate::report::units::size;

/// How often a bar is drawn anew.
const DRAW: Duration = Duration::from_millis(200);
/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(15);

/// Shows a progress until it is dropped.
pub(crate) struct Display {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Shows how far it has got towards so many bytes, which are an estimate.
    pub(crate) fn start(progress: &Arc<Progress>, title: &str, estimate: u64) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (progress, ended) = (Arc::clone(progress), Arc::clone(&over));
        let title = title.to_owned();
        let thread = std::thread::spawn(move || match std::io::stderr().is_terminal() {
            true => bar(&progress, &title, estimate, &ended),
            false => lines(&progress, &title, estimate, &ended),
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn bar(progress: &Progress, title: &str, estimate: u64, over: &AtomicBool) {
    let bar = ProgressBar::with_draw_target(Some(estimate), ProgressDrawTarget::stderr());
    let form = "{prefix} {bar:24} {bytes} of about {total_bytes}, {bytes_per_sec}, about {eta} left  {msg}";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar.set_prefix(title.to_owned());
    while !over.load(Ordering::SeqCst) {
        let now = progress.reached();
        // An estimate that was too low moves on: a bar that is full says that all is done.
        bar.set_length(estimate.max(now.bytes));
        bar.set_position(now.bytes);
        bar.set_message(tables(&now));
        std::thread::park_timeout(DRAW);
    }
    bar.finish_and_clear();
}

fn lines(progress: &Progress, title: &str, estimate: u64, over: &AtomicBool) {
    let begun = Instant::now();
    let mut told = begun;
    while !over.load(Ordering::SeqCst) {
        if told.elapsed() >= LINE {
            told = Instant::now();
            let now = progress.reached();
            let left = left(now.bytes, estimate, begun.elapsed());
            let left = left.map(|left| format!(", about {left} left")).unwrap_or_default();
            let bytes = size(now.bytes);
            let tables = tables(&now);
            tell(&format!("{title}: {bytes} of about {}{left}; {tables}\n", size(estimate)));
        }
        std::thread::park_timeout(DRAW);
    }
}

fn tables(now: &Reached) -> String {
    let done = format!("{} of {} tables done", now.tables, now.of_tables);
    match &now.table {
        None => done,
        Some(table) => format!("{done}, now {table}"),
    }
}

/// The time that is left, should it go on as it went so far.
fn left(done: u64, estimate: u64, elapsed: Duration) -> Option<String> {
    let (done, estimate) = (done as f64, estimate as f64);
    let seconds = elapsed.as_secs_f64() * (estimate - done) / done;
    let told = seconds.is_finite() && seconds > 0.0;
    told.then(|| humantime::format_duration(Duration::from_secs(seconds as u64)).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Reached, left, tables};

    #[test]
    fn what_is_left_follows_from_what_went() {
        let minute = Duration::from_secs(60);
        assert_eq!(left(1_000, 4_000, minute).as_deref(), Some("3m"));
        assert_eq!(left(0, 4_000, minute), None);
        assert_eq!(left(5_000, 4_000, minute), None);
    }

    #[test]
    fn the_table_under_way_is_named() {
        let table = Some("public.jobs".to_owned());
        let now = Reached { bytes: 7, tables: 3, of_tables: 41, table };
        assert_eq!(tables(&now), "3 of 41 tables done, now public.jobs");
        assert_eq!(tables(&Reached { table: None, ..now }), "3 of 41 tables done");
    }
}
