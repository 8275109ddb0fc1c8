//! Equal checks for both programs: status, one value of the body, a bound on the latency.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// Checks to be written down.
pub(crate) struct Checks<'a> {
    /// Where requests go.
    pub(crate) url: &'a str,
    /// The path of each, to which its number is added.
    pub(crate) path: &'a str,
    pub(crate) number: usize,
    /// How many may be in flight.
    pub(crate) parallel: usize,
    /// The most of a body that we read, where it is not what we read by default.
    pub(crate) body_limit: Option<&'a str>,
}

impl Checks<'_> {
    /// Writes a suite of ours, and the environment `bench`, below `folder`.
    pub(crate) fn ours(&self, folder: &Path) -> Result<PathBuf> {
        let suites = folder.join("suites");
        fs::create_dir_all(&suites)?;
        let environment = format!(
            "[environment.bench]\nbase_url = \"{}\"\nparallel = {}\ntimeout = \"2s\"\n",
            self.url, self.parallel
        );
        fs::write(suites.join("environments.toml"), environment)?;
        let mut suite = String::from("[defaults]\nbudget = \"2s\"\n");
        if let Some(limit) = self.body_limit {
            writeln!(suite, "body_limit = \"{limit}\"")?;
        }
        for number in 0..self.number {
            write!(
                suite,
                "\n[[check]]\nname = \"check-{number}\"\nrequest = \"GET {}{number}\"\n\
                 expect.status = 200\nexpect.jsonpath.\"$.ok\" = true\n",
                self.path
            )?;
        }
        fs::write(suites.join("checks.toml"), suite)?;
        Ok(folder.to_owned())
    }

    /// Writes Hurl's files, so many checks in each, below `folder`.
    pub(crate) fn hurl(&self, folder: &Path, in_each: usize) -> Result<Vec<PathBuf>> {
        let folder = folder.join(format!("hurl-{in_each}"));
        fs::create_dir_all(&folder)?;
        let mut files = Vec::new();
        for first in (0..self.number).step_by(in_each) {
            let mut text = String::new();
            for number in first..self.number.min(first + in_each) {
                write!(
                    text,
                    "GET {}{}{number}\nHTTP 200\n[Asserts]\njsonpath \"$.ok\" == true\n\
                     duration <= 2000\n\n",
                    self.url, self.path
                )?;
            }
            let file = folder.join(format!("{first:05}.hurl"));
            fs::write(&file, text)?;
            files.push(file);
        }
        Ok(files)
    }
}
