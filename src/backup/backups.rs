//! The backups that are there, for whoever is no test: the program's commands.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::choose::Choice;
use super::display::Display;
use super::encryption::Identities;
use super::origin::{Reached, Whose};
use super::place::{self, Found, told};
use super::progress::Progress;
use super::prune::plan;
use super::settings::Settings;
use super::store::{Holder, Listed, REMOVAL, Store, StoreLock};
use super::verify::{self, Reading};
use super::words;
use crate::actor::{actor, host};
use crate::audit::{self, Audit, Noted, Operation, Record, Standing};
use crate::database::{ConnectionUrl, identify};
use crate::environment::load::Environments;
use crate::fault::{Fault, FaultKind};
use crate::harness::stop_by_signal;
use crate::project::root;
use crate::redact::Redactor;
use crate::report::console::tell;
use crate::report::units;

/// The backups of a project.
///
/// Texts that are returned are for people, each line ended.
pub struct Backups {
    settings: Settings,
    environments: Environments,
    environment: String,
    /// Whether the environment was named, and not found by what there is.
    named: bool,
    root: PathBuf,
    store: Store,
    redactor: Redactor,
    runtime: Runtime,
}

impl Backups {
    /// Opens the place that `drill.toml` of this folder names. Relative paths in it begin where
    /// the folder stands. `latest` and `previous` are of the environment that is named, or of the
    /// one that `drill.toml` names as its source.
    ///
    /// # Errors
    /// *Usage*: there is no such folder, or the file is wrong. *Errored*: the place cannot be
    /// opened.
    pub fn open(suites: &Path, environment: Option<&str>) -> Result<Self, Fault> {
        let settings = settings(suites)?;
        let environments = Environments::load(suites).map_err(|problems| told(&problems))?;
        let root = root(suites);
        let redactor = Redactor::new(&[], Vec::new());
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
        let store = place::open(&settings, &root, &redactor, runtime.handle())?;
        let named = environment.is_some();
        let environment = place::meant(environment, &settings, &environments, &store)?;
        Ok(Self { settings, environments, environment, named, root, store, redactor, runtime })
    }

    /// A line for each backup, newest first; only those of the environment, where one was named.
    ///
    /// # Errors
    /// The place cannot be read.
    pub fn list(&self) -> Result<String, Fault> {
        let mut listed = self.store.list()?;
        // Whose a damaged one is, nobody can tell: it is shown.
        listed.retain(|listed| {
            let manifest = listed.manifest.as_ref();
            let of = manifest.map(|manifest| manifest.source.environment == self.environment);
            !self.named || of.unwrap_or(true)
        });
        if listed.is_empty() {
            let shown = self.store.shown();
            let of = if self.named { format!(" of `{}`", self.environment) } else { String::new() };
            return Ok(format!(
                "there is no backup{of} in {shown}; `make backup-prod` makes one\n"
            ));
        }
        Ok(listed.iter().map(words::line).collect())
    }

    /// A backup's manifest, as JSON.
    ///
    /// # Errors
    /// There is no such backup, or its manifest cannot be read.
    pub fn show(&self, backup: &str) -> Result<String, Fault> {
        let found = self.find(&Choice::parse(backup)?)?;
        Ok(String::from_utf8_lossy(&found.manifest.to_json()?).into_owned())
    }

    /// Reads a backup to its end, and compares it with its manifest. The file holds the private
    /// key of an encrypted backup; without it hashes alone are compared.
    ///
    /// # Errors
    /// *Failed*: the backup is damaged. *Errored*: it cannot be read.
    pub fn verify(&self, backup: &str, identity: Option<&Path>) -> Result<String, Fault> {
        let identities = identity.map(Identities::load).transpose()?;
        let choice = Choice::parse(backup)?;
        let audit = self.audit()?;
        let stop = stop_by_signal(self.runtime.handle());
        let begins = self.record(Operation::BackupVerify, backup.trim(), "");
        audit.during(begins, &self.redactor, || {
            let Found { manifest, refuted, hold: _hold, .. } = self.find(&choice)?;
            let progress = std::sync::Arc::new(Progress::default());
            let reading = {
                let _display = Display::start(&progress, "verify", manifest.archive_bytes());
                verify::read(&self.store, &manifest, identities.as_ref(), &progress, &stop)?
            };
            // Who may only read here is told all the same.
            if let Err(fault) = self.note_down(&manifest.id, &refuted, &reading) {
                tell(&format!("warning: what was found is not noted down: {}\n", fault.line()));
            }
            let text = words::judged(&manifest, &reading)?;
            let detail = text.trim().to_owned();
            Ok((text, detail))
        })
    }

    /// Notes beside a backup what reading it has shown: of one that is damaged nobody restores unseen.
    fn note_down(&self, id: &str, refuted: &[String], reading: &Reading) -> Result<(), Fault> {
        let judge = |proof: &str, holds: bool| match holds {
            false => self.store.refute(id, proof),
            true if refuted.iter().any(|refuted| refuted == proof) => self.store.absolve(id, proof),
            true => Ok(()),
        };
        // As the proofs of a drill are called.
        judge("hashes", reading.damaged.is_empty())?;
        match &reading.archive {
            Some(archive) if reading.damaged.is_empty() => judge("archive", archive.is_ok()),
            _ => Ok(()),
        }
    }

    /// Removes what is older than the retention, and never the last good backup; with `dry_run`
    /// it only says what it would remove.
    ///
    /// # Errors
    /// *Errored*: a clock went backwards, or something cannot be removed.
    pub fn prune(&self, dry_run: bool) -> Result<String, Fault> {
        let audit = self.audit()?;
        let _alone = (!dry_run).then(|| self.removing()).transpose()?;
        let known = place::known(&self.store.list()?);
        let audited = audit.last()?.map(|last| last.time);
        let decision = plan(&known, self.settings.retention, Timestamp::now(), audited)?;
        let mut text = String::new();
        for (id, why) in &decision.keep {
            text.push_str(&format!("keeps    {id}  {}\n", why.told()));
        }
        for id in &decision.remove {
            if self.store.is_held(id) {
                text.push_str(&format!("keeps    {id}  being read by another process\n"));
                continue;
            }
            if dry_run {
                text.push_str(&format!("would remove {id}\n"));
                continue;
            }
            let begins = self.record(Operation::BackupPrune, id, "older than the retention");
            audit.during(begins, &self.redactor, || {
                self.store.remove(id).map(|()| ((), String::from("removed")))
            })?;
            text.push_str(&format!("removed  {id}\n"));
        }
        if decision.remove.is_empty() {
            text.push_str("nothing is old enough to be removed\n");
        }
        Ok(text)
    }

    /// The right to remove backups, until it is dropped: of two who remove at once each would leave
    /// what the other takes away.
    fn removing(&self) -> Result<StoreLock, Fault> {
        let holder = Holder::new(&actor(), &host(), Timestamp::now());
        self.store.lock(REMOVAL, &holder)
    }

    /// Removes one backup, such as a damaged one; but never the last good one.
    ///
    /// # Errors
    /// *Usage*: it is the last good one, or may be it. *Errored*: there is none of that name, or it
    /// cannot be removed.
    pub fn remove(&self, id: &str) -> Result<String, Fault> {
        let audit = self.audit()?;
        let _alone = self.removing()?;
        let known = place::known(&self.store.list()?);
        let Some(found) = known.iter().find(|backup| backup.id == id) else {
            let help = "name it as `smokedrill backup list` does";
            return Err(Fault::errored("there is no such backup").object(id).help(help));
        };
        if let Err(why) = found.of.as_ref()
            && why.kind() != FaultKind::Failed
        {
            let help = "it may be whole, and the last good one: see why it cannot be read; where it \
                        must go all the same, remove it by hand";
            let fault = Fault::usage(format!("it cannot be read today: {}", why.line()));
            return Err(fault.object(id).help(help));
        }
        if let Some(origin) = found.good()
            && known.iter().filter(|backup| backup.good() == Some(origin)).count() == 1
        {
            let help = "make another one first: this is all there is to restore from";
            let fault = Fault::usage("it is the last good backup of its source");
            return Err(fault.object(id).help(help));
        }
        let begins = self.record(Operation::BackupRemove, id, "by its name");
        audit.during(begins, &self.redactor, || {
            self.store.remove(id).map(|()| (format!("removed  {id}\n"), String::from("removed")))
        })
    }

    /// The audit log's lines, oldest first. Whether they are true, [`Backups::verify_audit`]
    /// says.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn list_audit(&self) -> Result<String, Fault> {
        let lines = Audit::lines(&self.root.join(&self.settings.audit))?;
        let told = lines.iter().map(|line| {
            let object = line.object.as_deref().unwrap_or("-");
            format!(
                "{}  {}  {}@{}  {} {}  {object}  {}  {}\n",
                line.seq,
                units::time(line.time),
                line.actor,
                line.host,
                line.operation,
                line.result,
                line.source,
                line.detail
            )
        });
        Ok(told.collect())
    }

    /// Finds lines of the audit log that were altered, removed or inserted. The manifests of the
    /// backups that are there say which lines it must hold, and it says what they must be.
    ///
    /// # Errors
    /// *Failed*: what is wrong with it. *Errored*: the backups cannot be read to compare it with.
    pub fn verify_audit(&self) -> Result<String, Fault> {
        let path = self.root.join(&self.settings.audit);
        let mut unread = None;
        let (noted, known, rewritten) = match self.store.list() {
            Ok(listed) => {
                let (noted, known) = self.noted(&path, &listed)?;
                (noted, known, self.rewritten(&path, &listed)?)
            }
            Err(fault) => {
                let known = format!("not compared with backups: {}", fault.line());
                unread = Some(fault);
                (Vec::new(), known, Vec::new())
            }
        };
        let shown = path.display();
        match audit::verify(&path, &noted) {
            Ok(verified) if rewritten.is_empty() => {
                let torn = match verified.torn.len() {
                    0 => String::new(),
                    torn => format!("; {torn} writes were cut off by a kill, which is no harm"),
                };
                let lines = verified.lines;
                let told =
                    format!("{shown}: {lines} lines, each bound to the one before; {known}{torn}");
                match unread {
                    // A log that was written anew is bound, too: the manifests tell it.
                    Some(_) => Err(Fault::errored(told).help(
                        "see that the backups can be read, and verify again: they say which lines \
                         the log must have",
                    )),
                    None => Ok(told + "\n"),
                }
            }
            judged => {
                let findings = judged.err().unwrap_or_default();
                let faults = findings.iter().map(|finding| finding.fault(&path).line());
                let lines: Vec<String> = faults.chain(rewritten).collect();
                let help = "keep everything as it is, and find out who changed it";
                Err(Fault::failed(lines.join("\n  ")).help(help))
            }
        }
    }

    /// The lines that the log must hold, and what to say of them: those that were noted down
    /// with its first line, and those of backups of this source from this machine and this file,
    /// which have no other log. One that was put in this one's place has neither.
    fn noted(&self, path: &Path, listed: &[Listed]) -> Result<(Vec<Noted>, String), Fault> {
        let log = Audit::lines(path)?.into_iter().next().map(|line| line.hash);
        let (host, url, file) = (host(), self.url(), audit::file_of(path));
        let noted = listed.iter().filter_map(|listed| {
            let manifest = listed.manifest.as_ref().ok()?;
            let anchor = manifest.audit.as_ref()?;
            let source = manifest.source.environment == self.environment
                && url.as_ref().is_none_or(|url| Reached::from(&manifest.source).is_at(url));
            let here = manifest.host == host && anchor.file.as_ref().is_none_or(|is| *is == file);
            let by = format!("the manifest of {}", listed.id);
            let ours = (source && here) || log.as_ref() == Some(&anchor.log);
            Some((ours, Noted { line: anchor.line.clone(), by }))
        });
        let (ours, others): (Vec<_>, Vec<_>) = noted.partition(|(ours, _)| *ours);
        let mut known = format!("{} backups name a line of it, and it holds each", ours.len());
        let unreadable = listed.iter().filter(|listed| listed.manifest.is_err()).count();
        if unreadable > 0 {
            known += &format!("; {unreadable} manifests cannot be read (`backup list` says why)");
        }
        if !others.is_empty() {
            known += &format!(
                "; {} name lines of other logs, of another source, machine or folder",
                others.len()
            );
        }
        Ok((ours.into_iter().map(|(_, noted)| noted).collect(), known))
    }

    /// Manifests that are not as the log says that they were written.
    fn rewritten(&self, path: &Path, listed: &[Listed]) -> Result<Vec<String>, Fault> {
        let lines = Audit::lines(path)?;
        let rewritten = listed.iter().filter_map(|listed| {
            let sha256 = listed.sha256.as_deref()?;
            place::on_record(&lines, &listed.id, sha256).err().map(|fault| fault.line())
        });
        Ok(rewritten.collect())
    }

    fn find(&self, choice: &Choice) -> Result<Found, Fault> {
        let environment = self.environment.as_str();
        let ask = |url: &ConnectionUrl| self.runtime.block_on(identify(environment, url));
        let part = &place::part_of(&self.environments, environment, &self.redactor);
        let whose = Whose { environment, strict: self.named, url: &|| self.url(), part, ask: &ask };
        let log = self.root.join(&self.settings.audit);
        place::find(&self.store, choice, whose, &log, |text| tell(&format!("note: {text}\n")))
    }

    fn url(&self) -> Option<ConnectionUrl> {
        place::url_of(&self.environments, &self.environment, &self.redactor)
    }

    fn audit(&self) -> Result<Audit, Fault> {
        let path = self.root.join(&self.settings.audit);
        let audit = Audit::open(&path)?;
        for finding in audit.damage() {
            tell(&format!("warning: {}\n", finding.fault(&path).line()));
        }
        Ok(audit)
    }

    /// That an operation begins.
    fn record(&self, operation: Operation, object: &str, detail: &str) -> Record {
        Record {
            operation,
            source: self.store.shown(),
            object: Some(object.to_owned()),
            result: Standing::Started,
            detail: detail.to_owned(),
            manifest: None,
        }
    }
}

/// The settings of a folder.
pub(crate) fn settings(suites: &Path) -> Result<Settings, Fault> {
    if !suites.is_dir() {
        let help = "run where it is, or name another with --suites DIR";
        return Err(Fault::usage(format!("there is no folder {}", suites.display())).help(help));
    }
    Settings::load(suites).map_err(|problems| told(&problems))
}
