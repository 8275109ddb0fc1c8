//! Trials of queries: one statement, in a session that only reads.
//!
//! A query that the server refuses is *failed*: the schema is not what the application takes it
//! for. One that gets no connection, or no answer in time, could not be judged.

use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryMessage;

use super::fixture::Live;
use super::plan::{ENVIRONMENT, skip};
use super::state::{INTERRUPTED, Run};
use crate::check::attempt::line;
use crate::database::{ConnectionUrl, Session};
use crate::fault::Fault;
use crate::journal::{Broken, Entry, Latency, Outcome};
use crate::report::units;
use crate::suite::fields::Scalar;
use crate::suite::query::Query;

/// How long an answer is awaited where nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What came back, without a value of any row but the one that is asked for.
struct Answer {
    rows: u64,
    columns: Vec<String>,
    value: Option<String>,
    took: Duration,
}

impl Run {
    /// Runs a query, and judges its answer.
    pub(crate) fn query(&self, mut entry: Entry, (s, q): (usize, usize)) -> Entry {
        let suite = &self.plan.suites[s];
        let query = &suite.queries[q].query;
        let here = &self.target.name;
        if !query.environments.is_empty() && !query.environments.contains(here) {
            let only = query.environments.join(", ");
            skip(&mut entry, format!("only for {only}; this is {here}"));
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
        entry.request =
            Some(format!("SQL {}", query.sql.split_whitespace().collect::<Vec<_>>().join(" ")));
        let url = match self.database(live) {
            Ok(Some(url)) => url,
            Ok(None) => {
                let reason = format!(
                    "the database of `{here}` is not known here ([environment.{here}.database] in \
                     suites/environments.toml, and the variable that it names)"
                );
                skip(&mut entry, reason);
                return entry;
            }
            Err(fault) => return failed(entry, &fault, false),
        };
        let asked = self.runtime.block_on(async {
            tokio::select! {
                answer = ask(&url, query) => Some(answer),
                () = self.interrupt.happened() => None,
            }
        });
        match asked {
            None => {
                skip(&mut entry, INTERRUPTED);
                entry
            }
            Some(Err((fault, refused))) => failed(entry, &fault, refused),
            Some(Ok(answer)) => {
                let budget = query.budget.or(suite.defaults.budget).map(|budget| budget.0);
                judged(entry, query, &answer, budget)
            }
        }
    }

    /// The environment's database, where its URL is at hand.
    fn database(&self, live: &Live) -> Result<Option<ConnectionUrl>, Fault> {
        let own = live.database.clone().or_else(|| live.staging.clone());
        let url = match (own, &self.database_url) {
            (Some(own), _) => own,
            (None, Some(found)) => found.clone(),
            (None, None) => return Ok(None),
        };
        let url = ConnectionUrl::parse(&url)?;
        url.password().map(|password| self.redactor.learn(password));
        Ok(Some(url))
    }
}

/// Asks; a fault comes with whether it was the server that refused the statement.
async fn ask(url: &ConnectionUrl, query: &Query) -> Result<Answer, (Fault, bool)> {
    let session = Session::open(url, "smokedrill query").await.map_err(|fault| (fault, false))?;
    let limit = query.timeout.map_or(TIMEOUT, |timeout| timeout.0);
    // The application's own search path, which the session has emptied.
    let settings = "reset search_path; begin read only";
    let begun = session.client().batch_execute(settings).await;
    begun.map_err(|error| (session.said(&error), false))?;
    let started = Instant::now();
    let answered = tokio::time::timeout(limit, session.client().simple_query(&query.sql)).await;
    let took = started.elapsed();
    let messages = match answered {
        Err(_) => {
            let message = format!("no answer within {}", humantime::format_duration(limit));
            return Err((Fault::errored(message), false));
        }
        Ok(Err(error)) => {
            let refused = error.as_db_error().is_some();
            return Err((session.said(&error), refused));
        }
        Ok(Ok(messages)) => messages,
    };
    let mut answer = Answer { rows: 0, columns: Vec::new(), value: None, took };
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                answer.columns = columns.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => {
                if answer.rows == 0 && !row.is_empty() {
                    answer.value = row.get(0).map(str::to_owned);
                }
                answer.rows += 1;
            }
            _ => {}
        }
    }
    session.close().await;
    Ok(answer)
}

fn failed(mut entry: Entry, fault: &Fault, refused: bool) -> Entry {
    entry.outcome = Some(if refused { Outcome::Failed } else { Outcome::Errored });
    entry.reason = Some(fault.to_string());
    entry
}

fn judged(mut entry: Entry, query: &Query, answer: &Answer, budget: Option<Duration>) -> Entry {
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    entry.latency = Some(Latency {
        statistic: "max".to_owned(),
        value_ms: ms(answer.took),
        budget_ms: budget.map(ms),
        samples_ms: vec![ms(answer.took)],
    });
    let expect = &query.expect;
    let mut broken = Vec::new();
    let mut hold = |holds: bool, what: &str, expected: String, actual: String| {
        if !holds {
            let (expectation, at) = (what.to_owned(), None);
            broken.push(Broken { expectation, at, expected, actual });
        }
    };
    let rows = answer.rows;
    let told = || format!("{rows} rows");
    if let Some(exact) = expect.rows {
        hold(rows == exact, "expect.rows", format!("{exact} rows"), told());
    }
    if let Some(least) = expect.min_rows {
        hold(rows >= least, "expect.min_rows", format!("{least} rows or more"), told());
    }
    if let Some(most) = expect.max_rows {
        hold(rows <= most, "expect.max_rows", format!("{most} rows or fewer"), told());
    }
    if let Some(columns) = &expect.columns {
        let list = |names: &[String]| names.join(", ");
        let same = *columns == answer.columns;
        hold(same, "expect.columns", list(columns), list(&answer.columns));
    }
    if let Some(value) = &expect.value {
        let wanted = match value {
            Scalar::Boolean(true) => "t".to_owned(),
            Scalar::Boolean(false) => "f".to_owned(),
            Scalar::Number(number) => number.to_string(),
            Scalar::Text(text) => text.clone(),
        };
        let found = answer.value.as_deref();
        // A text may be anybody's; a number or a truth value is nobody's.
        let plain =
            found.is_some_and(|text| text.parse::<f64>().is_ok() || matches!(text, "t" | "f"));
        let actual = match found {
            None if rows == 0 => "no row".to_owned(),
            None => "NULL".to_owned(),
            Some(text) if plain => text.to_owned(),
            Some(text) => format!("another text, of {} characters", text.chars().count()),
        };
        hold(found == Some(&wanted), "expect.value", wanted.clone(), actual);
    }
    if let Some(budget) = budget {
        let (took, most) = (ms(answer.took), ms(budget));
        let actual = units::against(took, Some(most));
        hold(took <= most, "budget", format!("at most {}", units::budget(most)), actual);
    }
    entry.reason = broken.first().map(line);
    entry.outcome = Some(if broken.is_empty() { Outcome::Passed } else { Outcome::Failed });
    entry.broken = broken;
    entry
}
