//! Creates rustls' server configuration from [`TlsFiles`].

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::{KeyLog, ServerConfig, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion, version};

use crate::settings::{ClientAuth, TlsVersions};
use crate::tls::early_data::{self, FilterKeyLog};
use crate::tls::file_error::TlsError;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::key_log::KeyLogFile;
use crate::tls::load::{ClientCaFile, LoadedFiles, read_pair};
use crate::tls::options::TlsFiles;
use crate::tls::session_error::ServerContext;

/// How many bytes of early data rustls skips while it waits for a second `ClientHello`; [`crate::tls::early_data`] skips
/// it otherwise. Nothing is accepted or advertised: that would need sessions that the server stores, and it resumes only
/// by ticket.
const MAX_REJECTED_EARLY_DATA: u32 = 16 << 20;

/// The TLS configuration of a running server.
#[derive(Debug)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
    context: Arc<ServerContext>,
    loaded: LoadedFiles,
}

impl TlsServer {
    /// Reads every file and configures rustls. May block on the disk. `on_key_log_error` is called with the first error
    /// in writing the key log, later and from any thread. The keys are also logged to `key_logs`.
    ///
    /// # Errors
    /// A file can't be used, or the certificate and the key don't match.
    pub fn new(
        files: &TlsFiles,
        mut key_logs: Vec<Arc<dyn KeyLog>>,
        on_key_log_error: impl Fn(&Path, &io::Error) + Send + Sync + 'static,
    ) -> Result<Self, TlsError> {
        let (certificate, key) = read_pair(&files.certificate, &files.key)?;
        let client_ca = match files.client_auth {
            ClientAuth::None => None,
            ClientAuth::Optional | ClientAuth::Required => Some(ClientCaFile::read(&files.client_ca)?),
        };
        let loaded = LoadedFiles::new(Some(&certificate), Some(&key), client_ca.as_ref());
        let verifier = match client_ca {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(ca) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(ca.roots, provider());
                if files.client_auth == ClientAuth::Optional {
                    verifier.allow_unauthenticated().build()?
                } else {
                    verifier.build()?
                }
            }
        };
        let key = CertifiedKey::new(certificate.chain.clone(), Arc::new(RecordingKey(key.signing)));
        // `with_single_cert` would reject X.509 version 1, which `openssl x509 -req` creates by default before OpenSSL
        // 3.2.
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&protocol_versions(files.versions))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        if files.tickets {
            // Without a ticketer, TLS 1.2 would resume only by session ID, and TLS 1.3 only from a small cache.
            config.ticketer = Ticketer::new()?;
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.max_early_data_size = MAX_REJECTED_EARLY_DATA;
        config.alpn_protocols = files.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        if let Some(path) = &files.key_log {
            key_logs.push(Arc::new(KeyLogFile::open(path, Box::new(on_key_log_error))?));
        }
        config.key_log = Arc::new(FilterKeyLog(key_logs));
        let context = Arc::new(ServerContext {
            files: files.clone(),
            host: "localhost".to_owned(),
            port: 0,
            served: ServedCertificate::of(&certificate),
        });
        Ok(Self { config: Arc::new(config), context, loaded })
    }

    /// Sets the host as the user typed it, and the port once it is known, for explanations that mention the address.
    pub fn set_address(&mut self, host: &str, port: u16) {
        let context = Arc::make_mut(&mut self.context);
        (context.host, context.port) = (host.to_owned(), port);
    }

    /// Returns the server's settings and certificate, which the explanations of errors depend on.
    #[must_use]
    pub fn context(&self) -> &Arc<ServerContext> {
        &self.context
    }

    /// Returns the contents of the files.
    #[must_use]
    pub fn loaded(&self) -> &LoadedFiles {
        &self.loaded
    }

    /// Returns the configuration for a new connection. The connection's handshake must run on the calling thread, with
    /// no other handshake on that thread before it: see [`chosen_scheme`].
    #[must_use]
    pub fn new_connection(&self) -> Arc<ServerConfig> {
        CHOSEN_SCHEME.set(None);
        early_data::forget_secret();
        Arc::clone(&self.config)
    }
}

/// Returns rustls' values for the versions.
pub(super) fn protocol_versions(versions: TlsVersions) -> Vec<&'static SupportedProtocolVersion> {
    match versions {
        TlsVersions::Both => vec![&version::TLS13, &version::TLS12],
        TlsVersions::Only12 => vec![&version::TLS12],
        TlsVersions::Only13 => vec![&version::TLS13],
    }
}

/// Returns rustls' cryptography provider, aws-lc-rs.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

thread_local! {
    /// The signature scheme of this thread's handshake. rustls doesn't report it, but asks the key for it on the thread
    /// that drives the handshake.
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
