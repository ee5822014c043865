//! The calls that the tutorial's server is made of, in the order in which it makes them.

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
