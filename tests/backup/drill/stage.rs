//! Where a drill is made to go wrong, and what is looked at afterwards.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::listener::Listener;
use crate::support::{Ran, Running, Session, Site, Target, files_below, until};

/// A production, a staging, and somebody who is told. The disk goes first: it lies over a folder of
/// the project.
pub(crate) struct Stage {
    /// The disk of the reports, where it is one of its own.
    disk: Option<Disk>,
    pub(crate) site: Site,
    pub(crate) target: Target,
    pub(crate) listener: Listener,
}

impl Stage {
    /// All is well here, and one drill was made.
    pub(crate) fn new() -> Self {
        let site = Site::own();
        let target = Target::new(&site);
        let stage = Self { site, target, listener: Listener::start(), disk: None };
        stage.settings("");
        stage
    }

    /// Writes the settings anew, with these lines.
    pub(crate) fn settings(&self, more: &str) {
        let notify = format!("[[notify]]\nkind = \"json\"\nurl = {:?}\n", self.listener.url);
        self.target.project.settings(&format!("{more}\n{notify}"));
    }

    /// Has the reports' disk stay for as long as they are looked at.
    pub(crate) fn keep(&mut self, disk: Disk) {
        self.disk = Some(disk);
    }

    /// A drill to its end.
    pub(crate) fn drill(&self) -> Ran {
        self.begin().end()
    }

    /// A drill that goes on.
    pub(crate) fn begin(&self) -> Running<'_> {
        let project = &self.target.project;
        Running::begin(project, project.command(&["drill", "--env", "staging"]))
    }

    /// A drill that has come so far that rows are loaded into the new staging.
    pub(crate) fn loading(&self) -> Running<'_> {
        let running = self.begin();
        let admin = Session::open(&self.target.staging.empty_url());
        let copies = "select 1 from pg_stat_activity where query ~* '^copy .* from stdin'";
        until("it loads", || !admin.texts(copies).is_empty());
        running
    }

    /// A path in the folder of reports.
    pub(crate) fn reports(&self, name: &str) -> PathBuf {
        self.target.project.path().join("reports").join(name)
    }

    /// The record, as it stands there.
    pub(crate) fn journal(&self) -> Value {
        serde_json::from_slice(&fs::read(self.reports("journal.json")).unwrap()).unwrap()
    }

    /// The lines of the audit log from the one by which a drill began to the one that says how it
    /// ended, as `operation result`.
    pub(crate) fn audit(&self, drill: &str) -> Vec<String> {
        let log = fs::read_to_string(self.reports("audit.jsonl")).unwrap();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of = |line: &Value, what: &str| {
            line["operation"] == "drill.run"
                && line["object"] == drill
                && (line["result"] == "started") == (what == "begins")
        };
        let (mut lines, mut shown) = (lines.skip_while(|line| !of(line, "begins")), Vec::new());
        for line in lines.by_ref() {
            let word = |name: &str| line[name].as_str().unwrap().to_owned();
            shown.push(format!("{} {}", word("operation"), word("result")));
            if of(&line, "ends") {
                break;
            }
        }
        shown
    }
}

/// Has a server go at once, as a machine does that loses its power.
pub(crate) fn gone(data: &Path) {
    let pid = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap().to_owned();
    assert!(Command::new("kill").args(["-QUIT", &pid]).status().unwrap().success());
}

/// A small disk in the place of the reports; let go of at the end.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// One with what is in the folder; nothing where none can be mounted.
    pub(crate) fn over(folder: &Path) -> Option<Self> {
        let held: Vec<_> =
            files_below(folder).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no tmpfs can be mounted here");
            return None;
        }
        for (content, path) in held {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Some(Self(folder.to_owned()))
    }

    /// Takes all that is left.
    pub(crate) fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filling")).unwrap();
        let block = vec![1; 4 * 1024];
        while file.write_all(&block).is_ok() {}
    }

    /// Gives it back.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.0.join("filling")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
