//! A byte stream on a non-blocking socket: plain TCP, or TLS that shows every way in which it can end.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;
use rustls::ClientConnection;
use socket2::SockRef;

use crate::client::client_event::PeerEnd;

/// The result of a read.
pub(super) enum ReadResult {
    /// This many bytes.
    Data(usize),
    WouldBlock,
    /// The server has ended its side.
    End(PeerEnd),
}

/// Why the stream broke.
pub(super) enum StreamError {
    Tls(rustls::Error),
    Io(io::Error),
}

pub(super) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// A TLS error, returned after the data before it was read.
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

    /// Reads what there is. After a TLS error, [`Stream::flush`] sends the alert about it.
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
                // During the handshake the reader doesn't report the end.
                Ok(0) if tls.is_handshaking() => return Ok(ReadResult::End(PeerEnd::WithoutCloseNotify)),
                Ok(_) => self.failed = tls.process_new_packets().err(),
                Err(error) => return read_error(error),
            }
        }
    }

    /// Writes as much as there is room for, and returns how much; 0: there is no room now.
    pub(super) fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.write(data) {
                Err(error) if is_transient(&error) => Ok(0),
                result => result,
            };
        };
        // TLS never buffers more than one write, so that what counts as sent was sent.
        if !flush(tls, &mut self.socket)? {
            return Ok(0);
        }
        let count = tls.writer().write(data)?;
        flush(tls, &mut self.socket)?;
        Ok(count)
    }

    /// Sends what TLS has ready, and returns whether that was all of it.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        self.tls.as_mut().map_or(Ok(true), |tls| flush(tls, &mut self.socket))
    }

    /// Appends `close_notify` to all that was written; the next [`Stream::flush`] sends it. Plain TCP: does nothing.
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

    /// Returns whether the OS holds bytes that were not read.
    pub(super) fn has_unread(&self) -> bool {
        self.socket.peek(&mut [0]).is_ok_and(|count| count > 0)
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
