//! Production's health: whether the application over the source answers as it should, when the
//! backup has been made, or has failed.

use std::time::Instant;

use super::state::State;
use crate::backup::place::told;
use crate::environment::target::Target;
use crate::harness::{Context, Failure, answers as ask};
use crate::journal::Measure;

/// Asks the source's application in the way that its `ready` says, which may only read.
pub(super) fn answers(state: &State, context: &Context) -> Result<(), Failure> {
    if context.source.is_some() {
        return Err(Failure::skipped("a demonstration's source has no application of its own"));
    }
    let name = &state.settings.source;
    let spec = state.environments.file.environment.get(name);
    let Some((spec, ready)) = spec.and_then(|spec| Some((spec, spec.ready.as_ref()?))) else {
        let reason = format!(
            "nothing says how the application of `{name}` is asked ([environment.{name}.ready] in \
             suites/environments.toml)"
        );
        return Err(Failure::skipped(reason));
    };
    let method = ready.request.split_whitespace().next().unwrap_or_default();
    if !["GET", "HEAD"].contains(&method) {
        let reason = format!("`{method}` may write, and `{name}` is only ever read");
        return Err(Failure::errored(reason));
    }
    let at = state.environments.context(name);
    let url = spec.base_url.as_ref().map(|url| at.at("/base_url").find(url));
    let Some(Ok(_)) = url else {
        let reason = format!("the address of `{name}` is not known here (its `base_url`)");
        return Err(Failure::skipped(reason));
    };
    if context.selects("backup") {
        // Whether it went well is not asked here: it is what may have gone wrong that matters.
        let _ = state.backup(context);
    }
    let target = Target::resolve(name, spec, &at, context.redactor());
    let target = target.map_err(|problems| Failure::errored(told(&problems)))?;
    let begun = Instant::now();
    let asked = context.runtime().block_on(ask(target, ready, context.redactor()));
    context.measure(Measure::seconds("answered as expected in", begun.elapsed().as_secs_f64()));
    asked.map_err(|cause| match cause.failed {
        true => Failure::failed(cause.message),
        false => Failure::errored(cause.message),
    })
}
