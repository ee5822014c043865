//! From files and choices to what serves them: rustls' server configuration.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::{ServerConfig, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion, version};

use crate::settings::{ClientAuth, TlsVersions};
use crate::tls::certificate::CertificateFile;
use crate::tls::client_ca::ClientCaFile;
use crate::tls::error::TlsError;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::key::KeyFile;
use crate::tls::key_log::KeyLogFile;
use crate::tls::options::TlsFiles;
use crate::tls::pair::check_pair;
use crate::tls::session_error::ServerContext;

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
    let identity = certified_key(certificate, key);
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
) -> Result<TlsServer, TlsError> {
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
    let identity = certified_key(&certificate, key);
    let mut config = configure(&identity, files.versions, verifier, files.tickets)?;
    config.alpn_protocols = files.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    if let Some(path) = &files.key_log {
        config.key_log = Arc::new(KeyLogFile::open(path, trouble)?);
    }
    let context = Arc::new(ServerContext::new(files, ServedCertificate::of(&certificate)));
    Ok(TlsServer { config: Arc::new(config), context })
}

pub(super) fn certified_key(certificate: &CertificateFile, key: KeyFile) -> Arc<CertifiedKey> {
    let key = Arc::new(RecordingKey(key.signing));
    Arc::new(CertifiedKey::new(certificate.chain.clone(), key))
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

/// A TLS server's configuration for one run.
#[derive(Debug)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
    context: Arc<ServerContext>,
}

impl TlsServer {
    /// Sets the host as it was typed and the port once it is known, for the explanations that name them.
    pub fn set_address(&mut self, host: &str, port: u16) {
        Arc::make_mut(&mut self.context).set_address(host, port);
    }

    /// Returns how the server was set up, for the explanation of failures.
    #[must_use]
    pub fn context(&self) -> &Arc<ServerContext> {
        &self.context
    }

    /// Returns the configuration for a new connection. Its handshake must happen on the calling thread, and no other one
    /// on the same thread until then: see [`chosen_scheme`].
    #[must_use]
    pub fn new_connection(&self) -> Arc<ServerConfig> {
        CHOSEN_SCHEME.set(None);
        Arc::clone(&self.config)
    }
}

thread_local! {
    /// rustls doesn't report which signature scheme it chose, but it asks the key for it on the thread that drives the
    /// handshake.
    static CHOSEN_SCHEME: Cell<Option<SignatureScheme>> = const { Cell::new(None) };
}

/// Returns the signature scheme that the server used in this thread's handshake; `None` if a session was resumed.
#[must_use]
pub fn chosen_scheme() -> Option<u16> {
    CHOSEN_SCHEME.get().map(u16::from)
}

/// A private key that records the signature scheme that rustls chooses.
#[derive(Debug)]
struct RecordingKey(Arc<dyn SigningKey>);

impl SigningKey for RecordingKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer = self.0.choose_scheme(offered)?;
        CHOSEN_SCHEME.set(Some(signer.scheme()));
        Some(signer)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.0.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}
