//! The forms that a secret takes on its way out: encoded, escaped, quoted.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::suite::source::hex;

/// The least number of characters of a secret, and of each of its forms. Shorter ones would
/// turn ordinary text into stars.
pub(super) const SHORTEST: usize = 4;

/// What RFC 3986 leaves unreserved stays as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// As `encodeURIComponent` of JavaScript does it.
const COMPONENT: &AsciiSet =
    &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
/// As URLs write what was put into their query string unencoded.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');
/// The same for their path.
const PATH: &AsciiSet = &QUERY.remove(b'\'').add(b'?').add(b'`').add(b'{').add(b'}').add(b'^');

/// Every form in which `secret` is looked for, itself among them. Each has four characters or
/// more; a shorter secret has no form.
pub(crate) fn of(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    plain(secret, &mut forms);
    // A header's value loses its outer blanks; a key file is printed line by line.
    plain(secret.trim(), &mut forms);
    if secret.lines().count() > 1 {
        for line in secret.lines().filter(|line| line.len() >= 16) {
            plain(line.trim(), &mut forms);
        }
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

fn plain(secret: &str, forms: &mut BTreeSet<String>) {
    if secret.chars().count() < SHORTEST {
        return;
    }
    forms.insert(secret.to_owned());
    forms.insert(hex(secret.as_bytes()));
    forms.insert(hex(secret.as_bytes()).to_ascii_uppercase());
    percent(secret, forms);
    escaped(secret, forms);
    for form in base64(secret) {
        // `+`, `/` and `=` of base64 are encoded in URLs.
        percent(&form, forms);
        forms.insert(form);
    }
}

fn percent(text: &str, forms: &mut BTreeSet<String>) {
    let strict = utf8_percent_encode(text, UNRESERVED).to_string();
    let twice = utf8_percent_encode(&strict, UNRESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let others = [COMPONENT, QUERY, PATH, NON_ALPHANUMERIC];
    let others = others.map(|set| utf8_percent_encode(text, set).to_string());
    for upper in [strict, twice, form].into_iter().chain(others) {
        forms.insert(lower_hex(&upper));
        forms.insert(upper);
    }
}

/// `%2F` as `%2f`.
fn lower_hex(encoded: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        let hex = digits > 0;
        digits = if c == '%' { 2 } else { usize::saturating_sub(digits, 1) };
        if hex { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// The base64 of the secret alone, and the characters that any base64 holds in which the secret
/// is a part of a longer text: they depend on where the secret begins modulo three bytes, and
/// the outermost ones also on its neighbours, so those are left out.
fn base64(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for (padded, bare) in [(STANDARD, STANDARD_NO_PAD), (URL_SAFE, URL_SAFE_NO_PAD)] {
        for shift in 0..3 {
            let bytes = [&[0; 3][..shift], secret.as_bytes()].concat();
            let first = (shift * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            let bare = bare.encode(&bytes);
            // Also with the secret at the very end, as in `user:password`.
            let whole = padded.encode(&bytes);
            let parts = [bare.get(first..end), bare.get(first..), whole.get(first..)];
            forms.extend(parts.into_iter().flatten().map(str::to_owned));
        }
    }
    forms
}

fn escaped(secret: &str, forms: &mut BTreeSet<String>) {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or(secret).to_owned();
    forms.insert(json.replace('/', "\\/"));
    forms.insert(unicode_escapes(&json, |c| !c.is_ascii(), false));
    forms.insert(unicode_escapes(&json, |c| !c.is_ascii(), true));
    forms.insert(unicode_escapes(&json, |c| "<>&'".contains(c), false));
    forms.insert(unicode_escapes(&json, |c| "<>&'".contains(c), true));
    forms.insert(json);
    // A panic's message, a shell's word.
    forms.insert(secret.escape_debug().to_string());
    forms.insert(secret.escape_default().to_string());
    forms.insert(secret.replace('\'', "'\\''"));
    let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for (quote, apostrophe, slash) in [
        ("\"", "'", "/"),
        ("&quot;", "'", "/"),
        ("&quot;", "&#39;", "/"),
        ("&quot;", "&apos;", "/"),
        ("&quot;", "&#x27;", "/"),
        ("&quot;", "&#x27;", "&#x2f;"),
        ("&quot;", "&#x27;", "&#x2F;"),
        ("&#34;", "&#39;", "/"),
    ] {
        let text = text.replace('"', quote).replace('\'', apostrophe).replace('/', slash);
        forms.insert(text);
    }
}

/// `\u00e9` for the characters that `which` picks, in UTF-16 as JSON has it.
fn unicode_escapes(json: &str, which: impl Fn(char) -> bool, upper: bool) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if which(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let text = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                escaped.push_str(&text);
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn each_form_is_known() {
        for (secret, form) in [
            ("hunter2!", "hunter2!"),
            (" padded ", "padded"),
            ("p4ss/w+rd=", "p4ss%2Fw%2Brd%3D"),
            ("p4ss/w+rd=", "p4ss%2fw%2brd%3d"),
            ("p4ss/w+rd=", "p4ss%252Fw%252Brd%253D"),
            ("two words", "two+words"),
            ("two words", "two%20words"),
            ("hunter2!", "aHVudGVyMiE="),
            ("hunter2!", "aHVudGVyMiE"),
            ("hunter2!", "aHVudGVyMiE%3D"),
            (">>>???~~~", "Pj4+Pz8/fn5+"),
            (">>>???~~~", "Pj4-Pz8_fn5-"),
            ("a\"b\\c\n", "a\\\"b\\\\c\\n"),
            ("a/b/c", "a\\/b\\/c"),
            ("geheß", "gehe\\u00df"),
            ("geheß", "gehe\\u00DF"),
            ("a<b&'c", "a\\u003cb\\u0026\\u0027c"),
            ("a<b&'c\"", "a&lt;b&amp;&#39;c&quot;"),
            ("it's it", "it'\\''s it"),
        ] {
            assert!(of(secret).contains(form), "{secret:?} as {form:?}: {:?}", of(secret));
        }
    }

    #[test]
    fn short_ones_have_no_form() {
        assert!(of("abc").is_empty());
        assert!(of("  ab ").iter().all(|form| form.chars().count() >= 4));
        assert!(of("").is_empty());
    }

    #[test]
    fn every_line_of_a_key_file_counts() {
        let forms = of("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END\n");
        assert!(forms.contains("MC4CAQAwBQYDK2VwBCIEIA"));
    }
}
