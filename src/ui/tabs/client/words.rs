//! What a client's transcript says: each entry in a line, in a sentence that explains it, and as facts.

use std::net::SocketAddr;

use crate::app::clients::{Entry, EntryKind};
use crate::client::echo::{Difference, MOST_OUTSTANDING, Verdict};
use crate::client::event::{Agreed, CloseHow, Closed, EventKind, Leave, Origin, PeerEnd, Stage};
use crate::client::status::Status;
use crate::log::handshake_details::DetailRow;
use crate::text::{self, with_thousands};

/// How an entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tone {
    /// All is well.
    Plain,
    /// A step on the way, less important than data.
    Quiet,
    /// Have a second look.
    Caution,
    /// Something is wrong.
    Bad,
}

/// The line of an entry that tells of no data, and how it is meant.
pub(in crate::ui) fn line(kind: &EventKind) -> (String, Tone) {
    let quiet = |text: &str| (text.to_owned(), Tone::Quiet);
    match kind {
        EventKind::Connecting { addresses } => {
            let all: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
            (format!("Connecting to {}", all.join(", then ")), Tone::Quiet)
        }
        EventKind::Connected { local, peer, .. } => {
            (format!("Connected to {peer} from port {}", local.port()), Tone::Plain)
        }
        EventKind::Handshake(agreed) => {
            let group = agreed.group.as_ref().map_or_else(String::new, |group| format!(" · {group}"));
            let tone = match agreed.accepted {
                crate::client::event::Accepted::Unchecked => Tone::Caution,
                _ => Tone::Plain,
            };
            (format!("{} · {}{group}", agreed.version, agreed.cipher_suite), tone)
        }
        EventKind::HalfClosed => quiet("Said that no more is coming; reading on"),
        EventKind::PeerClosed { how } => match how {
            PeerEnd::Fin => quiet("The server has no more to send (FIN)"),
            PeerEnd::CloseNotify => quiet("The server has no more to send (close_notify)"),
            PeerEnd::WithoutCloseNotify => {
                let words = "The server ended without close_notify, as one that is stopped does: data may have been cut off";
                (words.to_owned(), Tone::Caution)
            }
            PeerEnd::Reset => ("The server reset the connection (RST)".to_owned(), Tone::Bad),
        },
        EventKind::Closed(how) => {
            let lost = how.unsent > 0 || matches!(how.how, CloseHow::Peer(PeerEnd::Reset));
            let unsent = match how.unsent {
                0 => String::new(),
                count => format!("; {} were never sent", text::bytes(count)),
            };
            let tone = if lost { Tone::Caution } else { Tone::Plain };
            (format!("{}{unsent}", closed(how)), tone)
        }
        EventKind::Failed(failure) => (failure.text.clone(), Tone::Bad),
        EventKind::Note { text } => (text.clone(), Tone::Caution),
        EventKind::NotShown { count, bytes } => {
            let words = format!(
                "{} events with {} found no room here; the counters and the echo check have them all",
                with_thousands(*count),
                text::bytes(*bytes)
            );
            (words, Tone::Caution)
        }
        // They are entries of their own kinds.
        EventKind::Sent { .. } | EventKind::Received { .. } | EventKind::Echoed { .. } => quiet(""),
    }
}

/// How a connection ended, in a line.
pub(in crate::ui) fn closed(closed: &Closed) -> &'static str {
    match closed.how {
        CloseHow::Us(Leave::Close | Leave::HalfClose) => "Closed by this client, which said so first",
        CloseHow::Us(Leave::Abort) => "Aborted by this client (RST)",
        CloseHow::Us(Leave::Vanish) => "Vanished: the system sent FIN in its place",
        CloseHow::VanishedUnread => "Vanished with something unread: the system sent RST",
        CloseHow::Peer(PeerEnd::Fin | PeerEnd::CloseNotify) => "Closed by the server",
        CloseHow::Peer(PeerEnd::WithoutCloseNotify) => "Closed by the server without close_notify",
        CloseHow::Peer(PeerEnd::Reset) => "Reset by the server (RST)",
        CloseHow::Cancelled => "Connecting was cancelled",
        CloseHow::Dropped => "Dropped",
    }
}

/// How far a connection came that failed, in a line.
pub(in crate::ui) fn failed(stage: Stage) -> &'static str {
    match stage {
        Stage::Preparing => "Could not begin to connect",
        Stage::Connecting => "Could not connect",
        Stage::Handshake => "Failed in the TLS handshake",
        Stage::Open => "The connection broke",
    }
}

/// A short fact for the right edge of an entry that tells of no data.
pub(in crate::ui) fn aside(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::Connected { took, .. } => Some(text::duration(*took)),
        EventKind::Handshake(agreed) => Some(text::duration(agreed.took)),
        EventKind::Closed(closed) => Some(format!(
            "→ {}  ← {}  {}",
            text::bytes(closed.sent),
            text::bytes(closed.received),
            text::duration(closed.lasted)
        )),
        _ => None,
    }
}

/// How many bytes an entry tells of, where it tells of any.
pub(in crate::ui) fn amount(entry: &Entry) -> Option<u64> {
    match &entry.kind {
        EntryKind::Sent { from: Origin::File { size, .. }, .. } => Some(*size),
        EntryKind::Sent { data, .. } | EntryKind::Received { data } => Some(data.len() as u64),
        EntryKind::Event(_) => None,
    }
}

/// How a send came back, in words: in short, and with the bytes that differ.
pub(in crate::ui) fn verdict(verdict: Verdict) -> (String, String) {
    match verdict {
        Verdict::Exact => ("exact".to_owned(), "exact".to_owned()),
        Verdict::Differs(Difference { offset, expected, got }) => {
            let short = format!("differs at byte {}", with_thousands(offset + 1));
            let whole = format!("{short}: sent 0x{expected:02x}, got 0x{got:02x}");
            (short, whole)
        }
        Verdict::NotCompared => ("not compared".to_owned(), "not compared".to_owned()),
    }
}

/// What stands in the place of a verdict where there is none, and whether that is nothing to worry about. `can_come`:
/// its connection lasts.
pub(in crate::ui) fn no_verdict(measured: bool, can_come: bool) -> (&'static str, bool) {
    match (measured, can_come) {
        (false, _) => ("not measured", true),
        (true, true) => ("waiting", true),
        (true, false) => ("not back", false),
    }
}

/// What went to and fro on a connection, and whether it was the same; `None` before anything did.
pub(in crate::ui) fn traffic(status: &Status) -> Option<String> {
    if status.sent == 0 && status.received == 0 {
        return None;
    }
    let echo = &status.echo;
    let verdict = if let Some(difference) = echo.difference {
        format!("first difference at byte {}", with_thousands(difference.offset + 1))
    } else if echo.given_up {
        "no longer compared".to_owned()
    } else if echo.outstanding > 0 {
        format!("{} on their way", text::bytes(echo.outstanding))
    } else if echo.unasked > 0 {
        format!("{} more than were sent", text::bytes(echo.unasked))
    } else {
        "all exact".to_owned()
    };
    Some(format!("→ {}  ← {}  {verdict}", text::bytes(status.sent), text::bytes(status.received)))
}

/// What an entry is headed with where it is shown in full.
pub(in crate::ui) fn title(entry: &Entry) -> String {
    let bytes = |count: u64| {
        if count == 1 { "1 byte".to_owned() } else { format!("{} bytes", with_thousands(count)) }
    };
    match &entry.kind {
        EntryKind::Sent { from: Origin::File { size, .. }, .. } => format!("Sent a file of {}", bytes(*size)),
        EntryKind::Sent { data, from: Origin::Repeated { turn, of }, .. } => {
            format!(
                "Sent {}, turn {} of {}",
                bytes(data.len() as u64),
                with_thousands(*turn),
                with_thousands(*of)
            )
        }
        EntryKind::Sent { data, .. } => format!("Sent {}", bytes(data.len() as u64)),
        EntryKind::Received { data } => format!("Received {}", bytes(data.len() as u64)),
        EntryKind::Event(EventKind::Handshake(_)) => "TLS handshake".to_owned(),
        EntryKind::Event(EventKind::Failed(failure)) => failed(failure.stage).to_owned(),
        EntryKind::Event(kind) => line(kind).0,
    }
}

/// One sentence that explains an entry.
pub(in crate::ui) fn explain(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::Sent { back: Some((Verdict::Exact, time)), .. } => {
            format!(
                "It came back byte for byte, the last of it {} after the first was sent.",
                text::duration(*time)
            )
        }
        EntryKind::Sent { back: Some((Verdict::Differs(d), _)), .. } => format!(
            "As many bytes came back, but not the same: byte {} was sent as 0x{:02x} and came as 0x{:02x}.",
            with_thousands(d.offset + 1),
            d.expected,
            d.got
        ),
        EntryKind::Sent { back: Some((Verdict::NotCompared, time)), .. } => format!(
            "As many bytes came back within {}, but nobody compared them: more than {} were on their way.",
            text::duration(*time),
            text::bytes(MOST_OUTSTANDING as u64)
        ),
        EntryKind::Sent { measured: false, .. } => {
            "Too many sends were on their way for each to be told of. Its bytes are compared with all the others, and \
             the sum above says how."
                .to_owned()
        }
        EntryKind::Sent { back: None, .. } => {
            "Not all of it has come back. The system has taken it; when the server reads it is the server's matter."
                .to_owned()
        }
        EntryKind::Received { .. } => {
            "One recv() hands over whatever has arrived: a stream has no messages, so this may be a part of what was \
             sent, or several sends in one."
                .to_owned()
        }
        EntryKind::Event(kind) => explain_event(kind).to_owned(),
    }
}

fn explain_event(kind: &EventKind) -> &str {
    match kind {
        EventKind::Connecting { .. } => {
            "The host's addresses, in the order in which they are tried until one answers."
        }
        EventKind::Connected { .. } => {
            "TCP's handshake is done: SYN, SYN and ACK, ACK. The server's system did it; its program may not have \
             accepted the connection yet."
        }
        EventKind::Handshake(agreed) => agreed.accepted.words(),
        EventKind::HalfClosed => {
            "The server's recv() returns b'' once it has read the rest, while it can still send."
        }
        EventKind::PeerClosed { how } => match how {
            PeerEnd::Fin | PeerEnd::CloseNotify => "Our recv() returns b'': the end of the stream.",
            PeerEnd::WithoutCloseNotify => {
                "In TLS the end is said with close_notify. Without it nobody can tell whether the connection was cut."
            }
            PeerEnd::Reset => "The server's system threw the connection away; what was on its way is lost.",
        },
        EventKind::Closed(closed) => match closed.how {
            CloseHow::Us(Leave::Abort) => "The server's recv() fails: connection reset by peer.",
            CloseHow::Us(Leave::Vanish) => {
                "In plain TCP that looks like a close. In TLS close_notify is missing before it, so the server's log has \
                 a word about it."
            }
            _ => "The connection is over. Connect again for a new one, from another port.",
        },
        EventKind::Failed(failure) => &failure.text,
        EventKind::Note { text } => text,
        _ => "",
    }
}

/// The system's or the library's own words, where there are any.
pub(in crate::ui) fn raw(entry: &Entry) -> Option<&str> {
    match &entry.kind {
        EntryKind::Event(EventKind::Failed(failure)) => {
            Some(failure.raw.as_str()).filter(|raw| !raw.is_empty() && *raw != failure.text)
        }
        _ => None,
    }
}

/// What a handshake agreed on, as a table.
pub(in crate::ui) fn facts(agreed: &Agreed) -> Vec<DetailRow> {
    let fact = |name: &str, value: &str, meaning: Option<&str>| {
        (name.to_owned(), value.to_owned(), meaning.map(str::to_owned))
    };
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let showed = match (agreed.asked_for_certificate, agreed.showed_certificate) {
        (false, _) => "not asked for",
        (true, true) => "asked for and shown",
        (true, false) => "asked for, none shown",
    };
    let mut facts = vec![
        fact("Version", agreed.version, None),
        fact("Cipher suite", &agreed.cipher_suite, None),
        fact("Key exchange", &or_none(&agreed.group), None),
        fact("Signature", &or_none(&agreed.signature_scheme), None),
        fact("Checked name", &agreed.name, Some("The name that the certificate was checked for.")),
        fact("SNI", &or_none(&agreed.sni), Some("The name that was asked for, sent unencrypted.")),
        fact("ALPN", &or_none(&agreed.alpn), None),
        fact("Client certificate", showed, None),
    ];
    for (index, certificate) in agreed.chain.iter().enumerate() {
        let name = if index == 0 { "Server certificate" } else { "Signed by" };
        facts.push(fact(name, &certificate.subject, None));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_its_place_counted_from_one() {
        let differs = Verdict::Differs(Difference { offset: 4, expected: 0x6f, got: 0x6e });
        let (short, whole) = verdict(differs);
        assert_eq!(short, "differs at byte 5");
        assert_eq!(whole, "differs at byte 5: sent 0x6f, got 0x6e");
    }

    #[test]
    fn the_sum_says_what_is_on_its_way_and_what_was_wrong() {
        let mut status = Status::default();
        assert_eq!(traffic(&status), None);
        (status.sent, status.received) = (6, 6);
        assert_eq!(traffic(&status).unwrap(), "→ 6 B  ← 6 B  all exact");
        status.echo.outstanding = 2;
        assert!(traffic(&status).unwrap().ends_with("2 B on their way"));
        status.echo.difference = Some(Difference { offset: 0, expected: 1, got: 2 });
        assert!(traffic(&status).unwrap().ends_with("first difference at byte 1"));
    }

    #[test]
    fn what_was_never_sent_is_not_passed_over() {
        let closed = Closed {
            how: CloseHow::Us(Leave::Abort),
            sent: 4,
            received: 0,
            unsent: 1024,
            lasted: std::time::Duration::from_secs(1),
        };
        let (words, tone) = line(&EventKind::Closed(closed));
        assert_eq!(words, "Aborted by this client (RST); 1.0 KiB were never sent");
        assert_eq!(tone, Tone::Caution);
    }
}
