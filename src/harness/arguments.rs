//! The command line: libtest's arguments and ours.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser};
use libtest_mimic::Arguments;

/// Runs the checks of `suites/` against an environment.
#[derive(Parser, Debug, Clone)]
#[command(
    name = "smoke",
    version,
    about = "Runs the checks of suites/ against an environment.",
    long_about = None,
    disable_version_flag = false,
    help_template = "{about}\n\nUsage: cargo test --test smoke -- [OPTIONS] [FILTER]\n\n{all-args}{after-help}",
    after_help = "Exit codes:\n  \
        0    every blocking check passed\n  \
        1    a check failed: the application is wrong\n  \
        2    usage or configuration: nothing was run\n  \
        3    nothing failed, but something could not be judged\n  \
        130  interrupted; 143 where by SIGTERM\n\n\
        SMOKE_ENV stands for --env, SMOKEDRILL_REPORTS for --reports. RUST_TEST_THREADS is honoured."
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) libtest: Arguments,

    #[command(flatten)]
    pub(crate) ours: Ours,

    /// The words as they were given, for the record.
    #[arg(skip)]
    pub(crate) words: Vec<String>,
}

/// What libtest does not know.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Smoke options")]
pub(crate) struct Ours {
    /// The environment of suites/environments.toml [default: local].
    #[arg(long, short, env = "SMOKE_ENV", value_name = "NAME", hide_env = true)]
    pub(crate) env: Option<String>,

    /// Run only checks with this tag; may be given several times.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// Leave out checks with this tag; may be given several times.
    #[arg(long, value_name = "TAG")]
    pub(crate) exclude_tag: Vec<String>,

    /// Start nothing more after the first blocking failure.
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// How many checks may be skipped before the run counts as failed.
    #[arg(long, value_name = "N")]
    pub(crate) max_skipped: Option<usize>,

    /// The folder of suites [default: suites].
    #[arg(long, value_name = "DIR")]
    pub(crate) suites: Option<PathBuf>,

    /// The folder for reports [default: reports].
    #[arg(long, env = "SMOKEDRILL_REPORTS", value_name = "DIR", hide_env = true)]
    pub(crate) reports: Option<PathBuf>,
}

/// What a command line leads to.
pub(crate) enum Parsed {
    /// A run, or a list.
    Run(Box<CommandLine>),
    /// Help was asked for and printed, or the usage was wrong and that was printed.
    Done(u8),
}

impl CommandLine {
    /// Parses a command line, its first word the program's name.
    pub(crate) fn parse_from_words(words: impl IntoIterator<Item = OsString>) -> Parsed {
        let words: Vec<OsString> = words.into_iter().collect();
        let given = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        match Self::try_parse_from(words) {
            Ok(arguments) => Parsed::Run(Box::new(Self { words: given, ..arguments })),
            Err(error) => {
                // A closed pipe is no reason to fail.
                let _ = error.print();
                Parsed::Done(u8::try_from(error.exit_code()).unwrap_or(super::exit::USAGE))
            }
        }
    }

    /// The environment's name.
    pub(crate) fn environment(&self) -> &str {
        self.ours.env.as_deref().unwrap_or("local")
    }
}
