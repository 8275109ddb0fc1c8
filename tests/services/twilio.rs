//! A rotation that goes well, and what is refused before anything is touched.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Folder, serve};
use crate::twilio_server::{BY_VARIABLE, FIRST, Fault, SAME_PLACE, Twilio};

#[test]
fn the_new_token_takes_the_place_of_the_old_one() {
    for (token, arguments) in [(SAME_PLACE, &[][..]), (BY_VARIABLE, &["--confirm-primary"][..])] {
        let twilio = Twilio::new(token);
        twilio.account().secondary = Some("5ta1e5ta1e5ta1e5ta1e5ta1e5ta1e01".to_owned());
        let ran = twilio.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        twilio.is_rotated(&ran.text);
        for step in ["removed ", "created ", "stored ", "promoted ", "rotated "] {
            assert_eq!(ran.lines(step), 1, "{step} {ran:?}");
        }
        assert_eq!(ran.lines("proved "), 2, "{ran:?}");
    }
}

#[test]
fn it_can_be_done_again_and_again() {
    let twilio = Twilio::new(SAME_PLACE);
    for _ in 0..3 {
        let before = twilio.vault();
        let ran = twilio.run(&[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        twilio.is_rotated(&ran.text);
        assert_ne!(twilio.vault(), before);
    }
}

#[test]
fn a_dry_run_tells_each_step_and_changes_nothing() {
    let twilio = Twilio::new(SAME_PLACE);
    let ran = twilio.run(&["--dry-run"]);
    assert_eq!((ran.code, ran.lines("would")), (Some(0), 6), "{ran:?}");
    twilio.is_untouched(&ran.text);
    assert_eq!(twilio.account().requests.len(), 1, "{:?}", twilio.account().requests);
    assert!(!twilio.folder.path().join("reports").exists());
    // And where one is unfinished, what is left of it.
    let asked = twilio.account().requests.len();
    twilio.account().faults.insert(asked + 5, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    let (state, asked) = (twilio.state(), twilio.account().requests.len());
    let ran = twilio.run(&["--dry-run"]);
    assert_eq!((ran.lines("done "), ran.lines("would")), (4, 2), "{ran:?}");
    assert_eq!((twilio.state(), twilio.account().requests.len()), (state, asked));
}

#[test]
fn the_state_is_its_owners_alone() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().faults.insert(5, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    let path = twilio.folder.path().join("reports/rotation/twilio.json");
    let mode = std::fs::metadata(path).expect("a state").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let here = "host = \"http://127.0.0.1:9\"\napi_host = \"http://127.0.0.1:9\"\n";
    let good = "account_sid = \"AC00112233445566778899aabbccddeeff\"\nstore = [\"true\"]\n";
    let token = "auth_token = { command = [\"echo\", \"hunter22\"] }\n";
    for (settings, says) in [
        (String::new(), &["[twilio]", "account_sid =", "auth_token =", "store ="][..]),
        (
            format!("[twilio]\n{good}{token}host = \"http://example.com\"\n"),
            &["unencrypted", "drill.toml:5"],
        ),
        (format!("[twilio]\n{good}{here}auth_token = \"hunter22\"\n"), &["stored = ", "read back"]),
        (format!("[twilio]\n{good}{here}{token}deadline = \"6m\"\n"), &["longer than 5 minutes"]),
        (
            format!("[twilio]\n{here}{token}store = [\"true\"]\naccount_sid = \"SK1\"\n"),
            &["not the SID of an account"],
        ),
        (
            format!("[twilio]\n{good}{here}auth_token = {{ env = \"NO_SUCH\" }}\n"),
            &["NO_SUCH", "export"],
        ),
        (format!("[twilio]\naccount_sid = \"x\"\n{token}"), &["the key `store` is missing"]),
    ] {
        let folder = Folder::new(&settings);
        for arguments in [&["rotate", "twilio"][..], &["rotate", "twilio", "--dry-run"]] {
            let ran = folder.run(arguments);
            assert_eq!(ran.code, Some(2), "{settings}\n{ran:?}");
            assert!(says.iter().all(|part| ran.text.contains(part)), "{settings}\n{}", ran.text);
            assert!(!ran.text.contains("hunter22"), "{}", ran.text);
        }
    }
}

#[test]
fn a_rotation_under_way_keeps_others_out() {
    let twilio = Twilio::new(SAME_PLACE);
    let ran = twilio.run(&["--resume"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let asked = twilio.account().requests.len();
    twilio.account().faults.insert(asked + 5, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(2) && ran.text.contains("RESUME=1"), "{ran:?}");
    // Somebody is at it at this moment.
    let lock = twilio.folder.path().join("reports/rotation/twilio.json.lock");
    let lock = std::fs::File::open(lock).expect("a lock");
    lock.lock().expect("it is free");
    let ran = twilio.run(&["--resume"]);
    assert!(ran.code == Some(3) && ran.text.contains("another rotation"), "{ran:?}");
    drop(lock);
    assert_eq!(twilio.run(&["--resume"]).code, Some(0));
    twilio.is_rotated("resumed");
}

#[test]
fn the_state_of_another_account_or_of_nothing_is_left_alone() {
    let twilio = Twilio::new(SAME_PLACE);
    twilio.account().faults.insert(5, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    let state = twilio.state();
    let other = serve(|_| panic!("nobody is asked"));
    let settings = twilio.folder.read("suites/drill.toml").replace(&twilio.url, &other);
    twilio.folder.write("suites/drill.toml", &settings);
    let ran = twilio.run(&["--resume"]);
    assert!(ran.code == Some(2) && ran.text.contains("another account"), "{ran:?}");
    twilio.folder.write("reports/rotation/twilio.json", "{\"format\":\"x\"}");
    let ran = twilio.run(&["--resume"]);
    assert!(ran.code == Some(3) && ran.text.contains("not the state"), "{ran:?}");
    twilio.folder.write("reports/rotation/twilio.json", &state);
    let settings = settings.replace(&other, &twilio.url);
    twilio.folder.write("suites/drill.toml", &settings);
    assert_eq!(twilio.run(&["--resume"]).code, Some(0));
}

#[test]
fn where_the_state_was_lost_the_audit_log_knows() {
    let twilio = Twilio::new(SAME_PLACE);
    // The vault has the secondary token, which a new rotation would remove.
    twilio.account().faults.insert(4, Fault::KillBefore);
    assert_eq!(twilio.run(&[]).code, None);
    assert_ne!(twilio.vault(), FIRST);
    let path = twilio.folder.path().join("reports/rotation/twilio.json");
    std::fs::remove_file(path).expect("a state");
    let ran = twilio.run(&[]);
    assert!(ran.code == Some(3) && ran.text.contains("--confirm-primary"), "{ran:?}");
    assert!(twilio.account().secondary.is_some());
    // A person promotes it in the console, and says so.
    {
        let mut account = twilio.account();
        account.primary = account.secondary.take().expect("a secondary token");
    }
    let ran = twilio.run(&["--confirm-primary"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    twilio.is_rotated(&ran.text);
}
