//! Values that are nobody's.

use std::collections::HashSet;

use super::spelling::plain;
use crate::masking::people::Trait;

/// The digits of a telephone number, without what stands for a plus.
fn digits(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(rest) if !value.trim_start().starts_with('+') => rest.to_owned(),
        _ => digits,
    }
}

/// Values that stay, since they are nobody's. There are few, and each value is asked of, so what
/// cannot be one of them is seen not to be at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    addresses: HashSet<String>,
    /// The lengths of the addresses.
    lengths: Vec<usize>,
    digits: HashSet<String>,
    names: HashSet<String>,
}

impl Allowed {
    pub(crate) fn new(values: &[String]) -> Self {
        let (addresses, others): (Vec<&String>, Vec<&String>) =
            values.iter().partition(|value| value.contains('@'));
        let numbers = others.iter().map(|value| digits(value)).filter(|digits| digits.len() >= 7);
        Self {
            lengths: addresses.iter().map(|value| value.len()).collect(),
            addresses: addresses.iter().map(|value| address(value)).collect(),
            digits: numbers.collect(),
            names: others.iter().map(|value| plain(value)).collect(),
        }
    }

    /// Whether a value stays.
    pub(crate) fn has(&self, what: Trait, value: &str) -> bool {
        match what {
            Trait::Email => {
                let bare = value.trim();
                self.lengths.contains(&bare.len()) && self.addresses.contains(&address(bare))
            }
            Trait::Phone => !self.digits.is_empty() && self.digits.contains(&digits(value)),
            Trait::Name => !self.names.is_empty() && self.names.contains(&plain(value)),
        }
    }
}

fn address(value: &str) -> String {
    value.trim().to_lowercase()
}
