//! The texts about a transcript's entries: a line for each, a sentence that explains it, and details as a table.

use std::net::SocketAddr;

use crate::app::clients::TranscriptEntry;
use crate::client::client_error::Stage;
use crate::client::client_event::ClientStatus;
use crate::client::client_event::{
    ClientCloseCause, ClientEventKind as Kind, CloseMode, ConnectionOutcome, PeerEnd, SendOrigin,
};
use crate::client::echo_check::{Difference, EchoVerdict, MAX_OUTSTANDING};
use crate::log::event_log::Severity;
use crate::log::handshake_details::DetailRow;
use crate::text::{self, with_thousands};
use crate::tls::explain::explain_accepted;
use crate::tls::handshake::{Accepted, ClientHandshake};
use crate::ui::tabs::detail_view::DetailContent;

/// Returns the line of an event without data, and its severity.
pub(super) fn line(event: &Kind) -> (String, Severity) {
    match event {
        Kind::Connecting(addresses) => {
            let all: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
            (format!("Connecting to {}", all.join(", then ")), Severity::Minor)
        }
        Kind::Connected { local, peer, .. } => {
            (format!("Connected to {peer} from port {}", local.port()), Severity::Normal)
        }
        Kind::Handshake(handshake) => {
            let is_unchecked = matches!(handshake.accepted, Accepted::Unchecked);
            let severity = if is_unchecked { Severity::Warning } else { Severity::Normal };
            (handshake.agreed.line(), severity)
        }
        Kind::HalfClosed => ("Said that no more is coming; reading on".to_owned(), Severity::Minor),
        Kind::PeerClosed(how) => {
            let (text, severity) = match how {
                PeerEnd::Fin => ("The server has no more to send (FIN)", Severity::Minor),
                PeerEnd::CloseNotify => ("The server has no more to send (close_notify)", Severity::Minor),
                PeerEnd::WithoutCloseNotify => (
                    "The server ended without close_notify, as one that is stopped does: data may have been cut off",
                    Severity::Warning,
                ),
                PeerEnd::Reset => ("The server reset the connection (RST)", Severity::Error),
            };
            (text.to_owned(), severity)
        }
        Kind::Ended(ended @ ConnectionOutcome::Closed(closed)) => {
            let is_lossy = closed.unsent > 0 || closed.cause == ClientCloseCause::Server(PeerEnd::Reset);
            let unsent = match closed.unsent {
                0 => String::new(),
                count => format!("; {} were never sent", text::bytes(count)),
            };
            let severity = if is_lossy { Severity::Warning } else { Severity::Normal };
            (format!("{}{unsent}", outcome(ended)), severity)
        }
        Kind::Ended(ConnectionOutcome::Failed(error)) => (error.to_string(), Severity::Error),
        Kind::Warning(warning) => (warning.to_string(), Severity::Warning),
        Kind::NotShown { count, bytes } => {
            let text = format!(
                "{} events with {} found no room here; the counters and the echo check have them all",
                with_thousands(*count),
                text::bytes(*bytes)
            );
            (text, Severity::Warning)
        }
        Kind::Sent { .. } | Kind::Received(_) | Kind::Echoed(_) => (String::new(), Severity::Normal),
    }
}

/// Returns how a connection ended, in a line.
pub(super) fn outcome(outcome: &ConnectionOutcome) -> &'static str {
    match outcome {
        ConnectionOutcome::Closed(closed) => match closed.cause {
            ClientCloseCause::Client(CloseMode::Close | CloseMode::HalfClose) => {
                "Closed by this client, which said so first"
            }
            ClientCloseCause::Client(CloseMode::Abort) => "Aborted by this client (RST)",
            ClientCloseCause::Client(CloseMode::WithoutCloseNotify) => {
                "Vanished: the system sent FIN in its place"
            }
            ClientCloseCause::ClientWithUnreadData => "Vanished with something unread: the system sent RST",
            ClientCloseCause::Server(PeerEnd::Fin | PeerEnd::CloseNotify) => "Closed by the server",
            ClientCloseCause::Server(PeerEnd::WithoutCloseNotify) => {
                "Closed by the server without close_notify"
            }
            ClientCloseCause::Server(PeerEnd::Reset) => "Reset by the server (RST)",
            ClientCloseCause::Cancelled => "Connecting was cancelled",
            ClientCloseCause::Dropped => "Dropped",
        },
        ConnectionOutcome::Failed(error) => match error.stage() {
            Stage::Preparing => "Could not begin to connect",
            Stage::Connecting => "Could not connect",
            Stage::Handshake => "Failed in the TLS handshake",
            Stage::Open => "The connection broke",
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

/// Returns how many bytes an entry is about, if it is about data.
pub(super) fn amount(entry: &TranscriptEntry) -> Option<u64> {
    match &entry.event {
        Kind::Sent { from: SendOrigin::File { size, .. }, .. } => Some(*size),
        Kind::Sent { data, .. } | Kind::Received(data) => Some(data.len() as u64),
        _ => None,
    }
}

/// Returns how a send came back: in short, and with the bytes that differ.
pub(super) fn verdict(verdict: EchoVerdict) -> (String, String) {
    let text = match verdict {
        EchoVerdict::Exact => "exact".to_owned(),
        EchoVerdict::NotCompared => "not compared".to_owned(),
        EchoVerdict::Differs(Difference { offset, expected, got }) => {
            let short = format!("differs at byte {}", with_thousands(offset + 1));
            let long = format!("{short}: sent 0x{expected:02x}, got 0x{got:02x}");
            return (short, long);
        }
    };
    (text.clone(), text)
}

/// Returns the text in place of a missing verdict, and whether that is no reason to worry. `can_come`: the connection is
/// still open.
pub(super) fn no_verdict(measured: bool, can_come: bool) -> (&'static str, bool) {
    match (measured, can_come) {
        (false, _) => ("not measured", true),
        (true, true) => ("waiting", true),
        (true, false) => ("not back", false),
    }
}

/// Returns what was sent and received on a connection, and whether it was the same; `None` if there was nothing yet.
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
        format!("{} in flight", text::bytes(echo.outstanding))
    } else if echo.unsolicited > 0 {
        format!("{} more than were sent", text::bytes(echo.unsolicited))
    } else {
        "all exact".to_owned()
    };
    Some(format!("→ {}  ← {}  {verdict}", text::bytes(status.sent), text::bytes(status.received)))
}

/// Returns the title of an entry that is shown in full.
fn title(entry: &TranscriptEntry) -> String {
    let bytes = || text::count(amount(entry).unwrap_or_default(), "byte");
    match &entry.event {
        Kind::Sent { from: SendOrigin::File { .. }, .. } => format!("Sent a file of {}", bytes()),
        Kind::Sent { from: SendOrigin::Repeated { turn, of }, .. } => {
            format!("Sent {}, turn {} of {}", bytes(), with_thousands(*turn), with_thousands(*of))
        }
        Kind::Sent { .. } => format!("Sent {}", bytes()),
        Kind::Received(_) => format!("Received {}", bytes()),
        Kind::Handshake(_) => "TLS handshake".to_owned(),
        Kind::Ended(failed @ ConnectionOutcome::Failed(_)) => outcome(failed).to_owned(),
        event => line(event).0,
    }
}

/// Explains an entry in a sentence or two.
fn explain(entry: &TranscriptEntry) -> String {
    let text = match &entry.event {
        Kind::Sent { measured, .. } => match entry.echo {
            Some(echo) => return explain_echo(echo.verdict, &text::duration(echo.round_trip)),
            None if *measured => {
                "Not all of it has come back. The system has taken it; when the server reads it is the server's matter."
            }
            None => {
                "Too many sends were in flight for each to be measured. Its bytes are compared with all the others, \
                 and the sum above says how."
            }
        },
        Kind::Received(_) => {
            "One recv() call returns whatever has arrived: a stream has no messages, so this may be a part of what was \
             sent, or several sends in one."
        }
        Kind::Connecting(_) => {
            "The host's addresses, in the order in which they are tried until one answers."
        }
        Kind::Connected { .. } => {
            "TCP's handshake is done: SYN, SYN and ACK, ACK. The server's system did it; its program may not have \
             accepted the connection yet."
        }
        Kind::Handshake(handshake) => explain_accepted(handshake.accepted),
        Kind::HalfClosed => {
            "The server's recv() returns b'' once it has read the rest, while it can still send."
        }
        Kind::PeerClosed(PeerEnd::Fin | PeerEnd::CloseNotify) => {
            "Our recv() returns b'': the end of the stream."
        }
        Kind::PeerClosed(PeerEnd::WithoutCloseNotify) => {
            "In TLS the end is said with close_notify. Without it nobody can tell whether the connection was cut."
        }
        Kind::PeerClosed(PeerEnd::Reset) => {
            "The server's system threw the connection away; what was in flight is lost."
        }
        Kind::Ended(ConnectionOutcome::Closed(closed)) => match closed.cause {
            ClientCloseCause::Client(CloseMode::Abort) => {
                "The server's recv() fails: connection reset by peer."
            }
            ClientCloseCause::Client(CloseMode::WithoutCloseNotify) => {
                "In plain TCP that looks like a close. In TLS close_notify is missing before it, so the server's log \
                 has a word about it."
            }
            _ => "The connection is over. Connect again for a new one, from another port.",
        },
        Kind::Ended(ConnectionOutcome::Failed(error)) => return error.to_string(),
        Kind::Warning(warning) => return warning.to_string(),
        Kind::NotShown { .. } | Kind::Echoed(_) => "",
    };
    text.to_owned()
}

fn explain_echo(verdict: EchoVerdict, time: &str) -> String {
    match verdict {
        EchoVerdict::Exact => {
            format!("It came back byte for byte, the last of it {time} after the first was sent.")
        }
        EchoVerdict::Differs(Difference { offset, expected, got }) => format!(
            "As many bytes came back, but not the same: byte {} was sent as 0x{expected:02x} and came as 0x{got:02x}.",
            with_thousands(offset + 1)
        ),
        EchoVerdict::NotCompared => format!(
            "As many bytes came back within {time}, but nobody compared them: more than {} were in flight.",
            text::bytes(MAX_OUTSTANDING as u64)
        ),
    }
}

/// Returns what the OS or the TLS library reported about a failure, if that adds to the explanation.
pub(super) fn raw(entry: &TranscriptEntry) -> Option<String> {
    let Kind::Ended(ConnectionOutcome::Failed(error)) = &entry.event else { return None };
    Some(error.raw()).filter(|raw| !raw.is_empty() && *raw != error.to_string())
}

/// Returns an entry in full.
pub(super) fn detail(entry: &TranscriptEntry) -> DetailContent<'_> {
    DetailContent {
        number: entry.number,
        title: title(entry),
        subtitle: text::clock(entry.at),
        data: entry.data(),
        raw: raw(entry),
        explanation: explain(entry),
        rows: match &entry.event {
            Kind::Handshake(handshake) => handshake_rows(handshake),
            _ => Vec::new(),
        },
        ..DetailContent::default()
    }
}

/// Returns what a handshake agreed on, as a table.
fn handshake_rows(handshake: &ClientHandshake) -> Vec<DetailRow> {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let presented = match (handshake.asked_for_certificate, handshake.presented_certificate) {
        (false, _) => "not asked for",
        (true, true) => "asked for and shown",
        (true, false) => "asked for, none shown",
    };
    let agreed = &handshake.agreed;
    let rows = [
        ("Version", agreed.version.to_owned(), None),
        ("Cipher suite", agreed.cipher_suite.clone(), None),
        ("Key exchange", or_none(&agreed.group), None),
        ("Signature", or_none(&agreed.signature_scheme), None),
        ("Checked name", handshake.name.clone(), Some("The name that the certificate was checked for.")),
        ("SNI", or_none(&agreed.server_name), Some("The name that was asked for, sent unencrypted.")),
        ("ALPN", or_none(&agreed.alpn), None),
        ("Client certificate", presented.to_owned(), None),
    ];
    let names = std::iter::once("Server certificate").chain(std::iter::repeat("Signed by"));
    let chain = names.zip(handshake.chain.iter()).map(|(name, it)| (name, it.subject.clone(), None));
    let facts = rows.into_iter().chain(chain);
    facts.map(|(name, value, meaning)| (name.to_owned(), value, meaning.map(str::to_owned))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::client_event::ClosedConnection;

    #[test]
    fn difference_is_counted_from_one() {
        let differs = EchoVerdict::Differs(Difference { offset: 4, expected: 0x6f, got: 0x6e });
        let (short, long) = verdict(differs);
        assert_eq!(short, "differs at byte 5");
        assert_eq!(long, "differs at byte 5: sent 0x6f, got 0x6e");
    }

    #[test]
    fn traffic_shows_bytes_in_flight_and_the_first_difference() {
        let mut status = ClientStatus::default();
        assert_eq!(traffic(&status), None);
        (status.sent, status.received) = (6, 6);
        assert_eq!(traffic(&status).unwrap(), "→ 6 B  ← 6 B  all exact");
        status.echo.outstanding = 2;
        assert!(traffic(&status).unwrap().ends_with("2 B in flight"));
        status.echo.difference = Some(Difference { offset: 0, expected: 1, got: 2 });
        assert!(traffic(&status).unwrap().ends_with("first difference at byte 1"));
    }

    #[test]
    fn unsent_bytes_are_shown_at_the_end() {
        let (cause, lasted) = (ClientCloseCause::Client(CloseMode::Abort), std::time::Duration::from_secs(1));
        let closed = ClosedConnection { cause, sent: 4, received: 0, unsent: 1024, lasted };
        let (text, severity) = line(&Kind::Ended(ConnectionOutcome::Closed(closed)));
        assert_eq!(text, "Aborted by this client (RST); 1.0 KiB were never sent");
        assert_eq!(severity, Severity::Warning);
    }
}
