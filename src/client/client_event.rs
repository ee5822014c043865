//! The events that a client reports, one [`ClientEvent`] for each thing that happened, and its status: a snapshot that
//! is exact even if events were skipped.
//!
//! Both are plain values, like the server's events. The last event of each connection is [`ClientEventKind::Ended`].

use crate::client::client_error::{ClientError, ClientWarning};
use crate::client::echo_check::{EchoReport, EchoResult};
use crate::tls::handshake::ClientHandshake;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// One thing that happened, and when.
#[derive(Debug, Clone)]
pub struct ClientEvent {
    /// The wall-clock time. The clock may be set back.
    pub at: SystemTime,
    /// The event itself.
    pub kind: ClientEventKind,
}

/// The kinds of events.
#[derive(Debug, Clone)]
pub enum ClientEventKind {
    /// The host's addresses are known and will be tried in this order; at least one.
    Connecting(Vec<SocketAddr>),
    /// The TCP handshake is done. The server's program may not have accepted the connection yet.
    Connected {
        /// The client's address and port.
        local: SocketAddr,
        /// The server's address and port.
        peer: SocketAddr,
        /// The time from the first SYN to this address until the server's answer.
        took: Duration,
    },
    /// The TLS handshake is done on the client's side.
    Handshake(Arc<ClientHandshake>),
    /// A send was started. Its bytes are passed to the OS as fast as the server receives them.
    Sent {
        /// Numbers the sends of one connection from 1.
        number: u64,
        /// The bytes; empty for a file.
        data: Arc<[u8]>,
        /// The position of the first byte in all that the client sends on the connection, from 0; before encryption.
        offset: u64,
        /// The origin of the data.
        from: SendOrigin,
        /// Whether a [`ClientEventKind::Echoed`] will follow; false if too many sends are in flight.
        measured: bool,
    },
    /// One read returned these bytes, after decryption. They may be a part of a send, or several sends: a stream has no
    /// messages.
    Received {
        /// The bytes.
        data: Arc<[u8]>,
        /// The position of the first byte in all that the client receives on the connection, from 0.
        offset: u64,
    },
    /// As many bytes came back as were sent up to the end of this send.
    Echoed(EchoResult),
    /// The client has ended its side.
    EndSent {
        /// How. Never [`CloseMode::Abort`], which ends the connection at once.
        mode: CloseMode,
        /// Whether it sent TLS's `close_notify`. FIN follows, except after [`CloseMode::HalfClose`].
        close_notify: bool,
    },
    /// The server ended its side, or the whole connection.
    PeerClosed(PeerEnd),
    /// The connection is over.
    Ended(ConnectionOutcome),
    /// A problem that doesn't end the connection.
    Warning(ClientWarning),
    /// Events about data were skipped, since the queue to the transcript was full. The counters and the echo check
    /// include them.
    NotShown {
        /// The number of events.
        count: u64,
        /// The number of bytes in them.
        bytes: u64,
    },
}

/// The origin of sent data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOrigin {
    /// The user typed it.
    Typed,
    /// A repetition of typed text.
    Repeated {
        /// The number of this repetition, from 1.
        turn: u32,
        /// The total number of repetitions.
        of: u32,
    },
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Its size in bytes when it was opened.
        size: u64,
    },
}

/// How the server ended its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerEnd {
    /// FIN: it has no more to send.
    Fin,
    /// TLS's `close_notify` (RFC 8446, section 6.1).
    CloseNotify,
    /// FIN without `close_notify` before it: the data may be truncated.
    WithoutCloseNotify,
    /// RST: the connection is over in both directions.
    Reset,
}

/// How a client can close its connection. If two modes are requested at the same time, the later one in this list wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseMode {
    /// Closes the sending side once the send queue is empty (with TLS by `close_notify`, otherwise by FIN), and still
    /// receives.
    HalfClose,
    /// Sends TLS's `close_notify`, then FIN. Data that arrives within a second is still received.
    Close,
    /// With TLS, sends FIN without `close_notify`. Without TLS, the same as [`Self::Close`].
    WithoutCloseNotify,
    /// Sends RST: sets `SO_LINGER` to zero, then calls `close(2)` (RFC 9293, section 3.10.5).
    Abort,
}

impl CloseMode {
    /// Every mode, in the order of the buttons.
    pub const ALL: [Self; 4] = [Self::Close, Self::HalfClose, Self::Abort, Self::WithoutCloseNotify];

    /// Returns the label of the mode's button.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Close => "Close",
            Self::HalfClose => "Half-close",
            Self::Abort => "Abort",
            Self::WithoutCloseNotify => "Close without close_notify",
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone)]
pub enum ConnectionOutcome {
    /// It was closed, or canceled before it was open.
    Closed(ClosedConnection),
    /// It could not be opened, or failed later.
    Failed(ClientError),
}

/// How a connection was closed, and how much was transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedConnection {
    /// The side that ended it, and how.
    pub cause: ClientCloseCause,
    /// Bytes sent, before encryption.
    pub sent: u64,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes that were queued but not sent, including those whose sending was stopped. For a file, only bytes that were
    /// already read count.
    pub unsent: u64,
    /// The time from the TCP handshake to the end.
    pub lasted: Duration,
}

/// The side that ended a connection, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCloseCause {
    /// The client, in this mode. After [`CloseMode::HalfClose`], the server ended its side as well.
    Client(CloseMode),
    /// The server, in this way. The client closed its side afterwards.
    Server(PeerEnd),
    /// The user gave up before the connection was open.
    Canceled,
    /// The app ended, or the tab was closed.
    Dropped,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientState {
    /// No connection was attempted yet.
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
    /// The client has closed its sending side, and still receives.
    HalfClosed,
    /// The client closed its side and gives data in flight a second to arrive.
    Closing,
    /// The connection is over.
    Closed,
}

impl ClientState {
    /// Returns whether a connection attempt is under way, which can be canceled.
    #[must_use]
    pub fn is_connecting(self) -> bool {
        matches!(self, Self::Resolving | Self::Connecting | Self::Handshake)
    }

    /// Returns whether there is a connection, even if it is closing.
    #[must_use]
    pub fn is_open(self) -> bool {
        !self.is_connecting() && !self.is_disconnected()
    }

    /// Returns whether there is no connection and no attempt.
    #[must_use]
    pub fn is_disconnected(self) -> bool {
        matches!(self, Self::Idle | Self::Closed)
    }
}

/// A snapshot of a connection.
#[derive(Debug, Clone, Default)]
pub struct ClientStatus {
    /// How far the connection has come.
    pub state: ClientState,
    /// When the connection entered this state.
    pub since: Option<Instant>,
    /// The client's address and port.
    pub local: Option<SocketAddr>,
    /// The server's address and port.
    pub peer: Option<SocketAddr>,
    /// The result of the TLS handshake.
    pub handshake: Option<Arc<ClientHandshake>>,
    /// How many sends were started.
    pub sends: u64,
    /// Bytes that were passed to the OS, before encryption.
    pub sent: u64,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes in the send queue.
    pub queued: u64,
    /// When the server stopped receiving data; `None` while it receives. Its receive buffer and the client's send buffer
    /// are full.
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
    /// How many of its bytes were passed to the OS.
    pub sent: u64,
    /// Its size in bytes when it was opened.
    pub size: u64,
}

/// How far a repetition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatProgress {
    /// How often the text was sent.
    pub done: u32,
    /// How often the text is to be sent in total.
    pub of: u32,
}
