//! The old names of the client's TLS, until the client uses the new ones.

use std::time::Duration;

use rustls::ClientConnection;

pub use crate::tls::client_config::{ClientConfigError as ConnectorError, Connector};
use crate::tls::explain::{explain_accepted, explain_client_error};
pub use crate::tls::handshake::{Accepted, HandshakeInfo as Agreed};
pub use crate::tls::options::{Identity, TlsChoices, Trust};
use crate::tls::session_error::TlsErrorCause;

/// A sentence and the library's own error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// One to three sentences.
    pub text: String,
    /// The library's own words.
    pub raw: String,
}

/// Explains a closed connection.
#[must_use]
pub fn gone_in_handshake() -> Explained {
    let text = crate::tls::explain::CLOSED.to_owned();
    Explained { text, raw: TlsErrorCause::ClosedInHandshake.to_string() }
}

/// Explains a reset connection.
#[must_use]
pub fn reset_in_handshake(raw: String) -> Explained {
    Explained { text: crate::tls::explain::RESET.to_owned(), raw }
}

impl Connector {
    /// Returns what was agreed on.
    #[must_use]
    pub fn agreed(&self, connection: &ClientConnection, took: Duration) -> Agreed {
        self.handshake_info(connection, took)
    }

    /// Explains an error.
    #[must_use]
    pub fn failure(&self, error: &rustls::Error, in_handshake: bool) -> Explained {
        let error = self.error(error.clone(), in_handshake);
        Explained { text: explain_client_error(&error), raw: error.to_string() }
    }
}

impl Accepted {
    /// Explains it.
    #[must_use]
    pub fn words(self) -> &'static str {
        explain_accepted(self)
    }
}

impl Trust {
    /// Returns a warning.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        crate::tls::explain::trust_warning(self)
    }
}

impl ConnectorError {
    /// Returns the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::Trust(error) => error.raw(),
            Self::Identity(error) => error.raw(),
            Self::NoCas { source, .. } => Some(source.to_string()),
            Self::InvalidName { .. } => None,
            Self::Rustls(error) => Some(error.to_string()),
        }
    }
}
