//! The errors that end a client's connection, and its warnings. The `Display` texts explain them to the user who
//! pressed Connect; the causes are kept as sources.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::platform::socket_queues::REFUSES_WHEN_FULL;
use crate::platform::sockets::is_out_of_files;
use crate::text;
use crate::tls::client_config::ClientConfigError;
use crate::tls::explain::explain_client_error;
use crate::tls::session_error::ClientTlsError;

/// How far a connection had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files were read, or the host name was looked up.
    Preparing,
    /// The TCP handshake.
    Connecting,
    /// The TLS handshake.
    Handshake,
    /// The connection was open.
    Open,
}

/// An address that could not be connected to.
#[derive(Debug, Clone)]
pub struct FailedAttempt {
    /// The address.
    pub address: SocketAddr,
    /// The error that the OS reported.
    pub error: Arc<io::Error>,
}

/// Why a connection could not be opened, or failed later.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The OS didn't provide a thread, a poller or a socket option.
    #[error("{}", if is_out_of_files(source) { OUT_OF_FILES } else { OUT_OF_RESOURCES })]
    Resources {
        /// How far the connection had come.
        stage: Stage,
        /// The error that the OS reported.
        source: Arc<io::Error>,
    },
    /// The host has no known address.
    #[error("Can't find an address for “{host}”. Check the spelling, or use localhost.")]
    NoAddress {
        /// The host as it was typed.
        host: String,
        /// The error that the resolver reported.
        source: Arc<io::Error>,
    },
    /// None of the host's addresses could be connected to.
    #[error("{}", explain_attempts(attempts, *timeout))]
    NotConnected {
        /// The attempts, in the order in which they were made.
        attempts: Vec<FailedAttempt>,
        /// How long each address had to answer.
        timeout: Duration,
    },
    /// The client can't use TLS with these settings.
    #[error(transparent)]
    TlsSettings(#[from] ClientConfigError),
    /// The TLS handshake failed, or the server violated the TLS protocol later.
    #[error("{}", explain_client_error(.0))]
    Tls(#[source] Box<ClientTlsError>),
    /// The connection was lost without RST.
    #[error("{}", explain_loss(source))]
    Lost {
        /// How far the connection had come.
        stage: Stage,
        /// The error that the OS reported.
        source: Arc<io::Error>,
    },
    /// A load client received something other than its own line.
    #[error("The server sent back {} than it received, so it isn't an echo server. Check the host and the port.", if *is_more {
        "more"
    } else {
        "other data"
    })]
    NotAnEcho {
        /// Whether more bytes came back than were sent.
        is_more: bool,
        /// The last bytes that were received, as text.
        received: String,
    },
    /// The server ended a load client's connection before it had echoed the line.
    #[error("The server {} the connection before it had echoed the line. See the server's log.", if *is_reset {
        "reset"
    } else {
        "closed"
    })]
    EndedEarly {
        /// Whether the server sent RST.
        is_reset: bool,
    },
    /// A bug in Echoscope: the client's thread panicked.
    #[error("A bug in Echoscope ended this client. Please report it.")]
    Panicked,
}

const OUT_OF_FILES: &str = "Can't open a socket: too many files are open. Close some programs and try again.";
const OUT_OF_RESOURCES: &str =
    "The OS is out of resources for a connection. Close some programs and try again.";

impl ClientError {
    /// Creates [`ClientError::Resources`].
    pub(super) fn resources(stage: Stage, error: io::Error) -> Self {
        Self::Resources { stage, source: Arc::new(error) }
    }

    /// Creates [`ClientError::Lost`].
    pub(super) fn lost(stage: Stage, error: io::Error) -> Self {
        Self::Lost { stage, source: Arc::new(error) }
    }

    /// Returns how far the connection had come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::NoAddress { .. } | Self::TlsSettings(_) => Stage::Preparing,
            Self::NotConnected { .. } => Stage::Connecting,
            Self::Tls(error) if error.in_handshake => Stage::Handshake,
            Self::Resources { stage, .. } | Self::Lost { stage, .. } => *stage,
            Self::Tls(_) | Self::NotAnEcho { .. } | Self::EndedEarly { .. } | Self::Panicked => Stage::Open,
        }
    }

    /// Returns whether every address refused the connection.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let Self::NotConnected { attempts, .. } = self else { return false };
        attempts.iter().all(|attempt| attempt.error.kind() == ErrorKind::ConnectionRefused)
    }

    /// Returns what the OS or the TLS library reported, for the details; empty if there is nothing to add to the
    /// explanation.
    #[must_use]
    pub fn raw(&self) -> String {
        match self {
            Self::NotConnected { attempts, .. } => {
                let lines = attempts.iter().map(|attempt| format!("{}: {}", attempt.address, attempt.error));
                lines.collect::<Vec<_>>().join("\n")
            }
            Self::TlsSettings(ClientConfigError::Trust(error)) => error.raw().unwrap_or_default(),
            Self::TlsSettings(ClientConfigError::Identity(error)) => error.raw().unwrap_or_default(),
            Self::NotAnEcho { received, .. } => received.clone(),
            error => error.source().map_or_else(String::new, ToString::to_string),
        }
    }
}

/// Explains why none of a host's addresses could be connected to, by the error of the first one.
fn explain_attempts(attempts: &[FailedAttempt], timeout: Duration) -> String {
    let Some(FailedAttempt { address, error }) = attempts.first() else {
        return "There is no address to connect to. Check the host.".to_owned();
    };
    let (ip, seconds) = (address.ip(), timeout.as_secs_f32());
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            // Windows refuses a connection when the accept queue is full, after a few attempts.
            let also = if REFUSES_WHEN_FULL { "a full accept queue or a firewall" } else { "a firewall" };
            format!(
                "Connection refused by {address}: most likely no server listens there, or else {also} refuses. Start the \
                 server first, or check the host and the port."
            )
        }
        ErrorKind::TimedOut if ip.is_loopback() => format!(
            "No answer from {address} within {seconds} s. Most likely the server's accept queue is full, so the OS drops new \
             connections; a firewall can drop them, too. Let the server accept, or use a larger backlog."
        ),
        ErrorKind::TimedOut => format!(
            "No answer from {address} within {seconds} s. Possible causes, most likely first: no computer has this address, a \
             firewall drops the packets, or the server's accept queue is full."
        ),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            format!("No route to {ip}. Check the address, and whether this computer is on the network.")
        }
        ErrorKind::PermissionDenied => format!(
            "The OS doesn't allow a connection to {address}. Most likely a firewall rule forbids it, or it is a broadcast \
             address."
        ),
        ErrorKind::AddrNotAvailable => format!(
            "Can't connect to {address}: this computer has no address to reach it from, or no free port. Check the host, or \
             try again in a minute."
        ),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            format!("{address} accepted the connection and reset it at once. See the server's log.")
        }
        _ if is_out_of_files(error) => OUT_OF_FILES.to_owned(),
        _ if address.is_ipv6() => {
            format!("Can't reach {address}. This computer may have no IPv6: use an IPv4 address.")
        }
        _ => format!("Can't reach {address}. Check the host and the port."),
    }
}

fn explain_loss(error: &io::Error) -> &'static str {
    if error.kind() == ErrorKind::TimedOut {
        "The server no longer answered, so the OS gave up the connection. Connect again."
    } else {
        "The OS reported an error and gave up the connection; most likely the network failed. Connect again."
    }
}

/// A problem that doesn't end the connection.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientWarning {
    /// A file can't be read, or only in part.
    #[error("{}", explain_file(path, source))]
    UnreadableFile {
        /// Its path.
        path: PathBuf,
        /// The error that the OS reported.
        source: Arc<io::Error>,
    },
    /// Sending was stopped in the middle of a send.
    #[error(
        "Sending was stopped. Only {} of the last send were sent, so only those can be echoed.",
        text::count(*sent, "byte")
    )]
    SendStopped {
        /// How many bytes of that send were sent.
        sent: u64,
    },
    /// The answer to unencrypted data looks like a TLS alert.
    #[error(
        "The server answered with a TLS alert, so most likely it expects TLS. Turn TLS on for this client, or off for the \
         server."
    )]
    TlsAlertInPlaintext,
}

fn explain_file(path: &std::path::Path, error: &io::Error) -> String {
    let name = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("There is no file {name}. Check the path."),
        ErrorKind::IsADirectory => format!("{name} is a folder. Choose a file in it."),
        ErrorKind::PermissionDenied => {
            format!("Permission denied: {name}. Change its permissions, or choose another file.")
        }
        ErrorKind::InvalidInput => format!("{name} isn't a regular file. Choose one that is."),
        _ => format!("{name} can't be read: {}. Choose another file.", text::io_error(error)),
    }
}
