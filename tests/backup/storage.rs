//! The storage API in trouble, and two backups at once.

use std::time::{Duration, Instant};

use smokedrill_demo::StorageFault;

use crate::support::{Project, Session, shared, until};

#[test]
fn an_api_in_trouble_is_a_prerequisite_that_is_not_met() {
    let site = shared();
    for fault in [
        StorageFault::Unauthorized,
        StorageFault::ServerError,
        StorageFault::TooManyRequests,
        StorageFault::Garbage,
        StorageFault::HalfPage,
    ] {
        let storage = site.production.broken_storage(fault).unwrap();
        let key = storage.service_role_key().to_owned();
        let url = site.production.read_only_url();
        let project = Project::with(&url, Some((storage.project_url(), &key)), "");
        let begun = Instant::now();
        let ran = project.drill(&["prerequisites"]);
        ran.is_red("prerequisites::storage", &["storage"]);
        assert!(begun.elapsed() < Duration::from_secs(60), "{fault:?}: {:?}", begun.elapsed());
        assert_eq!(project.backups(), Vec::<String>::new());
    }
}

#[test]
fn a_page_that_comes_again_for_ever_costs_the_listing_and_not_the_dump() {
    let site = shared();
    let storage = site.production.broken_storage(StorageFault::RepeatingPage).unwrap();
    let key = storage.service_role_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "");
    let ran = project.drill(&[]);
    assert_eq!(ran.outcome("backup::made"), "passed", "{}", ran.console());
    ran.is_red("backup::buckets", &["storage"]);
    assert_eq!(project.backups().len(), 1);
}

#[test]
fn a_bucket_that_is_not_there_and_a_key_that_does_not_see_are_told() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("buckets = [\"uploads\", \"no-such-bucket\"]\n");
    project.drill(&["prerequisites"]).is_red("prerequisites::storage", &["no-such-bucket"]);
    let storage = site.production.storage().unwrap();
    let key = storage.anon_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "");
    let ran = project.drill(&["prerequisites"]);
    ran.is_red("prerequisites::storage", &["not known to see everything"]);
}

#[test]
fn a_second_backup_of_one_source_is_told_who_makes_the_first() {
    let site = shared();
    let (first, second) = (Project::new(&site), Project::new(&site));
    let admin = Session::open(&site.production.superuser_url());
    let holding = Session::open(&site.production.superuser_url());
    holding.texts("begin; lock table customers in access exclusive mode");
    let running = first.begin(&["backup::made"]);
    let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
        and application_name like 'smokedrill backup%'";
    until("the first one waits", || !admin.texts(waits).is_empty());
    // From another place, as from another machine: the source itself says so.
    let told = second.drill(&["backup::made"]);
    told.is_red("backup::made", &["another backup of this source is under way", "since"]);
    drop(holding);
    assert_eq!(running.end().code, 0);
    assert_eq!(second.drill(&["backup::made"]).code, 0);
}
