//! One value, masked as its column's plan says.

use std::borrow::Cow;

use super::json::{Put, Spot};
use super::people::Trait;
use super::plan::{Action, JsonPlan, Leaves};
use super::text::{Known, whole};
use super::{array, json, text, values};
use crate::fault::Fault;

/// What a string of a JSON document becomes that is nobody's, where all are masked.
const MASKED: &str = "masked";

/// A number of so many digits may be somebody's.
const LONG: usize = 7;

/// How many digits a number has before its point.
fn digits(number: &str) -> usize {
    let whole = number.split(['.', 'e', 'E']).next().unwrap_or_default();
    whole.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a number of a document may stay where nothing is left of any string.
pub(crate) fn is_harmless_number(number: &str) -> bool {
    digits(number) < LONG || values::is_made(Trait::Phone, number)
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The number of the person whose row it is.
    pub(super) person: Option<u32>,
    pub(super) length: Option<u32>,
    pub(super) array: bool,
}

/// What became of a value.
pub(super) enum Made {
    /// It stays.
    Same,
    /// It is NULL.
    Null,
    /// This.
    Text(String),
}

/// Masks a value that is neither NULL nor empty.
///
/// # Errors
/// No number is left; a JSON document is none.
pub(super) fn apply(
    action: &Action,
    value: &str,
    place: Place,
    known: Known<'_>,
) -> Result<Made, Fault> {
    match action {
        Action::Keep => Ok(Made::Same),
        Action::Null => Ok(Made::Null),
        Action::Empty if place.array => Ok(Made::Text("{}".to_owned())),
        Action::Empty => Ok(Made::Text(String::new())),
        _ if place.array => {
            let masked = array::mask(value, ',', |element, out| {
                if !element.is_empty() {
                    let made = single(action, element, place, known)?;
                    out.push_str(made.as_deref().unwrap_or(element));
                }
                Ok::<_, Fault>(())
            });
            Ok(Made::Text(masked?))
        }
        _ => Ok(single(action, value, place, known)?.map_or(Made::Same, Made::Text)),
    }
}

/// A value that is no array; nothing where it stays.
fn single(
    action: &Action,
    value: &str,
    place: Place,
    known: Known<'_>,
) -> Result<Option<String>, Fault> {
    known.stop.check()?;
    let mut out = String::new();
    match action {
        Action::Keep | Action::Null | Action::Empty => return Ok(None),
        Action::Email | Action::Phone | Action::Contact => {
            let what = action.names(value).unwrap_or(Trait::Email);
            return typed(what, value, None, known);
        }
        Action::Name => return typed(Trait::Name, value, place.person, known),
        Action::Text => {
            return Ok(owned(text::mask(value, known)?));
        }
        Action::ObjectKey(folders) => values::object_key(value, folders, known.people, &mut out),
        Action::Secret => values::secret(value, place.length, known.people, &mut out),
        Action::Value(template) => {
            out.push_str(&template.text);
            if template.text.contains("{id}") {
                let whose = match &template.of {
                    Some(of) => known.people.of_key(of, value.as_bytes()),
                    None => place.person,
                };
                let number = match whose {
                    Some(person) => person,
                    None => known.people.number(Trait::Name, value)?,
                };
                out = template.text.replace("{id}", &number.to_string());
            }
        }
        Action::Json(plan) => return document(plan, value, place, known).map(Some),
    }
    Ok(Some(out))
}

/// What a text became; nothing where it stays.
fn owned(masked: Cow<'_, str>) -> Option<String> {
    match masked {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// An address, a number or a name as a whole.
fn typed(
    what: Trait,
    value: &str,
    person: Option<u32>,
    known: Known<'_>,
) -> Result<Option<String>, Fault> {
    if known.allowed.has(what, value) {
        return Ok(None);
    }
    let number = match person {
        Some(person) => person,
        None => known.people.number(what, value)?,
    };
    let mut out = String::new();
    values::of(what, value, number, &mut out);
    Ok(Some(out))
}

fn document(plan: &JsonPlan, value: &str, place: Place, known: Known<'_>) -> Result<String, Fault> {
    let text = |made: Result<Option<String>, Fault>| Ok(made?.map(Put::Text));
    let masked = json::mask(value, &mut |spot, path, value| {
        known.stop.check()?;
        match (spot, plan.action(path)) {
            _ if value.is_empty() => Ok(None),
            // A key is a key of the structure, unless it is somebody's.
            (Spot::Key, _) => match plan.leaves {
                Leaves::Keep => text(found(value, known)),
                Leaves::Text | Leaves::Mask => text(Ok(owned(text::mask_key(value, known)?))),
            },
            (_, Some(Action::Keep)) => Ok(None),
            (_, Some(Action::Null)) => Ok(Some(Put::Null)),
            (Spot::Text, Some(Action::Empty)) => Ok(Some(Put::Text(String::new()))),
            (_, Some(Action::Empty)) => Ok(Some(Put::Null)),
            (Spot::Number, Some(action)) | (Spot::Truth, Some(action @ Action::Value(_))) => {
                text(single(action, value, place, known))
            }
            // True and false are nobody's.
            (Spot::Truth, _) => Ok(None),
            (Spot::Number, None) => match plan.leaves {
                Leaves::Keep => Ok(None),
                Leaves::Text => text(found(value, known)),
                Leaves::Mask => Ok(match found(value, known)? {
                    Some(made) => Some(Put::Text(made)),
                    // So long, it may be a telephone number, or that of an insurance.
                    None => (digits(value) >= LONG).then(|| Put::Text("0".to_owned())),
                }),
            },
            // The name within a person's row may be another's: a neighbour's, a technician's.
            (Spot::Text, Some(Action::Name)) => {
                let person = known.people.known(Trait::Name, value).or(place.person);
                text(typed(Trait::Name, value, person, known))
            }
            (Spot::Text, Some(action)) => text(single(action, value, place, known)),
            (Spot::Text, None) => match plan.leaves {
                Leaves::Keep => Ok(None),
                Leaves::Text => text(single(&Action::Text, value, place, known)),
                Leaves::Mask => {
                    let made = found(value, known)?.unwrap_or_else(|| MASKED.to_owned());
                    Ok(Some(Put::Text(made)))
                }
            },
        }
    });
    masked.map_err(|error| error.unwrap_or_else(|| Fault::failed("the value is no JSON")))
}

/// What a text as a whole becomes, if it is an address, number or name of production.
fn found(value: &str, known: Known<'_>) -> Result<Option<String>, Fault> {
    match whole(value, known.people) {
        Some((what, number)) => typed(what, value, Some(number), known),
        None => Ok(None),
    }
}
