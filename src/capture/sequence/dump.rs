//! The bytes of a row for a hex dump, with the fields of the headers marked.

use std::ops::Range;

use crate::capture::sequence::{Row, names};
use crate::capture::{Capture, Carries, Mark, RECORD_HEADER, Record, What, headers, record_header};
use crate::text::with_thousands;
use crate::tls::names::version;

/// The bytes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// As many of them as were kept, from the first on; [`crate::log::format::HexRow`] makes rows of them.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub len: usize,
    /// The fields that have a name, in order.
    pub fields: Vec<Field>,
}

/// A part of the bytes that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it stands.
    pub range: Range<usize>,
    /// Its name: `Type`, `Version`, `Length`.
    pub name: &'static str,
    /// What it says: `22 handshake`.
    pub value: String,
}

/// The bytes of a row; none for what has none.
#[must_use]
pub fn dump(row: &Row, capture: &Capture) -> Dump {
    let bytes = capture.bytes(&row.mark);
    let fields = fields(&row.mark, &bytes);
    Dump { bytes, len: row.mark.len as usize, fields }
}

impl Dump {
    /// The field that a byte belongs to.
    #[must_use]
    pub fn field_at(&self, index: usize) -> Option<&Field> {
        self.fields.iter().find(|field| field.range.contains(&index))
    }
}

fn fields(mark: &Mark, bytes: &[u8]) -> Vec<Field> {
    let record = match mark.what {
        What::Record(record) => record,
        // The beginning of a record that never got complete has a header all the same.
        What::Raw => match record_header(bytes) {
            Some(record) => record,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    if bytes.len() < RECORD_HEADER {
        return Vec::new();
    }
    let mut fields = vec![
        Field {
            range: 0..1,
            name: "Type",
            value: format!("{} {}", record.content_type, names::content_type(record.content_type)),
        },
        Field { range: 1..3, name: "Version", value: version_words(record.version) },
        Field { range: 3..RECORD_HEADER, name: "Length", value: bytes_of(u64::from(record.length)) },
    ];
    content(&record, &bytes[RECORD_HEADER..], &mut fields);
    fields
}

fn content(record: &Record, content: &[u8], fields: &mut Vec<Field>) {
    let at = |range: Range<usize>| range.start + RECORD_HEADER..range.end + RECORD_HEADER;
    match &record.carries {
        _ if record.sealed && content.is_empty() => {}
        _ if record.sealed => {
            let range = at(0..content.len());
            fields.push(Field { range, name: "Encrypted", value: bytes_of(u64::from(record.length)) });
        }
        Carries::Messages(messages) => {
            for (range, message) in headers(messages, content).into_iter().zip(messages.list()) {
                let length = content[range.start + 1..range.end]
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
                let (kind, size) = (at(range.start..range.start + 1), at(range.start + 1..range.end));
                let value = format!("{} {}", content[range.start], names::message(*message));
                fields.push(Field { range: kind, name: "Message type", value });
                fields.push(Field { range: size, name: "Message length", value: bytes_of(length) });
            }
        }
        Carries::Alert(_) if let [level, description] = *content => {
            let value = format!("{level} {}", names::level(level));
            fields.push(Field { range: at(0..1), name: "Level", value });
            let value = format!("{description} {}", names::alert(description));
            fields.push(Field { range: at(1..2), name: "Description", value });
        }
        _ => {}
    }
}

/// Since TLS 1.3 the field says nothing any more (RFC 8446, section 5.1).
fn version_words(code: u16) -> String {
    let name = version(code);
    match code {
        0x0303 => format!("0x{code:04x} {name}; TLS 1.3 writes it, too"),
        0x0301 => format!("0x{code:04x} {name}; a first hello of a newer version writes it, too"),
        _ => format!("0x{code:04x} {name}"),
    }
}

fn bytes_of(count: u64) -> String {
    format!("{} byte{}", with_thousands(count), if count == 1 { "" } else { "s" })
}
