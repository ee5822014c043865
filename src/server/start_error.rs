//! Why a server could not start. Each error's `Display` is for the user who pressed Start, and includes the remedy.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::platform::sockets;
use crate::tls::file_error::TlsError;

/// An address that could not be bound.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.message())]
pub struct BindError {
    /// The address and port.
    pub address: SocketAddr,
    /// The error of `socket`, `bind` or `listen`.
    pub source: Arc<io::Error>,
}

impl BindError {
    fn message(&self) -> String {
        let (ip, port) = (self.address.ip(), self.address.port());
        match self.source.kind() {
            ErrorKind::AddrInUse => format!(
                "Port {port} on {ip} is already in use by another program. Stop that program, or use another port."
            ),
            // `EACCES`: on Unix, for a port below 1024.
            ErrorKind::PermissionDenied => format!(
                "The OS doesn't allow port {port} on {ip}. Use another port; those below 1024 are often reserved."
            ),
            ErrorKind::AddrNotAvailable => format!(
                "{ip} is not an address of this computer. Use localhost, 0.0.0.0 or one of its own addresses."
            ),
            _ if sockets::is_out_of_files(&self.source) => {
                "Can't open a socket: too many files are open. Close some programs and try again.".to_owned()
            }
            _ => {
                format!("Can't listen on {}: {}. Use another address or port.", self.address, self.source)
            }
        }
    }
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The resolver found no address for the name.
    #[error("No address was found for “{host}”. Check the spelling, or use localhost.")]
    NameNotFound {
        /// The name as typed.
        host: String,
        /// The resolver's error.
        source: io::Error,
    },
    /// None of the host's addresses could be bound.
    #[error("{}", most_helpful(.0))]
    Bind(Vec<BindError>),
    /// The server can't serve TLS with the certificate and key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The OS refused something that a server needs before it can listen: a thread, a poller.
    #[error("The server could not start: {0}. Close some programs and try again.")]
    System(#[source] io::Error),
}

impl StartError {
    /// Returns whether another port would help.
    #[must_use]
    pub fn is_about_the_port(&self) -> bool {
        let is_about_it = |error: &BindError| {
            matches!(error.source.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
        };
        matches!(self, Self::Bind(errors) if errors.iter().any(is_about_it))
    }

    /// Returns the message of the OS or the library, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::NameNotFound { source, .. } | Self::System(source) => Some(source.to_string()),
            Self::Bind(errors) => {
                let lines = errors.iter().map(|error| format!("{}: {}", error.address, error.source));
                Some(lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Tls(error) => error.raw(),
        }
    }
}

/// Returns the most helpful of the messages: a port in use is more helpful than a missing IPv6.
fn most_helpful(errors: &[BindError]) -> String {
    let error = errors.iter().find(|error| error.source.kind() == ErrorKind::AddrInUse).or(errors.first());
    error.map_or_else(|| "No address could be bound.".to_owned(), ToString::to_string)
}
