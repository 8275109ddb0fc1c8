//! How far a restore came.

use std::time::Instant;

use crate::fault::Fault;

/// Who is told of the stages so far, each with its seconds; the last one is about to begin.
type Tell<'a> = &'a (dyn Fn(&[(String, f64)]) + Sync);

/// How far a restore came, whether it went well or not.
#[derive(Default)]
pub(crate) struct Course<'a> {
    /// Who is told of each stage before it begins.
    pub(crate) begins: Option<Tell<'a>>,
    /// The stages that were begun, with the seconds that they took.
    pub(crate) stages: Vec<(String, f64)>,
    /// What the tools said.
    pub(crate) log: Vec<String>,
    /// Where the failed database is kept.
    pub(crate) kept: Option<String>,
    /// What serves after a failure, where it is not simply the staging of before.
    pub(crate) serving: Option<&'static str>,
}

impl Course<'_> {
    /// What the stages took together.
    pub(crate) fn seconds(&self) -> f64 {
        self.stages.iter().map(|(_, seconds)| seconds).sum()
    }

    /// Runs a stage that was told of before, and remembers how long it took.
    pub(crate) fn stage<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.stages.push((name.to_owned(), 0.0));
        let at = self.stages.len() - 1;
        if let Some(tell) = self.begins {
            tell(&self.stages);
        }
        let begun = Instant::now();
        let result = work(self);
        if let Some(stage) = self.stages.get_mut(at) {
            stage.1 = begun.elapsed().as_secs_f64();
        }
        result.map_err(|fault| fault.stage(name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_stage_is_told_of_before_it_begins_also_within_one_that_fails() {
        let told = Mutex::new(Vec::new());
        let tell = |stages: &[(String, f64)]| {
            told.lock().unwrap().push(stages.last().unwrap().0.clone());
        };
        let mut course = Course { begins: Some(&tell), ..Course::default() };
        course.stage("one", |_| Ok(())).unwrap();
        let result = course.stage("two", |_| {
            assert_eq!(*told.lock().unwrap(), ["one", "two"]);
            Err::<(), _>(Fault::errored("no"))
        });
        assert!(result.unwrap_err().line().contains("two"));
    }
}
