//! Stagings that backups are restored into.

use std::fs;
use std::path::Path;
use std::process::Command;

use smokedrill_demo::{Api, Staging};

use super::{Project, Ran, Session, Site};

/// A staging with the application over it, and a project that restores into it.
pub(crate) struct Target {
    pub(crate) project: Project,
    api: Api,
    pub(crate) staging: Staging,
}

impl Target {
    /// One whose marker is set, and which has a backup.
    pub(crate) fn new(site: &Site) -> Self {
        let target = Self::unmarked(site);
        assert_eq!(target.mark(&target.shown()).code, 0);
        assert_eq!(target.project.drill(&["backup::made"]).code, 0);
        target
    }

    /// One that nobody has said of that it may be overwritten.
    pub(crate) fn unmarked(site: &Site) -> Self {
        let staging = Staging::start().unwrap();
        let api = staging.api("demo-staff-token").unwrap();
        let mut project = Project::new(site);
        let url = staging.superuser_url();
        let password = url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).unwrap().0;
        project.secret(password.split_once(':').unwrap().1);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites");
        for name in ["masking.toml", "smoke.toml", "database.toml"] {
            project.write(&format!("suites/{name}"), &fs::read_to_string(root.join(name)).unwrap());
        }
        let target = Self { project, api, staging };
        target.leads_to(&url);
        target
    }

    /// One that is hosted: restored into by its owner, who is no superuser.
    pub(crate) fn hosted(site: &Site) -> Self {
        let target = Self::unmarked(site);
        let url = target.staging.owner_url();
        target.leads_to_more(&url, "kind = \"supabase\"\n");
        assert_eq!(target.mark(&shown(&url)).code, 0);
        assert_eq!(target.project.drill(&["backup::made"]).code, 0);
        target
    }

    /// Has staging's URL lead elsewhere.
    pub(crate) fn leads_to(&self, url: &str) {
        self.leads_to_more(url, "");
    }

    /// The same, with more lines.
    pub(crate) fn leads_to_more(&self, url: &str, more: &str) {
        let path = self.project.path().join("suites/environments.toml");
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("[environment.staging]").next().unwrap();
        let base = self.api.base_url();
        let staging = format!(
            "[environment.staging]\nbase_url = {base:?}\n[environment.staging.database]\nurl = {url:?}\n{more}"
        );
        fs::write(&path, text.to_owned() + &staging).unwrap();
    }

    /// Its URL as it is shown and typed.
    pub(crate) fn shown(&self) -> String {
        shown(&self.staging.superuser_url())
    }

    pub(crate) fn mark(&self, typed: &str) -> Ran {
        self.project.run(&["staging", "mark", "--env", "staging", "--yes", typed])
    }

    /// A restore of the newest backup, with its proofs and the smoke checks after it.
    pub(crate) fn restore(&self, arguments: &[&str]) -> Ran {
        self.project.run(&self.words(arguments))
    }

    /// The same, while the test goes on.
    pub(crate) fn begin(&self) -> super::Running<'_> {
        super::Running::begin(&self.project, self.project.command(&self.words(&[])))
    }

    fn words<'w>(&self, arguments: &[&'w str]) -> Vec<&'w str> {
        let own = ["drill", "--env", "staging", "--backup", "latest", "--exclude-tag", "backup"];
        own.into_iter().chain(arguments.iter().copied()).collect()
    }

    /// Changes the rules.
    pub(crate) fn rules(&self, from: &str, to: &str) {
        let path = self.project.path().join("suites/masking.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    /// The server's databases, but for those that every server has.
    pub(crate) fn databases(&self) -> Vec<String> {
        let session = Session::open(&self.staging.empty_url());
        session.texts(
            "select datname from pg_database where datname !~ '^template' and datname <> 'empty'
             order by 1",
        )
    }

    /// How often each text stands in the server's files, those of its write-ahead log included.
    pub(crate) fn in_files(&self, texts: &[String]) -> Vec<usize> {
        let session = Session::open(&self.staging.superuser_url());
        session.texts("checkpoint");
        let mut counts = vec![0; texts.len()];
        for path in super::files_below(self.staging.data_dir()) {
            let Ok(bytes) = fs::read(&path) else { continue };
            for (count, text) in counts.iter_mut().zip(texts) {
                *count += usize::from(memchr::memmem::find(&bytes, text.as_bytes()).is_some());
            }
        }
        counts
    }

    /// Runs SQL on production's server as its superuser.
    pub(crate) fn psql(&self, url: &str, sql: &str) {
        let program = self.staging.bin_dir().join("psql");
        let mut psql = Command::new(program);
        psql.args(["-qX", "-v", "ON_ERROR_STOP=1", url, "-c", sql]);
        let output = psql.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// `USER@HOST:PORT/DATABASE` of a URL.
pub(crate) fn shown(url: &str) -> String {
    let (user, rest) = url.split_once("://").unwrap().1.split_once('@').unwrap();
    format!("{}@{rest}", user.split_once(':').unwrap().0)
}
