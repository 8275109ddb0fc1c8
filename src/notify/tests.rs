//! Webhooks over real sockets: each form, a dead one, one that comes to, and no secret in a note.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::model::{Kind, NotifySpec, On};
use super::{Event, Hook, Notifier};
use crate::backup::storage::tests::fake::{Fake, answer};
use crate::environment::lookup::Context;
use crate::environment::model::Source;
use crate::journal::{Journal, Verdict};
use crate::redact::Redactor;

fn journal(verdict: Verdict) -> Journal {
    let entry = |id: &str, outcome: &str| {
        serde_json::json!({
            "id": id, "suite": "smoke", "name": "x", "kind": "check", "blocking": true,
            "outcome": outcome, "reason": "expected <200>, got jane@example.com", "retries": [],
            "broken": [],
        })
    };
    let text = serde_json::json!({
        "format": "smokedrill.journal/1",
        "run": {
            "id": "20261127T120000Z-00000001", "kind": "drill", "environment": "staging & co",
            "started": "2026-11-27T12:00:00Z", "finished": "2026-11-27T12:00:31Z",
            "verdict": verdict, "exit_code": 1, "version": "0.1.0", "arguments": [], "inputs": {},
            "notes": [],
        },
        "entries": [entry("smoke::a", "passed"), entry("masking::b", "failed")],
        "filtered_out": [],
    });
    serde_json::from_value(text).unwrap()
}

fn hook(kind: Kind, url: &str, on: Option<Vec<On>>) -> Result<Hook, String> {
    let spec = NotifySpec { kind, url: Source::Literal(url.to_owned()), on };
    let context = Context::new(None, String::new(), std::path::PathBuf::new());
    let redactor = Redactor::new(&[], Vec::new());
    let hook = Hook::resolve(0, &spec, &context, &redactor);
    hook.map_err(|problems| redactor.secrets(&problems.to_string()))
}

/// What was posted, for each request in turn; the answers are as said, the last one repeats.
fn listener(answers: &'static [(u16, &'static str)]) -> (Fake, Receiver<Value>) {
    let (sender, receiver) = channel();
    let fake = Fake::start(move |request, number| {
        let (status, header) = answers[(number - 1).min(answers.len() - 1)];
        let _ = sender.send(serde_json::from_str(&request.body).unwrap());
        answer(status, &[header][..usize::from(!header.is_empty())], "ok")
    });
    (fake, receiver)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn each_kind_gets_its_form_and_nobody_s_data() {
    let runtime = runtime();
    for (kind, at) in [
        (Kind::Slack, "/text"),
        (Kind::Teams, "/attachments/0/content/body/0/text"),
        (Kind::Json, "/text"),
    ] {
        let (fake, posted) = listener(&[(200, "")]);
        let notifier = Notifier::new(vec![hook(kind, &fake.url, None).unwrap()], runtime.handle());
        notifier.tell(&Event::of(On::Finished, &journal(Verdict::Failed)));
        assert!(notifier.farewell().is_empty());
        let body = posted.recv().unwrap();
        let text = body.pointer(at).and_then(Value::as_str).unwrap();
        assert!(text.starts_with("FAIL: drill of staging &"), "{text}");
        for part in ["1 failed, 1 passed", "31", "masking::b", "20261127T120000Z-00000001"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!body.to_string().contains("jane"), "{body}");
        assert_eq!(text.contains("&amp;"), kind == Kind::Slack, "{text}");
        if kind == Kind::Json {
            assert_eq!(body["format"], "smokedrill.notification/1");
            assert_eq!(body["red"], serde_json::json!(["masking::b"]));
            assert_eq!(body["duration_s"], 31.0);
        }
    }
}

#[test]
fn only_what_is_asked_for_is_told() {
    let runtime = runtime();
    let (fake, posted) = listener(&[(200, "")]);
    let hook = hook(Kind::Json, &fake.url, Some(vec![On::Failed])).unwrap();
    let notifier = Notifier::new(vec![hook], runtime.handle());
    for event in [On::Started, On::Failed, On::Finished] {
        notifier.tell(&Event::of(event, &journal(Verdict::Unfinished)));
    }
    assert!(notifier.farewell().is_empty());
    assert_eq!(posted.recv().unwrap()["event"], "failed");
    assert_eq!(fake.requests(), 1);
}

#[test]
fn one_that_comes_to_is_tried_again_and_one_that_refuses_is_not() {
    let runtime = runtime();
    let told = |answers| {
        let (fake, _posted) = listener(answers);
        let notifier =
            Notifier::new(vec![hook(Kind::Slack, &fake.url, None).unwrap()], runtime.handle());
        notifier.tell(&Event::of(On::Started, &journal(Verdict::Unfinished)));
        (notifier.farewell(), fake.requests())
    };
    assert_eq!(told(&[(503, ""), (429, "Retry-After: 1"), (200, "")]), (Vec::new(), 3));
    let (untold, tries) = told(&[(404, "")]);
    assert_eq!((untold.len(), tries), (1, 1));
    assert!(untold[0].contains("notify 1 (slack) was not told `started`: it answered 404"));
    let (untold, tries) = told(&[(500, "")]);
    assert_eq!((untold.len(), tries), (1, 4));
}

#[test]
fn a_dead_one_and_one_that_hangs_delay_nobody_for_long_and_give_nothing_away() {
    let runtime = runtime();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let dead = "http://127.0.0.1:1/T000/very-secret-part";
    let hanging = format!("http://{address}/T000/very-secret-part");
    let hooks = [dead, &hanging].map(|url| hook(Kind::Slack, url, None).unwrap());
    let notifier = Notifier::new(hooks.to_vec(), runtime.handle());
    let began = Instant::now();
    notifier.tell(&Event::of(On::Started, &journal(Verdict::Unfinished)));
    assert!(began.elapsed() < Duration::from_secs(1), "telling waits for nothing");
    let untold = notifier.farewell();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(untold.len(), 2, "{untold:?}");
    assert!(!untold.concat().contains("very-secret"), "{untold:?}");
}

#[test]
fn what_is_no_webhook_is_told_without_showing_it() {
    for wrong in ["", "hooks.example.com/very-secret-part", "ftp://x/very-secret-part"] {
        let told = hook(Kind::Slack, wrong, None).err().unwrap();
        assert!(told.contains("no URL of a webhook") && !told.contains("very-secret"), "{told}");
    }
    // The URL is the secret: over another machine's http everybody would read it.
    let told = hook(Kind::Slack, "http://hooks.example.com/very-secret-part", None).err().unwrap();
    assert!(told.contains("only https") && !told.contains("very-secret"), "{told}");
    assert!(hook(Kind::Slack, "https://hooks.example.com/T", None).is_ok());
}
