//! Cuts a stream of bytes into TLS records (RFC 8446, section 5.1), however the bytes come.

use crate::capture::mark::{Carries, Record};

/// Type, version, and the length of the rest.
pub const RECORD_HEADER: usize = 5;
/// The longest rest: 2^14 bytes and what TLS 1.2 lets encryption add (RFC 5246, section 6.2.3).
const LONGEST: usize = (1 << 14) + 2048;

/// Reads the header at the beginning of a record. `None` where this is none.
#[must_use]
pub fn record_header(bytes: &[u8]) -> Option<Record> {
    let &[content_type, major, minor, high, low, ..] = bytes else { return None };
    let length = u16::from_be_bytes([high, low]);
    may_begin(bytes).then_some(Record {
        content_type,
        version: u16::from_be_bytes([major, minor]),
        length,
        sealed: false,
        carries: Carries::Unknown,
    })
}

/// Whether a record can begin with these bytes, as far as they go.
fn may_begin(bytes: &[u8]) -> bool {
    let fits = |index: usize, right: fn(u8) -> bool| bytes.get(index).is_none_or(|byte| right(*byte));
    let length =
        bytes.get(3..RECORD_HEADER).map_or(0, |length| usize::from(length[0]) << 8 | usize::from(length[1]));
    // From change_cipher_spec to heartbeat; the major version of every TLS.
    fits(0, |kind| (20..=24).contains(&kind)) && fits(1, |major| major == 3) && length <= LONGEST
}

/// A whole record, or bytes that are none.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// The first bytes of it, mostly all of them.
    pub(crate) bytes: Vec<u8>,
    /// How many it has.
    pub(crate) len: usize,
    /// Its header; `None`: it is no record.
    pub(crate) header: Option<Record>,
}

/// Cuts one direction's bytes.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    piece: Piece,
    /// How many bytes of the piece are remembered at most.
    most: usize,
    /// These bytes are not TLS, and so nothing after them is.
    off: bool,
}

impl Splitter {
    /// Takes the next bytes and hands on what they complete. `most` tells how many bytes of a record are of use.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        most: impl Fn(&Record) -> usize,
        mut done: impl FnMut(Piece),
    ) {
        while !bytes.is_empty() {
            if self.off {
                done(Piece { bytes: bytes.to_vec(), len: bytes.len(), header: None });
                return;
            }
            let piece = &mut self.piece;
            let wanted = piece
                .header
                .as_ref()
                .map_or(RECORD_HEADER, |header| RECORD_HEADER + usize::from(header.length));
            let (part, rest) = bytes.split_at((wanted - piece.len).min(bytes.len()));
            let room = if piece.header.is_some() { self.most.saturating_sub(piece.len) } else { part.len() };
            piece.bytes.extend_from_slice(&part[..part.len().min(room)]);
            piece.len += part.len();
            bytes = rest;
            if piece.header.is_none() {
                if !may_begin(&piece.bytes) {
                    self.off = true;
                    let mut all = std::mem::take(piece);
                    all.bytes.extend_from_slice(rest);
                    all.len += rest.len();
                    done(all);
                    return;
                }
                piece.header = record_header(&piece.bytes);
                if let Some(header) = &piece.header {
                    self.most = most(header).max(RECORD_HEADER);
                    piece.bytes.reserve_exact(
                        self.most.saturating_sub(RECORD_HEADER).min(usize::from(header.length)),
                    );
                }
            }
            if piece.header.is_some_and(|header| piece.len == RECORD_HEADER + usize::from(header.length)) {
                done(std::mem::take(piece));
            }
        }
    }

    /// What has begun and got no further, if anything.
    pub(crate) fn rest(&mut self) -> Option<Piece> {
        let rest = std::mem::take(&mut self.piece);
        (rest.len > 0).then_some(Piece { header: None, ..rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(parts: &[&[u8]]) -> Vec<(bool, Vec<u8>)> {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for part in parts {
            splitter.feed(part, |_| usize::MAX, |piece| found.push((piece.header.is_some(), piece.bytes)));
        }
        found.extend(splitter.rest().map(|piece| (false, piece.bytes)));
        found
    }

    #[test]
    fn records_are_found_however_the_bytes_come() {
        let records: [&[u8]; 3] = [&[22, 3, 1, 0, 2, 7, 7], &[23, 3, 3, 0, 0], &[21, 3, 3, 0, 2, 1, 0]];
        let all = [records.concat(), vec![23, 3, 3]].concat();
        for piece in 1..=all.len() {
            let found = split(&all.chunks(piece).collect::<Vec<_>>());
            let expected = records.iter().map(|record| (true, record.to_vec()));
            assert_eq!(
                found,
                expected.chain([(false, vec![23, 3, 3])]).collect::<Vec<_>>(),
                "in pieces of {piece}"
            );
        }
    }

    #[test]
    fn what_is_no_record_stays_as_it_is() {
        assert_eq!(split(&[b"GET / HTTP/1.1\r\n"]), [(false, b"GET / HTTP/1.1\r\n".to_vec())]);
        let mixed = split(&[&[21, 3, 3, 0, 0, 23, 3], &[3, 0xff], &[0xff, 1, 2], b"more"]);
        let whole = |bytes: &[u8]| (false, bytes.to_vec());
        assert_eq!(mixed[0], (true, vec![21, 3, 3, 0, 0]));
        assert_eq!(mixed[1..], [whole(&[23, 3, 3, 0xff, 0xff, 1, 2]), whole(b"more")]);
    }

    #[test]
    fn no_more_is_remembered_than_is_of_use() {
        let mut splitter = Splitter::default();
        let record = [&[23, 3, 3, 1, 0][..], &[9; 256]].concat();
        for part in record.chunks(50) {
            splitter.feed(
                part,
                |_| 64,
                |piece| {
                    assert_eq!((piece.bytes.as_slice(), piece.len), (&record[..64], record.len()));
                },
            );
        }
        assert!(splitter.rest().is_none());
    }
}
