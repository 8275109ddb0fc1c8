//! `smokedrill tasks`: what is to be done after a drill.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use smokedrill::{Fault, Tasks};

#[derive(Subcommand)]
pub(crate) enum TasksCommand {
    /// List the open ones.
    List {
        /// Those that are closed, too.
        #[arg(long)]
        all: bool,
    },
    /// Open one by hand.
    Add {
        /// What is to be done.
        title: String,
        /// Whose it is.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
    /// Say whose one is.
    Assign {
        /// Its number, such as T7.
        task: String,
        /// Whose it is.
        #[arg(long, value_name = "NAME")]
        to: String,
    },
    /// Close one.
    Done {
        /// Its number, such as T7.
        task: String,
        /// What came of it.
        #[arg(long)]
        note: Option<String>,
    },
}

/// Where they are.
#[derive(Args)]
pub(crate) struct Where {
    /// The folder of reports [default: reports, beside the suites].
    #[arg(long, value_name = "DIR", env = "SMOKEDRILL_REPORTS", hide_env = true, global = true)]
    pub(crate) reports: Option<PathBuf>,
}

impl Where {
    /// Where they are, for suites that are there.
    pub(crate) fn folder(&self, suites: &Path) -> PathBuf {
        smokedrill::reports_folder(suites, self.reports.as_deref())
    }
}

pub(crate) fn run(command: &TasksCommand, reports: &Path) -> Result<String, Fault> {
    let tasks = Tasks::of(reports);
    match command {
        TasksCommand::List { all } => tasks.list(*all),
        TasksCommand::Add { title, owner } => tasks.add(title, owner.as_deref()),
        TasksCommand::Assign { task, to } => tasks.assign(task, to),
        TasksCommand::Done { task, note } => tasks.done(task, note.as_deref()),
    }
}
