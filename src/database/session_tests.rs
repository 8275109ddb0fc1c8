use super::*;
use crate::database::testing::{owner, production, session, superuser, writer};

async fn refused(url: &str) -> String {
    let url = ConnectionUrl::parse(url).unwrap();
    Session::open(&url, "smokedrill test").await.unwrap_err().to_string()
}

#[tokio::test]
async fn it_cannot_write_even_as_superuser() {
    let session = session(&superuser()).await;
    assert!(session.read_only_from_start() && session.server_version() >= 150_000);
    for sql in [
        "create table public.written (id int)",
        "update public.customers set notes = ''",
        "begin; delete from public.jobs; commit",
        "select pg_catalog.nextval('public.job_number')",
    ] {
        let error = session.client().batch_execute(sql).await.unwrap_err();
        let said = session.said(&error).to_string();
        assert!(said.contains("read-only transaction (SQLSTATE 25006)"), "{sql}: {said}");
        let _ = session.client().batch_execute("rollback").await;
    }
    assert_eq!(session.application, "smokedrill test");
    session.close().await;
}

#[tokio::test]
async fn each_refusal_has_its_remedy() {
    let url = production().owner_url();
    let password = ConnectionUrl::parse(&url).unwrap().password().unwrap().to_owned();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, expected, help) in [
        (url.replace(&password, "wr0ng-pass"), "password authentication failed", "check user and"),
        (
            url.replace("postgres:", "nobody:").replacen("nobody://", "postgres://", 1),
            "password authentication failed",
            "check user",
        ),
        (
            url.replace("/postgres", "/nowhere").replacen("/nowhere:", "/postgres:", 1),
            "database \"nowhere\" does not exist (SQLSTATE 3D000)",
            "database's name",
        ),
        (format!("{url}?sslmode=require"), "TLS is wanted", "sslmode=disable"),
        (format!("{url}?sslmode=verify-full&sslrootcert=/nowhere.pem"), "/nowhere.pem", ""),
        (
            format!("postgres://a:s3cret@127.0.0.1:{closed}/d"),
            "connection refused",
            "nothing listens",
        ),
        (
            "postgres://a:s3cret@no-such-host.invalid/d".into(),
            "could not be resolved",
            "check the host",
        ),
        ("postgres://a:s3cret@/d?host=/nowhere".into(), "no such socket", ".s.PGSQL.PORT"),
        (url.replace(&format!(":{password}@"), "@"), "asks for a password", "put it into"),
        (format!("{url}?target_session_attrs=standby"), "no standby", "target_session_attrs"),
    ] {
        let said = refused(&url).await;
        assert!(said.starts_with("connection: "), "{said}");
        assert!(said.contains(expected) && said.contains(help), "{expected}: {said}");
        for secret in [password.as_str(), "wr0ng-pass", "s3cret"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let began = std::time::Instant::now();
    let said = refused(&format!("postgres://a:b@127.0.0.1:{port}/d?connect_timeout=2")).await;
    assert!(said.contains("no connection within 2s"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn too_many_connections_are_named() {
    let admin = writer(&production().superuser_url()).await;
    let sql = "create role lonely login password 'lonely-one' connection limit 0";
    admin.batch_execute(sql).await.unwrap();
    let port = owner().port();
    let said = refused(&format!("postgres://lonely:lonely-one@127.0.0.1:{port}/postgres")).await;
    assert!(said.contains("too many connections") && said.contains("raise the limit"), "{said}");
}

#[tokio::test]
async fn an_ended_session_says_why_and_rows_are_not_quoted() {
    let session = session(&owner()).await;
    let sql = "select 'jane@brook.test'::int4";
    let error = session.client().batch_execute(sql).await.unwrap_err();
    assert!(!session.said(&error).to_string().contains("jane"), "{}", session.said(&error));
    let admin = writer(&production().superuser_url()).await;
    let end = "select pg_terminate_backend($1)";
    admin.execute(end, &[&session.process]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = session.client().batch_execute("select 1").await.unwrap_err();
    let said = session.said(&error).to_string();
    assert!(said.contains("57P01") && said.contains("by an administrator"), "{said}");
}

#[tokio::test]
async fn its_settings_are_those_of_the_table() {
    let url = ConnectionUrl::parse(&format!(
        "{}?options=-c%20default_transaction_read_only%3Doff%20-c%20idle_session_timeout%3D1s",
        production().owner_url()
    ));
    let session = session(&url.unwrap()).await;
    assert!(session.read_only_from_start());
    for (name, value) in [
        ("default_transaction_read_only", "on"),
        ("lock_timeout", "5s"),
        ("statement_timeout", "5min"),
        ("idle_session_timeout", "0"),
        ("row_security", "off"),
        ("search_path", "\"\""),
        ("application_name", "smokedrill test"),
    ] {
        let row = session.client().query_one(&format!("show {name}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), value, "{name}");
    }
}
