//! The state of a client at this moment: a snapshot that is exact even where events found no room.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::client::client_event::{ConnectionOutcome, PeerEnd};
use crate::client::echo_check::EchoReport;
use crate::tls::handshake::HandshakeInfo;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientState {
    /// No connection was tried yet.
    #[default]
    Idle,
    /// The host name is being looked up, and files are being read.
    Resolving,
    /// A SYN was sent.
    Connecting,
    /// TCP is connected; the TLS handshake is under way.
    Handshake,
    /// Both sides can send.
    Open,
    /// The client has no more to send, and reads on.
    HalfClosed,
    /// The client closed its side and gives data in flight a second to arrive.
    Closing,
    /// The connection is over.
    Closed,
}

impl ClientState {
    /// Returns whether a connection attempt is under way, which can be cancelled.
    #[must_use]
    pub fn is_connecting(self) -> bool {
        matches!(self, Self::Resolving | Self::Connecting | Self::Handshake)
    }

    /// Returns whether there is no connection and no attempt.
    #[must_use]
    pub fn is_disconnected(self) -> bool {
        matches!(self, Self::Idle | Self::Closed)
    }
}

/// The snapshot.
#[derive(Debug, Clone, Default)]
pub struct ClientStatus {
    /// How far the connection has come.
    pub state: ClientState,
    /// Since when it is in that state.
    pub since: Option<Instant>,
    /// The client's address and port.
    pub local: Option<SocketAddr>,
    /// The server's.
    pub peer: Option<SocketAddr>,
    /// The result of the TLS handshake.
    pub handshake: Option<Arc<HandshakeInfo>>,
    /// How many sends were begun.
    pub sends: u64,
    /// Bytes that were passed to the OS, before encryption.
    pub sent: u64,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes in the send queue.
    pub queued: u64,
    /// Since when the server takes nothing from the send queue: its receive buffer and our send buffer are full.
    pub blocked_since: Option<Instant>,
    /// The file that is being sent.
    pub file: Option<FileProgress>,
    /// The repetition under way.
    pub repeat: Option<RepeatProgress>,
    /// Whether the sending side will be closed once the send queue is empty.
    pub half_close_pending: bool,
    /// How the server ended its side, if it did.
    pub peer_end: Option<PeerEnd>,
    /// The result of the echo check.
    pub echo: EchoReport,
    /// How the connection ended, if it did.
    pub outcome: Option<ConnectionOutcome>,
}

/// How much of a file was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// Its path.
    pub path: PathBuf,
    /// Its bytes that were passed to the OS.
    pub sent: u64,
    /// Its size in bytes when it was opened.
    pub size: u64,
}

/// How far a repetition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatProgress {
    /// How often it was sent.
    pub done: u32,
    /// How often it is to be sent in all.
    pub of: u32,
}
