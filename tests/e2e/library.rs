//! Another crate uses the harness: built and run from outside, as its users would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::server::Server;

/// Copies the sample crate out of the tree, and points it at the library.
fn crate_outside() -> (tempfile::TempDir, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("shop");
    for file in ["Cargo.toml", "src/lib.rs", "suites/shop.toml", "tests/smoke.rs"] {
        let to = copy.join(file);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        let text =
            std::fs::read_to_string(root.join("tests/outside").join(file)).expect("the sample");
        let text = text.replace("{smokedrill}", &root.display().to_string());
        std::fs::write(to, text).expect("a copy");
    }
    std::fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).expect("the locked versions");
    (folder, copy)
}

fn cargo(copy: &Path, more: &[&str], variables: &[(&str, &str)]) -> Output {
    let target = Path::new(env!("CARGO_BIN_EXE_smokedrill")).ancestors().nth(2).expect("target");
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--offline", "--test", "smoke"]).args(more).current_dir(copy);
    command.env("CARGO_TARGET_DIR", target.join("outside"));
    for name in ["CARGO_MANIFEST_DIR", "SMOKE_ENV", "NEXTEST", "NEXTEST_RUN_ID"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().expect("cargo starts")
}

#[test]
fn a_crate_of_its_own_with_suites_environment_and_rust_checks() {
    let (_folder, copy) = crate_outside();
    let server = Server::start();
    let text = |output: &Output| {
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    let listed = cargo(&copy, &["--", "--list"], &[]);
    let said = text(&listed);
    assert!(listed.status.success(), "{said}");
    for name in ["shop::front", "shop::total-is-positive: test", "rust::panics: test"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    let good = cargo(&copy, &["--", "shop::"], &[("SHOP_URL", &server.url)]);
    let said = text(&good);
    assert_eq!(good.status.code(), Some(0), "{said}");
    assert!(said.contains("PASS smoke against local: 2 passed"), "{said}");
    assert!(said.contains("the shop is closed"), "the environment is dropped: {said}");
    assert!(copy.join("reports/junit.xml").exists());
    let all = cargo(&copy, &[], &[("SHOP_URL", &server.url)]);
    let said = text(&all);
    assert_eq!(all.status.code(), Some(1), "{said}");
    assert!(said.contains("panicked: totals must add up, *** included"), "{said}");
    assert!(!said.contains("shop-s3cret"), "a secret in a panic: {said}");
    assert!(said.contains("rust::cannot-judge"), "{said}");
    // The environment cannot be started: one red, and no panic.
    let none = cargo(&copy, &["--", "shop::"], &[]);
    let said = text(&none);
    assert_eq!(none.status.code(), Some(3), "{said}");
    assert!(said.contains("SHOP_URL"), "{said}");
}
