//! The calls that the tutorial's server consists of, in the order in which it makes them, and which thread is at which
//! of them.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Deserialize;

use crate::server::event::{ClientId, ClientInfo, CloseReason};

/// One of the server's calls, as the Python program makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// `socket.socket()` (socket(2)): creates a socket for one address.
    Socket,
    /// `sock.bind()` (bind(2)): gives the socket its address and port.
    Bind,
    /// `sock.listen()` (listen(2)): gives the socket an accept queue.
    Listen,
    /// `sock.accept()` (accept(2)): takes a client out of the accept queue.
    Accept,
    /// `context.wrap_socket()`: the TLS handshake.
    Handshake,
    /// `conn.recv()` (recv(2)): waits for bytes.
    Recv,
    /// `conn.sendall()` (send(2) until everything is sent): the echo.
    SendAll,
    /// `conn.close()` (close(2)): closes the connection.
    Close,
}

impl Call {
    /// All calls, in the order of the program.
    pub const ALL: [Self; 8] = [
        Self::Socket,
        Self::Bind,
        Self::Listen,
        Self::Accept,
        Self::Handshake,
        Self::Recv,
        Self::SendAll,
        Self::Close,
    ];

    /// Returns the call as a program writes it, for example `recv()`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Socket => "socket()",
            Self::Bind => "bind()",
            Self::Listen => "listen()",
            Self::Accept => "accept()",
            Self::Handshake => "wrap_socket()",
            Self::Recv => "recv()",
            Self::SendAll => "sendall()",
            Self::Close => "close()",
        }
    }
}

/// The argument of a call that is worth showing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallArgument {
    /// No argument.
    #[default]
    None,
    /// `socket`, `bind` and `listen`: the address to listen on. The server makes these calls for each of the host's
    /// addresses.
    Address {
        /// The address. After `bind` it has the real port.
        address: SocketAddr,
        /// The number of the address, from 1.
        number: usize,
        /// How many addresses there are.
        of: usize,
    },
    /// `recv`: the most bytes that it may return. `sendall`: the number of bytes that it sends.
    Bytes(u64),
}

/// The call that a thread is about to make, or is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSite {
    /// The call.
    pub call: Call,
    /// Whether the thread is paused before the call, in step mode. Otherwise it is in the call, or has just returned
    /// from it.
    pub paused: bool,
    /// The argument of the call.
    pub argument: CallArgument,
}

/// One of the server's threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerThread {
    /// The thread that starts the server and accepts.
    Accepting,
    /// The thread that serves this client.
    Serving(ClientId),
}

/// A thread that is paused before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PausedThread {
    /// The client that the thread serves. `None`: the thread that starts the server and accepts; in mode *one client at
    /// a time* that thread also serves the clients.
    pub client: Option<ClientInfo>,
    /// The call that the thread is paused before.
    pub site: CallSite,
    /// The values of the variables that the tutorial's program has there. Only a client's thread has them.
    pub variables: ClientVariables,
}

/// The values of the variables in the tutorial's `handle_client()`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientVariables {
    /// `data`: what the last `recv` returned, at most its first 64 bytes; `None` before the first `recv`.
    pub data: Option<Arc<[u8]>>,
    /// `received`: the number of bytes received so far.
    pub received: u64,
    /// `sent`: the number of bytes sent so far.
    pub sent: u64,
    /// Whether `conn` is the TLS connection that `wrap_socket` returned.
    pub is_tls: bool,
    /// `end`: how the connection ends, which is known before `close`.
    pub end: Option<CloseReason>,
}

impl PausedThread {
    /// Returns the client's number, as [`Server::step`](crate::server::Server::step) expects it.
    #[must_use]
    pub fn id(&self) -> Option<ClientId> {
        self.client.map(|client| client.id)
    }

    /// Returns which thread this is.
    #[must_use]
    pub fn thread(&self) -> ServerThread {
        self.id().map_or(ServerThread::Accepting, ServerThread::Serving)
    }
}

/// Which calls the server's threads are at, and how often each call was made. The counts are exact; the call sites are
/// read one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// How often each call was made, in the order of [`Call::ALL`].
    pub counts: [u64; Call::ALL.len()],
    /// The call site of the thread that starts the server and accepts. `None`: that thread is at none of its own calls,
    /// since accepting is paused, the client limit is reached, or it serves a client itself.
    pub accepting: Option<CallSite>,
    /// The call site of each client's thread, sorted by client number, without the clients that wait for a thread of
    /// the pool.
    pub clients: Vec<(ClientInfo, CallSite)>,
    /// The paused threads, in the order in which they paused.
    pub paused_threads: Vec<PausedThread>,
    /// The thread that was stepped last.
    pub last_stepped: Option<ServerThread>,
    /// The addresses that the server listens on or is about to, and whether it listens there already.
    pub addresses: Vec<(SocketAddr, bool)>,
    /// Whether the server pauses before each call.
    pub stepping: bool,
    /// Whether accepting is paused.
    pub paused: bool,
}

impl Calls {
    /// Returns how often a call was made since the start, including calls that have not returned yet.
    #[must_use]
    pub fn made(&self, call: Call) -> u64 {
        self.counts[call as usize]
    }
}
