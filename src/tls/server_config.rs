//! Makes rustls' server configuration from files and choices.

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::server::{ClientCertVerifierBuilder, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{Signer, SigningKey, SingleCertAndKey};
use rustls::{ServerConfig, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion, version};

use crate::settings::{ClientAuth, TlsVersions};
use crate::tls::file_error::{TlsError, TlsFileError};
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::key_log::KeyLogFile;
use crate::tls::load::{ClientCaFile, read_pair};
use crate::tls::options::TlsFiles;
use crate::tls::session_error::ServerContext;

/// A TLS server, from its start to its stop.
#[derive(Debug)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
    context: Arc<ServerContext>,
}

impl TlsServer {
    /// Reads every file and configures rustls. May block on a disk. Calls `on_key_log_error` with the first error of the key
    /// log, later and from any thread.
    ///
    /// # Errors
    /// A file can't be used, or the certificate and the key don't belong together.
    pub fn new(
        files: &TlsFiles,
        on_key_log_error: impl Fn(&Path, &io::Error) + Send + Sync + 'static,
    ) -> Result<Self, TlsError> {
        let (certificate, mut key) = read_pair(&files.certificate, &files.key)?;
        key.key = Arc::new(RecordingKey(key.key));
        let verifier = match files.client_auth {
            ClientAuth::None => WebPkiClientVerifier::no_client_auth(),
            ClientAuth::Optional => client_verifier(files)?.allow_unauthenticated().build()?,
            ClientAuth::Required => client_verifier(files)?.build()?,
        };
        // Not `with_single_cert`: it rejects X.509 version 1, which `openssl x509 -req` makes by default.
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&protocol_versions(files.versions))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        if files.tickets {
            // Without a ticketer, TLS 1.2 would resume by session ID alone, and TLS 1.3 from a small cache.
            config.ticketer = Ticketer::new()?;
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.alpn_protocols = files.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        if let Some(path) = &files.key_log {
            config.key_log = Arc::new(KeyLogFile::open(path, Box::new(on_key_log_error))?);
        }
        let context = Arc::new(ServerContext {
            files: files.clone(),
            address: "localhost".to_owned(),
            served: ServedCertificate::of(&certificate),
        });
        Ok(Self { config: Arc::new(config), context })
    }

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

fn client_verifier(files: &TlsFiles) -> Result<ClientCertVerifierBuilder, TlsFileError> {
    let ca = ClientCaFile::read(&files.client_ca)?;
    Ok(WebPkiClientVerifier::builder_with_provider(ca.roots, provider()))
}

/// Returns rustls' names of the versions.
pub(super) fn protocol_versions(versions: TlsVersions) -> Vec<&'static SupportedProtocolVersion> {
    match versions {
        TlsVersions::Both => vec![&version::TLS13, &version::TLS12],
        TlsVersions::Only12 => vec![&version::TLS12],
        TlsVersions::Only13 => vec![&version::TLS13],
    }
}

/// Returns the implementation of the cryptography.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
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

/// A private key that records the signature scheme that rustls chooses: see [`chosen_scheme`].
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
