//! Passes a client's TLS records to rustls one by one.
//!
//! rustls processes all bytes that it gets before it returns, and may then send an alert, after which no data may be
//! sent (RFC 8446, section 6.2). With one record at a time, the data before a bad record is echoed first.

use std::io;

use rustls::ServerConnection;

use crate::capture::{RECORD_HEADER, may_be_header, record_header};
use crate::tls::client_hello;

/// How many bytes are received at once while a client sends little.
pub(super) const SMALL: usize = 2 * 1024;
/// How many bytes are received at once while a client sends much: a whole record (RFC 5246, section 6.2.3).
const LARGE: usize = 20 * 1024;

/// The received bytes that were not passed to rustls yet.
pub(super) struct RecordReader {
    unread: Vec<u8>,
    /// Whether the client sends much: the last `recv` returned at least [`SMALL`] bytes.
    is_busy: bool,
    /// The first received bytes, up to the length of the longest `ClientHello`, until they are taken.
    first_bytes: Option<Vec<u8>>,
}

impl RecordReader {
    pub(super) fn new() -> Self {
        Self { unread: Vec::new(), is_busy: false, first_bytes: Some(Vec::new()) }
    }

    /// Returns the first received bytes, up to the length of the longest `ClientHello`; empty after they were taken.
    pub(super) fn first_bytes(&self) -> &[u8] {
        self.first_bytes.as_deref().unwrap_or_default()
    }

    /// Takes the first bytes, and stops keeping them.
    pub(super) fn take_first_bytes(&mut self) -> Vec<u8> {
        self.first_bytes.take().unwrap_or_default()
    }

    /// Receives more bytes. Returns their number, 0 at the end of the stream. While the client sends little, `buffer` of at
    /// least [`SMALL`] bytes is used, so that an idle client needs no buffer here.
    pub(super) fn fill(
        &mut self,
        buffer: &mut [u8],
        recv: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let start = self.unread.len();
        let received = if self.is_busy {
            self.unread.resize(start + LARGE, 0);
            let result = recv(&mut self.unread[start..]);
            self.unread.truncate(start + result.as_ref().unwrap_or(&0));
            result?
        } else {
            let received = recv(&mut buffer[..SMALL])?;
            self.unread.extend_from_slice(&buffer[..received]);
            received
        };
        self.is_busy = received >= SMALL;
        if let Some(bytes) = &mut self.first_bytes {
            let kept = received.min(client_hello::LONGEST.saturating_sub(bytes.len()));
            bytes.extend_from_slice(&self.unread[start..start + kept]);
        }
        Ok(received)
    }

    /// Returns the length of the next whole record. Bytes that can't be a record count as one, so that rustls reports
    /// the error.
    pub(super) fn next_len(&self) -> Option<usize> {
        match record_header(&self.unread) {
            Some(header) => {
                Some(RECORD_HEADER + usize::from(header.length)).filter(|len| *len <= self.unread.len())
            }
            None => (!may_be_header(&self.unread)).then_some(self.unread.len()),
        }
    }

    /// Returns the next whole record.
    pub(super) fn next(&self) -> &[u8] {
        &self.unread[..self.next_len().unwrap_or(0)]
    }

    /// Removes the next record.
    pub(super) fn skip_next(&mut self) {
        self.unread.drain(..self.next_len().unwrap_or(0));
        if self.unread.is_empty() && !self.is_busy {
            self.unread = Vec::new();
        }
    }

    /// Passes the next record to rustls.
    pub(super) fn pass_next(&mut self, connection: &mut ServerConnection) -> io::Result<()> {
        let mut record = self.next();
        // After close_notify, rustls ignores all bytes and `read_tls` returns 0.
        while !record.is_empty() && connection.read_tls(&mut record)? > 0 {}
        self.skip_next();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(reader: &mut RecordReader, bytes: &[u8]) -> usize {
        let mut size = 0;
        let recv = |buffer: &mut [u8]| {
            size = buffer.len();
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        };
        reader.fill(&mut [0; SMALL], recv).unwrap();
        size
    }

    #[test]
    fn receive_size_adapts_to_the_data() {
        let mut reader = RecordReader::new();
        let sizes = [100, SMALL, LARGE, 100, 100].map(|received| {
            let size = fill(&mut reader, &vec![0; received]);
            // Simulates that rustls has read everything.
            reader.unread.truncate(RECORD_HEADER);
            reader.unread.fill(0);
            reader.skip_next();
            size
        });
        // Each size depends on what the previous `recv` returned.
        assert_eq!(sizes, [SMALL, SMALL, LARGE, LARGE, SMALL]);
        assert_eq!(reader.unread.capacity(), 0, "an idle client needs no buffer");
    }

    #[test]
    fn records_are_found_however_the_bytes_arrive() {
        let records: [&[u8]; 3] = [&[22, 3, 3, 0, 2, 7, 7], &[23, 3, 3, 0, 0], &[23, 3, 3, 0, 3, 1, 2, 3]];
        let all = records.concat();
        for size in 1..=all.len() {
            let mut reader = RecordReader::new();
            let mut found = Vec::new();
            for part in all.chunks(size) {
                fill(&mut reader, part);
                while let Some(len) = reader.next_len() {
                    found.push(reader.unread.drain(..len).collect::<Vec<_>>());
                }
            }
            assert_eq!(found, records, "in parts of {size} bytes");
            assert_eq!(reader.take_first_bytes(), all);
        }
    }

    #[test]
    fn bytes_that_are_not_a_record_are_passed_at_once() {
        for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"\r", &[22, 0, 0, 0, 1], &[22, 3, 3, 0xff, 0xff]] {
            let mut reader = RecordReader::new();
            assert_eq!(reader.next_len(), None);
            fill(&mut reader, bytes);
            assert_eq!(reader.next_len(), Some(bytes.len()), "{bytes:?}");
        }
    }
}
