//! Strings of a JSON document, replaced where they stand.
//!
//! Numbers, white space, doubled keys and the order of keys stay as they are, to the byte: a
//! document that is parsed and written again would lose some of them, and `1.10` would become
//! `1.1`. The server has made sure that the text is JSON.

mod scan;
mod string;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use scan::Scan;

use super::plan::Step;

/// What is visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A key of an object.
    Key,
    /// A string.
    Text,
    /// A number, as it is written.
    Number,
    /// True or false.
    Truth,
}

/// What a spot becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Put {
    /// A string; a number where it stood for one, and is of digits alone.
    Text(String),
    /// `null`.
    Null,
}

/// Where in a document: the keys on the way, nothing for an element of an array.
pub(crate) type Path<'j> = Vec<Option<Cow<'j, str>>>;

/// Looks at a spot, and gives what it becomes; nothing where it stays.
pub(crate) type Visit<'a, E> = dyn FnMut(Spot, &Path<'_>, &str) -> Result<Option<Put>, E> + 'a;

/// Replaces what `visit` gives something else for.
///
/// # Errors
/// `visit` has failed; the outer `Err` of a text that is no JSON is `None`.
pub(crate) fn mask<E>(json: &str, visit: &mut Visit<'_, E>) -> Result<String, Option<E>> {
    let mut scan = Scan::new(json, true);
    scan.whole(visit)?;
    Ok(scan.done())
}

/// Shows every spot, and replaces nothing.
///
/// # Errors
/// It is no JSON.
pub(crate) fn show(json: &str, mut see: impl FnMut(Spot, &Path<'_>, &str)) -> Result<(), ()> {
    let shown = Scan::new(json, false).whole(&mut |spot, path, text| {
        see(spot, path, text);
        Ok::<_, ()>(None)
    });
    shown.map_err(drop)
}

/// Whether a path is one that the steps name.
pub(crate) fn fits(steps: &[Step], path: &[Option<Cow<'_, str>>]) -> bool {
    // The last step tells most places apart.
    if let (Some(Step::Key(key)), Some(at)) = (steps.last(), path.last())
        && at.as_deref() != Some(key)
    {
        return false;
    }
    match (steps.first(), path.first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(Step::Deep), _) => {
            fits(&steps[1..], path) || !path.is_empty() && fits(steps, &path[1..])
        }
        (Some(_), None) => false,
        (Some(Step::Each), Some(_)) => fits(&steps[1..], &path[1..]),
        (Some(Step::Key(key)), Some(at)) => {
            at.as_deref().is_some_and(|at| at == key) && fits(&steps[1..], &path[1..])
        }
    }
}
