//! A connection to the server, with or without TLS, whose calls never block.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustls::ClientConnection;
use socket2::SockRef;

use crate::platform::sockets::{is_connected, start_to_connect};
use crate::tls::client_config::Connector;
use crate::tls::explain::explain_client_error;
use crate::tls::session_error::TlsErrorCause;

/// The receive buffer of a client that reads late, so that the OS can't hold everything.
const SMALL_BUFFER: usize = 64 * 1024;

/// The result of one attempt to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// This many bytes.
    Data(usize),
    /// Nothing yet.
    Nothing,
    /// The end of the stream.
    End,
}

/// A connection to the server.
#[derive(Debug)]
pub(super) struct CheckConnection {
    stream: TcpStream,
    tls: Option<Tls>,
    /// The address of this client.
    pub(super) local: SocketAddr,
    /// Whether the stream ended with a `close_notify`.
    pub(super) has_close_notify: bool,
}

#[derive(Debug)]
struct Tls {
    session: Box<ClientConnection>,
    connector: Connector,
}

impl CheckConnection {
    /// Connects over TCP. Calls `pause` as long as the OS of the server hasn't answered.
    ///
    /// # Errors
    /// The connection was refused, or `pause` returned an error.
    pub(super) fn open(address: SocketAddr, mut pause: impl FnMut() -> io::Result<()>) -> io::Result<Self> {
        let stream = start_to_connect(address)?;
        while !is_connected(&SockRef::from(&stream))? {
            pause()?;
        }
        let local = stream.local_addr()?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, tls: None, local, has_close_notify: false })
    }

    /// Starts TLS. The handshake makes progress with each later call.
    ///
    /// # Errors
    /// rustls can't create a `ClientHello`.
    pub(super) fn start_tls(&mut self, connector: Connector) -> io::Result<()> {
        let session = Box::new(connector.connection().map_err(io::Error::other)?);
        self.tls = Some(Tls { session, connector });
        Ok(())
    }

    /// Returns the TLS session, and the connector that made it.
    pub(super) fn tls(&self) -> Option<(&ClientConnection, &Connector)> {
        self.tls.as_ref().map(|tls| (&*tls.session, &tls.connector))
    }

    /// Returns whether the TLS handshake is in progress.
    pub(super) fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.session.is_handshaking())
    }

    /// Asks for a small receive buffer.
    pub(super) fn limit_buffer(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_recv_buffer_size(SMALL_BUFFER)
    }

    /// Sends as much as the OS takes now, and returns how much that was.
    pub(super) fn send(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return unless_blocked((&self.stream).write(data));
        };
        // Nothing is buffered while earlier records wait, so that a full OS buffer shows.
        flush(&self.stream, &mut tls.session)?;
        let count = if tls.session.wants_write() && !tls.session.is_handshaking() {
            0
        } else {
            tls.session.writer().write(data)?
        };
        flush(&self.stream, &mut tls.session)?;
        Ok(count)
    }

    /// Sends records that TLS has buffered. Returns whether all of them are sent.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match &mut self.tls {
            Some(tls) => flush(&self.stream, &mut tls.session),
            None => Ok(true),
        }
    }

    /// Receives what has arrived.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let Some(tls) = &mut self.tls else {
            return match (&self.stream).read(buffer) {
                Ok(0) => Ok(Received::End),
                Ok(count) => Ok(Received::Data(count)),
                Err(error) if is_blocked(&error) => Ok(Received::Nothing),
                Err(error) => Err(error),
            };
        };
        loop {
            match tls.session.reader().read(buffer) {
                Ok(0) => {
                    self.has_close_notify = true;
                    return Ok(Received::End);
                }
                Ok(count) => return Ok(Received::Data(count)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Received::End),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            if !tls.receive(&self.stream)? {
                return Ok(Received::Nothing);
            }
        }
    }

    /// Makes progress with the TLS handshake.
    pub(super) fn advance_handshake(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            flush(&self.stream, &mut tls.session)?;
            while tls.session.is_handshaking() && tls.receive(&self.stream)? {}
        }
        Ok(())
    }

    /// Sends `close_notify`, and leaves the TCP connection open.
    pub(super) fn send_close_notify(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
            flush(&self.stream, &mut tls.session)?;
        }
        Ok(())
    }

    /// Ends this side of the stream: `close_notify` with TLS, then FIN. The server can still send.
    pub(super) fn finish_sending(&mut self) -> io::Result<()> {
        self.send_close_notify()?;
        self.stream.shutdown(Shutdown::Write)
    }

    /// Closes the TCP connection without `close_notify`.
    pub(super) fn truncate(self) {
        drop(self.stream);
    }

    /// Resets the connection: the OS sends RST and forgets what is unsent.
    pub(super) fn reset(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }
}

impl Tls {
    /// Receives records. Returns whether there were any, or the end of the stream.
    fn receive(&mut self, mut stream: &TcpStream) -> io::Result<bool> {
        let in_handshake = self.session.is_handshaking();
        let failed = |cause: TlsErrorCause, connector: &Connector| {
            Err(io::Error::other(explain_client_error(&connector.error(cause, in_handshake))))
        };
        match self.session.read_tls(&mut stream) {
            Ok(0) if in_handshake => return failed(TlsErrorCause::ClosedInHandshake, &self.connector),
            Ok(_) => {}
            Err(error) if is_blocked(&error) => return Ok(false),
            Err(error) if in_handshake && error.kind() == ErrorKind::ConnectionReset => {
                return failed(TlsErrorCause::ResetInHandshake, &self.connector);
            }
            Err(error) => return Err(error),
        }
        if let Err(error) = self.session.process_new_packets() {
            // The alert that rustls has prepared informs the server.
            let _ = flush(stream, &mut self.session);
            return failed(error.into(), &self.connector);
        }
        flush(stream, &mut self.session)?;
        Ok(true)
    }
}

fn flush(mut stream: &TcpStream, session: &mut ClientConnection) -> io::Result<bool> {
    while session.wants_write() {
        match session.write_tls(&mut stream) {
            Ok(_) => {}
            Err(error) if is_blocked(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn unless_blocked(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if is_blocked(&error) => Ok(0),
        result => result,
    }
}

fn is_blocked(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
