//! The entries of a log that match a filter, updated within a time budget for each frame.
//!
//! New entries are checked first. After a change of the filter, the older ones follow from the newest back, so that the end
//! of the log, where the reader mostly is, shows the new filter at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::log::EventLog;
use crate::log::filter::Filter;

/// The numbers of the entries that match a filter, in order.
#[derive(Debug, Default)]
pub struct FilteredLog {
    filter: Filter,
    numbers: VecDeque<u64>,
    /// Entries from `lower` up to `upper` have been checked.
    lower: u64,
    upper: u64,
}

impl FilteredLog {
    /// Checks the entries that are new since the last update, or all of them after a change of the filter, and stops
    /// after about `budget`. Returns whether every entry has been checked; otherwise older entries are still missing at
    /// the front. Checks at least one entry even without a budget.
    pub fn update(&mut self, log: &EventLog, filter: &Filter, budget: Duration) -> bool {
        let start = Instant::now();
        let (first, next) = (log.first_number(), log.next_number());
        if self.filter != *filter || self.upper > next {
            self.filter = filter.clone();
            self.numbers.clear();
            (self.lower, self.upper) = (next, next);
        }
        self.numbers.drain(..self.index_from(first));
        self.lower = self.lower.max(first);
        self.upper = self.upper.max(first);
        while self.upper < next || self.lower > first {
            let is_new = self.upper < next;
            let number = if is_new { self.upper } else { self.lower - 1 };
            let matches = log.by_number(number).is_some_and(|entry| self.filter.matches(&entry.event));
            if is_new {
                self.upper += 1;
                self.numbers.extend(matches.then_some(number));
            } else {
                self.lower -= 1;
                if matches {
                    self.numbers.push_front(number);
                }
            }
            if start.elapsed() >= budget {
                break;
            }
        }
        self.upper == next && self.lower == first
    }

    /// Returns whether every entry from this number on has been checked, or was evicted.
    #[must_use]
    pub fn has_checked(&self, log: &EventLog, seq: u64) -> bool {
        self.lower <= seq.max(log.first_number())
    }

    /// Returns the number of entries shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns whether no entry is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Returns the number of the entry in a row.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<u64> {
        self.numbers.get(row).copied()
    }

    /// Returns the row of the first entry shown that has this number or a higher one, or [`FilteredLog::len`] if there is
    /// none.
    #[must_use]
    pub fn index_from(&self, seq: u64) -> usize {
        self.numbers.partition_point(|&shown| shown < seq)
    }

    /// Returns the numbers of all entries shown, in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.numbers.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::category::CategorySet;
    use crate::log::event_log::DEFAULT_LIMITS;
    use crate::log::events_for_tests::received;
    use crate::ring_buffer::Limits;

    #[test]
    fn newest_entries_are_checked_first() {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for index in 0..1000_u64 {
            log.append(received(index % 2 + 1, b"x"));
        }
        let filter = Filter::new("#2", CategorySet::ALL);
        let mut shown = FilteredLog::default();
        assert!(!shown.update(&log, &filter, Duration::ZERO));
        assert_eq!(shown.iter().collect::<Vec<_>>(), [999]);
        while !shown.update(&log, &filter, Duration::ZERO) {}
        assert_eq!((shown.len(), shown.number(0)), (500, Some(1)));
        assert_eq!((shown.index_from(998), shown.index_from(1000)), (499, 500));
        log.clear();
        assert!(shown.update(&log, &filter, Duration::ZERO) && shown.is_empty());
        assert!(shown.has_checked(&log, 999), "evicted entries need no check");
    }

    #[test]
    fn result_is_correct_while_entries_are_added_and_evicted() {
        let mut log = EventLog::new(Limits { entries: 150, bytes: usize::MAX }, 0);
        let mut shown = FilteredLog::default();
        let mut number = 0_u64;
        let mut push = |log: &mut EventLog, count: u64| {
            for _ in 0..count {
                log.append(received(number % 3 + 1, format!("line {number}").as_bytes()));
                number += 1;
            }
        };
        push(&mut log, 150);
        for text in ["1", "17", "17 #2", "#2", "", "no such line", "9"] {
            let filter = Filter::new(text, CategorySet::ALL);
            for round in 0.. {
                // At first more entries arrive than are checked, and the oldest are evicted.
                push(&mut log, if round < 12 { 7 } else { 0 });
                let done = shown.update(&log, &filter, Duration::ZERO);
                let checked = shown.lower..shown.upper;
                let expected = log
                    .iter()
                    .filter(|entry| checked.contains(&entry.number) && filter.matches(&entry.event));
                let expected: Vec<u64> = expected.map(|entry| entry.number).collect();
                assert_eq!(shown.iter().collect::<Vec<_>>(), expected, "{text:?}, round {round}");
                if done {
                    assert_eq!(checked, log.first_number()..log.next_number());
                    break;
                }
                assert!(round < 500, "{text:?}: the update doesn't finish");
            }
        }
    }
}
