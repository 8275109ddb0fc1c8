//! A project folder, in which the program is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::ran::Ran;
use super::running::Running;
use super::site::Site;

/// A project folder. It backs `production` up to `backups/`.
pub(crate) struct Project {
    folder: TempDir,
    /// What must never be written anywhere.
    secrets: Vec<String>,
}

impl Project {
    /// One whose source is that site.
    pub(crate) fn new(site: &Site) -> Self {
        let storage = (site.storage.project_url(), site.storage.service_role_key());
        Self::with(&site.production.read_only_url(), Some(storage), "")
    }

    /// One with that database, that storage API (URL and key), and these lines below `[backup]`.
    pub(crate) fn with(database: &str, storage: Option<(&str, &str)>, settings: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut project = Self { folder, secrets: Vec::new() };
        let password = database.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        let password = password.and_then(|(user, _)| user.split_once(':'));
        project.secret(password.map_or("", |(_, password)| password));
        let mut text = format!("[environment.production.database]\nurl = {database:?}\n");
        if let Some((url, key)) = storage {
            project.secret(key);
            text += &format!("[environment.production.storage]\nurl = {url:?}\nkey = {key:?}\n");
        }
        project.write("suites/environments.toml", &text);
        project.settings(settings);
        project
    }

    /// Writes `drill.toml` anew, with these lines below `[backup]`.
    pub(crate) fn settings(&self, settings: &str) {
        let mut text = String::from("[backup]\nminimum_size = \"1kB\"\n");
        if !settings.contains("location =") {
            text += "location = \"backups\"\n";
        }
        self.write("suites/drill.toml", &(text + settings));
    }

    /// Has a text that no run may write anywhere.
    pub(crate) fn secret(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A drill to its end.
    pub(crate) fn drill(&self, arguments: &[&str]) -> Ran {
        let words = [&["drill", "--env", "production"], arguments].concat();
        self.run(&words)
    }

    /// A run of the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran::new(self, output)
    }

    /// A drill that goes on while the test does.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Running<'_> {
        let words = [&["drill", "--env", "production"], arguments].concat();
        Running::begin(self, self.command(&words))
    }

    /// The program, free of what the caller's environment says.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(env!("CARGO_BIN_EXE_smokedrill"));
        command.args(arguments);
        command
    }

    /// Any program, in the folder, free of what the caller's environment says.
    pub(crate) fn bare(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        let foreign = |name: &str| {
            ["SMOKE", "AWS_", "NEXTEST", "GITHUB_", "PG"].iter().any(|mark| name.starts_with(mark))
                || ["CARGO_MANIFEST_DIR", "RUST_TEST_THREADS"].contains(&name)
                || name.to_lowercase().ends_with("_proxy")
        };
        for (name, _) in std::env::vars_os() {
            if foreign(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The folder that backups are kept in.
    pub(crate) fn place(&self) -> PathBuf {
        self.path().join("backups")
    }

    /// The backups' names, oldest first, as the program lists them.
    pub(crate) fn backups(&self) -> Vec<String> {
        let listed = self.run(&["backup", "list"]);
        assert_eq!(listed.code, 0, "{}", listed.console());
        let ids = listed.stdout.lines().filter_map(|line| line.split("  ").next());
        let mut ids: Vec<_> = ids.filter(|id| id.len() == 25).map(str::to_owned).collect();
        ids.reverse();
        ids
    }

    /// The folders of drafts, dead or alive.
    pub(crate) fn drafts(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.place()).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".draft-"))
            .collect()
    }

    /// The folder of the only backup.
    pub(crate) fn only_backup(&self) -> PathBuf {
        let backups = self.backups();
        assert_eq!(backups.len(), 1, "{backups:?}");
        self.place().join(&backups[0])
    }
}
