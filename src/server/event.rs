//! The events that the server reports, and the clients that they are about. They are plain values, which [`crate::log`]
//! turns into text.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::server::start_error::{BindError, StartError};
use crate::tls::client_hello::OtherProtocol;
use crate::tls::handshake::Handshake;
use crate::tls::session_error::ServerTlsError;

/// A client's number. The clients of one log are numbered from 1 in the order in which they were accepted. Displayed as
/// `#1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Identifies a client of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client's number.
    pub id: ClientId,
    /// The address and port that the client connected from.
    pub peer: SocketAddr,
}

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    /// The wall-clock time. The clock may be set back, so only the order in the log is reliable.
    pub at: SystemTime,
    /// The client that the event is about; `None` for the server itself.
    pub client: Option<ClientInfo>,
    /// The kind of event.
    pub kind: EventKind,
}

impl Event {
    /// Returns the memory that the event takes, in bytes: the event itself, the overhead of one allocation, and the data
    /// that it refers to.
    #[must_use]
    pub fn size(&self) -> usize {
        /// An upper bound for the short texts of an event, such as an error of the OS.
        const SHORT_TEXTS: usize = 256;
        let data = match &self.kind {
            EventKind::Received { data, .. } => data.len(),
            EventKind::Note { text, .. } => text.len(),
            EventKind::Handshake(handshake) => SHORT_TEXTS + handshake.size(),
            EventKind::Problem(Problem::Tls(error)) => error.size(),
            _ => SHORT_TEXTS,
        };
        size_of::<Self>() + 32 + data
    }
}

/// The kinds of events.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// The sockets are bound. The tutorial's program prints this as its first line.
    Starting {
        /// The real port, even if the OS chose it.
        port: u16,
    },
    /// The server listens and accepts.
    Listening {
        /// Every address that the server listens on.
        addresses: Vec<SocketAddr>,
        /// Whether accepted connections use TLS.
        tls: bool,
    },
    /// One of the host's addresses could not be bound; others could.
    NotListening(BindError),
    /// The server could not start, or failed later.
    StartFailed(Arc<StartError>),
    /// A client was accepted.
    Opened,
    /// A TLS handshake was completed.
    Handshake(Arc<Handshake>),
    /// `recv` returned these bytes, and they were sent back.
    Received {
        /// All received bytes.
        data: Arc<[u8]>,
        /// The position of the first of them in all that the client has sent, from 0; after decryption.
        offset: u64,
        /// How many of them the OS accepted for sending: all, unless the connection ended before.
        echoed: usize,
        /// The time from the return of `recv` to the return of the last `send`.
        took: Duration,
    },
    /// A client's connection was closed.
    Closed(Closed),
    /// The user paused accepting: clients wait in the accept queue.
    AcceptPaused,
    /// Clients are accepted again.
    AcceptResumed,
    /// A problem, or something that is probably not what the user wants.
    Problem(Problem),
    /// Stop was requested; connections are being closed.
    Stopping,
    /// Every socket is closed and every thread has ended.
    Stopped,
    /// Events were skipped, since the channel to the log was full or its rate limit was exceeded.
    NotShown {
        /// The number of events.
        count: u64,
    },
    /// A message from the app instead of the server, for example that a file was saved.
    Note {
        /// A description, and what to do.
        text: String,
        /// Whether the message reports a problem.
        problem: bool,
    },
}

/// How a connection was closed, and what was transferred.
#[derive(Debug, Clone)]
pub struct Closed {
    /// Why the connection was closed.
    pub reason: CloseReason,
    /// The OS's message about a reset or lost connection.
    pub raw: Option<String>,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// The time from accept to close.
    pub lasted: Duration,
}

/// Why a connection was closed. The JSON log and lessons name the variants in snake case, except that lessons call
/// [`Self::EndWithoutCloseNotify`] `without_close_notify`, and that [`Self::Reset`] has the older name `lost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The client closed its side (FIN, in TLS `close_notify`): the tutorial's `if not data: break`.
    EndOfStream,
    /// The client's TCP stream ended without TLS's `close_notify` (RFC 8446, section 6.1).
    #[serde(rename(deserialize = "without_close_notify"))]
    EndWithoutCloseNotify,
    /// An RST ended the connection in both directions (RFC 9293, section 3.5.2).
    #[serde(rename = "lost")]
    Reset,
    /// The OS gave up the connection without an RST, for example because the client no longer answered.
    #[serde(rename(serialize = "lost", deserialize = "connection_lost"))]
    Lost,
    /// Nothing could be received or sent within the idle timeout.
    Idle,
    /// The server was stopped.
    ServerStopped,
    /// The user disconnected this client.
    Disconnected,
    /// The client's TLS handshake was not done, and its place or its memory was needed for other clients.
    HandshakeLimit,
    /// The TLS handshake failed or timed out, or a TLS record was invalid. The preceding [`Problem`] has the details.
    Tls,
    /// The thread that served the client panicked. The preceding [`Problem`] has the details.
    Panicked,
}

impl CloseReason {
    /// Returns how the connection ended, as the end of a sentence: `closed by the client`.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::EndOfStream => "closed by the client",
            Self::EndWithoutCloseNotify => "closed by the client without close_notify",
            Self::Reset => "reset",
            Self::Lost => "lost",
            Self::Idle => "closed by the server as idle",
            Self::ServerStopped => "closed because the server was stopped",
            Self::Disconnected => "closed by you (Disconnect)",
            Self::HandshakeLimit => "closed by the server during its TLS handshake",
            Self::Tls => "closed on a TLS failure",
            Self::Panicked => "closed by an internal error",
        }
    }
}

/// Describes the effect of an RST in two sentences (RFC 9293, section 3.5.3).
pub const RESET_EFFECT: &str = "The connection ended at once, in both directions. Data in flight is lost.";

/// Lists the possible causes of an RST in a sentence (RFC 1122, section 4.2.2.13; socket(7)).
pub const RESET_CAUSES: &str = "Possible causes, most likely first: a close with unread data (also when a program is killed), \
                                an abort (SO_LINGER of 0), data sent to a closed socket, or a firewall.";

/// A problem while serving.
#[derive(Debug, Clone)]
pub enum Problem {
    /// `accept` failed because no file descriptor was left (`EMFILE`, `ENFILE`). New clients wait in the accept queue.
    OutOfFiles {
        /// The OS's message.
        raw: String,
    },
    /// The OS could not create a thread for a client (`EAGAIN`). The client waits until there is a thread.
    OutOfThreads {
        /// The OS's message.
        raw: String,
    },
    /// [`Problem::OutOfFiles`] or [`Problem::OutOfThreads`] is over.
    Recovered,
    /// The client limit is reached: new clients wait in the accept queue.
    MaxClients {
        /// The limit.
        limit: u32,
        /// After how long without a byte a client's connection is closed; `None`: never.
        idle_timeout: Option<Duration>,
    },
    /// The OS dropped packets of clients that try to connect, usually because the accept queue of an address was full.
    /// Their OS sends them again for a while.
    AttemptsDropped {
        /// The address that the clients tried to connect to.
        address: SocketAddr,
        /// The number of dropped packets since the last report: each retry counts.
        count: u32,
    },
    /// `accept` failed for another reason; the server continues.
    Accept {
        /// The OS's message.
        raw: String,
    },
    /// A client sent something other than TLS to the TLS server.
    NotTls {
        /// The first line that the client sent, at most 60 bytes of it.
        start: Vec<u8>,
        /// The protocol that these bytes belong to.
        protocol: OtherProtocol,
    },
    /// A client sent a TLS `ClientHello` while TLS is off.
    TlsOnPlain,
    /// The TLS handshake failed, or the client violated the TLS protocol later.
    Tls(Arc<ServerTlsError>),
    /// The TLS handshake was not completed before its deadline.
    HandshakeTimeout {
        /// The time that a handshake may take.
        after: Duration,
    },
    /// A bug in Echoscope: the thread that served the client panicked. Other clients are unaffected.
    Panicked {
        /// The message of the panic.
        message: String,
    },
}
