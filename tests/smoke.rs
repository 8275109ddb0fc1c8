//! The smoke test: every check of `suites/`, against the environment that `--env` names.
//!
//! `local` is the demo: a throw-away PostgreSQL with a small API over it, a storage API, and an SMS
//! provider in test mode.

use smokedrill::{Harness, Running};
use smokedrill_demo::{Demo, Sms};

fn main() -> std::process::ExitCode {
    Harness::new()
        .environment("local", || {
            let demo = Demo::start()?;
            let (storage, sms) = (demo.storage()?, Sms::start()?);
            let (email, password) = demo.staff_login();
            Ok(Running::new(demo.base_url())
                .secret("staff_token", demo.staff_token())
                .variable("storage_url", storage.project_url())
                .secret("storage_key", storage.service_role_key())
                .variable("sms_url", sms.base_url())
                .variable("sms_account", sms.account())
                .secret("sms_token", sms.auth_token())
                .variable("sign_in_email", email)
                .secret("sign_in_password", password)
                .database(demo.database_url())
                .keep((storage, sms, demo)))
        })
        .main()
}
