//! Why a connection carries nothing more, before it is put into words for the log.

use std::io;
use std::time::Duration;

use crate::platform::sockets::is_timeout;
use crate::tls::session_error::ServerTlsError;

/// Why nothing more can be received or sent.
#[derive(Debug)]
pub(super) enum End {
    /// The client said that it has no more to send.
    OfStream,
    /// The TCP stream ended without TLS's `close_notify`.
    WithoutCloseNotify,
    /// The connection broke.
    Lost(io::Error),
    /// Nothing could be received, or sent, within the idle limit.
    Idle,
    /// The handshake took longer than this.
    HandshakeTimeout(Duration),
    /// The client speaks something else.
    NotTls { start: Vec<u8>, http: bool },
    /// TLS failed.
    Tls(Box<ServerTlsError>),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        if is_timeout(&error) { Self::Idle } else { Self::Lost(error) }
    }
}
