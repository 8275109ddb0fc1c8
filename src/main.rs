//! `smokedrill`: the same runs where there is no Rust toolchain, and what is no test.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Disaster-recovery runbooks as tests.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the checks of `suites/` against an environment: the gate after a deploy.
    ///
    /// Takes the arguments of `cargo test --test smoke --`; `smokedrill smoke --help` lists
    /// them. The environment `local` is started by the test harness alone.
    #[command(disable_help_flag = true)]
    Smoke {
        /// libtest's arguments and ours.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Print the JSON Schema of a file format, for editors.
    Schema {
        /// Which one.
        format: Format,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Suites: `suites/*.toml`.
    Suite,
    /// `suites/environments.toml`.
    Environments,
    /// `suites/drill.toml`.
    Drill,
}

fn main() -> ExitCode {
    match Program::parse().command {
        Command::Smoke { arguments } => {
            let words = std::iter::once("smokedrill smoke".into()).chain(arguments);
            smokedrill::Harness::new().run_with(words)
        }
        Command::Schema { format } => {
            let schema = match format {
                Format::Suite => smokedrill::suite_schema(),
                Format::Environments => smokedrill::environments_schema(),
                Format::Drill => smokedrill::drill_schema(),
            };
            // A reader that has seen enough is no error.
            let _ = writeln!(std::io::stdout(), "{schema:#}");
            ExitCode::SUCCESS
        }
    }
}
