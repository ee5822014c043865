//! Makes the built-in client's TLS connections: reads the files, configures rustls, and reports what a handshake
//! negotiated or why it failed.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::{Resumption, VerifierBuilderError, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::sync::lock;
use crate::tls::certificate::Certificate;
use crate::tls::file_error::{TlsError, TlsFileError};
use crate::tls::handshake::{ClientHandshake, Handshake};
use crate::tls::inspect::client_check::Roots;
use crate::tls::load::{CertificateFile, read_pair};
use crate::tls::options::{TlsChoices, Trust};
use crate::tls::server_config::{protocol_versions, provider};
use crate::tls::server_verifier::{ClientCertResolver, HandshakeLog, ServerVerifier};
use crate::tls::session_error::{ClientContext, ClientTlsError, TlsErrorCause};

/// Why a client's choices can't be used for TLS. Its `Display` is in [`crate::tls::explain::client`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientConfigError {
    /// The file of trusted certificates can't be used.
    Trust(#[source] TlsFileError),
    /// The client's own certificate or key can't be used.
    Identity(#[from] TlsError),
    /// The chosen trust contains no usable CA.
    NoCas {
        /// The client's choice of trust.
        trust: Trust,
        /// The error that rustls returned.
        #[source]
        source: VerifierBuilderError,
    },
    /// The name is neither a host name nor an IP address.
    InvalidName {
        /// The name as the user typed it.
        name: String,
    },
    /// rustls rejected the choices.
    Rustls(#[from] rustls::Error),
}

impl ClientConfigError {
    /// Returns the error that the OS or the TLS library reported, if any.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::Trust(error) => error.raw(),
            Self::Identity(error) => error.raw(),
            error => error.source().map(ToString::to_string),
        }
    }
}

/// Makes one TLS connection and reports on it.
#[derive(Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
    context: Arc<ClientContext>,
    log: Arc<Mutex<HandshakeLog>>,
}

impl Connector {
    /// Reads the files and configures rustls. May block on the disk.
    ///
    /// # Errors
    /// A file can't be used, or the server name is invalid.
    pub fn new(choices: &TlsChoices, host: &str) -> Result<Self, ClientConfigError> {
        let name = if choices.name.is_empty() { host } else { &choices.name };
        // An IPv6 address may have a zone such as `%eth0`, which only this computer understands.
        let bare = name.split_once('%').map_or(name, |(address, _)| address).trim_end_matches('.');
        let server = ServerName::try_from(bare.to_owned())
            .map_err(|_| ClientConfigError::InvalidName { name: name.to_owned() })?;
        let log = Arc::<Mutex<HandshakeLog>>::default();
        let (cas, given) = trusted(&choices.trust)?;
        let provider = provider();
        let algorithms = provider.signature_verification_algorithms;
        let verifier = ServerVerifier { cas, pinned: given.clone(), algorithms, log: Arc::clone(&log) };
        let resolver = ClientCertResolver { identity: identity(choices)?, log: Arc::clone(&log) };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&protocol_versions(choices.versions))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = choices.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        // Resumption is off so that each connection shows a full handshake.
        config.resumption = Resumption::disabled();
        let context = Arc::new(ClientContext { choices: choices.clone(), given, name: bare.to_owned() });
        Ok(Self { config: Arc::new(config), server, context, log })
    }

    /// Creates the connection, whose first message is the `ClientHello`.
    ///
    /// # Errors
    /// rustls can't create a `ClientHello` from these choices.
    pub fn connection(&self) -> Result<ClientConnection, ClientConfigError> {
        Ok(ClientConnection::new(Arc::clone(&self.config), self.server.clone())?)
    }

    /// Returns what a finished handshake negotiated; `took` is the time since the socket was connected.
    #[must_use]
    pub fn handshake_info(&self, connection: &ClientConnection, took: Duration) -> ClientHandshake {
        let log = lock(&self.log);
        let name = &self.context.name;
        ClientHandshake {
            agreed: Handshake {
                server_name: matches!(self.server, ServerName::DnsName(_)).then(|| name.clone()),
                ..Handshake::new(connection, log.scheme, took)
            },
            name: name.clone(),
            chain: log.chain.iter().filter_map(|der| Certificate::from_der(der)).collect(),
            accepted: log.accepted.unwrap_or_default(),
            asked_for_certificate: log.asked_for_certificate,
            presented_certificate: log.presented_certificate,
        }
    }

    /// Returns an error of the connection with the details that its explanation needs.
    #[must_use]
    pub fn error(&self, cause: impl Into<TlsErrorCause>, in_handshake: bool) -> ClientTlsError {
        let log = lock(&self.log);
        ClientTlsError {
            cause: cause.into(),
            in_handshake,
            context: Arc::clone(&self.context),
            chain: log.chain.clone(),
            asked_for_certificate: log.asked_for_certificate,
            presented_certificate: log.presented_certificate,
        }
    }
}

/// Returns the verifier for the trusted CAs, if any, and the certificate that the client was given as this server's.
fn trusted(trust: &Trust) -> Result<Trusted, ClientConfigError> {
    let roots = match trust {
        Trust::Nothing => return Ok((None, None)),
        Trust::ThisServer(path) => {
            let file = CertificateFile::read(path).map_err(ClientConfigError::Trust)?;
            // `read` fails if the file contains no certificate.
            return Ok((verifier(Roots::of_file(&file).store).ok(), Some(file.chain()[0].clone())));
        }
        Trust::CaFile(path) => Roots::read(path).map_err(ClientConfigError::Trust)?,
        Trust::System => Roots::system(),
    };
    let none = |source| ClientConfigError::NoCas { trust: trust.clone(), source };
    Ok((Some(verifier(roots.store).map_err(none)?), None))
}

type Trusted = (Option<Arc<WebPkiServerVerifier>>, Option<CertificateDer<'static>>);

fn verifier(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>, VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(roots, provider()).build()
}

fn identity(choices: &TlsChoices) -> Result<Option<Arc<CertifiedKey>>, TlsError> {
    let Some(files) = &choices.identity else { return Ok(None) };
    let (certificate, key) = read_pair(&files.certificate, &files.key)?;
    Ok(Some(Arc::new(CertifiedKey::new(certificate.chain, key.signing))))
}
