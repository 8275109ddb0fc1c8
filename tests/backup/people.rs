//! What people do by hand: a look at production, and which environment is meant.

use crate::support::{Project, shared};

#[test]
fn psql_on_production_cannot_write_and_is_on_record() {
    let site = shared();
    let project = Project::new(&site);
    let read = project.run(&["psql", "--", "-At", "-c", "select count(*) > 0 from customers"]);
    assert_eq!((read.code, read.stdout.trim()), (0, "t"), "{}", read.console());
    let write = project.run(&["psql", "--env", "production", "--", "-c", "create table x ()"]);
    assert_ne!(write.code, 0);
    assert!(write.stderr.contains("read-only transaction"), "{}", write.console());
    let log = project.run(&["audit", "list"]);
    assert_eq!(log.stdout.matches("access.production started").count(), 2, "{}", log.stdout);
    assert_eq!(project.run(&["audit", "verify"]).code, 0);
}

#[test]
fn the_last_good_backup_stays_and_another_may_go() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let only = project.backups().pop().unwrap();
    let kept = project.run(&["backup", "remove", &only]);
    assert_eq!(kept.code, 2, "{}", kept.console());
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    assert_eq!(project.run(&["backup", "remove", &only]).code, 0);
    assert_eq!(project.backups().len(), 1);
    let none = project.run(&["backup", "verify", &only]);
    assert_eq!(none.code, 3, "{}", none.console());
}
