//! Saves captures that are in memory.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use crate::capture::captures::{Capture, CaptureEvent, CaptureEventKind, Side};
use crate::capture::pcapng::tls_keys::RANDOM_LEN;
use crate::capture::pcapng::{Blocks, TcpConnection, TlsKeys};
use crate::capture::tls_record::RECORD_HEADER;

/// The size of blocks that are written at once, in bytes.
const BATCH: usize = 1 << 16;

/// Counts what a saved file has, and what is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SavedPackets {
    /// The number of connections.
    pub connections: usize,
    /// The number of packets.
    pub packets: u64,
    /// The number of bytes that are missing, because the captures didn't keep them.
    pub missing: u64,
    /// The number of TLS connections.
    pub tls: usize,
    /// The number of TLS connections whose keys are in the file.
    pub with_keys: usize,
}

/// Writes captures as a pcapng file, in the order of their events. The keys of TLS connections are included as far as
/// `keys` has them.
///
/// # Errors
/// `out` can't be written.
pub fn save(captures: &[Arc<Capture>], keys: &TlsKeys, out: &mut dyn Write) -> io::Result<SavedPackets> {
    let mut blocks = Blocks::new()?;
    let mut saved = SavedPackets { connections: captures.len(), ..SavedPackets::default() };
    let mut connections = Vec::new();
    let mut events = Vec::new();
    for (index, capture) in captures.iter().enumerate() {
        let connection = SavedConnection::read(capture);
        if connection.tls {
            saved.tls += 1;
            let lines = connection.client_random().map(|random| keys.lines(random)).unwrap_or_default();
            if !lines.is_empty() {
                blocks.tls_keys(&lines)?;
                saved.with_keys += 1;
            }
        }
        saved.missing += connection.missing();
        events
            .extend(connection.events.iter().map(|event| (connection.since + event.at, index, event.index)));
        connections.push(connection);
    }
    events.sort_unstable();
    for (at, index, event) in events {
        connections[index].add(&mut blocks, at, event as usize)?;
        if blocks.bytes().len() > BATCH {
            out.write_all(blocks.bytes())?;
            blocks.bytes().clear();
        }
    }
    out.write_all(blocks.bytes())?;
    saved.packets = blocks.packets();
    Ok(saved)
}

/// A connection that is being saved.
struct SavedConnection {
    capture: Arc<Capture>,
    since: SystemTime,
    tls: bool,
    events: Vec<CaptureEvent>,
    /// The number of bytes of events that were not stored, of the client and of the server.
    not_stored: [u64; 2],
    /// The index of the last event that was stored before the capture was full.
    last_stored: usize,
    frames: Option<TcpConnection>,
}

impl SavedConnection {
    fn read(capture: &Arc<Capture>) -> Self {
        let mut events = Vec::new();
        // The server can record between two reads.
        while capture.read(events.len(), 4096, &mut events) > 0 {}
        let info = capture.info();
        let is_data = |event: &CaptureEvent| event.len > 0;
        let last_stored = events.iter().rposition(is_data).unwrap_or_default();
        Self {
            capture: Arc::clone(capture),
            since: info.since,
            tls: info.tls,
            events,
            not_stored: info.not_stored_bytes,
            last_stored,
            frames: None,
        }
    }

    /// Returns whether the event's bytes were on the wire: those of a TLS connection are its records.
    fn is_on_wire(&self, event: &CaptureEvent) -> bool {
        event.kind != CaptureEventKind::Plaintext || !self.tls
    }

    /// Returns the random value of the `ClientHello` (RFC 8446, section 4.1.2).
    fn client_random(&self) -> Option<&[u8]> {
        /// The header of a handshake message and the version are before it.
        const START: usize = RECORD_HEADER + 4 + 2;
        let first = self.events.iter().find(|event| matches!(event.kind, CaptureEventKind::Record(_)))?;
        first.bytes.get(START..START + RANDOM_LEN)
    }

    fn missing(&self) -> u64 {
        let stored = self.events.iter().filter(|event| self.is_on_wire(event));
        let not_kept = stored.map(|event| u64::from(event.len) - event.bytes.len() as u64).sum::<u64>();
        not_kept + self.not_stored.iter().sum::<u64>()
    }

    /// Adds the frames of an event.
    fn add(&mut self, blocks: &mut Blocks, at: SystemTime, index: usize) -> io::Result<()> {
        let event = &self.events[index];
        let frames = if let Some(frames) = &mut self.frames {
            frames
        } else {
            let info = self.capture.info();
            self.frames.insert(TcpConnection::open(blocks, at, info.client.peer, info.server)?)
        };
        match event.kind {
            CaptureEventKind::Plaintext if self.tls => {}
            CaptureEventKind::Plaintext | CaptureEventKind::Record(_) | CaptureEventKind::Raw => {
                frames.data(blocks, at, event.side, &event.bytes)?;
                frames.skip(event.side, u64::from(event.len) - event.bytes.len() as u64);
            }
            CaptureEventKind::Fin => frames.fin(blocks, at, event.side)?,
            CaptureEventKind::Reset => frames.reset(blocks, at)?,
            CaptureEventKind::ConnectionLost => frames.lost(blocks, at)?,
            CaptureEventKind::Accepted | CaptureEventKind::Closed(_) => {}
        }
        if index == self.last_stored {
            frames.skip(Side::Client, self.not_stored[0]);
            frames.skip(Side::Server, self.not_stored[1]);
        }
        if matches!(event.kind, CaptureEventKind::Closed(_)) {
            frames.close(blocks, at)?;
        } else if index + 1 == self.events.len() {
            frames.finish(blocks, at)?;
        }
        Ok(())
    }
}
