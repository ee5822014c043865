//! Explains one row to a reader who is learning network protocols: its meaning, and the fields in its bytes.

use std::ops::Range;

use crate::capture::sequence::diagram::{Row, close_cause};
use crate::capture::{
    Alert, CaptureEventKind, HandshakeMessages, RECORD_HEADER, RecordPayload, Side, TlsRecord, record_header,
};
use crate::server::event::{RESET_CAUSES, RESET_EFFECT};
use crate::text::count;
use crate::tls::names;

/// Returns the meaning of a row, in one or a few sentences.
#[must_use]
pub fn explain(row: &Row) -> String {
    let side = row.event.side;
    let is_on_wire = row.sender().is_some();
    match (&row.event.kind, side) {
        (CaptureEventKind::Record(record), _) => return explain_record(record, side),
        (CaptureEventKind::Closed(reason), _) => {
            return format!("close(): the server closed the connection because {}.", close_cause(*reason));
        }
        (CaptureEventKind::Accepted, _) => {
            "accept() took the connection from the accept queue. Both OSes had already set it up (SYN, SYN-ACK, ACK). Times \
             count from here."
        }
        (CaptureEventKind::Plaintext, Side::Client) if is_on_wire => {
            "recv() returns whatever has arrived: one send by the client may arrive in several recv() calls, and several \
             sends in one. Not encrypted: anyone on the path can read this."
        }
        (CaptureEventKind::Plaintext, Side::Server) if is_on_wire => {
            "The echo: sendall() passed these bytes to the OS, which sends them at once (TCP_NODELAY), without waiting for \
             earlier ones to be acknowledged. Not encrypted: anyone on the path can read this."
        }
        (CaptureEventKind::Plaintext, Side::Client) => {
            "recv() returned this plaintext, which TLS decrypted. On the wire, it is in the record named beside it."
        }
        (CaptureEventKind::Plaintext, Side::Server) => {
            "sendall() sent this plaintext, which TLS encrypts. On the wire, it is in the records named beside it."
        }
        (CaptureEventKind::Raw, _) => {
            "A TLS record starts with its type, version and length. These bytes don't, or the record was never \
             completed, so TLS can't use them."
        }
        (CaptureEventKind::Fin, Side::Client) if row.tls => {
            "The client sends nothing more: its OS sent FIN, which ends the TCP stream. The end of the TLS stream is \
             close_notify."
        }
        (CaptureEventKind::Fin, Side::Client) => {
            "recv() returned no bytes: the tutorial's “if not data: break”. The client sends nothing more, \
             but may still be reading."
        }
        (CaptureEventKind::Fin, Side::Server) => {
            "The server sends nothing more: its OS sent FIN. In the tutorial's program, close() does that."
        }
        (CaptureEventKind::Reset, _) => {
            return format!("The client's side sent RST. {RESET_EFFECT} {RESET_CAUSES}");
        }
        (CaptureEventKind::ConnectionLost, _) => {
            "The OS gave up the connection: most likely the client or the network no longer answered. Neither FIN nor RST \
             arrived."
        }
    }
    .to_owned()
}

fn explain_record(record: &TlsRecord, side: Side) -> String {
    let sender = if side == Side::Client { "The client" } else { "The server" };
    match &record.payload {
        RecordPayload::Handshake(messages) if record.encrypted => encrypted_messages(record, messages),
        RecordPayload::Handshake(messages) => seen_messages(messages),
        RecordPayload::ChangeCipherSpec { ignored: true } => {
            "TLS 1.3 ignores this record: it makes the connection look like TLS 1.2 to older devices on the path."
                .to_owned()
        }
        RecordPayload::ChangeCipherSpec { ignored: false } => {
            format!("{sender} encrypts everything from here on.")
        }
        RecordPayload::Alert(alert) => explain_alert(record, *alert, sender),
        RecordPayload::Data { .. } => {
            "Only the 5-byte header is readable. The rest is encrypted and a little longer than its plaintext, because \
             an authentication tag protects it from changes."
                .to_owned()
        }
        RecordPayload::KeyUpdateOrPadding => format!(
            "{LOOKS_LIKE_DATA} It contains no application data, so it is most likely a KeyUpdate, which announces new \
             keys, or else only padding."
        ),
        RecordPayload::Rejected => {
            "TLS couldn't use this record: its authentication tag was wrong, or it wasn't allowed here. Nothing after \
             it can be trusted, so the connection ends."
                .to_owned()
        }
        RecordPayload::EarlyData => {
            "The client sent this data before the server's answer (0-RTT). The server doesn't accept early data and skips \
             it; the client sends it again after the handshake."
                .to_owned()
        }
        RecordPayload::Unread => {
            "This record arrived after the server had stopped reading from the client, so it wasn't decrypted.".to_owned()
        }
        RecordPayload::Unknown => {
            "The content of this record is unknown: it is encrypted, and the state of TLS doesn't reveal it.".to_owned()
        }
    }
}

const LOOKS_LIKE_DATA: &str =
    "On the wire this looks like application data: TLS 1.3 encrypts even the true content type.";

fn seen_messages(messages: &HandshakeMessages) -> String {
    let mut text = String::new();
    if messages.continued > 0 {
        text += "This record continues a message from the previous one. ";
    }
    for kind in messages.types() {
        text += &kind.purpose();
        text += " ";
    }
    if messages.unfinished {
        text += "The last message continues in the next record. ";
    }
    text + "Not encrypted: anyone on the path can read this."
}

fn encrypted_messages(record: &TlsRecord, messages: &HandshakeMessages) -> String {
    let visible = if record.content_type == 22 {
        "On the wire this is visible as a part of the handshake, but it is encrypted."
    } else {
        LOOKS_LIKE_DATA
    };
    let content = match messages.types() {
        _ if messages.partial => format!("one or more of {}, or parts of them.", messages.names()),
        [kind] => format!("one message. {}", kind.purpose()),
        _ => format!("{}.", messages.names()),
    };
    format!("{visible} Inferred from the state of TLS, it contains {content}")
}

fn explain_alert(record: &TlsRecord, alert: Alert, sender: &str) -> String {
    let inferred = if record.encrypted {
        " It is encrypted; that it is an alert is inferred from the state of TLS."
    } else {
        ""
    };
    match alert.description {
        Some(Alert::CLOSE_NOTIFY) => format!(
            "{sender} sends nothing more over TLS. Without close_notify, the other side couldn't rule out \
             truncation.{inferred}"
        ),
        Some(code) if alert.is_warning() => format!(
            "{sender} reports a problem: {}. Up to TLS 1.2 the connection may continue after a warning; TLS 1.3 ignores the \
             level.{inferred}",
            names::alert(code)
        ),
        Some(code) => {
            format!(
                "{sender} reports a problem: {}, which ends the connection.{inferred}",
                names::alert(code)
            )
        }
        None => format!("{sender} reports a problem. The alert is encrypted, so its reason is unknown."),
    }
}

/// Returns the name of a record's content type (RFC 8446, section 5.1), and the title that is displayed for it.
pub(super) fn content_type_names(code: u8) -> (&'static str, &'static str) {
    match code {
        20 => ("change_cipher_spec", "Change cipher spec"),
        21 => ("alert", "Alert"),
        22 => ("handshake", "Handshake"),
        23 => ("application_data", "Application data"),
        24 => ("heartbeat", "Heartbeat"),
        _ => ("unknown", "Record"),
    }
}

/// A named part of a row's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// The position in the row's bytes.
    pub range: Range<usize>,
    /// The field's name: `Type`, `Version`, `Length`.
    pub name: &'static str,
    /// The field's value: `22 handshake`.
    pub value: String,
}

/// Returns the named fields of the row's bytes, in order.
#[must_use]
pub fn header_fields(row: &Row) -> Vec<HeaderField> {
    let bytes = &row.event.bytes;
    let record = match row.event.kind {
        CaptureEventKind::Record(record) => Some(record),
        // An incomplete record may have a complete header.
        CaptureEventKind::Raw => record_header(bytes),
        _ => None,
    };
    let (Some(record), Some(content)) = (record, bytes.get(RECORD_HEADER..)) else { return Vec::new() };
    let mut fields = Vec::new();
    let mut add = |start: usize, len: usize, name, value| {
        fields.push(HeaderField { range: start..start + len, name, value });
    };
    let kind = record.content_type;
    add(0, 1, "Type", format!("{kind} {}", content_type_names(kind).0));
    add(1, 2, "Version", version(record.version));
    add(3, 2, "Length", count(record.length.into(), "byte"));
    match &record.payload {
        _ if record.encrypted && content.is_empty() => {}
        _ if record.encrypted => {
            add(RECORD_HEADER, content.len(), "Encrypted", count(record.length.into(), "byte"));
        }
        RecordPayload::Handshake(messages) => {
            for (header, kind) in messages.headers(content).into_iter().zip(messages.types()) {
                let start = RECORD_HEADER + header.start;
                let [code, high, middle, low] = content[header] else { continue };
                let length = u32::from_be_bytes([0, high, middle, low]);
                add(start, 1, "Message type", format!("{code} {}", kind.name()));
                add(start + 1, 3, "Message length", count(length.into(), "byte"));
            }
        }
        RecordPayload::Alert(_) if let [level, description] = *content => {
            let name = names::alert(description);
            let level_name = names::alert_level(level);
            add(RECORD_HEADER, 1, "Level", format!("{level} {level_name}; TLS 1.3 ignores it"));
            add(RECORD_HEADER + 1, 1, "Description", format!("{description} {name}"));
        }
        _ => {}
    }
    fields
}

/// Returns the text for the version in a record's header, which has no meaning since TLS 1.3 (RFC 8446, section 5.1).
fn version(code: u16) -> String {
    let note = match code {
        0x0303 => "; TLS 1.3 uses it too",
        0x0301 => "; the first record of a newer version may use it too",
        _ => "",
    };
    format!("0x{code:04x} {}{note}", names::version(code))
}
