//! `smokedrill review`: what people say of a drill.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use smokedrill::{Answers, Desk, Fault};

use super::tasks::Where;

#[derive(Subcommand)]
pub(crate) enum ReviewCommand {
    /// Show how a drill stands: the checklist, what is in the way of a go, the decision.
    Show,
    /// Answer the open items of the manual checklist, on the terminal or from a file.
    Checklist {
        #[command(flatten)]
        person: Person,
        /// A TOML file of answers: `console = "yes"`, or `sms = { answer = "no", note = "…" }`.
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// Say that something red, or an open item, shall not stand in the way of a go; sign it.
    Waive {
        /// The test, the item, or `verdict`, as `review show` names it.
        what: String,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        key: Key,
        /// Why; it stands in the report.
        #[arg(long)]
        reason: String,
    },
    /// Decide go or no-go, and sign it.
    Decide {
        /// What is decided.
        #[arg(value_parser = ["go", "no-go"])]
        decision: String,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        key: Key,
        /// Why; a no-go takes one.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Authorize rolling back, or refuse it, and sign it.
    Rollback {
        /// What is decided.
        #[arg(value_parser = ["authorize", "refuse"])]
        decision: String,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        key: Key,
        /// Why; it stands in the report.
        #[arg(long)]
        reason: String,
    },
    /// Make a pair of keys to sign with (minisign): the private one into a new file.
    Key {
        /// The new file.
        file: PathBuf,
        /// Protect it with no password, as a machine's key is.
        #[arg(long)]
        no_password: bool,
    },
}

/// In whose name.
#[derive(Args)]
pub(crate) struct Person {
    /// In whose name: a person of `[[person]]` in suites/drill.toml.
    #[arg(long = "as", value_name = "NAME")]
    name: String,
}

/// What it is signed with.
#[derive(Args)]
pub(crate) struct Key {
    /// The person's private key (minisign).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Which drill.
#[derive(Args)]
pub(crate) struct Which {
    /// The drill's run, as its folder is named [default: the newest].
    #[arg(long, value_name = "RUN", global = true)]
    pub(super) drill: Option<String>,
    #[command(flatten)]
    pub(super) place: Where,
}

pub(crate) fn run(command: &ReviewCommand, which: &Which, suites: &Path) -> Result<String, Fault> {
    if let ReviewCommand::Key { file, no_password } = command {
        return smokedrill::review_key(file, |prompt| match no_password {
            true => Ok(String::new()),
            false => rpassword::prompt_password(prompt),
        });
    }
    let mut desk = Desk::open(suites, &which.place.folder(suites), which.drill.as_deref())?;
    match command {
        ReviewCommand::Show | ReviewCommand::Key { .. } => Ok(desk.show()),
        ReviewCommand::Checklist { person, answers } => {
            let answers = match answers {
                Some(file) => Desk::answers(file)?,
                None => asked(&desk.open_items())?,
            };
            desk.answer(&person.name, &answers)
        }
        ReviewCommand::Waive { what, person, key, reason } => {
            desk.waive(&person.name, &key.key, what, reason)
        }
        ReviewCommand::Decide { decision, person, key, reason } => {
            desk.decide(&person.name, &key.key, decision == "go", reason.as_deref())
        }
        ReviewCommand::Rollback { decision, person, key, reason } => {
            desk.rollback(&person.name, &key.key, decision == "authorize", reason)
        }
    }
}

/// Asks for each open item; an empty line leaves it open.
fn asked(items: &[(String, String)]) -> Result<Answers, Fault> {
    let mut answers = Answers::new();
    for (name, item) in items {
        let question = format!("{item}? [yes/no, note behind a comma, empty: leave open] ");
        let line = typed(&question)?;
        let (answer, note) = match line.split_once(',') {
            Some((answer, note)) => (answer, Some(note.trim().to_owned())),
            None => (line.as_str(), None),
        };
        if !answer.trim().is_empty() {
            answers.insert(name.clone(), (answer.trim().to_owned(), note));
        }
    }
    Ok(answers)
}

/// A line from the terminal, or from what is piped in.
fn typed(question: &str) -> Result<String, Fault> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let _ = std::io::stderr().write_all(question.as_bytes());
    }
    let mut line = String::new();
    let _ = stdin.lock().read_line(&mut line);
    Ok(line.trim().to_owned())
}
