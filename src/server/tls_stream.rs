//! A client's TLS connection on a blocking socket.
//!
//! This drives rustls by hand (`read_tls`, `process_new_packets`, `write_tls`), so that the socket's time limits and
//! errors stay visible and the handshake has a deadline of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConnection;

use crate::capture::{SendContext, TlsSnapshot, alert_for};
use crate::server::event::{CloseReason, Problem};
use crate::server::record_reader::RecordReader;
use crate::server::socket::{ConnectionError, Socket};
use crate::tls::client_hello::{first_hello, other_protocol};
use crate::tls::handshake::Handshake;
use crate::tls::server_config::{TlsServer, chosen_scheme};
use crate::tls::session_error::{ServerContext, ServerTlsError, TlsErrorCause};

/// The alert `decode_error` in a record of its own (RFC 8446, sections 5.1 and 6).
const DECODE_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 50];

/// A TLS connection.
pub(super) struct TlsStream {
    connection: Box<ServerConnection>,
    records: RecordReader,
    /// The state after the newest record of the handshake. It doesn't change after the handshake.
    snapshot: TlsSnapshot,
    context: Arc<ServerContext>,
}

impl TlsStream {
    /// Performs the handshake within `timeout`, as the tutorial's `wrap_socket(conn, server_side=True)` does.
    // Not inlined: otherwise its variables would also be on the stack of clients without TLS, and pages of the stack
    // that were used once stay in memory.
    #[inline(never)]
    pub(super) fn accept(
        socket: &Socket<'_>,
        tls: &TlsServer,
        timeout: Duration,
    ) -> Result<(Self, Handshake), ConnectionError> {
        let start = Instant::now();
        let mut stream = Self::new(tls)?;
        let result = stream.shake_hands(socket, start + timeout);
        let client_hello = first_hello(&stream.records.take_first_bytes()).map(Arc::new);
        match result {
            Ok(()) => {
                let handshake =
                    Handshake::of_server(&stream.connection, chosen_scheme(), client_hello, start.elapsed());
                Ok((stream, handshake))
            }
            Err(ConnectionError::Closed(CloseReason::Idle)) => {
                Err(ConnectionError::Tls(Problem::HandshakeTimeout { after: timeout }))
            }
            Err(mut error) => {
                if let ConnectionError::Tls(Problem::Tls(error)) = &mut error
                    && let Some(error) = Arc::get_mut(error)
                {
                    (error.client_hello, error.local_address) = (client_hello, socket.local_address());
                }
                Err(error)
            }
        }
    }

    // Not inlined, so that the connection is on the heap before the handshake, which needs the most stack.
    #[inline(never)]
    fn new(tls: &TlsServer) -> Result<Self, ConnectionError> {
        let context = Arc::clone(tls.context());
        let connection = ServerConnection::new(tls.new_connection()).map_err(io::Error::other)?;
        Ok(Self {
            snapshot: TlsSnapshot::of(&connection),
            connection: Box::new(connection),
            records: RecordReader::new(),
            context,
        })
    }

    fn shake_hands(&mut self, socket: &Socket<'_>, deadline: Instant) -> Result<(), ConnectionError> {
        while self.connection.is_handshaking() {
            let result = self.read_record(socket, Some(deadline));
            let has_hello = self.connection.protocol_version().is_some();
            if !has_hello && let Some((start, http)) = other_protocol(self.records.first_bytes()) {
                return Err(ConnectionError::Tls(Problem::NotTls { start, http }));
            }
            if !result? {
                return Err(match self.records.first_bytes() {
                    // The client only checked whether the port is open.
                    [] => ConnectionError::Closed(CloseReason::EndOfStream),
                    _ if has_hello => self.error(TlsErrorCause::ClosedInHandshake, true),
                    _ => self.error(TlsErrorCause::ClosedInHello, true),
                });
            }
        }
        Ok(())
    }

    /// Receives at least one byte of plaintext.
    pub(super) fn recv(&mut self, socket: &Socket<'_>, buffer: &mut [u8]) -> Result<usize, ConnectionError> {
        loop {
            match self.connection.reader().read(buffer) {
                Ok(0) => return Err(ConnectionError::Closed(CloseReason::EndOfStream)),
                Ok(received) => {
                    socket.recorder().on_plaintext_received(&buffer[..received]);
                    return Ok(received);
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(ConnectionError::Closed(CloseReason::EndWithoutCloseNotify));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            self.read_record(socket, None)?;
        }
    }

    /// Sends all of the data. Returns how much was sent, even after an error.
    pub(super) fn send_all(
        &mut self,
        socket: &Socket<'_>,
        data: &[u8],
    ) -> (usize, Result<(), ConnectionError>) {
        let mut sent = 0;
        socket.recorder().on_plaintext_sent(data);
        while sent < data.len() {
            let taken = match self.connection.writer().write(&data[sent..]) {
                Ok(taken) => taken,
                Err(error) => return (sent, Err(error.into())),
            };
            if let Err(error) = self.flush(socket, SendContext::Data(taken)) {
                return (sent, Err(error.into()));
            }
            sent += taken;
        }
        (sent, Ok(()))
    }

    /// Sends `close_notify`. Errors are ignored, since the connection ends anyway.
    pub(super) fn close(&mut self, socket: &Socket<'_>) {
        self.connection.send_close_notify();
        let _ = self.flush(socket, SendContext::CloseNotify);
    }

    /// Receives and processes the client's next record, and sends what rustls answers. Returns false at the end of the
    /// stream.
    fn read_record(
        &mut self,
        socket: &Socket<'_>,
        deadline: Option<Instant>,
    ) -> Result<bool, ConnectionError> {
        while self.records.next_len().is_none() {
            if self.records.fill(|buffer| socket.recv(buffer, deadline))? == 0 {
                self.connection.read_tls(&mut io::empty())?;
                return Ok(false);
            }
        }
        let in_handshake = self.connection.is_handshaking();
        let before = self.snapshot;
        self.records.pass_next(&mut self.connection)?;
        let result = self.connection.process_new_packets();
        if in_handshake {
            self.snapshot = TlsSnapshot::of(&self.connection);
        }
        socket.recorder().on_record_processed(&before, &self.snapshot, &result);
        match result {
            Ok(_) if in_handshake => self.flush(socket, SendContext::Handshake)?,
            Ok(_) => self.flush(socket, SendContext::Reply)?,
            Err(error) => {
                self.send_alert(socket, &error, in_handshake);
                return Err(self.error(error, in_handshake));
            }
        }
        Ok(true)
    }

    /// Sends the alert for an error. Ignores failures, since the client may have closed the connection already.
    fn send_alert(&mut self, socket: &Socket<'_>, error: &rustls::Error, in_handshake: bool) {
        let context = SendContext::Failure(alert_for(error, self.snapshot.tls13));
        if in_handshake && !self.connection.wants_write() {
            // rustls sends no alert for a handshake message that exceeds the maximum length.
            socket.recorder().begin_send(context, self.snapshot);
            let _ = socket.send_all(&DECODE_ERROR);
            socket.recorder().end_send();
        }
        let _ = self.flush(socket, context);
    }

    fn error(&self, cause: impl Into<TlsErrorCause>, in_handshake: bool) -> ConnectionError {
        let context = Arc::clone(&self.context);
        let error = ServerTlsError::new(cause.into(), in_handshake, context);
        ConnectionError::Tls(Problem::Tls(Arc::new(error)))
    }

    /// Sends everything that rustls has ready.
    fn flush(&mut self, mut socket: &Socket<'_>, context: SendContext) -> io::Result<()> {
        if !self.connection.wants_write() {
            return Ok(());
        }
        socket.recorder().begin_send(context, self.snapshot);
        let mut result = Ok(());
        while result.is_ok() && self.connection.wants_write() {
            result = match self.connection.write_tls(&mut socket) {
                Ok(0) => Err(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
                _ => Ok(()),
            };
        }
        socket.recorder().end_send();
        result
    }
}
