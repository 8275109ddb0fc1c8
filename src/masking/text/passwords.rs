//! Passwords and keys that the word before them betrays: of a connection string, an address of the web or
//! a statement in SQL.
//!
//! ```text
//! host=db user=x password=…    ?api_key=…    alter role x password '…'    postgres://x:…@db
//! ```

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::code;
use super::keys::{is_word, reset};
use crate::pattern;

static PASSWORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern::constant(
        r#"(?ix)
        \b (?: pass(?:word|wd)? | pwd | pgpassword ) = (?<named>
            '' [^'\s]{4,} '' | ' [^'\s]{4,} ' | " [^"\s]{4,} "
            | [^\s'"&;,()<>{}\[\]|\\%$:]{4,} )
        | \b (?: (?:client_?)?secret | api_?key | (?:access_|auth_|refresh_)?token ) = (?<keyed>
            [^\s'"&;,()<>{}\[\]|\\%$:]{8,} )
        | :// (?<login> [^\s:/?\#@'"<>]+ : [^\s/?\#@'"<>]+ ) @
        | \b pass(?:word|wd)? \s* : \s* (?<told> [^\s'"&;,()<>{}\[\]|\\%$:]{6,} )
        | \b password \s+ (?<stated> '' [^']+ '' | ' [^']+ ' )
        "#,
    )
});

/// What stands for a value in SQL, or for none.
const NONE: [&str; 8] =
    ["excluded", "default", "null", "none", "true", "false", "required", "encrypted"];

/// Where the values stand, without their quotation marks.
pub(crate) fn passwords(text: &str) -> Vec<(usize, usize)> {
    // Most texts have neither of the signs.
    if memchr::memchr3(b'=', b'\'', b':', text.as_bytes()).is_none() {
        return Vec::new();
    }
    let all = PASSWORDS.captures_iter(text).filter_map(|found| {
        let keyed = found.name("keyed").or_else(|| found.name("told"));
        let others = ["named", "stated", "login"].iter();
        let value = keyed.or_else(|| others.filter_map(|name| found.name(name)).next())?;
        let opened = value.as_str().trim_start_matches(['\'', '"']);
        let bare = opened.trim_end_matches(['\'', '"']);
        let from = value.end() - opened.len();
        let none = NONE.iter().any(|none| {
            bare.get(..none.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(none))
        });
        let ordinary = keyed.is_some() && is_word(bare);
        let made = bare.starts_with("staging-");
        (!made && !none && !ordinary).then_some((from, from + bare.len()))
    });
    all.collect()
}

/// A definition with `made` in the place of each that stands in a literal or a comment: in code
/// `password = …` is a column.
pub(crate) fn reset_passwords<'t>(sql: &'t str, made: &str) -> Cow<'t, str> {
    let literals = code::words(sql);
    let mut spans = passwords(sql);
    spans.retain(|(from, to)| code::last(&literals, *from).is_some_and(|(_, end)| end >= *to));
    reset(sql, &spans, made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_before_it_betrays_a_password() {
        for (text, expected) in [
            ("host=crm.test user=crm password=Cr4m-Pass-99", "Cr4m-Pass-99"),
            ("'host=x pwd=''hunter22'''", "hunter22"),
            ("https://x.test/?API_KEY=a1b2c3d4e5&x=1", "a1b2c3d4e5"),
            ("alter role x PASSWORD 'hunter22' login", "hunter22"),
            ("execute 'alter role x password ''hunter22'''", "hunter22"),
            ("?reset_token=1&token=4f5e6d7c8b", "4f5e6d7c8b"),
            ("postgres://owner:hunter22@db.test/x", "owner:hunter22"),
            ("Password: hunter22, please", "hunter22"),
        ] {
            let found = passwords(text);
            let found: Vec<&str> = found.iter().filter_map(|(a, b)| text.get(*a..*b)).collect();
            assert_eq!(found, [expected], "{text}");
        }
        for text in [
            "set password = crypt(p, password)",
            "on conflict do update set password=excluded.password",
            "update t set password=$1",
            "password=staging-reset",
            "format('password=%s', p)",
            "?token=undefined&secret=whatever",
            "the password is what you choose",
            "password: required, see below",
            "https://x.test:8080/a@b",
            "http://ada@x.test/",
            "no pass=1",
        ] {
            assert_eq!(passwords(text), [], "{text}");
        }
    }

    #[test]
    fn in_code_a_password_is_a_column_and_in_a_literal_it_is_one() {
        let sql = "select dblink('host=x password=Cr4m-99') where password=other_one";
        let reset = "select dblink('host=x password=reset') where password=other_one";
        assert_eq!(reset_passwords(sql, "reset"), reset);
        let sql = "as $$ begin alter role x password 'hunter22'; end $$";
        assert_eq!(
            reset_passwords(sql, "reset"),
            "as $$ begin alter role x password 'reset'; end $$"
        );
    }
}
