//! From a client's choices to its connection: files read, rustls configured, and the outcome put into words.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error};

use crate::tls::certificate::CertificateFile;
use crate::tls::connecting::verifier::{Policy, Shower, Sight, Verifier};
use crate::tls::connecting::words::{self, Explained, Situation};
use crate::tls::connecting::{Accepted, Agreed, TlsChoices, Trust};
use crate::tls::error::{FileError, TlsError};
use crate::tls::handshake::{Codes, HandshakeKind};
use crate::tls::inspect::{self, Roots};
use crate::tls::key::KeyFile;
use crate::tls::names;
use crate::tls::pair::check_pair;
use crate::tls::server_config::{self, provider};

/// Why TLS can't even be tried with these choices. Displayed as a sentence or two.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectorError {
    /// The file with whom to trust can't be used.
    #[error("{0}")]
    Trust(FileError),
    /// The client's own certificate or key can't be used.
    #[error("The client certificate can't be used. {0}")]
    Identity(#[from] TlsError),
    /// There is no authority to trust.
    #[error("{words}")]
    NoAuthorities {
        /// Whose are missing.
        words: String,
        /// The system's own words.
        raw: String,
    },
    /// The name is no host name and no address.
    #[error("“{name}” is no name that a certificate could be for. Set a server name such as localhost.")]
    Name {
        /// As it was typed.
        name: String,
    },
    /// rustls refused what is left after all of our own checks.
    #[error("The TLS library did not accept these choices. Change one of them and try again.")]
    Library {
        /// The library's own words.
        raw: String,
    },
}

impl ConnectorError {
    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::Trust(error) => error.raw(),
            Self::Identity(error) => error.raw(),
            Self::NoAuthorities { raw, .. } | Self::Library { raw } => Some(raw.clone()),
            Self::Name { .. } => None,
        }
    }
}

/// What makes one TLS connection and tells about it.
#[derive(Debug)]
pub struct Connector {
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
    situation: Situation,
    sight: Sight,
}

impl Connector {
    /// Reads the files. May wait for a disk: not for the window's thread.
    ///
    /// # Errors
    /// A file can't be used, or the name isn't one.
    pub fn new(choices: &TlsChoices, host: &str) -> Result<Self, ConnectorError> {
        let name = if choices.name.is_empty() { host } else { &choices.name };
        // An IPv6 address may name its zone, which is nobody's business but this computer's.
        let bare = name.split_once('%').map_or(name, |(address, _)| address).trim_end_matches('.');
        let server = ServerName::try_from(bare.to_owned())
            .map_err(|_| ConnectorError::Name { name: name.to_owned() })?;
        let sight = Sight::default();
        let (policy, given) = policy(&choices.trust)?;
        let provider = provider();
        let algorithms = provider.signature_verification_algorithms;
        let library = |error: Error| ConnectorError::Library { raw: error.to_string() };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&server_config::protocol_versions(choices.versions))
            .map_err(library)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { policy, algorithms, sight: sight.clone() }))
            .with_client_cert_resolver(Arc::new(Shower {
                identity: identity(choices)?,
                sight: sight.clone(),
            }));
        config.alpn_protocols = choices.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        // Each connection shows a whole handshake, however often one connects.
        config.resumption = Resumption::disabled();
        let situation = Situation {
            trust: choices.trust.clone(),
            given,
            name: bare.to_owned(),
            versions: choices.versions,
            alpn: choices.alpn.clone(),
        };
        Ok(Self { config: Arc::new(config), server, situation, sight })
    }

    /// The connection, whose first message is the `ClientHello`.
    ///
    /// # Errors
    /// rustls can't make a hello of these choices.
    pub fn connection(&self) -> Result<ClientConnection, ConnectorError> {
        ClientConnection::new(Arc::clone(&self.config), self.server.clone())
            .map_err(|error| ConnectorError::Library { raw: error.to_string() })
    }

    /// What a handshake that is done agreed on; `took` is the time since the socket was connected.
    #[must_use]
    pub fn agreed(&self, connection: &ClientConnection, took: Duration) -> Agreed {
        let seen = self.sight.lock();
        let codes = Codes {
            version: connection.protocol_version().map_or(0, u16::from),
            cipher_suite: connection.negotiated_cipher_suite().map_or(0, |suite| suite.suite().into()),
            group: connection.negotiated_key_exchange_group().map(|group| group.name().into()),
            signature_scheme: seen.scheme,
        };
        Agreed {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS 1.3",
            },
            cipher_suite: names::suite(codes.cipher_suite),
            group: codes.group.map(names::group),
            signature_scheme: codes.signature_scheme.map(names::scheme),
            sni: matches!(self.server, ServerName::DnsName(_)).then(|| self.situation.name.clone()),
            name: self.situation.name.clone(),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            kind: match connection.handshake_kind() {
                Some(rustls::HandshakeKind::FullWithHelloRetryRequest) => HandshakeKind::FullWithRetry,
                _ => HandshakeKind::Full,
            },
            chain: seen.chain.iter().filter_map(|der| inspect::describe(der)).collect(),
            accepted: seen.accepted.unwrap_or(Accepted::Unchecked),
            asked_for_certificate: seen.asked_for_certificate,
            showed_certificate: seen.showed_certificate,
            codes,
            took,
        }
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn failure(&self, error: &Error, in_handshake: bool) -> Explained {
        words::failure(error, in_handshake, &self.situation, &self.sight.lock())
    }
}

/// How certificates are checked, and the one that the client was given as this server's.
fn policy(
    trust: &Trust,
) -> Result<(Policy, Option<rustls::pki_types::CertificateDer<'static>>), ConnectorError> {
    let roots = match trust {
        Trust::Nothing => return Ok((Policy::Anybody, None)),
        Trust::ThisServer(path) => {
            let file = CertificateFile::read(path).map_err(ConnectorError::Trust)?;
            // The file was read, so there is a first one.
            if let Some(first) = file.chain().first().cloned() {
                let verifier = verifier(&Roots::of_file(&file)).ok();
                return Ok((Policy::OrThis(verifier, first.clone()), Some(first)));
            }
            Roots::of_file(&file)
        }
        Trust::CaFile(path) => Roots::read(path).map_err(ConnectorError::Trust)?,
        Trust::System => Roots::system(),
    };
    let none = |error: String| ConnectorError::NoAuthorities {
        words: words::no_authorities(trust),
        raw: roots.raw().first().cloned().unwrap_or(error),
    };
    Ok((Policy::Authorities(verifier(&roots).map_err(none)?), None))
}

fn verifier(roots: &Roots) -> Result<Arc<WebPkiServerVerifier>, String> {
    WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.store), provider())
        .build()
        .map_err(|error| error.to_string())
}

fn identity(choices: &TlsChoices) -> Result<Option<Arc<rustls::sign::CertifiedKey>>, TlsError> {
    let Some(files) = &choices.identity else { return Ok(None) };
    let certificate = CertificateFile::read(&files.certificate)?;
    let key = KeyFile::read(&files.key)?;
    check_pair(&certificate, &key)?;
    Ok(Some(server_config::identity(&certificate, key)))
}
