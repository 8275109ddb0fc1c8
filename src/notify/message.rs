//! What is told, and in which form.

use serde::Serialize;
use serde_json::{Value, json};

use super::model::{Kind, On};
use crate::journal::{Journal, Outcome, Verdict};
use crate::report::drill::running::Begun;
use crate::report::verdict;

/// The version of the plain form.
const FORMAT: &str = "smokedrill.notification/1";

/// How many red tests a message names.
const MOST: usize = 10;

/// Something to tell of.
///
/// ```json
/// {"format":"smokedrill.notification/1","event":"finished","drill":"20261127T…",
///  "environment":"staging","verdict":"failed","red":["masking::rules-held"],
///  "passed":50,"skipped":4,"duration_s":31.2,"text":"FAIL drill of staging: …"}
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Event {
    pub(crate) format: &'static str,
    /// What happened.
    pub(crate) event: Occasion,
    /// The run.
    pub(crate) drill: String,
    pub(crate) environment: String,
    /// How it ended; nothing before.
    pub(crate) verdict: Option<Verdict>,
    /// The blocking tests that are red, by name.
    pub(crate) red: Vec<String>,
    pub(crate) passed: usize,
    pub(crate) skipped: usize,
    /// How long it took so far, in seconds.
    pub(crate) duration_s: f64,
    /// All of it in a line or some, for people.
    pub(crate) text: String,
}

/// What happened.
pub(crate) type Occasion = On;

impl Event {
    /// Something that happened in a run, as far as its journal goes.
    pub(crate) fn of(event: Occasion, journal: &Journal) -> Self {
        let (run, counts) = (&journal.run, journal.counts());
        let red = journal.entries.iter().filter(|entry| entry.blocking);
        let red: Vec<String> = red
            .filter(|entry| matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored)))
            .map(|entry| entry.id.clone())
            .collect();
        let end = run.finished.unwrap_or_else(jiff::Timestamp::now);
        let duration_s = end.duration_since(run.started).as_secs_f64().max(0.0);
        let of = format!("drill of {} (run {})", run.environment, run.id);
        let names = match red.len() {
            0 => String::new(),
            count => {
                let more = count.checked_sub(MOST).filter(|more| *more > 0);
                let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
                let first: Vec<&str> = red.iter().take(MOST).map(String::as_str).collect();
                format!(": {}{more}", first.join(", "))
            }
        };
        let text = match event {
            On::Started => format!("started: {of}"),
            On::Failed => format!("going wrong: {of}{names}"),
            On::Finished => {
                format!("{}: {of}: {}{names}", verdict::word(run.verdict), verdict::tally(journal))
            }
        };
        Self {
            format: FORMAT,
            event,
            drill: run.id.clone(),
            environment: run.environment.clone(),
            verdict: (event == On::Finished).then_some(run.verdict),
            red,
            passed: counts.passed,
            skipped: counts.skipped,
            duration_s,
            text,
        }
    }

    /// That a drill before did not end, which nobody was told of: it could not itself.
    pub(crate) fn unfinished(dead: &Begun) -> Self {
        Self {
            format: FORMAT,
            event: On::Finished,
            drill: dead.id.clone(),
            environment: dead.environment.clone(),
            verdict: Some(Verdict::Unfinished),
            red: Vec::new(),
            passed: 0,
            skipped: 0,
            duration_s: 0.0,
            text: format!("{}: {}", verdict::word(Verdict::Unfinished), dead.died()),
        }
    }

    /// The body that a webhook of that kind takes.
    pub(super) fn body(&self, kind: Kind) -> Value {
        match kind {
            // `&`, `<` and `>` are Slack's own signs: none of them makes a link or calls anybody.
            Kind::Slack => {
                let text =
                    self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                json!({ "text": text })
            }
            Kind::Teams => json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.4",
                        "body": [{ "type": "TextBlock", "text": self.text, "wrap": true }],
                    },
                }],
            }),
            Kind::Json => json!(self),
        }
    }
}
