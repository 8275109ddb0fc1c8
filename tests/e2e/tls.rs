//! TLS: verified by default, and what is wrong is named.

use crate::support::Project;
use crate::support::tls::{Authority, Certificate};

const SUITE: &str = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.json.ok = true\n";

fn project(url: &str, authority: &Authority, more: &str) -> Project {
    let environments = format!(
        "[environment.local]\nbase_url = \"{url}\"\nroot_certificates = [\"ca.pem\"]\n{more}"
    );
    let pem = authority.pem();
    Project::with(&[("environments.toml", &environments), ("s.toml", SUITE), ("ca.pem", &pem)])
}

#[test]
fn a_server_of_the_own_authority_is_trusted_when_it_is_named() {
    let authority = Authority::new();
    let url = authority.serve(Certificate::Good, false);
    assert_eq!(project(&url, &authority, "").run(&[]).code, 0);
}

#[test]
fn each_wrong_certificate_is_an_error_with_its_reason() {
    let authority = Authority::new();
    for (certificate, reason) in [
        (Certificate::SelfSigned, "root_certificates"),
        (Certificate::Expired, "renew the server's certificate"),
        (Certificate::WrongHost, "for another host"),
    ] {
        let url = authority.serve(certificate, false);
        let ran = project(&url, &authority, "").run(&[]);
        assert_eq!(ran.code, 3, "{certificate:?}: {}", ran.console());
        assert!(ran.console().contains("no trusted TLS connection"), "{}", ran.console());
        assert!(ran.console().contains(reason), "{certificate:?}: {}", ran.console());
    }
}

#[test]
fn verification_can_be_turned_off_and_the_report_says_so() {
    let authority = Authority::new();
    let url = authority.serve(Certificate::SelfSigned, false);
    let ran = project(&url, &authority, "verify_tls = false\n").run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert!(ran.report("summary.md").contains("not verified"), "{}", ran.report("summary.md"));
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let authority = Authority::new();
    let url = authority.serve(Certificate::Good, true);
    let without = project(&url, &authority, "").run(&[]);
    assert_eq!(without.code, 3, "{}", without.console());
    let project = project(&url, &authority, "client_certificate = \"client.pem\"\n");
    project.write("client.pem", &authority.client_pem());
    let with = project.run(&[]);
    assert_eq!(with.code, 0, "{}", with.console());
}

#[test]
fn the_days_until_a_certificate_expires_are_judged() {
    let authority = Authority::new();
    let url = authority.serve(Certificate::Good, false);
    for (days, code) in [(30, 0), (36_500, 1)] {
        let project = project(&url, &authority, "");
        project.write("s.toml", &format!("{SUITE}expect.certificate_days = {days}\n"));
        let ran = project.run(&[]);
        assert_eq!(ran.code, code, "{}", ran.console());
    }
}

#[test]
fn plain_http_on_a_tls_port_and_the_reverse_are_errors() {
    let authority = Authority::new();
    let url = authority.serve(Certificate::Good, false);
    let plain = project(&url.replace("https", "http"), &authority, "").run(&[]);
    assert_eq!(plain.code, 3, "{}", plain.console());
    let server = crate::support::server::Server::start();
    let secure = project(&server.url.replace("http", "https"), &authority, "").run(&[]);
    assert_eq!(secure.code, 3, "{}", secure.console());
    assert!(secure.console().contains("does not speak TLS"), "{}", secure.console());
}
