//! TLS as libpq's `sslmode` has it: encrypted with anybody, or with whom a certificate proves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::parameters::{Parameters, Roots, SslMode};
use crate::fault::{Fault, causes};

/// How to begin TLS for these parameters.
///
/// # Errors
/// The trusted certificates cannot be read.
pub(super) fn connector(parameters: &Parameters) -> Result<MakeRustlsConnect, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let inner = roots(parameters)?.map(|roots| verifier(roots, &provider)).transpose()?;
    let names = parameters.ssl_mode == SslMode::VerifyFull;
    let verifier = Arc::new(Verifier { inner, names, provider: provider.clone() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::errored(format!("TLS cannot be used: {}", causes(&error))))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    let built = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build();
    built.map_err(|error| Fault::errored(format!("TLS cannot be used: {}", causes(&error))))
}

/// The certificates to verify against; nothing: none is verified.
///
/// libpq verifies from `verify-ca` on, and with `require` where it has certificates to verify
/// against (its manual, "SSL Support"). Below that, who attacks has only to refuse TLS.
fn roots(parameters: &Parameters) -> Result<Option<RootCertStore>, Fault> {
    if parameters.ssl_mode < SslMode::Require {
        return Ok(None);
    }
    let usual = usual_file().filter(|file| file.exists());
    match (&parameters.roots, usual) {
        (Some(Roots::System), _) => system().map(Some),
        (Some(Roots::File(file)), _) => from_file(file).map(Some),
        (None, Some(file)) => from_file(&file).map(Some),
        (None, None) if parameters.ssl_mode == SslMode::Require => Ok(None),
        (None, None) => {
            let message = format!(
                "`sslmode={}` has no certificates to verify against",
                parameters.ssl_mode.name()
            );
            let help = "add `sslrootcert=/path/to/ca.pem` to the connection URL, or \
                        `sslrootcert=system` if a public authority has signed the server's";
            Err(Fault::errored(message).help(help))
        }
    }
}

/// Where libpq looks for certificates if it is not told.
fn usual_file() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".postgresql/root.crt"))
}

fn from_file(file: &Path) -> Result<RootCertStore, Fault> {
    let fault = |why: String| {
        Fault::errored(format!("`sslrootcert` cannot be used: {why}")).object(file.display())
    };
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(file).map_err(|error| fault(causes(&error)))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| fault(causes(&error)))?;
        roots.add(certificate).map_err(|error| fault(causes(&error)))?;
    }
    match roots.is_empty() {
        true => Err(fault("there is no certificate in it (PEM)".to_owned())),
        false => Ok(roots),
    }
}

fn system() -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(Fault::errored("the system has no trusted certificates")
            .help("install the package `ca-certificates`, or name a file in `sslrootcert`")),
        false => Ok(roots),
    }
}

/// Verifies as much as `sslmode` asks for.
#[derive(Debug)]
struct Verifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    /// Whether the certificate must also be for this host.
    names: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        match inner.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            // The name is looked at last, so the rest is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
