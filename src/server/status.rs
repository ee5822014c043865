//! The state of the server at one moment. It is exact also while events are skipped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::platform::accept_queue::WhenFull;
use crate::server::client_id::ClientInfo;
use crate::server::start_error::StartError;
use crate::tls::handshake::Handshake;

/// The state of a server.
#[derive(Debug, Clone, Default)]
pub enum ServerState {
    /// Nothing is bound and no thread runs.
    #[default]
    Stopped,
    /// The name is being resolved, the certificate read, the sockets bound.
    Starting,
    /// Clients are accepted.
    Listening {
        /// Every address that the server listens on.
        addresses: Vec<SocketAddr>,
        /// Whether accepted connections use TLS.
        tls: bool,
    },
    /// After a stop: connections are being closed and threads are ending.
    Stopping,
    /// The start failed. Nothing is bound and no thread runs.
    Failed(Arc<StartError>),
}

impl ServerState {
    /// Returns whether the server can be started: nothing of an earlier run is left.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped | Self::Failed(_))
    }
}

/// Sums over one run of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Open connections.
    pub clients_now: u64,
    /// Clients accepted since the start.
    pub clients_total: u64,
    /// Bytes received from clients, after decryption.
    pub bytes_received: u64,
    /// Bytes echoed, before encryption.
    pub bytes_sent: u64,
    /// Clients that wait in the accept queue; `None` if the server doesn't listen or the OS doesn't report it.
    pub waiting: Option<u32>,
}

/// The accept queues of a listening server: one for each address, all of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptQueues {
    /// The backlog that was passed to `listen`.
    pub backlog: u16,
    /// How many clients fit into each queue; `None` if the OS doesn't report its rule.
    pub capacity: Option<u32>,
    /// How many clients wait at each address; `None` if the OS doesn't report it.
    pub waiting: Vec<(SocketAddr, Option<u32>)>,
    /// Whether a thread is in `accept`, so that no client has to wait.
    pub accepting: bool,
    /// The OS's reaction to a client whose queue is full.
    pub when_full: WhenFull,
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Accepted, but not served by a thread yet.
    Queued,
    /// In the TLS handshake.
    Handshake,
    /// Being echoed.
    Open,
}

/// An open connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The client.
    pub client: ClientInfo,
    /// When the connection was accepted.
    pub since: SystemTime,
    /// How long it has been open.
    pub age: Duration,
    /// Its phase.
    pub phase: Phase,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// The outcome of the TLS handshake; `None` without TLS, and before the handshake is done.
    pub tls: Option<Arc<Handshake>>,
}
