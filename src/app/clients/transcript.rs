//! What a client sent, received and met, entry by entry: bounded in number and in bytes, the oldest go first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::client::echo::Verdict;
use crate::client::event::{Event, EventKind, Origin};

/// The most entries that a transcript keeps.
pub const MOST_ENTRIES: usize = 10_000;
/// The most bytes of data that it keeps.
pub const MOST_BYTES: usize = 4 << 20;

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Numbers the entries of one tab from 1; never used twice, also after the transcript was cleared.
    pub number: u64,
    /// Which connection of the tab it belongs to, from 1.
    pub connection: u32,
    /// The system's clock.
    pub at: SystemTime,
    /// The same moment on the clock that only goes forward.
    pub when: Instant,
    /// What happened.
    pub kind: EntryKind,
}

/// What an entry tells of.
#[derive(Debug, Clone)]
pub enum EntryKind {
    /// Something was sent.
    Sent {
        /// Numbers what is sent on one connection from 1.
        send: u64,
        /// What was sent; empty for a file.
        data: Arc<[u8]>,
        /// Where it came from.
        from: Origin,
        /// Whether it is to be told how it came back. Not where too many sends were on their way.
        measured: bool,
        /// How it came back; `None` until its last byte has.
        back: Option<(Verdict, Duration)>,
    },
    /// Something came.
    Received {
        /// The bytes.
        data: Arc<[u8]>,
    },
    /// Anything else. Never one of the two above, nor an [`EventKind::Echoed`].
    Event(EventKind),
}

/// Which way an entry's data went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From us to the server.
    Out,
    /// From the server to us.
    In,
}

impl Entry {
    /// Which way its data went; `None` where it has none.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        match self.kind {
            EntryKind::Sent { .. } => Some(Direction::Out),
            EntryKind::Received { .. } => Some(Direction::In),
            EntryKind::Event(_) => None,
        }
    }

    /// Its data; empty where it has none.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match &self.kind {
            EntryKind::Sent { data, .. } | EntryKind::Received { data } => data,
            EntryKind::Event(_) => &[],
        }
    }
}

/// The newest entries of a tab.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    entries: VecDeque<Entry>,
    bytes: usize,
    last_number: u64,
    forgotten: u64,
    /// Sends that have not come back, oldest first: connection, number of the send, number of the entry.
    waiting: VecDeque<(u32, u64, u64)>,
}

impl Transcript {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at this place, the oldest at 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// From the oldest to the newest.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// The place of an entry, by its number.
    #[must_use]
    pub fn position(&self, number: u64) -> Option<usize> {
        let first = self.entries.front()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        (index < self.entries.len()).then_some(index)
    }

    /// How many of the oldest entries had to go for newer ones.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn push(&mut self, connection: u32, event: Event) {
        let Event { at, when, kind } = event;
        let kind = match kind {
            EventKind::Sent { number, data, from, measured } => {
                EntryKind::Sent { send: number, data, from, measured, back: None }
            }
            EventKind::Received { data } => EntryKind::Received { data },
            EventKind::Echoed { number, verdict, round_trip } => {
                self.came_back(connection, number, (verdict, round_trip));
                return;
            }
            other => EntryKind::Event(other),
        };
        self.last_number += 1;
        if let EntryKind::Sent { send, measured: true, .. } = &kind {
            self.waiting.push_back((connection, *send, self.last_number));
        }
        let entry = Entry { number: self.last_number, connection, at, when, kind };
        self.bytes += entry.data().len();
        self.entries.push_back(entry);
        // One entry that is larger than all the room stays until the next one comes.
        while self.entries.len() > MOST_ENTRIES || (self.bytes > MOST_BYTES && self.entries.len() > 1) {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.data().len();
            self.forgotten += 1;
            if self.waiting.front().is_some_and(|(.., entry)| *entry == oldest.number) {
                self.waiting.pop_front();
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { last_number: self.last_number, ..Self::default() };
    }

    /// Sends come back in their order; what was sent before this one and was not told of will not come.
    fn came_back(&mut self, connection: u32, number: u64, result: (Verdict, Duration)) {
        while let Some((of, send, entry)) = self.waiting.front().copied() {
            if (of, send) > (connection, number) {
                return;
            }
            self.waiting.pop_front();
            if (of, send) == (connection, number)
                && let Some(index) = self.position(entry)
                && let EntryKind::Sent { back, .. } = &mut self.entries[index].kind
            {
                *back = Some(result);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_is_not_waited_for_and_keeps_nobody_from_a_verdict() {
        let mut transcript = Transcript::default();
        let mut tell = |kind| {
            transcript.push(1, Event { at: SystemTime::now(), when: Instant::now(), kind });
            transcript.waiting.len()
        };
        let sent = |number, measured| EventKind::Sent {
            number,
            data: b"x".as_slice().into(),
            from: Origin::Typed,
            measured,
        };
        let echoed = |number| EventKind::Echoed {
            number,
            verdict: Verdict::Exact,
            round_trip: Duration::from_millis(1),
        };
        let waiting = [sent(1, true), sent(2, false), sent(3, true), echoed(1), echoed(3)].map(&mut tell);
        assert_eq!(waiting, [1, 1, 2, 1, 0]);
        let rows = transcript.iter().map(|entry| match entry.kind {
            EntryKind::Sent { send, measured, back, .. } => (send, measured, back.is_some()),
            _ => panic!("{entry:?}"),
        });
        assert_eq!(rows.collect::<Vec<_>>(), [(1, true, true), (2, false, false), (3, true, true)]);
    }
}
