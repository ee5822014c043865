//! From files and choices to what serves them: rustls' server configuration.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, SupportedProtocolVersion, version};

use crate::settings::tls::{ClientAuth, TlsVersions};
use crate::tls::certificate::CertificateFile;
use crate::tls::client_ca::ClientCaFile;
use crate::tls::error::TlsError;
use crate::tls::inspect::Served;
use crate::tls::key::KeyFile;
use crate::tls::key_log::KeyLogFile;
use crate::tls::options::TlsFiles;
use crate::tls::pair::check_pair;
use crate::tls::serving::Serving;
use crate::tls::words::Situation;

/// Reads both files and makes the configuration of [`TlsFiles::new`]. May wait for a disk: not for the window's
/// thread.
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
    let identity = identity(certificate, key);
    configure(&identity, TlsVersions::Both, None, true).map(Arc::new)
}

/// Reads every file and makes what serves connections. `trouble` hears once, later and from any thread, where the key
/// log can't be written. May wait for a disk: not for the window's thread.
///
/// # Errors
/// A file can't be used, or certificate and key don't belong together.
pub fn serve(
    files: &TlsFiles,
    trouble: impl Fn(String) + Send + Sync + 'static,
) -> Result<Serving, TlsError> {
    let certificate = CertificateFile::read(&files.certificate)?;
    let key = KeyFile::read(&files.key)?;
    check_pair(&certificate, &key)?;
    let ca = match files.client_auth {
        ClientAuth::None => None,
        ClientAuth::Optional | ClientAuth::Required => Some(ClientCaFile::read(&files.client_ca)?),
    };
    let verifier = match &ca {
        Some(ca) => Some(verifier(ca, files.client_auth)?),
        None => None,
    };
    let identity = identity(&certificate, key);
    let mut config = configure(&identity, files.versions, verifier, files.tickets)?;
    config.alpn_protocols = files.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    if let Some(path) = &files.key_log {
        config.key_log = Arc::new(KeyLogFile::open(path, trouble)?);
    }
    Ok(Serving::new(config, identity, Situation::new(files, Served::of(&certificate))))
}

pub(super) fn identity(certificate: &CertificateFile, key: KeyFile) -> Arc<CertifiedKey> {
    Arc::new(CertifiedKey::new(certificate.chain.clone(), key.signing))
}

fn configure(
    identity: &Arc<CertifiedKey>,
    versions: TlsVersions,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    tickets: bool,
) -> Result<ServerConfig, TlsError> {
    // Not `with_single_cert`: it refuses X.509 version 1, which `openssl x509 -req` makes unless told otherwise.
    let served = SingleCertAndKey::from(Arc::clone(identity));
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&protocol_versions(versions))
        .map_err(|error| library(&error))?
        .with_client_cert_verifier(verifier.unwrap_or_else(WebPkiClientVerifier::no_client_auth))
        .with_cert_resolver(Arc::new(served));
    if tickets {
        // Without a ticketer TLS 1.2 would resume by session id alone, and TLS 1.3 from a small memory of ours.
        config.ticketer = Ticketer::new().map_err(|error| library(&error))?;
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

pub(super) fn protocol_versions(versions: TlsVersions) -> Vec<&'static SupportedProtocolVersion> {
    match versions {
        TlsVersions::Both => vec![&version::TLS13, &version::TLS12],
        TlsVersions::Only12 => vec![&version::TLS12],
        TlsVersions::Only13 => vec![&version::TLS13],
    }
}

fn verifier(ca: &ClientCaFile, auth: ClientAuth) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&ca.roots), provider());
    let builder = if auth == ClientAuth::Optional { builder.allow_unauthenticated() } else { builder };
    builder.build().map_err(|error| TlsError::Library { raw: error.to_string() })
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

fn library(error: &rustls::Error) -> TlsError {
    TlsError::Library { raw: error.to_string() }
}
