//! The log as data: a bounded ring of numbered [`Entry`]s, and everything that turns them into text.
//!
//! ```text
//! Event ── push ──> EventLog ──> view (with a filter) ──> rows:    words::line_cut, words::aside, text::clock
//!                      │                           └───> details: words::{title, explain, raw}, hex
//!                      └──────> export: text or JSON lines
//! ```
//!
//! A leaf: it imports only the plain values of [`crate::server`], [`crate::tls`] and [`crate::settings`].

mod explain;
pub mod export;
mod facts;
pub mod filter;
pub mod format;
pub mod hex;
pub mod json;
pub mod kind;
mod line;
mod scan;
#[cfg(test)]
mod testing;

pub mod view;
pub mod words;

use std::collections::VecDeque;

use crate::server::event::{CloseReason, Event, EventKind, Problem};

/// How much a [`EventLog`] keeps. Whichever bound is reached first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most entries.
    pub entries: usize,
    /// The most memory that the entries may take, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    /// 100,000 entries or 64 MiB.
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 20 }
    }
}

/// An event with its place in the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Counts from 0 over the life of the log, without gaps; never starts again.
    pub seq: u64,
    /// What happened.
    pub event: Event,
}

/// The log: the newest entries, as many as its [`Limits`] allow. The oldest go first; the newest always stays,
/// even where it alone is larger than the limit.
///
/// A clone shares the received data with its original, so that a log can be saved by another thread.
#[derive(Debug, Clone, Default)]
pub struct EventLog {
    entries: VecDeque<Entry>,
    limits: Limits,
    bytes: usize,
    next_seq: u64,
    evicted: u64,
}

impl EventLog {
    /// An empty log.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Appends an event, returns its number, and lets the oldest entries go where a limit is passed.
    pub fn push(&mut self, event: Event) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.bytes += cost(&event);
        self.entries.push_back(Entry { seq, event });
        self.evict();
        seq
    }

    /// How many entries are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at a place, 0 being the oldest.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The entry with this number, unless it is gone or still to come.
    #[must_use]
    pub fn by_seq(&self, seq: u64) -> Option<&Entry> {
        let index = seq.checked_sub(self.first_seq())?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// The newest entry.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// All entries, the oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// The number of the oldest entry; [`EventLog::next_seq`] where there is none.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        self.next_seq - self.entries.len() as u64
    }

    /// The number that the next entry will get.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// How many entries had to go for newer ones since the last [`EventLog::clear`].
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The memory that the entries take, in bytes, as counted against [`Limits::bytes`].
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets other limits; entries beyond them go at once.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.evict();
    }

    /// Forgets all entries. Numbers go on from where they were.
    pub fn clear(&mut self) {
        // The memory goes back to the system as well: a full ring is a large block.
        self.entries = VecDeque::new();
        self.bytes = 0;
        self.evicted = 0;
    }

    fn evict(&mut self) {
        while self.entries.len() > 1
            && (self.entries.len() > self.limits.entries || self.bytes > self.limits.bytes)
        {
            if let Some(entry) = self.entries.pop_front() {
                self.bytes -= cost(&entry.event);
                self.evicted += 1;
            }
        }
    }
}

/// The memory that an entry takes: itself, the bookkeeping of one allocation, and what hangs from it.
fn cost(event: &Event) -> usize {
    const FIXED: usize = size_of::<Entry>() + 32;
    FIXED + payload(&event.kind)
}

fn payload(kind: &EventKind) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match kind {
        EventKind::Received { data, .. } => data.len(),
        EventKind::Handshake(done) => {
            size_of_val(&**done)
                + done.cipher_suite.len()
                + text(&done.group)
                + text(&done.signature_scheme)
                + text(&done.server_name)
                + text(&done.alpn)
                + done
                    .client_certificate
                    .as_ref()
                    .map_or(0, |shown| shown.subject.len() + shown.issuer.len() + shown.sha256.len())
                + done.client_hello.as_ref().map_or(0, |hello| hello.size())
        }
        EventKind::Listening { addresses, .. } => size_of_val(addresses.as_slice()),
        EventKind::NotListening(error) => error.raw.len(),
        EventKind::Note { text, .. } => text.len(),
        EventKind::Closed(closed) => match &closed.reason {
            CloseReason::Lost { raw } => raw.len(),
            _ => 0,
        },
        EventKind::Problem(problem) => match problem {
            Problem::OutOfFiles { raw } | Problem::OutOfThreads { raw } | Problem::Accept { raw } => {
                raw.len()
            }
            Problem::NotTls { start, .. } => start.len(),
            Problem::Tls(error) => error.size(),
            Problem::Panicked { message } => message.len(),
            Problem::Recovered
            | Problem::MaxClients { .. }
            | Problem::TlsOnPlain
            | Problem::HandshakeTimeout { .. } => 0,
        },
        EventKind::Starting { .. }
        | EventKind::StartFailed(_)
        | EventKind::Opened
        | EventKind::Stopping
        | EventKind::Stopped
        | EventKind::AcceptPaused
        | EventKind::AcceptResumed
        | EventKind::NotShown { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::testing::received;
    use super::*;

    #[test]
    fn the_oldest_go_first_and_numbers_go_on() {
        let mut log = EventLog::new(Limits { entries: 3, bytes: 1 << 20 });
        assert_eq!((log.first_seq(), log.by_seq(0).is_none()), (0, true));
        for _ in 0..5 {
            log.push(received(1, b"x"));
        }
        assert_eq!((log.len(), log.first_seq(), log.evicted()), (3, 2, 2));
        assert!(log.by_seq(1).is_none() && log.by_seq(5).is_none());
        assert_eq!(log.by_seq(4).unwrap().seq, 4);
        log.clear();
        assert_eq!((log.len(), log.bytes(), log.first_seq()), (0, 0, 5));
        assert_eq!(log.push(received(1, b"x")), 5);
    }

    #[test]
    fn the_newest_stays_even_where_it_is_too_large() {
        let mut log = EventLog::new(Limits { entries: 100, bytes: 2000 });
        log.push(received(1, b"small"));
        log.push(received(1, &[0; 5000]));
        assert_eq!((log.len(), log.first_seq()), (1, 1));
        log.push(received(1, b"small"));
        assert_eq!((log.len(), log.first_seq()), (1, 2));
        assert!(log.bytes() < 2000);
        log.set_limits(Limits { entries: 0, bytes: 0 });
        assert_eq!(log.len(), 1);
    }
}
