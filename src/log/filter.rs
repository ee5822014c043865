//! Decides which log entries are shown, by the text that the user typed and by category.
//!
//! The filtered log is updated within a time budget for each frame. New entries are checked first. After a change of
//! the filter, the older ones are checked from the newest back, so that the end of the log, which the user usually
//! looks at, is filtered at once.

use std::cell::LazyCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::log::event_log::{Category, CategorySet, EventLog};
use crate::log::format;
use crate::log::line::line;
use crate::server::event::{Event, EventKind};
use crate::settings::DataFormat;

/// The entries that the user wants to see.
///
/// The text is split at white space, and an entry is shown if it matches all of the words:
/// - `#2` matches the entries about client 2. If there are several such words, one match is enough. A bare `#` matches
///   every client.
/// - `error` and `problem`, also with an `s`, match every problem.
/// - Any other word matches if the entry's line contains it, regardless of case (but İ and the Kelvin sign don't match
///   i and k). Received data matches if the word is in the data as Python writes it, or in the data as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    categories: CategorySet,
    clients: Vec<u64>,
    any_client: bool,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    lowercase: String,
    matches_problems: bool,
    /// Whether data as text can contain the word although the same data as Python writes it doesn't.
    may_be_escaped: bool,
}

impl Filter {
    /// Parses the text that the user typed.
    #[must_use]
    pub fn new(text: &str, categories: CategorySet) -> Self {
        let mut filter = Self { categories, ..Self::default() };
        for word in text.split_whitespace() {
            match word.strip_prefix('#') {
                Some("") => filter.any_client = true,
                Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    // No client ever gets the number `u64::MAX`.
                    filter.clients.push(number.parse().unwrap_or(u64::MAX));
                }
                _ => {
                    let lowercase = lowercase(word);
                    filter.words.push(Word {
                        matches_problems: ["error", "errors", "problem", "problems"].contains(&&*lowercase),
                        may_be_escaped: !lowercase.is_ascii() || lowercase.contains(['\'', '\\']),
                        lowercase,
                    });
                }
            }
        }
        filter
    }

    /// Returns whether an entry is shown.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        let category = Category::of(event);
        let client = event.client.map(|client| client.id.0);
        let is_wanted = self.categories.contains(category)
            && (!self.any_client || client.is_some())
            && (self.clients.is_empty() || client.is_some_and(|id| self.clients.contains(&id)));
        if !is_wanted || self.words.is_empty() {
            return is_wanted;
        }
        let line = line(event, DataFormat::Python);
        let (line, text): (String, &[u8]) = if let EventKind::Received { data, .. } = &event.kind {
            (line.to_ascii_lowercase(), data)
        } else {
            (lowercase(&line), &[])
        };
        let text = LazyCell::new(|| lowercase(&format::text(text)));
        self.words.iter().all(|word| {
            word.matches_problems && category == Category::Problems
                || line.contains(&word.lowercase)
                || word.may_be_escaped && text.contains(&word.lowercase)
        })
    }
}

/// Returns the text in lowercase, converted one character at a time so that a word has the same form in any context. İ
/// and the Kelvin sign stay as they are: they would become ASCII letters, which the Python form of data doesn't
/// contain.
fn lowercase(text: &str) -> String {
    let keep = |c: char| matches!(c, '\u{130}' | '\u{212a}').then_some(c);
    let lower = |c: char| keep(c).into_iter().chain(c.to_lowercase().filter(move |_| keep(c).is_none()));
    text.chars().flat_map(lower).collect()
}

/// The numbers of the entries that match a filter, in ascending order.
#[derive(Debug, Default)]
pub struct FilteredLog {
    filter: Filter,
    /// The entries before the log's recent ones.
    kept: VecDeque<u64>,
    /// The recent entries.
    recent: VecDeque<u64>,
    /// The range of entries that were checked, without `upper` itself.
    lower: u64,
    upper: u64,
}

impl FilteredLog {
    /// Checks the entries that are new since the last update, or all of them after a change of the filter. Stops after
    /// about `budget`, but checks at least one entry. Returns whether every entry has been checked; otherwise older
    /// entries are still missing at the front.
    pub fn update(&mut self, log: &EventLog, filter: &Filter, budget: Duration) -> bool {
        let start = Instant::now();
        let next = log.next_number();
        if self.filter != *filter || self.upper > next {
            self.filter = filter.clone();
            self.kept.clear();
            self.recent.clear();
            (self.lower, self.upper) = (next, next);
        }
        self.forget_evicted(log);
        loop {
            let new = log.number_from(self.upper);
            let Some(number) = new.or_else(|| log.number_before(self.lower)) else {
                (self.lower, self.upper) = (log.first_number(), next);
                return true;
            };
            let matches = log.by_number(number).is_some_and(|entry| self.filter.matches(&entry.event));
            let numbers = if number < log.first_recent() { &mut self.kept } else { &mut self.recent };
            if new.is_some() {
                self.upper = number + 1;
                numbers.extend(matches.then_some(number));
            } else {
                self.lower = number;
                if matches {
                    numbers.push_front(number);
                }
            }
            if start.elapsed() >= budget
                && (log.number_from(self.upper).is_some() || log.number_before(self.lower).is_some())
            {
                return false;
            }
        }
    }

    /// Removes the entries that the log has evicted since the last update.
    fn forget_evicted(&mut self, log: &EventLog) {
        while let Some(number) = self.recent.pop_front_if(|number| *number < log.first_recent()) {
            self.kept.extend(log.by_number(number).map(|entry| entry.number));
        }
        while self.kept.pop_front_if(|number| *number < log.first_number()).is_some() {}
    }

    /// Returns whether every entry from number `seq` on has been checked or evicted.
    #[must_use]
    pub fn has_checked(&self, log: &EventLog, seq: u64) -> bool {
        self.lower <= seq.max(log.first_number())
    }

    /// Returns the number of entries shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len() + self.recent.len()
    }

    /// Returns whether no entry is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of the entry in this row.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<u64> {
        let number = self.kept.get(row).or_else(|| self.recent.get(row - self.kept.len()));
        number.copied()
    }

    /// Returns the row of the first entry shown whose number is `seq` or higher, or [`FilteredLog::len`] if there is
    /// none.
    #[must_use]
    pub fn index_from(&self, seq: u64) -> usize {
        let index = |numbers: &VecDeque<u64>| numbers.partition_point(|&shown| shown < seq);
        index(&self.kept) + index(&self.recent)
    }

    /// Returns the numbers of all entries shown, in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.kept.iter().chain(&self.recent).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::event_log::{DEFAULT_LIMITS, Severity};
    use crate::log::events_for_tests::{closed, event, handshake, problem, received};
    use crate::ring_buffer::Limits;
    use crate::server::event::{CloseReason, Problem};
    use crate::tls::handshake::HandshakeKind;

    fn shows(text: &str, event: &Event) -> bool {
        Filter::new(text, CategorySet::ALL).matches(event)
    }

    #[test]
    fn words_match_the_line_as_shown() {
        let hello = received(1, b"Hello\nWorld");
        for text in ["", "hello", "HELLO world", "  Received: ", r"b'hello\nworld'", "\\n", "#1 ello", "# #1"]
        {
            assert!(shows(text, &hello), "{text:?}");
        }
        for text in ["hello there", "#2", "#12", "error", "hello\u{e9}", "#99999999999999999999"] {
            assert!(!shows(text, &hello), "{text:?}");
        }
        assert!(shows("#1 #2", &hello), "one of several clients is enough");
        assert!(shows("b''", &received(1, b"")));
    }

    #[test]
    fn words_match_data_as_text_and_as_python_writes_it() {
        let cafe = received(1, "un CAF\u{c9} \u{e0} l'\u{e9}t\u{e9} \"C:\\dir\"".as_bytes());
        for text in ["caf\u{e9}", r"\xc3\x89", "l'\u{c9}t\u{e9}", r"C:\dir", r"c:\\dir", "l'", r"l\'"] {
            assert!(shows(text, &cafe), "{text:?}");
        }
        assert!(!shows("cafe", &cafe));
    }

    #[test]
    fn only_ascii_becomes_ascii_in_lowercase() {
        let becomes_ascii =
            |c: &char| !c.is_ascii() && lowercase(&c.to_string()).contains(|c: char| c.is_ascii());
        assert_eq!(('\0'..=char::MAX).find(becomes_ascii), None);
    }

    #[test]
    fn word_error_matches_problems() {
        assert!(shows("error", &problem(Problem::TlsOnPlain)));
        assert!(shows("#2 problems tls", &problem(Problem::TlsOnPlain)));
        assert!(!shows("error", &handshake(HandshakeKind::Full)));
        assert!(shows("error", &received(1, b"an error, sent")));
        assert!(shows("aes localhost", &handshake(HandshakeKind::Full)));
        assert!(shows("client", &closed(CloseReason::EndOfStream)));
        assert!(!shows("error", &closed(CloseReason::EndOfStream)));
        let lost = closed(CloseReason::Reset);
        assert!(shows("error", &lost));
        assert_eq!((Category::of(&lost), Severity::of(&lost)), (Category::Problems, Severity::Warning));
    }

    #[test]
    fn chips_hide_categories_but_never_the_server() {
        let mut none = CategorySet::ALL;
        for chip in Category::CHIPS {
            none.toggle(chip);
        }
        let filter = Filter::new("", none);
        assert!(filter.matches(&event(None, EventKind::Stopped)));
        assert!(filter.matches(&event(None, EventKind::NotShown { count: 3 })));
        assert!(!filter.matches(&received(1, b"x")));
        assert!(!filter.matches(&closed(CloseReason::Idle)));
    }

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
                // Some entries are kept longer than data.
                log.append(match number % 9 {
                    0 => closed(CloseReason::Idle),
                    _ => received(number % 3 + 1, format!("line {number}").as_bytes()),
                });
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
