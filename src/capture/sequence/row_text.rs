//! The texts of a row: its label, the details next to it, and its times.

use crate::capture::sequence::diagram::{Row, Sequence, close_cause};
use crate::capture::sequence::explain_row::{content_type_names, explain};
use crate::capture::{
    Alert, CaptureEventKind, HandshakeMessages, RecordPayload, Side, TlsRecord, record_header,
};
use crate::log::format;
use crate::settings::DataFormat;
use crate::text::{self, count, with_thousands};
use crate::tls::names;

/// The maximum number of bytes in a preview of a row's data.
const PREVIEW_BYTES: usize = 64;

/// The label of a row's arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLabel {
    /// The text that anyone on the path sees: `ClientHello`, `6 bytes`, `Application data`, `FIN`.
    pub on_wire: String,
    /// The encrypted content, as far as it can be inferred: `encrypted: Certificate, CertificateVerify, Finished`.
    pub encrypted: Option<String>,
}

/// Returns the label of a row's arrow.
#[must_use]
pub fn label_parts(row: &Row) -> RowLabel {
    let on_wire = match &row.event.kind {
        CaptureEventKind::Record(record) => return record_label(record),
        CaptureEventKind::Accepted => "connect".to_owned(),
        CaptureEventKind::Plaintext => count(row.event.len.into(), "byte"),
        CaptureEventKind::Raw if record_header(&row.event.bytes).is_some() => {
            format!("{} of an incomplete TLS record", count(row.event.len.into(), "byte"))
        }
        CaptureEventKind::Raw => format!("{}, no TLS record", count(row.event.len.into(), "byte")),
        CaptureEventKind::Fin => "FIN".to_owned(),
        CaptureEventKind::Reset => "RST".to_owned(),
        CaptureEventKind::ConnectionLost => "connection lost".to_owned(),
        CaptureEventKind::Closed(_) => "closed".to_owned(),
    };
    RowLabel { on_wire, encrypted: None }
}

/// Returns the label of a row that was on the wire, without anything that was inferred from the state of TLS.
#[must_use]
pub fn label_on_wire(row: &Row) -> String {
    match &row.event.kind {
        CaptureEventKind::Record(record) if record.encrypted => {
            content_type_names(record.content_type).1.to_owned()
        }
        _ => label_parts(row).on_wire,
    }
}

/// Returns the first bytes of a row as they were on the wire, in at most `max` characters: hexadecimal for a TLS record,
/// and otherwise as in Python. Returns an empty text if the row has no bytes of its own.
#[must_use]
pub fn bytes_on_wire(row: &Row, max: usize) -> String {
    let format = match &row.event.kind {
        CaptureEventKind::Record(_) => DataFormat::Hex,
        CaptureEventKind::Plaintext | CaptureEventKind::Raw => DataFormat::Python,
        _ => return String::new(),
    };
    format::truncated_data(&row.event.bytes, format, max).0
}

fn record_label(record: &TlsRecord) -> RowLabel {
    let title = content_type_names(record.content_type).1;
    let content = match &record.payload {
        RecordPayload::Handshake(messages) => message_list(messages),
        RecordPayload::Alert(alert) if record.encrypted => alert_name(*alert),
        RecordPayload::Alert(alert) => format!("{title}: {}", alert_name(*alert)),
        RecordPayload::Data { plain } => count((*plain).into(), "byte"),
        RecordPayload::KeyUpdateOrPadding => "KeyUpdate or padding".to_owned(),
        RecordPayload::Rejected => format!("{title}, rejected"),
        RecordPayload::EarlyData => "early data, skipped".to_owned(),
        RecordPayload::Unread => format!("{title}, not read"),
        RecordPayload::Unknown if record.encrypted => format!("{title}, encrypted"),
        RecordPayload::ChangeCipherSpec { .. } | RecordPayload::Unknown => title.to_owned(),
    };
    let is_inferred = !content.starts_with(title) && record.encrypted;
    if is_inferred {
        RowLabel { on_wire: title.to_owned(), encrypted: Some(format!("encrypted: {content}")) }
    } else {
        RowLabel { on_wire: content, encrypted: None }
    }
}

fn message_list(messages: &HandshakeMessages) -> String {
    let names = messages.names();
    match messages.continued {
        0 if messages.partial => format!("some of {names}"),
        0 => names,
        _ if names.is_empty() => "Handshake, continued".to_owned(),
        _ => format!("Handshake, continued, {names}"),
    }
}

fn alert_name(alert: Alert) -> String {
    let name = alert.description.map_or_else(|| "alert".to_owned(), names::alert);
    match alert.level {
        Some(level) if !alert.is_close_notify() => format!("{name} ({})", names::alert_level(level)),
        _ => name,
    }
}

/// Returns the details next to a row, in one line of about `max` characters: the call with its data as in Python, or
/// the fields of a record's header.
#[must_use]
pub fn detail(row: &Row, sequence: &Sequence, max: usize) -> String {
    match (&row.event.kind, row.event.side) {
        (CaptureEventKind::Accepted, _) => format!("accept() · from {}", sequence.info().client.peer),
        (CaptureEventKind::Plaintext, Side::Client) => format!("recv() → {}", preview(row, max)),
        (CaptureEventKind::Plaintext, Side::Server) => format!("sendall({})", preview(row, max)),
        (CaptureEventKind::Raw, _) => preview(row, max),
        (CaptureEventKind::Record(record), _) => {
            let (kind, version) = (record.content_type, record.version);
            let (kind_name, version_name) = (content_type_names(kind).0, names::version(version));
            let length = with_thousands(record.length);
            format!("{kind} {kind_name} · 0x{version:04x} {version_name} · length {length}")
        }
        (CaptureEventKind::Fin | CaptureEventKind::Reset | CaptureEventKind::ConnectionLost, _) => {
            explain(row).split([':', '.']).next().unwrap_or_default().to_owned()
        }
        (CaptureEventKind::Closed(reason), _) => format!("close() · {}", close_cause(*reason)),
    }
}

/// Returns how a row relates to others: `received in the record of row 9`; `None` if there are no related rows. Rows
/// are numbered from 1.
#[must_use]
pub fn related_rows(row: &Row) -> Option<String> {
    let partners = &row.partners;
    let (first, last) = (*partners.first()? + 1, *partners.last()? + 1);
    let rows = if first == last { format!("row {first}") } else { format!("rows {first} to {last}") };
    Some(match (&row.event.kind, row.event.side) {
        (CaptureEventKind::Plaintext, Side::Client) => format!("received in the record of {rows}"),
        (CaptureEventKind::Plaintext, Side::Server) if partners.len() == 1 => {
            format!("sent in the record of {rows}")
        }
        (CaptureEventKind::Plaintext, Side::Server) => format!("sent in {} records, {rows}", partners.len()),
        _ => format!("contains the plaintext of {rows}"),
    })
}

/// Returns the time since accept to the microsecond: `2.917 ms`, `12.400213 s`.
#[must_use]
pub fn time(row: &Row) -> String {
    let micros = row.event.at.as_micros();
    if micros < 1_000_000 {
        format!("{}.{:03} ms", micros / 1000, micros % 1000)
    } else {
        format!("{}.{:06} s", with_thousands(row.event.at.as_secs()), micros % 1_000_000)
    }
}

/// Returns the time since the previous row: `+41 µs`; empty for the first row.
#[must_use]
pub fn gap(row: &Row) -> String {
    row.gap.map_or_else(String::new, |gap| format!("+{}", text::duration(gap)))
}

/// Returns the number of events that weren't stored, for example `68,929 more events not stored before the end.`, and
/// which side closed first. Returns `None` if there is nothing to report.
#[must_use]
pub fn end_text(sequence: &Sequence) -> Option<String> {
    let info = sequence.info();
    let not_stored = (info.not_stored > 0).then(|| {
        let before = if info.closed { " before the end" } else { "" };
        format!("{} not stored{before}.", count(info.not_stored, "more event"))
    });
    let parts = not_stored.into_iter().chain(sequence.close_summary()).collect::<Vec<_>>();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn preview(row: &Row, max: usize) -> String {
    let bytes = &row.event.bytes[..row.event.bytes.len().min(PREVIEW_BYTES)];
    // The name of the call takes 9 characters.
    let (mut text, is_cut) = format::truncated_data(bytes, DataFormat::Python, max.saturating_sub(9));
    if !is_cut && bytes.len() < row.event.len as usize {
        text.push(format::ELLIPSIS);
    }
    text
}
