//! A run that goes on while the test does.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::project::Project;
use super::ran::Ran;

/// A run under way; killed when the value goes.
pub(crate) struct Running<'a> {
    project: &'a Project,
    child: Option<Child>,
}

impl<'a> Running<'a> {
    pub(crate) fn begin(project: &'a Project, mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { project, child: Some(command.spawn().unwrap()) }
    }

    /// Sends a signal: `-INT`, `-TERM`, `-KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for its end, which its output may not fill a pipe before.
    pub(crate) fn end(mut self) -> Ran {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        Ran::new(self.project, output)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until something is so, for at most 20 seconds.
#[track_caller]
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
