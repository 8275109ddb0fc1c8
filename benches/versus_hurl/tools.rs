//! The two programs, and the command lines that they are run by.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// One command to be measured.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Where its output goes: to a file, as a CI system has it.
    pub(crate) output: PathBuf,
    /// The exit code that it must have.
    pub(crate) code: i32,
}

/// The programs.
pub(crate) struct Tools {
    smokedrill: PathBuf,
    /// Hurl's version, where it is installed.
    hurl: Option<String>,
    output: PathBuf,
}

impl Tools {
    /// Finds them; their output goes below `place`.
    pub(crate) fn find(place: &Path) -> Result<Self> {
        let mut version = Command::new("hurl");
        version.arg("--version").stdin(Stdio::null());
        let version = version.output().ok().filter(|output| output.status.success());
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let hurl = version.map(|text| text.split(" (").next().unwrap_or_default().to_owned());
        let hurl = hurl.map(|text| text.lines().next().unwrap_or_default().trim().to_owned());
        let smokedrill = PathBuf::from(env!("CARGO_BIN_EXE_smokedrill"));
        Ok(Self { smokedrill, hurl, output: place.join("output") })
    }

    /// Who the rival is.
    pub(crate) fn rival(&self) -> &str {
        let none = "nothing: hurl is not installed (cargo install hurl --version 8.0.1 --locked)";
        self.hurl.as_deref().unwrap_or(none)
    }

    /// A run of ours over a folder that [`inputs`](crate::inputs) made.
    pub(crate) fn ours(&self, folder: &Path, code: i32, more: &[&str]) -> Line {
        let mut arguments: Vec<OsString> = ["smoke", "--env", "bench"].map(Into::into).into();
        arguments.extend(["--suites".into(), folder.join("suites").into()]);
        arguments.extend(["--reports".into(), folder.join("reports").into()]);
        arguments.extend(more.iter().map(Into::into));
        self.line(self.smokedrill.clone(), arguments, code)
    }

    /// A run of Hurl's over some files, in its mode for tests; `None` where it is not there.
    pub(crate) fn hurl(&self, files: &[PathBuf], more: &[&str]) -> Option<Line> {
        self.hurl.as_ref()?;
        let mut arguments: Vec<OsString> = vec!["--test".into()];
        arguments.extend(more.iter().map(Into::into));
        arguments.extend(files.iter().map(Into::into));
        Some(self.line("hurl".into(), arguments, 0))
    }

    fn line(&self, program: PathBuf, arguments: Vec<OsString>, code: i32) -> Line {
        Line { program, arguments, output: self.output.clone(), code }
    }
}
