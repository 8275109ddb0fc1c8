//! Where people say what they have to say of a drill: the program's commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::book::{BOOK, Book, JOURNAL};
use super::section::Section;
use super::settings::{GO_NO_GO, Person, ROLLBACK, ReviewSettings};
use super::signing::{Signer, new_pair};
use super::standing::{Stand, Standing};
use super::statement::{FORMAT, Holds, Said, Statement, hash};
use crate::actor::{actor, host};
use crate::audit::{Audit, Operation, Record, Standing as Result_};
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::journal::Journal;
use crate::project::root;
use crate::redact::Redactor;
use crate::report::drill::folder;
use crate::report::units;

const STAGE: &str = "review";

/// Answers to the manual checklist, by item: `yes` or `no`, with a note.
pub type Answers = BTreeMap<String, (String, Option<String>)>;

/// What is said of one drill.
///
/// Texts that are returned are for people, each line ended.
pub struct Desk {
    settings: ReviewSettings,
    audit: PathBuf,
    reports: PathBuf,
    book: Book,
    /// That the settings are others than the drill's.
    changed: Option<String>,
}

impl Desk {
    /// Opens the newest drill of a folder of reports, or the one that is named.
    ///
    /// # Errors
    /// *Usage*: the settings are wrong. *Errored*: there is no drill. *Failed*: what was said of
    /// it was altered.
    pub fn open(suites: &Path, reports: &Path, drill: Option<&str>) -> Result<Self, Fault> {
        let settings = settings(suites)?;
        let audit = root(suites).join(&settings.audit);
        let folder = drill_folder(reports, drill)?;
        let book = Book::open(&folder, &settings.review, &audit)?;
        folder::prove(&folder).map_err(|message| {
            let help = "keep everything as it is, and find out who changed it; or put the report back \
                        from its copy";
            Fault::failed(message).stage(STAGE).help(help)
        })?;
        let reports = reports.to_owned();
        let changed = changed(suites, &book.journal);
        Ok(Self { settings: settings.review, audit, reports, book, changed })
    }

    /// How the drill stands: its checklist, what is red, what is waived, and the decision.
    pub fn show(&self) -> String {
        let run = &self.book.journal.run;
        let (id, time) = (&run.id, units::time(run.started));
        let verdict = format!("{:?}", run.verdict).to_lowercase();
        let section = self.section();
        let notes = self.book.note().into_iter().chain(self.changed.as_deref());
        let notes: String = notes.map(|note| format!("note: {note}\n")).collect();
        format!(
            "drill {id} of {} on {time}: {verdict}\n{notes}{}",
            run.environment,
            section.shown()
        )
    }

    /// The open items of the checklist: name, and what is to be seen.
    pub fn open_items(&self) -> Vec<(String, String)> {
        let standing = self.standing();
        let open = |(name, item, stand)| matches!(stand, Stand::Open).then_some((name, item));
        standing.items.into_iter().filter_map(open).collect()
    }

    /// Reads a file of answers: `console = "yes"`, or `sms = { answer = "no", note = "…" }`.
    ///
    /// # Errors
    /// *Usage*: it cannot be read, or is of another form.
    pub fn answers(file: &Path) -> Result<Answers, Fault> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Word(String),
            Noted { answer: String, note: Option<String> },
        }
        let refused = |message: String| {
            let help = "write lines such as `console = \"yes\"` or \
                        `sms = { answer = \"no\", note = \"no text came\" }`";
            Fault::usage(message).stage(STAGE).object(file.display()).help(help)
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| refused(format!("cannot be read: {error}")))?;
        let read: BTreeMap<String, Form> =
            toml::from_str(&text).map_err(|error| refused(error.message().to_owned()))?;
        let answer = |form| match form {
            Form::Word(answer) => (answer, None),
            Form::Noted { answer, note } => (answer, note),
        };
        Ok(read.into_iter().map(|(item, form)| (item, answer(form))).collect())
    }

    /// Answers items of the checklist; where one of the answers is none, nothing is said.
    ///
    /// # Errors
    /// *Usage*: there is no such item or answer, or no such person.
    pub fn answer(&mut self, name: &str, answers: &Answers) -> Result<String, Fault> {
        let person = self.person(name)?;
        let mut said = Vec::new();
        for (item, (answer, note)) in answers {
            if !self.settings.manual.iter().any(|known| known.name == *item) {
                let known = self.settings.manual.iter().map(|known| known.name.as_str());
                let help = format!("the items are {}", known.collect::<Vec<_>>().join(", "));
                let fault = Fault::usage("there is no such item in the checklist");
                return Err(fault.stage(STAGE).object(item).help(help));
            }
            let holds = match answer.trim().to_lowercase().as_str() {
                "yes" | "y" => Holds::Yes,
                "no" | "n" => Holds::No,
                _ => {
                    let fault = Fault::usage("an answer is `yes` or `no`");
                    return Err(fault.stage(STAGE).object(item));
                }
            };
            said.push(Said::Answer { item: item.clone(), holds, note: note.clone() });
        }
        for said in said {
            self.say(&person, None, said, None)?;
        }
        Ok(self.show())
    }

    /// Says that something red, or an open item, shall not stand in the way of a go.
    ///
    /// # Errors
    /// *Usage*: nothing of that name stands in the way; the person does not answer for the
    /// decision, or this is not their key; there is no reason.
    pub fn waive(&mut self, name: &str, key: &Path, of: &str, why: &str) -> Result<String, Fault> {
        let (person, role) = self.accountable(name, GO_NO_GO)?;
        let obstacles = self.standing().obstacles();
        if !obstacles.iter().any(|(known, _)| known == of) {
            let known: Vec<_> = obstacles.iter().map(|(name, _)| name.as_str()).collect();
            let help = format!("in the way are: {}", known.join(", "));
            let fault = Fault::usage("nothing of that name stands in the way of a go");
            return Err(fault.stage(STAGE).object(of).help(help));
        }
        let said = Said::Waiver { of: of.to_owned(), reason: reason(why)? };
        self.say(&person, Some(role), said, Some(&Signer::load(key, None)?))?;
        Ok(self.show())
    }

    /// Decides, and signs.
    ///
    /// # Errors
    /// *Failed*: it cannot be a go, and why. *Usage*: the person does not answer for the decision,
    /// or this is not their key.
    pub fn decide(
        &mut self,
        name: &str,
        key: &Path,
        go: bool,
        why: Option<&str>,
    ) -> Result<String, Fault> {
        let (person, role) = self.accountable(name, GO_NO_GO)?;
        let obstacles = self.standing().obstacles();
        if go && !obstacles.is_empty() {
            let lines: Vec<_> =
                obstacles.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect();
            let help = "mend it and drill again, answer what is open (`smokedrill review \
                        checklist`), or waive it with a reason (`smokedrill review waive`)";
            let message = format!("this cannot be a go:{}", lines.concat());
            return Err(Fault::failed(message).stage(STAGE).help(help));
        }
        let why = match go {
            true => why.map(reason).transpose()?,
            false => Some(reason(why.unwrap_or_default())?),
        };
        let said = Said::Decision { go, reason: why };
        self.say(&person, Some(role), said, Some(&Signer::load(key, None)?))?;
        Ok(self.show())
    }

    /// Authorizes rolling back, or refuses it, and signs.
    ///
    /// # Errors
    /// As for [`Desk::decide`].
    pub fn rollback(
        &mut self,
        name: &str,
        key: &Path,
        authorized: bool,
        why: &str,
    ) -> Result<String, Fault> {
        let (person, role) = self.accountable(name, ROLLBACK)?;
        let said = Said::Rollback { authorized, reason: reason(why)? };
        self.say(&person, Some(role), said, Some(&Signer::load(key, None)?))?;
        Ok(self.show())
    }

    fn standing(&self) -> Standing<'_> {
        Standing::of(&self.book.journal, &self.book.statements, &self.settings)
    }

    fn section(&self) -> Section {
        Section::of(&self.book.journal, &self.book.statements, &self.settings)
    }

    fn person(&self, name: &str) -> Result<Person, Fault> {
        self.settings.person(name).cloned().ok_or_else(|| {
            let known: Vec<_> =
                self.settings.persons.iter().map(|person| person.name.as_str()).collect();
            let help = match known.as_slice() {
                [] => "list them in suites/drill.toml:\n\n    [[person]]\n    name = \"Ana Ruiz\"\n    \
                       roles = [\"Platform Admin\"]\n    key = \"RWQ…\"        # smokedrill review key FILE"
                    .to_owned(),
                known => format!("suites/drill.toml lists {}", known.join(", ")),
            };
            Fault::usage(format!("nobody of the name `{name}` takes part")).stage(STAGE).help(help)
        })
    }

    /// A person who answers for a task, and by which role.
    fn accountable(&self, name: &str, task: &str) -> Result<(Person, String), Fault> {
        let person = self.person(name)?;
        match self.settings.accountable(&person, task) {
            Some(role) => Ok((person, role)),
            None => {
                let message = format!(
                    "{} ({}) does not answer for it: {} does",
                    person.name,
                    person.roles.join(", "),
                    self.settings.who(task)
                );
                let help = "`[[raci]]` in suites/drill.toml says who is accountable";
                Err(Fault::usage(message).stage(STAGE).object(task).help(help))
            }
        }
    }

    /// Adds a statement, between two lines of the audit log, which have its hash: what was said is on
    /// record twice, and what could not be said is on record as that.
    fn say(
        &mut self,
        person: &Person,
        role: Option<String>,
        said: Said,
        signer: Option<&Signer>,
    ) -> Result<(), Fault> {
        let mut statement = Statement {
            format: FORMAT.to_owned(),
            drill: self.book.journal.run.id.clone(),
            journal: self.book.sha256.clone(),
            time: Timestamp::now(),
            actor: actor(),
            host: host(),
            person: person.name.clone(),
            role,
            said,
            previous: self.book.last(),
            key: None,
            signature: None,
        };
        if let Some(signer) = signer {
            statement.sign(person, signer)?;
        }
        let operation = match &statement.said {
            Said::Answer { .. } => Operation::ReviewAnswer,
            Said::Waiver { .. } => Operation::ReviewWaive,
            Said::Decision { .. } => Operation::ReviewDecide,
            Said::Rollback { .. } => Operation::RollbackAuthorize,
        };
        let begins = Record {
            operation,
            source: self.book.journal.run.environment.clone(),
            object: Some(statement.drill.clone()),
            result: Result_::Started,
            detail: told(&statement),
            manifest: Some(hash(&statement.line()?)),
        };
        let (redactor, detail) = (Redactor::new(&[], Vec::new()), begins.detail.clone());
        Audit::open(&self.audit)?.during(begins, &redactor, || {
            self.book.add(statement, &self.settings).map(|()| ((), detail))
        })?;
        // What was said stands in the book, whatever becomes of the report.
        if !self.book.folder.join("report.json").exists() {
            return Ok(());
        }
        let (id, sections) = (self.book.journal.run.id.clone(), self.section().sections());
        let amended = folder::amend(&self.reports, &id, |report| {
            sections.into_iter().for_each(|section| report.put(section));
        });
        amended.map_err(|message| {
            let help = "it was said all the same: `smokedrill review show` tells of it";
            Fault::errored(message).stage("report of the drill").help(help)
        })
    }
}

/// A statement in a line, for the audit log.
fn told(statement: &Statement) -> String {
    let said = match &statement.said {
        Said::Answer { item, holds, note } => {
            let note = note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{item}: {holds:?}{note}").to_lowercase()
        }
        Said::Waiver { of, reason } => format!("{of} is waived: {reason}"),
        Said::Decision { go, reason } => {
            let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{}{reason}", if *go { "go" } else { "no-go" })
        }
        Said::Rollback { authorized, reason } => {
            format!("{}: {reason}", if *authorized { "authorized" } else { "refused" })
        }
    };
    let role = statement.role.as_deref().map(|role| format!(" ({role})")).unwrap_or_default();
    format!("{}{role}: {said}", statement.person)
}

fn reason(text: &str) -> Result<String, Fault> {
    match text.trim() {
        "" => Err(Fault::usage("it takes a reason, which stands in the report")
            .stage(STAGE)
            .help("give one with --reason \"…\"")),
        text => Ok(text.to_owned()),
    }
}

/// Makes a pair of keys to sign with: the private one into a new file, protected by the password
/// that `ask` gives, if it is not empty. Returns the public one, with the lines to paste.
///
/// # Errors
/// *Usage*: nobody can be asked, or two passwords were typed. *Errored*: the file is there already, or cannot be written.
pub fn review_key(
    path: &Path,
    ask: impl Fn(&str) -> std::io::Result<String>,
) -> Result<String, Fault> {
    // A key without a password is one that somebody wanted to be so.
    let ask = |prompt: &str| {
        ask(prompt).map_err(|error| {
            Fault::usage(format!("no password can be asked for: {error}"))
                .stage(STAGE)
                .help("run it in a terminal; or let the key be without: --no-password")
        })
    };
    let password = ask("password of the new key (empty: none): ")?;
    if ask("once more: ")? != password {
        return Err(Fault::usage("that was another one: no key was made").stage(STAGE));
    }
    let public = new_pair(path, &password)?;
    Ok(format!(
        "{} holds the private key: keep it to yourself. In suites/drill.toml:\n\n    [[person]]\n    \
         name = \"…\"\n    roles = [\"…\"]\n    key = \"{public}\"\n",
        path.display()
    ))
}

/// That the checklist and its persons are not those of the drill: what is open by them was perhaps
/// not open then, and the other way round.
fn changed(suites: &Path, journal: &Journal) -> Option<String> {
    let mut inputs = journal.run.inputs.iter();
    let (path, then) = inputs.find(|(path, _)| Path::new(path).ends_with("drill.toml"))?;
    let now = std::fs::read(suites.join("drill.toml")).map(|bytes| hash(&bytes)).ok();
    (now.as_ref() != Some(then)).then(|| {
        format!("{path} was changed since the drill: checklist, persons and roles are those of now")
    })
}

/// The folder of a drill: the newest, unless one is named.
///
/// # Errors
/// *Usage*: the name can be none. *Errored*: there is no drill.
pub(crate) fn drill_folder(reports: &Path, drill: Option<&str>) -> Result<PathBuf, Fault> {
    let folder = reports.join("drill");
    match drill {
        Some(id) if !plain(id) => Err(Fault::usage("this is no name of a drill").stage(STAGE)),
        Some(id) => Ok(folder.join(id)),
        None => newest(&folder),
    }
}

fn plain(id: &str) -> bool {
    !id.is_empty() && !id.starts_with('.') && !id.contains(['/', '\\', '\0'])
}

/// The newest folder with a journal in it; names of runs are ordered by time.
fn newest(folder: &Path) -> Result<PathBuf, Fault> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let drills = entries.map(|entry| entry.path()).filter(|path| path.join(JOURNAL).is_file());
    drills.max().ok_or_else(|| {
        Fault::errored("no drill was kept here")
            .stage(STAGE)
            .object(folder.display())
            .help(format!("`make drill` makes one; what is said of it stands in its {BOOK}"))
    })
}
