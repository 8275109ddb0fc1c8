//! A migration's statements, one by one: what a server does with several at once is not told apart
//! by it, and a `commit` among them would end the transaction that is there to undo them all.
//!
//! | statement | what is done |
//! |---|---|
//! | `begin`, `commit` and their like | passed over: the migration is one transaction anyway |
//! | `savepoint`, `release`, `rollback to` | run |
//! | `rollback`, `abort`, all that is about prepared transactions | refused, with its line |

use std::ops::Range;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, TokenizerError};

use crate::fault::Fault;

/// One statement of a script, without the semicolon that ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    pub(super) text: &'a str,
    /// In which line of the script its first word stands, from 1.
    pub(super) line: u64,
    /// Whether it only begins or ends a transaction.
    pub(super) brackets: bool,
}

/// The statements of a script, as the server's own client tells them apart: neither a semicolon in
/// quotes, in a comment or in brackets ends one, nor one in the body of `begin atomic`.
///
/// # Errors
/// A quote or a comment has no end; a statement would undo more than the script.
pub(super) fn statements(script: &str) -> Result<Vec<Statement<'_>>, Fault> {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, script).tokenize_with_location();
    let tokens = tokens.map_err(|error| unread(&error))?;
    let mut places = Places::of(script);
    let mut found = Vec::new();
    let mut current = Current::default();
    for TokenWithSpan { token, span } in &tokens {
        if matches!(token, Token::SemiColon) && current.is_outermost() {
            found.extend(current.take(script, places.byte(span.start))?);
        } else if !matches!(token, Token::EOF) && current.sees(token) {
            current.starts_at(places.byte(span.start), span.start.line);
        }
    }
    found.extend(current.take(script, script.len())?);
    Ok(found)
}

/// What is wrong is told with its line and without the text, which may hold anything.
fn unread(error: &TokenizerError) -> Fault {
    let Location { line, .. } = error.location;
    Fault::usage(format!("line {line}: a quote or a comment has no end, or a word is no SQL"))
        .help("a migration is SQL alone, without psql's own commands")
}

/// The statement that is being read.
#[derive(Default)]
struct Current {
    /// Its first byte and line, once it has a word.
    start: Option<(usize, u64)>,
    /// Its first unquoted words, in capitals.
    words: Vec<String>,
    /// Brackets that are open, as around the actions of a rule.
    brackets: u32,
    /// `begin atomic` and `case` that wait for their `end`.
    blocks: u32,
    /// The word before was an unquoted `begin`.
    begun: bool,
}

impl Current {
    /// As many words as tell a statement about transactions from another.
    const TELLING: usize = 3;

    const fn is_outermost(&self) -> bool {
        self.brackets == 0 && self.blocks == 0
    }

    /// Takes a token in; whether it is one that a statement consists of.
    fn sees(&mut self, token: &Token) -> bool {
        match token {
            // Comments are of its kind.
            Token::Whitespace(_) => return false,
            Token::LParen => self.brackets += 1,
            Token::RParen => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        let word = match token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "ATOMIC" if self.begun => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" if self.blocks > 0 => self.blocks -= 1,
            _ => {}
        }
        self.begun = word == "BEGIN";
        if self.words.len() < Self::TELLING {
            self.words.push(word);
        }
        true
    }

    fn starts_at(&mut self, byte: usize, line: u64) {
        self.start.get_or_insert((byte, line));
    }

    /// Ends the statement before a byte, if there is one.
    fn take<'a>(&mut self, script: &'a str, end: usize) -> Result<Option<Statement<'a>>, Fault> {
        let Self { start, words, .. } = std::mem::take(self);
        let Some((start, line)) = start else { return Ok(None) };
        let text = text(script, start..end).trim_end();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let brackets = match words.as_slice() {
            ["COMMIT" | "ROLLBACK", "PREPARED", ..] | ["PREPARE", "TRANSACTION", ..] => {
                return Err(refused(line, &words[..2].join(" ")));
            }
            ["ROLLBACK", rest @ ..] if !rest.contains(&"TO") => {
                return Err(refused(line, "ROLLBACK"));
            }
            ["ABORT", ..] => return Err(refused(line, "ABORT")),
            ["BEGIN" | "COMMIT" | "END", ..] | ["START", "TRANSACTION", ..] => true,
            _ => false,
        };
        Ok(Some(Statement { text, line, brackets }))
    }
}

fn text(script: &str, range: Range<usize>) -> &str {
    script.get(range).unwrap_or_default()
}

fn refused(line: u64, what: &str) -> Fault {
    Fault::usage(format!("line {line}: {what} would undo more than it says"))
        .help("a migration is applied in one transaction: take the statement out")
}

/// Where lines and columns are, in bytes; asked for in their order.
struct Places<'a> {
    script: &'a str,
    at: Location,
    byte: usize,
}

impl<'a> Places<'a> {
    const fn of(script: &'a str) -> Self {
        Self { script, at: Location { line: 1, column: 1 }, byte: 0 }
    }

    /// The first byte of the letter there.
    fn byte(&mut self, place: Location) -> usize {
        for letter in text(self.script, self.byte..self.script.len()).chars() {
            if (self.at.line, self.at.column) >= (place.line, place.column) {
                break;
            }
            self.byte += letter.len_utf8();
            self.at = match letter {
                '\n' => Location { line: self.at.line + 1, column: 1 },
                _ => Location { line: self.at.line, column: self.at.column + 1 },
            };
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        statements(script).unwrap().into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn a_semicolon_ends_a_statement_only_where_the_server_says_so() {
        let alone = [
            "select ';'",
            "select E'\\';'",
            "select U&'\\0061;'",
            "select \"a;b\" from t",
            "select $$;$$ || $ä$ ; $$ ; $ä$",
            "select /* ; /* ; */ ; */ 1 -- ; '\n + 1",
            "create rule r as on insert to t do also (delete from u; delete from v)",
            "create function f(n int) returns int begin atomic
                select case when n > 0 then 1 end; select n; end",
            "create function \"begin\"(atomic int) returns int language sql as 'select 1'",
            "do $do$ begin perform 1; commit; end $do$",
            "select 1 <-> 2, a ->> 'x', b @> '{}', c::text[], :'x', d ?| array['y'], @ -1, |/ 4",
            "select \u{fc}, '\u{1f600};' as emoji",
        ];
        for one in alone {
            assert_eq!(texts(one), [one], "{one}");
            let script = format!("-- first; \n;; {one} ;\r\n\tselect 2 /* last; */;-- x");
            assert_eq!(texts(&script), [one, "select 2 /* last; */"], "{one}");
        }
        assert_eq!(texts(" \n-- nothing\n;"), Vec::<&str>::new());
    }

    #[test]
    fn each_has_its_line() {
        let script = "-- one\n/* two\n*/ select 1;\n\nselect\n 2; select '\n';\nselect 3";
        let lines: Vec<u64> = statements(script).unwrap().iter().map(|one| one.line).collect();
        assert_eq!(lines, [3, 5, 6, 8]);
    }

    #[test]
    fn what_is_about_the_transaction_is_told_from_what_is_not() {
        for bracket in ["begin", "BEGIN isolation level serializable", "start transaction"]
            .into_iter()
            .chain(["commit", "Commit work", "end", "commit and chain"])
        {
            assert!(statements(bracket).unwrap()[0].brackets, "{bracket}");
        }
        for other in ["savepoint a", "release a", "rollback to a", "rollback work to savepoint a"]
            .into_iter()
            .chain(["prepare begin as select 1", "\"commit\"", "select 1 as commit"])
        {
            assert!(!statements(other).unwrap()[0].brackets, "{other}");
        }
        for (script, told) in [
            ("select 1;\nrollback", "line 2: ROLLBACK"),
            ("abort", "line 1: ABORT"),
            ("prepare transaction 'a'", "line 1: PREPARE TRANSACTION"),
            ("rollback prepared 'a'", "line 1: ROLLBACK PREPARED"),
            ("commit prepared 'a'", "line 1: COMMIT PREPARED"),
            ("select 1;\nselect 'secret", "line 2: a quote"),
        ] {
            let said = statements(script).unwrap_err().to_string();
            assert!(said.contains(told) && !said.contains("secret"), "{said}");
        }
    }
}
