//! Roles, checklist and contacts, with the runbook's own where the settings say nothing.

use serde::{Deserialize, Serialize};

use super::model::{ContactSpec, DocumentSpec, ManualSpec, PersonSpec, RaciSpec};
use super::signing::PublicKey;

/// The tasks whose accountable roles sign.
pub(crate) const GO_NO_GO: &str = "Go/No-Go Decision";
pub(crate) const ROLLBACK: &str = "Rollback Authorization";

/// A row of the runbook's table.
struct Row {
    task: &'static str,
    responsible: &'static [&'static str],
    accountable: &'static str,
    consulted: &'static [&'static str],
    informed: &'static [&'static str],
}

/// The runbook's table.
const RACI: [Row; 5] = [
    Row {
        task: "Backup Execution",
        responsible: &["DevOps Lead"],
        accountable: "Platform Admin",
        consulted: &[],
        informed: &["QA Lead", "Business Owner"],
    },
    Row {
        task: "Staging Restore",
        responsible: &["DevOps Lead"],
        accountable: "Platform Admin",
        consulted: &["QA Lead"],
        informed: &["Business Owner"],
    },
    Row {
        task: "Smoke Test Validation",
        responsible: &["Platform Admin", "QA Lead"],
        accountable: "DevOps Lead",
        consulted: &[],
        informed: &["Business Owner"],
    },
    Row {
        task: GO_NO_GO,
        responsible: &["QA Lead", "Business Owner"],
        accountable: "Platform Admin",
        consulted: &["DevOps Lead"],
        informed: &[],
    },
    Row {
        task: ROLLBACK,
        responsible: &["Business Owner"],
        accountable: "Platform Admin",
        consulted: &["DevOps Lead"],
        informed: &["QA Lead"],
    },
];

/// The runbook's manual checklist: name, item, and the test of the runbook's suites that answers it.
const MANUAL: [(&str, &str, Option<&str>); 7] = [
    ("console", "Application loads without console errors", Some("pages::app")),
    ("sign-in", "User authentication flow works", Some("pages::sign-in")),
    ("scheduling", "Job scheduling interface functional", None),
    ("templates", "Communication templates render correctly", None),
    ("reports", "Reports generate without errors", Some("smoke::upcoming-reminders")),
    ("files", "File uploads/downloads work", Some("storage::download")),
    ("sms", "SMS integration responds (test mode)", Some("sms::message")),
];

/// What the settings say of people, whole.
#[derive(Debug, Clone)]
pub(crate) struct ReviewSettings {
    pub(crate) classification: String,
    pub(crate) maintained_by: String,
    pub(crate) review_cycle: String,
    pub(crate) persons: Vec<Person>,
    pub(crate) raci: Vec<Accountability>,
    pub(crate) contacts: Vec<ContactSpec>,
    pub(crate) manual: Vec<Item>,
}

/// Somebody who takes part.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) roles: Vec<String>,
    pub(crate) key: Option<PublicKey>,
}

/// Who does what, for one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accountability {
    pub(crate) task: String,
    pub(crate) responsible: Vec<String>,
    pub(crate) accountable: Vec<String>,
    pub(crate) consulted: Vec<String>,
    pub(crate) informed: Vec<String>,
}

/// An item of the manual checklist.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) item: String,
    /// The test that answers it.
    pub(crate) by: Option<String>,
}

/// What is wrong with the settings: where, what, and what to do.
pub(crate) type Wrong = (String, String, &'static str);

/// Fills in what the settings leave out; the wrong ones are told of and left out.
pub(crate) fn resolve(
    document: DocumentSpec,
    persons: Vec<PersonSpec>,
    raci: Vec<RaciSpec>,
    contacts: Vec<ContactSpec>,
    manual: Vec<ManualSpec>,
) -> (ReviewSettings, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let mut known: Vec<Person> = Vec::new();
    for (index, spec) in persons.into_iter().enumerate() {
        let at = format!("/person/{index}");
        if known.iter().any(|person| person.name == spec.name) {
            let message = format!("`{}` is listed twice", spec.name);
            wrong.push((format!("{at}/name"), message, "one person has one list of roles"));
        }
        let key = match spec.key.as_deref().map(PublicKey::parse) {
            Some(Err(message)) => {
                let help = "the second line of the file that minisign wrote for you (`.pub`)";
                wrong.push((format!("{at}/key"), message, help));
                None
            }
            Some(Ok(key)) => Some(key),
            None => None,
        };
        known.push(Person { name: spec.name, roles: spec.roles, key });
    }
    for (index, spec) in manual.iter().enumerate() {
        if manual.iter().position(|other| other.name == spec.name) != Some(index) {
            let message = format!("the item `{}` is listed twice", spec.name);
            wrong.push((format!("/manual/{index}/name"), message, "give it another name"));
        }
    }
    let settings = ReviewSettings {
        classification: document.classification.unwrap_or_else(|| "Internal Use".to_owned()),
        maintained_by: document.maintained_by.unwrap_or_else(|| "DevOps Team".to_owned()),
        review_cycle: document.review_cycle.unwrap_or_else(|| "Quarterly".to_owned()),
        persons: known,
        raci: if raci.is_empty() { runbooks() } else { raci.into_iter().map(given).collect() },
        contacts,
        manual: match manual.is_empty() {
            true => MANUAL
                .iter()
                .map(|(name, item, by)| Item {
                    name: (*name).to_owned(),
                    item: (*item).to_owned(),
                    by: by.map(str::to_owned),
                })
                .collect(),
            false => manual
                .into_iter()
                .map(|spec| Item { name: spec.name, item: spec.item, by: spec.by })
                .collect(),
        },
    };
    (settings, wrong)
}

fn runbooks() -> Vec<Accountability> {
    let roles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let row = |row: &Row| Accountability {
        task: row.task.to_owned(),
        responsible: roles(row.responsible),
        accountable: vec![row.accountable.to_owned()],
        consulted: roles(row.consulted),
        informed: roles(row.informed),
    };
    RACI.iter().map(row).collect()
}

fn given(spec: RaciSpec) -> Accountability {
    let RaciSpec { task, responsible, accountable, consulted, informed } = spec;
    Accountability { task, responsible, accountable, consulted, informed }
}

impl ReviewSettings {
    /// The role by which somebody answers for a task; nothing where they do not.
    pub(crate) fn accountable(&self, person: &Person, task: &str) -> Option<String> {
        let row = self.raci.iter().find(|row| row.task == task)?;
        row.accountable.iter().find(|role| person.roles.contains(role)).cloned()
    }

    /// The roles that answer for a task, for people to read.
    pub(crate) fn who(&self, task: &str) -> String {
        let row = self.raci.iter().find(|row| row.task == task);
        row.map_or_else(|| "nobody".to_owned(), |row| row.accountable.join(" or "))
    }

    pub(crate) fn person(&self, name: &str) -> Option<&Person> {
        self.persons.iter().find(|person| person.name == name)
    }
}
