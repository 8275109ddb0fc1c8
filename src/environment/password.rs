//! The password in a connection's URL: found, held against what a URL wants, and hidden.

use crate::redact::Redactor;

/// What a raw one of these is written as.
const ENCODED: &str = "write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, `#` as `%23`, `?` as `%3F` \
                       and `%` as `%25`";

/// Hides the password of a connection's URL, as it stands there and decoded, and the whole URL.
///
/// One of fewer than four characters is not hidden wherever it stands, which would hide half of
/// every text; but the URL is, and the password where it stands beside its user or its host.
pub(super) fn hide(url: &str, redactor: &Redactor) {
    let passwords = passwords(url);
    for password in &passwords {
        if !redactor.learn(password) {
            for (before, after) in beside(url) {
                redactor.learn(&format!("{before}:{password}@"));
                redactor.learn(&format!(":{password}@{after}"));
            }
        }
    }
    if !passwords.is_empty() {
        redactor.learn(url);
    }
}

/// What is wrong with how the password is written, and what to do. No part of the URL is in it.
///
/// Readers of URLs differ in where they see its end if it holds a raw sign, and so in whom they
/// connect to: it is refused, rather than guessed.
pub(super) fn misspelt(url: &str, place: &str) -> Option<(String, &'static str)> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // Behind a raw sign the rest of the password is taken for a path, for parameters or for a
    // fragment, with the `@` of the user in it.
    let first = tail.split('=').next().unwrap_or_default();
    let number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let cut = !authority.contains('@')
        && tail.contains('@')
        && authority.rsplit_once(':').is_some_and(|(_, port)| !number(port) || first.contains('@'));
    let twice = authority.matches('@').count() > 1;
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let percent = user.split('%').skip(1).any(|after| {
        !after.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    let fragment = tail.contains('#');
    (cut || twice || percent || fragment).then(|| {
        let message = format!(
            "the password in the URL of {place} is not written as a URL wants it: a raw `@`, `/`, \
             `#`, `?` or `%` in it must be percent-encoded"
        );
        (message, ENCODED)
    })
}

/// User and host of a URL, as they stand there.
fn beside(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .into_iter()
        .map(|(user, host)| (user.split_once(':').map_or(user, |(user, _)| user), host))
}

/// The passwords of a connection's URL, as they stand there and decoded. By hand and generously:
/// such a URL may name several hosts, which no reader of URLs takes, or a password as a
/// parameter; and a password that was not encoded as it should be is one all the same.
fn passwords(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut found = Vec::new();
    // To the last `@`: one within the password should be encoded, and often is not.
    if let Some((user, _)) = rest.rsplit_once('@') {
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    // Its own end is the one that a URL gives it, if it holds no odd signs.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@') {
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    if let Some((_, query)) = rest.split_once('?') {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let secret = pairs.filter(|(key, _)| matches!(*key, "password" | "sslpassword"));
        found.extend(secret.map(|(_, value)| value));
    }
    let decoded = |text: &&str| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        decoded.into_owned()
    };
    let decoded: Vec<String> = found.iter().map(decoded).collect();
    let mut all: Vec<String> = found.into_iter().map(str::to_owned).chain(decoded).collect();
    all.retain(|password| !password.is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{hide, misspelt, passwords};
    use crate::redact::Redactor;

    #[test]
    fn every_password_of_a_url_is_found() {
        for (url, wanted) in [
            ("postgresql:///db", &[][..]),
            ("postgresql://user@host/db", &[]),
            ("postgresql://user:@host/db", &[]),
            ("postgresql://user:pass@host/db", &["pass"]),
            ("postgresql://user:pass@a:1,b:2/db", &["pass"]),
            ("postgresql://user:p%40ss@host/db", &["p%40ss", "p@ss"]),
            ("postgresql://host/db?user=u&password=pa%73s", &["pa%73s", "pass"]),
            ("postgresql://host/db?sslpassword=pass", &["pass"]),
        ] {
            assert_eq!(passwords(url), wanted, "{url}");
        }
        // Written without the encoding that a URL asks for.
        for (url, part) in [
            ("postgresql://user:pa/ss@host/db", "pa/ss"),
            ("postgresql://user:pa@ss@host/db", "pa@ss"),
            ("postgresql://user:pa#ss@host/db", "pa#ss"),
            ("postgresql://user:pa?ss@host/db", "pa?ss"),
            ("postgresql://user:pass@host/db?options=a@b", "pass"),
        ] {
            assert!(passwords(url).iter().any(|password| password == part), "{url}");
        }
    }

    #[test]
    fn a_password_that_is_not_encoded_is_told_and_never_shown() {
        for password in [
            "hun@ter22",
            "hun/ter22",
            "hun#ter22",
            "hun?ter22",
            "hun%ter22",
            "hunter22%",
            "12/hunter",
            "12?hunter",
            "12#hunter",
            "a@b",
            "a/b",
            "a#b",
            "a?b",
            "a%b",
            "@hunter22",
            "/hunter22",
            "#hunter22",
            "?hunter22",
            "hunter22@",
            "hunter22/",
            "hunter22?",
            "hunter22#",
            "hu%4nter",
        ] {
            for tail in ["", "?sslmode=require", "?options=-c%20geqo%3Doff&application_name=x"] {
                let url = format!("postgresql://reader:{password}@db.test:5432/app{tail}");
                let (message, help) =
                    misspelt(&url, "`THE_URL`").unwrap_or_else(|| panic!("{url}"));
                assert!(message.contains("`THE_URL`") && help.contains("`%40`"), "{message}");
                for part in ["reader", "hunter", "ter22", "db.test", "secret = false"] {
                    assert!(!message.contains(part) && !help.contains(part), "{message} {help}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_as_it_should_be_is_taken() {
        for url in [
            "postgresql:///db?host=/run/postgresql&user=app&password=a@b",
            "postgresql://app@host/db",
            "postgresql://app:p%40ss%2F%23%3f%25@host:5432/db?sslmode=require",
            "postgresql://host:5432/db?options=a@b",
            "postgresql://host/db?application_name=a@b",
            "postgresql://app:pa:ss@a:1,b:2/db",
            "postgresql://app:pass@[::1]:5432/db?application_name=a@b",
            "mysql://u:p@ss@h/d",
            "no URL",
        ] {
            assert_eq!(misspelt(url, "x"), None, "{url}");
        }
    }

    #[test]
    fn a_short_password_is_hidden_where_it_stands_in_a_url() {
        for password in ["p", "pw", "pwd"] {
            let redactor = Redactor::new(&[], Vec::new());
            let url = format!("postgres://app:{password}@db.test:5432/app");
            hide(&url, &redactor);
            for text in
                [url.clone(), format!("at app:{password}@db"), format!("x:{password}@db.test:5432")]
            {
                let hidden = redactor.secrets(&text);
                assert!(!hidden.contains(&format!(":{password}@")), "{hidden}");
            }
            assert_eq!(redactor.secrets("a pwd of app"), "a pwd of app");
        }
    }
}
