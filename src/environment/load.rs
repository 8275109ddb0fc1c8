//! Reading `environments.toml`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::lookup::Context;
use super::model::{EnvironmentSpec, EnvironmentsFile};
use crate::suite::Problems;
use crate::suite::problem::known;
use crate::suite::schema::ENVIRONMENTS;
use crate::suite::source::{Document, pointer_token};

/// The environments of a suites folder.
#[derive(Debug, Clone)]
pub(crate) struct Environments {
    pub(crate) file: EnvironmentsFile,
    /// The file, if there is one: a harness may start all of its environments itself.
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) folder: PathBuf,
}

impl Environments {
    /// Reads `environments.toml` or `environments.json` of a folder.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(folder: &Path) -> Result<Self, Problems> {
        let names = ["environments.toml", "environments.json"];
        let found = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
        let Some(path) = found else {
            let file = EnvironmentsFile::default();
            return Ok(Self { file, document: None, folder: folder.to_owned() });
        };
        let (document, file) = crate::suite::load::read::<EnvironmentsFile>(&path, &ENVIRONMENTS)?;
        let document = Some(Arc::new(document));
        Ok(Self { file, document, folder: folder.to_owned() })
    }

    /// The environment of that name; one that only the harness knows is empty.
    ///
    /// # Errors
    /// The name is not known; names those that are.
    pub(crate) fn get(&self, name: &str, started: &[&str]) -> Result<EnvironmentSpec, String> {
        let spec = self.file.environment.get(name);
        if let Some(spec) = spec {
            if spec.base_url.is_some() || started.contains(&name) {
                return Ok(spec.clone());
            }
            return Err(format!(
                "the environment `{name}` has no `base_url`, and this program does not start it; \
                 run it by `cargo test --test smoke`, or add `base_url` under [environment.{name}]"
            ));
        }
        if started.contains(&name) {
            return Ok(EnvironmentSpec::default());
        }
        Err(self.unknown(name, started))
    }

    /// Whether there is an environment of that name, wherever its address comes from.
    ///
    /// # Errors
    /// The name is not known; names those that are.
    pub(crate) fn is_known(&self, name: &str, started: &[&str]) -> Result<(), String> {
        match self.names(started).contains(&name) {
            true => Ok(()),
            false => Err(self.unknown(name, started)),
        }
    }

    fn unknown(&self, name: &str, started: &[&str]) -> String {
        let help = known(name, self.names(started));
        let file = self.folder.join("environments.toml");
        format!(
            "there is no environment `{name}`; {help}; {} says where checks run:\n\n    \
             [environment.{name}]\n    base_url = \"https://{name}.example.com\"",
            file.display()
        )
    }

    /// The names of all environments, those that the harness starts included.
    pub(crate) fn names<'a>(&'a self, started: &[&'a str]) -> Vec<&'a str> {
        let mut names: Vec<_> = self.file.environment.keys().map(String::as_str).collect();
        names.extend(started);
        names
    }

    /// Where values of an environment are looked up, and how they are told of.
    pub(crate) fn context(&self, name: &str) -> Context {
        let pointer = format!("/environment/{}", pointer_token(name));
        Context::new(self.document.clone(), pointer, self.folder.clone())
    }
}
