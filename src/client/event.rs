//! What a client tells about itself: one [`Event`] for each thing that happened.
//!
//! Plain values, as the server's are. The last one of a connection is a [`EventKind::Closed`] or a
//! [`EventKind::Failed`], and each connection has exactly one of the two.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::client::echo::Verdict;
pub use crate::tls::connecting::{Accepted, Agreed};

/// One thing that happened, and when.
#[derive(Debug, Clone)]
pub struct Event {
    /// The system's clock when it happened; it can be set back.
    pub at: SystemTime,
    /// The same moment on the clock that only goes forward, for measuring.
    pub when: Instant,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// The host's addresses are known and will be tried in this order.
    Connecting {
        /// At least one.
        addresses: Vec<SocketAddr>,
    },
    /// TCP's handshake is done. The server's program may not have accepted the connection yet.
    Connected {
        /// Our address and port.
        local: SocketAddr,
        /// The server's.
        peer: SocketAddr,
        /// From the first SYN to this address until its answer.
        took: Duration,
    },
    /// TLS's handshake is done on our side.
    Handshake(Arc<Agreed>),
    /// The first bytes of this were handed to the system; the rest follows as fast as the server takes it.
    Sent {
        /// Numbers what is sent on one connection from 1.
        number: u64,
        /// What is sent; of a file nothing stands here.
        data: Arc<[u8]>,
        /// Where it came from.
        from: Origin,
        /// Whether an [`EventKind::Echoed`] will tell that it is back. Not where too many sends are on their way.
        measured: bool,
    },
    /// These bytes came, after decryption.
    Received {
        /// As they came: a stream has no messages.
        data: Arc<[u8]>,
    },
    /// As many bytes came as were sent up to the end of this.
    Echoed {
        /// The number of the [`EventKind::Sent`].
        number: u64,
        /// Whether they were the same bytes.
        verdict: Verdict,
        /// From the moment before it was sent until the last of its bytes had come back.
        round_trip: Duration,
    },
    /// We said that we have no more to send, and go on reading.
    HalfClosed,
    /// The server ended its side, or the whole connection.
    PeerClosed {
        /// In which way.
        how: PeerEnd,
    },
    /// The connection is closed.
    Closed(Closed),
    /// There will be no connection, or it broke in a way that needs an explanation.
    Failed(Failure),
    /// Something that the user should know; the connection goes on.
    Note {
        /// One or two sentences.
        text: String,
    },
    /// So much found no room on its way to the transcript. Counters and echo check have it all.
    NotShown {
        /// How many events.
        count: u64,
        /// The bytes that they told of.
        bytes: u64,
    },
}

/// Where something that was sent came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    Typed,
    /// A repetition of what was typed.
    Repeated {
        /// Which one, from 1.
        turn: u32,
        /// Of how many.
        of: u32,
    },
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Its size when it was opened.
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
    /// FIN without `close_notify` before it: the data may have been cut short.
    WithoutCloseNotify,
    /// RST: the connection is gone.
    Reset,
}

/// How a client can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leave {
    /// In order: TLS's `close_notify`, then FIN. What still comes within a second is taken.
    Close,
    /// Says that no more is coming once all that waits is sent (TLS: `close_notify`, else FIN), and goes on reading.
    HalfClose,
    /// RST: `SO_LINGER` of zero, then `close(2)` (RFC 9293, section 3.10.5).
    Abort,
    /// Without a word: in TLS FIN without `close_notify`; in plain TCP `close(2)` without reading the rest, which the
    /// system turns into RST where something was unread (RFC 1122, section 4.2.2.13).
    Vanish,
}

impl Leave {
    /// Every way, from the politest on.
    pub const ALL: [Self; 4] = [Self::Close, Self::HalfClose, Self::Abort, Self::Vanish];
}

/// How a connection ended, and what it carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Who ended it, and in which way.
    pub how: CloseHow,
    /// Bytes sent, before encryption.
    pub sent: u64,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes that were to be sent and were not, also those that were stopped. Of a file only what was already read is
    /// counted.
    pub unsent: u64,
    /// From TCP's handshake to the end.
    pub lasted: Duration,
}

/// Who ended a connection, and in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseHow {
    /// We did, in this way. Never [`Leave::HalfClose`].
    Us(Leave),
    /// We vanished from a plain connection, and the system sent RST for what we had left unread.
    VanishedUnread,
    /// The server did, and we closed after it.
    Peer(PeerEnd),
    /// The user gave up before it was open.
    Cancelled,
    /// The app ends, or the tab was closed.
    Dropped,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How far it had come.
    pub stage: Stage,
    /// What happened, why, and what to do, in one or two sentences.
    pub text: String,
    /// The system's or the library's own words.
    pub raw: String,
}

/// How far a connection had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files were read or the name was looked up.
    Preparing,
    /// TCP's handshake.
    Connecting,
    /// TLS's handshake.
    Handshake,
    /// It was open.
    Open,
}
