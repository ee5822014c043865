//! From a certificate and a key to what serves them: rustls' server configuration.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::certificate::CertificateFile;
use super::error::TlsError;
use super::key::KeyFile;
use super::pair::check_pair;

/// Reads both files and makes the configuration. May wait for a disk: not for the window's thread.
///
/// # Errors
/// A file can't be used, or the two don't belong together.
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let certificate = CertificateFile::read(certificate)?;
    server_config(&certificate, KeyFile::read(key)?)
}

/// TLS 1.2 and 1.3, no client certificates, sessions resumed by ticket.
///
/// # Errors
/// The key does not belong to the certificate.
pub fn server_config(certificate: &CertificateFile, key: KeyFile) -> Result<Arc<ServerConfig>, TlsError> {
    check_pair(certificate, &key)?;
    let library = |error: rustls::Error| TlsError::Library { raw: error.to_string() };
    // Not `with_single_cert`: it refuses X.509 version 1, which `openssl x509 -req` makes unless told otherwise.
    let served = SingleCertAndKey::from(CertifiedKey::new(certificate.chain.clone(), key.signing));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(library)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(served));
    // Without a ticketer TLS 1.2 would resume by session id alone, and TLS 1.3 from a small memory of ours.
    config.ticketer = Ticketer::new().map_err(library)?;
    Ok(Arc::new(config))
}
