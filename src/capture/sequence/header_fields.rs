//! The bytes of a row, with the fields of their headers.

use std::ops::Range;

use crate::capture::sequence::diagram::Row;
use crate::capture::sequence::row_text::content_type_names;
use crate::capture::{CaptureEventKind, RECORD_HEADER, RecordPayload, record_header};
use crate::text::count;
use crate::tls::names;

/// A named part of a row's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// Its position.
    pub range: Range<usize>,
    /// Its name: `Type`, `Version`, `Length`.
    pub name: &'static str,
    /// Its value: `22 handshake`.
    pub value: String,
}

/// Returns the named fields of the row's bytes, in order.
#[must_use]
pub fn header_fields(row: &Row) -> Vec<HeaderField> {
    let bytes = &row.event.bytes;
    let record = match row.event.kind {
        CaptureEventKind::Record(record) => Some(record),
        // The start of an incomplete record has a header too.
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
            add(RECORD_HEADER, 1, "Level", format!("{level} {}", names::alert_level(level)));
            add(RECORD_HEADER + 1, 1, "Description", format!("{description} {name}"));
        }
        _ => {}
    }
    fields
}

/// The version in the header has no meaning since TLS 1.3 (RFC 8446, section 5.1).
fn version(code: u16) -> String {
    let note = match code {
        0x0303 => "; TLS 1.3 uses it too",
        0x0301 => "; the first record of a newer version may use it too",
        _ => "",
    };
    format!("0x{code:04x} {}{note}", names::version(code))
}
