//! A byte stream on a non-blocking socket: plain, or TLS driven by hand so that every end stays visible.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use rustls::ClientConnection;
use socket2::SockRef;

use crate::client::event::PeerEnd;

/// What a read found.
pub(super) enum Got {
    /// So many bytes.
    Data(usize),
    /// Nothing yet.
    Nothing,
    /// Nothing more, ever.
    End(PeerEnd),
}

/// Why nothing can be read or written any more, when the peer did not say so in order.
#[derive(Debug)]
pub(super) enum Defect {
    /// TLS can't go on.
    Tls(rustls::Error),
    /// The system says so.
    System(io::Error),
}

/// The stream.
pub(super) struct Stream {
    pub(super) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// What TLS failed with, told once the data before it is read.
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

    pub(super) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.socket.local_addr()?, self.socket.peer_addr()?))
    }

    /// Reads what is there. After a failure of TLS the alert that tells the peer waits to be flushed.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<Got, Defect> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.read(buffer) {
                Ok(0) => Ok(Got::End(PeerEnd::Fin)),
                Ok(count) => Ok(Got::Data(count)),
                Err(error) => not_read(error),
            };
        };
        loop {
            match tls.reader().read(buffer) {
                Ok(0) => return Ok(Got::End(PeerEnd::CloseNotify)),
                Ok(count) => return Ok(Got::Data(count)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(Got::End(PeerEnd::WithoutCloseNotify));
                }
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(Defect::System(error)),
                Err(_) => {}
            }
            if let Some(error) = self.failed.take() {
                return Err(Defect::Tls(error));
            }
            match tls.read_tls(&mut self.socket) {
                // During the handshake the reader does not tell.
                Ok(0) if tls.is_handshaking() => return Ok(Got::End(PeerEnd::WithoutCloseNotify)),
                Ok(_) => self.failed = tls.process_new_packets().err(),
                Err(error) => return not_read(error),
            }
        }
    }

    /// Takes as much as there is room for; 0: there is none now.
    pub(super) fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.write(data) {
                Err(error) if is_not_now(&error) => Ok(0),
                result => result,
            };
        };
        // Never ahead of the socket, so that what counts as sent is.
        if !flush(tls, &mut self.socket)? {
            return Ok(0);
        }
        let taken = tls.writer().write(data)?;
        flush(tls, &mut self.socket)?;
        Ok(taken)
    }

    /// Sends what TLS itself has to say. Whether all of it went.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        self.tls.as_mut().map_or(Ok(true), |tls| flush(tls, &mut self.socket))
    }

    /// Puts `close_notify` behind all that was written; it goes with the next [`Stream::flush`].
    pub(super) fn say_goodbye(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
    }

    /// FIN.
    pub(super) fn finish(&self) {
        // An error means that the peer has gone already.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Has the next close send RST.
    pub(super) fn abort(&self) -> io::Result<()> {
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))
    }

    /// Whether the system holds bytes that nobody has read.
    pub(super) fn has_unread(&self) -> bool {
        self.socket.peek(&mut [0]).is_ok_and(|count| count > 0)
    }
}

fn not_read(error: io::Error) -> Result<Got, Defect> {
    match error.kind() {
        _ if is_not_now(&error) => Ok(Got::Nothing),
        _ if is_reset(&error) => Ok(Got::End(PeerEnd::Reset)),
        _ => Err(Defect::System(error)),
    }
}

fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Whether the peer's system sent RST.
fn is_reset(error: &io::Error) -> bool {
    use ErrorKind as E;
    matches!(error.kind(), E::ConnectionReset | E::BrokenPipe | E::ConnectionAborted | E::NotConnected)
}

/// Whether all went that TLS had ready.
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
