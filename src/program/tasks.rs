//! `smokedrill tasks`: what is to be done after a drill.

use std::path::PathBuf;

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
    /// The folder of reports.
    #[arg(
        long,
        default_value = "reports",
        value_name = "DIR",
        env = "SMOKEDRILL_REPORTS",
        hide_env = true,
        global = true
    )]
    pub(crate) reports: PathBuf,
}

pub(crate) fn run(command: &TasksCommand, place: &Where) -> Result<String, Fault> {
    let tasks = Tasks::of(&place.reports);
    match command {
        TasksCommand::List { all } => tasks.list(*all),
        TasksCommand::Add { title, owner } => tasks.add(title, owner.as_deref()),
        TasksCommand::Assign { task, to } => tasks.assign(task, to),
        TasksCommand::Done { task, note } => tasks.done(task, note.as_deref()),
    }
}
