//! How a client is named: its number in the log, and the address that it connected from.

use std::fmt;
use std::net::SocketAddr;

/// Numbers the clients of one log from 1, in the order in which they were accepted. Displayed as `#1`.
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
