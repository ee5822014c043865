//! Passes a client's TLS records to rustls one by one.
//!
//! rustls processes all bytes that it gets before it returns, and may then send an alert, after which no data may be sent
//! (RFC 8446, section 6.2). With one record at a time, the data before a bad record is echoed first.

use std::io;
use std::ops::Range;

use rustls::ServerConnection;

use crate::tls::client_hello;

/// Content type, version, and the length of the rest (RFC 8446, section 5.1).
const HEADER: usize = 5;
/// The longest record that rustls accepts, that of TLS 1.2 (RFC 5246, section 6.2.3).
const MAX_RECORD: usize = HEADER + (1 << 14) + 2048;
/// The size of the buffer while a client sends little. Idle clients keep that much memory.
const SMALL: usize = 2 * 1024;

/// Received bytes that rustls hasn't got yet.
pub(super) struct RecordReader {
    buffer: Vec<u8>,
    unread: Range<usize>,
    /// All received bytes, up to the longest `ClientHello`, until they are taken.
    first_bytes: Option<Vec<u8>>,
}

impl RecordReader {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), unread: 0..0, first_bytes: Some(Vec::new()) }
    }

    /// Returns all received bytes, up to the longest `ClientHello`. They are kept until they are taken.
    pub(super) fn first_bytes(&self) -> &[u8] {
        self.first_bytes.as_deref().unwrap_or_default()
    }

    /// Takes the first bytes, and stops keeping them.
    pub(super) fn take_first_bytes(&mut self) -> Vec<u8> {
        self.first_bytes.take().unwrap_or_default()
    }

    /// Receives more bytes. Returns their number, 0 at the end of the stream.
    pub(super) fn fill(&mut self, recv: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        // Room for a whole record after a `recv` that filled the buffer, little room after one that needed little.
        let size = match self.buffer.len() {
            0 => SMALL,
            size if self.unread.end == size => MAX_RECORD,
            _ if self.unread.end < SMALL => SMALL,
            size => size,
        };
        let rest = self.unread.len();
        if size == self.buffer.len() {
            self.buffer.copy_within(self.unread.clone(), 0);
        } else {
            let mut buffer = vec![0; size];
            buffer[..rest].copy_from_slice(&self.buffer[self.unread.clone()]);
            self.buffer = buffer;
        }
        self.unread = 0..rest;
        let received = recv(&mut self.buffer[rest..])?;
        self.unread.end += received;
        if let Some(bytes) = &mut self.first_bytes {
            let kept = received.min(client_hello::LONGEST.saturating_sub(bytes.len()));
            bytes.extend_from_slice(&self.buffer[rest..rest + kept]);
        }
        Ok(received)
    }

    /// Returns the length of the next whole record. Bytes that can't be a record count as one, so that rustls reports
    /// the error.
    pub(super) fn next_len(&self) -> Option<usize> {
        let unread = &self.buffer[self.unread.clone()];
        let is_content_type = matches!(unread.first()?, 20..=24);
        match unread {
            _ if !is_content_type => Some(unread.len()),
            &[_, major, _, high, low, ..] => {
                let len = HEADER + usize::from(u16::from_be_bytes([high, low]));
                let is_record = major == 3 && len <= MAX_RECORD;
                if is_record { Some(len).filter(|len| *len <= unread.len()) } else { Some(unread.len()) }
            }
            _ => None,
        }
    }

    /// Passes the next record to rustls.
    pub(super) fn pass_next(&mut self, connection: &mut ServerConnection) -> io::Result<()> {
        let end = self.unread.start + self.next_len().unwrap_or(0);
        while self.unread.start < end {
            match connection.read_tls(&mut &self.buffer[self.unread.start..end])? {
                // rustls ignores what follows close_notify.
                0 => self.unread.start = end,
                read => self.unread.start += read,
            }
        }
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
            let len = bytes.len().min(size);
            buffer[..len].copy_from_slice(&bytes[..len]);
            Ok(len)
        };
        reader.fill(recv).unwrap();
        size
    }

    #[test]
    fn buffer_grows_and_shrinks_with_the_data() {
        let mut reader = RecordReader::new();
        let sizes = [100, MAX_RECORD, MAX_RECORD, SMALL, 100, 100].map(|received| {
            let size = fill(&mut reader, &vec![0; received]);
            // As if rustls had read everything.
            reader.unread.start = reader.unread.end;
            size
        });
        // Each is the size that the previous `recv` led to.
        assert_eq!(sizes, [SMALL, SMALL, MAX_RECORD, MAX_RECORD, MAX_RECORD, SMALL]);
    }

    #[test]
    fn records_are_whole_however_the_bytes_arrive() {
        let records: [&[u8]; 3] = [&[22, 3, 3, 0, 2, 7, 7], &[23, 3, 3, 0, 0], &[23, 3, 3, 0, 3, 1, 2, 3]];
        let all = records.concat();
        for size in 1..=all.len() {
            let mut reader = RecordReader::new();
            let mut found = Vec::new();
            for part in all.chunks(size) {
                fill(&mut reader, part);
                while let Some(len) = reader.next_len() {
                    let start = reader.unread.start;
                    found.push(reader.buffer[start..start + len].to_vec());
                    reader.unread.start += len;
                }
            }
            assert_eq!(found, records, "in parts of {size} bytes");
            assert_eq!(reader.take_first_bytes(), all);
        }
    }

    #[test]
    fn bytes_that_are_no_record_are_passed_at_once() {
        for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"\r", &[22, 0, 0, 0, 1], &[22, 3, 3, 0xff, 0xff]] {
            let mut reader = RecordReader::new();
            assert_eq!(reader.next_len(), None);
            fill(&mut reader, bytes);
            assert_eq!(reader.next_len(), Some(bytes.len()), "{bytes:?}");
        }
    }
}
