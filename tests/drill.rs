//! The drill: production is backed up, and the backup is proved.
//!
//! In the environment `local` production is the demo's: a throw-away PostgreSQL that looks like
//! a Supabase project, just above 100 MB in size. `SMOKEDRILL_DEMO_SCALE` makes it several times
//! that, or, with 0, a few thousand rows.

use smokedrill::{Drill, Running};
use smokedrill_demo::Production;

fn main() -> std::process::ExitCode {
    Drill::new()
        .environment("local", || {
            let scale = match std::env::var("SMOKEDRILL_DEMO_SCALE") {
                Ok(scale) => scale.parse().map_err(|_| "SMOKEDRILL_DEMO_SCALE: not a number")?,
                Err(_) => 1,
            };
            let production = Production::start(scale)?;
            let storage = production.storage()?;
            let running = Running::production(production.read_only_url())
                .storage(storage.project_url(), storage.service_role_key())
                .tools(production.bin_dir());
            // The storage API goes first: it stands on the database.
            Ok(running.keep((storage, production)))
        })
        .main()
}
