//! A blocking socket with the time limits that a server needs, and that an end from outside wakes on every system.

use std::cell::{Cell, RefCell, RefMut};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::capture::{CaptureEventKind, Recorder};
use crate::platform::sockets::{self, is_timeout};
use crate::server::registry::Conn;

/// How much later than its deadline a read may end: setting the limit anew for each read of a handshake costs more
/// system calls than the handshake itself.
const SLACK: Duration = Duration::from_millis(50);

/// One client's socket, as its own thread uses it.
pub(super) struct Socket<'a> {
    conn: &'a Conn,
    idle: Option<Duration>,
    /// The limit in force.
    limit: Cell<Option<Duration>>,
    recorder: RefCell<Recorder>,
}

impl<'a> Socket<'a> {
    /// `idle`: how long one read or write may wait; `None`: for ever. `recorder`: records all bytes.
    pub(super) fn new(conn: &'a Conn, idle: Option<Duration>, recorder: Recorder) -> Self {
        let socket =
            Self { conn, idle, limit: Cell::new(sockets::UNLIMITED), recorder: RefCell::new(recorder) };
        socket.limit(idle);
        socket
    }

    /// Borrows the recorder; not to be held during a call of this socket.
    pub(super) fn recorder(&self) -> RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    /// The address of this computer that the client connected to.
    pub(super) fn local_address(&self) -> Option<IpAddr> {
        self.conn.stream.local_addr().ok().map(|address| address.ip().to_canonical())
    }

    /// Reads what has come, waiting for at least one byte; 0 at the end of the stream.
    pub(super) fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match sockets::recv(&self.conn.stream, buffer, self.idle, || self.conn.ended().is_some()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return self.received(result, buffer),
            }
        }
    }

    /// As [`Socket::recv`], but waits no longer than until `deadline` (and 50 ms), whatever the idle limit is.
    pub(super) fn recv_until(&self, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            let set = self.limit.get().filter(|&set| (left..=left + SLACK).contains(&set));
            self.limit(Some(set.unwrap_or(left)));
            match sockets::recv(&self.conn.stream, buffer, Some(left), || self.conn.ended().is_some()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return self.received(result, buffer),
            }
        }
    }

    /// Says that nothing more is sent, and throws away what still comes, until the client ends its side or `deadline`.
    pub(super) fn throw_away_rest(&self, deadline: Instant) {
        self.recorder().on_reading_stopped();
        if self.conn.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        if let Some(capture) = &self.conn.capture {
            capture.fin_sent();
        }
        let mut rest = [0; 4096];
        while self.recv_until(&mut rest, deadline).is_ok_and(|received| received > 0) {}
    }

    /// Takes note of what a `recv` returned.
    fn received(&self, result: io::Result<usize>, buffer: &[u8]) -> io::Result<usize> {
        match &result {
            // After an end from outside this is only its echo.
            Ok(0) if self.conn.ended().is_none() => {
                if let Some(capture) = &self.conn.capture {
                    capture.ended_by_client(CaptureEventKind::Fin);
                }
            }
            Ok(received) => self.recorder().on_received(&buffer[..*received]),
            Err(error) => self.broken(error),
        }
        result
    }

    /// Takes note of how the connection broke, if it did.
    fn broken(&self, error: &io::Error) {
        let Some(capture) = self.conn.capture.as_ref().filter(|_| self.conn.ended().is_none()) else {
            return;
        };
        match error.kind() {
            // EPIPE: the RST came after the client's FIN.
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                capture.ended_by_client(CaptureEventKind::Reset);
            }
            _ if is_timeout(error) => {}
            _ => capture.ended_by_client(CaptureEventKind::ConnectionLost),
        }
    }

    /// Goes back from a deadline to the idle limit.
    pub(super) fn lift_deadline(&self) {
        self.limit(self.idle);
    }

    fn send(&self, send: impl Fn(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        let result = sockets::send(&self.conn.stream, self.idle, || self.conn.ended().is_some(), send);
        if let Err(error) = &result {
            self.broken(error);
        }
        result
    }

    fn limit(&self, time: Option<Duration>) {
        if self.limit.replace(time) != time {
            sockets::limit(&self.conn.stream, time);
        }
    }
}

impl Read for &Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.recv(buffer)
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
