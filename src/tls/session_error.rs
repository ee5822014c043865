//! Why a TLS connection failed, as values. [`crate::tls::explain`] turns them into sentences.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use crate::tls::client_hello::ClientHello;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::names;
use crate::tls::options::{TlsChoices, TlsFiles};

/// The cause of the end of a TLS connection.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsErrorCause {
    /// rustls refused what the peer sent, or received an alert.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    /// The peer closed the connection in the middle of its first message.
    #[error("end of stream during the ClientHello")]
    ClosedInHello,
    /// The peer closed the connection before the handshake was done.
    #[error("end of stream during the handshake")]
    ClosedInHandshake,
    /// The peer's operating system reset the connection before the handshake was done.
    #[error("connection reset during the handshake")]
    ResetInHandshake,
}

/// Why the server could not serve a client over TLS.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ServerTlsError {
    /// The cause.
    #[source]
    pub cause: TlsErrorCause,
    /// Whether the handshake was still going on.
    pub in_handshake: bool,
    /// When it happened; decides whether a certificate was valid.
    pub at: Timestamp,
    /// The client's offer; `None` if the handshake failed before it.
    pub client_hello: Option<Arc<ClientHello>>,
    /// The address of this computer that the client connected to.
    pub local_address: Option<IpAddr>,
    /// How the server was set up.
    pub context: Arc<ServerContext>,
}

impl ServerTlsError {
    /// Creates the error as of now, without what is known of the client.
    #[must_use]
    pub fn new(cause: TlsErrorCause, in_handshake: bool, context: Arc<ServerContext>) -> Self {
        let at = Timestamp::now();
        Self { cause, in_handshake, at, client_hello: None, local_address: None, context }
    }

    /// Returns the name of the alert that the client sent, if any: `unknown_ca`.
    #[must_use]
    pub fn received_alert(&self) -> Option<String> {
        match &self.cause {
            TlsErrorCause::Rustls(rustls::Error::AlertReceived(alert)) => Some(names::alert((*alert).into())),
            _ => None,
        }
    }

    /// Returns how much memory the error takes in bytes, without the context that it shares with others.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.client_hello.as_ref().map_or(0, |hello| hello.size())
    }
}

/// How the server was set up: what the explanation of a failure depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerContext {
    /// Its files and choices.
    pub files: TlsFiles,
    /// How a client on this computer reaches the server: `localhost:12345`.
    pub address: String,
    /// The certificate.
    pub served: ServedCertificate,
}

impl ServerContext {
    /// Sets the address by which a client on this computer reaches a server that listens on `host`.
    pub(super) fn set_address(&mut self, host: &str, port: u16) {
        self.address = match host.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => format!("localhost:{port}"),
            Ok(address) => SocketAddr::new(address, port).to_string(),
            Err(_) => format!("{host}:{port}"),
        };
    }
}

/// Why the built-in client could not speak TLS with a server.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ClientTlsError {
    /// The cause.
    #[source]
    pub cause: TlsErrorCause,
    /// Whether the handshake was still going on.
    pub in_handshake: bool,
    /// The client's choices.
    pub context: Arc<ClientContext>,
    /// The certificates that the server presented, its own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the server asked for a client certificate.
    pub asked_for_certificate: bool,
    /// Whether the client presented a certificate.
    pub presented_certificate: bool,
}

/// A client's choices: what the explanation of a failure depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientContext {
    /// The choices.
    pub choices: TlsChoices,
    /// The first certificate of the file in [`Trust::ThisServer`](crate::tls::options::Trust::ThisServer).
    pub given: Option<CertificateDer<'static>>,
    /// The name that the certificate is checked for.
    pub name: String,
}
