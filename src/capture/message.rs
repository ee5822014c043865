//! Handshake messages by the type bytes that they begin with, across the records that carry them.

use std::ops::Range;

/// A handshake message (RFC 8446, section 4; RFC 5246, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Type 0, TLS 1.2.
    HelloRequest,
    /// Type 1.
    ClientHello,
    /// Type 2.
    ServerHello,
    /// A `ServerHello` with the random that says so (RFC 8446, section 4.1.3).
    HelloRetryRequest,
    /// Type 4.
    NewSessionTicket,
    /// Type 5, TLS 1.3.
    EndOfEarlyData,
    /// Type 8, TLS 1.3.
    EncryptedExtensions,
    /// Type 11.
    Certificate,
    /// Type 12, TLS 1.2.
    ServerKeyExchange,
    /// Type 13.
    CertificateRequest,
    /// Type 14, TLS 1.2.
    ServerHelloDone,
    /// Type 15.
    CertificateVerify,
    /// Type 16, TLS 1.2.
    ClientKeyExchange,
    /// Type 20.
    Finished,
    /// Type 22 (RFC 6066, section 8).
    CertificateStatus,
    /// Type 24, TLS 1.3.
    KeyUpdate,
    /// Type 25 (RFC 8879).
    CompressedCertificate,
    /// Any other type.
    Other(u8),
}

impl Message {
    fn of(kind: u8) -> Self {
        match kind {
            0 => Self::HelloRequest,
            1 => Self::ClientHello,
            2 => Self::ServerHello,
            4 => Self::NewSessionTicket,
            5 => Self::EndOfEarlyData,
            8 => Self::EncryptedExtensions,
            11 => Self::Certificate,
            12 => Self::ServerKeyExchange,
            13 => Self::CertificateRequest,
            14 => Self::ServerHelloDone,
            15 => Self::CertificateVerify,
            16 => Self::ClientKeyExchange,
            20 => Self::Finished,
            22 => Self::CertificateStatus,
            24 => Self::KeyUpdate,
            25 => Self::CompressedCertificate,
            other => Self::Other(other),
        }
    }
}

/// How many messages of one record are named.
const MOST: usize = 8;

/// How much is certain of what a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// These messages and no others; session tickets may be several.
    Exact,
    /// It begins with this message; more may follow, and the last one may go on in the next record.
    BeginsWith,
    /// It ends with this message, which may have begun in a record before, as may others that are in it.
    EndsWith,
    /// One or more of these, or parts of them.
    SomeOf,
    /// Most likely this, but it might also be a record without any content.
    Probably,
}

/// The handshake messages in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messages {
    list: [Message; MOST],
    count: u8,
    /// How much of the record this is.
    pub certainty: Certainty,
    /// So many bytes at the beginning of the record's content go on with a message of a record before it.
    pub inside: u16,
    /// Whether the last message goes on in the next record.
    pub goes_on: bool,
}

impl Messages {
    /// These messages, at most the first eight of them.
    #[must_use]
    pub fn new(messages: &[Message], certainty: Certainty) -> Self {
        let mut list = [Message::HelloRequest; MOST];
        let mut count = 0;
        for (slot, message) in list.iter_mut().zip(messages) {
            *slot = *message;
            count += 1;
        }
        Self { list, count, certainty, inside: 0, goes_on: false }
    }

    /// The messages in their order. Empty where a record only goes on with one that began before it.
    #[must_use]
    pub fn list(&self) -> &[Message] {
        &self.list[..usize::from(self.count)]
    }

    fn push(&mut self, message: Message) {
        if let Some(slot) = self.list.get_mut(usize::from(self.count)) {
            *slot = message;
            self.count += 1;
        }
    }
}

/// Type and length (RFC 8446, section 4).
const HEADER: usize = 4;

/// Finds the messages in one direction's handshake records: they may go over several, and one may hold several.
#[derive(Debug, Default)]
pub(crate) struct Walker {
    header: [u8; HEADER],
    /// How many bytes of a header are known that isn't whole yet.
    known: usize,
    /// How much of a message is still to come.
    left: usize,
}

impl Walker {
    /// Looks at the content of the next handshake record.
    pub(crate) fn walk(&mut self, content: &[u8]) -> Messages {
        let mut found = Messages::new(&[], Certainty::Exact);
        let inside = if self.known > 0 { 0 } else { self.left.min(content.len()) };
        found.inside = u16::try_from(inside).unwrap_or(u16::MAX);
        let mut rest = content;
        loop {
            let skipped = self.left.min(rest.len());
            self.left -= skipped;
            rest = &rest[skipped..];
            if rest.is_empty() {
                break;
            }
            let taken = (HEADER - self.known).min(rest.len());
            self.header[self.known..self.known + taken].copy_from_slice(&rest[..taken]);
            let began = self.known == 0;
            self.known += taken;
            rest = &rest[taken..];
            if began {
                found.push(name(self.header[0], rest));
            }
            if self.known == HEADER {
                let [_, high, middle, low] = self.header;
                self.left = u32::from_be_bytes([0, high, middle, low]) as usize;
                self.known = 0;
            }
        }
        found.goes_on = self.left > 0 || self.known > 0;
        found
    }
}

/// SHA-256 of "HelloRetryRequest": the random of a `ServerHello` that is one (RFC 8446, section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

fn name(kind: u8, body: &[u8]) -> Message {
    match Message::of(kind) {
        Message::ServerHello if body.get(2..).is_some_and(|body| body.starts_with(&RETRY)) => {
            Message::HelloRetryRequest
        }
        message => message,
    }
}

/// Where the headers of handshake messages stand in the content of a record that is in the clear: the type byte and
/// the three bytes of the length of each, as far as they are within `content`.
#[must_use]
pub fn headers(messages: &Messages, content: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = usize::from(messages.inside);
    while let Some(&[_, high, middle, low]) = content.get(at..at + HEADER)
        && found.len() < messages.list().len()
    {
        found.push(at..at + HEADER);
        at += HEADER + u32::from_be_bytes([0, high, middle, low]) as usize;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, len: u8) -> Vec<u8> {
        [&[kind, 0, 0, len][..], &vec![7; usize::from(len)]].concat()
    }

    #[test]
    fn messages_are_found_however_the_records_cut_them() {
        let all = [message(2, 40), message(11, 90), message(14, 0), message(13, 3)].concat();
        let expected = [
            Message::ServerHello,
            Message::Certificate,
            Message::ServerHelloDone,
            Message::CertificateRequest,
        ];
        for piece in 1..=all.len() {
            let mut walker = Walker::default();
            let found = all.chunks(piece).map(|content| (walker.walk(content), content)).collect::<Vec<_>>();
            let named = found.iter().flat_map(|(messages, _)| messages.list().to_vec()).collect::<Vec<_>>();
            assert_eq!(named, expected, "in pieces of {piece}");
            let last = found.len() - 1;
            assert!(!found[last].0.goes_on);
            assert_eq!(
                found[0].0.goes_on,
                ![44, 138, 142, all.len()].contains(&piece),
                "in pieces of {piece}"
            );
        }
        let mut walker = Walker::default();
        let (first, second) = (walker.walk(&all[..60]), walker.walk(&all[60..]));
        assert_eq!((first.inside, second.inside), (0, 78));
        assert_eq!(headers(&first, &all[..60]), [0..4, 44..48]);
        assert_eq!(headers(&second, &all[60..]), [78..82, 82..86]);
    }

    #[test]
    fn a_retry_is_told_by_its_random() {
        let hello = |random: &[u8; 32]| [&[2, 0, 0, 38, 3, 3][..], random, &[0; 4]].concat();
        assert_eq!(Walker::default().walk(&hello(&RETRY)).list(), [Message::HelloRetryRequest]);
        assert_eq!(Walker::default().walk(&hello(&[1; 32])).list(), [Message::ServerHello]);
    }

    #[test]
    fn any_bytes_are_taken() {
        let mut walker = Walker::default();
        assert_eq!(walker.walk(&[0; 4000]).list().len(), MOST);
        let rest = walker.walk(&[0xff; 4000]);
        assert!(rest.goes_on && rest.list() == [Message::Other(0xff)]);
        assert_eq!(headers(&rest, &[0xff; 4000]).len(), 1);
    }
}
