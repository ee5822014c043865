//! What the server is doing right now, as a snapshot: exact also when log lines were dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::platform::sockets::WhenFull;
use crate::server::client_id::ClientInfo;
use crate::server::error::StartError;
use crate::tls::handshake::Handshake;

/// The life of a server, seen from outside.
#[derive(Debug, Clone, Default)]
pub enum ServerState {
    /// Nothing is bound, no thread runs.
    #[default]
    Stopped,
    /// The name is being resolved, the certificate read, the sockets bound.
    Starting,
    /// Clients are accepted.
    Listening {
        /// Every address it listens on.
        addresses: Vec<SocketAddr>,
        /// Whether accepted connections speak TLS.
        tls: bool,
    },
    /// Stop was asked for; clients and threads are ending.
    Stopping,
    /// The start failed. Nothing is bound, no thread runs.
    Failed(Arc<StartError>),
}

impl ServerState {
    /// Whether a start would be possible: nothing of an earlier run is left.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped | Self::Failed(_))
    }
}

/// Sums over the life of one run of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Clients connected now.
    pub clients_now: u64,
    /// Clients accepted since the start.
    pub clients_total: u64,
    /// Bytes received from clients, after decryption.
    pub bytes_received: u64,
    /// Bytes echoed, before encryption.
    pub bytes_sent: u64,
    /// Clients that wait in the accept queue; `None` where the system doesn't tell or nobody can wait.
    pub waiting: Option<u32>,
}

/// The accept queues of a listening server: one for each address, all of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptQueues {
    /// The backlog, as it was handed to `listen`.
    pub backlog: u16,
    /// How many clients fit into each queue; `None` where the system has a rule that can't be asked for.
    pub room: Option<u32>,
    /// How many wait at each address; the number is `None` where the system doesn't tell.
    pub waiting: Vec<(SocketAddr, Option<u32>)>,
    /// Whether `accept` is being called, so that nobody has to wait.
    pub accepting: bool,
    /// What happens to a client that finds its queue full.
    pub when_full: WhenFull,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Accepted, but no thread of the pool is free yet.
    Queued,
    /// In the TLS handshake.
    Handshake,
    /// Being echoed.
    Open,
}

/// One open connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Who it is.
    pub client: ClientInfo,
    /// When it was accepted.
    pub since: SystemTime,
    /// How long it has been open.
    pub age: Duration,
    /// How far it has come.
    pub phase: Phase,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// What TLS agreed on; `None` for plain connections and before the handshake is done.
    pub tls: Option<Arc<Handshake>>,
}
