//! A hosted project, restored in place by its owner, who is no superuser.

use crate::support::{Session, Target, contents, shared};

#[test]
fn a_hosted_project_is_restored_in_place_by_its_owner_again_and_again() {
    let site = shared();
    let before = contents(&site.production.superuser_url());
    let target = Target::hosted(&site);
    let url = target.staging.superuser_url();
    for round in 0..2 {
        let ran = target.restore(&[]);
        assert_eq!(ran.code, 0, "{round}: {}", ran.console());
        println!(
            "{}",
            std::fs::read_to_string(target.project.path().join("reports/summary.md")).unwrap()
        );
    }
    assert_eq!(contents(&site.production.superuser_url()), before, "production was touched");
    let staging = Session::open(&url);
    let one = |sql: &str| staging.texts(sql).concat();
    assert_eq!(
        one("select count(*) from customers where email !~ '^test-[0-9]+@example.com$'"),
        "0"
    );
}
