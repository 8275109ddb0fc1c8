//! `smokedrill`: the same runs where there is no Rust toolchain, and what is no test.

mod program;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use program::evidence::{self, EvidenceCommand};
use program::review::{self, ReviewCommand, Which};
use program::tasks::{self, TasksCommand, Where};
use smokedrill::{Backups, Drill, Fault, FaultKind, Harness, RotateOptions};

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
    /// Back production up, restore it into staging, masked, and prove both.
    ///
    /// Takes the arguments of `cargo test --test drill --`; `smokedrill drill --help` lists
    /// them. The environment `local` is started by the test harness alone.
    #[command(disable_help_flag = true)]
    Drill {
        /// libtest's arguments and ours.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Say when the last drill was and the next one is due; exit 1 where one is overdue.
    DrillStatus {
        /// Only those of this environment.
        #[arg(long, short, value_name = "NAME")]
        env: Option<String>,
        #[command(flatten)]
        which: Where,
        #[command(flatten)]
        place: Place,
    },
    /// Show the drills of `reports/history.jsonl`: what each measured, and how that changes.
    DrillHistory {
        /// Only those of this environment.
        #[arg(long, short, value_name = "NAME")]
        env: Option<String>,
        #[command(flatten)]
        which: Where,
        #[command(flatten)]
        place: Place,
    },
    /// The reports of drills.
    Reports {
        #[command(subcommand)]
        command: ReportsCommand,
        #[command(flatten)]
        which: Where,
        #[command(flatten)]
        place: Place,
    },
    /// The backups that are there.
    Backup {
        #[command(subcommand)]
        command: BackupCommand,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        place: Place,
    },
    /// The database that backups are restored into: beside it, or in place.
    Staging {
        #[command(subcommand)]
        command: StagingCommand,
        #[command(flatten)]
        place: Place,
    },
    /// The masking rules.
    Masking {
        #[command(subcommand)]
        command: MaskingCommand,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        place: Place,
    },
    /// Open psql on production, read-only by setting, and recorded in the audit log.
    Psql {
        /// The environment [default: the source of drill.toml].
        #[arg(long, short, value_name = "NAME")]
        env: Option<String>,
        #[command(flatten)]
        place: Place,
        /// psql's own arguments, such as `-c "select version()"`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// What people say of a drill: checklist, waivers, go or no-go.
    Review {
        #[command(subcommand)]
        command: ReviewCommand,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        place: Place,
    },
    /// What is to be done after a drill.
    Tasks {
        #[command(subcommand)]
        command: TasksCommand,
        #[command(flatten)]
        which: Where,
        #[command(flatten)]
        place: Place,
    },
    /// What a drill left, in one signed file.
    Evidence {
        #[command(subcommand)]
        command: EvidenceCommand,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        place: Place,
    },
    /// The audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
        #[command(flatten)]
        place: Place,
    },
    /// Replace a credential by a new one, in an order that locks nobody out.
    Rotate {
        #[command(subcommand)]
        command: RotateCommand,
        #[command(flatten)]
        place: Place,
    },
    /// Sentry, which is told what goes wrong.
    Sentry {
        #[command(subcommand)]
        command: SentryCommand,
        #[command(flatten)]
        place: Place,
    },
    /// Print the JSON Schema of a file format, for editors.
    Schema {
        /// Which one.
        format: Format,
    },
}

/// Where the settings are.
#[derive(Args)]
struct Place {
    /// The folder of drill.toml.
    #[arg(
        long,
        default_value = "suites",
        value_name = "DIR",
        global = true,
        env = "SMOKEDRILL_SUITES",
        hide_env = true
    )]
    suites: PathBuf,
}

/// Whose backups.
#[derive(Args)]
struct Source {
    /// The environment that `latest` and `previous` are of [default: the source of drill.toml].
    #[arg(long, short, value_name = "NAME", global = true)]
    env: Option<String>,
}

#[derive(Subcommand)]
enum BackupCommand {
    /// List them, newest first.
    List,
    /// Show what is known of one: its manifest, as JSON.
    Show {
        /// latest, previous, or its name.
        backup: String,
    },
    /// Read one to its end, and compare it with its manifest.
    Verify {
        /// latest, previous, or its name.
        backup: String,
        /// A file with the private key (age) of an encrypted backup; without it, hashes alone
        /// are compared.
        #[arg(long, value_name = "FILE", env = "SMOKEDRILL_IDENTITY", hide_env = true)]
        identity: Option<PathBuf>,
    },
    /// Remove one, such as a damaged one; but never the last good one.
    Remove {
        /// Its name.
        backup: String,
    },
    /// Remove those that are older than the retention, and never the last good one.
    Prune {
        /// Say what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum ReportsCommand {
    /// Remove those that are older than drill.toml keeps them, and never an environment's newest.
    Prune {
        /// Say what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum StagingCommand {
    /// Say of a database, once, that a restore may overwrite it; asks for its name first.
    Mark {
        /// The environment of environments.toml.
        #[arg(long, short, value_name = "NAME")]
        env: String,
        /// What would be typed: USER@HOST:PORT/DATABASE.
        #[arg(long, value_name = "DATABASE")]
        yes: Option<String>,
    },
}

#[derive(Subcommand)]
enum MaskingCommand {
    /// Show what becomes of each column of a backup, or which columns have no rule.
    Check {
        /// latest, previous, or its name.
        #[arg(default_value = "latest")]
        backup: String,
        /// Mask every row too, and keep none: what a restore would stumble over, and how fast.
        #[arg(long)]
        rows: bool,
        /// A file with the private key (age) of an encrypted backup.
        #[arg(long, value_name = "FILE", env = "SMOKEDRILL_IDENTITY", hide_env = true)]
        identity: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Show its lines, oldest first.
    List,
    /// Find lines that were altered, removed or inserted.
    Verify,
}

#[derive(Subcommand)]
enum RotateCommand {
    /// The auth token of the Twilio account under [twilio] in drill.toml: make a secondary one,
    /// store it, prove it, promote it, and prove that the old one is refused.
    Twilio {
        /// Say each step, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Go on with a rotation that was broken off.
        #[arg(long)]
        resume: bool,
        /// The state of an unfinished rotation is lost, and you have seen in Twilio's console that
        /// the token in the vault is the primary one.
        #[arg(long, conflicts_with = "resume")]
        confirm_primary: bool,
    },
}

#[derive(Subcommand)]
enum SentryCommand {
    /// Send made-up personal data and secrets in every part of an event to the project under
    /// [sentry] in drill.toml, read the events back, and look for them.
    ScrubTest,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Suites: `suites/*.toml`.
    Suite,
    /// `suites/environments.toml`.
    Environments,
    /// `suites/drill.toml`.
    Drill,
    /// `suites/masking.toml`.
    Masking,
    /// A drill's `report.json`.
    DrillReport,
}

fn main() -> ExitCode {
    let words = |name: &str, arguments: Vec<OsString>| {
        std::iter::once(format!("smokedrill {name}").into()).chain(arguments)
    };
    let told = match Program::parse().command {
        Command::Smoke { arguments } => return Harness::new().run_with(words("smoke", arguments)),
        Command::Drill { arguments } => return Drill::new().run_with(words("drill", arguments)),
        Command::Backup { command, source, place } => {
            backup(&command, source.env.as_deref(), &place)
        }
        Command::DrillStatus { env, which, place } => {
            smokedrill::drill_status(&place.suites, &which.folder(&place.suites), env.as_deref())
        }
        Command::Reports { command: ReportsCommand::Prune { dry_run }, which, place } => {
            smokedrill::prune_reports(&place.suites, &which.folder(&place.suites), dry_run)
        }
        Command::DrillHistory { env, which, place } => {
            smokedrill::drill_history(&which.folder(&place.suites), env.as_deref())
        }
        Command::Review { command, which, place } => review::run(&command, &which, &place.suites),
        Command::Tasks { command, which, place } => {
            tasks::run(&command, &which.folder(&place.suites))
        }
        Command::Evidence { command, which, place } => {
            evidence::run(&command, &which, &place.suites)
        }
        Command::Audit { command, place } => {
            Backups::open(&place.suites, None).and_then(|backups| match command {
                AuditCommand::List => backups.list_audit(),
                AuditCommand::Verify => backups.verify_audit(),
            })
        }
        Command::Staging { command: StagingCommand::Mark { env, yes }, place } => {
            smokedrill::mark_staging(&place.suites, &env, |shown| yes.unwrap_or_else(|| ask(shown)))
        }
        Command::Masking { command, source, place } => {
            let MaskingCommand::Check { backup, rows, identity } = command;
            let (env, identity) = (source.env.as_deref(), identity.as_deref());
            smokedrill::check_masking(&place.suites, env, &backup, identity, rows)
        }
        Command::Psql { env, place, arguments } => {
            match smokedrill::psql(&place.suites, env.as_deref(), &arguments) {
                Ok(code) => return ExitCode::from(code),
                Err(fault) => Err(fault),
            }
        }
        Command::Rotate { command, place } => {
            let RotateCommand::Twilio { dry_run, resume, confirm_primary } = command;
            let options = RotateOptions { dry_run, resume, confirm_primary };
            smokedrill::rotate_twilio(&place.suites, options, &mut line)
        }
        Command::Sentry { command: SentryCommand::ScrubTest, place } => {
            smokedrill::test_scrubbing(&place.suites, &mut line)
        }
        Command::Schema { format } => {
            let schema = match format {
                Format::Suite => smokedrill::suite_schema(),
                Format::Environments => smokedrill::environments_schema(),
                Format::Drill => smokedrill::drill_schema(),
                Format::Masking => smokedrill::masking_schema(),
                Format::DrillReport => smokedrill::drill_report_schema(),
            };
            Ok(format!("{schema:#}\n"))
        }
    };
    match told {
        Ok(text) => {
            // A reader that has seen enough is no error.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "error: {fault}");
            ExitCode::from(match fault.kind() {
                FaultKind::Failed => 1,
                FaultKind::Usage => 2,
                FaultKind::Errored => 3,
                FaultKind::Interrupted => 130,
            })
        }
    }
}

/// Shows a line of what is going on; a reader that has seen enough is no error.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// What a person types, asked whether a database may be overwritten.
fn ask(shown: &str) -> String {
    let question = format!(
        "A restore will overwrite this database, and all that is in it is lost:\n\n    {shown}\n\n\
         Type it to say that this is meant: "
    );
    let _ = std::io::stderr().write_all(question.as_bytes());
    let mut typed = String::new();
    let _ = std::io::stdin().read_line(&mut typed);
    typed
}

fn backup(command: &BackupCommand, env: Option<&str>, place: &Place) -> Result<String, Fault> {
    let backups = Backups::open(&place.suites, env)?;
    match command {
        BackupCommand::List => backups.list(),
        BackupCommand::Show { backup } => backups.show(backup),
        BackupCommand::Verify { backup, identity } => backups.verify(backup, identity.as_deref()),
        BackupCommand::Remove { backup } => backups.remove(backup),
        BackupCommand::Prune { dry_run } => backups.prune(*dry_run),
    }
}
