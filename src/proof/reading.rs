//! Every field of staging, read once, over several connections.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Mutex;

use futures_util::TryStreamExt as _;

use super::held::held;
use super::{Proved, Subject, leaks, views};
use crate::backup::manifest::Column;
use crate::database::{Session, quoted};
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::copy::{NULL, unescape};
use crate::masking::plan::{Action, Rows, TablePlan};
use crate::masking::rules::is_harmless;
use crate::masking::sums::{Summing, TableSums};

/// As `pg_dump`'s sessions have it, so that equal values are equal texts.
const SETTINGS: &str = "set intervalstyle = 'postgres'; set extra_float_digits = 3;
    set bytea_output = 'hex'; set statement_timeout = 0";

/// What was found in a table.
#[derive(Default)]
pub(super) struct Found {
    sums: TableSums,
    /// By column: values against their rule, values of production, keys of production.
    broken: BTreeMap<String, u64>,
    leaks: BTreeMap<String, u64>,
    secrets: BTreeMap<String, u64>,
    bytes: u64,
}

pub(super) type Reading = BTreeMap<(String, String), Found>;

/// A table to be read, with the columns that the server computes.
struct Table<'a> {
    key: &'a (String, String),
    plan: &'a TablePlan,
    computed: Vec<&'a str>,
    /// What the values of each column are, those of the computed ones last.
    shapes: Vec<Shape>,
}

/// What values are, as far as it matters for what is looked for in them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Texts,
    Json,
    Lexemes,
    Bytes,
    /// No text, and digits in it are no telephone number.
    Other,
}

impl Shape {
    fn of(column: Option<&Column>) -> Self {
        let Some(column) = column else { return Self::Text };
        match column.base.rsplit('.').next().unwrap_or_default() {
            "json" | "jsonb" => Self::Json,
            "tsvector" => Self::Lexemes,
            "bytea" => Self::Bytes,
            _ if is_harmless(column) => Self::Other,
            _ if column.array => Self::Texts,
            _ => Self::Text,
        }
    }
}

/// Reads every table, the largest first.
pub(super) fn read(subject: &Subject<'_>) -> Result<Reading, Fault> {
    let columns = &subject.manifest.catalogue.columns;
    let mut tables: Vec<Table<'_>> = subject
        .plan
        .tables
        .iter()
        .map(|(key, plan)| {
            let own = columns.iter().filter(|c| (&c.schema, &c.table) == (&key.0, &key.1));
            let own: Vec<&Column> = own.collect();
            let computed = own.iter().filter(|c| c.generated).map(|c| c.name.as_str());
            let computed: Vec<&str> = computed.collect();
            let loaded = plan.columns.iter().map(|column| column.name.as_str());
            let shapes = loaded.chain(computed.iter().copied());
            let shapes = shapes.map(|name| Shape::of(own.iter().find(|c| c.name == name).copied()));
            let shapes = shapes.collect();
            Table { key, plan, computed, shapes }
        })
        .collect();
    let size = |table: &Table<'_>| {
        let mut all = subject.manifest.database.tables.iter();
        let found = all.find(|t| (&t.schema, &t.name) == (&table.key.0, &table.key.1));
        found.map_or(0, |table| table.bytes)
    };
    tables.sort_by_key(size);
    let todo = Mutex::new(tables);
    let next = || todo.lock().ok().and_then(|mut tables| tables.pop());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..subject.workers.max(1))
            .map(|_| {
                scope.spawn(|| {
                    let session = Session::open(subject.url, "smokedrill proof");
                    let session = subject.runtime.block_on(session)?;
                    let mut reading = Reading::new();
                    let set = subject.runtime.block_on(session.client().batch_execute(SETTINGS));
                    set.map_err(|error| session.said(&error))?;
                    while let Some(table) = next() {
                        subject.stop.check()?;
                        let found = one(subject, &session, &table)?;
                        reading.insert(table.key.clone(), found);
                    }
                    Ok::<_, Fault>(reading)
                })
            })
            .collect();
        let mut all = Reading::new();
        for worker in workers {
            let read = worker.join();
            all.extend(read.unwrap_or_else(|_| Err(Fault::errored("a thread that reads died")))?);
        }
        Ok(all)
    })
}

fn one(subject: &Subject<'_>, session: &Session, table: &Table<'_>) -> Result<Found, Fault> {
    let (schema, name) = table.key;
    let place = format!("{schema}.{name}");
    let columns = table.plan.columns.iter().map(|column| column.name.as_str());
    let list: Vec<String> = columns.chain(table.computed.iter().copied()).map(quoted).collect();
    let (from, list) = (format!("{}.{}", quoted(schema), quoted(name)), list.join(", "));
    // A list of columns takes none that are computed, and a query is slower.
    let sql = match (list.is_empty(), table.computed.is_empty()) {
        (true, _) => format!("copy {from} to stdout"),
        (false, true) => format!("copy {from} ({list}) to stdout"),
        (false, false) => format!("copy (select {list} from {from}) to stdout"),
    };
    let mut scan = Scan {
        subject,
        table,
        found: Found::default(),
        summing: Summing::new(table.plan.columns.len()),
        own: table.plan.columns.len(),
    };
    subject.runtime.block_on(async {
        let said = |error: tokio_postgres::Error| session.said(&error).object(&place);
        let mut rows = pin!(session.client().copy_out(&sql).await.map_err(said)?);
        let mut left: Vec<u8> = Vec::new();
        let mut count = 0_u64;
        while let Some(bytes) = rows.try_next().await.map_err(said)? {
            count += 1;
            if count.is_multiple_of(4096) {
                subject.stop.check()?;
            }
            match (left.is_empty(), bytes.last()) {
                // The server sends a row at a time.
                (true, Some(b'\n')) => scan.rows(&bytes),
                _ => {
                    left.extend_from_slice(&bytes);
                    if left.last() == Some(&b'\n') {
                        scan.rows(&left);
                        left.clear();
                    }
                }
            }
        }
        Ok::<_, Fault>(())
    })?;
    scan.found.sums = scan.summing.finish();
    Ok(scan.found)
}

struct Scan<'a> {
    subject: &'a Subject<'a>,
    table: &'a Table<'a>,
    found: Found,
    summing: Summing,
    /// How many columns the archive has.
    own: usize,
}

impl Scan<'_> {
    fn rows(&mut self, text: &[u8]) {
        self.found.bytes += text.len() as u64;
        for row in text.split_inclusive(|byte| *byte == b'\n') {
            let bare = row.strip_suffix(b"\n").unwrap_or(row);
            let mut end = 0;
            for (index, field) in bare.split(|byte| *byte == b'\t').enumerate() {
                if index == self.own {
                    break;
                }
                end += field.len() + 1;
            }
            // What the server computes was not loaded, and is no part of the sums.
            let mine = &bare[..end.saturating_sub(1).min(bare.len())];
            self.summing.feed(mine);
            self.summing.feed(b"\n");
            for (index, field) in bare.split(|byte| *byte == b'\t').enumerate() {
                self.field(index, field);
            }
        }
    }

    fn field(&mut self, index: usize, field: &[u8]) {
        let column = self.table.plan.columns.get(index);
        let name = match column {
            Some(column) => column.name.as_str(),
            None => self.table.computed.get(index - self.own).copied().unwrap_or_default(),
        };
        let count = |map: &mut BTreeMap<String, u64>| {
            *map.entry(name.to_owned()).or_default() += 1;
        };
        let is_null = field == NULL;
        let plain = unescape(field);
        let text = std::str::from_utf8(&plain).ok().filter(|_| !is_null);
        if let Some(column) = column.filter(|column| column.action != Action::Keep)
            && !held(column, text, self.subject.allowed)
        {
            count(&mut self.found.broken);
        }
        let Some(text) = text else { return };
        let shape = self.table.shapes.get(index).copied().unwrap_or(Shape::Text);
        if self.leaks(text, shape) {
            count(&mut self.found.leaks);
        }
        if text.len() >= 8 && self.has_secret(text) {
            count(&mut self.found.secrets);
        }
    }

    /// Whether somebody of production is in a field.
    fn leaks(&self, text: &str, shape: Shape) -> bool {
        let know = (self.subject.people, self.subject.allowed);
        let mut leaked = false;
        let numbers = matches!(shape, Shape::Text | Shape::Texts | Shape::Json);
        leaks::find(text, numbers, know, |_| leaked = true);
        if let Some(hidden) = text.strip_prefix("\\x").and_then(decoded) {
            leaks::find(&hidden, true, know, |_| leaked = true);
        }
        let single = |text: &str| leaks::is_single_name(text, know);
        leaked |= match shape {
            Shape::Text => single(text),
            Shape::Texts => know.0.has_single_names() && views::elements(text).any(single),
            Shape::Json => {
                know.0.has_single_names()
                    && views::strings_of_json(text).iter().any(|text| single(text))
            }
            Shape::Lexemes => {
                let mut found = false;
                for text in views::texts_of_lexemes(text, |word| know.0.begins_name(word)) {
                    leaks::find(&text, true, know, |_| found = true);
                }
                found
            }
            Shape::Bytes | Shape::Other => false,
        };
        leaked
    }

    /// Whether a text is a key or token of production, or has one in it as a word of its own.
    fn has_secret(&self, text: &str) -> bool {
        let people = self.subject.people;
        let outside = |c: char| c.is_whitespace() || "\"'<>()[]{},;|\\".contains(c);
        people.is_secret(text.as_bytes())
            || text.split(outside).any(|word| word.len() >= 8 && people.is_secret(word.as_bytes()))
    }
}

/// Bytes in hexadecimal, where they are a text.
fn decoded(hex: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = hex.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| {
        let value = digit(pair[0])? * 16 + digit(pair[1])?;
        u8::try_from(value).ok()
    });
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// What the reading shows.
pub(super) fn judge(subject: &Subject<'_>, reading: &Reading) -> Vec<Proved> {
    let bytes = reading.values().map(|found| found.bytes).sum();
    let places = |pick: fn(&Found) -> &BTreeMap<String, u64>| {
        let tables = reading.iter();
        let all = tables.flat_map(|((schema, name), found)| {
            pick(found).iter().map(move |(c, count)| (format!("{schema}.{name}.{c}"), *count))
        });
        all.collect::<Vec<_>>()
    };
    let (mut rows, mut kept, mut nulls) = (Vec::new(), Vec::new(), Vec::new());
    let (mut loaded, mut columns) = (0, 0);
    for (key, plan) in &subject.plan.tables {
        let place = format!("{}.{}", key.0, key.1);
        let Some(found) = reading.get(key) else { continue };
        let mut recorded = subject.manifest.database.tables.iter();
        let recorded = recorded.find(|table| (&table.schema, &table.name) == (&key.0, &key.1));
        let expected = match plan.rows {
            Rows::Clear => 0,
            Rows::Load => recorded.map_or(0, |table| table.rows),
        };
        loaded += found.sums.rows;
        if found.sums.rows != expected {
            rows.push((place.clone(), expected.abs_diff(found.sums.rows)));
        }
        let empty = TableSums::new(plan.columns.len());
        let before = subject.sums.get(key).unwrap_or(&empty);
        for (index, column) in plan.columns.iter().enumerate() {
            let (then, now) = (before.columns.get(index), found.sums.columns.get(index));
            let (then, now) = (then.copied().unwrap_or_default(), now.copied().unwrap_or_default());
            let place = format!("{place}.{}", column.name);
            columns += 1;
            // Production's own NULLs; or all, but for empty strings, which stay empty.
            let expected = match column.action {
                Action::Null => before.rows.saturating_sub(then.empties),
                _ => then.nulls,
            };
            if expected != now.nulls {
                nulls.push((place.clone(), expected.abs_diff(now.nulls)));
            }
            if column.action == Action::Keep && then.hash != now.hash {
                kept.push((place, 1));
            }
        }
    }
    let read = |count: u64| vec![Measure::count("columns", count)];
    let [emails, phones, names] = subject.people.values();
    let known = [emails, phones, names].map(|(what, count)| Measure::count(what, count));
    let mut looked: Vec<Measure> = known.into();
    looked.push(Measure::bytes("looked through", bytes));
    vec![
        Proved::none(
            "integrity::rows",
            "rows too many or too few",
            &rows,
            vec![
                Measure::count("tables", subject.plan.tables.len() as u64),
                Measure::count("rows", loaded),
            ],
        ),
        Proved::none("integrity::checksums", "columns that differ", &kept, read(columns)),
        Proved::none("integrity::nulls", "NULLs too many or too few", &nulls, read(columns)),
        Proved::none(
            "masking::rules-held",
            "values against their rule",
            &places(|found| &found.broken),
            Vec::new(),
        ),
        Proved::none(
            "masking::no-production-value-survives",
            "fields with a value of production",
            &places(|found| &found.leaks),
            looked,
        ),
        Proved::none(
            "masking::no-secret-survives",
            "fields with a key of production",
            &places(|found| &found.secrets),
            Vec::new(),
        ),
    ]
}
