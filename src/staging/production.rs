//! Whether what is to be marked is production: compared with production as it answers now, and with
//! what its backups say of it. Where neither can say anything, nothing is marked.

use std::path::Path;

use tokio::runtime::Runtime;

use crate::backup::origin::Reached;
use crate::backup::place;
use crate::backup::settings::Settings;
use crate::database::{ConnectionUrl, identify};
use crate::environment::load::Environments;
use crate::environment::source::resolve_database;
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::restore::guard::{Compared, compared, distinct};

/// Where production is to be found.
pub(super) struct Beside<'a> {
    pub(super) settings: &'a Settings,
    /// The folder that a relative location begins at.
    pub(super) root: &'a Path,
    pub(super) environments: &'a Environments,
}

impl Beside<'_> {
    /// Compares a database with production.
    ///
    /// # Errors
    /// It is production, or nothing says that it is not.
    pub(super) fn compare(
        &self,
        environment: &str,
        url: &ConnectionUrl,
        runtime: &Runtime,
    ) -> Result<(), Fault> {
        let (source, redactor) = (&self.settings.source, Redactor::new(&[], Vec::new()));
        let target = runtime.block_on(identify(environment, url))?;
        let refused = |fault: Fault| fault.object(url.shown());
        let (mut told, mut why) = (false, Vec::new());
        let production = resolve_database(self.environments, source, &redactor)
            .map_err(|problems| place::told(&problems))
            .and_then(|found| ConnectionUrl::parse(&found.url));
        let answer = production.clone().and_then(|url| runtime.block_on(identify(source, &url)));
        match answer {
            Ok(production) => {
                distinct(&target, &production).map_err(refused)?;
                told = true;
            }
            Err(fault) => why.push(format!("`{source}` does not answer: {}", fault.line())),
        }
        let listed = place::open(self.settings, self.root, &redactor, runtime.handle())
            .and_then(|store| store.list());
        match listed {
            Ok(listed) => {
                let mut sources = 0;
                let manifests = listed.iter().flat_map(|listed| &listed.manifest);
                let manifests = manifests.map(|manifest| &manifest.source);
                for backed_up in manifests.filter(|backed_up| backed_up.environment == *source) {
                    // Another project's, or of where production was before, says that it is that
                    // one, but not that it is not this one.
                    let origin = Reached::from(backed_up);
                    let is_this = production.as_ref().map_or(true, |url| origin.is_at(url));
                    match compared(&target, backed_up) {
                        Compared::Same(_) => distinct(&target, backed_up).map_err(refused)?,
                        Compared::Distinct if is_this => (told, sources) = (true, sources + 1),
                        Compared::Distinct | Compared::Unknown => {}
                    }
                }
                if sources == 0 {
                    why.push("no backup of it says which server it is of".to_owned());
                }
            }
            Err(fault) => why.push(format!("its backups cannot be read: {}", fault.line())),
        }
        match told {
            true => Ok(()),
            false => {
                let message = "it cannot be told whether this is production, so nothing was marked";
                let help = format!(
                    "have `{source}` answer from here, or mark from where it does; or make a \
                     backup of it first, which says what it is: `smokedrill drill --env {source}`"
                );
                Err(refused(Fault::usage(format!("{message}: {}", why.join("; "))).help(help)))
            }
        }
    }
}
