//! What Sentry keeps, and what of that the test finds.

use std::collections::BTreeSet;
use std::thread;

use crate::sentry::{PARTS, Sentry, Server};
use crate::support::Folder;

const KINDS: usize = 10;
const ALL: usize = KINDS * PARTS.len();

#[test]
fn where_everything_is_scrubbed_every_line_passes() {
    for whole in [false, true] {
        // And it takes a while until an event can be read.
        let sentry = Sentry::new(|server| (server.whole, server.late) = (whole, 3));
        let ran = sentry.run();
        assert_eq!((ran.code, ran.lines("passed ")), (Some(0), ALL), "{ran:?}");
        assert!(
            ran.text.contains("keeps none of them: 160 scrubbed, 0 kept, 0 not run"),
            "{ran:?}"
        );
        // Every canary is one of its own.
        assert_eq!(sentry.server().planted.len(), ALL);
    }
}

#[test]
fn each_part_that_is_kept_is_named_in_plain_and_in_disguise() {
    thread::scope(|scope| {
        for part in PARTS {
            scope.spawn(move || {
                let kept: fn(&mut Server) -> &mut BTreeSet<&'static str> =
                    |server| &mut server.keeps;
                let encoded: fn(&mut Server) -> &mut BTreeSet<&'static str> =
                    |server| &mut server.encodes;
                for parts in [kept, encoded] {
                    let sentry = Sentry::new(|server| {
                        parts(server).insert(part);
                    });
                    let ran = sentry.run();
                    assert_eq!(ran.code, Some(1), "{part}: {ran:?}");
                    assert_eq!(ran.lines("FAILED "), KINDS, "{part}: {ran:?}");
                    let own = format!("FAILED   {part} ");
                    assert_eq!(ran.lines(&own), KINDS, "{part}: {ran:?}");
                    assert_eq!(ran.lines("passed "), ALL - KINDS, "{part}: {ran:?}");
                    assert!(ran.text.contains("found at /"), "{part}: {ran:?}");
                }
            });
        }
    });
}

#[test]
fn a_part_that_does_not_come_back_is_not_run() {
    thread::scope(|scope| {
        for part in PARTS {
            scope.spawn(move || {
                let sentry = Sentry::new(|server| {
                    server.drops.insert(part);
                });
                let ran = sentry.run();
                assert_eq!(ran.code, Some(3), "{part}: {ran:?}");
                let own = format!("not run  {part} ");
                assert_eq!(
                    (ran.lines(&own), ran.lines("not run ")),
                    (KINDS, KINDS),
                    "{part} {ran:?}"
                );
            });
        }
    });
}

#[test]
fn what_cannot_be_read_back_is_not_run_and_says_why() {
    type Case = (fn(&mut Server), usize, &'static str);
    let cases: [Case; 8] = [
        (|server| server.late = 1_000_000, ALL, "it cannot be read within 2s"),
        (|server| server.shows = Some(401), ALL, "the API refuses the token: it answers 401"),
        (|server| server.shows = Some(403), ALL, "the API refuses the token: it answers 403"),
        (|server| server.shows = Some(500), ALL, "the API answers 500 within 2s"),
        (
            |server| server.takes = Some((429, "Retry-After: 60\r\n")),
            ALL,
            "dropped by the rate limit",
        ),
        (
            |server| (server.takes, server.takes_first) = (Some((429, "Retry-After: 60\r\n")), 4),
            6 * PARTS.len(),
            "dropped by the rate limit",
        ),
        (|server| server.takes = Some((403, "")), ALL, "the DSN is refused"),
        (|server| server.takes = Some((413, "")), ALL, "not accepted: it answers 413"),
    ];
    thread::scope(|scope| {
        for (set, not_run, says) in cases {
            scope.spawn(move || {
                let sentry = Sentry::new(set);
                let ran = sentry.run();
                assert_eq!(
                    (ran.code, ran.lines("not run ")),
                    (Some(3), not_run),
                    "{says}: {ran:?}"
                );
                assert_eq!(ran.lines("passed "), ALL - not_run, "{says}: {ran:?}");
                assert!(ran.text.contains(says), "{says}: {ran:?}");
            });
        }
    });
}

#[test]
fn a_token_that_is_refused_is_not_tried_again() {
    let sentry = Sentry::new(|server| server.shows = Some(403));
    assert_eq!(sentry.run().code, Some(3));
    assert_eq!(sentry.server().looks, 1);
}

#[test]
fn what_is_found_counts_more_than_what_was_not_run() {
    let sentry = Sentry::new(|server| {
        server.keeps.insert("tags");
        server.drops.insert("extra");
    });
    let ran = sentry.run();
    assert_eq!((ran.code, ran.lines("FAILED "), ran.lines("not run ")), (Some(1), KINDS, KINDS));
}

#[test]
fn nobody_there_is_not_run() {
    let folder = Folder::new(
        "[sentry]\ndsn = \"http://abcd@127.0.0.1:9/1\"\ntoken = \"t0ken\"\norganization = \"a\"\n\
         project = \"b\"\ndeadline = \"200ms\"\n",
    );
    let ran = folder.run(&["sentry", "scrub-test"]);
    assert_eq!((ran.code, ran.lines("not run ")), (Some(3), ALL), "{ran:?}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let more = "organization = \"a\"\nproject = \"b\"\n";
    for (settings, says) in [
        (String::new(), &["[sentry]", "dsn =", "token =", "organization =", "project ="][..]),
        (
            format!("[sentry]\ndsn = \"http://hunter22@example.com/1\"\ntoken = \"t0ken\"\n{more}"),
            &["unencrypted", "drill.toml:2"],
        ),
        (
            format!("[sentry]\ndsn = \"https://hunter22/1\"\ntoken = \"t0ken\"\n{more}"),
            &["not a DSN", "drill.toml:2"],
        ),
        (
            format!("[sentry]\ndsn = {{ env = \"NO_SUCH\" }}\ntoken = \"t0ken\"\n{more}"),
            &["NO_SUCH", "export"],
        ),
        (format!("[sentry]\ndsn = \"x\"\n{more}"), &["the key `token` is missing"]),
    ] {
        let ran = Folder::new(&settings).run(&["sentry", "scrub-test"]);
        assert_eq!(ran.code, Some(2), "{settings}\n{ran:?}");
        assert!(says.iter().all(|part| ran.text.contains(part)), "{settings}\n{}", ran.text);
        assert!(!ran.text.contains("hunter22"), "{}", ran.text);
    }
}
