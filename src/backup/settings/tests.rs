//! What `drill.toml` may say, and what is told of it.

use std::time::Duration;

use super::Settings;
use crate::redact::Redactor;

fn load(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drill.toml"), text).unwrap();
    Settings::load(folder.path()).map_err(|problems| problems.to_string())
}

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn without_a_file_the_runbook_counts() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::load(folder.path()).unwrap();
    assert_eq!(settings.rpo, Duration::from_secs(3_600));
    assert_eq!(settings.source, "production");
    assert_eq!(settings.buckets, ["uploads", "invoices", "maintenance"]);
    assert_eq!(settings.minimum_size, 100_000_000);
    assert_eq!(settings.maximum_duration, Duration::from_secs(15 * 60));
    assert_eq!(settings.retention.keep, 7 * DAY);
    assert!(!settings.contents && !settings.supabase_cli && settings.recipients.is_empty());
    assert_eq!(settings.input(), None);
}

#[test]
fn the_projects_own_file_says_what_holds_without_it() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = Settings::load(&root.join("suites")).unwrap();
    let (path, hash) = own.input().unwrap();
    assert!(path.ends_with("suites/drill.toml") && hash.len() == 64, "{path} {hash}");
    // All but the file itself.
    let bare = Settings { document: None, folder: Default::default(), ..own };
    let empty = Settings { folder: Default::default(), ..load("").unwrap() };
    let empty = Settings { document: None, ..empty };
    assert_eq!(format!("{bare:#?}"), format!("{empty:#?}"));
}

#[test]
fn every_key_is_taken() {
    let settings = load(
        r#"
        [objectives]
        rpo = "30m"
        [backup]
        source = "staging"
        location = "s3://bucket/prefix"
        buckets = []
        contents = true
        recipients = ["age1abc", { file = "keys.txt" }]
        minimum_size = "1KiB"
        maximum_duration = "1h"
        lock_timeout = "5s"
        tools = "tools/bin"
        retention = { keep = "30d", at_least = 5 }
        [backup.impact]
        interval = "1s"
        probe = "select 2"
        latency = "2s"
        waiting_locks = 0
        oldest_snapshot = "1h"
        patience = 1
        [[backup.exclude]]
        table = 'vault."Secrets"'
        data_only = true
        reason = " sealed "
        [[backup.exclude]]
        schema = "cron"
        reason = "of the platform"
        [backup.s3]
        endpoint = "https://s3.test"
        region = "eu-1"
        access_key_id = "AKIA"
        secret_access_key = { command = ["printf", "s3cr3tkey"] }
        session_token = "t0ken"
        allow_http = true
        [supabase]
        cli = true
        [audit]
        file = "audit.jsonl"
        "#,
    );
    let settings = settings.unwrap();
    assert_eq!(settings.recipients, ["age1abc", "keys.txt"]);
    assert_eq!((settings.minimum_size, settings.retention.at_least), (1024, 5));
    assert_eq!(settings.retention.keep, 30 * DAY);
    assert_eq!(settings.tools.as_deref(), Some("tools/bin".as_ref()));
    let excluded: Vec<_> = settings.exclude.iter().map(ToString::to_string).collect();
    assert_eq!(excluded, ["vault.Secrets (data)", "cron"]);
    assert_eq!(settings.exclude[0].reason, "sealed");
    let redactor = Redactor::new(&[], Vec::new());
    let s3 = settings.resolve_s3(&redactor).map_err(|problems| problems.to_string()).unwrap();
    assert_eq!(s3.endpoint.as_deref(), Some("https://s3.test"));
    assert!(s3.allow_http && s3.session_token.is_some());
    assert_eq!(redactor.secrets("s3cr3tkey t0ken"), "*** ***");
    assert!(!format!("{s3:?}").contains("t0ken"), "{s3:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, says) in [
        ("[backup]\nbuckts = []", &["unknown key `buckts`", "did you mean `buckets`", ":2:1"][..]),
        ("[bakup]", &["unknown key `bakup`"]),
        ("[backup]\nmaximum_duration = \"15\"", &["unit", ":2:20"]),
        ("[backup]\nmaximum_duration = \"0s\"", &["shorter than 1s"]),
        ("[backup]\nmaximum_duration = 900", &["expected string"]),
        ("[backup]\nlock_timeout = \"1us\"", &["shorter than 1ms"]),
        ("[backup]\nlock_timeout = \"15m\"", &["as long as the whole backup"]),
        ("[backup]\nminimum_size = \"many\"", &["expected a size"]),
        ("[backup.retention]\nkeep = \"6d 23h\"", &["7 days", "write \"7d\" or more", ":2:8"]),
        ("[backup.retention]\nat_least = 0", &["0 is less than the minimum", "write 1 or more"]),
        ("[backup.impact]\ninterval = \"1ms\"", &["shorter than 10ms"]),
        ("[backup.impact]\npatience = 0", &[":2:12"]),
        ("[[backup.exclude]]\ntable = \"a.b\"", &["the key `reason` is missing"]),
        ("[[backup.exclude]]\ntable = \"a.b\"\nreason = \" \"", &["expected a reason"]),
        (
            "[[backup.exclude]]\ntable = \"a.b\"\nschema = \"a\"\nreason = \"x\"",
            &["exactly one of `table` and `schema`", ":1:"],
        ),
        ("[[backup.exclude]]\nreason = \"x\"", &["exactly one of `table` and `schema`"]),
        ("[[backup.exclude]]\ntable = \"b\"\nreason = \"x\"", &["a schema and a table"]),
        ("[[backup.exclude]]\ntable = \"a.*\"\nreason = \"x\"", &["`*` needs quotes", ":2:9"]),
        ("[[backup.exclude]]\nschema = \"a.b\"\nreason = \"x\"", &["a schema alone"]),
        (
            "[[backup.exclude]]\nschema = \"a\"\nreason = \"x\"\n\
             [[backup.exclude]]\nschema = '\"a\"'\nreason = \"y\"",
            &["`a` is excluded twice", ":4:"],
        ),
        ("[backup]\nbuckets = [\"a\", \"a\"]", &["listed twice", ":2:17"]),
        ("[backup]\nbuckets = [\"\"]", &["empty"]),
        ("[backup]\nrecipients = [3]", &["a public key"]),
        ("[backup]\nlocation = \"\"", &["empty"]),
        ("[backup.s3]\nregion = 3", &["expected a string"]),
    ] {
        let told = load(text).map(drop).unwrap_err();
        for part in says {
            assert!(told.contains(part), "{text}\ndoes not say {part:?}:\n{told}");
        }
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let told = load(
        "[backup]\nlock_timeout = \"0s\"\nbuckets = [\"a\", \"a\"]\nretention.keep = \"1d\"\n\
         [[backup.exclude]]\nreason = \"x\"\n[[backup.exclude]]\ntable = \"\"\nreason = \"x\"\n",
    );
    let told = told.map(drop).unwrap_err();
    assert!(told.contains("5 problems found"), "{told}");
}

#[test]
fn a_key_in_the_file_is_in_no_excerpt_of_it() {
    for text in [
        "[backup.s3]\nsecret_acces_key = \"hunter22\"\n",
        "[backup.s3]\nsecret_access_key = [\"hunter22\"]\n",
        "[backup.s3]\nsecret_access_key = \"hunter22\" x\n",
        "[backup]\ns3 = \"hunter22\"\n",
    ] {
        let told = load(text).map(drop).unwrap_err();
        assert!(told.contains("drill.toml:2:"), "{told}");
        assert!(!told.contains("hunter22"), "{text}\n{told}");
    }
}

#[test]
fn half_a_key_and_a_missing_variable_are_told() {
    let settings = load(
        "[backup.s3]\nsecret_access_key = { env = \"SMOKEDRILL_NONE_1\" }\n\
         session_token = \"abc\"\n",
    );
    let told = settings.unwrap().resolve_s3(&Redactor::new(&[], Vec::new()));
    let told = told.map(drop).unwrap_err().to_string();
    for part in ["SMOKEDRILL_NONE_1", "belong together", "fewer than 4", "3 problems found"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn json_is_the_equal_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drill.json");
    std::fs::write(&path, "{\"objectives\": {\"rpo\": \"2h\"}}").unwrap();
    let settings = Settings::load(folder.path()).map_err(|problems| problems.to_string()).unwrap();
    assert_eq!(settings.rpo, Duration::from_secs(7_200));
}
