//! The details of an event: its title, and what it means, for a user who is learning how servers work.

use std::borrow::Cow;

use crate::log::format;
use crate::log::line::truncated_row;
use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem, RESET_CAUSES, RESET_EFFECT};
use crate::server::start_error::{BindCause, StartError};
use crate::settings::DataFormat;
use crate::text::{self, count, with_thousands};
use crate::tls::client_hello::OtherProtocol;

/// The maximum length of a title, in characters.
pub const MAX_TITLE: usize = 60;

/// Returns the title of the details: for received data `#1 · recv() returned 6 bytes, sendall() sent 6 bytes`, otherwise
/// the entry's text in the log.
#[must_use]
pub fn title(event: &Event) -> String {
    let title = match &event.kind {
        EventKind::Received { data, echoed, .. } => {
            let received = count(data.len() as u64, "byte");
            let sent = match *echoed {
                echoed if echoed >= data.len() => format!("sent {received}"),
                0 => "could send none of them".to_owned(),
                echoed => format!("could send only {} of them", with_thousands(echoed as u64)),
            };
            format!("recv() returned {received}, sendall() {sent}")
        }
        _ => truncated_row(event, DataFormat::Python, MAX_TITLE).0,
    };
    event.client.map_or_else(|| title.clone(), |client| format!("{} · {title}", client.id))
}

/// Returns the smaller text beside the title, if there is one: `41 µs from recv() to the end of sendall()`.
#[must_use]
pub fn subtitle(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Received { took, .. } => {
            Some(format!("{} from recv() to the end of sendall()", text::duration(*took)))
        }
        EventKind::Handshake(handshake) => {
            Some(format!("{} from accept to done", text::duration(handshake.took)))
        }
        _ => None,
    }
}

/// Returns what happened and why, in one or two sentences.
#[must_use]
pub fn explanation(event: &Event) -> String {
    describe(&event.kind).1.into_owned()
}

/// Returns the error as the OS or the library reported it, or the bytes that caused the problem, if there are any.
#[must_use]
pub fn raw(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::NotListening(error) => Some(error.source.to_string()),
        EventKind::StartFailed(error) => error.raw(),
        EventKind::Closed(Closed { raw, .. }) => raw.clone(),
        EventKind::Problem(
            Problem::OutOfFiles { raw }
            | Problem::OutOfThreads { raw }
            | Problem::Accept { raw }
            | Problem::Panicked { message: raw },
        ) => Some(raw.clone()),
        EventKind::Problem(Problem::Tls(error)) => Some(error.to_string()),
        EventKind::Problem(Problem::NotTls { start, .. }) => Some(format::python(start)),
        _ => None,
    }
}

/// Returns the name of an event in the JSON log, and its explanation.
pub(super) fn describe(kind: &EventKind) -> (&'static str, Cow<'static, str>) {
    let (keyword, explanation) = match kind {
        EventKind::Starting { .. } => (
            "starting",
            "bind() gave each address and the port to a socket. That alone doesn't reserve the port: on Linux, another \
             socket with SO_REUSEADDR can bind it, too, until one of them listens.",
        ),
        EventKind::Listening { tls, .. } => {
            let tls = if *tls { " TLS begins only then, on each accepted connection." } else { "" };
            let explanation = "listen() gave each address an accept queue: the OS completes new connections and keeps them \
                               there until accept() takes them. The backlog limits how many; Linux keeps one more, and at \
                               most net.core.somaxconn + 1.";
            return ("listening", format!("{explanation}{tls}").into());
        }
        EventKind::NotListening(_) => (
            "not_listening",
            "The host has several addresses. Clients that connect to another one are served.",
        ),
        EventKind::StartFailed(error) => ("start_failed", start_failed(error)),
        EventKind::Opened => (
            "opened",
            "accept() took this client from the accept queue and returned a socket for it alone. The client's port distinguishes it \
             from other connections of the same computer. TCP_NODELAY is set, so short echoes are sent at once.",
        ),
        EventKind::Handshake(_) => (
            "handshake",
            "Both sides agreed on how to encrypt. From here on all data is encrypted; the log shows the plaintext.",
        ),
        EventKind::Received { data, echoed, .. } if *echoed >= data.len() => (
            "received",
            "recv() returns whatever has arrived, up to its size, and sendall() sends it back. One send by \
             the client may arrive in several recv calls, and several sends in one.",
        ),
        EventKind::Received { .. } => (
            "received",
            "The connection ended while sendall() was sending, so the client didn't get all of it back. The \
             log shows everything that recv() returned.",
        ),
        EventKind::Closed(details) => return ("closed", closed(details)),
        EventKind::AcceptPaused => (
            "accept_paused",
            "The server doesn't call accept(). New connections wait in the accept queue, as far as the backlog allows. Accepted \
             clients are still served.",
        ),
        EventKind::AcceptResumed => (
            "accept_resumed",
            "The server calls accept() again. Waiting clients are accepted first, oldest first.",
        ),
        EventKind::Problem(problem) => ("problem", describe_problem(problem).1),
        EventKind::Stopping => (
            "stopping",
            "The server closes every client's connection and the listening sockets, so that all of its threads end.",
        ),
        EventKind::Stopped => (
            "stopped",
            "Every socket is closed and every thread has ended. Nothing listens on the port any more.",
        ),
        EventKind::NotShown { .. } => (
            "not_shown",
            "Data arrived faster than it could be logged, and the echo never waits for the log. No echoed byte was lost; the \
             counters are exact.",
        ),
        EventKind::Note { .. } => ("note", "This is about Echoscope itself, not about a step of the server."),
    };
    (keyword, explanation.into())
}

fn start_failed(error: &StartError) -> &'static str {
    match error {
        StartError::NameNotFound { .. } => "bind() takes an address, and none was found for the name.",
        StartError::Bind(errors) if errors.iter().any(|error| matches!(error.cause, BindCause::InUse(_))) => {
            "bind() or listen() failed for each address. Only one socket at a time can listen on a port of an address."
        }
        StartError::Bind(_) => "bind() failed for each address, so there is nothing to listen on.",
        StartError::Tls(_) => {
            "TLS needs a certificate and its key, which the server reads before it listens."
        }
        StartError::Panicked(_) => "The server closed its sockets, and all connections with them.",
        StartError::System { .. } => {
            "The server needs threads and sockets from the OS before it can listen, and couldn't get them."
        }
    }
}

fn closed(closed: &Closed) -> Cow<'static, str> {
    let explanation = match closed.reason {
        CloseReason::EndOfStream => {
            "recv() returned no bytes: the end of the stream, which is the tutorial's “if not data: break”."
        }
        CloseReason::EndWithoutCloseNotify => {
            "The client ended the connection without close_notify, so the server can't rule out truncation; many programs do \
             this."
        }
        CloseReason::Reset => {
            return format!("The client's side sent RST. {RESET_EFFECT} {RESET_CAUSES}").into();
        }
        CloseReason::Lost => {
            "The OS gave up the connection without an RST: most likely the client or the network no longer answered. Data in \
             flight is lost."
        }
        CloseReason::Idle => {
            "Nothing was received or sent during the idle timeout. With a timeout of 0, the server waits forever."
        }
        CloseReason::ServerStopped => "The server was stopped, and that closes every client's connection.",
        CloseReason::Disconnected => {
            "You disconnected this client. Its recv() returns the end of the stream, or fails with a reset if the server closed \
             with unread data."
        }
        CloseReason::HandshakeLimit => {
            "Unfinished TLS handshakes may take three quarters of the places (in a pool: of the threads) and a few MiB of \
             memory, so that clients that don't finish can't lock out others."
        }
        CloseReason::Tls => {
            "Without TLS, the server can't receive or send anything. See the previous entry for the cause."
        }
        CloseReason::Panicked => {
            "A bug in Echoscope ended this client's thread. Other clients are unaffected."
        }
    };
    let echoed = match closed.reason {
        CloseReason::EndOfStream | CloseReason::EndWithoutCloseNotify if closed.sent >= closed.received => {
            " Everything received was sent back before the server closed its side, too."
        }
        CloseReason::EndOfStream | CloseReason::EndWithoutCloseNotify => {
            " Not everything received could be sent back before that."
        }
        _ => "",
    };
    format!("{explanation}{echoed}").into()
}

/// Returns the name of a problem in the JSON log, and its explanation.
pub(super) fn describe_problem(problem: &Problem) -> (&'static str, &'static str) {
    match problem {
        Problem::OutOfFiles { .. } => (
            "out_of_files",
            "Every connection takes a file descriptor, which the OS limits. Connected clients are still served, and accept() is \
             retried.",
        ),
        Problem::OutOfThreads { .. } => (
            "out_of_threads",
            "In this mode every client needs a thread of its own. The OS limits the number of threads and their memory. The \
             server retries until it gets one.",
        ),
        Problem::Recovered => {
            ("recovered", "The server accepts clients again, the longest waiting ones first.")
        }
        Problem::MaxClients { .. } => (
            "max_clients",
            "The server doesn't call accept() now. New connections wait in the accept queue. Once that is full, attempts to \
             connect time out (on Windows, they are refused).",
        ),
        Problem::AttemptsDropped { .. } => (
            "attempts_dropped",
            "The OS drops a new client's SYN, or the ACK that completes its handshake, when the accept queue is full, and rarely \
             for lack of memory. The client's OS sends it again after about a second, then at growing intervals. Each \
             dropped packet counts.",
        ),
        Problem::Accept { .. } => (
            "accept",
            "accept() failed. Usual causes are too little memory for sockets, a firewall rule or a network failure; the OS's \
             message shows which. Connected clients are unaffected.",
        ),
        Problem::NotTls { protocol: OtherProtocol::Http, .. } => (
            "not_tls",
            "A TLS connection begins with a ClientHello, and this began with an HTTP request. With https:// in the address a browser \
             speaks TLS first.",
        ),
        Problem::NotTls { .. } => (
            "not_tls",
            "A TLS connection begins with a ClientHello, and these bytes are something else. A plain client such as nc \
             doesn't use TLS.",
        ),
        Problem::TlsOnPlain => (
            "tls_on_plain",
            "The first bytes are a ClientHello. Without TLS, the server echoes them like any others, and the client can't use \
             that as an answer.",
        ),
        Problem::Tls(error) if error.in_handshake => (
            "tls",
            "Both sides agree on version, cipher suite and keys, and the client checks the certificate. A side that doesn't agree \
             sends an alert or closes, and no data flows.",
        ),
        Problem::Tls(_) => (
            "tls",
            "An alert, a record with a wrong authentication tag, or a message that isn't allowed at that point ends the \
             connection: nothing after it could be trusted.",
        ),
        Problem::HandshakeTimeout { .. } => (
            "handshake_timeout",
            "The server limits how long it waits, so that silent clients can't occupy places forever.",
        ),
        Problem::Panicked { .. } => ("panicked", "Only this client was affected, and its thread ended."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::events_for_tests::{closed, event, problem, received, received_partly_echoed};

    #[test]
    fn titles_name_what_the_calls_returned() {
        let hello = received(1, b"Hello\n");
        assert_eq!(title(&hello), "#1 · recv() returned 6 bytes, sendall() sent 6 bytes");
        assert_eq!(subtitle(&hello).unwrap(), "41 µs from recv() to the end of sendall()");
        assert_eq!(title(&received(1, b"x")), "#1 · recv() returned 1 byte, sendall() sent 1 byte");
        let partly = |echoed| title(&received_partly_echoed(echoed));
        assert_eq!(partly(2), "#1 · recv() returned 6 bytes, sendall() could send only 2 of them");
        assert_eq!(partly(0), "#1 · recv() returned 6 bytes, sendall() could send none of them");
        assert_eq!(title(&closed(CloseReason::Idle)), "#1 · Closed by the server as idle after 1.2 s");
    }

    #[test]
    fn explanations_depend_on_the_details_of_the_event() {
        assert_ne!(explanation(&received_partly_echoed(2)), explanation(&received(1, b"Hello\n")));
        assert!(
            explanation(&closed(CloseReason::EndOfStream))
                .ends_with("Not everything received could be sent back before that.")
        );
        let not_shown = explanation(&event(None, EventKind::NotShown { count: 12 }));
        assert!(not_shown.contains("faster than it could be logged"), "{not_shown}");
        assert!(explanation(&problem(Problem::TlsOnPlain)).contains("ClientHello"));
    }

    #[test]
    fn raw_errors_are_kept() {
        assert_eq!(raw(&closed(CloseReason::Reset)).unwrap(), "reset");
        let start = b"GET /\r\n".to_vec();
        assert_eq!(
            raw(&problem(Problem::NotTls { start, protocol: OtherProtocol::Http })).unwrap(),
            r"b'GET /\r\n'"
        );
        assert_eq!(raw(&received(1, b"x")), None);
    }
}
