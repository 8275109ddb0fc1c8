//! The whole command.

use std::path::Path;

use super::api::Api;
use super::course::{Broke, Course};
use super::fingerprint::{fingerprint, of};
use super::settings::{Twilio, resolve};
use super::state::{State, StateFile};
use super::told::plan;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::harness::stop_by_signal;
use crate::project::root;
use crate::redact::Redactor;
use crate::report::console::tell;
use crate::report::units;

/// How a token is rotated.
#[derive(Debug, Clone, Copy, Default)]
pub struct RotateOptions {
    /// Say each step, and change nothing.
    pub dry_run: bool,
    /// Go on with a rotation that was broken off.
    pub resume: bool,
    /// The token that is configured is known to be the primary one, though the state of a rotation
    /// that did not end was lost.
    pub confirm_primary: bool,
}

/// Replaces the auth token of the Twilio account that `drill.toml` names; `say` is given a line
/// for each step, as it was done. Returns the last line.
///
/// # Errors
/// *Usage*: there is no such account in the file, or an unfinished rotation is to be resumed
/// first. *Failed*: a token is refused that should not be, or the other way round. *Errored*: a
/// step could not be done. Whether it is to be resumed, the help says.
pub fn rotate_twilio(
    suites: &Path,
    options: RotateOptions,
    say: &mut dyn FnMut(&str),
) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let redactor = Redactor::new(&[], Vec::new());
    let twilio = resolve(&settings, &redactor)?;
    let hidden = |fault: Fault| fault.hidden(|text| redactor.secrets(text));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
    let stop = stop_by_signal(runtime.handle());
    let file = StateFile { path: root(suites).join(&twilio.state) };
    let api = Api::new(&twilio, &redactor, &stop);
    if options.dry_run {
        return runtime.block_on(dry_run(&twilio, &api, &file)).map_err(hidden);
    }
    let _lock = file.lock()?;
    let found = file.load()?;
    let resumed = found.is_some();
    let log = root(suites).join(&settings.audit);
    let audit = Audit::open(&log)?;
    for finding in audit.damage() {
        tell(&format!("warning: {}\n", finding.fault(&log).line()));
    }
    let record = |result, detail: String| Record {
        operation: Operation::TwilioRotate,
        source: twilio.host.to_string(),
        object: Some(twilio.shown.clone()),
        result,
        detail: redactor.secrets(&detail),
        manifest: None,
    };
    let state = match found {
        Some(state) => going_on(state, &twilio, options, &file)?,
        None if options.resume => {
            let help = "leave --resume away to begin one";
            return Err(Fault::usage("there is no rotation to go on with").help(help));
        }
        None => {
            if !options.confirm_primary {
                nothing_lost(&log, &twilio)?;
            }
            runtime.block_on(works(&twilio, &api)).map_err(hidden)?;
            let (account, host) = (of(&twilio.account), twilio.host.to_string());
            State::new(account, host, fingerprint(&twilio.token))
        }
    };
    let how = if resumed { "resumed" } else { "begun" };
    let old = state.old.clone();
    // In this order: a rotation on record without a state is one whose state was lost.
    file.save(&state)?;
    audit.append(&record(Standing::Started, format!("{how}; the token {old} is replaced")))?;
    let (twilio_, file_, redactor_, stop_) = (&twilio, &file, &redactor, &stop);
    let mut course = Course {
        twilio: twilio_,
        api,
        file: file_,
        state,
        redactor: redactor_,
        stop: stop_,
        new: None,
        rescued: None,
        resumed,
        say,
    };
    let done = runtime.block_on(course.run());
    let new = course.state.new.clone().unwrap_or_default();
    let (standing, detail) = match &done {
        Ok(()) => (Standing::Passed, format!("{new} took the place of {old}, which is refused")),
        Err(Broke { fault, pending: true }) => (
            match Standing::from(fault.kind()) {
                // It is not at its end, whatever it is.
                Standing::Failed => Standing::Errored,
                other => other,
            },
            format!("{}; it is to be resumed", fault.line()),
        ),
        Err(Broke { fault, .. }) => {
            (Standing::Failed, format!("{}; all is as it was", fault.line()))
        }
    };
    let ended = audit.append(&record(standing, detail));
    // And in this one: what is over is on record before its state goes.
    let over = matches!(done, Ok(()) | Err(Broke { pending: false, .. }));
    let ended = ended.and_then(|_| if over { file.remove() } else { Ok(()) });
    match done {
        Ok(()) => {
            ended?;
            Ok(format!("rotated   {}: {new} took the place of {old}\n", twilio.shown))
        }
        Err(Broke { fault, pending }) => {
            if let Err(lost) = ended {
                tell(&format!("warning: {}\n", lost.line()));
            }
            let unfinished = "the rotation is unfinished: go on with --resume";
            Err(hidden(if pending { fault.at(unfinished) } else { fault }))
        }
    }
}

/// Checks that the state is of this account, and that it was meant to go on.
fn going_on(
    state: State,
    twilio: &Twilio,
    options: RotateOptions,
    file: &StateFile,
) -> Result<State, Fault> {
    let shown = file.path.display();
    if state.account != of(&twilio.account) || state.host != twilio.host.to_string() {
        let help = "name another `state` under [twilio] in drill.toml for this account";
        return Err(Fault::usage("it is of another account").object(shown).help(help));
    }
    if !options.resume {
        let began = units::time(state.began);
        let message = format!("a rotation that began at {began} did not end");
        let help = "go on with --resume (make rotate-twilio RESUME=1)";
        return Err(Fault::usage(message).object(shown).help(help));
    }
    Ok(state)
}

/// Removing a secondary token ends the one in the vault, if that is the secondary one: which it
/// can only be after a rotation that did not end, and whose state file is gone.
fn nothing_lost(log: &Path, twilio: &Twilio) -> Result<(), Fault> {
    let lines = Audit::lines(log)?;
    let last = lines.iter().rev().find(|line| {
        line.operation == "twilio.rotate" && line.object.as_deref() == Some(&twilio.shown)
    });
    if last.is_none_or(|line| matches!(line.result.as_str(), "passed" | "failed")) {
        return Ok(());
    }
    let message = "by the audit log a rotation did not end, and its state file is gone: the token \
                   in the vault may be the secondary one, which a new rotation would remove";
    let help = "put the state file back; or see in Twilio's console that the token in the vault is \
                the primary one (promote it there if not), and add --confirm-primary";
    Err(Fault::errored(message).help(help))
}

async fn works(twilio: &Twilio, api: &Api<'_>) -> Result<(), Fault> {
    if api.accepts(&twilio.token).await? {
        return Ok(());
    }
    let message = "the token that is configured is refused: nothing was begun";
    let help = "give the account's primary auth token as `auth_token`, not an API key";
    Err(Fault::errored(message).stage("Twilio").help(help))
}

async fn dry_run(twilio: &Twilio, api: &Api<'_>, file: &StateFile) -> Result<String, Fault> {
    let state = file.load()?;
    if state.is_none() {
        works(twilio, api).await?;
    }
    let unfinished = match state {
        Some(_) => "an unfinished rotation would go on, with --resume\n",
        None => "the token that is configured is accepted\n",
    };
    let steps = plan(twilio, state.as_ref());
    Ok(format!("{unfinished}{steps}nothing was changed: this was a dry run\n"))
}
