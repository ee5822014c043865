//! TLS records as plain values, and the parser that splits a stream of bytes into them (RFC 8446, section 5.1).

use crate::capture::handshake_messages::HandshakeMessages;

/// The length of a record's header: content type, version, and the length of the rest.
pub const RECORD_HEADER: usize = 5;
/// The longest content: 2^14 bytes and what TLS 1.2 allows encryption to add (RFC 5246, section 6.2.3).
const MAX_CONTENT: usize = (1 << 14) + 2048;

pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// A TLS record: its header, and what it contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsRecord {
    /// The content type in the header (RFC 8446, section 5.1), for example 23 for application data.
    pub content_type: u8,
    /// The legacy version in the header. TLS 1.3 uses that of TLS 1.2, 0x0303, or 0x0301.
    pub version: u16,
    /// The length in the header: the number of bytes after it.
    pub length: u16,
    /// Whether the content is encrypted, so that the payload is inferred from the state of TLS and not seen.
    pub encrypted: bool,
    /// The content.
    pub payload: RecordPayload,
}

/// The content of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordPayload {
    /// Handshake messages.
    Handshake(HandshakeMessages),
    /// `change_cipher_spec` (RFC 5246, section 7.1). TLS 1.3 ignores it (RFC 8446, appendix D.4).
    ChangeCipherSpec {
        /// Whether this is TLS 1.3.
        ignored: bool,
    },
    /// An alert.
    Alert(Alert),
    /// Application data.
    Data {
        /// The number of bytes of plaintext.
        plain: u32,
    },
    /// A TLS 1.3 record without application data: a `KeyUpdate`, or else only padding.
    KeyUpdateOrPadding,
    /// TLS couldn't use the record: it couldn't be decrypted, or was invalid.
    Rejected,
    /// The record arrived after the server stopped reading, so it wasn't decrypted.
    Unread,
    /// Unknown content.
    Unknown,
}

/// An alert (RFC 8446, section 6). `None` if it was encrypted and can't be inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// 1 for a warning, 2 for a fatal alert. TLS 1.3 ignores the level.
    pub level: Option<u8>,
    /// The description, for example 0 for `close_notify`.
    pub description: Option<u8>,
}

impl Alert {
    /// The description of `close_notify`.
    pub const CLOSE_NOTIFY: u8 = 0;

    /// Returns whether this is `close_notify`.
    #[must_use]
    pub fn is_close_notify(self) -> bool {
        self.description == Some(Self::CLOSE_NOTIFY)
    }

    /// Returns whether this alert is a warning, after which the connection continues.
    #[must_use]
    pub fn is_warning(self) -> bool {
        self.level == Some(1)
    }
}

/// Parses the header at the start of a record. Returns `None` if the bytes aren't a header.
#[must_use]
pub fn record_header(bytes: &[u8]) -> Option<TlsRecord> {
    let &[content_type, major, minor, high, low, ..] = bytes else { return None };
    may_be_header(bytes).then_some(TlsRecord {
        content_type,
        version: u16::from_be_bytes([major, minor]),
        length: u16::from_be_bytes([high, low]),
        encrypted: false,
        payload: RecordPayload::Unknown,
    })
}

/// Returns whether a record can start with these bytes, which may be only the first ones of a header.
fn may_be_header(bytes: &[u8]) -> bool {
    let length = match bytes {
        &[_, _, _, high, low, ..] => usize::from(u16::from_be_bytes([high, low])),
        _ => 0,
    };
    // The types from change_cipher_spec to heartbeat; all versions of TLS have the major version 3.
    bytes.first().is_none_or(|kind| (20..=24).contains(kind))
        && bytes.get(1).is_none_or(|major| *major == 3)
        && length <= MAX_CONTENT
}

/// A whole record, or bytes that aren't one.
#[derive(Debug, Default)]
pub(crate) struct RawRecord {
    pub(crate) bytes: Vec<u8>,
    /// The header, or `None` if this isn't a record.
    pub(crate) header: Option<TlsRecord>,
}

impl RawRecord {
    /// Returns the bytes after the header.
    pub(crate) fn content(&self) -> &[u8] {
        self.bytes.get(RECORD_HEADER..).unwrap_or_default()
    }
}

/// Splits the bytes of one direction into records.
#[derive(Debug, Default)]
pub(crate) struct RecordParser {
    record: RawRecord,
    /// These bytes aren't TLS, so that no record follows.
    failed: bool,
}

impl RecordParser {
    /// Parses the next bytes and calls `complete` with each record that they complete.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut complete: impl FnMut(RawRecord)) {
        while !bytes.is_empty() {
            let RawRecord { bytes: known, header } = &mut self.record;
            let end = RECORD_HEADER + header.map_or(0, |header| usize::from(header.length));
            let taken = if self.failed { bytes.len() } else { (end - known.len()).min(bytes.len()) };
            known.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if header.is_none() && !self.failed {
                self.failed = !may_be_header(known);
                *header = record_header(known);
                known.reserve_exact(header.map_or(0, |header| header.length.into()));
            }
            let end = header.map(|header| RECORD_HEADER + usize::from(header.length));
            if end == Some(known.len()) || self.failed && bytes.is_empty() {
                complete(std::mem::take(&mut self.record));
            }
        }
    }

    /// Returns the bytes of an incomplete record.
    pub(crate) fn take_rest(&mut self) -> Option<RawRecord> {
        let rest = std::mem::take(&mut self.record);
        (!rest.bytes.is_empty()).then_some(RawRecord { header: None, ..rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parts: &[&[u8]]) -> Vec<(bool, Vec<u8>)> {
        let mut parser = RecordParser::default();
        let mut found = Vec::new();
        for part in parts {
            parser.feed(part, |record| found.push((record.header.is_some(), record.bytes)));
        }
        found.extend(parser.take_rest().map(|record| (false, record.bytes)));
        found
    }

    #[test]
    fn records_are_found_however_the_bytes_arrive() {
        let records: [&[u8]; 3] = [&[22, 3, 1, 0, 2, 7, 7], &[23, 3, 3, 0, 0], &[21, 3, 3, 0, 2, 1, 0]];
        let all = [records.concat(), vec![23, 3, 3]].concat();
        for size in 1..=all.len() {
            let found = parse(&all.chunks(size).collect::<Vec<_>>());
            let expected = records.iter().map(|record| (true, record.to_vec()));
            let expected = expected.chain([(false, vec![23, 3, 3])]).collect::<Vec<_>>();
            assert_eq!(found, expected, "in parts of {size}");
        }
    }

    #[test]
    fn other_bytes_stay_as_they_are() {
        assert_eq!(parse(&[b"GET / HTTP/1.1\r\n"]), [(false, b"GET / HTTP/1.1\r\n".to_vec())]);
        assert_eq!(parse(&[b"?"]), [(false, b"?".to_vec())]);
        let mixed = parse(&[&[21, 3, 3, 0, 0, 23, 3], &[3, 0xff], &[0xff, 1, 2], b"more"]);
        let raw = |bytes: &[u8]| (false, bytes.to_vec());
        assert_eq!(mixed[0], (true, vec![21, 3, 3, 0, 0]));
        assert_eq!(mixed[1..], [raw(&[23, 3, 3, 0xff, 0xff, 1, 2]), raw(b"more")]);
    }
}
