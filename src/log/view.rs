//! The entries that pass the filter, kept up to date a little at a time.
//!
//! A view goes both ways: new entries are looked at first and appended, then, after the filter changed, older
//! ones are looked at from the newest back and put in front. So the end of the log, where the reader mostly is,
//! shows the new filter at once, while a million entries behind it cost a few milliseconds a frame.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::log::filter::Filter;
use crate::log::scan::Search;
use crate::log::{Entry, EventLog};
use crate::server::event::EventKind;

/// Work between two looks at the clock, in bytes; an entry counts as [`ENTRY_WORK`] and its data.
const STRIDE: usize = 16 * 1024;
const ENTRY_WORK: usize = 256;

/// The numbers of the entries that pass a filter, in order.
#[derive(Debug, Default)]
pub struct View {
    filter: Filter,
    seqs: VecDeque<u64>,
    /// Entries from `lower` up to `upper` have been looked at.
    lower: u64,
    upper: u64,
    /// The oldest entry that there was at the last update.
    first: u64,
    /// Where a new entry and an older one are being looked at.
    newer: Look,
    older: Look,
}

/// An entry that may be too large to be looked at whole in one frame.
#[derive(Debug, Default)]
struct Look {
    /// Which one it is, where it has been begun.
    seq: Option<u64>,
    search: Search,
}

impl Look {
    /// Looks a little further, beginning where another entry was looked at before; `None`: that was not all of it.
    fn further(&mut self, entry: &Entry, filter: &Filter) -> Option<bool> {
        let begun = self.seq == Some(entry.seq);
        let search = &mut self.search;
        let verdict =
            if begun { filter.go_on(&entry.event, search) } else { filter.begin(&entry.event, search) };
        self.seq = verdict.is_none().then_some(entry.seq);
        verdict
    }
}

impl View {
    /// A view of nothing, until it is updated.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings the view up to date with the log and the filter, for about as long as `budget`, and says whether
    /// it is done. While it isn't, older entries are still missing at the front; call it again in the next frame.
    /// It always gets a little further, even without any budget.
    pub fn update(&mut self, log: &EventLog, filter: &Filter, budget: Duration) -> bool {
        let start = Instant::now();
        self.update_until(log, filter, || start.elapsed() >= budget)
    }

    /// The same until `enough` says so, which is asked each time when so much work was done as takes far less time
    /// than a frame has.
    fn update_until(&mut self, log: &EventLog, filter: &Filter, enough: impl Fn() -> bool) -> bool {
        let (first, next) = (log.first_seq(), log.next_seq());
        if self.filter != *filter || self.upper > next {
            self.filter = filter.clone();
            self.seqs.clear();
            (self.lower, self.upper) = (next, next);
            (self.newer.seq, self.older.seq) = (None, None);
        }
        self.forget_before(first);
        let mut work = 0;
        while self.upper < next || self.lower > first {
            let is_new = self.upper < next;
            let seq = if is_new { self.upper } else { self.lower - 1 };
            let look = if is_new { &mut self.newer } else { &mut self.older };
            let verdict = log.by_seq(seq).map_or(Some(false), |entry| {
                work += cost(entry);
                look.further(entry, &self.filter)
            });
            match verdict {
                Some(true) if is_new => self.seqs.push_back(seq),
                Some(true) => self.seqs.push_front(seq),
                _ => {}
            }
            if verdict.is_some() {
                if is_new {
                    self.upper += 1;
                } else {
                    self.lower -= 1;
                }
            }
            if work >= STRIDE {
                work = 0;
                if enough() {
                    break;
                }
            }
        }
        self.upper == next && self.lower == first
    }

    fn forget_before(&mut self, first: u64) {
        if self.seqs.back().is_some_and(|&last| last < first) {
            self.seqs.clear();
        }
        while self.seqs.front().is_some_and(|&seq| seq < first) {
            self.seqs.pop_front();
        }
        self.first = first;
        self.lower = self.lower.max(first);
        self.upper = self.upper.max(first);
    }

    /// Whether the entry with this number has been looked at since the filter changed, or is gone.
    #[must_use]
    pub fn reaches(&self, seq: u64) -> bool {
        self.lower <= seq.max(self.first)
    }

    /// How many entries are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seqs.len()
    }

    /// Whether no entry is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    /// The number of the entry in this row.
    #[must_use]
    pub fn seq(&self, index: usize) -> Option<u64> {
        self.seqs.get(index).copied()
    }

    /// The row of the entry with this number; `None` where it isn't shown.
    #[must_use]
    pub fn index_of(&self, seq: u64) -> Option<usize> {
        self.seqs.binary_search(&seq).ok()
    }

    /// The row of the first entry shown that has this number or a higher one; [`View::len`] where there is none.
    #[must_use]
    pub fn index_from(&self, seq: u64) -> usize {
        self.seqs.partition_point(|&shown| shown < seq)
    }

    /// The numbers of all entries shown, in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.seqs.iter().copied()
    }
}

/// What one look at an entry costs at most.
fn cost(entry: &Entry) -> usize {
    match &entry.event.kind {
        EventKind::Received { data, .. } => ENTRY_WORK + data.len().min(Search::STEP),
        _ => ENTRY_WORK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::filter::KindSet;
    use crate::log::testing::received;
    use crate::log::{EventLog, Limits};

    #[test]
    fn the_newest_are_there_first() {
        let mut log = EventLog::new(Limits::default());
        for index in 0..1000_u64 {
            log.push(received(index % 2 + 1, b"x"));
        }
        let filter = Filter::new("#2", KindSet::ALL);
        let mut view = View::new();
        assert!(!view.update(&log, &filter, Duration::ZERO));
        assert_eq!(view.seq(view.len() - 1), Some(999));
        assert!(view.len() < 100);
        while !view.update(&log, &filter, Duration::ZERO) {}
        assert_eq!((view.len(), view.seq(0), view.index_of(999)), (500, Some(1), Some(499)));
        assert_eq!((view.index_of(998), view.index_from(998), view.index_from(1000)), (None, 499, 500));
        log.clear();
        assert!(view.update(&log, &filter, Duration::ZERO) && view.is_empty());
        assert!(view.reaches(999), "what is gone needs not be waited for");
    }

    /// How many entries were looked at by one more update that is told to end as soon as it asks.
    fn step(view: &mut View, log: &EventLog, filter: &Filter) -> u64 {
        let before = view.upper - view.lower;
        view.update_until(log, filter, || true);
        (view.upper - view.lower).abs_diff(before)
    }

    #[test]
    fn data_of_any_size_is_looked_through_little_by_little() {
        let mut log = EventLog::new(Limits { entries: 100, bytes: usize::MAX });
        let mut large = vec![b'x'; 1 << 20];
        large.extend_from_slice("the needle, aiguille fine\u{e9}".as_bytes());
        log.push(received(1, &large));
        log.push(received(1, b"short"));
        for (text, expected) in [("needle", 1), ("aiguille fine\u{e9}", 1), ("no needle", 0), ("x", 1)] {
            let filter = Filter::new(text, KindSet::ALL);
            let (mut view, mut updates) = (View::new(), 0_usize);
            while !view.update_until(&log, &filter, || true) {
                updates += 1;
                if updates % 50 == 0 {
                    // What comes in meanwhile is looked at first, and the other is gone on with.
                    log.push(received(1, b"news"));
                }
            }
            assert_eq!(view.len(), expected, "{text:?}");
            // A step goes through at most 4 KiB, and the clock is looked at after 16 KiB.
            let least = if text == "x" { 0 } else { (1 << 20) / (16 << 10) };
            assert!(updates >= least, "{text:?}: {updates} looks at the clock");
        }
    }

    #[test]
    fn the_clock_is_looked_at_after_little_work() {
        let small = {
            let mut log = EventLog::new(Limits { entries: 1_000_000, bytes: usize::MAX });
            for _ in 0..100_000 {
                log.push(received(1, b"Hello\n"));
            }
            log
        };
        let large = {
            let mut log = EventLog::new(Limits::default());
            for _ in 0..10 {
                log.push(received(1, &vec![b'x'; 64 * 1024]));
            }
            log
        };
        for (log, range) in [(&small, 1..=64), (&large, 0..=4)] {
            let mut view = View::new();
            // As it is typed: each letter starts anew.
            for text in ["", "n", "no", "not", "not there", "#1", ""] {
                let filter = Filter::new(text, KindSet::ALL);
                view.update_until(log, &filter, || true);
                for _ in 0..5 {
                    let looked_at = step(&mut view, log, &filter);
                    assert!(range.contains(&looked_at), "{text:?}: {looked_at} entries at once");
                }
            }
        }
    }

    #[test]
    fn the_result_is_right_while_entries_come_and_go() {
        let mut log = EventLog::new(Limits { entries: 1500, bytes: usize::MAX });
        let mut view = View::new();
        let mut number = 0_u64;
        let mut push = |log: &mut EventLog, count: u64| {
            for _ in 0..count {
                log.push(received(number % 3 + 1, format!("line {number}").as_bytes()));
                number += 1;
            }
        };
        push(&mut log, 1500);
        for text in ["1", "17", "17 #2", "#2", "", "none of them", "9"] {
            let filter = Filter::new(text, KindSet::ALL);
            let expected = |log: &EventLog, from: u64| -> Vec<u64> {
                let passing = log.iter().filter(|entry| filter.matches(&entry.event));
                passing.map(|entry| entry.seq).filter(|&seq| seq >= from).collect()
            };
            for round in 0.. {
                // For a while more comes than is looked at, and with it the oldest go.
                push(&mut log, if round < 12 { 70 } else { 1 });
                let done = view.update_until(&log, &filter, || true);
                let shown: Vec<u64> = view.iter().collect();
                let looked_at = |&seq: &u64| seq < view.upper;
                let wanted: Vec<u64> = expected(&log, view.lower).into_iter().filter(looked_at).collect();
                assert_eq!(shown, wanted, "{text:?}, round {round}");
                if done {
                    assert_eq!(shown, expected(&log, 0), "{text:?} to the end");
                    break;
                }
                assert!(round < 500, "{text:?}: it never comes to an end");
            }
        }
    }
}
