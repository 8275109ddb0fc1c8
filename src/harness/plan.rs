//! The plan: which trials there are, which of them are selected, and what they need.

use std::collections::{BTreeSet, HashMap};

use libtest_mimic::Trial;

use super::arguments::CommandLine;
use super::custom::{Custom, Turn};
use crate::environment::credential::Face;
use crate::journal::{Entry, EntryKind, Location, Outcome};
use crate::suite::links::full_name;
use crate::suite::load::{Loaded, Suite};
use crate::suite::problem::known;

/// The tag of a drill's trials that need staging restored.
pub(crate) const RESTORE: &str = "restore";

/// The name of the trial that proves that the environment is up.
pub(crate) const ENVIRONMENT: &str = "environment::ready";

/// What a trial does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Starts or awaits the environment.
    Environment,
    /// Sends a check's request: the suite's and the check's index.
    Check(usize, usize),
    /// Sends it without its credential (`None`), or with a false one.
    Refusal(usize, usize, Option<Face>),
    /// Runs a query: the suite's and the query's index.
    Query(usize, usize),
    /// Opens a page in a browser: the suite's and the page's index.
    Page(usize, usize),
    /// Runs a check written in Rust.
    Custom(usize),
}

/// One planned trial.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) id: String,
    pub(crate) job: Job,
    /// Why it runs only when asked for.
    pub(crate) ignore: Option<String>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) selected: bool,
}

/// All trials of a run.
pub(crate) struct Plan {
    pub(crate) suites: Vec<Suite>,
    pub(crate) customs: Vec<Custom>,
    pub(crate) trials: Vec<Planned>,
    /// Checks by full name.
    pub(crate) checks: HashMap<String, (usize, usize)>,
}

impl Plan {
    /// Plans every trial and selects those that the arguments ask for.
    pub(crate) fn new(
        suites: Vec<Suite>,
        customs: Vec<Custom>,
        environment_is_trial: bool,
        arguments: &CommandLine,
    ) -> Self {
        let mut plan = Self { suites, customs, trials: Vec::new(), checks: HashMap::new() };
        if environment_is_trial {
            plan.add(ENVIRONMENT.to_owned(), Job::Environment, None, BTreeSet::new());
        }
        plan.add_customs(|turn| turn == Turn::First);
        for s in 0..plan.suites.len() {
            for c in 0..plan.suites[s].checks.len() {
                plan.add_check(s, c);
            }
            for q in 0..plan.suites[s].queries.len() {
                let (suite, query) = (&plan.suites[s], &plan.suites[s].queries[q].query);
                let id = format!("{}::{}", suite.name, query.name);
                let tags = suite.tags.iter().chain(&query.tags).cloned().collect();
                let ignore = query.ignore.clone();
                plan.add(id, Job::Query(s, q), ignore, tags);
            }
            for p in 0..plan.suites[s].pages.len() {
                let (suite, page) = (&plan.suites[s], &plan.suites[s].pages[p].page);
                let id = format!("{}::{}", suite.name, page.name);
                let tags = suite.tags.iter().chain(&page.tags).cloned().collect();
                let ignore = page.ignore.clone();
                plan.add(id, Job::Page(s, p), ignore, tags);
            }
        }
        plan.add_customs(|turn| turn == Turn::Beside);
        plan.add_customs(|turn| turn == Turn::Last);
        for trial in &mut plan.trials {
            let probe =
                Trial::test(trial.id.clone(), || Ok(())).with_ignored_flag(trial.ignore.is_some());
            let tagged = arguments.ours.tag.is_empty()
                || arguments.ours.tag.iter().any(|t| trial.tags.contains(t));
            let excluded = arguments.ours.exclude_tag.iter().any(|tag| trial.tags.contains(tag));
            let tagged = tagged || trial.job == Job::Environment;
            trial.selected = tagged && !excluded && !arguments.libtest.is_filtered_out(&probe);
        }
        plan
    }

    fn add(&mut self, id: String, job: Job, ignore: Option<String>, tags: BTreeSet<String>) {
        self.trials.push(Planned { id, job, ignore, tags, selected: false });
    }

    fn add_customs(&mut self, has_its: impl Fn(Turn) -> bool) {
        for index in 0..self.customs.len() {
            let custom = &self.customs[index];
            if has_its(custom.turn) {
                let id = format!("{}::{}", custom.suite, custom.name);
                let tags = custom.tags.clone();
                self.add(id, Job::Custom(index), None, tags);
            }
        }
    }

    fn add_check(&mut self, s: usize, c: usize) {
        let suite = &self.suites[s];
        let loaded = &suite.checks[c];
        let id = format!("{}::{}", suite.name, loaded.name);
        let ignore = loaded.check.ignore.clone();
        let tags: BTreeSet<_> = suite.tags.iter().chain(&loaded.check.tags).cloned().collect();
        let refused = credential(suite, loaded).is_some()
            && loaded.check.refusal.as_ref().is_none_or(|refusal| refusal.skip.is_none());
        self.checks.insert(id.clone(), (s, c));
        self.add(id.clone(), Job::Check(s, c), ignore.clone(), tags.clone());
        if refused {
            let without = format!("{id}::refused-without-credential");
            self.add(without, Job::Refusal(s, c, None), ignore.clone(), tags.clone());
            let falsely = format!("{id}::refused-with-false-credential");
            self.add(falsely, Job::Refusal(s, c, Some(Face::False)), ignore, tags);
        }
    }

    /// Whether a trial is one of a restore, rather than of what a restore is followed by.
    pub(crate) fn is_restore(&self, planned: &Planned) -> bool {
        matches!(planned.job, Job::Custom(_)) && planned.tags.contains(RESTORE)
    }

    /// Why nothing is selected, if that is so.
    pub(crate) fn nothing_selected(&self, arguments: &CommandLine) -> Option<String> {
        let tags: BTreeSet<&str> =
            self.trials.iter().flat_map(|trial| trial.tags.iter().map(String::as_str)).collect();
        let asked = arguments.ours.tag.iter().chain(&arguments.ours.exclude_tag);
        if let Some(tag) = asked.into_iter().find(|tag| !tags.contains(tag.as_str())) {
            return Some(format!("no check has the tag `{tag}`; {}", known(tag, tags)));
        }
        let work = |trial: &&Planned| trial.selected && trial.job != Job::Environment;
        let only_environment =
            arguments.libtest.filter.is_some() && self.trials.iter().any(|trial| trial.selected);
        if self.trials.iter().any(|trial| work(&trial)) || only_environment {
            return None;
        }
        if self.trials.iter().all(|trial| trial.job == Job::Environment) {
            return Some("there is no check in any suite; add one to suites/".to_owned());
        }
        let names = self.trials.iter().map(|trial| trial.id.as_str());
        Some(match &arguments.libtest.filter {
            Some(filter) => {
                format!("the filter `{filter}` selects nothing; {}", known(filter, names))
            }
            None => "the filters and tags together select nothing; --list shows all".to_owned(),
        })
    }

    /// The names of the credentials that the selection sends, needed checks included, each
    /// with the suite that asks for it.
    pub(crate) fn credentials(&self) -> BTreeSet<(usize, String)> {
        let mut todo: Vec<(usize, usize)> = Vec::new();
        for trial in self.trials.iter().filter(|trial| trial.selected) {
            if let Job::Check(s, c) | Job::Refusal(s, c, _) = trial.job {
                todo.push((s, c));
            }
        }
        let mut seen = BTreeSet::new();
        let mut names = BTreeSet::new();
        while let Some((s, c)) = todo.pop() {
            if !seen.insert((s, c)) {
                continue;
            }
            let (suite, loaded) = (&self.suites[s], &self.suites[s].checks[c]);
            if let Some(name) = credential(suite, loaded) {
                names.insert((s, name.to_owned()));
            }
            let needs = loaded.check.needs.iter().map(|need| full_name(&suite.name, need));
            todo.extend(needs.filter_map(|id| self.checks.get(&id).copied()));
        }
        names
    }

    /// The journal's entry of a check by its full name, before it runs.
    pub(crate) fn check_entry(&self, id: &str) -> Entry {
        let job = self.checks.get(id).map(|&(s, c)| Job::Check(s, c));
        let job = job.unwrap_or(Job::Environment);
        let (ignore, tags) = (None, BTreeSet::new());
        self.entry(&Planned { id: id.to_owned(), job, ignore, tags, selected: true })
    }

    /// The journal's entry of a trial, before it runs.
    pub(crate) fn entry(&self, planned: &Planned) -> Entry {
        let (suite, name, location, kind, blocking, description) = match planned.job {
            Job::Environment => {
                ("environment".into(), "ready".into(), None, EntryKind::Fixture, true, None)
            }
            Job::Custom(index) => {
                let custom = &self.customs[index];
                let (suite, name) = (custom.suite.clone(), custom.name.clone());
                (suite, name, None, custom.kind, custom.blocking, custom.description.clone())
            }
            Job::Query(s, q) => {
                let (suite, loaded) = (&self.suites[s], &self.suites[s].queries[q]);
                let (name, location) = (loaded.query.name.clone(), Some(loaded.location.clone()));
                let (blocking, about) = (!loaded.query.advisory, loaded.query.description.clone());
                (suite.name.clone(), name, location, EntryKind::Query, blocking, about)
            }
            Job::Page(s, p) => {
                let (suite, loaded) = (&self.suites[s], &self.suites[s].pages[p]);
                let (name, location) = (loaded.page.name.clone(), Some(loaded.location.clone()));
                let (blocking, about) = (!loaded.page.advisory, loaded.page.description.clone());
                (suite.name.clone(), name, location, EntryKind::Page, blocking, about)
            }
            Job::Check(s, c) | Job::Refusal(s, c, _) => {
                let (suite, loaded) = (&self.suites[s], &self.suites[s].checks[c]);
                let kind = match planned.job {
                    Job::Refusal(..) => EntryKind::Refusal,
                    _ => EntryKind::Check,
                };
                let name = planned.id.split_once("::").map_or("", |(_, name)| name).to_owned();
                let location = Some(loaded.location.clone());
                let description = loaded.check.description.clone();
                (suite.name.clone(), name, location, kind, loaded.check.is_blocking(), description)
            }
        };
        Entry { description, ..blank(planned.id.clone(), suite, name, location, kind, blocking) }
    }
}

/// The credential that a check sends, if it sends one.
pub(crate) fn credential<'a>(suite: &'a Suite, loaded: &'a Loaded) -> Option<&'a str> {
    let name = loaded.check.credential.as_ref().or(suite.defaults.credential.as_ref());
    name.map(String::as_str).filter(|name| *name != "none")
}

/// An entry of which nothing is known yet.
pub(crate) fn blank(
    id: String,
    suite: String,
    name: String,
    location: Option<Location>,
    kind: EntryKind,
    blocking: bool,
) -> Entry {
    Entry {
        id,
        suite,
        name,
        location,
        kind,
        blocking,
        started: None,
        duration_ms: None,
        outcome: None,
        reason: None,
        request: None,
        status: None,
        latency: None,
        measured: Vec::new(),
        retries: Vec::new(),
        broken: Vec::new(),
        excerpt: None,
        curl: None,
        description: None,
        attachments: Vec::new(),
    }
}

/// Marks an entry as skipped.
pub(crate) fn skip(entry: &mut Entry, reason: impl Into<String>) {
    entry.outcome = Some(Outcome::Skipped);
    entry.reason = Some(reason.into());
}
