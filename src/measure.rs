//! A figure that a test took, with the threshold that it was held against.
//!
//! ```json
//! { "name": "uncompressed data", "value": 108212345.0, "unit": "bytes",
//!   "limit": { "at": "least", "value": 100000000.0 } }
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::report::units;

/// A figure that a test took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Of what, in a few words.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of which unit.
    pub unit: Unit,
    /// What it was held against, where there is a threshold.
    pub limit: Option<Limit>,
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes; thousands of them are kB, as sizes of disks are told.
    Bytes,
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
}

/// A threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Which side of it is well.
    pub at: Side,
    /// Where it is, in the figure's unit.
    pub value: f64,
}

/// Which side of a threshold is well; the threshold itself always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// This or more.
    Least,
    /// This or less.
    Most,
}

impl Measure {
    /// A figure that is held against nothing.
    pub(crate) fn new(name: &str, value: f64, unit: Unit) -> Self {
        Self { name: name.to_owned(), value, unit, limit: None }
    }

    /// A number of things. The journal's numbers are exact up to 2^53.
    pub(crate) fn count(name: &str, count: u64) -> Self {
        Self::new(name, count as f64, Unit::Count)
    }

    /// A size.
    pub(crate) fn bytes(name: &str, bytes: u64) -> Self {
        Self::new(name, bytes as f64, Unit::Bytes)
    }

    /// A time that something took.
    pub(crate) fn seconds(name: &str, seconds: f64) -> Self {
        Self::new(name, seconds, Unit::Seconds)
    }

    /// Held against a threshold below which it is wrong.
    pub(crate) fn at_least(self, value: f64) -> Self {
        Self { limit: Some(Limit { at: Side::Least, value }), ..self }
    }

    /// Held against a threshold above which it is wrong.
    pub(crate) fn at_most(self, value: f64) -> Self {
        Self { limit: Some(Limit { at: Side::Most, value }), ..self }
    }

    /// Whether it keeps its threshold.
    pub fn holds(&self) -> bool {
        match self.limit {
            None => true,
            Some(Limit { at: Side::Least, value }) => self.value >= value,
            Some(Limit { at: Side::Most, value }) => self.value <= value,
        }
    }

    /// The figure with its unit.
    pub fn shown(&self) -> String {
        shown(self.value, self.unit)
    }

    /// The threshold in words, such as `at least 100 MB`.
    pub fn threshold(&self) -> Option<String> {
        let limit = self.limit?;
        let side = match limit.at {
            Side::Least => "at least",
            Side::Most => "at most",
        };
        Some(format!("{side} {}", shown(limit.value, self.unit)))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.shown())?;
        match self.threshold() {
            Some(threshold) => write!(f, " ({threshold})"),
            None => Ok(()),
        }
    }
}

fn shown(value: f64, unit: Unit) -> String {
    match unit {
        // Negative and fractional sizes do not occur; a journal from elsewhere may hold them.
        Unit::Bytes => units::size(value.max(0.0) as u64),
        Unit::Seconds => units::duration(value * 1000.0),
        Unit::Count => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_told_with_its_unit_and_its_threshold() {
        let size = Measure::bytes("data", 108_212_345).at_least(100e6);
        assert_eq!(size.to_string(), "data 108.2 MB (at least 100.0 MB)");
        assert!(size.holds());
        assert!(!Measure::bytes("data", 99_999_999).at_least(100e6).holds());
        let time = Measure::seconds("backup", 901.0).at_most(900.0);
        assert_eq!(time.to_string(), "backup 15 min 01 s (at most 15 min 00 s)");
        assert!(!time.holds());
        assert_eq!(Measure::count("rows", 343_527).to_string(), "rows 343527");
    }
}
