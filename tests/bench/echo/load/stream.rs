//! One client's connection, with or without TLS.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, HandshakeKind, StreamOwned};
use socket2::{Domain, Socket, Type};

use super::{PATIENCE, Target, source};
use crate::Outcome;

/// The data of a short echo.
const HELLO: &[u8; 16] = b"Hello, Echoscope";
/// The most bytes of TLS records that are read from the socket at once. By default rustls reads 4 KiB, which would
/// measure the client instead of the server.
const RECORD_BUFFER: usize = 64 * 1024;

/// One client's connection.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, Buffered>>),
}

/// A socket with a read buffer, so that rustls needs fewer `recv` calls.
pub(crate) struct Buffered(BufReader<TcpStream>);

impl Stream {
    /// Connects, and does the TLS handshake.
    pub(crate) fn connect(target: &Target) -> Outcome<Self> {
        Self::with_buffer(target, RECORD_BUFFER)
    }

    /// Connects like [`Stream::connect`], but with a small buffer, for thousands of clients that send little.
    pub(crate) fn connect_small(target: &Target) -> Outcome<Self> {
        Self::with_buffer(target, 1024)
    }

    fn with_buffer(target: &Target, buffer: usize) -> Outcome<Self> {
        let socket =
            open(target.address).map_err(|error| format!("connecting to {}: {error}", target.address))?;
        let Some(config) = &target.tls else { return Ok(Self::Plain(socket)) };
        let failed = |error: String| format!("the TLS handshake: {error}");
        let name = ServerName::try_from("localhost").map_err(|error| failed(error.to_string()))?;
        let connection =
            ClientConnection::new(Arc::clone(config), name).map_err(|error| failed(error.to_string()))?;
        let socket = Buffered(BufReader::with_capacity(buffer, socket));
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Sends a few bytes and waits for their echo. With TLS, also checks that the handshake was a full one.
    pub(crate) fn echo_once(&mut self) -> Outcome<()> {
        let mut back = [0; HELLO.len()];
        self.write_all(HELLO).map_err(|error| format!("sending: {error}"))?;
        self.read_exact(&mut back).map_err(|error| format!("reading the echo: {error}"))?;
        if &back != HELLO {
            return Err(format!("wrong bytes came back: {back:?}"));
        }
        match self {
            Self::Tls(stream) if stream.conn.handshake_kind() == Some(HandshakeKind::Resumed) => {
                Err("a handshake was not a full one".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Closes the sending side and then the connection, without waiting for the server.
    pub(crate) fn close(mut self) {
        self.end_tls();
    }

    /// Closes the sending side, and checks that nothing more is received.
    pub(crate) fn close_cleanly(mut self) -> Outcome<()> {
        self.end_tls();
        let socket = match &self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.sock.0.get_ref(),
        };
        // This fails if the server has closed the connection already.
        let _ = socket.shutdown(Shutdown::Write);
        let mut rest = [0; 64];
        match self.read(&mut rest) {
            Ok(0) => Ok(()),
            // How the server ends TLS isn't measured.
            Err(error) if matches!(self, Self::Tls(_)) && error.kind() != io::ErrorKind::WouldBlock => Ok(()),
            Ok(count) => Err(format!("{count} bytes too many came back")),
            Err(error) => Err(format!("waiting for the server's end: {error}")),
        }
    }

    fn end_tls(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            // If this fails, the server has closed the connection and needs no close_notify.
            let _ = stream.conn.write_tls(&mut stream.sock);
        }
    }
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if let Some(source) = source::next() {
        socket.bind(&source.into())?;
    }
    socket.connect_timeout(&address.into(), PATIENCE)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(data),
            Self::Tls(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl Read for Buffered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Buffered {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}
