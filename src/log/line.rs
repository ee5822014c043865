//! The line that the log shows for an event. A line that the tutorial's program also prints is identical to its output.

use std::net::SocketAddr;

use crate::log::format;
use crate::server::event::{ClientInfo, Event, EventKind, Problem};
use crate::settings::DataFormat;
use crate::text::{self, count, with_thousands};
use crate::tls::client_hello::OtherProtocol;
use crate::tls::explain::explain_server_error;
use crate::tls::handshake::{Handshake, HandshakeKind};

const RECEIVED: &str = "Received: ";

/// Returns the log line in at most `max_chars` characters, and whether it was truncated; it then ends in `…`. The cost
/// doesn't depend on the size of the data.
#[must_use]
pub fn truncated_line(event: &Event, data_format: DataFormat, max_chars: usize) -> (String, bool) {
    let EventKind::Received { data, .. } = &event.kind else {
        return format::truncate(line(event, data_format).chars(), max_chars);
    };
    let (data, _) = format::truncated_data(data, data_format, max_chars);
    format::truncate(RECEIVED.chars().chain(data.chars()), max_chars)
}

/// Returns [`truncated_line`] for a row that also shows the client's number and the [`trailing_text`]. The line about a
/// closed connection therefore repeats neither the address nor the amounts: `Closed by the client after 1.2 s`.
#[must_use]
pub fn truncated_row(event: &Event, data_format: DataFormat, max_chars: usize) -> (String, bool) {
    let EventKind::Closed(closed) = &event.kind else {
        return truncated_line(event, data_format, max_chars);
    };
    let reason = closed.reason.description();
    let closed_how = match reason.strip_prefix("closed ") {
        Some(how) => format!("Closed {how}"),
        None => format!("Connection {reason}"),
    };
    format::truncate(format!("{closed_how} after {}", text::duration(closed.lasted)).chars(), max_chars)
}

/// Returns the short text at the right edge of a row: `6 B`, `2.9 ms`, `↓78 ↑7`.
#[must_use]
pub fn trailing_text(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Received { data, echoed, .. } if *echoed < data.len() => {
            Some(format!("{} of {}", with_thousands(*echoed as u64), text::bytes(data.len() as u64)))
        }
        EventKind::Received { data, .. } => Some(text::bytes(data.len() as u64)),
        EventKind::Handshake(handshake) => Some(text::duration(handshake.took)),
        EventKind::Closed(closed) => {
            // Below 1024 the unit is left out: the arrows make clear that bytes are meant.
            let short = |count| text::bytes(count).trim_end_matches(" B").to_owned();
            Some(format!("↓{} ↑{}", short(closed.received), short(closed.sent)))
        }
        _ => None,
    }
}

/// Returns an address as Python shows it: `('127.0.0.1', 49743)` for IPv4, and with flow label and scope ID for IPv6:
/// `('::1', 49751, 0, 0)`.
#[must_use]
pub fn python_address(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => {
            // std returns the flow label in network byte order; Python converts it.
            let flow = u32::from_be(v6.flowinfo());
            format!("('{}', {}, {flow}, {})", v6.ip(), v6.port(), v6.scope_id())
        }
    }
}

/// Returns the log line of an event, without time and client. It never contains a line break.
#[must_use]
pub fn line(event: &Event, data_format: DataFormat) -> String {
    let text = match &event.kind {
        EventKind::Received { data, .. } => return RECEIVED.to_owned() + &format::data(data, data_format),
        EventKind::Starting { port } => format!("Starting server on port {port}"),
        EventKind::Listening { addresses, tls } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let tls = if *tls { " · TLS" } else { "" };
            format!("Listening on {}{tls}", text::list(&addresses, usize::MAX))
        }
        EventKind::NotListening(error) => format!("Not listening on {}. {error}", error.address),
        EventKind::StartFailed(error) => error.to_string(),
        EventKind::Opened => format!("Received new connection{}", from_client(event.client)),
        EventKind::Handshake(handshake) => handshake_line(handshake),
        EventKind::Closed(closed) => format!(
            "Connection{} {} after {}: {} received, {} sent",
            from_client(event.client),
            closed.reason.description(),
            text::duration(closed.lasted),
            count(closed.received, "byte"),
            count(closed.sent, "byte"),
        ),
        EventKind::AcceptPaused => "Accepting paused: new clients wait in the accept queue".to_owned(),
        EventKind::AcceptResumed => "Accepting resumed".to_owned(),
        EventKind::Problem(cause) => problem(cause),
        EventKind::Stopping => "Stopping server".to_owned(),
        EventKind::Stopped => "Server stopped".to_owned(),
        EventKind::NotShown { count: skipped } => format!(
            "{} skipped: data arrived faster than it could be logged. Every byte was echoed.",
            count(*skipped, "entry")
        ),
        EventKind::Note { text, .. } => text.clone(),
    };
    one_line(text)
}

/// Puts a text on one line: replaces line breaks and unprintable characters, which names sent by a client and errors of
/// a library may contain.
fn one_line(text: String) -> String {
    // Nearly every line is plain ASCII, for which the first check is much faster.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || text.chars().all(|character| format::visible(character) == character) {
        return text;
    }
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().map(format::visible).collect()
}

/// Returns the log line with the time of day and the client: `12:03:05.482  #1    Received: b'Hello\n'`.
#[must_use]
pub fn full_line(event: &Event, data_format: DataFormat) -> String {
    let client = event.client.map_or_else(String::new, |client| client.id.to_string());
    format!("{}  {client:<4}  {}", text::clock(event.at), line(event, data_format))
}

fn from_client(client: Option<ClientInfo>) -> String {
    // The tutorial's print("… from ", address) writes two spaces.
    client.map_or_else(String::new, |client| format!(" from  {}", python_address(&client.peer)))
}

fn handshake_line(handshake: &Handshake) -> String {
    let mut parts = vec![handshake.version.to_owned(), handshake.cipher_suite.clone()];
    parts.extend(handshake.group.clone());
    parts.extend(handshake.server_name.as_ref().map(|name| format!("SNI {name}")));
    parts.extend(handshake.alpn.as_ref().map(|protocol| format!("ALPN {protocol}")));
    parts.extend(handshake.client_certificate.as_ref().map(|shown| format!("client {}", shown.subject)));
    parts.push(handshake_kind(handshake.kind).to_owned());
    parts.join(" · ")
}

pub(super) fn handshake_kind(kind: HandshakeKind) -> &'static str {
    match kind {
        HandshakeKind::Full => "full",
        HandshakeKind::FullWithRetry => "full with a retry",
        HandshakeKind::Resumed => "resumed",
    }
}

fn problem(problem: &Problem) -> String {
    let fixed = match problem {
        Problem::OutOfFiles { .. } => {
            "Can't accept more clients: too many files are open. Disconnect some clients, or raise the limit on open files."
        }
        Problem::OutOfThreads { .. } => {
            "Can't create a thread for the next client, so it waits. Disconnect some clients, or use a pool of threads."
        }
        Problem::Recovered => "Resources available; accepting clients again.",
        Problem::MaxClients { limit, idle_timeout } => {
            let idle = match idle_timeout {
                None => "Set an idle timeout to disconnect idle clients, or raise Max clients.".to_owned(),
                Some(timeout) => format!(
                    "Idle clients are disconnected after {}; raise Max clients to accept more.",
                    text::duration(*timeout)
                ),
            };
            return format!(
                "Client limit reached ({}); new clients wait in the accept queue. {idle}",
                with_thousands(*limit)
            );
        }
        Problem::AttemptsDropped { address, count } => {
            let packets = text::count(u64::from(*count), "packet");
            return format!(
                "The OS dropped {packets} of clients connecting to {address}: most likely the accept queue was full. A larger backlog \
                 lets more clients wait."
            );
        }
        Problem::Accept { raw } => {
            return format!(
                "Can't accept a client: {raw}. The server keeps trying; let the client connect again."
            );
        }
        Problem::NotTls { start, protocol } => {
            let sent = match start.trim_ascii() {
                [] => ".".to_owned(),
                start => format!(": it sent {}.", format::quoted(start)),
            };
            let advice = match protocol {
                OtherProtocol::Http => "Use https:// in its address",
                OtherProtocol::Ssl2 => {
                    return "This client sent an SSL 2.0 ClientHello, which is obsolete and unsafe. Use a client that supports \
                            TLS 1.2 or 1.3."
                        .to_owned();
                }
                OtherProtocol::Dtls => {
                    return "This client uses DTLS, the variant of TLS for UDP, over TCP. Use a client that uses TLS."
                        .to_owned();
                }
                OtherProtocol::Unknown => "Use a client that does, such as openssl s_client",
            };
            return format!("This client doesn't use TLS{sent} {advice}, or turn TLS off.");
        }
        Problem::TlsOnPlain => {
            "This client uses TLS, but the server doesn't. Turn TLS on, or let the client connect without it."
        }
        Problem::Tls(error) => return explain_server_error(error),
        Problem::HandshakeTimeout { after } => {
            return format!(
                "The TLS handshake wasn't complete after {}. The client may not use TLS, or the network may be slow: try \
                 openssl s_client.",
                text::duration(*after)
            );
        }
        Problem::Panicked { .. } => {
            "A bug in Echoscope ended this connection; other clients are unaffected. Please report it with the details."
        }
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;
    use crate::log::events_for_tests::{
        client, closed, event, handshake, problem, received, received_partly_echoed,
    };
    use crate::server::event::CloseReason;

    fn python(event: &Event) -> String {
        line(event, DataFormat::Python)
    }

    #[test]
    fn lines_of_the_tutorial_are_identical_to_its_output() {
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
        assert_eq!(python_address(&"[::1]:49751".parse().unwrap()), "('::1', 49751, 0, 0)");
        assert_eq!(python_address(&v6(7, 2)), "('fe80::1', 49751, 7, 2)");
    }

    #[test]
    fn other_lines_show_addresses_and_amounts() {
        let listening = |addresses: &[&str], tls| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            python(&event(None, EventKind::Listening { addresses, tls }))
        };
        assert_eq!(
            listening(&["127.0.0.1:1", "[::1]:1"], true),
            "Listening on 127.0.0.1:1 and [::1]:1 · TLS"
        );
        assert_eq!(
            python(&handshake(HandshakeKind::Resumed)),
            "TLS 1.3 · TLS_AES_256_GCM_SHA384 · X25519MLKEM768 · SNI localhost · client CN=alice · resumed"
        );
        assert_eq!(
            python(&closed(CloseReason::EndOfStream)),
            "Connection from  ('127.0.0.1', 49743) closed by the client after 1.2 s: 78 bytes received, 7 bytes sent"
        );
        assert_eq!(
            python(&event(None, EventKind::NotShown { count: 12_000 })),
            "12,000 entries skipped: data arrived faster than it could be logged. Every byte was echoed."
        );
    }

    #[test]
    fn wrong_protocols_are_named() {
        let http = Problem::NotTls { start: b"GET / HTTP/1.1\r\n".to_vec(), protocol: OtherProtocol::Http };
        let expected = r#"This client doesn't use TLS: it sent "GET / HTTP/1.1". Use https:// in its address, or turn TLS off."#;
        assert_eq!(python(&problem(http)), expected);
        let silent = Problem::NotTls { start: b"\r\n".to_vec(), protocol: OtherProtocol::Unknown };
        assert!(python(&problem(silent)).starts_with("This client doesn't use TLS. Use a client that does"));
        assert!(
            python(&problem(Problem::MaxClients { limit: 1, idle_timeout: None }))
                .starts_with("Client limit reached (1)")
        );
    }

    #[test]
    fn line_breaks_are_replaced() {
        let text = "two\nlines \u{202e}and\x1b[2J".to_owned();
        assert_eq!(python(&event(None, EventKind::Note { text, problem: true })), "two lines ·and·[2J");
    }

    #[test]
    fn row_of_a_closed_connection_is_short() {
        let row = |reason| truncated_row(&closed(reason), DataFormat::Python, 80).0;
        assert_eq!(row(CloseReason::EndOfStream), "Closed by the client after 1.2 s");
        assert_eq!(row(CloseReason::Reset), "Connection reset after 1.2 s");
        assert_eq!(row(CloseReason::Lost), "Connection lost after 1.2 s");
    }

    #[test]
    fn long_rows_are_truncated() {
        let event = received(1, &vec![b'x'; 16 << 20]);
        let (row, was_truncated) = truncated_line(&event, DataFormat::Python, 20);
        assert_eq!((row.as_str(), was_truncated), ("Received: b'xxxxxxx…", true));
        assert_eq!(truncated_line(&event, DataFormat::Hex, 19).0, "Received: 78 78 78…");
        assert_eq!(truncated_line(&event, DataFormat::Text, 5), ("Rece…".to_owned(), true));
        let hello = received(1, b"Hello\n");
        assert_eq!(truncated_line(&hello, DataFormat::Text, 16), ("Received: Hello↵".to_owned(), false));
        assert_eq!(truncated_line(&hello, DataFormat::Text, 15), ("Received: Hell…".to_owned(), true));
    }

    #[test]
    fn trailing_texts_are_short() {
        assert_eq!(trailing_text(&received(1, b"Hello\n")).unwrap(), "6 B");
        assert_eq!(trailing_text(&received_partly_echoed(2)).unwrap(), "2 of 6 B");
        assert_eq!(trailing_text(&handshake(HandshakeKind::Full)).unwrap(), "2.9 ms");
        assert_eq!(trailing_text(&closed(CloseReason::EndOfStream)).unwrap(), "↓78 ↑7");
        assert_eq!(trailing_text(&event(None, EventKind::Stopped)), None);
    }
}
