//! What is wrong with a file, shown where it is wrong.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::Source;

/// One thing that is wrong with a file, and what to do about it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    source: Arc<Source>,
    span: Range<usize>,
    message: String,
    help: Vec<String>,
    /// Whether the text is left out, since a secret may stand in it.
    hidden: bool,
}

impl Problem {
    /// A problem at a range of bytes.
    pub(crate) fn at(source: &Arc<Source>, span: Range<usize>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { source: Arc::clone(source), span, message, help: Vec::new(), hidden: false }
    }

    /// A problem with a file as a whole.
    pub(crate) fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self::at(&Arc::new(Source::new(path, String::new())), 0..0, message)
    }

    /// Tells the place alone, and not the text that stands there.
    pub(crate) fn without_text(self) -> Self {
        Self { hidden: true, ..self }
    }

    /// What makes two problems the same.
    pub(crate) fn identity(&self) -> (usize, usize, String) {
        (self.span.start, self.span.end, self.message.clone())
    }

    /// Where in the text it begins.
    pub(crate) fn offset(&self) -> usize {
        self.span.start
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        if !help.is_empty() {
            self.help.push(help);
        }
        self
    }

    /// Whether a secret may stand literally in the line of a file that has credentials: a TOML
    /// that cannot be parsed has no keys to go by.
    fn line_may_be_secret(&self) -> bool {
        // `key` for storage, and for `apikey` and its kin; a URL's password stands before an `@`.
        const WORDS: [&str; 6] = ["bearer", "password", "secret", "token", "key", "cookie"];
        let stem = self.source.path.file_stem().and_then(|stem| stem.to_str());
        let before = self.source.text.get(..self.span.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.source.text.get(start..).and_then(|rest| rest.lines().next());
        let line = line.unwrap_or_default().to_lowercase();
        let has_secrets = matches!(stem, Some("environments" | "drill"));
        let url = line.contains("://") && line.contains('@');
        has_secrets && (url || WORDS.iter().any(|word| line.contains(word)))
    }

    /// `file:line:column`, or the file alone.
    fn place(&self) -> String {
        let path = self.source.path.display();
        if self.source.text.is_empty() {
            return path.to_string();
        }
        let before = self.source.text.get(..self.span.start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{path}:{}:{column}", self.source.line(self.span.start))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.source.text;
        if text.is_empty() || self.hidden || self.line_may_be_secret() {
            write!(f, "error: {}\n --> {}", self.message, self.place())?;
            return self.help.iter().try_for_each(|help| write!(f, "\n  = help: {help}"));
        }
        // A span of many lines would print a whole check: its first line says where.
        let start = self.span.start.min(text.len());
        let line_end = text.get(start..).and_then(|rest| rest.find('\n'));
        let end = self.span.end.min(line_end.map_or(text.len(), |offset| start + offset));
        let path = self.source.path.display().to_string();
        let snippet = Snippet::source(text.as_str())
            .path(path)
            .annotation(AnnotationKind::Primary.span(start..end.max(start)));
        let help = self.help.iter().map(|help| Level::HELP.message(help.as_str()));
        let group = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        let group = help.fold(group, |group, message| group.element(message));
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// All that is wrong with the files of a run.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Adds one.
    pub(crate) fn push(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    /// Adds several.
    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.list.extend(problems);
    }

    /// All of them.
    pub(crate) fn list(&self) -> &[Problem] {
        &self.list
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `value`, if nothing is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(list: Vec<Problem>) -> Self {
        Self { list }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        vec![problem].into()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for problem in self.list.iter().take(SHOWN) {
            write!(f, "{problem}\n\n")?;
        }
        if self.list.len() > SHOWN {
            write!(f, "and {} more; ", self.list.len() - SHOWN)?;
        }
        let s = if self.list.len() == 1 { "" } else { "s" };
        write!(f, "{} problem{s} found; nothing was run", self.list.len())
    }
}

impl std::error::Error for Problems {}

/// "did you mean", and the known names: what to say of a name that is not known.
pub(crate) fn known<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = known.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let distance = |other: &str| strsim::damerau_levenshtein(name, other);
    let nearest = names.iter().min_by_key(|other| distance(other));
    let near = nearest.filter(|other| distance(other) <= 1 + name.chars().count() / 3);
    let meant = near.map(|other| format!("did you mean `{other}`? ")).unwrap_or_default();
    match names.len() {
        0 => "there are none".to_owned(),
        1..=30 => format!("{meant}known: {}", names.join(", ")),
        more => format!("{meant}{more} are known"),
    }
}
