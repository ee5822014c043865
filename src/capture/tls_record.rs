//! TLS records as plain values, and the parser that splits a stream of bytes into them (RFC 8446, section 5.1).

use std::ops::Range;

/// The length of a record's header: content type, version, and the length of the rest.
pub const RECORD_HEADER: usize = 5;
/// The maximum length of a record's content: 2^14 bytes, and the 2048 that encryption may add in TLS 1.2 (RFC 5246,
/// section 6.2.3).
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
    /// The length in the header: the number of bytes after the header.
    pub length: u16,
    /// Whether the content is encrypted, so that the payload is inferred from rustls' state, not seen.
    pub encrypted: bool,
    /// The content, as far as it is known.
    pub payload: RecordPayload,
}

/// The content of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordPayload {
    /// Handshake messages.
    Handshake(HandshakeMessages),
    /// `change_cipher_spec` (RFC 5246, section 7.1). TLS 1.3 ignores it (RFC 8446, appendix D.4).
    ChangeCipherSpec {
        /// Whether the receiver ignores the record, as in TLS 1.3.
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
    /// rustls rejected the record: it couldn't be decrypted or was invalid.
    Rejected,
    /// Early data (0-RTT, RFC 8446, section 4.2.10), which the server skipped.
    EarlyData,
    /// The record arrived after the server stopped reading, so it wasn't decrypted.
    Unread,
    /// Unknown content.
    Unknown,
}

/// An alert (RFC 8446, section 6). A field is `None` if the alert was encrypted and the field can't be inferred.
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

    /// Returns whether this alert is a warning, after which a connection up to TLS 1.2 may continue.
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
pub(crate) fn may_be_header(bytes: &[u8]) -> bool {
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
    /// The bytes, or only the first ones of encrypted application data.
    pub(crate) bytes: Vec<u8>,
    /// The number of bytes that arrived.
    pub(crate) len: usize,
    /// The header, or `None` if this isn't a record.
    pub(crate) header: Option<TlsRecord>,
}

/// Splits the bytes of one direction into records.
#[derive(Debug, Default)]
pub(crate) struct RecordParser {
    record: RawRecord,
    /// The most bytes of the record that are kept.
    max_kept: usize,
    /// Whether bytes that can't be TLS have arrived, so that no more records are expected.
    failed: bool,
}

impl RecordParser {
    /// Parses the next bytes and calls `complete` with each record that they complete. `kept_len` returns how many bytes
    /// to keep of a record with application data, given its length.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        kept_len: impl Fn(usize) -> usize,
        mut complete: impl FnMut(RawRecord),
    ) {
        while !bytes.is_empty() {
            let RawRecord { bytes: known, len, header } = &mut self.record;
            if *len == 0 {
                self.max_kept = usize::MAX;
            }
            let end = RECORD_HEADER + header.map_or(0, |header| usize::from(header.length));
            let taken = if self.failed { bytes.len() } else { (end - *len).min(bytes.len()) };
            known.extend_from_slice(&bytes[..taken.min(self.max_kept - known.len())]);
            *len += taken;
            bytes = &bytes[taken..];
            if header.is_none() && !self.failed {
                self.failed = !may_be_header(known);
                *header = record_header(known);
                if let Some(header) = header {
                    let whole = RECORD_HEADER + usize::from(header.length);
                    if header.content_type == APPLICATION_DATA {
                        self.max_kept = kept_len(whole).max(RECORD_HEADER);
                    }
                    known.reserve_exact(whole.min(self.max_kept) - known.len());
                }
            }
            let end = header.map(|header| RECORD_HEADER + usize::from(header.length));
            if end == Some(*len) || self.failed && bytes.is_empty() {
                complete(std::mem::take(&mut self.record));
            }
        }
    }

    /// Returns the bytes of an incomplete record, if any.
    pub(crate) fn take_rest(&mut self) -> Option<RawRecord> {
        let rest = std::mem::take(&mut self.record);
        (!rest.bytes.is_empty()).then_some(RawRecord { header: None, ..rest })
    }
}

/// The type of a handshake message, as the number in its header (RFC 8446, section 4; RFC 5246, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandshakeType(pub u8);

impl HandshakeType {
    /// Message type 1.
    pub const CLIENT_HELLO: Self = Self(1);
    /// Message type 2.
    pub const SERVER_HELLO: Self = Self(2);
    /// Message type 4.
    pub const NEW_SESSION_TICKET: Self = Self(4);
    /// A `ServerHello` with a fixed random (RFC 8446, section 4.1.3). Drafts of TLS 1.3 gave it this type of its own.
    pub const HELLO_RETRY_REQUEST: Self = Self(6);
    /// Message type 8, only in TLS 1.3.
    pub const ENCRYPTED_EXTENSIONS: Self = Self(8);
    /// Message type 11.
    pub const CERTIFICATE: Self = Self(11);
    /// Message type 13.
    pub const CERTIFICATE_REQUEST: Self = Self(13);
    /// Message type 15.
    pub const CERTIFICATE_VERIFY: Self = Self(15);
    /// Message type 20.
    pub const FINISHED: Self = Self(20);
    /// Message type 24, only in TLS 1.3.
    pub const KEY_UPDATE: Self = Self(24);

    /// Returns the name in the RFCs, or `message type 99`.
    #[must_use]
    pub fn name(self) -> String {
        self.entry().map_or_else(|| format!("message type {}", self.0), |(_, name, _)| (*name).to_owned())
    }

    /// Returns what the message is for, as a sentence that starts with its name.
    #[must_use]
    pub fn purpose(self) -> String {
        let name = self.name();
        match self.entry() {
            Some((.., purpose)) => format!("{name} {purpose}."),
            None => format!("Echoscope has no name for {name}."),
        }
    }

    fn entry(self) -> Option<&'static (u8, &'static str, &'static str)> {
        TYPES.iter().find(|(code, ..)| *code == self.0)
    }
}

/// The number, the name and the purpose of each type of handshake message.
#[rustfmt::skip]
const TYPES: &[(u8, &str, &str)] = &[
    (0, "HelloRequest", "asks the client for a new handshake"),
    (1, "ClientHello", "offers TLS versions, cipher suites and key shares, and contains the server name"),
    (2, "ServerHello", "selects the TLS version and the cipher suite; in TLS 1.3 it also contains the server's key share"),
    (4, "NewSessionTicket", "gives the client a ticket to resume this session later, without a certificate"),
    (5, "EndOfEarlyData", "ends the data that was sent before the handshake was complete"),
    (6, "HelloRetryRequest", "asks for another key share, because the server supports none of those offered"),
    (8, "EncryptedExtensions", "contains the other settings, such as ALPN, now that everything is encrypted"),
    (11, "Certificate", "contains the sender's certificate chain"),
    (12, "ServerKeyExchange", "contains the server's key share, signed with the key of its certificate"),
    (13, "CertificateRequest", "asks the client for its certificate"),
    (14, "ServerHelloDone", "ends the server's part"),
    (15, "CertificateVerify", "proves by a signature that the sender has the certificate's private key"),
    (16, "ClientKeyExchange", "contains the client's key share"),
    (20, "Finished", "proves that the messages before it weren't changed"),
    (22, "CertificateStatus", "shows that the certificate isn't revoked"),
    (24, "KeyUpdate", "announces that the sender uses new keys from here on"),
    (25, "CompressedCertificate", "contains the sender's certificate chain, compressed"),
];

/// The maximum number of messages that are stored for one record.
const MAX_MESSAGES: usize = 8;

/// The handshake messages in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandshakeMessages {
    types: [HandshakeType; MAX_MESSAGES],
    count: u8,
    /// Whether an encrypted record contains only some of the messages, or parts of them. Neighboring records contain
    /// the rest.
    pub partial: bool,
    /// The number of bytes at the start that continue a message from the previous record.
    pub continued: u16,
    /// Whether the last message continues in the next record.
    pub unfinished: bool,
}

impl HandshakeMessages {
    /// Creates a list of whole messages; those after the eighth are left out.
    #[must_use]
    pub fn new(types: &[HandshakeType]) -> Self {
        let mut messages = Self::default();
        for kind in types {
            messages.push(*kind);
        }
        messages
    }

    /// Returns the messages that start in the record, in order.
    #[must_use]
    pub fn types(&self) -> &[HandshakeType] {
        &self.types[..usize::from(self.count)]
    }

    /// Returns the names of the messages: `Certificate, Finished`.
    #[must_use]
    pub fn names(&self) -> String {
        self.types().iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
    }

    /// Returns the ranges of the complete message headers (type and length) in `content`, the record's unencrypted
    /// content.
    #[must_use]
    pub fn headers(&self, content: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = usize::from(self.continued);
        while let Some(&[_, high, middle, low]) = content.get(start..start + MESSAGE_HEADER)
            && found.len() < self.types().len()
        {
            found.push(start..start + MESSAGE_HEADER);
            start += MESSAGE_HEADER + u32::from_be_bytes([0, high, middle, low]) as usize;
        }
        found
    }

    fn push(&mut self, kind: HandshakeType) {
        if let Some(free) = self.types.get_mut(usize::from(self.count)) {
            *free = kind;
            self.count += 1;
        }
    }
}

/// The length of a message's header: type and length (RFC 8446, section 4).
const MESSAGE_HEADER: usize = 4;

/// Finds the messages in the unencrypted handshake records of one direction. A message may span records, and a record
/// may contain several messages.
#[derive(Debug, Default)]
pub(crate) struct HandshakeParser {
    header: [u8; MESSAGE_HEADER],
    /// The number of bytes in `header` if a message's header is still incomplete, otherwise 0.
    header_len: usize,
    /// The number of bytes of the current message that are still missing.
    missing: usize,
}

impl HandshakeParser {
    /// Parses the content of the next handshake record.
    pub(crate) fn parse(&mut self, content: &[u8]) -> HandshakeMessages {
        let continued = if self.header_len > 0 { 0 } else { self.missing.min(content.len()) };
        let continued = u16::try_from(continued).unwrap_or(u16::MAX);
        let mut found = HandshakeMessages { continued, ..HandshakeMessages::default() };
        let mut rest = content;
        loop {
            let skipped = self.missing.min(rest.len());
            self.missing -= skipped;
            rest = &rest[skipped..];
            if rest.is_empty() {
                break;
            }
            let taken = (MESSAGE_HEADER - self.header_len).min(rest.len());
            self.header[self.header_len..self.header_len + taken].copy_from_slice(&rest[..taken]);
            let is_start = self.header_len == 0;
            self.header_len += taken;
            rest = &rest[taken..];
            if is_start {
                found.push(message_type(self.header[0], rest));
            }
            if self.header_len == MESSAGE_HEADER {
                let [_, high, middle, low] = self.header;
                self.missing = u32::from_be_bytes([0, high, middle, low]) as usize;
                self.header_len = 0;
            }
        }
        found.unfinished = self.missing > 0 || self.header_len > 0;
        found
    }
}

/// The random of a `ServerHello` that is a `HelloRetryRequest`: the SHA-256 of that name (RFC 8446, section 4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

fn message_type(code: u8, body: &[u8]) -> HandshakeType {
    let is_retry = || body.get(2..).is_some_and(|body| body.starts_with(&RETRY_RANDOM));
    match HandshakeType(code) {
        HandshakeType::SERVER_HELLO if is_retry() => HandshakeType::HELLO_RETRY_REQUEST,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parts: &[&[u8]]) -> Vec<(bool, Vec<u8>)> {
        let mut parser = RecordParser::default();
        let mut found = Vec::new();
        for part in parts {
            parser.feed(part, |len| len, |record| found.push((record.header.is_some(), record.bytes)));
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
    fn bytes_that_are_not_tls_are_kept_unchanged() {
        assert_eq!(parse(&[b"GET / HTTP/1.1\r\n"]), [(false, b"GET / HTTP/1.1\r\n".to_vec())]);
        assert_eq!(parse(&[b"?"]), [(false, b"?".to_vec())]);
        let mixed = parse(&[&[21, 3, 3, 0, 0, 23, 3], &[3, 0xff], &[0xff, 1, 2], b"more"]);
        let raw = |bytes: &[u8]| (false, bytes.to_vec());
        assert_eq!(mixed[0], (true, vec![21, 3, 3, 0, 0]));
        assert_eq!(mixed[1..], [raw(&[23, 3, 3, 0xff, 0xff, 1, 2]), raw(b"more")]);
    }

    #[test]
    fn only_the_start_of_long_data_is_kept() {
        let record = |kind, length: u16| {
            let content = vec![kind; usize::from(length)];
            [&[kind, 3, 3][..], &length.to_be_bytes(), &content].concat()
        };
        let records = [record(APPLICATION_DATA, 300), record(HANDSHAKE, 300), record(23, 95), record(23, 9)];
        for size in [1, 7, 64, 1000] {
            let (mut parser, mut kept) = (RecordParser::default(), Vec::new());
            for part in records.concat().chunks(size) {
                let kept_len = |len| if len > 100 { 64 } else { len };
                parser.feed(part, kept_len, |record| kept.push((record.len, record.bytes)));
            }
            let lengths = [64, 305, 100, 14];
            let expected = records.iter().zip(lengths).map(|(all, kept)| (all.len(), all[..kept].to_vec()));
            assert_eq!(kept, expected.collect::<Vec<_>>(), "in parts of {size}");
        }
    }

    fn message(kind: u8, len: u8) -> Vec<u8> {
        [&[kind, 0, 0, len][..], &vec![7; usize::from(len)]].concat()
    }

    #[test]
    fn messages_are_found_in_records_of_any_size() {
        let all = [message(2, 40), message(11, 90), message(14, 0), message(13, 3)].concat();
        for size in 1..=all.len() {
            let mut parser = HandshakeParser::default();
            let found = all.chunks(size).map(|content| (parser.parse(content), content)).collect::<Vec<_>>();
            let types = found.iter().flat_map(|(messages, _)| messages.types().to_vec());
            assert_eq!(types.map(|kind| kind.0).collect::<Vec<_>>(), [2, 11, 14, 13], "records of {size}");
            assert!(!found[found.len() - 1].0.unfinished);
            assert_eq!(
                found[0].0.unfinished,
                ![44, 138, 142, all.len()].contains(&size),
                "records of {size}"
            );
        }
        let mut parser = HandshakeParser::default();
        let (first, second) = (parser.parse(&all[..60]), parser.parse(&all[60..]));
        assert_eq!((first.continued, second.continued), (0, 78));
        assert_eq!(first.headers(&all[..60]), [0..4, 44..48]);
        assert_eq!(second.headers(&all[60..]), [78..82, 82..86]);
    }

    #[test]
    fn hello_retry_request_is_recognized_by_its_random() {
        let hello = |random: &[u8; 32]| [&[2, 0, 0, 38, 3, 3][..], random, &[0; 4]].concat();
        let parse = |random| HandshakeParser::default().parse(&hello(random));
        assert_eq!(parse(&RETRY_RANDOM).types(), [HandshakeType::HELLO_RETRY_REQUEST]);
        assert_eq!(parse(&[1; 32]).types(), [HandshakeType::SERVER_HELLO]);
    }

    #[test]
    fn parser_accepts_any_bytes() {
        let mut parser = HandshakeParser::default();
        assert_eq!(parser.parse(&[0; 4000]).types().len(), MAX_MESSAGES);
        let messages = parser.parse(&[0xff; 4000]);
        assert!(messages.unfinished && messages.types() == [HandshakeType(0xff)]);
        assert_eq!(messages.headers(&[0xff; 4000]).len(), 1);
    }
}
