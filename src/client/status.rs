//! How a client stands at this moment: a snapshot that is exact also where events found no room.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::client::echo::EchoReport;
use crate::client::event::{Agreed, PeerEnd};

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Not connected yet, nor trying.
    #[default]
    Idle,
    /// The host's name is being looked up, and files are being read.
    Resolving,
    /// A SYN was sent.
    Connecting,
    /// TCP is connected; TLS's handshake is under way.
    Handshake,
    /// Both sides can send.
    Open,
    /// We said that we have no more to send, and read on.
    HalfClosed,
    /// We said goodbye and give what is still on its way a second to come.
    Closing,
    /// It is over, one way or the other.
    Closed,
}

impl State {
    /// Whether it tries to connect, and can be cancelled.
    #[must_use]
    pub fn is_connecting(self) -> bool {
        matches!(self, Self::Resolving | Self::Connecting | Self::Handshake)
    }

    /// Whether there is no connection and none is tried.
    #[must_use]
    pub fn is_at_rest(self) -> bool {
        matches!(self, Self::Idle | Self::Closed)
    }
}

/// The snapshot.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// How far it has come.
    pub state: State,
    /// Since when it is in that state.
    pub since: Option<Instant>,
    /// Our address and port.
    pub local: Option<SocketAddr>,
    /// The server's.
    pub peer: Option<SocketAddr>,
    /// What TLS's handshake agreed on.
    pub agreed: Option<Arc<Agreed>>,
    /// Sends that were begun.
    pub sends: u64,
    /// Bytes that were handed to the system, before encryption.
    pub sent: u64,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Typed bytes that wait to be sent.
    pub queued: u64,
    /// Since when the server has taken nothing of what waits: its receive buffer and our send buffer are full.
    pub blocked_since: Option<Instant>,
    /// The file that is being sent.
    pub file: Option<FileProgress>,
    /// The repetition that goes on.
    pub repeat: Option<RepeatProgress>,
    /// Whether end of stream will be sent once nothing waits any more.
    pub half_close_pending: bool,
    /// How the server ended its side, if it did.
    pub peer_end: Option<PeerEnd>,
    /// What the echo check knows.
    pub echo: EchoReport,
}

/// How far the sending of a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// Its path.
    pub path: PathBuf,
    /// Its bytes that were handed to the system.
    pub sent: u64,
    /// Its size when it was opened.
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
