//! Why a server could not start, in words for the person who pressed Start.

use std::io;
use std::net::SocketAddr;

use crate::platform::sockets;
use crate::tls::error::TlsError;

/// One address could not be bound.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.words())]
pub struct BindError {
    /// The address and port.
    pub address: SocketAddr,
    /// What kind of failure it was.
    pub cause: BindCause,
    /// The system's own words.
    pub raw: String,
}

/// What stands behind a failed `socket`, `bind` or `listen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindCause {
    /// Another program listens there (`EADDRINUSE`).
    InUse,
    /// The system reserves the port (`EACCES`): below 1024, on Unix.
    NotAllowed,
    /// The address belongs to no network interface of this computer (`EADDRNOTAVAIL`).
    NotOurs,
    /// The system has no IPv6, or no IPv4 (`EAFNOSUPPORT`).
    NoSuchFamily,
    /// No file descriptor is left (`EMFILE`, `ENFILE`).
    OutOfFiles,
    /// Anything else; the raw words tell.
    Other,
}

impl BindError {
    pub(super) fn new(address: SocketAddr, error: &io::Error) -> Self {
        let cause = match error.kind() {
            io::ErrorKind::AddrInUse => BindCause::InUse,
            io::ErrorKind::PermissionDenied => BindCause::NotAllowed,
            io::ErrorKind::AddrNotAvailable => BindCause::NotOurs,
            io::ErrorKind::Unsupported => BindCause::NoSuchFamily,
            _ if sockets::is_out_of_files(error) => BindCause::OutOfFiles,
            _ if sockets::is_family_missing(error) => BindCause::NoSuchFamily,
            _ => BindCause::Other,
        };
        Self { address, cause, raw: error.to_string() }
    }

    fn words(&self) -> String {
        let Self { address, .. } = self;
        let port = address.port();
        match self.cause {
            BindCause::InUse => format!(
                "Port {port} on {} is already in use by another program. Stop that program, or use another port.",
                address.ip()
            ),
            BindCause::NotAllowed if port < 1024 && sockets::LOW_PORTS_ARE_RESERVED => format!(
                "The system doesn't allow port {port} on {}. Ports below 1024 are reserved: use a higher one.",
                address.ip()
            ),
            BindCause::NotAllowed => {
                format!("The system doesn't allow port {port} on {}. Use another port.", address.ip())
            }
            BindCause::NotOurs => format!(
                "{} is not an address of this computer. Use localhost, 0.0.0.0 or one of its own addresses.",
                address.ip()
            ),
            BindCause::NoSuchFamily => format!(
                "This computer has no {}, so {} can't be used.",
                if address.is_ipv6() { "IPv6" } else { "IPv4" },
                address.ip()
            ),
            BindCause::OutOfFiles => {
                "No socket could be opened: too many files are open. Close some programs and try again."
                    .to_owned()
            }
            BindCause::Other => format!(
                "The system doesn't let {address} be used: it says “{}”. Use another address or port.",
                self.raw.split(" (os error").next().unwrap_or_default()
            ),
        }
    }
}

/// Why a server could not start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// The resolver knows no address for the name.
    #[error("No address was found for “{host}”. Check the spelling, or use localhost.")]
    NameNotFound {
        /// The name as typed.
        host: String,
        /// The resolver's own words.
        raw: String,
    },
    /// Not one of the host's addresses could be bound; each with its cause.
    #[error("{}", first_words(.0))]
    Bind(Vec<BindError>),
    /// The certificate and key can't serve TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refused what a server needs before it can listen: a thread, a poller.
    #[error("The server could not start: {raw}. Close some programs and try again.")]
    System {
        /// The system's own words.
        raw: String,
    },
}

impl StartError {
    /// Whether another port would help.
    #[must_use]
    pub fn is_about_the_port(&self) -> bool {
        let about = |error: &BindError| matches!(error.cause, BindCause::InUse | BindCause::NotAllowed);
        matches!(self, Self::Bind(errors) if errors.iter().any(about))
    }

    /// The system's or the library's own words, for the details.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        match self {
            Self::NameNotFound { raw, .. } | Self::System { raw } => Some(raw.clone()),
            Self::Bind(errors) => Some(
                errors.iter().map(|e| format!("{}: {}", e.address, e.raw)).collect::<Vec<_>>().join("\n"),
            ),
            Self::Tls(error) => error.raw(),
        }
    }
}

fn first_words(errors: &[BindError]) -> String {
    // The cause that the user can do something about comes first: a busy port before a missing IPv6.
    let first = errors.iter().find(|error| error.cause == BindCause::InUse).or_else(|| errors.first());
    first.map_or_else(|| "No address could be bound.".to_owned(), ToString::to_string)
}
