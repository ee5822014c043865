//! The texts about a transcript's entries: for each entry, a line, an explanation, and a table of details.

use std::net::SocketAddr;

use crate::app::clients::TranscriptEntry;
use crate::client::client_error::Stage;
use crate::client::client_event::{
    ClientCloseCause, ClientEventKind as Kind, ClientStatus, CloseMode, ConnectionOutcome, PeerEnd,
    SendOrigin,
};
use crate::client::echo_check::{EchoVerdict, MAX_OUTSTANDING};
use crate::log::event_log::Severity;
use crate::log::handshake_details::{DetailRow, row};
use crate::server::event::RESET_CAUSES;
use crate::text::{self, with_thousands};
use crate::tls::explain::explain_accepted;
use crate::tls::handshake::{Accepted, ClientHandshake};
use crate::ui::tabs::detail_view::DetailContent;

/// Returns the line of an event without data, its severity, and an explanation of a sentence or two.
pub(super) fn describe(event: &Kind) -> (String, Severity, String) {
    let (line, severity, explanation) = match event {
        Kind::Connecting(addresses) => {
            let all: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
            let explanation = "The client tries the host's addresses in this order until one answers.";
            (format!("Connecting to {}", all.join(", then ")), Severity::Minor, explanation)
        }
        Kind::Connected { local, peer, .. } => (
            format!("Connected to {peer} from port {}", local.port()),
            Severity::Normal,
            "The TCP handshake is done (SYN, SYN-ACK, ACK). The server's OS answers it; the server's program may not have \
             accepted the connection yet.",
        ),
        Kind::Handshake(handshake) => {
            let is_unchecked = matches!(handshake.accepted, Accepted::Unchecked);
            (
                handshake.agreed.line(),
                if is_unchecked { Severity::Warning } else { Severity::Normal },
                explain_accepted(handshake.accepted),
            )
        }
        Kind::EndSent { mode, close_notify } => {
            let (line, explanation) = describe_end(*mode, *close_notify);
            (line.to_owned(), Severity::Minor, explanation)
        }
        Kind::PeerClosed(how) => {
            let (line, severity, explanation) = match how {
                PeerEnd::Fin => ("sent FIN: no more data follows", Severity::Minor, END_OF_STREAM),
                PeerEnd::CloseNotify => {
                    ("sent close_notify: no more data follows", Severity::Minor, END_OF_STREAM)
                }
                PeerEnd::WithoutCloseNotify => (
                    "sent FIN without close_notify: data may be missing",
                    Severity::Warning,
                    "In TLS, close_notify ends the stream. Without it, the client can't rule out truncation.",
                ),
                PeerEnd::Reset => ("reset the connection (RST)", Severity::Error, RESET_CAUSES),
            };
            (format!("The server {line}"), severity, explanation)
        }
        Kind::Ended(ended @ ConnectionOutcome::Closed(closed)) => {
            let is_lossy = closed.unsent > 0 || closed.cause == ClientCloseCause::Server(PeerEnd::Reset);
            let unsent = match closed.unsent {
                0 => String::new(),
                count => format!("; {} were never sent", text::bytes(count)),
            };
            let explanation = match closed.cause {
                ClientCloseCause::Client(CloseMode::Abort) => {
                    "The server's recv() fails with “Connection reset by peer”. Data in flight is lost."
                }
                ClientCloseCause::Client(CloseMode::WithoutCloseNotify) => NO_CLOSE_NOTIFY,
                _ => "The connection is over. Connect again for a new one, usually from another port.",
            };
            let severity = if is_lossy { Severity::Warning } else { Severity::Normal };
            (format!("{}{unsent}", outcome(ended)), severity, explanation)
        }
        Kind::Ended(ConnectionOutcome::Failed(error)) => {
            return (error.to_string(), Severity::Error, error.to_string());
        }
        Kind::Warning(warning) => return (warning.to_string(), Severity::Warning, warning.to_string()),
        Kind::NotShown { count, bytes } => {
            let text = format!(
                "{} with {} skipped: data arrived faster than it could be shown; the counters and the echo check are exact",
                text::count(*count, "event"),
                text::bytes(*bytes)
            );
            return (text.clone(), Severity::Warning, text);
        }
        Kind::Sent { .. } | Kind::Received { .. } | Kind::Echoed(_) => {
            (String::new(), Severity::Normal, RECEIVED)
        }
    };
    (line, severity, explanation.to_owned())
}

/// Returns the line for the end of the client's side, and its explanation.
fn describe_end(mode: CloseMode, close_notify: bool) -> (&'static str, &'static str) {
    match (mode, close_notify) {
        (CloseMode::HalfClose, true) => {
            ("Sent close_notify: no more data follows; still receiving", HALF_CLOSED_TLS)
        }
        (CloseMode::HalfClose, false) => ("Sent FIN: no more data follows; still receiving", HALF_CLOSED),
        (CloseMode::WithoutCloseNotify, _) => ("Sent FIN without close_notify", NO_CLOSE_NOTIFY),
        (_, true) => ("Sent close_notify and FIN: no more data follows", END_SENT),
        (_, false) => ("Sent FIN: no more data follows", END_SENT),
    }
}

const HALF_CLOSED: &str =
    "The server's recv() returns b'' once it has read the rest, while it can still send.";
const HALF_CLOSED_TLS: &str = "The server's recv() returns b'' once it has read the rest. In TLS 1.3 it can still send; in \
                               TLS 1.2 it must close at once (RFC 5246, section 7.2.1), though many servers send the rest first.";
const NO_CLOSE_NOTIFY: &str = "The server can't rule out truncation, and its log shows that.";
const END_SENT: &str =
    "The server's recv() returns b'' once it has read the rest. After both ends, the connection is over.";
const END_OF_STREAM: &str = "The client's recv() returns b'': the end of the stream.";
const RECEIVED: &str = "One recv() call returns whatever has arrived. A stream has no messages, so this may be a part of a \
                        send, or several sends in one.";

/// Describes how a connection ended, in one line.
pub(super) fn outcome(outcome: &ConnectionOutcome) -> &'static str {
    match outcome {
        ConnectionOutcome::Closed(closed) => match closed.cause {
            ClientCloseCause::Client(CloseMode::Close) => "Closed by this client",
            ClientCloseCause::Client(CloseMode::HalfClose) => {
                "Closed by this client first, then by the server"
            }
            ClientCloseCause::Client(CloseMode::Abort) => "Aborted by this client (RST)",
            ClientCloseCause::Client(CloseMode::WithoutCloseNotify) => {
                "Closed by this client without close_notify"
            }
            ClientCloseCause::Server(PeerEnd::Fin | PeerEnd::CloseNotify) => "Closed by the server",
            ClientCloseCause::Server(PeerEnd::WithoutCloseNotify) => {
                "Closed by the server without close_notify"
            }
            ClientCloseCause::Server(PeerEnd::Reset) => "Reset by the server (RST)",
            ClientCloseCause::Canceled => "Connecting was canceled",
            ClientCloseCause::Dropped => "Closed with its tab",
        },
        ConnectionOutcome::Failed(error) => match error.stage() {
            Stage::Preparing | Stage::Connecting => "Can't connect",
            Stage::Handshake => "TLS handshake failed",
            Stage::Open => "Connection failed",
        },
    }
}

/// Returns a short detail for the right edge of a line.
pub(super) fn trailing_text(event: &Kind) -> Option<String> {
    match event {
        Kind::Connected { took, .. } => Some(text::duration(*took)),
        Kind::Handshake(handshake) => Some(text::duration(handshake.agreed.took)),
        Kind::Ended(ConnectionOutcome::Closed(closed)) => Some(format!(
            "→ {}  ← {}  {}",
            text::bytes(closed.sent),
            text::bytes(closed.received),
            text::duration(closed.lasted)
        )),
        _ => None,
    }
}

/// Returns the number of bytes that an entry sent or received; `None` if it is about something else.
pub(super) fn amount(entry: &TranscriptEntry) -> Option<u64> {
    match &entry.event {
        Kind::Sent { from: SendOrigin::File { size, .. }, .. } => Some(*size),
        Kind::Sent { data, .. } | Kind::Received { data, .. } => Some(data.len() as u64),
        _ => None,
    }
}

/// Returns the result of a send's echo check, or why there is none, and its severity. `can_be_echoed` is whether the
/// echo can still arrive.
pub(super) fn verdict(entry: &TranscriptEntry, can_be_echoed: bool) -> (String, Severity) {
    let is_measured = matches!(entry.event, Kind::Sent { measured: true, .. });
    let (text, severity) = match entry.echo.map(|echo| echo.verdict) {
        Some(EchoVerdict::Exact) => ("exact", Severity::Normal),
        Some(EchoVerdict::NotCompared) => ("not compared", Severity::Warning),
        Some(EchoVerdict::Differs(difference)) => {
            let text = format!("differs at byte {}", with_thousands(difference.offset + 1));
            return (text, Severity::Error);
        }
        None if !is_measured => ("not measured", Severity::Minor),
        None if can_be_echoed => ("waiting for the echo", Severity::Minor),
        None => ("not echoed", Severity::Warning),
    };
    (text.to_owned(), severity)
}

/// Describes how much was sent and received on a connection, and the result of the echo check; `None` without data.
pub(super) fn traffic(status: &ClientStatus) -> Option<String> {
    if status.sent == 0 && status.received == 0 {
        return None;
    }
    let echo = &status.echo;
    let verdict = if let Some(difference) = echo.difference {
        format!("first difference at byte {}", with_thousands(difference.offset + 1))
    } else if echo.given_up {
        "no longer compared".to_owned()
    } else if echo.outstanding > 0 {
        format!("{} not echoed yet", text::bytes(echo.outstanding))
    } else if echo.unsolicited > 0 {
        format!("{} more than were sent", text::bytes(echo.unsolicited))
    } else {
        "all exact".to_owned()
    };
    Some(format!("→ {}  ← {}  {verdict}", text::bytes(status.sent), text::bytes(status.received)))
}

/// Returns the details of an entry.
pub(super) fn detail(entry: &TranscriptEntry) -> DetailContent<'_> {
    let bytes = || text::count(amount(entry).unwrap_or_default(), "byte");
    let (line, _, explanation) = describe(&entry.event);
    let mut content = DetailContent {
        number: entry.number,
        title: line,
        subtitle: text::clock(entry.at),
        data: entry.data(),
        explanation,
        ..DetailContent::default()
    };
    match &entry.event {
        Kind::Sent { from, measured, .. } => {
            content.title = match from {
                SendOrigin::Typed => format!("Sent {}", bytes()),
                SendOrigin::File { .. } => format!("Sent a file of {}", bytes()),
                SendOrigin::Repeated { turn, of } => {
                    format!("Sent {}, turn {} of {}", bytes(), with_thousands(*turn), with_thousands(*of))
                }
            };
            content.explanation = explain_send(entry, *measured);
        }
        Kind::Received { .. } => content.title = format!("Received {}", bytes()),
        Kind::Handshake(handshake) => {
            content.title = "TLS handshake".into();
            content.rows = handshake_rows(handshake);
        }
        Kind::Ended(failed @ ConnectionOutcome::Failed(error)) => {
            content.title = outcome(failed).into();
            content.raw = Some(error.raw()).filter(|raw| !raw.is_empty() && *raw != error.to_string());
        }
        _ => {}
    }
    content
}

/// Explains the result of a send's echo check.
fn explain_send(entry: &TranscriptEntry, is_measured: bool) -> String {
    let Some(echo) = entry.echo else {
        let text = if is_measured {
            "Not all of it has been echoed. The OS has accepted the data; it waits in a buffer until the server reads it."
        } else {
            "Too many sends were in flight to measure each one. Its bytes are still compared; the result is in the line above \
             the transcript."
        };
        return text.to_owned();
    };
    let time = text::duration(echo.round_trip);
    match echo.verdict {
        EchoVerdict::Exact => {
            format!("Echoed byte for byte. The last byte arrived {time} after the first was sent.")
        }
        EchoVerdict::Differs(it) => format!(
            "As many bytes came back, but not the same ones: byte {} was sent as 0x{:02x} and received as 0x{:02x}.",
            with_thousands(it.offset + 1),
            it.expected,
            it.got
        ),
        EchoVerdict::NotCompared => format!(
            "The same number of bytes came back within {time}. Echoscope didn't compare them, because more than {} were in \
             flight.",
            text::bytes(MAX_OUTSTANDING as u64)
        ),
    }
}

/// Returns a table of what the peers agreed on in a handshake.
fn handshake_rows(handshake: &ClientHandshake) -> Vec<DetailRow> {
    let agreed = &handshake.agreed;
    let presented = match (handshake.asked_for_certificate, handshake.presented_certificate) {
        (false, _) => "not requested",
        (true, true) => "requested and presented",
        (true, false) => "requested, none presented",
    };
    let rows = [
        row("Version", Some(agreed.version), None),
        row("Cipher suite", Some(&agreed.cipher_suite), None),
        row("Key exchange", agreed.group.as_deref(), None),
        row("Signature", agreed.signature_scheme.as_deref(), None),
        row("Checked name", Some(&handshake.name), Some("The name that the certificate was checked for.")),
        row(
            "Server name (SNI)",
            agreed.server_name.as_deref(),
            Some("The name that the client asked for, sent unencrypted."),
        ),
        row("ALPN", agreed.alpn.as_deref(), None),
        row("Client certificate", Some(presented), None),
    ];
    let names = std::iter::once("Server certificate").chain(std::iter::repeat("Issued by"));
    let chain = names.zip(handshake.chain.iter()).map(|(name, it)| row(name, Some(&it.subject), None));
    rows.into_iter().chain(chain).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::client::client_event::ClosedConnection;
    use crate::client::echo_check::{Difference, EchoResult};

    #[test]
    fn differing_byte_is_counted_from_one() {
        let difference = Difference { offset: 4, expected: 0x6f, got: 0x6e };
        let (verdict, round_trip) = (EchoVerdict::Differs(difference), Duration::ZERO);
        let entry = TranscriptEntry {
            number: 1,
            connection: 1,
            at: SystemTime::now(),
            event: Kind::EndSent { mode: CloseMode::HalfClose, close_notify: false },
            echo: Some(EchoResult { number: 1, verdict, round_trip }),
        };
        assert_eq!(super::verdict(&entry, true).0, "differs at byte 5");
        assert!(explain_send(&entry, true).ends_with("byte 5 was sent as 0x6f and received as 0x6e."));
    }

    #[test]
    fn traffic_shows_bytes_in_flight_and_the_first_difference() {
        let mut status = ClientStatus::default();
        assert_eq!(traffic(&status), None);
        (status.sent, status.received) = (6, 6);
        assert_eq!(traffic(&status).unwrap(), "→ 6 B  ← 6 B  all exact");
        status.echo.outstanding = 2;
        assert!(traffic(&status).unwrap().ends_with("2 B not echoed yet"));
        status.echo.difference = Some(Difference { offset: 0, expected: 1, got: 2 });
        assert!(traffic(&status).unwrap().ends_with("first difference at byte 1"));
    }

    #[test]
    fn unsent_bytes_are_shown_at_the_end() {
        let (cause, lasted) = (ClientCloseCause::Client(CloseMode::Abort), Duration::from_secs(1));
        let closed = ClosedConnection { cause, sent: 4, received: 0, unsent: 1024, lasted };
        let (text, severity, _) = describe(&Kind::Ended(ConnectionOutcome::Closed(closed)));
        assert_eq!(text, "Aborted by this client (RST); 1.0 KiB were never sent");
        assert_eq!(severity, Severity::Warning);
    }
}
