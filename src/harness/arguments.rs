//! The command line: libtest's arguments and ours.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser};
use libtest_mimic::Arguments;

/// Codes with which a run of any kind ends.
const EXIT_CODES: &str = "Exit codes:\n  \
    0    every blocking check passed\n  \
    1    a check failed: the application is wrong\n  \
    2    usage or configuration: nothing was run\n  \
    3    nothing failed, but something could not be judged\n  \
    130  interrupted; 143 where by SIGTERM or SIGHUP\n\n\
    SMOKE_ENV stands for --env, SMOKEDRILL_SUITES for --suites, SMOKEDRILL_REPORTS for\n\
    --reports. RUST_TEST_THREADS is honoured.";

/// Which harness a command line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The checks of suites.
    Smoke,
    /// The drill.
    Drill,
}

impl Kind {
    /// The word for it in journals and reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Drill => "drill",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Smoke => "Runs the checks of suites/ against an environment.",
            Self::Drill => {
                "Backs the source of suites/drill.toml up, restores it into the environment, masked, \
                 proves both, runs the checks of suites/, and measures RTO and RPO. The report is in \
                 reports/drill/. In the environment `local` both are databases that the harness \
                 starts itself."
            }
        }
    }
}

/// A command line, as it is understood.
#[derive(Parser, Debug, Clone)]
#[command(version, long_about = None, disable_version_flag = false, after_help = EXIT_CODES)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) libtest: Arguments,

    #[command(flatten)]
    pub(crate) ours: Ours,

    /// What only drills know.
    #[arg(skip)]
    pub(crate) drill: DrillOptions,

    /// The words as they were given, for the record.
    #[arg(skip)]
    pub(crate) words: Vec<String>,
}

/// What only drills know.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Drill options")]
pub(crate) struct DrillOptions {
    /// Use a backup that is there, and make none: latest, previous, or its name.
    #[arg(long, env = "SMOKEDRILL_BACKUP", value_name = "BACKUP", hide_env = true)]
    pub(crate) backup: Option<String>,

    /// Go on with what an earlier restore of this backup, which failed or was killed, has loaded:
    /// prove it, apply migrations, and put it in place.
    #[arg(long, env = "SMOKEDRILL_RESUME", hide_env = true, value_parser = BoolishValueParser::new())]
    pub(crate) resume: bool,

    /// A file with the private key (age) of an encrypted backup, to read it to its end.
    #[arg(long, env = "SMOKEDRILL_IDENTITY", value_name = "FILE", hide_env = true)]
    pub(crate) identity: Option<PathBuf>,
}

/// What libtest does not know.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Options of runs")]
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
    #[arg(long, env = "SMOKEDRILL_SUITES", value_name = "DIR", hide_env = true)]
    pub(crate) suites: Option<PathBuf>,

    /// The folder for reports [default: reports, beside the suites].
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
    pub(crate) fn parse_from_words(
        kind: Kind,
        words: impl IntoIterator<Item = OsString>,
    ) -> Parsed {
        let words: Vec<OsString> = words.into_iter().collect();
        let given = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        match Self::parse_words(kind, words) {
            Ok(arguments) => Parsed::Run(Box::new(Self { words: given, ..arguments })),
            Err(error) => {
                // A closed pipe is no reason to fail.
                let _ = error.print();
                Parsed::Done(u8::try_from(error.exit_code()).unwrap_or(super::exit::USAGE))
            }
        }
    }

    fn parse_words(kind: Kind, words: Vec<OsString>) -> Result<Self, clap::Error> {
        let word = kind.word();
        let template = format!(
            "{{about}}\n\nUsage: cargo test --test {word} -- [OPTIONS] [FILTER]\n\n\
             {{all-args}}{{after-help}}"
        );
        let command = Self::command().name(word).about(kind.about()).help_template(template);
        match kind {
            Kind::Smoke => Self::from_arg_matches(&command.try_get_matches_from(words)?),
            Kind::Drill => {
                let command = DrillOptions::augment_args(command);
                let matches = command.try_get_matches_from(words)?;
                let drill = DrillOptions::from_arg_matches(&matches)?;
                Ok(Self { drill, ..Self::from_arg_matches(&matches)? })
            }
        }
    }

    /// The environment's name.
    pub(crate) fn environment(&self) -> &str {
        self.ours.env.as_deref().unwrap_or("local")
    }
}
