//! The event log itself: a ring buffer of numbered events.

use crate::ring_buffer::{Limits, RingBuffer};
use crate::server::event::{Event, EventKind, Problem};

/// The limits of a log by default: 100,000 entries or 64 MiB.
pub const DEFAULT_LIMITS: Limits = Limits { entries: 100_000, bytes: 64 << 20 };

/// The newest events, within the limits that the user set. Entries are numbered from 0.
///
/// A clone shares the received data with its original, so another thread can save the log.
pub type EventLog = RingBuffer<LogEntry>;

/// An event and its number in the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Counts from 0 over the life of the log, without gaps.
    pub number: u64,
    /// The event.
    pub event: Event,
}

impl EventLog {
    /// Appends an event and returns its number.
    pub fn append(&mut self, event: Event) -> u64 {
        let size = size(&event.kind);
        self.push(LogEntry { number: self.next_number(), event }, size)
    }
}

/// Returns the memory that an entry takes, in bytes: itself, the bookkeeping of one allocation, and the data it points to.
fn size(kind: &EventKind) -> usize {
    /// More than the short texts of an event take, such as an error of the OS.
    const SHORT_TEXTS: usize = 256;
    let data = match kind {
        EventKind::Received { data, .. } => data.len(),
        EventKind::Note { text, .. } => text.len(),
        EventKind::Handshake(done) => {
            size_of_val(&**done) + SHORT_TEXTS + done.client_hello.as_ref().map_or(0, |hello| hello.size())
        }
        EventKind::Problem(Problem::Tls(error)) => error.size(),
        _ => SHORT_TEXTS,
    };
    size_of::<LogEntry>() + 32 + data
}
