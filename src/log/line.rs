//! The one line that an event gets in the log. What the tutorial prints is kept to the letter.

use std::net::SocketAddr;

use crate::log::format;
use crate::server::client_id::ClientInfo;
use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem};
use crate::settings::DataFormat;
use crate::text::{self, with_thousands};
use crate::tls::explain::explain_server_error;
use crate::tls::handshake::{Handshake, HandshakeKind};

const RECEIVED: &str = "Received: ";

/// The log line of an event, without time and client. It is always one line.
#[must_use]
pub fn line(event: &Event, data_format: DataFormat) -> String {
    match &event.kind {
        EventKind::Received { data, .. } => RECEIVED.to_owned() + &format::data(data, data_format),
        _ => words(event),
    }
}

/// Appends the log line of an event as UTF-8, without a line end: [`line()`] for who prints many.
pub fn line_into(out: &mut Vec<u8>, event: &Event, data_format: DataFormat) {
    if let EventKind::Received { data, .. } = &event.kind {
        out.extend_from_slice(RECEIVED.as_bytes());
        format::data_into(out, data, data_format);
    } else {
        out.extend_from_slice(words(event).as_bytes());
    }
}

/// The log line in at most `max_chars` characters, and whether something had to be cut; it then ends in `…`. As
/// cheap for large data as for small.
#[must_use]
pub fn line_cut(event: &Event, data_format: DataFormat, max_chars: usize) -> (String, bool) {
    if let EventKind::Received { data, .. } = &event.kind
        && let Some(room) = max_chars.checked_sub(RECEIVED.len()).filter(|room| *room >= 3)
    {
        let (data, cut) = format::data_cut(data, data_format, room);
        return (format!("{RECEIVED}{data}"), cut);
    }
    match &event.kind {
        EventKind::Received { .. } => format::cut(format!("{RECEIVED}{}", format::CUT).chars(), max_chars),
        _ => format::cut(words(event).chars(), max_chars),
    }
}

/// [`line_cut`] for a row that stands beside its client's number and its [`crate::log::words::aside`]: a close says neither
/// the address nor the amounts once more.
#[must_use]
pub fn row_cut(event: &Event, data_format: DataFormat, max_chars: usize) -> (String, bool) {
    match &event.kind {
        EventKind::Closed(done) => format::cut(closed_in_short(done).chars(), max_chars),
        _ => line_cut(event, data_format, max_chars),
    }
}

/// An address as Python shows it: a pair for IPv4; for IPv6 with flow label and scope id, `('::1', 49751, 0, 0)`.
#[must_use]
pub fn peer(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => {
            // std hands the field over in network byte order, Python turns it.
            let flow = u32::from_be(v6.flowinfo());
            format!("('{}', {}, {flow}, {})", v6.ip(), v6.port(), v6.scope_id())
        }
    }
}

fn words(event: &Event) -> String {
    let text = match &event.kind {
        EventKind::Starting { port } => format!("Starting server on port {port}"),
        EventKind::Listening { addresses, tls } => listening(addresses, *tls),
        EventKind::NotListening(error) => format!("Not listening on {}. {error}", error.address),
        EventKind::StartFailed(error) => error.to_string(),
        EventKind::Opened => format!("Received new connection{}", from(event.client)),
        EventKind::Handshake(done) => handshake(done),
        EventKind::Received { data, .. } => format!("{RECEIVED}{}", format::python(data)),
        EventKind::Closed(done) => closed(done, event.client),
        EventKind::AcceptPaused => "Accepting paused: new clients wait in the accept queue".to_owned(),
        EventKind::AcceptResumed => "Accepting resumed".to_owned(),
        EventKind::Problem(trouble) => problem(trouble),
        EventKind::Stopping => "Stopping server".to_owned(),
        EventKind::Stopped => "Server stopped".to_owned(),
        EventKind::NotShown { count } => not_shown(*count),
        EventKind::Note { text, .. } => text.clone(),
    };
    one_line(text)
}

/// Names from a client and messages from a library may hold anything; a line stays a line.
pub(super) fn one_line(text: String) -> String {
    // Nearly every line is plain ASCII, which is found out much quicker.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || text.chars().all(|character| format::visible(character) == character) {
        return text;
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().map(format::visible).collect()
}

fn from(client: Option<ClientInfo>) -> String {
    // Two spaces, as Python's print leaves them between "from " and the address.
    client.map_or_else(String::new, |client| format!(" from  {}", peer(&client.peer)))
}

fn listening(addresses: &[SocketAddr], tls: bool) -> String {
    let mut out = String::from("Listening on ");
    for (index, address) in addresses.iter().enumerate() {
        out.push_str(match index {
            0 => "",
            _ if index + 1 == addresses.len() => " and ",
            _ => ", ",
        });
        out.push_str(&address.to_string());
    }
    if tls {
        out.push_str(" · TLS");
    }
    out
}

fn handshake(done: &Handshake) -> String {
    let mut parts = vec![done.version.to_owned(), done.cipher_suite.clone()];
    parts.extend(done.group.clone());
    parts.extend(done.server_name.as_ref().map(|name| format!("SNI {name}")));
    parts.extend(done.alpn.as_ref().map(|protocol| format!("ALPN {protocol}")));
    parts.extend(done.client_certificate.as_ref().map(|shown| format!("client {}", shown.subject)));
    parts.push(handshake_kind(done.kind).to_owned());
    parts.join(" · ")
}

pub(super) fn handshake_kind(kind: HandshakeKind) -> &'static str {
    match kind {
        HandshakeKind::Full => "full",
        HandshakeKind::FullWithRetry => "full with a retry",
        HandshakeKind::Resumed => "resumed",
    }
}

fn closed(closed: &Closed, client: Option<ClientInfo>) -> String {
    format!(
        "Connection{} {} after {}: {} received, {} sent",
        from(client),
        closed_by(&closed.reason),
        text::duration(closed.lasted),
        count(closed.received, "byte"),
        count(closed.sent, "byte"),
    )
}

/// `Closed by the client after 1.2 s`.
fn closed_in_short(closed: &Closed) -> String {
    let lasted = text::duration(closed.lasted);
    match closed_by(&closed.reason).strip_prefix("closed ") {
        Some(how) => format!("Closed {how} after {lasted}"),
        None => format!("Connection {} after {lasted}", closed_by(&closed.reason)),
    }
}

pub(super) fn closed_by(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::EndOfStream => "closed by the client",
        CloseReason::EndWithoutCloseNotify => "closed by the client without close_notify",
        CloseReason::Lost { .. } => "lost",
        CloseReason::Idle => "closed by the server as idle",
        CloseReason::ServerStopped => "closed because the server was stopped",
        CloseReason::Disconnected => "closed by you (Disconnect)",
        CloseReason::Tls => "closed on a TLS failure",
        CloseReason::Panicked => "closed by a fault in Echoscope",
    }
}

pub(super) fn not_shown(lines: u64) -> String {
    format!(
        "{} left out here: the client was faster than the log. Every byte was echoed.",
        count(lines, "line")
    )
}

/// `1 byte`, `1,024 bytes`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", with_thousands(number), if number == 1 { "" } else { "s" })
}

fn problem(problem: &Problem) -> String {
    match problem {
        Problem::OutOfFiles { .. } => {
            "No more clients can be accepted: too many files are open. New ones wait in the \
             queue; disconnect some clients or raise the limit on open files."
                .to_owned()
        }
        Problem::OutOfThreads { .. } => {
            "The system gives no thread for the next client, so it waits. Disconnect some \
             clients, or serve them with a pool of threads."
                .to_owned()
        }
        Problem::Recovered => "The shortage is over: clients are accepted and served again.".to_owned(),
        Problem::MaxClients { limit } => format!(
            "{} connected, as many as allowed. The next ones wait in the accept queue until one goes; raise Max \
             clients to let more in.",
            if *limit == 1 {
                "1 client is".to_owned()
            } else {
                format!("{} clients are", with_thousands(*limit))
            },
        ),
        Problem::Accept { raw } => {
            format!(
                "A client could not be accepted: {raw}. The server goes on; let the client connect again."
            )
        }
        Problem::NotTls { start, http } => {
            let sent = match start.trim_ascii() {
                [] => ".".to_owned(),
                start => format!(": it sent {}.", format::quoted(start)),
            };
            let advice =
                if *http { "Ask it for https" } else { "Use a client that does, such as openssl s_client" };
            format!("This client does not speak TLS{sent} {advice}, or turn TLS off.")
        }
        Problem::TlsOnPlain => {
            "This client speaks TLS, but TLS is off. Turn TLS on, or let the client connect without it."
                .to_owned()
        }
        Problem::Tls(error) => explain_server_error(error),
        Problem::HandshakeTimeout { after } => format!(
            "The TLS handshake was not done after {}, so the connection is closed. Check that the client speaks TLS: \
             openssl s_client does.",
            text::duration(*after)
        ),
        Problem::Panicked { .. } => {
            "A fault in Echoscope ended this connection; the other clients noticed nothing. \
             Please report it with the details."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;
    use crate::log::testing::{client, closed, event, handshake, problem, received};

    fn python(event: &Event) -> String {
        line(event, DataFormat::Python)
    }

    #[test]
    fn the_tutorial_is_kept_to_the_letter() {
        assert_eq!(
            python(&event(None, EventKind::Starting { port: 12345 })),
            "Starting server on port 12345"
        );
        let opened = event(Some(client(1)), EventKind::Opened);
        assert_eq!(python(&opened), "Received new connection from  ('127.0.0.1', 49743)");
        assert_eq!(python(&received(1, b"Hello\n")), r"Received: b'Hello\n'");
        let v6 = |flow: u32, scope| {
            SocketAddrV6::new("fe80::1".parse().unwrap(), 49751, flow.to_be(), scope).into()
        };
        assert_eq!(peer(&"[::1]:49751".parse().unwrap()), "('::1', 49751, 0, 0)");
        assert_eq!(peer(&v6(7, 2)), "('fe80::1', 49751, 7, 2)");
    }

    #[test]
    fn our_own_lines_speak_likewise() {
        let listening = |addresses: &[&str], tls| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            python(&event(None, EventKind::Listening { addresses, tls }))
        };
        assert_eq!(
            listening(&["127.0.0.1:1", "[::1]:1"], true),
            "Listening on 127.0.0.1:1 and [::1]:1 · TLS"
        );
        assert_eq!(listening(&["1.0.0.1:1", "1.0.0.2:1", "1.0.0.3:1"], false), {
            "Listening on 1.0.0.1:1, 1.0.0.2:1 and 1.0.0.3:1"
        });
        assert_eq!(
            python(&handshake(HandshakeKind::Resumed)),
            "TLS 1.3 · TLS_AES_256_GCM_SHA384 · X25519MLKEM768 · SNI localhost · client CN=alice · resumed"
        );
        assert_eq!(
            python(&closed(CloseReason::EndOfStream)),
            "Connection from  ('127.0.0.1', 49743) closed by the client after 1.2 s: 78 bytes received, 7 bytes sent"
        );
        let rest = "left out here: the client was faster than the log. Every byte was echoed.";
        assert_eq!(not_shown(1), format!("1 line {rest}"));
        assert_eq!(not_shown(12_000), format!("12,000 lines {rest}"));
    }

    #[test]
    fn wrong_protocols_are_named() {
        let http = Problem::NotTls { start: b"GET / HTTP/1.1\r\n".to_vec(), http: true };
        let words =
            r#"This client does not speak TLS: it sent "GET / HTTP/1.1". Ask it for https, or turn TLS off."#;
        assert_eq!(python(&problem(http)), words);
        let silent = Problem::NotTls { start: b"\r\n".to_vec(), http: false };
        assert!(
            python(&problem(silent)).starts_with("This client does not speak TLS. Use a client that does")
        );
        assert!(python(&problem(Problem::MaxClients { limit: 1 })).starts_with("1 client is connected"));
    }

    #[test]
    fn a_line_is_one_line() {
        let text = "two\nlines \u{202e}and\x1b[2J".to_owned();
        assert_eq!(python(&event(None, EventKind::Note { text, problem: true })), "two lines ·and·[2J");
    }

    #[test]
    fn a_row_about_a_close_is_short() {
        let row = |reason| row_cut(&closed(reason), DataFormat::Python, 80).0;
        assert_eq!(row(CloseReason::EndOfStream), "Closed by the client after 1.2 s");
        assert_eq!(row(CloseReason::Lost { raw: String::new() }), "Connection lost after 1.2 s");
    }

    #[test]
    fn rows_are_cut_where_they_must() {
        let event = received(1, &vec![b'x'; 16 << 20]);
        let (row, cut) = line_cut(&event, DataFormat::Python, 20);
        assert_eq!((row.as_str(), cut), ("Received: b'xxxxxxx…", true));
        assert_eq!(line_cut(&event, DataFormat::Hex, 19).0, "Received: 78 78 78…".replace("78…", "…"));
        assert_eq!(line_cut(&event, DataFormat::Text, 5), ("Rece…".to_owned(), true));
        let hello = received(1, b"Hello\n");
        assert_eq!(line_cut(&hello, DataFormat::Text, 16), ("Received: Hello↵".to_owned(), false));
        assert_eq!(line_cut(&hello, DataFormat::Text, 15), ("Received: Hell…".to_owned(), true));
    }
}
