//! A real server with TLS, and one certificate that its own authority has signed for `localhost`.

use std::path::Path;
use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use smokedrill_demo::Demo;

use crate::database::testing::writer;
use crate::database::{ConnectionUrl, PgTools, Session};

static DEMO: LazyLock<Demo> =
    LazyLock::new(|| std::thread::spawn(|| Demo::start().unwrap()).join().unwrap());

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Not that of the server's certificate, which would seem to have signed itself.
    params.distinguished_name.push(DnType::CommonName, "authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Gives the server its certificate, as a superuser can, and writes the authority's beside.
async fn certify(url: &str, folder: &Path) {
    let authority_of_server = authority();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    let certificate = params.signed_by(&key, &authority_of_server).unwrap();
    std::fs::write(folder.join("ca.pem"), authority_of_server.pem()).unwrap();
    std::fs::write(folder.join("other.pem"), authority().pem()).unwrap();
    let server = writer(url).await;
    for (file, text) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let rows = text.lines().map(|line| format!("('{line}')")).collect::<Vec<_>>().join(", ");
        let program = format!("umask 077; cat > {file}");
        let sql = format!("copy (values {rows}) to program '{program}'");
        server.batch_execute(&sql).await.unwrap();
    }
    server.batch_execute("alter system set ssl = on").await.unwrap();
    server.batch_execute("select pg_reload_conf()").await.unwrap();
    for _ in 0..100 {
        let fresh = writer(url).await;
        let row = fresh.query_one("show ssl", &[]).await.unwrap();
        if row.get::<_, &str>(0) == "on" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the server does not take its certificate");
}

#[tokio::test]
async fn it_is_verified_as_libpq_verifies() {
    let scratch = tempfile::tempdir().unwrap();
    let url = tokio::task::spawn_blocking(|| DEMO.database_url()).await.unwrap();
    certify(&url, scratch.path()).await;
    let named = url.replace("127.0.0.1", "localhost");
    let file = |name: &str| scratch.path().join(name).display().to_string();
    let (ours, other) = (file("ca.pem"), file("other.pem"));
    std::fs::write(file("empty.pem"), "").unwrap();
    let empty = file("empty.pem");
    let cases = [
        (&url, "sslmode=disable".to_owned(), Ok(false)),
        (&url, "sslmode=allow".to_owned(), Ok(false)),
        (&url, "sslmode=prefer".to_owned(), Ok(true)),
        (&url, "sslmode=require".to_owned(), Ok(true)),
        (&url, format!("sslmode=require&sslrootcert={ours}"), Ok(true)),
        (
            &url,
            format!("sslmode=require&sslrootcert={other}"),
            Err("no authority in `sslrootcert`"),
        ),
        (&url, format!("sslmode=verify-ca&sslrootcert={ours}"), Ok(true)),
        (
            &url,
            format!("sslmode=verify-ca&sslrootcert={other}"),
            Err("no authority in `sslrootcert`"),
        ),
        (&url, format!("sslmode=verify-full&sslrootcert={ours}"), Err("for another host")),
        (&named, format!("sslmode=verify-full&sslrootcert={ours}"), Ok(true)),
        (&named, "sslrootcert=system".to_owned(), Err("no authority in `sslrootcert`")),
        (&named, format!("sslmode=verify-full&sslrootcert={empty}"), Err("no certificate in it")),
    ];
    let tools = PgTools::find(None, 130_000).unwrap();
    for (url, parameters, expected) in cases {
        let parsed = ConnectionUrl::parse(&format!("{url}?{parameters}")).unwrap();
        let encrypted = match Session::open(&parsed, "smokedrill test").await {
            Ok(session) => {
                let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
                Ok(session.client().query_one(sql, &[]).await.unwrap().get::<_, bool>(0))
            }
            Err(fault) => Err(fault.to_string()),
        };
        match (&encrypted, expected) {
            (Ok(is), Ok(expected)) => assert_eq!(*is, expected, "{parameters}"),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{parameters}: {said}"),
            _ => panic!("{parameters}: {encrypted:?}, not {expected:?}"),
        }
        // And PostgreSQL's own programs are of the same opinion.
        let mut psql = tools.command("psql", &parsed, "smokedrill test");
        let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        let output = psql.args(["--tuples-only", "--no-align", "--command", sql]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let theirs = output.status.success().then(|| said.trim() == "t");
        assert_eq!(theirs, encrypted.ok(), "{parameters}: {output:?}");
    }
}
