//! What the server tells about itself: one [`Event`] for each thing that happened.
//!
//! These are plain values. They know no window and no log; [`crate::log`] turns them into words.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::server::client_id::ClientInfo;
use crate::server::error::{BindError, StartError};
use crate::tls::handshake::Handshake;
use crate::tls::session_error::ServerTlsError;

/// One thing that happened, and when.
#[derive(Debug, Clone)]
pub struct Event {
    /// The system's clock when it happened. Clocks can be set back: the order of events is that of the log.
    pub at: SystemTime,
    /// The client it is about; `None` where it is about the server.
    pub client: Option<ClientInfo>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// The sockets are bound: the tutorial's first line.
    Starting {
        /// The port, the real one where the system chose it.
        port: u16,
    },
    /// The server listens and accepts.
    Listening {
        /// Every address it listens on.
        addresses: Vec<SocketAddr>,
        /// Whether accepted connections speak TLS.
        tls: bool,
    },
    /// One of the host's addresses could not be bound; others could.
    NotListening(BindError),
    /// The server could not start.
    StartFailed(Arc<StartError>),
    /// A client was accepted.
    Opened,
    /// A TLS handshake came to its end.
    Handshake(Arc<Handshake>),
    /// `recv` returned these bytes, and they were sent back.
    Received {
        /// What was received, whole.
        data: Arc<[u8]>,
        /// How many of these bytes the echo handed to the system, all of them unless the client went away.
        echoed: usize,
        /// From the return of `recv` to the return of the last `send`.
        took: Duration,
    },
    /// A client's connection ended.
    Closed(Closed),
    /// The user paused accepting: clients wait in the accept queue.
    AcceptPaused,
    /// Clients are accepted again.
    AcceptResumed,
    /// Something went wrong, or is likely not what the user wants.
    Problem(Problem),
    /// Stop was asked for; clients are being closed.
    Stopping,
    /// Every socket is closed and every thread has ended.
    Stopped,
    /// So many events found no room on their way to the log and are not in it.
    NotShown {
        /// How many.
        count: u64,
    },
    /// A word from the app itself, not from the server: a file saved, settings set aside.
    Note {
        /// What happened and what to do, in plain words.
        text: String,
        /// Whether it is bad news.
        problem: bool,
    },
}

/// How a connection ended and what it carried.
#[derive(Debug, Clone)]
pub struct Closed {
    /// Why it ended.
    pub reason: CloseReason,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// From accept to close.
    pub lasted: Duration,
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// The client said that it has no more to send (FIN, in TLS `close_notify`): the tutorial's `if not data: break`.
    EndOfStream,
    /// The client's TCP stream ended without TLS's `close_notify` (RFC 8446, section 6.1).
    EndWithoutCloseNotify,
    /// The client's system sent RST, or the network took the connection down.
    Lost {
        /// The system's own words.
        raw: String,
    },
    /// No byte came for the idle timeout, or none could be sent.
    Idle,
    /// The server was stopped.
    ServerStopped,
    /// The user disconnected this client.
    Disconnected,
    /// The TLS handshake failed or timed out, or a TLS record was unusable; a [`Problem`] before this tells more.
    Tls,
    /// A thread serving the client panicked; a [`Problem`] before this tells more.
    Panicked,
}

/// Something that went wrong while serving.
#[derive(Debug, Clone)]
pub enum Problem {
    /// `accept` failed because no file descriptor was left (`EMFILE`, `ENFILE`). New clients wait in the queue.
    OutOfFiles {
        /// The system's own words.
        raw: String,
    },
    /// The system gave no thread for a client (`EAGAIN`). It waits until there is one.
    OutOfThreads {
        /// The system's own words.
        raw: String,
    },
    /// What [`Problem::OutOfFiles`] or [`Problem::OutOfThreads`] told of is over.
    Recovered,
    /// As many clients as allowed are connected: the next ones wait in the accept queue.
    MaxClients {
        /// The limit.
        limit: u32,
    },
    /// `accept` failed for another reason; the server goes on.
    Accept {
        /// The system's own words.
        raw: String,
    },
    /// A client sent something other than TLS to the TLS server.
    NotTls {
        /// Its first line, at most 60 bytes, as received.
        start: Vec<u8>,
        /// Whether this is an HTTP request.
        http: bool,
    },
    /// A client sent a TLS `ClientHello` to the server while TLS is off.
    TlsOnPlain,
    /// The TLS handshake failed, or the connection after it.
    Tls(Arc<ServerTlsError>),
    /// The TLS handshake was not done when its deadline passed.
    HandshakeTimeout {
        /// The deadline.
        after: Duration,
    },
    /// A bug in Echoscope: the thread that served the client panicked. No other client noticed.
    Panicked {
        /// The panic's message.
        message: String,
    },
}
