//! Serves one client, from the accepted connection to its close: the tutorial's `handle_client()`.

use std::convert::Infallible;
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::capture::Recorder;
use crate::crash_report::{panic_if_requested, panic_message};
use crate::platform::{sockets, threads};
use crate::server::calls::Call;
use crate::server::event::{CloseReason, Closed, EventKind, Problem};
use crate::server::record_reader;
use crate::server::registry::Conn;
use crate::server::shared::ServerShared;
use crate::server::socket::{ConnectionError, Socket};
use crate::server::tls_stream::TlsStream;
use crate::settings::ClientAuth;
use crate::tls::client_hello;

/// How long a TLS client's data is still received, and discarded, after the end of its connection. A close with unread
/// data sends RST (RFC 1122, section 4.2.2.13), which could overtake the echo and the alert.
const LINGER: Duration = Duration::from_secs(1);
/// How long sending `close_notify` to an idle client may take.
const IDLE_CLOSE: Duration = Duration::from_millis(50);

/// Serves a client until its connection is closed. A panic ends only this connection.
pub(super) fn serve(shared: &ServerShared, conn: &Conn) {
    let ended = catch_unwind(AssertUnwindSafe(|| handle_connection(shared, conn)));
    let (reason, raw) = ended.unwrap_or_else(|panic| {
        let message = panic_message(panic.as_ref()).unwrap_or("no message").to_owned();
        let problem = Problem::Panicked { message };
        shared.events.send(Some(conn.client), EventKind::Problem(problem));
        (CloseReason::Panicked, None)
    });
    close(shared, conn, reason, raw);
}

/// Closes a connection that was ended before a thread could serve it.
pub(super) fn close_unserved(shared: &ServerShared, conn: &Conn) {
    close(shared, conn, conn.ended().unwrap_or(CloseReason::ServerStopped), None);
}

/// Closes the connection and reports `reason`, even if another thread has closed the connection since the reason was
/// found.
fn close(shared: &ServerShared, conn: &Conn, reason: CloseReason, raw: Option<String>) {
    shared.steps.on_closed(conn);
    // Shut down before sending the event, so that the FIN is sent when the log shows the close.
    let is_shut = conn.stream.shutdown(Shutdown::Both).is_ok();
    if is_shut || conn.ended().is_some() {
        conn.recording.fin_sent();
    }
    conn.recording.close(reason);
    let closed = Closed {
        reason,
        raw,
        received: conn.received.load(Relaxed),
        sent: conn.sent.load(Relaxed),
        lasted: conn.opened.elapsed(),
    };
    shared.events.send(Some(conn.client), EventKind::Closed(closed));
    // Remove it after sending the event, so that the log never shows more clients than the limit.
    shared.registry.remove(conn.client.id);
    shared.events.wake();
}

fn handle_connection(shared: &ServerShared, conn: &Conn) -> (CloseReason, Option<String>) {
    let files = shared.config.tls.as_ref();
    let requests_certificate = files.is_some_and(|files| files.client_auth != ClientAuth::None);
    let recorder = Recorder::new(&conn.recording, files.is_some(), requests_certificate);
    let socket = Socket::new(conn, shared.config.idle_timeout, recorder);
    let mut tls = None;
    let min_size = if files.is_some() { record_reader::SMALL } else { 0 };
    let mut buffer = vec![0; shared.config.recv_size.max(min_size)];
    let error = match accept_tls(shared, conn, &socket, &mut buffer) {
        Ok(stream) => {
            tls = stream;
            let Err(error) = echo(shared, conn, &socket, &mut tls, &mut buffer);
            error
        }
        Err(error) => error,
    };
    let ended = close_reason(shared, conn, error);
    shared.steps.close_call(conn, ended.0);
    if files.is_some() {
        close_tls(&socket, tls.as_deref_mut(), ended.0);
    }
    ended
}

/// Sends `close_notify` (RFC 8446, section 6.1) unless TLS failed, then FIN, and receives what the client still sends.
#[inline(never)]
fn close_tls(socket: &Socket<'_>, tls: Option<&mut TlsStream>, reason: CloseReason) {
    let mut linger = LINGER;
    if reason == CloseReason::Idle {
        // The idle timeout has passed once already.
        linger = Duration::ZERO;
        socket.set_idle_timeout(IDLE_CLOSE);
    }
    if let Some(tls) = tls.filter(|_| reason != CloseReason::Tls) {
        tls.close(socket);
    }
    socket.drain_until(Instant::now() + linger);
}

/// Performs the TLS handshake, the tutorial's `wrap_socket()`. Returns `None` without TLS.
fn accept_tls(
    shared: &ServerShared,
    conn: &Conn,
    socket: &Socket<'_>,
    buffer: &mut [u8],
) -> Result<Option<Box<TlsStream>>, ConnectionError> {
    let Some(tls) = shared.tls.get() else { return Ok(None) };
    if !shared.steps.client_call(conn, Call::Handshake, 0, None) {
        return Err(ConnectionError::Closed(CloseReason::EndOfStream));
    }
    shared.registry.on_handshake_begin(conn.client.id);
    let (stream, handshake) =
        TlsStream::accept(socket, tls, shared.config.handshake_timeout, &shared.handshake_bytes, buffer)?;
    threads::release_unused_stack();
    shared.registry.on_handshake_done(conn, Arc::clone(&handshake));
    shared.events.send(Some(conn.client), EventKind::Handshake(handshake));
    Ok(Some(stream))
}

/// Calls `recv` and `sendall` until the connection ends. Returns why it ended.
// Not inlined: its variables are not on the stack during a TLS handshake, which needs the most stack.
#[inline(never)]
fn echo(
    shared: &ServerShared,
    conn: &Conn,
    socket: &Socket<'_>,
    tls: &mut Option<Box<TlsStream>>,
    buffer: &mut [u8],
) -> Result<Infallible, ConnectionError> {
    let recv_size = shared.config.recv_size;
    // The first bytes of a client without TLS, which may arrive one by one.
    let mut first_bytes = Vec::with_capacity(client_hello::HELLO_START);
    // The length of what the last `recv` returned, which is still in the buffer.
    let mut last = None;
    loop {
        if !shared.steps.client_call(conn, Call::Recv, recv_size, last.map(|length| &buffer[..length])) {
            return Err(ConnectionError::Closed(CloseReason::EndOfStream));
        }
        if let Some(reason) = conn.ended() {
            return Err(ConnectionError::Closed(reason));
        }
        let received = match tls {
            Some(tls) => tls.recv(socket, buffer, recv_size)?,
            None => match socket.recv(&mut buffer[..recv_size], None)? {
                0 => return Err(ConnectionError::Closed(CloseReason::EndOfStream)),
                received => received,
            },
        };
        last = Some(received);
        let data = &buffer[..received];
        let start = Instant::now();
        let offset = conn.received.fetch_add(received as u64, Relaxed);
        shared.totals.received.add(conn.client.id, received as u64);
        let (sent, result) = if !shared.steps.client_call(conn, Call::SendAll, received, Some(data)) {
            (0, Err(ConnectionError::Closed(CloseReason::EndOfStream)))
        } else if let Some(tls) = tls {
            tls.send_all(socket, data)
        } else {
            socket.send_all(data)
        };
        let took = start.elapsed();
        conn.sent.fetch_add(sent as u64, Relaxed);
        shared.totals.sent.add(conn.client.id, sent as u64);
        shared.events.send_received(conn.client, (offset, data), sent, took);
        if tls.is_none() && first_bytes.len() < client_hello::HELLO_START {
            first_bytes.extend(data.iter().take(client_hello::HELLO_START - first_bytes.len()));
            if client_hello::looks_like_client_hello(&first_bytes) {
                shared.events.send(Some(conn.client), EventKind::Problem(Problem::TlsOnPlain));
            }
        }
        result?;
        panic_if_requested("client");
    }
}

/// Returns the close reason and the OS's message for the log. Reports a TLS problem as an event of its own.
fn close_reason(shared: &ServerShared, conn: &Conn, error: ConnectionError) -> (CloseReason, Option<String>) {
    // If another thread closed the connection, the error is only a consequence of that.
    if let Some(reason) = conn.ended() {
        return (reason, None);
    }
    match error {
        ConnectionError::Closed(reason) => (reason, None),
        ConnectionError::Failed(error) => {
            let reason = if sockets::is_reset(&error) { CloseReason::Reset } else { CloseReason::Lost };
            (reason, Some(error.to_string()))
        }
        ConnectionError::Tls(problem) => {
            shared.events.send(Some(conn.client), EventKind::Problem(problem));
            (CloseReason::Tls, None)
        }
    }
}
