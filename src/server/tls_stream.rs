//! A client's TLS connection on a blocking socket.
//!
//! rustls is driven by hand (`read_tls`, `process_new_packets`, `write_tls`), so that time limits and errors of the
//! socket stay visible and the handshake has a deadline of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::server::{Accepted, AcceptedAlert, Acceptor};
use rustls::{ProtocolVersion, ServerConnection};

use crate::capture::{RecordOutcome, SendContext, TlsSnapshot, alert_for};
use crate::server::end::End;
use crate::server::socket::Socket;
use crate::server::wire::Wire;
use crate::tls::client_hello::{self, FirstBytes, first_hello};
use crate::tls::handshake::Handshake;
use crate::tls::server_config::{TlsServer, chosen_scheme};
use crate::tls::session_error::{ServerTlsError, TlsErrorCause};

/// A fatal alert in a record of its own (RFC 8446, sections 5.1 and 6).
const DECODE_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 50];

/// A TLS connection and what came from the wire ahead of it.
pub(super) struct Tls {
    connection: Box<ServerConnection>,
    wire: Wire,
    serving: Arc<TlsServer>,
    /// What stays as it is once the handshake is done.
    snapshot: TlsSnapshot,
}

impl Tls {
    /// The tutorial's `wrap_socket(conn, server_side=True)`, done within `timeout`.
    // A frame of its own: within the caller's its room would be taken from every plain client's stack, too, and what
    // was touched once stays resident as long as the thread.
    #[inline(never)]
    pub(super) fn accept(
        socket: &Socket<'_>,
        serving: &Arc<TlsServer>,
        timeout: Duration,
    ) -> Result<(Self, Handshake), End> {
        let start = Instant::now();
        let mut wire = Wire::recording();
        let greeted = read_hello(socket, serving, &mut wire, start + timeout)
            .and_then(|accepted| begin(socket, serving, accepted));
        let client_hello = wire.take_first_flight().and_then(|bytes| first_hello(&bytes)).map(Arc::new);
        let shaken = greeted.and_then(|mut connection| {
            shake_hands(socket, serving, &mut connection, &mut wire, start + timeout)?;
            Ok(connection)
        });
        let connection = shaken.map_err(|end| match end {
            End::Idle => End::HandshakeTimeout(timeout),
            End::Tls(error) => {
                let (client_hello, local_address) = (client_hello.clone(), socket.local_address());
                End::Tls(Box::new(ServerTlsError { client_hello, local_address, ..*error }))
            }
            end => end,
        })?;
        socket.lift_deadline();
        let snapshot = TlsSnapshot::of(&connection);
        let mut tls = Self { connection, wire, serving: Arc::clone(serving), snapshot };
        tls.flush(socket, SendContext::Handshake)?;
        let handshake = Handshake::new(&tls.connection, chosen_scheme(), client_hello, start.elapsed());
        Ok((tls, handshake))
    }

    /// At least one byte of plain data, at most what fits.
    pub(super) fn recv(&mut self, socket: &Socket<'_>, buffer: &mut [u8]) -> Result<usize, End> {
        loop {
            match self.connection.reader().read(buffer) {
                Ok(0) => return Err(End::OfStream),
                Ok(received) => {
                    socket.recorder().on_plaintext_received(&buffer[..received]);
                    return Ok(received);
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Err(End::WithoutCloseNotify);
                }
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(End::Lost(error)),
                Err(_) => {}
            }
            if self.wire.is_empty() {
                self.wire.fill(socket)?;
            }
            // At the end of the stream the wire is empty, which is how rustls learns of it.
            self.connection.read_tls(&mut self.wire)?;
            let state = self.connection.process_new_packets();
            if self.wire.take_whole() {
                socket.recorder().on_record_processed(
                    &self.snapshot,
                    &self.snapshot,
                    RecordOutcome::of(&state),
                );
            }
            if let Err(error) = state {
                let _ = self.flush(socket, failure(&self.connection, &error));
                return Err(tls_end(&self.serving, error, false));
            }
            if self.connection.wants_write() {
                self.flush(socket, SendContext::Reply)?;
            }
        }
    }

    /// How much was sent is told also where it failed.
    pub(super) fn send_all(&mut self, socket: &Socket<'_>, data: &[u8]) -> (usize, Result<(), End>) {
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

    /// Says that nothing more comes: `close_notify`. Errors don't matter any more.
    pub(super) fn close(&mut self, socket: &Socket<'_>) {
        self.connection.send_close_notify();
        let _ = self.flush(socket, SendContext::CloseNotify);
    }

    fn flush(&mut self, socket: &Socket<'_>, context: SendContext) -> io::Result<()> {
        flush(&mut self.connection, socket, context, self.snapshot)
    }
}

/// From the end of the `ClientHello` on.
fn shake_hands(
    socket: &Socket<'_>,
    serving: &TlsServer,
    connection: &mut ServerConnection,
    wire: &mut Wire,
    deadline: Instant,
) -> Result<(), End> {
    while connection.is_handshaking() {
        let snapshot = TlsSnapshot::of(connection);
        flush(connection, socket, SendContext::Handshake, snapshot)?;
        if wire.is_empty() && wire.fill_until(socket, deadline)? == 0 {
            return Err(tls_end(serving, TlsErrorCause::ClosedInHandshake, true));
        }
        connection.read_tls(wire)?;
        let state = connection.process_new_packets();
        if wire.take_whole() {
            let after = TlsSnapshot::of(connection);
            socket.recorder().on_record_processed(&snapshot, &after, RecordOutcome::of(&state));
        }
        if let Err(error) = state {
            // The alert that tells the client why; it may be gone already.
            let context = failure(connection, &error);
            let snapshot = TlsSnapshot::of(connection);
            let _ = flush(connection, socket, context, snapshot);
            return Err(tls_end(serving, error, true));
        }
    }
    Ok(())
}

/// Up to the end of the `ClientHello`: what isn't TLS at all is found out here.
// Its large frame is gone before the key exchange needs the stack, of which the deepest point stays resident.
#[inline(never)]
fn read_hello(
    socket: &Socket<'_>,
    serving: &TlsServer,
    wire: &mut Wire,
    deadline: Instant,
) -> Result<Box<Accepted>, End> {
    let mut acceptor = Acceptor::default();
    let mut first = Some(End::OfStream);
    loop {
        if wire.fill_until(socket, deadline)? == 0 {
            // Who leaves without a byte has only looked whether somebody is there.
            return Err(first.unwrap_or_else(|| tls_end(serving, TlsErrorCause::ClosedInHello, true)));
        }
        let other = if first.take().is_some() { other_protocol(wire.unread()) } else { None };
        while !wire.is_empty() {
            acceptor.read_tls(wire)?;
            let accepted = acceptor.accept();
            if wire.take_whole() {
                socket.recorder().on_record_processed(
                    &TlsSnapshot::START,
                    &TlsSnapshot::START,
                    RecordOutcome::NO_PLAINTEXT,
                );
            }
            match accepted {
                Ok(None) => {}
                Ok(Some(accepted)) => return Ok(Box::new(accepted)),
                Err((error, alert)) => {
                    send_alert(socket, alert);
                    return Err(other.unwrap_or_else(|| tls_end(serving, error, true)));
                }
            }
        }
        if let Some(other) = other {
            return Err(other);
        }
    }
}

/// Answers the `ClientHello`.
fn begin(
    socket: &Socket<'_>,
    serving: &TlsServer,
    accepted: Box<Accepted>,
) -> Result<Box<ServerConnection>, End> {
    match accepted.into_connection(serving.new_connection()) {
        Ok(connection) => Ok(Box::new(connection)),
        Err((error, alert)) => {
            send_alert(socket, alert);
            Err(tls_end(serving, error, true))
        }
    }
}

fn send_alert(socket: &Socket<'_>, mut alert: AcceptedAlert) {
    socket.recorder().begin_send(SendContext::Failure(None), TlsSnapshot::START);
    let mut bytes = Vec::new();
    // Into memory nothing fails.
    let _ = alert.write_all(&mut bytes);
    if bytes.is_empty() {
        // rustls has none for a message that says it is longer than any may be.
        bytes.extend(DECODE_ERROR);
    }
    // The client may be gone already.
    let _ = (&*socket).write_all(&bytes);
    socket.recorder().end_send();
}

fn other_protocol(bytes: &[u8]) -> Option<End> {
    match client_hello::first_bytes(bytes) {
        FirstBytes::Http { line } => Some(End::NotTls { start: line, http: true }),
        FirstBytes::Text { line } => Some(End::NotTls { start: line, http: false }),
        FirstBytes::Tls | FirstBytes::Incomplete => None,
    }
}

/// What the client offered is added where the handshake is looked at as a whole.
fn tls_end(serving: &TlsServer, cause: impl Into<TlsErrorCause>, in_handshake: bool) -> End {
    End::Tls(Box::new(ServerTlsError::new(cause.into(), in_handshake, Arc::clone(serving.context()))))
}

fn failure(connection: &ServerConnection, error: &rustls::Error) -> SendContext {
    SendContext::Failure(alert_for(error, connection.protocol_version() == Some(ProtocolVersion::TLSv1_3)))
}

/// Sends all that rustls has ready.
fn flush(
    connection: &mut ServerConnection,
    socket: &Socket<'_>,
    context: SendContext,
    snapshot: TlsSnapshot,
) -> io::Result<()> {
    socket.recorder().begin_send(context, snapshot);
    let result = write_all(connection, socket);
    socket.recorder().end_send();
    result
}

fn write_all(connection: &mut ServerConnection, socket: &Socket<'_>) -> io::Result<()> {
    while connection.wants_write() {
        match connection.write_tls(&mut &*socket) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
