//! The smoke test: every check of `suites/`, against the environment that `--env` names.
//!
//! `local` is the demo: a throw-away PostgreSQL with a small API over it.

use smokedrill::{Harness, Running};
use smokedrill_demo::Demo;

fn main() -> std::process::ExitCode {
    Harness::new()
        .environment("local", || {
            let demo = Demo::start()?;
            Ok(Running::new(demo.base_url())
                .secret("staff_token", demo.staff_token())
                .database(demo.database_url())
                .keep(demo))
        })
        .main()
}
