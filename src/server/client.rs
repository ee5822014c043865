//! One client, from the accepted connection to its close: the tutorial's `handle_client()`.

use std::any::Any;
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::capture::Recorder;
use crate::server::calls::Call;
use crate::server::end::End;
use crate::server::event::{CloseReason, Closed, EventKind, Problem};
use crate::server::registry::Conn;
use crate::server::run::Run;
use crate::server::socket::Socket;
use crate::server::status::Phase;
use crate::server::transport::Transport;
use crate::settings::ClientAuth;
use crate::tls::client_hello;
use crate::tls::server_config::TlsServer;

/// How long what a TLS client still sends after its end is thrown away, so that the echo and the alert before it reach
/// the client: a close with unread data becomes RST (RFC 1122, section 4.2.2.13), which may overtake them.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a client to its end. A panic in here ends this client alone.
pub(super) fn serve(run: &Run, conn: &Conn, tls: Option<&Arc<TlsServer>>) {
    let place = Place { run, conn };
    let reason = catch_unwind(AssertUnwindSafe(|| talk(run, conn, tls))).unwrap_or_else(|panic| {
        let problem = Problem::Panicked { message: message(panic.as_ref()) };
        run.sink.emit(Some(conn.client), EventKind::Problem(problem));
        CloseReason::Panicked
    });
    closed(run, conn, reason);
    drop(place);
}

/// Takes note of a client that was ended before a thread was free for it.
pub(super) fn dismiss(run: &Run, conn: &Conn) {
    let _place = Place { run, conn };
    closed(run, conn, ended(conn));
}

/// Closes the connection for this reason, whatever has come from outside since it was found: who was first stays so.
fn closed(run: &Run, conn: &Conn, reason: CloseReason) {
    run.gate.closes(conn);
    // FIN, before anybody hears that the connection is closed.
    let shut = conn.stream.shutdown(Shutdown::Both);
    if let Some(capture) = &conn.capture {
        if shut.is_ok() || conn.ended().is_some() {
            capture.fin_sent();
        }
        capture.close(reason.clone());
    }
    let closed = Closed {
        reason,
        received: conn.received.load(Relaxed),
        sent: conn.sent.load(Relaxed),
        lasted: conn.opened.elapsed(),
    };
    run.sink.emit(Some(conn.client), EventKind::Closed(closed));
}

/// Gives the client's place back, also when a panic passes by; after the log was told, so that it never shows more
/// clients than there may be.
struct Place<'a> {
    run: &'a Run,
    conn: &'a Conn,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.run.registry.remove(self.conn.client.id);
        self.run.sink.wake();
    }
}

fn talk(run: &Run, conn: &Conn, tls: Option<&Arc<TlsServer>>) -> CloseReason {
    let asks = run.config.tls.as_ref().is_some_and(|tls| tls.client_auth != ClientAuth::None);
    let recorder = Recorder::new(conn.capture.clone(), tls.is_some(), asks);
    let socket = Socket::new(conn, run.config.idle_timeout, recorder);
    let mut transport = match tls {
        None => Transport::Plain,
        Some(config) => {
            conn.enter(Phase::Handshake);
            if !run.gate.client_call(conn, Call::Handshake, 0) {
                return ended(conn);
            }
            match Transport::accept_tls(&socket, config, run.config.handshake_timeout) {
                Ok((transport, handshake)) => {
                    let handshake = Arc::new(handshake);
                    // The only place that sets it, once a connection.
                    let _ = conn.tls.set(Arc::clone(&handshake));
                    run.sink.emit(Some(conn.client), EventKind::Handshake(handshake));
                    transport
                }
                Err(end) => {
                    let reason = close_reason(run, conn, end);
                    run.gate.close_call(conn);
                    socket.throw_away_rest(Instant::now() + LINGER);
                    return reason;
                }
            }
        }
    };
    conn.enter(Phase::Open);
    let end = echo(run, conn, &socket, &mut transport);
    let reason = close_reason(run, conn, end);
    run.gate.close_call(conn);
    transport.close(&socket);
    if transport.is_tls() {
        socket.throw_away_rest(Instant::now() + LINGER);
    }
    reason
}

/// The reason of a client that was ended from outside; what its own thread makes of that doesn't count.
fn ended(conn: &Conn) -> CloseReason {
    conn.ended().unwrap_or(CloseReason::ServerStopped)
}

/// `recv`, `sendall`, until there is nothing more.
fn echo(run: &Run, conn: &Conn, socket: &Socket<'_>, transport: &mut Transport) -> End {
    let mut buffer = vec![0; run.config.recv_size];
    let mut opening = Vec::with_capacity(client_hello::HELLO_START);
    loop {
        if !run.gate.client_call(conn, Call::Recv, buffer.len()) {
            return End::OfStream;
        }
        let received = match transport.recv(socket, &mut buffer) {
            Ok(received) => received,
            Err(end) => return end,
        };
        let data = &buffer[..received];
        let start = Instant::now();
        conn.received.fetch_add(received as u64, Relaxed);
        run.totals.received.fetch_add(received as u64, Relaxed);
        let (sent, result) = if run.gate.send_call(conn, data) {
            transport.send_all(socket, data)
        } else {
            (0, Err(End::OfStream))
        };
        let took = start.elapsed();
        conn.sent.fetch_add(sent as u64, Relaxed);
        run.totals.sent.fetch_add(sent as u64, Relaxed);
        run.sink.received(conn.client, data, sent, took);
        if !transport.is_tls() && opening.len() < client_hello::HELLO_START {
            // Small pieces of it may come one by one.
            opening.extend(data.iter().take(client_hello::HELLO_START - opening.len()));
            if client_hello::looks_like_client_hello(&opening) {
                run.sink.emit(Some(conn.client), EventKind::Problem(Problem::TlsOnPlain));
            }
        }
        if let Err(end) = result {
            return end;
        }
    }
}

/// The reason for the log; what needs more words gets a line of its own before it.
fn close_reason(run: &Run, conn: &Conn, end: End) -> CloseReason {
    // What its own thread sees after an end from outside is only the consequence.
    if let Some(reason) = conn.ended() {
        return reason;
    }
    let (reason, problem) = match end {
        End::OfStream => (CloseReason::EndOfStream, None),
        End::WithoutCloseNotify => (CloseReason::EndWithoutCloseNotify, None),
        End::Lost(error) => (CloseReason::Lost { raw: error.to_string() }, None),
        End::Idle => (CloseReason::Idle, None),
        End::HandshakeTimeout(after) => (CloseReason::Tls, Some(Problem::HandshakeTimeout { after })),
        End::NotTls { start, http } => (CloseReason::Tls, Some(Problem::NotTls { start, http })),
        End::Tls(error) => (CloseReason::Tls, Some(Problem::Tls(Arc::from(error)))),
    };
    if let Some(problem) = problem {
        run.sink.emit(Some(conn.client), EventKind::Problem(problem));
    }
    reason
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
