//! What went wrong with a database, a backup or a record: where, what, and what to do.
//!
//! ```text
//! database dump: public.jobs: permission denied for table jobs
//!   help: grant the role SELECT on it, or exclude it with a reason in suites/drill.toml
//! ```

use std::error::Error;
use std::fmt;

/// Whose fault it is, and so how a run that meets it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// What was judged is wrong: a hash that differs, a threshold that is passed.
    Failed,
    /// It could not be judged or done: no connection, no right, no space.
    Errored,
    /// What was asked for makes no sense: a setting, an argument. Nothing was done.
    Usage,
    /// It was told to stop.
    Interrupted,
}

/// Something that went wrong. Its text holds no secret and no row of anybody's data: whoever
/// makes one from the words of a tool or a server hides those first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    kind: FaultKind,
    // Boxed, so that a result that may be a fault stays small.
    stage: Option<Box<str>>,
    object: Option<Box<str>>,
    message: Box<str>,
    help: Option<Box<str>>,
}

impl Fault {
    /// It could not be done, or not be judged.
    pub(crate) fn errored(message: impl fmt::Display) -> Self {
        Self::of(FaultKind::Errored, message)
    }

    /// It was judged, and is wrong.
    pub(crate) fn failed(message: impl fmt::Display) -> Self {
        Self::of(FaultKind::Failed, message)
    }

    /// What was asked for makes no sense.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::of(FaultKind::Usage, message)
    }

    /// It was told to stop.
    pub(crate) fn interrupted() -> Self {
        Self::of(FaultKind::Interrupted, "the run was interrupted")
    }

    fn of(kind: FaultKind, message: impl fmt::Display) -> Self {
        Self { kind, stage: None, object: None, message: message.to_string().into(), help: None }
    }

    /// In which stage; one that is named already stays, since it is nearer to the cause.
    pub(crate) fn stage(mut self, stage: &str) -> Self {
        self.stage.get_or_insert_with(|| stage.into());
        self
    }

    /// With which object: a table, a file, a bucket. One that is named already stays.
    pub(crate) fn object(mut self, object: impl fmt::Display) -> Self {
        self.object.get_or_insert_with(|| object.to_string().into());
        self
    }

    /// What the object stands in, such as a file with its line; before the object, if one is named.
    pub(crate) fn within(mut self, place: &str) -> Self {
        self.object = Some(match self.object {
            Some(object) => format!("{place}: {object}").into(),
            None => place.into(),
        });
        self
    }

    /// Where exactly, as a line of a text; behind the message.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.message = format!("{} ({place})", self.message).into();
        self
    }

    /// What to do about it. What is said already stays.
    pub(crate) fn help(mut self, help: impl fmt::Display) -> Self {
        self.help.get_or_insert_with(|| help.to_string().into());
        self
    }

    /// The same with every text as `hide` leaves it.
    pub(crate) fn hidden(self, hide: impl Fn(&str) -> String) -> Self {
        let clean = |text: Box<str>| hide(&text).into_boxed_str();
        let (object, help) = (self.object.map(&clean), self.help.map(&clean));
        Self { object, help, message: clean(self.message), ..self }
    }

    /// Whose fault it is.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The text in one line.
    pub fn line(&self) -> String {
        let places = [self.stage.as_deref(), self.object.as_deref()];
        let places = places.into_iter().flatten().map(|place| format!("{place}: "));
        format!("{}{}", places.collect::<String>(), self.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl Error for Fault {}

/// An error with its causes, each said once.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
