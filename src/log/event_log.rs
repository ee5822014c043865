//! The event log: the newest numbered events within limits. Each has a category, which the user can hide, and a severity.

use std::collections::VecDeque;

use crate::ring_buffer::{Limits, RingBuffer};
use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem};

/// The default limits of a log: 100,000 entries or 64 MiB.
#[cfg(test)]
pub(crate) const DEFAULT_LIMITS: Limits = Limits { entries: 100_000, bytes: 64 << 20 };

/// The part of the limits up to which other entries than data are kept longer than data: a quarter.
const KEPT_SHARE: usize = 4;

/// The newest events, within the limits that the user set. Entries are numbered in the order of their arrival, and a
/// number is never reused, not even after [`EventLog::clear`]. The newest entry always stays.
///
/// A flood of data would evict everything else, so entries about connections, TLS, problems and the server are kept
/// longer: when the limits are exceeded, the oldest entry about data is evicted first, until the other entries before it
/// take a quarter of a limit. Before [`EventLog::first_recent`] the numbers therefore have gaps.
///
/// A clone shares the received data with its original, so another thread can save the log.
#[derive(Debug, Clone)]
pub struct EventLog {
    /// The entries before the recent ones that were kept, each with its size in bytes.
    kept: VecDeque<(LogEntry, usize)>,
    kept_bytes: usize,
    /// All entries from a number on. The limits are enforced by [`EventLog::evict`].
    recent: RingBuffer<LogEntry>,
    limits: Limits,
    evicted: EvictedEntries,
}

/// How many entries were evicted since the log was last cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvictedEntries {
    /// Entries about data, and about skipped events.
    pub data: u64,
    /// All other entries.
    pub others: u64,
    /// The events that had been skipped according to the evicted entries.
    pub skipped: u64,
}

impl EvictedEntries {
    /// Returns the number of all evicted entries.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.data + self.others
    }
}

/// An event and its number in the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Numbers the log's entries from 0, without gaps, even after the log was cleared.
    pub number: u64,
    /// The event.
    pub event: Event,
}

impl EventLog {
    /// Creates an empty log whose first entry gets the number `first`.
    #[must_use]
    pub fn new(limits: Limits, first: u64) -> Self {
        let unlimited = Limits { entries: usize::MAX, bytes: usize::MAX };
        Self {
            kept: VecDeque::new(),
            kept_bytes: 0,
            recent: RingBuffer::new(unlimited, first),
            limits,
            evicted: EvictedEntries::default(),
        }
    }

    /// Appends an event, and evicts entries if a limit is exceeded. Returns the number of the new entry.
    pub fn append(&mut self, event: Event) -> u64 {
        let size = size_of::<u64>() + event.size();
        let number = self.recent.push(LogEntry { number: self.next_number(), event }, size);
        self.evict();
        number
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len() + self.recent.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// Iterates over the entries, the oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.kept.iter().map(|(entry, _)| entry).chain(self.recent.iter())
    }

    /// Returns the entry with this number, unless it was evicted or doesn't exist yet.
    #[must_use]
    pub fn by_number(&self, number: u64) -> Option<&LogEntry> {
        if number >= self.first_recent() {
            return self.recent.by_number(number);
        }
        self.kept.get(self.kept_from(number)).map(|(entry, _)| entry).filter(|entry| entry.number == number)
    }

    /// Returns the number of the first entry whose number is `number` or higher.
    #[must_use]
    pub fn number_from(&self, number: u64) -> Option<u64> {
        let kept = self.kept.get(self.kept_from(number)).map(|(entry, _)| entry.number);
        kept.or_else(|| Some(number.max(self.first_recent())).filter(|number| *number < self.next_number()))
    }

    /// Returns the number of the last entry whose number is lower than `number`.
    #[must_use]
    pub fn number_before(&self, number: u64) -> Option<u64> {
        let last = number.min(self.next_number()).checked_sub(1)?;
        if last >= self.first_recent() {
            return Some(last);
        }
        let before = self.kept_from(number).checked_sub(1)?;
        self.kept.get(before).map(|(entry, _)| entry.number)
    }

    /// Returns the number of the oldest entry, or [`EventLog::next_number`] if there is none.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.kept.front().map_or_else(|| self.first_recent(), |(entry, _)| entry.number)
    }

    /// Returns the number from which on no entry was evicted.
    #[must_use]
    pub fn first_recent(&self) -> u64 {
        self.recent.first_number()
    }

    /// Returns the number that the next entry will get.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.recent.next_number()
    }

    /// Returns how many entries were evicted since the last [`EventLog::clear`].
    #[must_use]
    pub fn evicted(&self) -> EvictedEntries {
        self.evicted
    }

    /// Returns the memory that the entries take, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.kept_bytes + self.recent.bytes()
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets new limits, and evicts the entries that exceed them.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.evict();
    }

    /// Removes all entries. Their numbers are not reused.
    pub fn clear(&mut self) {
        *self = Self::new(self.limits, self.next_number());
    }

    /// Returns the index of the first kept entry whose number is `number` or higher.
    fn kept_from(&self, number: u64) -> usize {
        self.kept.partition_point(|(entry, _)| entry.number < number)
    }

    /// Evicts entries until the limits hold or one entry is left. Each step removes an entry, or moves one from the
    /// recent entries to the kept ones.
    fn evict(&mut self) {
        let Limits { entries, bytes } = self.limits;
        while self.len() > 1 && (self.len() > entries || self.bytes() > bytes) {
            let is_share_used =
                self.kept.len() > entries / KEPT_SHARE || self.kept_bytes > bytes / KEPT_SHARE;
            if is_share_used || self.recent.len() == 1 {
                if let Some((entry, size)) = self.kept.pop_front() {
                    self.kept_bytes -= size;
                    self.evicted.count(&entry.event);
                }
            } else if let Some((entry, size)) = self.recent.evict_oldest() {
                if is_data(&entry.event) {
                    self.evicted.count(&entry.event);
                } else {
                    self.kept_bytes += size;
                    self.kept.push_back((entry, size));
                }
            }
        }
    }
}

impl EvictedEntries {
    fn count(&mut self, event: &Event) {
        if let EventKind::NotShown { count } = event.kind {
            self.skipped += count;
        }
        if is_data(event) {
            self.data += 1;
        } else {
            self.others += 1;
        }
    }
}

/// Returns whether an entry is evicted first. Skipped events are as many as data in a flood.
fn is_data(event: &Event) -> bool {
    matches!(event.kind, EventKind::Received { .. } | EventKind::NotShown { .. })
}

/// The subject of a log entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// The server as a whole: started, listening, stopped. It can't be hidden.
    Server,
    /// A client connected or disconnected.
    Connections,
    /// Bytes were received and echoed.
    Data,
    /// A TLS handshake was completed.
    Tls,
    /// Something went wrong.
    Problems,
}

/// How severe an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Less important than the other entries.
    Minor,
    /// As expected.
    Normal,
    /// Unusual, although the server works as intended.
    Warning,
    /// Something failed.
    Error,
}

/// Returns the category and the severity of an event.
fn classify(event: &Event) -> (Category, Severity) {
    match &event.kind {
        EventKind::Closed(Closed { reason: CloseReason::Reset | CloseReason::Lost, .. })
        | EventKind::NotListening(_)
        | EventKind::Problem(Problem::MaxClients { .. } | Problem::AttemptsDropped { .. }) => {
            (Category::Problems, Severity::Warning)
        }
        EventKind::Problem(Problem::Recovered) => (Category::Problems, Severity::Normal),
        EventKind::StartFailed(_) | EventKind::Problem(_) | EventKind::Note { problem: true, .. } => {
            (Category::Problems, Severity::Error)
        }
        EventKind::Opened | EventKind::Closed(_) => (Category::Connections, Severity::Normal),
        EventKind::Received { data, echoed, .. } if *echoed < data.len() => {
            (Category::Data, Severity::Warning)
        }
        EventKind::Received { .. } => (Category::Data, Severity::Normal),
        EventKind::Handshake(_) => (Category::Tls, Severity::Normal),
        // This category can't be hidden: the user must not miss that events were skipped.
        EventKind::NotShown { .. } => (Category::Server, Severity::Warning),
        _ => (Category::Server, Severity::Normal),
    }
}

impl Severity {
    /// Returns the severity of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        classify(event).1
    }
}

impl Category {
    /// The categories that can be hidden, in the order of their chips.
    pub const CHIPS: [Self; 4] = [Self::Connections, Self::Data, Self::Tls, Self::Problems];

    /// Returns the category of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        classify(event).0
    }

    /// Returns the label of the category's chip.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Connections => "Connections",
            Self::Data => "Data",
            Self::Tls => "TLS",
            Self::Problems => "Problems",
        }
    }
}

/// The categories that are shown. Each bit stands for a hidden category. [`Category::Server`] can't be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CategorySet(u8);

impl CategorySet {
    /// Every category.
    pub const ALL: Self = Self(0);

    /// Returns whether entries of this category are shown.
    #[must_use]
    pub fn contains(self, category: Category) -> bool {
        self.0 >> category as u8 & 1 == 0
    }

    /// Shows a hidden category and hides a shown one.
    pub fn toggle(&mut self, category: Category) {
        if category != Category::Server {
            self.0 ^= 1 << category as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::events_for_tests::{closed, event, received};

    /// Returns the numbers of the entries, after checking that every way to find an entry agrees with them.
    fn numbers(log: &EventLog) -> Vec<u64> {
        let numbers: Vec<u64> = log.iter().map(|entry| entry.number).collect();
        assert!(numbers.is_sorted() && numbers.len() == log.len());
        for number in 0..log.next_number() + 2 {
            let found = log.by_number(number).map(|entry| entry.number);
            assert_eq!(found, Some(number).filter(|number| numbers.contains(number)));
            let from = numbers.iter().copied().find(|other| *other >= number);
            assert_eq!(log.number_from(number), from, "from {number} in {numbers:?}");
            let before = numbers.iter().copied().rfind(|other| *other < number);
            assert_eq!(log.number_before(number), before, "before {number} in {numbers:?}");
        }
        assert_eq!(log.first_number(), numbers.first().copied().unwrap_or(log.next_number()));
        assert_eq!(log.evicted().total() + log.len() as u64, log.next_number());
        numbers
    }

    #[test]
    fn data_is_evicted_before_other_entries() {
        let mut log = EventLog::new(Limits { entries: 8, bytes: usize::MAX }, 0);
        assert_eq!(numbers(&log), [0; 0]);
        // Entries 0 and 3 are about the connection.
        for number in 0..4 {
            log.append(if number % 3 == 0 { closed(CloseReason::Idle) } else { received(1, b"x") });
        }
        assert_eq!(numbers(&log), [0, 1, 2, 3]);
        for _ in 4..100 {
            log.append(received(1, b"x"));
            numbers(&log);
        }
        assert_eq!(numbers(&log), [0, 3, 94, 95, 96, 97, 98, 99]);
        assert_eq!(log.first_recent(), 94);
        // The others may take no more than a quarter, and then the oldest of them is evicted.
        log.append(closed(CloseReason::Idle));
        for _ in 0..20 {
            log.append(received(1, b"x"));
            numbers(&log);
        }
        assert_eq!(numbers(&log)[..3], [3, 100, 115]);
        assert_eq!(log.evicted(), EvictedEntries { data: 112, others: 1, skipped: 0 });
    }

    #[test]
    fn without_data_the_newest_entries_stay() {
        let mut log = EventLog::new(Limits { entries: 8, bytes: usize::MAX }, 0);
        for _ in 0..50 {
            log.append(closed(CloseReason::Idle));
            numbers(&log);
        }
        assert_eq!(numbers(&log), (42..50).collect::<Vec<_>>());
        log.set_limits(Limits { entries: 1, bytes: 0 });
        assert_eq!(numbers(&log), [49], "the newest one stays");
    }

    #[test]
    fn skipped_events_stay_counted() {
        let mut log = EventLog::new(Limits { entries: 2, bytes: usize::MAX }, 0);
        for count in [10, 200] {
            log.append(event(None, EventKind::NotShown { count }));
        }
        log.append(received(1, b"x"));
        log.append(received(1, b"x"));
        assert_eq!(log.evicted(), EvictedEntries { data: 2, others: 0, skipped: 210 });
        log.clear();
        assert_eq!((log.evicted(), log.next_number()), (EvictedEntries::default(), 4));
    }

    #[test]
    fn server_category_cannot_be_hidden() {
        let mut shown = CategorySet::ALL;
        shown.toggle(Category::Server);
        shown.toggle(Category::Data);
        assert!(shown.contains(Category::Server) && !shown.contains(Category::Data));
        assert!(shown.contains(Category::Tls));
        shown.toggle(Category::Data);
        assert_eq!(shown, CategorySet::ALL);
        for category in Category::CHIPS {
            shown.toggle(category);
        }
        assert!(shown.contains(Category::Server) && !shown.contains(Category::Problems));
    }
}
