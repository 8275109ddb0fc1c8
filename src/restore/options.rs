//! What can be done after a restore that failed: the runbook's options in their order, as commands.

use super::failure::Failed;
use crate::check::curl::quote;
use crate::database::quoted;
use crate::evidence::Way;

/// Every way, in the order in which they are to be tried. The bundle is the folder of what is known
/// of it.
pub(super) fn options(failed: &Failed<'_>, bundle: &str) -> Vec<Way> {
    let file = |name: &str| word(&format!("{bundle}/{name}"));
    let environment = word(failed.environment);
    let id = failed.backup.map(|backup| format!(" BACKUP={}", backup.id)).unwrap_or_default();
    let again = format!("make restore-staging ENV={environment}");
    let mut ways = vec![match failed.by_rules {
        true => Way::new(
            "Read places.txt, which names every column that holds what it must not, and write a \
             rule for each in suites/masking.toml",
            &[&format!("cat {}", file("places.txt"))],
        ),
        false => Way::new(
            "Read how production and staging answer, and what the tools said; mend what the \
             message names",
            &[&format!("cat {} {}", file("connectivity.txt"), file("log.txt"))],
        ),
    }];
    let anew = match &failed.resumable {
        _ if failed.by_rules => {
            "What was loaded is masked by the rules of before. Again, from the beginning".to_owned()
        }
        Some(Ok(())) => {
            ways.push(Way::new(
                "Everything was loaded: unless rules must change or the backup, go on with that, \
                 which is proved anew",
                &[&format!("{again}{id} RESUME=1")],
            ));
            "Again, from the beginning".to_owned()
        }
        Some(Err(reason)) => {
            format!("It cannot be gone on with: {reason}. Again, from the beginning")
        }
        None => "Again, from the beginning".to_owned(),
    };
    ways.push(Way::new(&anew, &[&format!("{again}{id}")]));
    ways.push(Way::new(
        "If the backup is suspect, check it, and take the one before",
        &[&format!("make verify-backup{id}"), &format!("{again} BACKUP=previous")],
    ));
    let (parent, name) = bundle.rsplit_once('/').unwrap_or((".", bundle));
    ways.push(Way::new(
        "If it is the platform, escalate with this folder, which holds no secret and no row: see \
         the contacts in your runbook, and Supabase's support",
        &[&format!(
            "tar -czf {} -C {} {}",
            word(&format!("{name}.tar.gz")),
            word(parent),
            word(name)
        )],
    ));
    if let Some(kept) = failed.kept {
        ways.push(Way::new(
            "Its owner and superusers alone may connect to what is kept, whose masking is not \
             proved. The next failed restore removes it, and so does the next success. To have its \
             room now, in another database of that server",
            &[&format!("drop database {}", quoted(kept))],
        ));
    }
    ways
}

/// A word of a command as a shell reads it back.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => quote(text),
    }
}
