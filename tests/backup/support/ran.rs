//! What a run left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::project::Project;

/// What a run left behind. No secret of the project is in any of it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    reports: PathBuf,
}

impl Ran {
    pub(crate) fn new(project: &Project, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            reports: project.path().join("reports"),
        };
        ran.keeps_secrets(project);
        ran
    }

    /// Everything that the terminal showed.
    pub(crate) fn console(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// The outcome of a test.
    pub(crate) fn outcome(&self, id: &str) -> String {
        self.entry(id)["outcome"].as_str().unwrap_or("none").to_owned()
    }

    /// Why a test did not pass.
    pub(crate) fn reason(&self, id: &str) -> String {
        self.entry(id)["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// The names of the tests that ended so.
    pub(crate) fn ended(&self, outcome: &str) -> Vec<String> {
        let journal = self.journal();
        let entries = journal["entries"].as_array().unwrap().iter();
        let entries = entries.filter(|entry| entry["outcome"] == outcome);
        entries.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The one red test, by name and reason; everything else passed or was skipped.
    #[track_caller]
    pub(crate) fn only_red(&self) -> (String, String) {
        let red = [self.ended("failed"), self.ended("errored")].concat();
        assert_eq!(red.len(), 1, "{red:?} {}", self.console());
        (red[0].clone(), self.reason(&red[0]))
    }

    /// The one red test is this, and its reason holds each of these texts.
    #[track_caller]
    pub(crate) fn is_red(&self, id: &str, texts: &[&str]) {
        let (red, reason) = self.only_red();
        assert_eq!(red, id, "{}", self.console());
        for text in texts {
            assert!(reason.contains(text), "{text:?} is not in: {reason}");
        }
        assert!([1, 3].contains(&self.code), "{} {}", self.code, self.console());
        assert!(!self.console().contains("panicked"), "{}", self.console());
    }

    pub(crate) fn journal(&self) -> Value {
        serde_json::from_slice(&fs::read(self.reports.join("journal.json")).unwrap()).unwrap()
    }

    fn entry(&self, id: &str) -> Value {
        let journal = self.journal();
        let entries = journal["entries"].as_array().unwrap();
        let found = entries.iter().find(|entry| entry["id"] == id);
        found.unwrap_or_else(|| panic!("no entry {id} in {journal:#}")).clone()
    }

    fn keeps_secrets(&self, project: &Project) {
        let check = |place: &str, text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            for secret in project.secrets() {
                assert!(!text.contains(secret), "a secret is in {place}: {text}");
            }
        };
        check("the console", self.console().as_bytes());
        for path in files_below(&project.path().join("reports")) {
            check(&path.display().to_string(), &fs::read(&path).unwrap());
        }
        for path in files_below(&project.path().join("backups")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // What is being made by another run may be gone, or half written.
            let Ok(bytes) = fs::read(&path) else { continue };
            check(&name, &bytes);
            if name == "dump.log.zst" {
                check(&name, &zstd::decode_all(&bytes[..]).unwrap_or_default());
            }
        }
    }
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
