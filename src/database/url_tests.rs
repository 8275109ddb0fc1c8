use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> ConnectionUrl {
    ConnectionUrl::parse(text).unwrap()
}

fn fault(text: &str) -> String {
    ConnectionUrl::parse(text).unwrap_err().to_string()
}

fn environment(url: &ConnectionUrl, name: &str) -> Option<String> {
    let all = url.tool_environment("smokedrill test");
    all.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[test]
fn a_url_has_its_parts() {
    let url = parse("postgresql://re%40der:p%2Fw%23@db.example.org:5433/app?sslmode=require");
    assert_eq!(url.shown(), "re@der@db.example.org:5433/app");
    assert_eq!(url.password(), Some("p/w#"));
    assert_eq!(environment(&url, "PGPASSWORD").as_deref(), Some("p/w#"));
    assert_eq!(environment(&url, "PGSSLMODE").as_deref(), Some("require"));
    assert_eq!(environment(&url, "PGPORT").as_deref(), Some("5433"));
    assert_eq!(environment(&url, "PGSSLROOTCERT"), None);
    assert_eq!(url.kind(), SourceKind::Plain);
}

#[test]
fn what_is_left_out_is_as_libpq_has_it() {
    let url = parse("postgres://app@localhost");
    assert_eq!((url.port(), url.database(), url.password()), (5432, "app", None));
    assert_eq!(environment(&url, "PGSSLMODE").as_deref(), Some("prefer"));
    assert_eq!(environment(&url, "PGCONNECT_TIMEOUT").as_deref(), Some("10"));
}

#[test]
fn addresses_of_ipv6_and_sockets_are_hosts_too() {
    let url = parse("postgres://app:x@[::1]:5432/app");
    assert_eq!((url.host(), url.shown()), ("::1".into(), "app@[::1]:5432/app".into()));
    for text in [
        "postgres://app:secret@/app?host=/run/postgresql",
        "postgres:///app?host=/run/postgresql&user=app&password=secret",
        "postgres://app:secret@%2Frun%2Fpostgresql/app",
        "postgres://app:secret@:5432/app?host=%2Frun%2Fpostgresql",
    ] {
        let url = parse(text);
        assert_eq!(url.place(), &Host::Socket("/run/postgresql".into()), "{text}");
        assert_eq!(environment(&url, "PGHOST").as_deref(), Some("/run/postgresql"));
        assert_eq!((url.password(), url.port()), (Some("secret"), 5432));
    }
}

#[test]
fn supabase_is_known_by_its_hosts() {
    let direct = parse("postgres://postgres:x@db.abcdefghij.supabase.co:5432/postgres");
    assert_eq!(
        (direct.kind(), direct.project().as_deref()),
        (SourceKind::SupabaseDirect, Some("abcdefghij"))
    );
    let pooler =
        parse("postgres://postgres.abcdefghij:x@aws-0-eu-central-1.pooler.supabase.com/postgres");
    assert_eq!(
        (pooler.kind(), pooler.project().as_deref()),
        (SourceKind::SupabasePooler, Some("abcdefghij"))
    );
    let other = parse("postgres://postgres.abc:x@db.supabase.co.example.org/postgres");
    assert_eq!((other.kind(), other.project()), (SourceKind::Plain, None));
}

#[test]
fn transaction_pooling_is_refused_with_the_way_out() {
    for text in ["postgres://a:b@h:6543/d", "postgres://a:b@h/d?port=6543"] {
        let said = fault(text);
        assert!(said.contains("transaction mode") && said.contains("session pooler"), "{said}");
    }
}

#[test]
fn options_end_with_ours() {
    let url = parse("postgres://a@h/d?options=-c%20geqo%3Doff&application_name=theirs");
    let options = environment(&url, "PGOPTIONS").unwrap();
    assert_eq!(options, "-c geqo=off -c default_transaction_read_only=on");
    assert_eq!(environment(&url, "PGAPPNAME").as_deref(), Some("smokedrill test"));
    let long = "é".repeat(100);
    let all = url.tool_environment(&long);
    let name = &all.iter().find(|(name, _)| *name == "PGAPPNAME").unwrap().1;
    assert_eq!(name, &"?".repeat(63));
}

#[test]
fn the_system_s_certificates_want_full_verification() {
    let url = parse("postgres://a@h/d?sslrootcert=system");
    assert_eq!(url.parameters.ssl_mode.name(), "verify-full");
    let said = fault("postgres://a@h/d?sslrootcert=system&sslmode=require");
    assert!(said.contains("sslmode=verify-full"), "{said}");
}

#[test]
fn mistakes_are_told_apart() {
    for (text, expected) in [
        ("mysql://a:b@h/d", "does not begin with"),
        ("postgres://:b@h/d", "names no user"),
        ("postgres://a:b@/d", "names no host"),
        ("postgres://a:b@h1,h2/d", "several hosts"),
        ("postgres://a:b@h:port/d", "is not valid"),
        ("postgres://a:b@h/d#x", "after a `#`"),
        ("postgres://a:b@h/d?sslmode=always", "`sslmode` that is none of disable, allow"),
        ("postgres://a:b@h/d?ssl_mode=require", "unknown parameter `ssl_mode` (`sslmode`?)"),
        ("postgres://a:b@h/d?pgbouncer=true", "`pgbouncer`, which is not taken here"),
        ("postgres://a:b@h/d?target_session_attrs=read-write", "target_session_attrs"),
        ("postgres://a:b@h/d?gssencmode=require", "gssencmode"),
        ("postgres://a:b%00@h/d", "control character"),
        ("postgres://a:b%ff@h/d", "not UTF-8"),
    ] {
        let said = fault(text);
        assert!(said.contains(expected), "{text}: {said}");
    }
    let said = fault("postgres://a:b@h/d?colour=red");
    assert!(
        said.contains("known are application_name, channel_binding, connect_timeout"),
        "{said}"
    );
}

proptest! {
    #[test]
    fn nothing_shows_the_password(password in "[A-Za-z0-9!$%&'()*+,/:;=?@#-]{12,40}", tail in "[a-z?&=#/@:]{0,20}") {
        let text = format!("postgres://reader:{password}@db.example.org:5432/app{tail}");
        let shown = match ConnectionUrl::parse(&text) {
            Ok(url) => format!("{} {url:?} {:?}", url.shown(), url.kind()),
            Err(fault) => format!("{fault} {fault:?}"),
        };
        // A raw `/`, `?`, `#` or `@` ends the password early for every reader of URLs.
        let whole = !password.contains(['/', '?', '#', '@']);
        if whole {
            prop_assert!(!shown.contains(&password), "{shown}");
        } else {
            let longest = password.split(['/', '?', '#', '@']).next().unwrap_or_default();
            prop_assert!(longest.len() < 6 || !shown.contains(longest), "{shown}");
        }
    }

    #[test]
    fn any_password_can_be_written(password in "\\PC{1,30}") {
        let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
        let url = parse(&format!("postgres://reader:{encoded}@h/d"));
        prop_assert_eq!(url.password(), Some(password.as_str()));
        let shown = format!("{url:?}");
        prop_assert!(password.len() < 4 || !shown.contains(&password));
    }
}
