//! The calls that the tutorial's server is made of, in the order in which it makes them; and, as a snapshot, which
//! thread is at which of them.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::server::client_id::{ClientId, ClientInfo};

/// One of the server's calls: what the Python program writes on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `socket.socket()` (socket(2)): makes a socket for one address.
    Socket,
    /// `sock.bind()` (bind(2)): gives the socket its address and port.
    Bind,
    /// `sock.listen()` (listen(2)): gives it an accept queue.
    Listen,
    /// `sock.accept()` (accept(2)): takes a client out of the queue.
    Accept,
    /// `context.wrap_socket()`: the TLS handshake.
    Handshake,
    /// `conn.recv()` (recv(2)): waits for bytes.
    Recv,
    /// `conn.sendall()` (send(2) until all is sent): the echo.
    SendAll,
    /// `conn.close()` (close(2)): ends the connection.
    Close,
}

impl Call {
    /// All of them.
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

    /// As a program writes it, for example `recv()`.
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

/// What a call is made with, or on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallArgument {
    /// Nothing that would need saying.
    #[default]
    None,
    /// `socket`, `bind` and `listen`: the address that is to be listened on. Its port is the real one after `bind`.
    Address(SocketAddr),
    /// `recv`: the most bytes that it may hand over. `sendall`: the bytes that it sends.
    Bytes(u64),
}

/// Where a thread is: at a call that it is about to make, or that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSite {
    /// The call.
    pub call: Call,
    /// Whether the thread halts before the call, in step mode. Otherwise it is in the call, or has just left it.
    pub paused: bool,
    /// What the call is made with.
    pub argument: CallArgument,
}

/// One thread that halts before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PausedThread {
    /// Whom the thread serves; `None`: it is the one that starts the server and accepts. In mode *one client at a
    /// time* that is the same thread.
    pub client: Option<ClientInfo>,
    /// Where it halts.
    pub site: CallSite,
    /// Before `sendall`: the first bytes, at most 64, of what it is about to send; the log shows them only when they
    /// are sent. Otherwise empty.
    pub data: Arc<[u8]>,
}

impl PausedThread {
    /// Who halts, as `Command::Step` wants it.
    #[must_use]
    pub fn id(&self) -> Option<ClientId> {
        self.client.map(|client| client.id)
    }
}

/// Which calls the server's threads are at, and how often each was made. Counts are exact; places are of the moment
/// at which each thread was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// How often each call was made, in the order of [`Call::ALL`].
    pub counts: [u64; Call::ALL.len()],
    /// Where the thread is that starts the server and accepts; `None`: it is at none of its own calls, since
    /// accepting is paused, the limit of clients is reached, or it serves a client itself.
    pub accepting: Option<CallSite>,
    /// Where each client's thread is, by number. Who waits for a thread of the pool is at no call and not here.
    pub clients: Vec<(ClientInfo, CallSite)>,
    /// Who halts, the oldest halt first.
    pub paused_threads: Vec<PausedThread>,
    /// Whether the server halts before each call.
    pub stepping: bool,
    /// Whether accepting is paused.
    pub paused: bool,
}

impl Calls {
    /// How often a call was made since the start, calls included that have not returned yet.
    #[must_use]
    pub fn made(&self, call: Call) -> u64 {
        self.counts[call as usize]
    }
}
