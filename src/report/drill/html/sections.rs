//! Sections of a report as their template takes them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::super::build::pieces;
use super::super::evidence;
use super::super::model::DrillReport;
use super::super::section::{Block, Cell, Place, Section};
use super::view::{Pieces, name};

/// The sections by their places.
pub(super) struct Sections {
    pub(super) top: Vec<SectionView>,
    pub(super) body: Vec<SectionView>,
    pub(super) evidence: Vec<SectionView>,
}

/// A section as its template takes it.
#[derive(Debug, Serialize)]
pub(super) struct SectionView {
    id: String,
    title: String,
    blocks: Vec<BlockView>,
}

#[derive(Debug, Default, Serialize)]
struct BlockView {
    kind: &'static str,
    text: String,
    ordered: bool,
    columns: Vec<String>,
    rows: Vec<Vec<CellView>>,
    source: String,
}

#[derive(Debug, Serialize)]
struct CellView {
    lines: Vec<Pieces>,
    tone: &'static str,
    code: bool,
    column: String,
}

/// Every section of a report. What has a place of its own on the page is none.
pub(super) fn sections(report: &DrillReport, files: &BTreeMap<String, Vec<u8>>) -> Sections {
    let own = evidence::sections(report);
    let own = own.iter().filter(|section| section.id != "issues");
    let others = |place: Place| report.sections.iter().filter(move |s| s.place == place);
    let view = |section: &Section| SectionView {
        id: section.id.clone(),
        title: section.title.clone(),
        blocks: section.blocks.iter().map(|block| self::block(block, files)).collect(),
    };
    Sections {
        top: others(Place::Top).map(view).collect(),
        body: others(Place::Body).map(view).collect(),
        evidence: own.chain(others(Place::Evidence)).map(view).collect(),
    }
}

fn block(block: &Block, files: &BTreeMap<String, Vec<u8>>) -> BlockView {
    match block {
        Block::Text { text } => {
            BlockView { kind: "text", text: text.clone(), ..BlockView::default() }
        }
        Block::Facts { facts } => BlockView {
            kind: "facts",
            rows: facts.iter().map(|fact| vec![cell(&fact.value, &fact.name)]).collect(),
            ..BlockView::default()
        },
        Block::List { ordered, items } => BlockView {
            kind: "list",
            ordered: *ordered,
            rows: items.iter().map(|item| vec![cell(item, "")]).collect(),
            ..BlockView::default()
        },
        Block::Table { caption, columns, rows } => {
            let column = |at: usize| columns.get(at).map_or("", String::as_str);
            let row = |row: &Vec<Cell>| {
                row.iter().enumerate().map(|(at, item)| cell(item, column(at))).collect()
            };
            BlockView {
                kind: "table",
                text: caption.clone(),
                columns: columns.clone(),
                rows: rows.iter().map(row).collect(),
                ..BlockView::default()
            }
        }
        Block::Picture { file, alt, .. } => {
            let data = files.get(file).map(|bytes| STANDARD.encode(bytes));
            let source = data.map(|data| format!("data:image/png;base64,{data}"));
            let (text, source) = (alt.clone(), source.unwrap_or_default());
            BlockView { kind: "picture", text, source, ..BlockView::default() }
        }
    }
}

fn cell(cell: &Cell, column: &str) -> CellView {
    CellView {
        lines: match (cell.text.is_empty(), cell.code) {
            (true, _) => vec![vec![("–".to_owned(), false)]],
            (false, true) => cell.text.lines().map(|line| vec![(line.to_owned(), false)]).collect(),
            (false, false) => cell.text.lines().map(pieces).collect(),
        },
        tone: name(cell.tone),
        code: cell.code,
        column: column.to_owned(),
    }
}
