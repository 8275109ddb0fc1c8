//! What stands before a request can be sent: environment, needs, variables, credential.

use std::collections::BTreeSet;

use url::Url;

use super::finding::Root;
use super::fixture::Live;
use super::plan::{ENVIRONMENT, credential};
use super::state::Run;
use crate::check::request::{Prepared, Surroundings};
use crate::environment::credential::{Credential, Face, Presented};
use crate::journal::Outcome;
use crate::suite::links::full_name;
use crate::suite::load::typed;
use crate::suite::model::Check;
use crate::suite::schema::CHECK;
use crate::suite::template::{self, Scope};

/// A check whose request can be sent.
pub(crate) struct Ready {
    pub(crate) check: Check,
    pub(crate) prepared: Prepared,
}

/// Why a request cannot be sent.
pub(crate) enum NotReady {
    /// It does not apply here.
    Skip(String),
    /// Something that it needs did not come about: the one root cause.
    Blocked(Root),
    /// It cannot be made.
    Error(String),
}

impl Run {
    /// Makes a check's request; with `None` for a face it carries no credential.
    pub(crate) fn make_ready(
        &self,
        (s, c): (usize, usize),
        face: Option<Face>,
    ) -> Result<Ready, NotReady> {
        let (suite, loaded) = (&self.plan.suites[s], &self.plan.suites[s].checks[c]);
        let check = &loaded.check;
        let here = &self.target.name;
        if !check.environments.is_empty() && !check.environments.contains(here) {
            let only = check.environments.join(", ");
            return Err(NotReady::Skip(format!("only for {only}; this is {here}")));
        }
        let live = self.live().map_err(|cause| {
            self.blame_environment(&cause);
            NotReady::Blocked(Root { told: format!("needs `{ENVIRONMENT}`"), red: true })
        })?;
        let base_url = live.target.base_url.as_ref();
        let base_url = base_url.ok_or_else(|| self.without_address())?;
        if let Some(reason) = self.lacking((s, c), &mut BTreeSet::new()) {
            return Err(NotReady::Skip(reason));
        }
        let mut scope = self.scope(live, base_url);
        self.gather(&suite.name, check, &mut scope, &mut BTreeSet::new())?;
        scope.extend(loaded.scope.clone());
        let check = match &loaded.unfilled {
            None => check.clone(),
            Some(unfilled) => fill_in(unfilled, &scope)?,
        };
        let presented = match (credential(suite, loaded), face) {
            (Some(name), Some(face)) => {
                let credential = self.credentials.get(&(s, name.to_owned()));
                let credential = credential.ok_or_else(|| {
                    NotReady::Error(format!("there is no credential `{name}` in `{here}`"))
                })?;
                credential.present(face, &scope, &self.redactor).map_err(NotReady::Error)?
            }
            _ => Presented::default(),
        };
        let around = Surroundings {
            base_url,
            headers: &live.target.headers,
            defaults: &suite.defaults,
            folder: &suite.folder,
            timeout: live.target.timeout,
        };
        let prepared = Prepared::new(&check, &around, presented).map_err(NotReady::Error)?;
        Ok(Ready { check, prepared })
    }

    /// Why a check does not apply here, if a variable that it, or what it needs, is made of may be
    /// left unset and is.
    fn lacking(&self, at: (usize, usize), seen: &mut BTreeSet<(usize, usize)>) -> Option<String> {
        if self.target.unset.is_empty() || !seen.insert(at) {
            return None;
        }
        let (suite, loaded) = (&self.plan.suites[at.0], &self.plan.suites[at.0].checks[at.1]);
        let mut names = loaded.unfilled.as_ref().map(template::all_names).unwrap_or_default();
        names.retain(|name| !loaded.scope.contains_key(name));
        if let Some(name) = credential(suite, loaded) {
            let credential = self.credentials.get(&(at.0, name.to_owned()));
            names.extend(credential.map(Credential::names).unwrap_or_default());
        }
        self.unset(&names).or_else(|| {
            let needs = loaded.check.needs.iter().map(|need| full_name(&suite.name, need));
            let needs = needs.filter_map(|id| self.plan.checks.get(&id).copied());
            needs.into_iter().find_map(|need| self.lacking(need, seen))
        })
    }

    /// Why what is made of these variables does not apply here, if one of them is left unset.
    pub(super) fn unset(&self, names: &BTreeSet<String>) -> Option<String> {
        let live = self.live().ok()?;
        let mut unset = self.target.unset.iter().filter(|(name, _)| names.contains(*name));
        // What the harness starts brings values of its own.
        let unset = unset.find(|(name, _)| !live.target.variables.contains_key(*name));
        unset.map(|(name, from)| {
            format!("{from} is not set, which `{name}` of this environment comes from")
        })
    }

    /// Why nothing can be sent where the environment has no base URL: one that the harness has
    /// started should have one.
    pub(super) fn without_address(&self) -> NotReady {
        let here = &self.target.name;
        match self.starter {
            Some(_) => NotReady::Error("there is no base URL".to_owned()),
            None => NotReady::Skip(format!(
                "no application answers in `{here}`: it has no `base_url` in suites/environments.toml"
            )),
        }
    }

    /// The variables of the environment, and those that are always there.
    pub(super) fn scope(&self, live: &Live, base_url: &Url) -> Scope {
        let mut scope = live.target.variables.clone();
        scope.insert("base_url".into(), base_url.as_str().trim_end_matches('/').into());
        scope.insert("environment".into(), self.target.name.as_str().into());
        scope.insert("run_id".into(), self.run_id.as_str().into());
        scope
    }

    /// Runs what a check needs, and takes over what that captured.
    fn gather(
        &self,
        suite: &str,
        check: &Check,
        scope: &mut Scope,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), NotReady> {
        for need in &check.needs {
            let id = full_name(suite, need);
            if !seen.insert(id.clone()) {
                continue;
            }
            let finding = self.check(&id);
            // A skip of the needed check is as good as a failure to those that need it.
            if finding.entry.outcome != Some(Outcome::Passed) {
                let failed =
                    matches!(finding.entry.outcome, Some(Outcome::Failed | Outcome::Errored));
                let red = failed && finding.entry.blocking || self.stopped().is_some();
                let root = finding.root.clone();
                let root = root.unwrap_or_else(|| Root { told: format!("needs `{id}`"), red });
                // What is advisory, or for another environment, fails no run: what it keeps from
                // running must not pass for well.
                if !root.red && check.is_blocking() {
                    let told =
                        format!("{}, which did not pass, and fails no run itself", root.told);
                    return Err(NotReady::Error(told));
                }
                return Err(NotReady::Blocked(root));
            }
            scope.extend(finding.captures.clone());
            if let Some(&(s, c)) = self.plan.checks.get(&id) {
                let needed = &self.plan.suites[s];
                self.gather(&needed.name, &needed.checks[c].check, scope, seen)?;
            }
        }
        Ok(())
    }
}

/// Fills in the variables that were not known before the run.
fn fill_in(unfilled: &serde_json::Value, scope: &Scope) -> Result<Check, NotReady> {
    let filled = template::render(unfilled, scope, &|_| true).map_err(|faults| {
        let told = faults.into_iter().map(|(at, fault)| format!("{at}: {fault}"));
        NotReady::Error(told.collect::<Vec<_>>().join("; "))
    })?;
    if let Some(fault) = CHECK.faults(&filled).into_iter().next() {
        let told = format!("{} with its variables filled in: {}", fault.pointer, fault.message);
        return Err(NotReady::Error(told));
    }
    typed(filled).map_err(NotReady::Error)
}
