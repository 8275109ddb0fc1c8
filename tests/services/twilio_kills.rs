//! The program is killed between every two steps, and in the middle of each; it goes on, and
//! nobody is locked out at any time.

use std::thread;

use crate::twilio_server::{BY_VARIABLE, Fault, SAME_PLACE, Twilio};

/// The requests of a rotation in which nothing goes wrong.
const REQUESTS: usize = 7;

/// Goes on until it is at its end.
fn goes_on(twilio: &Twilio, told: &str) {
    let arguments: &[&str] = if twilio.state().is_empty() { &[] } else { &["--resume"] };
    let ran = twilio.run(arguments);
    assert_eq!(ran.code, Some(0), "{told}: {ran:?}");
    twilio.is_rotated(&format!("{told}: {}", ran.text));
}

#[test]
fn a_kill_at_any_request_is_gone_on_from() {
    thread::scope(|scope| {
        for token in [SAME_PLACE, BY_VARIABLE] {
            scope.spawn(move || {
                for number in 1..=REQUESTS {
                    for fault in [Fault::KillBefore, Fault::KillAfter] {
                        let told = format!("{fault:?} at {number} with {token}");
                        let twilio = Twilio::new(token);
                        twilio.account().faults.insert(number, fault);
                        let ran = twilio.run(&[]);
                        assert_eq!(ran.code, None, "{told}: {ran:?}");
                        goes_on(&twilio, &told);
                    }
                }
            });
        }
    });
    let twilio = Twilio::new(SAME_PLACE);
    assert_eq!(twilio.run(&[]).code, Some(0));
    assert_eq!(twilio.account().requests.len(), REQUESTS, "{:?}", twilio.account().requests);
}

#[test]
fn a_kill_around_the_vault_is_gone_on_from() {
    for token in [SAME_PLACE, BY_VARIABLE] {
        for fault in ["kill-before", "kill-after"] {
            let twilio = Twilio::new(token);
            twilio.folder.write("vault/fault", fault);
            assert_eq!(twilio.run(&[]).code, None);
            goes_on(&twilio, &format!("{fault} with {token}"));
        }
    }
}

#[test]
fn kill_after_kill_it_gets_there() {
    for seed in 0..8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let twilio = Twilio::new(SAME_PLACE);
        for _ in 0..40 {
            let fault = match random.u8(0..4) {
                0 => Fault::KillBefore,
                1 => Fault::KillAfter,
                2 => Fault::LostAfter,
                _ => Fault::LostBefore,
            };
            {
                let mut account = twilio.account();
                account.faults.clear();
                let next = account.requests.len() + random.usize(1..=REQUESTS + 2);
                account.faults.insert(next, fault);
            }
            if random.u8(0..4) == 0 {
                let fault = random.choice(["kill-before", "kill-after", "fail-after"]);
                twilio.folder.write("vault/fault", fault.unwrap_or_default());
            }
            let arguments: &[&str] = if twilio.state().is_empty() { &[] } else { &["--resume"] };
            let ran = twilio.run(arguments);
            if ran.code == Some(0) {
                break;
            }
            assert!(matches!(ran.code, None | Some(3)), "seed {seed}: {ran:?}");
        }
        twilio.is_rotated(&format!("seed {seed}"));
    }
}
