//! Who does it, and on which machine: for audit log, manifests and locks.
//!
//! Both are what the system says of itself, and a variable can say anything: they tell colleagues
//! apart, and are no proof against one who lies.

/// How many characters of a name are kept.
const LONGEST: usize = 64;

/// The user. In a workflow of GitHub whoever started it; behind `sudo` whoever called that;
/// otherwise the user as logged in, and at last the number: `uid 1000`.
pub(crate) fn actor() -> String {
    let variable = |name: &str| std::env::var(name).ok();
    actor_of(variable, rustix::process::getuid().as_raw())
}

/// The machine's name.
pub(crate) fn host() -> String {
    let name = rustix::system::uname();
    plain(&name.nodename().to_string_lossy()).unwrap_or_else(|| "unknown".to_owned())
}

fn actor_of(variable: impl Fn(&str) -> Option<String>, uid: u32) -> String {
    let named = |name: &str| plain(&variable(name)?);
    let workflow = named("GITHUB_ACTIONS").filter(|value| value == "true");
    let workflow = workflow.and_then(|_| named("GITHUB_ACTOR"));
    // `sudo` makes the other two say `root`; a user who is not root may have it left over.
    let caller = || named("SUDO_USER").filter(|_| uid == 0);
    workflow
        .or_else(caller)
        .or_else(|| named("LOGNAME"))
        .or_else(|| named("USER"))
        .unwrap_or_else(|| format!("uid {uid}"))
}

/// A name in one line of bearable length; nothing where nothing is left of it.
fn plain(name: &str) -> Option<String> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{actor, actor_of, host};

    #[test]
    fn the_nearest_name_of_a_person_counts() {
        for (variables, uid, wanted) in [
            (&[][..], 1000, "uid 1000"),
            (&[("USER", "ann")], 1000, "ann"),
            (&[("USER", "ann"), ("LOGNAME", "bea")], 1000, "bea"),
            (&[("LOGNAME", "root"), ("SUDO_USER", "cy")], 0, "cy"),
            (&[("LOGNAME", "dan"), ("SUDO_USER", "cy")], 1000, "dan"),
            (&[("LOGNAME", "runner"), ("GITHUB_ACTOR", "eve")], 1000, "runner"),
            (
                &[("LOGNAME", "runner"), ("GITHUB_ACTOR", "eve"), ("GITHUB_ACTIONS", "true")],
                1000,
                "eve",
            ),
            (&[("LOGNAME", " "), ("USER", "a\nb")], 1000, "ab"),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(actor_of(variable, uid), wanted);
        }
        assert_eq!(actor_of(|_| Some("x".repeat(1_000)), 1).len(), super::LONGEST);
    }

    #[test]
    fn this_process_has_a_user_and_a_machine() {
        assert!(!actor().is_empty() && !host().is_empty());
    }
}
