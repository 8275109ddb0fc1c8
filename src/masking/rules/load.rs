//! From the files to rules.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::model::MaskingFile;
use crate::suite::Problems;
use crate::suite::load::read;
use crate::suite::schema::MASKING;
use crate::suite::source::{Document, hex};

/// Rules for the tables that come with each Supabase project.
const SUPABASE: &str = include_str!("supabase.toml");

/// The rules of a project, and those that come with us.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The project's file, if it has one.
    pub(super) own: Option<(Arc<Document>, MaskingFile)>,
    pub(super) supabase: (Arc<Document>, MaskingFile),
}

impl Rules {
    /// Reads `masking.toml` or `masking.json` of a folder of suites.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(folder: &Path) -> Result<Self, Problems> {
        let names = ["masking.toml", "masking.json"];
        let found = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
        let own = match found {
            None => None,
            Some(path) => {
                let (document, file) = read::<MaskingFile>(&path, &MASKING)?;
                Some((Arc::new(document), file))
            }
        };
        let path = Path::new("the rules for Supabase's own tables");
        let document = Document::parse(path, SUPABASE.to_owned()).map_err(Problems::from)?;
        let file: MaskingFile = serde_json::from_value(document.value.clone())
            .map_err(|error| Problems::from(document.problem("", error.to_string())))?;
        Ok(Self { own, supabase: (Arc::new(document), file) })
    }

    /// Path and SHA-256 of the project's file, for the record of a run.
    pub(crate) fn input(&self) -> Option<(String, String)> {
        let (document, _) = self.own.as_ref()?;
        Some((document.source.path.display().to_string(), document.hash.clone()))
    }

    /// SHA-256 of all rules, those that come with us included.
    pub(crate) fn hash(&self) -> String {
        let own = self.own.as_ref().map(|(document, _)| document.hash.as_str());
        let all = format!("{} {}", own.unwrap_or("none"), self.supabase.0.hash);
        hex(&Sha256::digest(all))
    }

    /// Values that are nobody's.
    pub(crate) fn allowed(&self) -> Vec<String> {
        let own = self.own.iter().flat_map(|(_, file)| &file.allow);
        own.map(|allow| allow.value.clone()).collect()
    }
}
