//! Values that look like somebody's, and are nobody's.

use std::collections::BTreeSet;

/// What a canary looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Email,
    Phone,
    Name,
    Card,
    Iban,
    Password,
    Bearer,
    ApiKey,
    Address,
    Session,
}

/// Each kind once.
pub(super) const KINDS: [Kind; 10] = [
    Kind::Email,
    Kind::Phone,
    Kind::Name,
    Kind::Card,
    Kind::Iban,
    Kind::Password,
    Kind::Bearer,
    Kind::ApiKey,
    Kind::Address,
    Kind::Session,
];

impl Kind {
    /// As the result names it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Card => "card number",
            Self::Iban => "IBAN",
            Self::Password => "password",
            Self::Bearer => "bearer token",
            Self::ApiKey => "API key",
            Self::Address => "IP address",
            Self::Session => "session cookie",
        }
    }

    /// The key that applications have it under.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Card => "card_number",
            Self::Iban => "iban",
            Self::Password => "password",
            Self::Bearer => "authorization",
            Self::ApiKey => "api_key",
            Self::Address => "ip_address",
            Self::Session => "sessionid",
        }
    }

    /// The header that it comes in.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Email => "X-Customer-Email",
            Self::Phone => "X-Customer-Phone",
            Self::Name => "X-Customer-Name",
            Self::Card => "X-Card-Number",
            Self::Iban => "X-Iban",
            Self::Password => "X-Password",
            Self::Bearer => "Authorization",
            Self::ApiKey => "X-Api-Key",
            Self::Address => "X-Forwarded-For",
            Self::Session => "X-Session-Id",
        }
    }

    /// As it stands in a text: in the words that programs write around it.
    pub(super) fn phrase(self, value: &str) -> String {
        match self {
            Self::Password | Self::ApiKey => format!("{}={value}", self.key()),
            Self::Bearer => format!("Authorization: Bearer {value}"),
            Self::Session => format!("Cookie: sessionid={value}"),
            _ => format!("customer {value}"),
        }
    }

    fn value(self) -> String {
        match self {
            Self::Email => format!("scrub.{}@example.com", letters(10)),
            Self::Phone => format!("+1555{}{}", fastrand::u8(2..=9), digits(6)),
            Self::Name => format!("{} {}", capital(&letters(7)), capital(&letters(11))),
            Self::Card => with_check_digit(&format!("4{}", digits(14))),
            Self::Iban => iban(&digits(18)),
            Self::Password => format!("Pw-{}!", letters(14)),
            Self::Bearer => format!("tok_{}", letters(32)),
            Self::ApiKey => format!("key-{}", letters(32)),
            // Of the range for measurements; three digits each, so that none begins another.
            Self::Address => {
                format!("198.18.{}.{}", fastrand::u8(100..=255), fastrand::u8(100..=255))
            }
            Self::Session => format!("s%3A{}", letters(32)),
        }
    }
}

/// One value, planted once.
pub(super) struct Canary {
    pub(super) value: String,
    /// A word that stands beside it, and is no secret.
    pub(super) witness: String,
}

impl Canary {
    /// One that was not made before in this run.
    pub(super) fn new(kind: Kind, made: &mut BTreeSet<String>) -> Self {
        loop {
            let value = kind.value();
            if made.insert(value.clone()) {
                return Self { value, witness: format!("witness{}", letters(12)) };
            }
        }
    }
}

fn letters(count: usize) -> String {
    std::iter::repeat_with(fastrand::lowercase).take(count).collect()
}

fn digits(count: usize) -> String {
    std::iter::repeat_with(|| fastrand::digit(10)).take(count).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// With the check digit of Luhn (ISO/IEC 7812) behind it.
fn with_check_digit(digits: &str) -> String {
    let doubled = digits.bytes().rev().enumerate().map(|(place, byte)| {
        let digit = u32::from(byte - b'0');
        let value = if place % 2 == 0 { digit * 2 } else { digit };
        value / 10 + value % 10
    });
    format!("{digits}{}", (10 - doubled.sum::<u32>() % 10) % 10)
}

/// An IBAN of Germany with its check digits (ISO 13616).
fn iban(account: &str) -> String {
    // D is 13, and E is 14.
    let whole = format!("{account}131400");
    let rest = whole.bytes().fold(0, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_known_numbers() {
        assert_eq!(with_check_digit("411111111111111"), "4111111111111111");
        assert_eq!(with_check_digit("7992739871"), "79927398713");
        assert_eq!(iban("370400440532013000"), "DE89370400440532013000");
        assert_eq!(iban("210501700012345678"), "DE68210501700012345678");
    }

    #[test]
    fn no_canary_holds_another() {
        let mut made = BTreeSet::new();
        let all: Vec<Canary> = KINDS
            .iter()
            .flat_map(|kind| std::iter::repeat_n(*kind, 40))
            .map(|kind| Canary::new(kind, &mut made))
            .collect();
        for (n, one) in all.iter().enumerate() {
            for other in all.iter().skip(n + 1) {
                assert!(!one.value.contains(&other.value) && !other.value.contains(&one.value));
                assert_ne!(one.witness, other.witness);
            }
        }
    }
}
