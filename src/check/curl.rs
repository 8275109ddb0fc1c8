//! The `curl` command that repeats a request, with its secrets left out.

use std::fmt::Write as _;

use super::request::{Payload, Prepared};
use crate::redact::{Redactor, sensitive_header};

/// The command; a credential stands in it as a variable to be set by whoever may know it.
pub(crate) fn curl(prepared: &Prepared, redactor: &Redactor) -> String {
    let mut line = String::from("curl -sS -i");
    if prepared.method != http::Method::GET {
        let _ = write!(line, " -X {}", prepared.method);
    }
    if prepared.redirects > 0 {
        let _ = write!(line, " -L --max-redirs {}", prepared.redirects);
    }
    let _ = write!(line, " --max-time {}", prepared.timeout.as_secs_f64());
    let _ = write!(line, " {}", quote(&redactor.secrets(prepared.url.as_str())));
    for (name, value) in &prepared.headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let shown = match value.is_sensitive() || sensitive_header(name.as_str()) {
            true => match text.split_once(' ').filter(|_| name == http::header::AUTHORIZATION) {
                Some((scheme, _)) => format!("{scheme} ***"),
                None => "***".to_owned(),
            },
            false => redactor.secrets(&text),
        };
        let _ = write!(line, " -H {}", quote(&format!("{name}: {shown}")));
    }
    match &prepared.body {
        Payload::None => {}
        Payload::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= 2_000 && !text.contains('\0') => {
                // What the suite sends may be somebody's, as what it gets may be.
                let shown = match serde_json::from_str(text) {
                    Ok(value) => redactor.value(&value).to_string(),
                    Err(_) => redactor.personal(text),
                };
                let _ = write!(line, " --data-raw {}", quote(&redactor.secrets(&shown)));
            }
            _ => line.push_str(" --data-binary @BODY"),
        },
        Payload::Parts(parts) => {
            for part in parts {
                let shown = match (&part.filename, std::str::from_utf8(&part.content)) {
                    (Some(filename), _) => format!("{}=@{filename}", part.name),
                    (None, Ok(text)) => {
                        format!("{}={}", part.name, redactor.cell(&part.name, text))
                    }
                    (None, Err(_)) => format!("{}=@FILE", part.name),
                };
                let _ = write!(line, " -F {}", quote(&shown));
            }
        }
    }
    line
}

/// A word as a shell reads it back, in one line: control characters as `$'\n'` (bash, zsh).
pub(crate) fn quote(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut word = String::from("$'");
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => word.extend(['\\', letter]),
            '\n' => word.push_str("\\n"),
            '\r' => word.push_str("\\r"),
            '\t' => word.push_str("\\t"),
            control if control.is_control() => {
                let mut bytes = [0; 4];
                for byte in control.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(word, "\\x{byte:02x}");
                }
            }
            other => word.push(other),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::quote;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["plain", "it's", "a \"b\" $c `d` \\ e", "*?[x]", "~ # ; & | < >", "ü 日本"]
        {
            let output =
                Command::new("sh").args(["-c", &format!("printf %s {}", quote(text))]).output();
            let output = output.expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }

    #[test]
    fn control_characters_stay_on_one_line() {
        let quoted = quote("a\nb\t'c'\\\u{1b}\0");
        assert_eq!(quoted, r"$'a\nb\t\'c\'\\\x1b\x00'");
    }
}
