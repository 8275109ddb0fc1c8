//! What the name of a key, column or header says of its value.
//!
//! A name is taken apart into words at `_`, `-`, blanks, digits and `camelCase`, so that
//! `customerEmail` is personal and `hostname` is not.

/// Why a value is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It gives access.
    Secret,
    /// It is about a person.
    Personal,
    /// It is a name: of a person, if it looks like one.
    Name,
    /// Nothing is known of it: a person's name, if it looks like one. `customer`, `assigned_to`
    /// and `booked by` have no end, so it is the other names that are listed.
    Unknown,
}

/// The names that hide their values: the known ones, and those of the configuration.
pub(super) struct Names {
    extra: Vec<Vec<String>>,
}

impl Names {
    /// Adds `keys` to the known names; case and the way to join words do not count.
    pub(super) fn new(keys: &[String]) -> Self {
        Self { extra: keys.iter().map(|key| words(key)).filter(|key| !key.is_empty()).collect() }
    }

    /// Why a value of this name is hidden, if it is.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        let words = words(name);
        if is_secret(&words) {
            Some(Kind::Secret)
        } else if is_personal(&words) || self.extra.contains(&words) {
            Some(Kind::Personal)
        } else {
            match &words[..] {
                [only] if only == "name" || only == "names" => Some(Kind::Name),
                words if words.iter().any(|word| is_diagnostic(word)) => None,
                _ => Some(Kind::Unknown),
            }
        }
    }
}

/// Whether a header's value gives access: `Authorization`, `Cookie`, `apikey`, `X-Auth-Token`.
pub(crate) fn sensitive_header(name: &str) -> bool {
    is_secret_name(name)
}

/// Whether a value of this name is better hidden: a token, key, password, session, cookie.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    is_secret(&words) || words.iter().any(|word| matches!(word.as_str(), "key" | "keys" | "auth"))
}

/// Whether a value is the name of a person: two to five words, at least two of them
/// capitalised, such as `Jane van Doe`.
pub(super) fn looks_human(value: &str) -> bool {
    let capitalised = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase)
            && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '.' | ','))
    };
    let particle = |word: &str| word.len() <= 4 && word.chars().all(char::is_lowercase);
    let words: Vec<&str> = value.split_whitespace().collect();
    (2..=5).contains(&words.len())
        && words.iter().filter(|word| capitalised(word)).count() >= 2
        && words.iter().all(|word| capitalised(word) || particle(word))
}

/// The words of a name, in lower case.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = None::<char>;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let next_is_lower = rest.peek().is_some_and(|next| next.is_lowercase());
        let starts = before.is_some_and(|before| {
            (c.is_uppercase() && (before.is_lowercase() || next_is_lower))
                || (c.is_numeric() != before.is_numeric())
        });
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a name leads to what a server says of itself: `"error": "Not Found"` is no person.
fn is_diagnostic(word: &str) -> bool {
    matches!(
        word,
        "error"
            | "errors"
            | "message"
            | "title"
            | "detail"
            | "details"
            | "reason"
            | "status"
            | "state"
            | "code"
            | "type"
            | "kind"
            | "phase"
            | "version"
            | "description"
            | "hint"
            | "server"
            | "product"
            | "file"
            | "filename"
            | "host"
            | "hostname"
    )
}

fn is_secret(words: &[String]) -> bool {
    let single = |word: &String| {
        let word = word.strip_suffix('s').unwrap_or(word);
        matches!(
            word,
            "password"
                | "passwd"
                | "pwd"
                | "passphrase"
                | "passcode"
                | "secret"
                | "token"
                | "jwt"
                | "apikey"
                | "accesskey"
                | "secretkey"
                | "privatekey"
                | "accesstoken"
                | "authtoken"
                | "refreshtoken"
                | "idtoken"
                | "authorization"
                | "authorisation"
                | "bearer"
                | "cookie"
                | "session"
                | "sessionid"
                | "sid"
                | "credential"
                | "csrf"
                | "xsrf"
                | "signature"
                | "otp"
                | "totp"
                | "pin"
                | "cvc"
                | "cvv"
        )
    };
    let kinds_of_key = |word: &str| {
        matches!(
            word,
            "api"
                | "access"
                | "private"
                | "service"
                | "role"
                | "encryption"
                | "signing"
                | "anon"
                | "master"
                | "shared"
                | "account"
                | "auth"
        )
    };
    words.iter().any(single)
        || words
            .windows(2)
            .any(|pair| matches!(pair[1].as_str(), "key" | "keys") && kinds_of_key(&pair[0]))
}

fn is_personal(words: &[String]) -> bool {
    let single = |word: &String| {
        matches!(
            word.as_str(),
            "email"
                | "emails"
                | "mail"
                | "mails"
                | "phone"
                | "phones"
                | "mobile"
                | "mobiles"
                | "tel"
                | "telephone"
                | "telephones"
                | "fax"
                | "address"
                | "addresses"
                | "street"
                | "streets"
                | "city"
                | "cities"
                | "zip"
                | "zipcode"
                | "postcode"
                | "postal"
                | "postalcode"
                | "birth"
                | "birthday"
                | "birthdate"
                | "birthplace"
                | "dob"
                | "ssn"
                | "iban"
                | "ibans"
                | "bic"
                | "tax"
                | "taxid"
                | "vat"
                | "passport"
                | "firstname"
                | "lastname"
                | "fullname"
                | "surname"
                | "forename"
                | "givenname"
                | "familyname"
                | "middlename"
                | "customername"
                | "contactname"
                | "username"
                | "emailaddress"
                | "phonenumber"
                | "mobilenumber"
                | "streetaddress"
                | "dateofbirth"
        )
    };
    let of_a_person = |word: &str| {
        matches!(
            word,
            "first"
                | "last"
                | "full"
                | "middle"
                | "given"
                | "family"
                | "maiden"
                | "birth"
                | "nick"
                | "customer"
                | "customers"
                | "client"
                | "contact"
                | "person"
                | "user"
                | "owner"
                | "recipient"
                | "sender"
                | "patient"
                | "member"
                | "employee"
                | "staff"
                | "driver"
                | "technician"
                | "guest"
                | "holder"
                | "legal"
                | "billing"
                | "shipping"
                | "display"
        )
    };
    words.iter().any(single)
        || words.windows(2).any(|pair| match pair[1].as_str() {
            "name" | "names" => of_a_person(&pair[0]),
            "code" => pair[0] == "post",
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Names, is_secret_name, looks_human, sensitive_header, words};

    #[test]
    fn names_are_taken_apart() {
        for (name, expected) in [
            ("customerEmail", "customer email"),
            ("APIKey", "api key"),
            ("x-api-key", "x api key"),
            ("address1", "address 1"),
            ("First Name", "first name"),
            ("oauth2Token", "oauth 2 token"),
            ("__", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_say_what_is_hidden() {
        let names = Names::new(&["licencePlate".to_owned()]);
        for (name, kind) in [
            ("email", Some(Kind::Personal)),
            ("E-Mail", Some(Kind::Personal)),
            ("customer_email", Some(Kind::Personal)),
            ("phoneNumber", Some(Kind::Personal)),
            ("first_name", Some(Kind::Personal)),
            ("customerName", Some(Kind::Personal)),
            ("customer_name", Some(Kind::Personal)),
            ("post-code", Some(Kind::Personal)),
            ("date_of_birth", Some(Kind::Personal)),
            ("licence_plate", Some(Kind::Personal)),
            ("password", Some(Kind::Secret)),
            ("accessToken", Some(Kind::Secret)),
            ("api_key", Some(Kind::Secret)),
            ("apikey", Some(Kind::Secret)),
            ("Set-Cookie", Some(Kind::Secret)),
            ("session", Some(Kind::Secret)),
            ("name", Some(Kind::Name)),
            ("customer", Some(Kind::Unknown)),
            ("assigned_to", Some(Kind::Unknown)),
            ("", Some(Kind::Unknown)),
            ("filename", None),
            ("file_name", None),
            ("hostname", None),
            ("host-name", None),
            ("product_name", None),
            ("status", None),
            ("error_message", None),
        ] {
            assert_eq!(names.kind(name), kind, "{name}");
        }
    }

    #[test]
    fn headers_and_captures() {
        for name in
            ["Authorization", "proxy-authorization", "Cookie", "apikey", "X-Auth", "X-Api-Key"]
        {
            assert!(sensitive_header(name), "{name}");
        }
        for name in ["Content-Type", "ETag", "Location", "WWW-Authenticate", "Date"] {
            assert!(!sensitive_header(name), "{name}");
        }
        assert!(is_secret_name("upload_key") && is_secret_name("SESSION_ID"));
        assert!(!is_secret_name("job_id") && !is_secret_name("monkey"));
    }

    #[test]
    fn people_are_recognised() {
        for name in ["Jane Doe", "Ludwig van Beethoven", "J. O'Brien", "JANE DOE", "Zoë Müller"] {
            assert!(looks_human(name), "{name}");
        }
        for name in ["database", "Oil change", "api v2", "Jane", "SELECT 1", "a b", "A B C D E F"] {
            assert!(!looks_human(name), "{name}");
        }
    }
}
