//! What the drill's trials share: settings, the source, prerequisites, the backup.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;

use super::prerequisites::Findings;
use super::restored::Restored;
use super::trials::{ARCHIVE, HASHES, MADE};
use super::{making, proofs};
use crate::backup::archive::Held;
use crate::backup::choose::{self, Choice, Known};
use crate::backup::encryption::Identities;
use crate::backup::manifest::Manifest;
use crate::backup::origin::{Part, Whose};
use crate::backup::place::{self, Found};
use crate::backup::progress::Progress;
use crate::backup::settings::Settings;
use crate::backup::stop::Stop;
use crate::backup::store::{Hold, Store};
use crate::backup::verify::{self, Reading};
use crate::database::{ConnectionUrl, identify};
use crate::environment::load::Environments;
use crate::evidence;
use crate::fault::Fault;
use crate::harness::{Blocked, CommandLine, Context, Failure};
use crate::journal::{BackupEvidence, Measure};
use crate::masking::rules::Rules;
use crate::project::root;
use crate::report::drill::running::Mark;

/// What the drill's trials share.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) environments: Environments,
    /// The project's folder, where relative paths of the settings begin.
    pub(super) root: PathBuf,
    /// A backup that is there already, where one is to be used.
    choice: Option<Choice>,
    /// Whether a restore goes on with what an earlier one has loaded.
    pub(super) resume: bool,
    /// The file of the private key.
    identity: Option<PathBuf>,
    pub(super) findings: OnceCell<Findings>,
    backup: OnceCell<Result<Arc<Backup>, Blocked>>,
    pub(super) rules: Rules,
    pub(super) restored: OnceCell<Result<Arc<Restored>, Blocked>>,
    /// The mark that a drill of this process is under way.
    mark: Mutex<Option<Mark>>,
}

/// A backup that is there.
pub(super) struct Backup {
    pub(super) manifest: Manifest,
    /// SHA-256 of the manifest.
    sha256: String,
    pub(super) store: Store,
    /// Whether this run has made it.
    pub(super) made: bool,
    /// Its proofs that failed before.
    refuted: Vec<String>,
    pub(super) identities: Option<Identities>,
    reading: OnceCell<Result<Reading, Fault>>,
    /// So that nobody removes it meanwhile.
    _hold: Hold,
}

impl State {
    /// Reads the settings.
    ///
    /// # Errors
    /// Everything that is wrong with them, as text for a person.
    pub(super) fn load(
        folder: &Path,
        environments: &Environments,
        arguments: &CommandLine,
    ) -> Result<Self, String> {
        let settings = Settings::load(folder).map_err(|problems| problems.to_string())?;
        let found = found_by_chance(environments, &settings, arguments);
        found.map_err(|message| format!("error: {message}"))?;
        if arguments.drill.resume {
            resumable(&settings, arguments).map_err(|message| format!("error: {message}"))?;
        }
        let choice = arguments.drill.backup.as_deref().map(Choice::parse).transpose();
        Ok(Self {
            settings,
            environments: environments.clone(),
            root: root(folder),
            choice: choice.map_err(|fault| format!("error: --backup: {fault}"))?,
            resume: arguments.drill.resume,
            identity: arguments.drill.identity.clone(),
            findings: OnceCell::new(),
            backup: OnceCell::new(),
            rules: Rules::load(folder).map_err(|problems| problems.to_string())?,
            restored: OnceCell::new(),
            mark: Mutex::default(),
        })
    }

    /// The mark that a drill of this process is under way.
    pub(super) fn mark(&self) -> MutexGuard<'_, Option<Mark>> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes into it which stage the restore comes to. One that cannot be written is told of where
    /// it is taken, and stops nothing.
    pub(super) fn at(&self, stage: Option<&str>) {
        self.mark().as_mut().map(|mark| mark.at(stage));
    }

    /// The backup, made or found at most once; a failure is remembered.
    ///
    /// # Errors
    /// Why there is none, and whose fault that is.
    pub(super) fn backup(&self, context: &Context) -> Result<Arc<Backup>, Blocked> {
        self.backup.get_or_init(|| self.bring(context).map(Arc::new)).clone()
    }

    /// Tells of the backup, in its own trial.
    pub(super) fn tell_made(&self, context: &Context) -> Result<(), Failure> {
        let backup = self.backup(context).map_err(|blocked| proofs::failure(&blocked.fault))?;
        let manifest = &backup.manifest;
        for (stage, seconds) in &manifest.durations {
            context.measure(Measure::seconds(stage, *seconds));
        }
        match manifest.database {
            Some(_) => context.measure(Measure::bytes("data", manifest.data_bytes())),
            None => context.measure(Measure::count("objects", manifest.objects().0)),
        };
        Ok(())
    }

    fn bring(&self, context: &Context) -> Result<Backup, Blocked> {
        let blame = |fault: Fault| Blocked { id: MADE.to_owned(), fault };
        let identities = self.identity.as_deref().map(Identities::load).transpose();
        let identities = identities.map_err(|fault| blame(fault.stage("private key")))?;
        let (choice, made) = match &self.choice {
            Some(choice) => (choice.clone(), false),
            None => {
                let make = || making::make(self, context);
                let id = match context.shared() {
                    // One process of the run makes it, the others take its word.
                    Some(shared) => shared
                        .once("backup", make)
                        .unwrap_or_else(|message| Err(blame(Fault::errored(message)))),
                    None => make(),
                };
                (Choice::Id(id?), true)
            }
        };
        let store = self.store(context).map_err(blame)?;
        let environment = self.source(context);
        let url = || place::url_of(&self.environments, environment, context.redactor());
        let ask = |url: &ConnectionUrl| context.runtime().block_on(identify(environment, url));
        let part = self.part(context);
        let whose = Whose { environment, strict: true, url: &url, part: &part, ask: &ask };
        let log = self.root.join(&self.settings.audit);
        let found = place::find(&store, &choice, whose, &log, |text| context.note(text));
        let found = found.map_err(blame)?;
        context.note(&format!("the backup is {}", found.shown()));
        let Found { manifest, sha256, hold, refuted } = found;
        let reading = OnceCell::new();
        let backup =
            Backup { manifest, sha256, store, made, refuted, identities, reading, _hold: hold };
        context.evidence(|evidence| evidence.backup = Some(backup.evidence()));
        Ok(backup)
    }

    /// The good backups of the source, newest first, but for what this run has made.
    ///
    /// # Errors
    /// They cannot be listed, or it cannot be told which of them are this source's.
    pub(super) fn others(&self, context: &Context) -> Result<Vec<Known>, Fault> {
        let own = self.backup.get().and_then(|backup| backup.as_ref().ok());
        let own = own.filter(|backup| backup.made).map(|backup| backup.manifest.id.as_str());
        let known = place::known(&self.store(context)?.list()?);
        let environment = self.source(context);
        let url = || place::url_of(&self.environments, environment, context.redactor());
        let ask = |url: &ConnectionUrl| context.runtime().block_on(identify(environment, url));
        let part = self.part(context);
        let whose = Whose { environment, strict: true, url: &url, part: &part, ask: &ask };
        let good = choose::good(&known, whose)?;
        Ok(good.into_iter().filter(|backup| Some(backup.id.as_str()) != own).cloned().collect())
    }

    /// Which part of it is meant. What is restored needs a database.
    fn part(&self, context: &Context) -> Part {
        let environment = self.source(context);
        match context.environment() != environment || context.source.is_some() {
            true => Part::Database,
            false => place::part_of(&self.environments, environment, context.redactor()),
        }
    }

    /// The environment that is backed up.
    pub(super) fn source<'a>(&'a self, context: &'a Context) -> &'a str {
        match &context.source {
            Some(_) => context.environment(),
            None => &self.settings.source,
        }
    }

    /// Where backups are kept.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn store(&self, context: &Context) -> Result<Store, Fault> {
        place::open(&self.settings, &self.root, context.redactor(), context.runtime())
    }
}

impl Backup {
    /// What the record tells of it.
    fn evidence(&self) -> BackupEvidence {
        let manifest = &self.manifest;
        let excluded = manifest.excluded.iter().map(|left| {
            let table = left.table.as_ref().map(|table| format!(".{table}")).unwrap_or_default();
            let rows = if left.data_only { " (rows alone)" } else { "" };
            format!("{}{table}{rows}: {}", left.schema, left.reason)
        });
        BackupEvidence {
            id: manifest.id.clone(),
            manifest_sha256: self.sha256.clone(),
            location: self.store.shown(),
            made: self.made,
            maker: format!("{}@{}", manifest.actor, manifest.host),
            started: manifest.started,
            finished: manifest.finished,
            snapshot: manifest.snapshot.clone(),
            source: manifest.source.clone(),
            stages: evidence::steps(&manifest.durations),
            tools: manifest.tools.clone(),
            files: manifest.files.clone(),
            rows: manifest.rows(),
            data_bytes: manifest.data_bytes(),
            encrypted: !manifest.recipients.is_empty(),
            excluded: excluded.collect(),
            impact: manifest.impact.clone(),
        }
    }

    /// What reading the whole backup shows; read at most once.
    ///
    /// # Errors
    /// The run was told to stop.
    pub(super) fn reading(&self, context: &Context) -> Result<&Reading, Fault> {
        let reading = self.reading.get_or_init(|| {
            let (progress, stop) = (Progress::default(), Stop::default());
            let _listening = context.stop_with(&stop);
            verify::read(&self.store, &self.manifest, self.identities.as_ref(), &progress, &stop)
        });
        reading.as_ref().map_err(Clone::clone)
    }

    /// Notes beside the backup that a proof of it failed, so that nobody restores from it unseen;
    /// or takes the note away, if it holds now.
    pub(super) fn note_down(&self, proof: &str, told: &Result<(), Failure>, context: &Context) {
        let id = &self.manifest.id;
        let done = match told {
            Err(Failure::Failed(_)) => self.store.refute(id, proof),
            Ok(()) if self.refuted.iter().any(|refuted| refuted == proof) => {
                self.store.absolve(id, proof)
            }
            _ => Ok(()),
        };
        if let Err(fault) = done {
            context.note(&format!("that backup::{proof} was judged is not noted down: {fault}"));
        }
    }

    /// Whether the archive can be looked into; if not, whose fault that is. Without its private
    /// key it cannot either, which each proof says for itself.
    ///
    /// # Errors
    /// Its file was changed, or the archive in it is damaged: one fault is one red.
    pub(super) fn sound(&self, context: &Context) -> Result<(), Blocked> {
        let blame = |id: &str, fault: Fault| Blocked { id: id.to_owned(), fault };
        let reading = self.reading(context).map_err(|fault| blame(ARCHIVE, fault))?;
        let Some(database) = &self.manifest.database else { return Ok(()) };
        let file = &database.file;
        if let Some((_, fault)) = reading.damaged.iter().find(|(name, _)| name == file) {
            return Err(blame(HASHES, fault.clone()));
        }
        match &reading.archive {
            Some(Err(fault)) => Err(blame(ARCHIVE, fault.clone())),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// What the archive holds.
    ///
    /// # Errors
    /// It is damaged; or encrypted, and there is no private key at hand.
    pub(super) fn held(&self, context: &Context) -> Result<&Held, Failure> {
        if self.manifest.database.is_none() {
            return Err(proofs::no_database(&self.manifest));
        }
        let reading = self.reading(context).map_err(|fault| proofs::failure(&fault))?;
        match &reading.archive {
            Some(Ok(held)) => Ok(held),
            Some(Err(fault)) => Err(proofs::failure(fault)),
            None => Err(Failure::skipped(proofs::NEEDS_KEY)),
        }
    }
}

/// Whether a restore could go on with an earlier one at all: it needs that one's backup, and a
/// staging that is still there.
fn resumable(settings: &Settings, arguments: &CommandLine) -> Result<(), String> {
    if arguments.environment() == settings.source {
        let name = &settings.source;
        return Err(format!("--resume: `{name}` is what backups are made of, never restored into"));
    }
    match arguments.drill.backup {
        Some(_) => Ok(()),
        None => Err("--resume goes on with an earlier restore, and needs its backup: name it \
                     (`--backup latest`)"
            .to_owned()),
    }
}

/// Refuses to take the environment that nobody named for the one that is meant: whoever has
/// production's credentials at hand does not want the demo backed up.
fn found_by_chance(
    environments: &Environments,
    settings: &Settings,
    arguments: &CommandLine,
) -> Result<(), String> {
    let source = &settings.source;
    let spec = environments.file.environment.get(source);
    let variable = spec.and_then(|spec| match (&spec.database, &spec.storage) {
        (Some(database), _) => database.url.variable(),
        (None, storage) => storage.as_ref().and_then(|storage| storage.key.variable()),
    });
    let by_chance = arguments.ours.env.is_none() && !arguments.libtest.list;
    let Some(variable) = variable.filter(|_| by_chance) else { return Ok(()) };
    match place::is_configured(environments, source) {
        true => Err(format!(
            "no environment is named, and `{variable}` is set: say which one is meant\n  \
             help: `--env {source}` (or `make … ENV={source}`) backs {source} up; `--env local` \
             backs up the one that the harness starts itself"
        )),
        false => Ok(()),
    }
}
