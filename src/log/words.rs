//! Events in words: the line in the log, a fact beside it, and the title, explanation and raw text of the details.

pub use crate::log::explain::explain;
pub use crate::log::facts::{Fact, facts, handshake_facts};
use crate::log::format;
pub use crate::log::kind::Tone;
use crate::log::line::{closed_by, handshake_kind};
pub use crate::log::line::{line, line_cut, line_into, peer, row_cut};
use crate::server::event::{CloseReason, Event, EventKind, Problem};
use crate::text::{self, with_thousands};

/// A short fact for the right edge of a row: `6 B`, `2.9 ms`, `↓78 ↑7`.
#[must_use]
pub fn aside(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Received { data, echoed, .. } if *echoed < data.len() => {
            Some(format!("{} of {}", with_thousands(*echoed as u64), text::bytes(data.len() as u64)))
        }
        EventKind::Received { data, .. } => Some(text::bytes(data.len() as u64)),
        EventKind::Handshake(done) => Some(text::duration(done.took)),
        EventKind::Closed(closed) => {
            // Below 1024 the number alone says enough.
            let short = |count| text::bytes(count).trim_end_matches(" B").to_owned();
            Some(format!("↓{} ↑{}", short(closed.received), short(closed.sent)))
        }
        _ => None,
    }
}

/// What the details are headed with: `#1 · recv returned 6 bytes, sendall sent 6 bytes`.
#[must_use]
pub fn title(event: &Event) -> String {
    let title = headline(&event.kind);
    event.client.map_or_else(|| title.clone(), |client| format!("{} · {title}", client.id))
}

/// What stands smaller beside the title: `41 µs from recv to sent`.
#[must_use]
pub fn subtitle(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Received { took, .. } => Some(format!("{} from recv to sent", text::duration(*took))),
        EventKind::Handshake(done) => Some(format!("{} from accept to done", text::duration(done.took))),
        EventKind::Closed(closed) => Some(format!("open for {}", text::duration(closed.lasted))),
        EventKind::Opened => event.client.map(|client| client.peer.to_string()),
        _ => None,
    }
}

fn headline(kind: &EventKind) -> String {
    let fixed = match kind {
        EventKind::Received { data, echoed, .. } => return echo(data.len(), *echoed),
        EventKind::Starting { port } => return format!("Port {port} is bound"),
        EventKind::Listening { addresses, .. } if addresses.len() == 1 => "Waiting for clients",
        EventKind::Listening { addresses, .. } => {
            return format!("Waiting for clients on {} addresses", addresses.len());
        }
        EventKind::Handshake(done) => return format!("TLS handshake done, {}", handshake_kind(done.kind)),
        EventKind::Closed(closed) => return format!("Connection {}", closed_by(&closed.reason)),
        EventKind::NotShown { count } => {
            return format!("{} left out here", crate::log::line::count(*count, "line"));
        }
        EventKind::NotListening(_) => "One address could not be bound",
        EventKind::StartFailed(_) => "The server could not start",
        EventKind::Opened => "accept returned a new connection",
        EventKind::AcceptPaused => "Accepting is paused",
        EventKind::AcceptResumed => "Clients are accepted again",
        EventKind::Stopping => "Stop was asked for",
        EventKind::Stopped => "The server has stopped",
        EventKind::Note { problem: true, .. } => "Something needs a look",
        EventKind::Note { problem: false, .. } => "About Echoscope itself",
        EventKind::Problem(problem) => match problem {
            Problem::OutOfFiles { .. } => "Out of file descriptors",
            Problem::OutOfThreads { .. } => "Out of threads",
            Problem::Recovered => "The shortage is over",
            Problem::MaxClients { .. } => "As many clients as allowed",
            Problem::Accept { .. } => "accept failed",
            Problem::NotTls { http: true, .. } => "HTTP came where TLS was expected",
            Problem::NotTls { http: false, .. } => "Plain data came where TLS was expected",
            Problem::TlsOnPlain => "TLS came where plain data was expected",
            Problem::Tls(error) if error.in_handshake => "The TLS handshake failed",
            Problem::Tls(_) => "TLS failed after the handshake",
            Problem::HandshakeTimeout { .. } => "The TLS handshake took too long",
            Problem::Panicked { .. } => "A fault in Echoscope",
        },
    };
    fixed.to_owned()
}

fn echo(received: usize, echoed: usize) -> String {
    let received_bytes = crate::log::line::count(received as u64, "byte");
    match echoed {
        _ if echoed >= received => format!("recv returned {received_bytes}, sendall sent {received_bytes}"),
        0 => format!("recv returned {received_bytes}, sendall could send none of them"),
        _ => {
            let echoed = with_thousands(echoed as u64);
            format!("recv returned {received_bytes}, sendall could send only {echoed} of them")
        }
    }
}

/// The system's or the library's own words, or the bytes in question, where there are any.
#[must_use]
pub fn raw(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::NotListening(error) => Some(error.raw.clone()),
        EventKind::StartFailed(error) => error.raw(),
        EventKind::Closed(closed) => match &closed.reason {
            CloseReason::Lost { raw } => Some(raw.clone()),
            _ => None,
        },
        EventKind::Problem(problem) => match problem {
            Problem::OutOfFiles { raw } | Problem::OutOfThreads { raw } | Problem::Accept { raw } => {
                Some(raw.clone())
            }
            Problem::Tls(error) => Some(error.to_string()),
            Problem::NotTls { start, .. } => Some(format::python(start)),
            Problem::Panicked { message } => Some(message.clone()),
            Problem::Recovered
            | Problem::MaxClients { .. }
            | Problem::TlsOnPlain
            | Problem::HandshakeTimeout { .. } => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::{client, closed, event, handshake, problem, received};
    use crate::tls::handshake::HandshakeKind;

    fn partly(echoed: usize) -> Event {
        let mut event = received(1, b"Hello\n");
        if let EventKind::Received { echoed: field, .. } = &mut event.kind {
            *field = echoed;
        }
        event
    }

    #[test]
    fn asides_are_short() {
        assert_eq!(aside(&received(1, b"Hello\n")).unwrap(), "6 B");
        assert_eq!(aside(&partly(2)).unwrap(), "2 of 6 B");
        assert_eq!(aside(&handshake(HandshakeKind::Full)).unwrap(), "2.9 ms");
        assert_eq!(aside(&closed(CloseReason::EndOfStream)).unwrap(), "↓78 ↑7");
        assert_eq!(aside(&event(None, EventKind::Stopped)), None);
    }

    #[test]
    fn titles_say_what_the_calls_returned() {
        let hello = received(1, b"Hello\n");
        assert_eq!(title(&hello), "#1 · recv returned 6 bytes, sendall sent 6 bytes");
        assert_eq!(subtitle(&hello).unwrap(), "41 µs from recv to sent");
        assert_eq!(title(&received(1, b"x")), "#1 · recv returned 1 byte, sendall sent 1 byte");
        assert_eq!(title(&partly(2)), "#1 · recv returned 6 bytes, sendall could send only 2 of them");
        assert_eq!(title(&partly(0)), "#1 · recv returned 6 bytes, sendall could send none of them");
        assert_eq!(title(&closed(CloseReason::Idle)), "#1 · Connection closed by the server as idle");
        assert_eq!(subtitle(&event(Some(client(1)), EventKind::Opened)).unwrap(), "127.0.0.1:49743");
    }

    #[test]
    fn raw_words_are_kept() {
        assert_eq!(raw(&closed(CloseReason::Lost { raw: "reset".to_owned() })).unwrap(), "reset");
        let start = b"GET /\r\n".to_vec();
        assert_eq!(raw(&problem(Problem::NotTls { start, http: true })).unwrap(), r"b'GET /\r\n'");
        assert_eq!(raw(&received(1, b"x")), None);
    }
}
