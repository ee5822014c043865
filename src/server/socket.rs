//! A client's blocking socket with the server's time limits. A shutdown by another thread ends its calls on every OS.

use std::cell::{Cell, RefCell, RefMut};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::capture::{CaptureEventKind, Recorder};
use crate::platform::sockets::{self, is_timeout};
use crate::server::event::{CloseReason, Problem};
use crate::server::registry::Conn;

/// How much later than its deadline a read may end. Thanks to this, not every read of a handshake has to set the
/// socket's limit: these system calls cost more than the handshake itself.
const SLACK: Duration = Duration::from_millis(50);

/// Why nothing more can be received from a client or sent to it.
#[derive(Debug)]
pub(super) enum ConnectionError {
    /// The connection ended.
    Closed(CloseReason),
    /// A call failed because the connection was reset or lost.
    Failed(io::Error),
    /// TLS failed. The log has an entry of its own for that.
    Tls(Problem),
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        if is_timeout(&error) { Self::Closed(CloseReason::Idle) } else { Self::Failed(error) }
    }
}

/// One client's socket, as its own thread uses it.
pub(super) struct Socket<'a> {
    conn: &'a Conn,
    idle_timeout: Cell<Option<Duration>>,
    /// The time limit that is set on the socket.
    limit: Cell<Option<Duration>>,
    recorder: RefCell<Recorder>,
}

impl<'a> Socket<'a> {
    /// Wraps a client's socket. `idle_timeout`: how long a read or write may wait; `None`: forever.
    pub(super) fn new(conn: &'a Conn, idle_timeout: Option<Duration>, recorder: Recorder) -> Self {
        let limit = Cell::new(sockets::UNLIMITED);
        let socket =
            Self { conn, idle_timeout: Cell::new(idle_timeout), limit, recorder: RefCell::new(recorder) };
        socket.set_limit(idle_timeout);
        socket
    }

    /// Sets how long a read or write may wait from now on.
    pub(super) fn set_idle_timeout(&self, timeout: Duration) {
        self.idle_timeout.set(Some(timeout));
        self.set_limit(Some(timeout));
    }

    /// Returns the recorder of the bytes on the socket. It must not be held while the socket is used.
    pub(super) fn recorder(&self) -> RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    /// Returns the address of this computer that the client connected to.
    pub(super) fn local_address(&self) -> Option<IpAddr> {
        self.conn.stream.local_addr().ok().map(|address| address.ip().to_canonical())
    }

    /// Receives at least one byte; returns 0 at the end of the stream. Waits until the deadline, or for the idle
    /// timeout if there is no deadline.
    pub(super) fn recv(&self, buffer: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        let result = loop {
            let limit = match deadline {
                None => self.idle_timeout.get(),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    let set = self.limit.get().filter(|&set| (left..=left + SLACK).contains(&set));
                    set.or(Some(left))
                }
            };
            self.set_limit(limit);
            match sockets::recv(&self.conn.stream, buffer, limit, || self.conn.ended().is_some()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        match &result {
            Ok(0) => self.record_end(CaptureEventKind::Fin),
            Ok(received) => self.recorder().on_received(&buffer[..*received]),
            Err(error) => self.record_error(error),
        }
        result
    }

    /// Sends all of the data. Returns how much was sent, even after an error.
    pub(super) fn send_all(mut self: &Self, data: &[u8]) -> (usize, Result<(), ConnectionError>) {
        let mut sent = 0;
        while sent < data.len() {
            match self.write(&data[sent..]) {
                Ok(0) => return (sent, Err(io::Error::from(ErrorKind::WriteZero).into())),
                Ok(written) => sent += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return (sent, Err(error.into())),
            }
        }
        (sent, Ok(()))
    }

    /// Sends FIN and discards what the client still sends, until it closes its side or the deadline passes.
    pub(super) fn drain_until(&self, deadline: Instant) {
        self.recorder().on_reading_stopped();
        if self.conn.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        self.conn.recording.fin_sent();
        // On the heap: a stack frame of this size would take a page more for each client, even before it is used.
        let mut rest = vec![0; 4096];
        while self.recv(&mut rest, Some(deadline)).is_ok_and(|received| received > 0) {}
    }

    fn record_error(&self, error: &io::Error) {
        if is_timeout(error) {
            return;
        }
        // Data is recorded before the end of the connection.
        self.recorder().finish();
        let is_reset = sockets::is_reset(error);
        self.record_end(if is_reset { CaptureEventKind::Reset } else { CaptureEventKind::ConnectionLost });
    }

    /// Records how the client ended the connection, unless another thread closed it before.
    fn record_end(&self, end: CaptureEventKind) {
        if self.conn.ended().is_none() {
            self.conn.recording.ended_by_client(end);
        }
    }

    fn send(&self, send: impl Fn(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        let result =
            sockets::send(&self.conn.stream, self.idle_timeout.get(), || self.conn.ended().is_some(), send);
        if let Err(error) = &result {
            self.record_error(error);
        }
        result
    }

    fn set_limit(&self, limit: Option<Duration>) {
        if self.limit.replace(limit) != limit {
            sockets::limit(&self.conn.stream, limit);
        }
    }
}

impl Write for &Socket<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.send(|mut stream| stream.write(data))?;
        self.recorder().on_sent(&data[..written]);
        Ok(written)
    }

    fn write_vectored(&mut self, data: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.send(|mut stream| stream.write_vectored(data))?;
        let mut left = written;
        for slice in data {
            let part = left.min(slice.len());
            self.recorder().on_sent(&slice[..part]);
            left -= part;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
