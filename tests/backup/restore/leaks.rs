//! Rules that leave something of production where it must not be: each is found by the proof that
//! should, the failed staging is kept, and the one of before serves on.

use crate::support::{Session, Target, shared};

/// What is changed in the rules, and which proof tells of which column.
const LEAKS: [(&str, &str, &str, &str); 14] = [
    (
        "email = \"email\"\nbilling",
        "email = { keep = \"x\" }\nbilling",
        SURVIVES,
        "customers.email",
    ),
    ("phone = \"phone\"\nother", "phone = { keep = \"x\" }\nother", SURVIVES, "customers.phone"),
    ("full_name = \"name\"", "full_name = { keep = \"x\" }", SURVIVES, "profiles.full_name"),
    (
        "other_emails = \"email\"",
        "other_emails = { keep = \"x\" }",
        SURVIVES,
        "customers.other_emails",
    ),
    ("notes = \"text\"", "notes = { keep = \"x\" }", SURVIVES, "customers.notes"),
    ("body = \"text\"\nprovider", "body = { keep = \"x\" }\nprovider", SURVIVES, "messages.body"),
    (
        "\"$[*].name\" = \"name\"",
        "\"$[*].name\" = { keep = \"x\" }",
        SURVIVES,
        "customers.contacts",
    ),
    ("payload = { json", "payload = { keep = \"x\" } # { json", SURVIVES, "telemetry.payload"),
    ("bucket = \"text\"", "bucket = { keep = \"x\" }", SURVIVES, "rate_limits.bucket"),
    (
        "document_path = \"object-key\"",
        "document_path = { keep = \"x\" }",
        SURVIVES,
        "invoices.document_path",
    ),
    ("search = \"empty\"", "search = { keep = \"x\" }", SURVIVES, "Site Visits.search"),
    ("Nested = { json", "Nested = { keep = \"x\" } # { json", SURVIVES, "Contacts Old.Nested"),
    (
        "name = \"storage.objects\"\n[table.columns]",
        "name = \"storage.objects\"\n[table.columns]\nuser_metadata = { keep = \"x\" }",
        SURVIVES,
        "storage.objects.user_metadata",
    ),
    (
        "[[table]]\nname = \"public.closures\"",
        "[[table]]\nname = \"auth.sessions\"\n[table.columns]\nuser_agent = { keep = \"x\" }\nip = { keep = \"x\" }\ntag = { keep = \"x\" }\nrefresh_token_hmac_key = { keep = \"x\" }\nscopes = { keep = \"x\" }\n\n[[table]]\nname = \"public.closures\"",
        "masking::sessions-empty",
        "auth.sessions",
    ),
];

const SURVIVES: &str = "masking::no-production-value-survives";

#[test]
fn what_a_rule_leaves_is_found_where_it_is() {
    let site = shared();
    let target = Target::new(&site);
    let url = target.staging.superuser_url();
    Session::open(&url).texts("create table public.of_before ()");
    for (from, to, proof, column) in LEAKS {
        target.rules(from, to);
        let ran = target.restore(&[]);
        let red = [ran.ended("failed"), ran.ended("errored")].concat();
        assert!(red.iter().any(|id| id == proof), "{column}: {red:?} {}", ran.console());
        assert!(ran.reason(proof).contains(column), "{column}: {}", ran.reason(proof));
        assert_eq!(ran.code, 1, "{}", ran.console());
        assert_eq!(ran.outcome("restore::swapped"), "skipped");
        assert_eq!(ran.outcome("smoke::health"), "skipped");
        target.rules(to, from);
    }
    let serves = Session::open(&url).texts("select to_regclass('public.of_before')::text");
    assert_eq!(serves, ["of_before"], "the old staging does not serve any more");
    let databases = target.databases();
    let failed = databases.iter().filter(|name| name.contains("_failed_")).count();
    assert_eq!(failed, 1, "the newest alone is kept: {databases:?}");
    // A success clears them away.
    assert_eq!(target.restore(&[]).code, 0);
    assert_eq!(target.databases().len(), 2, "{:?}", target.databases());
}

#[test]
fn a_key_that_is_kept_is_found_elsewhere_too() {
    let site = shared();
    let target = Target::new(&site);
    // Masked in its own table, and copied by somebody into another.
    let url = site.production.superuser_url();
    target.psql(
        &url,
        "update closures set reason = (select secret from api_keys limit 1)
        where reason = 'Christmas'",
    );
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    target.psql(&url, "update closures set reason = 'Christmas' where reason ~ '^sk_live'");
    ran.is_red("masking::no-secret-survives", &["public.closures.reason"]);
}

#[test]
fn what_shows_that_it_is_a_key_is_found_in_a_column_that_is_kept() {
    let site = shared();
    let target = Target::new(&site);
    let url = site.production.superuser_url();
    for (planted, weeded) in [
        ("Christmas', 'ghp_' || repeat('a1', 12)", "^ghp_"),
        ("Christmas', 'see host=crm.test password=Cr4m-Pass-99'", "password"),
    ] {
        let (from, to) = planted.split_once(", ").unwrap();
        target.psql(&url, &format!("update closures set reason = {to} where reason = '{from}"));
        assert_eq!(target.project.drill(&["backup::made"]).code, 0);
        let ran = target.restore(&[]);
        let weed = format!("update closures set reason = 'Christmas' where reason ~ '{weeded}'");
        target.psql(&url, &weed);
        ran.is_red("masking::no-secret-survives", &["public.closures.reason"]);
    }
}

#[test]
fn a_password_within_a_function_is_reset() {
    let site = shared();
    let target = Target::new(&site);
    let url = site.production.superuser_url();
    target.psql(
        &url,
        "create function public.call_crm() returns void language plpgsql as $$ begin
           perform dblink_exec('host=crm.test user=crm password=Cr4m-Pass-99', 'select 1');
           update api_keys set secret_hash = null where secret_hash=secret; end $$",
    );
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    target.psql(&url, "drop function public.call_crm()");
    assert_eq!(ran.code, 0, "{}", ran.console());
    let staging = Session::open(&target.staging.superuser_url());
    let body = staging.texts("select prosrc from pg_proc where proname = 'call_crm'").concat();
    assert!(body.contains("user=crm password=staging-reset', 'select 1'"), "{body}");
    assert!(body.contains("where secret_hash=secret;"), "{body}");
    assert_eq!(target.in_files(&["Cr4m-Pass-99".to_owned()]), [0]);
}
