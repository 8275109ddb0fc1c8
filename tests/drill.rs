//! The drill: production is backed up and restored into staging, and both are proved.
//!
//! In the environment `local` production is the demo's: a throw-away PostgreSQL that looks like
//! a Supabase project, just above 100 MB in size. `SMOKEDRILL_DEMO_SCALE` makes it several times
//! that, or, with 0, a few thousand rows. Staging is another one, with the demo's API over it.

use smokedrill::{Drill, Running};
use smokedrill_demo::{Production, Sms, Staging};

fn main() -> std::process::ExitCode {
    Drill::new()
        .environment("local", || {
            let scale = match std::env::var("SMOKEDRILL_DEMO_SCALE") {
                Ok(scale) => scale.parse().map_err(|_| "SMOKEDRILL_DEMO_SCALE: not a number")?,
                Err(_) => 1,
            };
            let production = Production::start(scale)?;
            let storage = production.storage()?;
            let staging = Staging::start()?;
            let token = "demo-staff-token";
            let api = staging.api(token)?;
            let (files, sms) = (staging.storage()?, Sms::start()?);
            let (email, password) = staging.login();
            let running = Running::production(production.read_only_url())
                .storage(storage.project_url(), storage.service_role_key())
                .tools(production.bin_dir())
                .staging(staging.superuser_url())
                .at(api.base_url())
                .secret("staff_token", token)
                .variable("storage_url", files.project_url())
                .secret("storage_key", files.service_role_key())
                .variable("sms_url", sms.base_url())
                .variable("sms_account", sms.account())
                .secret("sms_token", sms.auth_token())
                .variable("sign_in_email", email)
                .secret("sign_in_password", password);
            // What stands on a database goes before it.
            Ok(running.keep((storage, files, sms, api, production, staging)))
        })
        .main()
}
