//! The printed table: a line for each figure, with its goal.

/// The head of the table.
pub(crate) const HEAD: &str = "\
| what | smokedrill | hurl | ratio | goal | |
|:--|--:|--:|--:|:--|:--|";

/// How a figure is written.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Milliseconds.
    Ms,
    /// Megabytes.
    Mb,
    /// Nothing.
    Times,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ms if value < 1_000.0 => format!("{value:.1} ms"),
            Self::Ms => format!("{:.2} s", value / 1_000.0),
            Self::Mb => format!("{value:.1} MB"),
            Self::Times => format!("{value:.2}"),
        }
    }
}

/// What a figure is held against.
pub(crate) enum Goal {
    /// At most so much of Hurl's.
    Ratio(f64),
    /// At most so much.
    Most(f64),
    /// From the first to the second.
    Within(f64, f64),
    /// It is there to be read.
    None,
}

/// Prints a line. A goal that needs a rival is left open without one.
pub(crate) fn line(what: &str, unit: Unit, ours: f64, theirs: Option<f64>, goal: &Goal) {
    let ratio = theirs.map(|theirs| ours / theirs);
    let verdict = |held| if held { "met" } else { "**missed**" };
    let (goal, verdict) = match *goal {
        Goal::Ratio(most) => {
            (format!("ratio ≤ {most:.2}"), ratio.map_or("", |ratio| verdict(ratio <= most)))
        }
        Goal::Most(most) => (format!("≤ {}", unit.show(most)), verdict(ours <= most)),
        Goal::Within(least, most) => (
            format!("{} to {}", unit.show(least), unit.show(most)),
            verdict((least..=most).contains(&ours)),
        ),
        Goal::None => (String::new(), ""),
    };
    let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
    let (ours, theirs) = (unit.show(ours), theirs.map(|t| unit.show(t)).unwrap_or_default());
    println!("| {what} | {ours} | {theirs} | {ratio} | {goal} | {verdict} |");
}
