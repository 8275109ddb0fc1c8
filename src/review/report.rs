//! The people's part in the form of a drill's report.

use super::section::{Contact, Item, Section, Waiver, Word};
use super::settings::{Accountability, GO_NO_GO, ROLLBACK};
use crate::report::drill::section::{Block, Cell, Fact, Place, Section as Part, Tone};

impl Section {
    /// Decisions and checklist at the top; roles and contacts with the evidence.
    pub(crate) fn sections(&self) -> Vec<Part> {
        vec![self.decisions(), self.checklist(), self.people()]
    }

    fn decisions(&self) -> Part {
        let word = |name: &str, word: &Word| {
            let tone = match word.said.as_str() {
                "GO" | "authorized" => Tone::Good,
                "NO-GO" | "refused" => Tone::Bad,
                _ => Tone::Warn,
            };
            let time = word.time.as_deref().map(|time| format!(" at {time}")).unwrap_or_default();
            let why = word.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            let text = match word.time {
                Some(_) => format!("{}, signed by {}{time}{why}", word.said, word.by),
                None => format!("{}: {} decides", word.said, word.by),
            };
            Fact::new(name, Cell::text(text).tone(tone))
        };
        let facts = vec![word(GO_NO_GO, &self.decision), word(ROLLBACK, &self.rollback)];
        let mut blocks = vec![Block::Facts { facts }];
        if !self.obstacles.is_empty() {
            let cell = |(name, why): &(String, String)| Cell::text(format!("{name}: {why}"));
            blocks.push(text("In the way of a go:"));
            let items = self.obstacles.iter().map(cell).collect();
            blocks.push(Block::List { ordered: false, items });
        }
        if !self.waivers.is_empty() {
            let row = |Waiver { of, reason, by }: &Waiver| {
                vec![Cell::code(of), Cell::text(reason), Cell::text(by)]
            };
            blocks.push(table("Waived", &["What", "Why", "By"], self.waivers.iter().map(row)));
        }
        part("decisions", "Decisions", Place::Top, blocks)
    }

    fn checklist(&self) -> Part {
        let row = |Item { item, answer, by, note, .. }: &Item| {
            let tone = match answer.as_str() {
                "yes" => Tone::Good,
                "no" => Tone::Bad,
                _ => Tone::Warn,
            };
            let by = by.as_deref().unwrap_or_default();
            let note = note.as_deref().unwrap_or_default();
            vec![Cell::text(item), Cell::text(answer).tone(tone), Cell::text(by), Cell::text(note)]
        };
        let columns = ["Item", "Seen", "By", "Note"];
        let blocks =
            vec![table("Manual validation checklist", &columns, self.checklist.iter().map(row))];
        part("checklist", "Manual validation", Place::Top, blocks)
    }

    fn people(&self) -> Part {
        let row = |row: &Accountability| {
            let roles = [&row.responsible, &row.accountable, &row.consulted, &row.informed];
            let roles = roles.map(|roles| Cell::text(roles.join(", ")));
            std::iter::once(Cell::text(&row.task)).chain(roles).collect::<Vec<_>>()
        };
        let columns = ["Task", "Responsible", "Accountable", "Consulted", "Informed"];
        let mut blocks =
            vec![table("Roles and responsibilities", &columns, self.raci.iter().map(row))];
        if !self.contacts.is_empty() {
            let row = |Contact { role, primary, secondary, escalation }: &Contact| {
                let cell = |who: &Option<String>| Cell::text(who.as_deref().unwrap_or_default());
                vec![Cell::text(role), Cell::text(primary), cell(secondary), cell(escalation)]
            };
            let columns = ["Role", "Primary", "Secondary", "Escalation"];
            blocks.push(table("Emergency contacts", &columns, self.contacts.iter().map(row)));
        }
        blocks.push(Block::Facts {
            facts: vec![
                Fact::new("Classification", Cell::text(&self.classification)),
                Fact::new("Maintained by", Cell::text(&self.maintained_by)),
                Fact::new("Review cycle", Cell::text(&self.review_cycle)),
            ],
        });
        part("people", "People", Place::Evidence, blocks)
    }
}

fn part(id: &str, title: &str, place: Place, blocks: Vec<Block>) -> Part {
    Part { id: id.to_owned(), title: title.to_owned(), place, blocks }
}

fn text(text: &str) -> Block {
    Block::Text { text: text.to_owned() }
}

fn table(caption: &str, columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Block {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Block::Table { caption: caption.to_owned(), columns, rows: rows.collect() }
}
