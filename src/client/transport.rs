//! The transport of a connection: the TCP handshake with one of the host's addresses, then a byte stream, with or
//! without TLS. It never blocks.

use crate::client::client_error::{ClientError, FailedAttempt};
use crate::client::client_event::PeerEnd;
use crate::platform::sockets::is_connected;
use crate::tls::client_config::Connector;
use crate::tls::options::TlsChoices;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ClientConnection;
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an address may take to answer, by default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of one connection. They don't change while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// A host name or an IP literal. Its addresses are tried in order until one answers.
    pub host: String,
    /// TCP port, 1–65535.
    pub port: u16,
    /// How long each address may take to answer. After a loopback address that doesn't answer, no other address is
    /// tried, since it belongs to the same computer. The TLS handshake has no time limit, since a server that serves
    /// one client at a time may start it late; the user can cancel it at any time.
    pub connect_timeout: Duration,
    /// The TLS settings; `None`: plain TCP.
    pub tls: Option<TlsChoices>,
}

impl ConnectionConfig {
    /// Returns the settings for plain TCP with the default time limit.
    #[must_use]
    pub fn plain(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, connect_timeout: CONNECT_TIMEOUT, tls: None }
    }
}

/// The server to connect to, shared by the connections of one thread.
pub(super) struct Target {
    /// The server's addresses, in the order in which they are tried.
    pub(super) addresses: Vec<SocketAddr>,
    /// How long each address may take to answer.
    pub(super) connect_timeout: Duration,
    pub(super) connector: Option<Connector>,
    /// Whether anything but an exact echo is an error, as for a load client.
    pub(super) requires_echo: bool,
}

/// The attempt to connect to the addresses of a [`Target`], one after the other.
pub(super) struct Dialer {
    pub(super) target: Arc<Target>,
    pub(super) token: Token,
    failed: Vec<FailedAttempt>,
    /// The socket that is connecting, and since when.
    pending: Option<(TcpStream, Instant)>,
}

impl Dialer {
    pub(super) fn new(target: Arc<Target>, token: Token) -> Self {
        Self { target, token, failed: Vec::new(), pending: None }
    }

    /// Makes progress without blocking. Breaks with the connected socket and how long connecting took. Otherwise
    /// continues with the latest time for the next call.
    pub(super) fn advance(
        &mut self,
        registry: &Registry,
    ) -> Result<ControlFlow<(TcpStream, Duration), Instant>, ClientError> {
        let timeout = self.target.connect_timeout;
        while let Some(&address) = self.target.addresses.get(self.failed.len()) {
            let error = match self.pending.take() {
                None => {
                    // On loopback, the TCP handshake is over when `connect` returns.
                    let start = Instant::now();
                    match self.start(address, registry) {
                        Ok(socket) => {
                            self.pending = Some((socket, start));
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                Some((socket, start)) => match is_connected(&SockRef::from(&socket)) {
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
                // The next address belongs to the same computer. A server that listens on both has an accept queue for
                // each.
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

/// The result of a read.
pub(super) enum ReadResult {
    /// This many bytes were read.
    Data(usize),
    WouldBlock,
    /// The server has ended its side.
    End(PeerEnd),
}

/// Why reading from the stream failed.
pub(super) enum StreamError {
    Tls(rustls::Error),
    Io(io::Error),
}

pub(super) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// A TLS error. It is returned after the data before it was read.
    failed: Option<rustls::Error>,
}

impl Stream {
    pub(super) fn new(socket: TcpStream, tls: Option<ClientConnection>) -> Self {
        Self { socket, tls: tls.map(Box::new), failed: None }
    }

    pub(super) fn tls(&self) -> Option<&ClientConnection> {
        self.tls.as_deref()
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads the data that has arrived. After a TLS error, [`Stream::flush`] sends the alert about it.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<ReadResult, StreamError> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.read(buffer) {
                Ok(0) => Ok(ReadResult::End(PeerEnd::Fin)),
                Ok(count) => Ok(ReadResult::Data(count)),
                Err(error) => read_error(error),
            };
        };
        loop {
            match tls.reader().read(buffer) {
                Ok(0) => return Ok(ReadResult::End(PeerEnd::CloseNotify)),
                Ok(count) => return Ok(ReadResult::Data(count)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(ReadResult::End(PeerEnd::WithoutCloseNotify));
                }
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(StreamError::Io(error)),
                Err(_) => {}
            }
            if let Some(error) = self.failed.take() {
                return Err(StreamError::Tls(error));
            }
            match tls.read_tls(&mut self.socket) {
                // During the handshake, the TLS reader doesn't report the end of the stream.
                Ok(0) if tls.is_handshaking() => return Ok(ReadResult::End(PeerEnd::WithoutCloseNotify)),
                Ok(_) => self.failed = tls.process_new_packets().err(),
                Err(error) => return read_error(error),
            }
        }
    }

    /// Writes as much as the OS takes, and returns how much; 0 if its send buffer is full.
    pub(super) fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.write(data) {
                Err(error) if is_transient(&error) => Ok(0),
                result => result,
            };
        };
        // TLS never buffers more than one write, so that bytes that count as sent were really sent.
        if !flush(tls, &mut self.socket)? {
            return Ok(0);
        }
        let count = tls.writer().write(data)?;
        flush(tls, &mut self.socket)?;
        Ok(count)
    }

    /// Sends TLS's pending records. Returns whether all of them were sent.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        self.tls.as_mut().map_or(Ok(true), |tls| flush(tls, &mut self.socket))
    }

    /// Appends `close_notify` to the written data; the next [`Stream::flush`] sends it. Does nothing without TLS.
    pub(super) fn send_close_notify(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
    }

    pub(super) fn send_fin(&self) {
        // An error means that the server has already closed.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Makes closing the socket send RST.
    pub(super) fn set_reset_on_close(&self) -> io::Result<()> {
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))
    }
}

fn read_error(error: io::Error) -> Result<ReadResult, StreamError> {
    use ErrorKind as E;
    match error.kind() {
        _ if is_transient(&error) => Ok(ReadResult::WouldBlock),
        E::ConnectionReset | E::BrokenPipe | E::ConnectionAborted | E::NotConnected => {
            Ok(ReadResult::End(PeerEnd::Reset))
        }
        _ => Err(StreamError::Io(error)),
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn flush(tls: &mut ClientConnection, socket: &mut TcpStream) -> io::Result<bool> {
    while tls.wants_write() {
        match tls.write_tls(socket) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
