//! Paths of JSON rules that fit nothing in the whole backup: most are a slip of the pen, and what
//! they were to mask would stay.

use std::collections::BTreeMap;

use super::json::{self, Path};
use super::plan::{JsonPlan, Step};
use super::rules::shown_path;
use crate::fault::Fault;

/// The paths of each rule that nothing was found at yet. A partitioned table has one rule for all
/// of its partitions.
#[derive(Debug, Default)]
pub(crate) struct Unfound(BTreeMap<String, Sought>);

#[derive(Debug)]
struct Sought {
    documents: u64,
    paths: Vec<Vec<Step>>,
}

impl Unfound {
    /// Whether a document of this plan is to be looked at.
    pub(crate) fn seeks(&self, plan: &JsonPlan) -> bool {
        plan.wanted.as_ref().is_some_and(|wanted| match self.0.get(&wanted.rule) {
            None => !wanted.paths.is_empty(),
            Some(sought) => !sought.paths.is_empty(),
        })
    }

    /// Looks at a document.
    pub(crate) fn look(&mut self, plan: &JsonPlan, text: &str) {
        let Some(wanted) = plan.wanted.as_ref().filter(|_| self.seeks(plan)) else { return };
        let sought = self.0.entry(wanted.rule.clone());
        let sought = sought.or_insert_with(|| Sought { documents: 0, paths: wanted.paths.clone() });
        let mut any = false;
        let read = json::show(text, |spot, path, text| {
            any = true;
            let mut whole: Path<'_> = path.clone();
            if spot == json::Spot::Key {
                // What stands at the key may be an object, or null.
                whole.push(Some(text.to_owned().into()));
            }
            let within =
                |steps: &[Step]| (0..=whole.len()).any(|end| json::fits(steps, &whole[..end]));
            sought.paths.retain(|steps| !within(steps));
        });
        // An empty object has no place for anything.
        sought.documents += u64::from(any && read.is_ok());
    }

    /// Nothing is left that should have been found.
    ///
    /// # Errors
    /// A path fits nothing, though there are documents.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let missed = self.0.iter().filter(|(_, sought)| sought.documents > 0);
        let lines: Vec<String> = missed
            .flat_map(|(rule, sought)| {
                let paths = sought.paths.iter();
                paths.map(move |path| {
                    format!("{}, in {} documents of {rule}", shown_path(path), sought.documents)
                })
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{} paths of JSON rules fit nothing in the backup, and would mask nothing:\n{}\n\
             nothing was loaded",
            lines.len(),
            lines.join("\n")
        );
        Err(Fault::usage(message).stage("masking").help(
            "correct them in suites/masking.toml; where documents may well be without one, list it: \
             `{ json = { … }, optional = [\"$.path\"] }`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::plan::{Action, Leaves, Wanted};

    fn key(key: &str) -> Step {
        Step::Key(key.to_owned())
    }

    fn missed(paths: &[Vec<Step>], documents: &[&str]) -> Option<String> {
        let named = paths.iter().map(|path| (path.clone(), Action::Name)).collect();
        let wanted = Some(Wanted { rule: "public.t.j".into(), paths: paths.to_vec() });
        let plan = JsonPlan { paths: named, leaves: Leaves::Text, wanted };
        let mut unfound = Unfound::default();
        documents.iter().for_each(|text| unfound.look(&plan, text));
        unfound.check().err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_path_that_fits_nothing_is_told_and_one_that_fits_anything_is_not() {
        let found = [
            (vec![key("name")], r#"{"name": "Ada"}"#),
            (vec![key("name")], r#"{"name": null}"#),
            (vec![key("name")], r#"{"name": {"first": "Ada"}}"#),
            (vec![Step::Deep, key("name")], r#"[{"a": {"name": []}}]"#),
            (vec![Step::Each], r#"["Ada"]"#),
            (vec![key("a"), Step::Each, key("b")], r#"{"a": [{"b": true}]}"#),
        ];
        for (path, text) in found {
            assert_eq!(missed(std::slice::from_ref(&path), &["{}", text]), None, "{path:?} {text}");
        }
        let told = missed(&[vec![key("nmae")], vec![key("name")]], &[r#"{"name": "Ada"}"#, "{}"]);
        let told = told.unwrap();
        assert!(told.contains("$.nmae, in 1 documents of public.t.j"), "{told}");
        assert!(!told.contains("$.name") && !told.contains("Ada"), "{told}");
    }

    #[test]
    fn without_documents_nothing_can_be_said() {
        assert_eq!(missed(&[vec![key("name")]], &[]), None);
        assert_eq!(missed(&[vec![key("name")]], &["{}", "[]", "\"text"]), None);
    }
}
