//! What the end-to-end tests share: a folder of suites, the real program, and servers that
//! misbehave on purpose.

pub(crate) mod server;
pub(crate) mod tls;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

/// A folder with suites, in which the program is run.
pub(crate) struct Project {
    folder: Arc<TempDir>,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) reports: PathBuf,
    /// Keeps the folder there for as long as somebody looks into it.
    _folder: Arc<TempDir>,
}

/// How many cases of a JUnit file ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Junit {
    pub(crate) tests: usize,
    pub(crate) failures: usize,
    pub(crate) errors: usize,
    pub(crate) skipped: usize,
}

impl Project {
    /// A folder whose environment `local` is that URL, with one suite `s`.
    pub(crate) fn new(base_url: &str, suite: &str) -> Self {
        let environments = format!("[environment.local]\nbase_url = \"{base_url}\"\n");
        Self::with(&[("environments.toml", &environments), ("s.toml", suite)])
    }

    /// A folder with these files below `suites/`.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: Arc::new(TempDir::new().expect("a temporary folder")) };
        for (name, content) in files {
            project.write(name, content);
        }
        project
    }

    /// Writes a file below `suites/`.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path().join("suites").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program, ready to be run in the folder, free of what the caller's environment says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
        command.arg("smoke").args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for name in [
            "SMOKE_ENV",
            "CARGO_MANIFEST_DIR",
            "NEXTEST",
            "NEXTEST_RUN_ID",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
            "RUST_TEST_THREADS",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "http_proxy",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().expect("the program starts"))
    }

    /// What a finished run left behind.
    pub(crate) fn ran(&self, output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            reports: self.path().join("reports"),
            _folder: Arc::clone(&self.folder),
        }
    }
}

impl Ran {
    /// Everything that the terminal showed.
    pub(crate) fn console(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Everything that the run wrote anywhere.
    pub(crate) fn everything(&self) -> String {
        let files = ["junit.xml", "journal.json", "summary.md"];
        let files = files.map(|name| self.report(name)).join("\n");
        format!("{}\n{files}", self.console())
    }

    /// A report's text; empty if there is none.
    pub(crate) fn report(&self, name: &str) -> String {
        std::fs::read_to_string(self.reports.join(name)).unwrap_or_default()
    }

    pub(crate) fn journal(&self) -> Value {
        serde_json::from_str(&self.report("journal.json")).expect("a journal")
    }

    /// The journal's entry of a trial.
    pub(crate) fn entry(&self, id: &str) -> Value {
        let journal = self.journal();
        let entries = journal["entries"].as_array().expect("entries");
        let found = entries.iter().find(|entry| entry["id"] == id);
        found.unwrap_or_else(|| panic!("no entry {id} in {journal:#}")).clone()
    }

    /// The outcome of a trial.
    pub(crate) fn outcome(&self, id: &str) -> String {
        self.entry(id)["outcome"].as_str().unwrap_or("none").to_owned()
    }

    /// The counts of the JUnit file, by a reader that knows nothing of how it was written.
    pub(crate) fn junit(&self) -> Junit {
        let text = self.report("junit.xml");
        let document = roxmltree::Document::parse(&text).expect("well-formed XML");
        let count = |name: &str| document.descendants().filter(|n| n.has_tag_name(name)).count();
        Junit {
            tests: count("testcase"),
            failures: count("failure"),
            errors: count("error"),
            skipped: count("skipped"),
        }
    }
}
