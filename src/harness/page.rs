//! Trials of pages: opened in a browser, and judged by what it tells of.

use std::fs;
use std::time::Duration;

use regex::Regex;

use super::plan::{ENVIRONMENT, skip};
use super::prepare::NotReady;
use super::state::{INTERRUPTED, Run};
use crate::check::attempt::line;
use crate::journal::{Broken, Entry, Latency, Outcome};
use crate::page::{Browser, Missing, Seen, Trouble, Visit, judge};
use crate::report::units;
use crate::suite::load::typed;
use crate::suite::page::Page;
use crate::suite::template;

/// How long what should appear is waited for where nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The window where nobody says otherwise.
const WINDOW: [u32; 2] = [1280, 800];

/// The folder of pictures, below that of the reports.
const PICTURES: &str = "pages";

impl Run {
    /// Opens a page, and judges what is seen.
    pub(crate) fn page(&self, mut entry: Entry, (s, p): (usize, usize)) -> Entry {
        let suite = &self.plan.suites[s];
        let loaded = &suite.pages[p];
        let here = &self.target.name;
        let only = &loaded.page.environments;
        if !only.is_empty() && !only.contains(here) {
            skip(&mut entry, format!("only for {}; this is {here}", only.join(", ")));
            return entry;
        }
        let live = match self.live() {
            Ok(live) => live,
            Err(cause) => {
                self.blame_environment(&cause);
                skip(&mut entry, format!("needs `{ENVIRONMENT}`"));
                return entry;
            }
        };
        let Some(base_url) = live.target.base_url.as_ref() else {
            return match self.without_address() {
                NotReady::Skip(reason) => {
                    skip(&mut entry, reason);
                    entry
                }
                _ => errored(entry, "there is no base URL".to_owned()),
            };
        };
        if let Some(reason) = self.unset(&template::all_names(&loaded.unfilled)) {
            skip(&mut entry, reason);
            return entry;
        }
        let scope = self.scope(live, base_url);
        let filled = template::render(&loaded.unfilled, &scope, &|_| true).map_err(|faults| {
            let told = faults.into_iter().map(|(at, fault)| format!("{at}: {fault}"));
            told.collect::<Vec<_>>().join("; ")
        });
        let page: Page = match filled.and_then(typed) {
            Ok(page) => page,
            Err(message) => return errored(entry, message),
        };
        let url = match base_url.join(&page.open) {
            Ok(url) => url,
            Err(error) => return errored(entry, format!("`open`: {error}")),
        };
        entry.request = Some(format!("OPEN {}", self.redactor.secrets(url.as_str())));
        let browser = match self.browser() {
            Ok(browser) => browser,
            Err(Missing::Installed(how)) => {
                skip(&mut entry, how.clone());
                return entry;
            }
            Err(Missing::Started(why)) => {
                return errored(entry, format!("the browser does not start: {why}"));
            }
        };
        let visit = Visit {
            url,
            steps: &page.steps,
            expect: &page.expect,
            timeout: page.timeout.or(suite.defaults.timeout).map_or(TIMEOUT, |limit| limit.0),
            window: page.window.unwrap_or(WINDOW),
            screenshot: page.screenshot.unwrap_or_else(|| self.journal().run.kind == "drill"),
        };
        let seen = self.runtime.block_on(async {
            tokio::select! {
                seen = browser.visit(&visit) => Some(seen),
                () = self.interrupt.happened() => None,
            }
        });
        match seen {
            None => {
                skip(&mut entry, INTERRUPTED);
                entry
            }
            Some(Err(Trouble(why))) => errored(entry, why),
            Some(Ok(seen)) => {
                let budget = page.budget.or(suite.defaults.budget).map(|budget| budget.0);
                self.keep_picture(&mut entry, &seen);
                judged(entry, &page, &seen, budget)
            }
        }
    }

    /// The run's browser, started when the first page needs it.
    fn browser(&self) -> Result<&Browser, &Missing> {
        self.browser.get_or_init(|| self.runtime.block_on(Browser::start())).as_ref()
    }

    fn keep_picture(&self, entry: &mut Entry, seen: &Seen) {
        let Some(picture) = &seen.screenshot else { return };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
        let name: String = entry.id.replace("::", ".").chars().map(plain).collect();
        let (folder, name) = (self.reports.join(PICTURES), format!("{name}.png"));
        let kept =
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(&name), picture));
        match kept {
            Ok(()) => entry.attachments.push(format!("{PICTURES}/{name}")),
            Err(error) => {
                let note = format!("the picture of {} could not be kept: {error}", entry.id);
                self.journal().run.notes.push(note);
            }
        }
    }
}

fn errored(mut entry: Entry, reason: String) -> Entry {
    entry.outcome = Some(Outcome::Errored);
    entry.reason = Some(reason);
    entry
}

fn judged(mut entry: Entry, page: &Page, seen: &Seen, budget: Option<Duration>) -> Entry {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    entry.status = seen.status;
    entry.latency = Some(Latency {
        statistic: "max".to_owned(),
        value_ms: seen.loaded_ms,
        budget_ms: budget.map(ms),
        samples_ms: vec![seen.loaded_ms],
    });
    // Each was compiled as the suite was loaded.
    let tolerate: Vec<Regex> =
        page.tolerate.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect();
    let mut broken = judge(seen, &page.expect, &tolerate);
    if let Some(most) = budget.map(ms).filter(|most| seen.loaded_ms > *most) {
        broken.push(Broken {
            expectation: "budget".to_owned(),
            at: None,
            expected: format!("at most {}", units::budget(most)),
            actual: units::against(seen.loaded_ms, Some(most)),
        });
    }
    entry.reason = broken.first().map(line);
    entry.outcome = Some(if broken.is_empty() { Outcome::Passed } else { Outcome::Failed });
    entry.broken = broken;
    entry
}
