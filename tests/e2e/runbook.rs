//! The table that says where each line of the runbook is kept: what it names is there.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::Project;

/// What stands between backticks in the table.
fn named() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("suites/runbook.md")).expect("the table");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(str::to_owned));
    names.collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn its_commands_are_there() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    let (mut made, mut asked) = (0, 0);
    for name in named() {
        let words: Vec<&str> = name.split(' ').collect();
        match words.as_slice() {
            ["make", target, ..] => {
                made += 1;
                let rule = format!("{target}:");
                assert!(makefile.lines().any(|line| line.starts_with(&rule)), "{name}");
            }
            ["smokedrill", command @ ..] => {
                asked += 1;
                let mut program = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
                let output = program.args(command).arg("--help").output();
                let output = output.expect("the program starts");
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                let usage = format!("Usage: {name}");
                assert!(output.status.success() && told.contains(&usage), "{name}: {told}");
            }
            _ => {}
        }
    }
    assert!(made >= 15 && asked >= 10, "{made} and {asked}");
}

#[test]
fn its_tests_are_those_of_a_drill() {
    let read = |name: &str| {
        std::fs::read_to_string(root().join("suites").join(name)).expect("a file of the suites")
    };
    let nowhere = "[environment.production]\n[environment.production.database]\n\
        url = \"postgres://reader@127.0.0.1:9/app\"\n\
        [environment.local]\n[environment.staging]\nbase_url = \"http://127.0.0.1:9\"\n\
        [environment.staging.database]\nurl = \"postgres://owner@127.0.0.1:9/app\"\n";
    let drill = read("drill.toml");
    let project = Project::with(&[("environments.toml", nowhere), ("drill.toml", &drill)]);
    for name in
        ["masking.toml", "smoke.toml", "database.toml", "pages.toml", "storage.toml", "sms.toml"]
    {
        project.write(name, &read(name));
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
    command.args(["drill", "--env", "staging", "--list"]).current_dir(project.path());
    let output = command.output().expect("the program starts");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let listed: BTreeSet<&str> =
        told.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let named = named();
    let tests: BTreeSet<&str> =
        named.iter().map(String::as_str).filter(|name| name.contains("::")).collect();
    let missing: Vec<_> = tests.difference(&listed).collect();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(missing.is_empty(), "{missing:?} of\n{told}{errors}");
    // And none of a drill's own is left out; what the suites have is theirs.
    let suites = ["smoke::", "database::", "pages::", "storage::", "sms::"];
    let own =
        listed.difference(&tests).filter(|id| !suites.iter().any(|suite| id.starts_with(suite)));
    assert_eq!(own.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[cfg(unix)]
#[test]
fn the_makefile_s_program_is_the_one_that_the_tests_build_has_made() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let script = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("it is written");
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, runs).expect("it may be run");
        path
    };
    let built = script("else where/debug/smokedrill", "#!/bin/sh\necho \"<$1|$2>\"\nexit 7\n");
    let artefacts = format!(
        "{{\"target\":{{\"kind\":[\"lib\"]}},\"executable\":null}}\n\
         {{\"target\":{{\"kind\":[\"bin\"]}},\"executable\":{built:?},\"fresh\":true}}\n\
         {{\"target\":{{\"kind\":[\"test\"]}},\"executable\":\"/nowhere\"}}\n"
    );
    let cargo = |text: &str| {
        script("cargo", text);
        let path = std::env::var("PATH").expect("a path");
        let mut command = Command::new("sh");
        command.arg(root().join("scripts/program")).args(["backup", "a b"]);
        command.env("PATH", format!("{}:{path}", folder.path().display()));
        command.output().expect("a shell")
    };
    // The same build as the tests': of one that the program alone has, nothing would be shared.
    let output = cargo(&format!(
        "#!/bin/sh\ncase \"$*\" in \"test --locked --test drill --no-run \"*) ;; *) exit 9 ;; esac\n\
         cat <<'END'\n{artefacts}END\n"
    ));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "<backup|a b>\n", "{output:?}");
    assert_eq!(output.status.code(), Some(7));
    let output = cargo("#!/bin/sh\nexit 101\n");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    assert!(makefile.contains("PROGRAM := $(RUN) sh scripts/program\n"));
}
