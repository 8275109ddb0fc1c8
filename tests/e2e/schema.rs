//! The JSON Schemas that editors use: in the tree, up to date, and of one mind with the loader.

use std::path::Path;

use crate::support::Project;

#[test]
fn the_schemas_in_the_tree_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/schemas");
    for (name, schema) in [
        ("suite.schema.json", smokedrill::suite_schema()),
        ("environments.schema.json", smokedrill::environments_schema()),
        ("drill.schema.json", smokedrill::drill_schema()),
        ("masking.schema.json", smokedrill::masking_schema()),
    ] {
        let path = folder.join(name);
        let made = format!("{schema:#}\n");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &made).expect("the schema can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == made,
            "{name} is not that of the types; UPDATE_GOLDEN=1 cargo test --test e2e schema writes it"
        );
    }
}

/// Suites in which only the format is wrong, or nothing: what the schema can judge alone.
fn suites() -> Vec<(&'static str, bool)> {
    vec![
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\n", true),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = [200, \"3xx\"]\n", true),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.json = { a = [1, { b = 2 }] }\n",
            true,
        ),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.text = \"x\"\n[check.headers]\naccept = \"*/*\"\nx-n = 3\n",
            true,
        ),
        (
            "[[check]]\nname = \"c\"\nrequest = \"PUT /\"\nbody.form = { a = 1, b = [\"x\", true] }\nexpect.size = { max = \"1KiB\" }\n",
            true,
        ),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.jsonpath.\"$.a\" = { at_least = 1, type = \"integer\" }\n",
            true,
        ),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\nretry = { times = 2, on = [\"failure\"] }\nbudget = \"2s\"\n",
            true,
        ),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\nrefuse = 1\n", false),
        ("[[check]]\nname = \"c\"\nexpect.status = 200\n", false),
        ("[[check]]\nname = \"\"\nrequest = \"GET /\"\nexpect.status = 200\n", false),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 600\n", false),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = \"6xx\"\n", false),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.csv = {}\n", false),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.jsonpath.\"$.a\" = { atleast = 1 }\n",
            false,
        ),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\nbody = { json = 1, text = \"x\" }\n",
            false,
        ),
        ("[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\nsamples = 0\n", false),
        (
            "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\nretry = { times = 99 }\n",
            false,
        ),
        (
            "name = \"x y/z\"\n[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\n",
            false,
        ),
        ("check = []\n", false),
    ]
}

#[test]
fn schema_and_loader_accept_and_refuse_the_same_files() {
    let validator =
        jsonschema::validator_for(smokedrill::suite_schema()).expect("the schema compiles");
    for (suite, good) in suites() {
        let value: serde_json::Value = toml::from_str(suite).expect("valid TOML");
        assert_eq!(validator.is_valid(&value), good, "the schema on\n{suite}");
        let ran = Project::new("http://127.0.0.1:9", suite).run(&["--list"]);
        assert_eq!(ran.code == 0, good, "the loader on\n{suite}\n{}", ran.console());
        // The JSON form is equal.
        let project = Project::new("http://127.0.0.1:9", suite);
        std::fs::remove_file(project.path().join("suites/s.toml")).expect("the suite");
        project.write("s.json", &value.to_string());
        assert_eq!(project.run(&["--list"]).code == 0, good, "the loader on\n{value:#}");
    }
}

#[test]
fn the_suites_of_the_project_load() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, schema) in [
        ("environments.toml", smokedrill::environments_schema()),
        ("drill.toml", smokedrill::drill_schema()),
    ] {
        let validator = jsonschema::validator_for(schema).expect("it compiles");
        let text = std::fs::read_to_string(root.join("suites").join(name)).expect("the file");
        let value: serde_json::Value = toml::from_str(&text).expect("valid TOML");
        assert!(validator.is_valid(&value), "{name}");
    }
}

#[test]
fn the_program_prints_the_schema_of_the_drills_settings() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_smokedrill"));
    let output = program.args(["schema", "drill"]).output().expect("the program starts");
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(&printed, smokedrill::drill_schema());
}

/// Each of these is refused by an editor too; what a schema cannot say, the loader's tests have.
#[test]
fn the_schema_of_the_drills_settings_refuses_slips() {
    let validator =
        jsonschema::validator_for(smokedrill::drill_schema()).expect("the schema compiles");
    for (text, good) in [
        ("", true),
        ("[backup]\nrecipients = [\"age1x\", { file = \"keys\" }]\nminimum_size = 0\n", true),
        ("[[backup.exclude]]\ntable = \"a.b\"\nreason = \"x\"\n", true),
        ("[[backup.exclude]]\ntable = \"a.b\"\n", false),
        ("[[backup.exclude]]\ntable = \"a.b\"\nreason = \" \"\n", false),
        ("[bakup]\n", false),
        ("[objectives]\nrpo = 60\n", false),
        ("[backup.retention]\nat_least = 0\n", false),
        ("[backup]\nrecipients = [1]\n", false),
        ("[twilio]\naccount_sid = \"AC\"\nauth_token = { file = \"t\" }\nstore = [\"x\"]\n", true),
        ("[twilio]\naccount_sid = \"AC\"\nauth_token = { file = \"t\" }\nstore = []\n", false),
        ("[sentry]\ndsn = \"x\"\ntoken = { env = \"T\" }\norganization = \"a\"\n", false),
    ] {
        let value: serde_json::Value = toml::from_str(text).expect("valid TOML");
        assert_eq!(validator.is_valid(&value), good, "{text}");
    }
}

#[test]
fn the_drills_settings_are_no_suite() {
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\n";
    let project = Project::new("http://127.0.0.1:9", suite);
    project.write("drill.toml", "[objectives]\nrpo = \"1h\"\n");
    project.write("drill.json", "{}");
    let listed = project.run(&["--list"]);
    assert_eq!(listed.code, 0, "{}", listed.console());
    assert!(!listed.stdout.contains("drill"), "{}", listed.stdout);
}
