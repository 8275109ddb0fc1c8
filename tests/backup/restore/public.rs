//! The schema of somebody else: that of Synapse, a Matrix homeserver, with 138 tables, which its package
//! brings along. It is no Supabase project, and its accounts' names are keys in sixty columns.
//!
//! The package is fetched by `pip`. Where there is none, or it reaches no registry, the tests say so and
//! end, unless `REQUIRE_PACKAGES` is set, as it is in CI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use smokedrill_demo::Staging;

use crate::support::{Project, Ran, Session, shown};

const PACKAGE: &str = "matrix-synapse==1.163.2";
/// The parts of the schema, in the order in which Synapse makes them.
const PARTS: [&str; 3] = ["common", "main", "state"];
const SEED: &str = include_str!("synapse/seed.sql");
const RULES: &str = include_str!("synapse/masking.toml");

const SURVIVES: &str = "masking::no-production-value-survives";

/// The schema's files, or why they are not to be had.
static SCHEMA: LazyLock<Result<Vec<PathBuf>, String>> = LazyLock::new(fetch);

fn fetch() -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("synapse");
    let files: Vec<PathBuf> = PARTS
        .iter()
        .map(|part| format!("synapse/storage/schema/{part}/full_schemas/72/full.sql.postgres"))
        .map(|path| folder.join(path))
        .collect();
    let python = |words: &[&str]| {
        let output = Command::new("python3").args(words).current_dir(&folder).output();
        let output = output.map_err(|error| format!("python3: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    };
    if !files.iter().all(|file| file.exists()) {
        fs::create_dir_all(&folder).unwrap();
        // One wheel for every machine: what is in it for the machine is not run.
        python(&[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--platform=manylinux_2_28_x86_64",
            "--python-version=3.11",
            PACKAGE,
        ])?;
        let wheel = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
        let wheel = wheel.filter(|path| path.extension().is_some_and(|end| end == "whl")).max();
        let wheel = wheel.ok_or("pip brought no wheel")?;
        python(&["-m", "zipfile", "-e", &wheel.to_string_lossy(), "."])?;
    }
    Ok(files)
}

/// A homeserver's database with people in it, a plain server to restore into, and a backup.
struct Homeserver {
    project: Project,
    staging: Staging,
    production: Staging,
}

impl Homeserver {
    /// Nothing where the schema is not to be had.
    fn new() -> Option<Self> {
        let files = match &*SCHEMA {
            Ok(files) => files,
            Err(why) if std::env::var_os("REQUIRE_PACKAGES").is_some() => {
                panic!("{PACKAGE}: {why}")
            }
            Err(why) => {
                eprintln!("skipped: {PACKAGE} is not to be had: {why}");
                return None;
            }
        };
        let (production, staging) = (Staging::start().unwrap(), Staging::start().unwrap());
        let load = |file: &[&str]| {
            let mut psql = Command::new(production.bin_dir().join("psql"));
            psql.args(["-qX", "-v", "ON_ERROR_STOP=1", &production.empty_url()]).args(file);
            let output = psql.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        for file in files {
            load(&["-f", &file.to_string_lossy()]);
        }
        load(&["-c", SEED]);
        let source = production.empty_url();
        let project = Project::with(&source, None, "buckets = []\n");
        let url = staging.empty_url();
        let path = project.path().join("suites/environments.toml");
        let text = fs::read_to_string(&path).unwrap();
        let more = format!("[environment.staging.database]\nurl = {url:?}\n");
        fs::write(&path, text + &more).unwrap();
        project.write("suites/masking.toml", RULES);
        let server = Self { project, staging, production };
        let marked =
            server.project.run(&["staging", "mark", "--env", "staging", "--yes", &shown(&url)]);
        assert_eq!(marked.code, 0, "{}", marked.console());
        server.back_up();
        Some(server)
    }

    fn back_up(&self) {
        let ran = self.project.drill(&["backup::made"]);
        assert_eq!(ran.code, 0, "{}", ran.console());
    }

    fn restore(&self) -> Ran {
        let words = ["drill", "--env", "staging", "--backup", "latest", "--exclude-tag", "backup"];
        self.project.run(&words)
    }

    fn production(&self) -> Session {
        Session::open(&self.production.empty_url())
    }
}

#[test]
fn somebody_else_s_schema_is_restored_masked_and_proved() {
    let Some(server) = Homeserver::new() else { return };
    let ran = server.restore();
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert!(ran.ended("passed").iter().any(|id| id == "restore::swapped"), "{}", ran.console());

    let (production, staging) = (server.production(), Session::open(&server.staging.empty_url()));
    let both = |sql: &str| (production.texts(sql).concat(), staging.texts(sql).concat());
    for of_both in [
        "select count(*) from events",
        "select count(*) from pg_indexes where schemaname = 'public'",
        "select md5(string_agg(event_id || room_id || depth, ',' order by event_id)) from events",
        // Who speaks to whom is the same, whoever it is.
        "select count(*) from events e join users u on u.name = e.sender",
        "select string_agg(n::text, ',' order by n)
         from (select count(*) n from events group by sender) s",
        "select count(*) from event_json j join events e using (event_id)
         where j.json::json ->> 'sender' = e.sender",
        "select count(*) from event_json j
         join users u on u.name = j.json::json -> 'content' -> 'm.mentions' -> 'user_ids' ->> 0",
        "select count(*) from room_memberships m join profiles p
           on p.user_id = m.user_id and p.displayname = m.display_name",
        "select count(distinct address) from user_threepids",
    ] {
        let (before, after) = both(of_both);
        assert_eq!(before, after, "{of_both}");
        assert_ne!(before, "0", "{of_both}");
    }
    for nobody in [
        "select count(*) from users where name !~ '^@test-[0-9]+:example.org$'",
        "select count(*) from profiles
         where displayname <> 'Test Customer ' || substring(user_id from '[0-9]+')",
        "select count(*) from user_threepids where address !~ case medium
           when 'email' then '^test-[0-9]+@example.com$' else '^1000000[0-9]+$' end",
        "select count(*) from event_json where json ~* 'archer|baker|carter|everett|fenn|dodger|fhloinn|4479'",
        "select count(*) from refresh_tokens",
    ] {
        assert_eq!(staging.texts(nobody), ["0"], "{nobody}");
    }
}

/// A rule that is left out, and what then wants one: the restore does not begin.
const WANTED: [(&str, &str, &str); 8] = [
    (
        "user_id = { value = \"@test-{id}:example.org\", of = \"users\" }\n",
        "public.user_threepids",
        "user_id",
    ),
    ("displayname = \"name\"\n", "public.profiles", "displayname"),
    ("token = \"secret\"\n", "public.access_tokens", "token"),
    ("json = { json =", "public.event_json", "json"),
    ("vector = \"empty\"\n", "public.event_search", "vector"),
    ("conditions = \"json\"\n", "public.push_rules", "conditions"),
    ("topic = \"text\"\n", "public.room_stats_state", "topic"),
    ("external_id = { value = \"test-{id}\" }\n", "public.user_external_ids", "external_id"),
];

/// A rule that is another, and the column that the proof then finds somebody in.
const LEAKS: [(&str, &str, &str); 7] = [
    (
        "sender = { value = \"@test-{id}:example.org\", of = \"users\" }",
        "sender = { keep = \"x\" }",
        "public.events.sender",
    ),
    (
        "address = \"contact\"",
        "address = { keep = \"x\" }",
        "public.user_threepid_id_server.address",
    ),
    ("displayname = \"name\"", "displayname = { keep = \"x\" }", "public.profiles.displayname"),
    ("leaves = \"text\"", "leaves = \"keep\", reason = \"x\"", "public.event_json.json"),
    ("topic = \"text\"", "topic = { keep = \"x\" }", "public.room_stats_state.topic"),
    ("conditions = \"json\"", "conditions = { keep = \"x\" }", "public.push_rules.conditions"),
    ("pushkey = \"text\"", "pushkey = { keep = \"x\" }", "public.pushers.pushkey"),
];

#[test]
fn without_a_rule_nothing_is_loaded_and_with_another_it_is_found() {
    let Some(server) = Homeserver::new() else { return };
    for (rule, table, column) in WANTED {
        let line = RULES.lines().find(|line| line.contains(rule.trim_end())).unwrap();
        server.project.write("suites/masking.toml", &RULES.replacen(&format!("{line}\n"), "", 1));
        let ran = server.restore();
        assert_eq!(ran.outcome("restore::made"), "errored", "{column}: {}", ran.console());
        let table = format!("name = {table:?}");
        let asked = ran.console().split_once(&table).map(|(_, rest)| rest.to_owned());
        let asked = asked.unwrap_or_else(|| panic!("{table}: {}", ran.console()));
        assert!(asked.contains(&format!("| {column} = ")), "{column}: {}", ran.console());
    }
    for (from, to, column) in LEAKS {
        assert!(RULES.contains(from), "{from}");
        server.project.write("suites/masking.toml", &RULES.replacen(from, to, 1));
        server.restore().is_red(SURVIVES, &[column]);
    }
}

/// What somebody could have left where nobody looks, how it is taken away again, and what finds it.
const PLANTED: [(&str, &str, &str, &str); 5] = [
    (
        "update destinations set destination = 'mail.of.ada.archer@mail.test'",
        "update destinations set destination = 'elsewhere.test'",
        SURVIVES,
        "public.destinations.destination",
    ),
    (
        "update rooms set room_version = 'Chloe CARTER'",
        "update rooms set room_version = '10'",
        SURVIVES,
        "public.rooms.room_version",
    ),
    (
        "update local_media_repository set media_type = 'tel:+44 7911 000102'",
        "update local_media_repository set media_type = 'image/jpeg'",
        SURVIVES,
        "public.local_media_repository.media_type",
    ),
    (
        r#"update event_json set internal_metadata = '{"by": "eve+matrix\u0040mail.test"}'"#,
        "update event_json set internal_metadata = '{}'",
        SURVIVES,
        "public.event_json.internal_metadata",
    ),
    (
        "update event_json set internal_metadata = (select token from access_tokens limit 1)",
        "update event_json set internal_metadata = '{}'",
        "masking::no-secret-survives",
        "public.event_json.internal_metadata",
    ),
];

#[test]
fn what_is_planted_where_nobody_looks_is_found() {
    let Some(server) = Homeserver::new() else { return };
    let production = server.production();
    production.texts("insert into destinations values ('elsewhere.test', 0, 0, 0, 0)");
    for (plant, weed, proof, column) in PLANTED {
        production.texts(plant);
        server.back_up();
        server.restore().is_red(proof, &[column]);
        production.texts(weed);
    }
    server.back_up();
    assert_eq!(server.restore().code, 0);
}
