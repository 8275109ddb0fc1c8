//! What Twilio, the network and the vault do wrong, and what comes of it.

use std::thread;

use crate::twilio_server::{FIRST, Fault, SAME_PLACE, Twilio};

const REQUESTS: usize = 7;

#[test]
fn what_passes_is_waited_out_and_what_was_lost_is_looked_for() {
    let wait = "Retry-After: 1\r\n";
    thread::scope(|scope| {
        for fault in [
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::Hang,
            Fault::Status(500, ""),
            Fault::Status(429, wait),
            Fault::StatusAfter(503),
        ] {
            scope.spawn(move || {
                for number in 1..=REQUESTS {
                    let told = format!("{fault:?} at {number}");
                    let twilio = Twilio::new(SAME_PLACE);
                    twilio.account().faults.insert(number, fault);
                    let ran = twilio.run(&[]);
                    assert_eq!(ran.code, Some(0), "{told}: {ran:?}");
                    twilio.is_rotated(&told);
                    // One change is made, and one alone.
                    let requests = twilio.account().requests.clone();
                    let promotions = requests.iter().filter(|line| line.ends_with("Promote"));
                    let wanted = match fault {
                        Fault::LostAfter | Fault::StatusAfter(_) => 1,
                        _ => 1 + usize::from(number == 5),
                    };
                    assert_eq!(promotions.count(), wanted, "{told}: {requests:?}");
                }
            });
        }
    });
}

#[test]
fn what_does_not_pass_ends_it_and_it_can_be_gone_on_with() {
    thread::scope(|scope| {
        for (from, fault, says) in [
            (1, Fault::Status(401, ""), "nothing was begun"),
            (2, Fault::Status(401, ""), "it answers 401"),
            (3, Fault::Status(401, ""), "makes no secondary token"),
            (3, Fault::Status(403, ""), "only an auth token manages"),
            (5, Fault::Status(401, ""), "neither the new token nor the old one"),
            (2, Fault::Status(500, ""), "it answers 500"),
            (3, Fault::Status(500, ""), "removing the secondary token"),
            (5, Fault::Status(503, ""), "trying a token"),
            (6, Fault::Status(429, "Retry-After: 3600\r\n"), "it answers 429"),
            (3, Fault::Hang, "no whole answer within 2s"),
            (5, Fault::LostAfter, "the answer broke off"),
            (7, Fault::LostBefore, "the answer broke off"),
        ] {
            scope.spawn(move || {
                let told = format!("{fault:?} from {from}");
                let twilio = Twilio::new(SAME_PLACE);
                twilio.account().faults.extend((from..from + 60).map(|number| (number, fault)));
                let ran = twilio.run(&[]);
                assert_eq!(ran.code, Some(3), "{told}: {ran:?}");
                assert!(ran.text.contains(says), "{told}: {}", ran.text);
                if from == 1 {
                    twilio.is_untouched(&told);
                } else {
                    assert!(ran.text.contains("go on with --resume"), "{told}: {}", ran.text);
                }
                twilio.account().faults.clear();
                let arguments: &[&str] = if from == 1 { &[] } else { &["--resume"] };
                let ran = twilio.run(arguments);
                assert_eq!(ran.code, Some(0), "{told}: {ran:?}");
                twilio.is_rotated(&told);
            });
        }
    });
}

#[test]
fn a_vault_that_takes_nothing_leaves_all_as_it_was() {
    for (fault, says) in [
        ("fail-before", "failed: exit status: 7: permission denied for ***"),
        ("deaf", "another token is read back"),
    ] {
        let twilio = Twilio::new(SAME_PLACE);
        twilio.folder.write("vault/fault", fault);
        let ran = twilio.run(&[]);
        assert!(ran.code == Some(3) && ran.text.contains(says), "{fault}: {ran:?}");
        twilio.is_untouched(fault);
        std::fs::remove_file(twilio.folder.path().join("vault/fault")).expect("a fault");
        assert_eq!(twilio.run(&[]).code, Some(0));
        twilio.is_rotated(fault);
    }
}

#[test]
fn a_vault_that_shows_late_what_it_has_taken_is_waited_for() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.folder.write("vault/fault", "late-1");
    let ran = twilio.run(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    twilio.is_rotated(&ran.text);
}

#[test]
fn a_vault_that_shows_it_too_late_does_not_keep_a_token_that_ended() {
    let twilio = Twilio::new(SAME_PLACE);
    // The deadline is three seconds.
    twilio.folder.write("vault/fault", "late-5");
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(3) && ran.text.contains("read back for 3s"), "{ran:?}");
    assert!(ran.text.contains("put back  the old token"), "{}", ran.text);
    // The new one is shown now, and then the old one, which was stored after it.
    std::thread::sleep(std::time::Duration::from_secs(7));
    twilio.is_untouched(&ran.text);
}

#[test]
fn a_command_that_fails_after_it_stored_has_stored() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.folder.write("vault/fault", "fail-after");
    let ran = twilio.run(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    twilio.is_rotated(&ran.text);
}

#[test]
fn a_vault_that_gives_back_another_token_loses_none() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.folder.write("vault/fault", "mangle");
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(3) && ran.text.contains("`rescued`"), "{ran:?}");
    assert!(twilio.state().contains(FIRST), "{}", twilio.state());
    // Mended, it goes on.
    std::fs::remove_file(twilio.folder.path().join("vault/fault")).expect("a fault");
    twilio.folder.write("vault/token", "mangled");
    let ran = twilio.run(&["--resume"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    twilio.is_rotated(&ran.text);
}

#[test]
fn a_new_token_that_is_refused_is_taken_back() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().refuses_new = 1_000;
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(1) && ran.text.contains("the new token is refused"), "{ran:?}");
    twilio.is_untouched(&ran.text);
    // One that needs a moment to be known is not refused.
    twilio.account().refuses_new = 2;
    let ran = twilio.run(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    twilio.is_rotated(&ran.text);
}

#[test]
fn an_old_token_that_is_accepted_still_is_told() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().accepts_old = 2;
    let ran = twilio.run(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().accepts_old = 1_000;
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(1) && ran.text.contains("the old token is still accepted"), "{ran:?}");
    assert!(twilio.state().contains("\"promoted\""), "{}", twilio.state());
    twilio.account().accepts_old = 0;
    assert_eq!(twilio.run(&["--resume"]).code, Some(0));
    twilio.is_rotated("asked again");
}

#[test]
fn a_token_that_somebody_else_made_meanwhile_is_not_lost() {
    let twilio = Twilio::new(SAME_PLACE);
    let other = "07he207he207he207he207he207he201";
    twilio.account().usurper = Some(other.to_owned());
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(0) && ran.text.contains("somebody made another"), "{ran:?}");
    twilio.is_rotated(&ran.text);
    assert_eq!(twilio.vault(), other);
}

#[test]
fn a_secondary_token_that_somebody_removed_is_noticed() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().faults.insert(5, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    twilio.account().secondary = None;
    twilio.folder.write("vault/fault", "");
    let ran = twilio.folder.run(&["rotate", "twilio", "--resume"]);
    assert!(ran.code == Some(1) && ran.text.contains("somebody removed"), "{ran:?}");
    twilio.is_untouched(&ran.text);
}
