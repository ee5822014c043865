//! Bytes from a TLS client's socket that rustls has not taken yet, handed out record by record.
//!
//! rustls works off all that it is given before it says a word, and what it says may be an alert, after which nothing
//! may be sent (RFC 8446, section 6.2). With one record at a time the data before a bad record is echoed first.

use std::io::{self, Read};
use std::time::Instant;

use crate::server::socket::Socket;
use crate::tls::client_hello;

/// The largest TLS record on the wire and a little more (RFC 8446, section 5.2), so that one `recv` can take it whole.
const LARGE: usize = 17 * 1024;
/// Room for a client that says little, as most do while they wait: so much memory each of them takes.
const SMALL: usize = 2 * 1024;
/// Type, version, and the length of the rest (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// What lies between the socket and rustls.
pub(super) struct Wire {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    record: Record,
    /// Everything so far, for reading the client's hello a second time.
    first_flight: Option<Vec<u8>>,
    /// The last read ended a record.
    whole: bool,
}

/// How far the present record has been read.
#[derive(Default)]
struct Record {
    header: [u8; HEADER],
    /// So much of the header is known.
    known: usize,
    /// Bytes that are to come after the header, once it is known.
    left: usize,
}

impl Record {
    /// Goes on by as many of these bytes as belong to the record; how many do.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let of_header = bytes.len().min(HEADER - self.known);
        self.header[self.known..self.known + of_header].copy_from_slice(&bytes[..of_header]);
        self.known += of_header;
        if of_header > 0 && self.known == HEADER {
            self.left = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
        }
        let of_rest = (bytes.len() - of_header).min(self.left);
        self.left -= of_rest;
        of_header + of_rest
    }

    fn is_whole(&self) -> bool {
        self.known == HEADER && self.left == 0
    }
}

impl Wire {
    pub(super) fn recording() -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            record: Record::default(),
            first_flight: Some(Vec::new()),
            whole: false,
        }
    }

    /// What was recorded, once: with that the recording ends.
    pub(super) fn take_first_flight(&mut self) -> Option<Vec<u8>> {
        self.first_flight.take()
    }

    /// Whether the last read ended a record; told once.
    pub(super) fn take_whole(&mut self) -> bool {
        std::mem::take(&mut self.whole)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn fill(&mut self, socket: &Socket<'_>) -> io::Result<usize> {
        self.take_in(|buffer| socket.recv(buffer))
    }

    pub(super) fn fill_until(&mut self, socket: &Socket<'_>, deadline: Instant) -> io::Result<usize> {
        self.take_in(|buffer| socket.recv_until(buffer, deadline))
    }

    fn take_in(&mut self, recv: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        self.make_room();
        (self.start, self.end) = (0, 0);
        self.end = recv(&mut self.buffer)?;
        if let Some(flight) = &mut self.first_flight {
            // What goes beyond the longest hello can't complete one.
            let room = client_hello::LONGEST.saturating_sub(flight.len()).min(self.end);
            flight.extend_from_slice(&self.buffer[..room]);
        }
        Ok(self.end)
    }

    /// Much room after a `recv` that used all there was, little after one that did with little.
    fn make_room(&mut self) {
        let room = match self.buffer.len() {
            0 => SMALL,
            len if self.end == len => LARGE,
            _ if self.end < SMALL => SMALL,
            len => len,
        };
        if room != self.buffer.len() {
            self.buffer = vec![0; room];
        }
    }
}

impl Read for Wire {
    /// Never goes beyond the end of a record.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let unread = &self.buffer[self.start..self.end];
        let unread = &unread[..unread.len().min(buffer.len())];
        let taken = self.record.take(unread);
        buffer[..taken].copy_from_slice(&unread[..taken]);
        if self.record.is_whole() {
            self.record = Record::default();
            self.whole = true;
        }
        self.start += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_follows_what_comes() {
        let mut wire = Wire::recording();
        let mut room_after = |came: usize| {
            let mut room = 0;
            let recv = |buffer: &mut [u8]| {
                room = buffer.len();
                Ok(came.min(room))
            };
            wire.take_in(recv).unwrap();
            room
        };
        // Each is the room that the one before it left behind.
        let rooms = [100, LARGE, LARGE, SMALL, 100, 100].map(&mut room_after);
        assert_eq!(rooms, [SMALL, SMALL, LARGE, LARGE, LARGE, SMALL]);
    }

    #[test]
    fn reads_end_where_records_end_however_the_bytes_came() {
        let records: [&[u8]; 3] = [&[22, 3, 3, 0, 2, 7, 7], &[23, 3, 3, 0, 0], &[23, 3, 3, 0, 3, 1, 2, 3]];
        let all = records.concat();
        for piece in 1..=all.len() {
            let mut wire = Wire::recording();
            let (mut read, mut ends) = (Vec::new(), Vec::new());
            for part in all.chunks(piece) {
                wire.take_in(|buffer| {
                    buffer[..part.len()].copy_from_slice(part);
                    Ok(part.len())
                })
                .unwrap();
                while !wire.is_empty() {
                    let mut buffer = [0; 64];
                    let taken = wire.read(&mut buffer).unwrap();
                    read.extend_from_slice(&buffer[..taken]);
                    ends.push(read.len());
                }
            }
            assert_eq!(read, all, "in pieces of {piece}");
            for end in [7, 12, 20] {
                assert!(ends.contains(&end), "in pieces of {piece}: {ends:?}");
            }
            assert_eq!(wire.take_first_flight().unwrap(), all);
        }
    }
}
