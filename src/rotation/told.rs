//! What a dry run says.

use super::settings::Twilio;
use super::state::{Phase, State};

/// Each step that would be done, a line each.
pub(super) fn plan(twilio: &Twilio, state: Option<&State>) -> String {
    let host = twilio.host.host_str().unwrap_or_default();
    let steps = [
        (Phase::Begun, format!("DELETE /v1/AuthTokens/Secondary on {host}: a stale one goes")),
        (Phase::Begun, format!("POST /v1/AuthTokens/Secondary on {host}: the new token is made")),
        (
            Phase::Created,
            format!(
                "`{}` is given the new token on standard input; it is read back and compared",
                twilio.vault.program()
            ),
        ),
        (
            Phase::Stored,
            "the new token, as the vault has it, is tried by reading one message".into(),
        ),
        (Phase::Promoting, format!("POST /v1/AuthTokens/Promote on {host}: the old token ends")),
        (Phase::Promoted, "the new token is tried again, and the old one must be refused".into()),
    ];
    let from = state.map_or(Phase::Begun, |state| state.phase);
    let mut text = String::new();
    for (number, (phase, what)) in steps.iter().enumerate() {
        let mark = if (*phase as u8) < from as u8 { "done " } else { "would" };
        text.push_str(&format!("{mark}  {}  {what}\n", number + 1));
    }
    text
}
