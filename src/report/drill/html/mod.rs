//! `report.html`: one page that needs nothing else, no script and no network.
//!
//! `page.html` is the page, `section.html` a section of it, `style.css` how it looks: on a screen
//! of any width, in the dark, on paper. `view` is what the page is filled with, `sections` its
//! sections, `charts` the geometry of its pictures.
//!
//! Foreign text gets in by one door: the formatter below, which makes control characters visible
//! and escapes what means something to HTML, in text and in attributes. A policy in the page's head
//! forbids everything that is not in the page itself.

mod charts;
mod sections;
mod view;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};

use super::model::DrillReport;
use crate::report::text;

/// How the page looks.
const STYLE: &str = include_str!("style.css");

static JINJA: LazyLock<Result<Environment<'static>, String>> = LazyLock::new(|| {
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    jinja.set_auto_escape_callback(|_| AutoEscape::Html);
    jinja.set_formatter(format);
    for (name, source) in
        [("page", include_str!("page.html")), ("section", include_str!("section.html"))]
    {
        jinja.add_template(name, source).map_err(|error| error.to_string())?;
    }
    Ok(jinja)
});

/// The report as a page; pictures are found among the files by their names.
///
/// # Errors
/// A template is wrong, which a test would have told.
pub(crate) fn render(
    report: &DrillReport,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<String, String> {
    let jinja = JINJA.as_ref().map_err(Clone::clone)?;
    let section = |view: &sections::SectionView| -> Result<Value, String> {
        let template = jinja.get_template("section").map_err(|error| error.to_string())?;
        let html = template.render(Value::from(Serde(view)));
        Ok(Value::from_safe_string(html.map_err(|error| error.to_string())?))
    };
    let view = view::View::new(report);
    let sections = sections::sections(report, files);
    let rendered = |list: &[sections::SectionView]| -> Result<Vec<Value>, String> {
        list.iter().map(&section).collect()
    };
    let page = minijinja::context! {
        style => Value::from_safe_string(STYLE.to_owned()),
        top => rendered(&sections.top)?,
        body => rendered(&sections.body)?,
        evidence => rendered(&sections.evidence)?,
        ..Value::from(Serde(&view))
    };
    let template = jinja.get_template("page").map_err(|error| error.to_string())?;
    let page = template.render(page).map_err(|error| error.to_string())?;
    // What the templates' own lines leave empty.
    let lines = page.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.flat_map(|line| [line, "\n"]).collect())
}

/// Writes a value into the page.
fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match value.as_str().filter(|_| value.kind() == ValueKind::String && !value.is_safe()) {
        Some(foreign) => escape_formatter(out, state, &Value::from(text::visible(foreign))),
        None => escape_formatter(out, state, value),
    }
}
