//! What names of columns speak of, by their whole words: `adobe_id` is no `dob`.

use crate::redact::words;

/// Words of names that speak of a person, whatever the type.
pub(super) const PERSONAL: [&str; 35] = [
    "ssn",
    "social_security",
    "passport",
    "tax_id",
    "iban",
    "lat",
    "lng",
    "latitude",
    "longitude",
    "coordinate",
    "location",
    "geo",
    "geolocation",
    "place",
    "fax",
    "salary",
    "gender",
    "sex",
    "religion",
    "ethnicity",
    "nationality",
    "marital",
    "disability",
    "diagnosis",
    "blood_group",
    "blood_type",
    "pregnant",
    "tel",
    "lon",
    "card_number",
    "cardnumber",
    "credit_card",
    "cvv",
    "cvc",
    "account_number",
];

/// Those of a telephone number.
pub(super) const PHONES: [&str; 9] = [
    "phone",
    "phonenumber",
    "telephone",
    "cellphone",
    "homephone",
    "workphone",
    "mobilephone",
    "mobile",
    "msisdn",
];

/// Those of a name.
pub(super) const NAMES: [&str; 19] = [
    "name",
    "firstname",
    "lastname",
    "fullname",
    "surname",
    "username",
    "displayname",
    "nickname",
    "person",
    "contact",
    "owner",
    "author",
    "recipient",
    "signer",
    "guest",
    "passenger",
    "spouse",
    "employee",
    "patient",
];

/// Those of a birth.
pub(super) const BIRTH: [&str; 9] = [
    "birth",
    "born",
    "dob",
    "birthday",
    "birthdate",
    "birthplace",
    "birthyear",
    "dateofbirth",
    "yearofbirth",
];

/// Ends of names of what lets somebody in, where it is a number or a UUID.
pub(super) const SECRET: [&str; 8] =
    ["token", "secret", "password", "passcode", "pin", "otp", "api_key", "apikey"];

/// The words of a name, as whole words of it are looked for: `_home_phone_` of `homePhone`.
pub(super) struct Words(String);

impl Words {
    pub(super) fn of(name: &str) -> Self {
        Self(format!("_{}_", words(name).join("_")))
    }

    /// Whether one of these is among them, also in the plural.
    pub(super) fn has(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|word| {
            self.0.contains(&format!("_{word}_")) || self.0.contains(&format!("_{word}s_"))
        })
    }

    /// Whether it ends with one of these.
    pub(super) fn end_with(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|word| self.0.ends_with(&format!("_{word}_")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_count_and_no_part_of_one() {
        for (name, personal) in [
            ("adobe_id", false),
            ("allocation_id", false),
            ("replaced_count", false),
            ("stubborn_retries", false),
            ("dob", true),
            ("homePhone", true),
            ("Work Phones", true),
            ("place", true),
            ("tax_id", true),
            ("syntax_id", false),
            ("dateOfBirth", true),
            ("birthdate", true),
        ] {
            let words = Words::of(name);
            let found = words.has(&PERSONAL) || words.has(&PHONES) || words.has(&BIRTH);
            assert_eq!(found, personal, "{name}");
        }
    }
}
