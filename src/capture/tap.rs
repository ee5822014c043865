//! Watches one connection from its own thread: takes the bytes of its socket as they go by and what TLS makes of them,
//! and records both.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::capture::capture::Capture;
use crate::capture::facts::{Facts, Outcome};
use crate::capture::inbound::Inbound;
use crate::capture::mark::{Record, Side, What};
use crate::capture::outbound::Outbound;
use crate::capture::split::{Piece, Splitter};

/// What the server is about to send with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saying {
    /// Its part of the handshake, or what follows from it.
    Handshake,
    /// So many plain bytes: the last [`Tap::chunk_out`].
    Data(usize),
    /// What TLS has to say by itself while data flows.
    Reply,
    /// What is left to say after an error, with the alert for it at the end, where its description is certain.
    Failure(Option<u8>),
    /// `close_notify`.
    Goodbye,
}

/// One connection's watcher. Without a capture it does nothing.
pub(crate) struct Tap {
    capture: Option<Arc<Capture>>,
    /// The last plain bytes of the client, and how many of them were echoed.
    chunk: (Option<u32>, usize),
    /// Only for TLS.
    records: Option<Box<Records>>,
}

/// What is to be known for telling records.
struct Records {
    incoming: Splitter,
    outgoing: Splitter,
    /// Came, but TLS has not looked at it yet.
    waiting: VecDeque<Piece>,
    inbound: Inbound,
    outbound: Outbound,
    /// The last record of the client that was looked at.
    last: Option<u32>,
    /// TLS looks at nothing any more.
    over: bool,
}

impl Tap {
    /// `asks`: whether clients are asked for a certificate.
    pub(crate) fn new(capture: Option<Arc<Capture>>, tls: bool, asks: bool) -> Self {
        let records = (tls && capture.is_some()).then(|| {
            Box::new(Records {
                incoming: Splitter::default(),
                outgoing: Splitter::default(),
                waiting: VecDeque::new(),
                inbound: Inbound::new(asks),
                outbound: Outbound::new(asks),
                last: None,
                over: false,
            })
        });
        Self { capture, chunk: (None, 0), records }
    }

    /// `recv` returned these bytes.
    pub(crate) fn arrived(&mut self, bytes: &[u8]) {
        let Some(capture) = self.capture.as_ref().filter(|_| !bytes.is_empty()) else { return };
        let Some(records) = &mut self.records else {
            self.chunk = (capture.record(Side::Client, What::Chunk, bytes, None), 0);
            return;
        };
        let Records { incoming, waiting, .. } = &mut **records;
        incoming.feed(bytes, |header| of_use(capture, header), |piece| waiting.push_back(piece));
        if records.over {
            self.flush_waiting();
        } else {
            // What is no record is not for TLS to look at; what stands before it still is.
            while records.waiting.front().is_some_and(|piece| piece.header.is_none()) {
                record(capture, Side::Client, records.waiting.pop_front(), None);
            }
        }
    }

    /// `send` took these bytes.
    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        let Some(capture) = self.capture.as_ref().filter(|_| !bytes.is_empty()) else { return };
        let Some(records) = &mut self.records else {
            self.echoed(bytes);
            return;
        };
        let Records { outgoing, outbound, .. } = &mut **records;
        outgoing.feed(bytes, |header| of_use(capture, header), |piece| outbound.sent(capture, piece));
    }

    /// TLS has looked at the client's next whole record.
    pub(crate) fn looked_at(&mut self, before: Facts, after: Facts, outcome: Outcome) {
        let (Some(capture), Some(records)) = (&self.capture, &mut self.records) else { return };
        let Some(mut piece) = records.waiting.pop_front() else { return };
        if let Some(header) = &mut piece.header {
            (header.sealed, header.carries) =
                records.inbound.carries(header, &piece.bytes, before, after, outcome);
            records.outbound.heard(header);
        }
        records.last = record(capture, Side::Client, Some(piece), None);
        while records.waiting.front().is_some_and(|piece| piece.header.is_none()) {
            record(capture, Side::Client, records.waiting.pop_front(), None);
        }
    }

    /// The connection's `recv` returns these plain bytes out of the last record.
    pub(crate) fn chunk_in(&mut self, bytes: &[u8]) {
        let (Some(capture), Some(records)) = (&self.capture, &self.records) else { return };
        self.chunk = (capture.record(Side::Client, What::Chunk, bytes, records.last), 0);
    }

    /// The connection's `sendall` begins with these plain bytes.
    pub(crate) fn chunk_out(&mut self, bytes: &[u8]) {
        if self.records.is_some() {
            let chunk = self.echoed(bytes);
            if let Some(records) = &mut self.records {
                records.outbound.chunk = chunk;
            }
        }
    }

    /// What is sent from here on, until [`Tap::said`].
    pub(crate) fn says(&mut self, saying: Saying, facts: Facts) {
        if let Some(records) = &mut self.records {
            records.outbound.says(saying, facts);
        }
    }

    /// Everything was sent, or nothing more can be.
    pub(crate) fn said(&mut self) {
        if let (Some(capture), Some(records)) = (&self.capture, &mut self.records) {
            records.outbound.said(capture);
        }
    }

    /// TLS looks at nothing any more: what still comes is only thrown away.
    pub(crate) fn over(&mut self) {
        if let Some(records) = &mut self.records {
            records.over = true;
            self.flush_waiting();
        }
    }

    fn echoed(&mut self, bytes: &[u8]) -> Option<u32> {
        let capture = self.capture.as_ref()?;
        let (chunk, start) = self.chunk;
        self.chunk.1 += bytes.len();
        match chunk {
            Some(chunk) => capture.record_echo(chunk, start, bytes),
            None => capture.record(Side::Server, What::Chunk, bytes, None),
        }
    }

    fn flush_waiting(&mut self) {
        let (Some(capture), Some(records)) = (&self.capture, &mut self.records) else { return };
        while let Some(mut piece) = records.waiting.pop_front() {
            if let Some(header) = &mut piece.header {
                records.inbound.unread(header, &piece.bytes);
            }
            record(capture, Side::Client, Some(piece), None);
        }
    }
}

impl Drop for Tap {
    /// What never got whole is told all the same, also when a panic passes by.
    fn drop(&mut self) {
        self.over();
        let (Some(capture), Some(records)) = (&self.capture, &mut self.records) else { return };
        record(capture, Side::Client, records.incoming.rest(), None);
        records.outbound.said(capture);
        record(capture, Side::Server, records.outgoing.rest(), None);
    }
}

/// How many bytes of a record are worth copying: all of what may be kept whole, and of what is not encrypted.
fn of_use(capture: &Capture, header: &Record) -> usize {
    let len = usize::from(header.length) + crate::capture::RECORD_HEADER;
    if header.content_type != 23 || capture.keeps_whole(len) { len } else { crate::capture::FIRST_BYTES }
}

pub(crate) fn record(capture: &Capture, side: Side, piece: Option<Piece>, link: Option<u32>) -> Option<u32> {
    let piece = piece?;
    let what = piece.header.map_or(What::Raw, What::Record);
    capture.record_part(side, what, (&piece.bytes, piece.len), link)
}
