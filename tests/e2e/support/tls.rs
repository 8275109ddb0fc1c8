//! HTTPS servers with certificates that are good, or wrong in one way.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Signed by the authority, for this host, and in time.
    Good,
    /// Signed by nobody but itself.
    SelfSigned,
    /// Over since 2021.
    Expired,
    /// For another host.
    WrongHost,
}

/// A certificate authority of the test's own.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, "an authority of its own");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority") }
    }

    /// The authority's certificate in PEM form.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A client's certificate with its key, in PEM form.
    pub(crate) fn client_pem(&self) -> String {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["client".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        format!("{}{}", certificate.pem(), key.serialize_pem())
    }

    /// Starts a server that answers `{"ok":true}` to everything; its URL.
    pub(crate) fn serve(&self, certificate: Certificate, wants_client: bool) -> String {
        let host = match certificate {
            Certificate::WrongHost => "elsewhere.test",
            _ => "127.0.0.1",
        };
        let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
        if certificate == Certificate::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        } else {
            params.not_after = date_time_ymd(2036, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let signed = match certificate {
            Certificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![signed.expect("a certificate").der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider's versions");
        let config = if wants_client {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).expect("the authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        } else {
            builder.with_no_client_auth()
        };
        let config = Arc::new(config.with_single_cert(chain, key).expect("a matching key"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                thread::spawn(move || {
                    let Ok(connection) = ServerConnection::new(config) else { return };
                    let mut stream = StreamOwned::new(connection, stream);
                    let mut request = [0; 4096];
                    while matches!(stream.read(&mut request), Ok(length) if length > 0) {
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                            Content-Length: 11\r\n\r\n{\"ok\":true}";
                        if stream.write_all(answer).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        url
    }
}
