//! Opens the TCP connection: tries the host's addresses one after the other without blocking.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::client::client_error::{ClientError, FailedAttempt};
use crate::tls::client_config::Connector;

/// The server to connect to, shared by the connections of one thread.
pub(super) struct Target {
    /// In the order in which they are tried.
    pub(super) addresses: Vec<SocketAddr>,
    /// How long each address may take to answer.
    pub(super) connect_timeout: Duration,
    pub(super) connector: Option<Connector>,
    /// Whether anything but an exact echo is an error, as for a load client.
    pub(super) requires_echo: bool,
}

/// One connection attempt.
pub(super) struct Dialer {
    pub(super) target: Arc<Target>,
    pub(super) token: Token,
    failed: Vec<FailedAttempt>,
    /// The socket that connects now, and since when.
    pending: Option<(TcpStream, Instant)>,
}

impl Dialer {
    pub(super) fn new(target: Arc<Target>, token: Token) -> Self {
        Self { target, token, failed: Vec::new(), pending: None }
    }

    /// Makes progress without blocking. Breaks with the connected socket and how long it took; continues with when to call
    /// again at the latest.
    pub(super) fn advance(
        &mut self,
        registry: &Registry,
    ) -> Result<ControlFlow<(TcpStream, Duration), Instant>, ClientError> {
        let timeout = self.target.connect_timeout;
        while let Some(&address) = self.target.addresses.get(self.failed.len()) {
            let error = match self.pending.take() {
                None => match self.start(address, registry) {
                    Ok(socket) => {
                        self.pending = Some((socket, Instant::now()));
                        continue;
                    }
                    Err(error) => error,
                },
                Some((socket, start)) => match is_connected(&socket) {
                    Ok(true) => return Ok(ControlFlow::Break((socket, start.elapsed()))),
                    Ok(false) if start.elapsed() < timeout => {
                        self.pending = Some((socket, start));
                        return Ok(ControlFlow::Continue(start + timeout));
                    }
                    Ok(false) => ErrorKind::TimedOut.into(),
                    Err(error) => error,
                },
            };
            let timed_out = error.kind() == ErrorKind::TimedOut;
            self.failed.push(FailedAttempt { address, error: Arc::new(error) });
            if timed_out && address.ip().is_loopback() {
                // The next address is the same computer, where a server with two sockets has two accept queues.
                break;
            }
        }
        Err(ClientError::NotConnected { attempts: std::mem::take(&mut self.failed), timeout })
    }

    fn start(&self, address: SocketAddr, registry: &Registry) -> io::Result<TcpStream> {
        let mut socket = TcpStream::connect(address)?;
        registry.register(&mut socket, self.token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(socket)
    }
}

/// Returns whether the TCP handshake is done.
fn is_connected(socket: &TcpStream) -> io::Result<bool> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    let Ok(peer) = socket.peer_addr() else { return Ok(false) };
    if socket.local_addr().is_ok_and(|local| local == peer) {
        // Nothing listens, and the OS chose this very port for the client: the socket connected to itself (RFC 9293,
        // section 3.5, simultaneous open).
        return Err(ErrorKind::ConnectionRefused.into());
    }
    Ok(true)
}
