//! Keys of persons that join nobody with anybody.

use std::collections::BTreeSet;

use super::resolve::ByTable;
use crate::suite::Problems;
use crate::suite::problem::known;
use crate::suite::source::pointer_token;

/// A key that one column alone has, and that is no table's, joins nobody with anybody: a slip.
pub(super) fn lone_keys(
    own: &ByTable<'_>,
    supabase: &ByTable<'_>,
    tables: &BTreeSet<String>,
    problems: &mut Problems,
) {
    let all = || own.values().chain(supabase.values());
    for rule in own.values() {
        for (column, of) in rule.spec.person.iter().filter(|(_, of)| !tables.contains(*of)) {
            let uses = all().flat_map(|rule| rule.spec.person.values()).filter(|key| *key == of);
            if uses.count() == 1 {
                let others = all().flat_map(|rule| rule.spec.person.values());
                let others = others.filter(|key| *key != of).chain(tables);
                let help = known(of, others.map(String::as_str));
                let message = format!("`{of}` is no table, and nothing else is a key of it");
                let below = format!("/person/{}", pointer_token(column));
                problems.push(rule.problem(&below, message).help(help));
            }
        }
    }
}
