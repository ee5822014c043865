//! Why nothing more can be received from a client or sent to it.

use std::io;
use std::time::Duration;

use crate::platform::sockets::is_timeout;
use crate::tls::session_error::ServerTlsError;

/// Why nothing more can be received or sent.
#[derive(Debug)]
pub(super) enum ConnectionError {
    /// The end of the stream: the client closed its side (FIN, in TLS after `close_notify`).
    Eof,
    /// The TCP stream ended without TLS's `close_notify`.
    EofWithoutCloseNotify,
    /// The connection was reset or lost.
    Lost(io::Error),
    /// Nothing could be received or sent within the idle timeout.
    Idle,
    /// The handshake took longer than this.
    HandshakeTimeout(Duration),
    /// The client sent something other than TLS.
    NotTls { start: Vec<u8>, http: bool },
    /// TLS failed.
    Tls(Box<ServerTlsError>),
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        if is_timeout(&error) { Self::Idle } else { Self::Lost(error) }
    }
}
