//! Passes a client's TLS records to rustls one by one.
//!
//! rustls processes all bytes that it gets before it returns, and may then send an alert, after which no data may be sent
//! (RFC 8446, section 6.2). With one record at a time, the data before a bad record is echoed first.

use std::io;

use rustls::ServerConnection;

use crate::capture::{RECORD_HEADER, may_be_header, record_header};
use crate::tls::client_hello;

/// How much is received at once while a client sends little. Idle clients keep that much memory.
const SMALL: usize = 2 * 1024;
/// How much is received at once from a client that sends much: a whole record (RFC 5246, section 6.2.3).
const LARGE: usize = 20 * 1024;

/// Received bytes that rustls hasn't got yet.
pub(super) struct RecordReader {
    unread: Vec<u8>,
    /// How much the next `recv` may return.
    room: usize,
    /// All received bytes, up to the longest `ClientHello`, until they are taken.
    first_bytes: Option<Vec<u8>>,
}

impl RecordReader {
    pub(super) fn new() -> Self {
        Self { unread: Vec::new(), room: SMALL, first_bytes: Some(Vec::new()) }
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
        let start = self.unread.len();
        self.unread.shrink_to(start + self.room);
        self.unread.resize(start + self.room, 0);
        let result = recv(&mut self.unread[start..]);
        self.unread.truncate(start + result.as_ref().unwrap_or(&0));
        let received = result?;
        self.room = if received < SMALL { SMALL } else { LARGE };
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

    /// Passes the next record to rustls.
    pub(super) fn pass_next(&mut self, connection: &mut ServerConnection) -> io::Result<()> {
        let len = self.next_len().unwrap_or(0);
        let mut record = &self.unread[..len];
        // rustls ignores what follows close_notify.
        while !record.is_empty() && connection.read_tls(&mut record)? > 0 {}
        self.unread.drain(..len);
        Ok(())
    }
}
