//! Errors of TLS connections, as values. [`crate::tls::explain`] contains their texts.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use crate::tls::client_hello::ClientHello;
use crate::tls::inspect::served_certificate::ServedCertificate;
use crate::tls::names;
use crate::tls::options::{TlsChoices, TlsFiles};

/// The cause of a TLS error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsErrorCause {
    /// rustls rejected data from the peer, or received an alert.
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

/// Why TLS between the server and a client failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ServerTlsError {
    /// The cause of the error.
    #[source]
    pub cause: TlsErrorCause,
    /// Whether the handshake was still in progress.
    pub in_handshake: bool,
    /// Whether TLS 1.3 was negotiated.
    pub is_tls13: bool,
    /// When the error happened. The explanation checks whether the certificate was valid at that time.
    pub at: Timestamp,
    /// The client's first `ClientHello`; `None` if the handshake failed before it arrived.
    pub client_hello: Option<Arc<ClientHello>>,
    /// The address of this computer that the client connected to.
    pub local_address: Option<IpAddr>,
    /// The server's settings and certificate.
    pub context: Arc<ServerContext>,
}

impl ServerTlsError {
    /// Creates an error with the current time and without the details of the client.
    #[must_use]
    pub fn new(cause: TlsErrorCause, in_handshake: bool, context: Arc<ServerContext>) -> Self {
        let at = Timestamp::now();
        let cause = match cause {
            TlsErrorCause::Rustls(error) => TlsErrorCause::Rustls(without_large_parts(error)),
            cause => cause,
        };
        Self { cause, in_handshake, is_tls13: false, at, client_hello: None, local_address: None, context }
    }

    /// Returns the name of the alert that the client sent, if any, such as `unknown_ca`.
    #[must_use]
    pub fn received_alert(&self) -> Option<String> {
        match &self.cause {
            TlsErrorCause::Rustls(rustls::Error::AlertReceived(alert)) => Some(names::alert((*alert).into())),
            _ => None,
        }
    }

    /// Returns the memory that the error takes, in bytes, without the shared context.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.client_hello.as_ref().map_or(0, |hello| hello.size())
    }
}

/// The maximum length of the object identifiers in an error that are kept, in bytes. The client chose them.
const MAX_IDENTIFIERS: usize = 1024;

/// Removes what a client's certificate contains from an error about it, if that is large.
fn without_large_parts(error: rustls::Error) -> rustls::Error {
    use rustls::CertificateError as C;
    let rustls::Error::InvalidCertificate(reason) = &error else { return error };
    let (size, plain) = match reason {
        C::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. } => {
            (signature_algorithm_id.len(), C::BadSignature)
        }
        C::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => (signature_algorithm_id.len() + public_key_algorithm_id.len(), C::BadSignature),
        C::InvalidPurposeContext { presented, .. } => (size_of_val(presented.as_slice()), C::InvalidPurpose),
        _ => return error,
    };
    if size > MAX_IDENTIFIERS { plain.into() } else { error }
}

/// The server's settings and certificate, which the explanation of an error depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerContext {
    /// The server's files and options.
    pub files: TlsFiles,
    /// The host that the server listens on, as the user typed it.
    pub host: String,
    /// The port that the server listens on.
    pub port: u16,
    /// The server's certificate.
    pub served: ServedCertificate,
}

/// Why TLS between the built-in client and a server failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ClientTlsError {
    /// The cause of the error.
    #[source]
    pub cause: TlsErrorCause,
    /// Whether the handshake was still in progress.
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

/// A client's choices, which the explanation of an error depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientContext {
    /// The client's choices.
    pub choices: TlsChoices,
    /// The first certificate of the file in [`Trust::ThisServer`](crate::tls::options::Trust::ThisServer).
    pub given: Option<CertificateDer<'static>>,
    /// The name or address that the server's certificate must contain.
    pub name: String,
}
