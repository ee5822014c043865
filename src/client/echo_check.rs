//! Checks byte by byte that the received data is the sent data, however the stream is cut into reads.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most bytes that are remembered for the comparison. A server that has taken more without sending any back isn't
/// an echo server, or is too slow to be checked.
pub const MAX_OUTSTANDING: usize = 32 << 20;
/// The most sends whose round-trip times are measured at once.
const MAX_MARKS: usize = 65_536;

/// The first received byte that differs from the one that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The byte's offset from 0: in the stream for an [`EchoReport`], in the send for an [`EchoVerdict`].
    pub offset: u64,
    /// The byte that was sent.
    pub expected: u8,
    /// The byte that was received instead.
    pub got: u8,
}

/// Whether one send came back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoVerdict {
    /// Every byte came back unchanged.
    Exact,
    /// As many bytes came back, but not the same ones.
    Differs(Difference),
    /// As many bytes came back, but they were not compared ([`EchoReport::given_up`]).
    NotCompared,
}

/// The result of the check over the whole connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EchoReport {
    /// Bytes that came back and were compared.
    pub compared: u64,
    /// The first difference in them.
    pub difference: Option<Difference>,
    /// Bytes that were sent and have not come back.
    pub outstanding: u64,
    /// Bytes that were received when none were outstanding. They are not compared.
    pub unsolicited: u64,
    /// Whether the comparison was given up, since more than [`MAX_OUTSTANDING`] bytes were outstanding. Counting
    /// continues.
    pub given_up: bool,
}

impl EchoReport {
    /// Returns whether everything came back unchanged and nothing else was received; false if nothing was sent.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let is_clean = self.difference.is_none() && self.unsolicited == 0 && !self.given_up;
        is_clean && self.compared > 0 && self.outstanding == 0
    }
}

/// The position of one send in the stream.
#[derive(Debug)]
struct SendMark {
    number: u64,
    start: u64,
    /// `None` while more of it will be sent.
    end: Option<u64>,
    begun: Instant,
    difference: Option<Difference>,
}

/// The echo of one send, after all of it has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EchoResult {
    /// The number of the send.
    pub number: u64,
    /// Whether the send came back unchanged.
    pub verdict: EchoVerdict,
    /// The time from the start of the send until its last byte came back.
    pub round_trip: Duration,
}

/// Compares the received stream with the sent one. Remembers only the outstanding bytes.
#[derive(Debug, Default)]
pub struct EchoCheck {
    outstanding: VecDeque<u8>,
    marks: VecDeque<SendMark>,
    sent: u64,
    returned: u64,
    report: EchoReport,
}

impl EchoCheck {
    /// Starts a send. Call this before its first byte is sent. Returns whether the send will have an [`EchoResult`]:
    /// not if too many are outstanding. Its bytes are compared either way.
    #[must_use]
    pub fn begin(&mut self, number: u64, now: Instant) -> bool {
        let is_measured = self.marks.len() < MAX_MARKS;
        if is_measured {
            let start = self.sent;
            self.marks.push_back(SendMark { number, start, end: None, begun: now, difference: None });
        }
        is_measured
    }

    /// Records that these bytes were sent.
    pub fn sent(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        if self.outstanding.len() + data.len() > MAX_OUTSTANDING {
            self.report.given_up = true;
            self.outstanding = VecDeque::new();
        }
        if !self.report.given_up {
            self.outstanding.extend(data);
        }
        self.report.outstanding = self.sent - self.returned;
    }

    /// Records the end of a send, which must be the last one that was started. Returns its result if it has already
    /// come back: an empty send, or one whose echo was faster than this call.
    pub fn end(&mut self, number: u64, now: Instant) -> Option<EchoResult> {
        if let Some(mark) = self.marks.back_mut().filter(|mark| mark.number == number) {
            mark.end = Some(self.sent);
        }
        self.next_result(now)
    }

    /// Compares received bytes. Returns the results of the sends that have now come back completely.
    pub fn received(&mut self, data: &[u8], now: Instant) -> Vec<EchoResult> {
        let expected = usize::try_from(self.sent - self.returned).unwrap_or(usize::MAX);
        let (expected, unsolicited) = data.split_at(expected.min(data.len()));
        self.report.unsolicited += unsolicited.len() as u64;
        if !self.report.given_up {
            self.compare(expected);
        }
        self.returned += expected.len() as u64;
        self.report.outstanding = self.sent - self.returned;
        std::iter::from_fn(|| self.next_result(now)).collect()
    }

    /// Returns the result over the whole connection so far.
    #[must_use]
    pub fn report(&self) -> EchoReport {
        self.report
    }

    fn compare(&mut self, data: &[u8]) {
        let (first, second) = self.outstanding.as_slices();
        let cut = first.len().min(data.len());
        if first[..cut] != data[..cut] || second[..data.len() - cut] != data[cut..] {
            self.note_differences(data);
        }
        self.outstanding.drain(..data.len());
        self.report.compared += data.len() as u64;
    }

    /// Records the first difference in the stream, and the first in each send.
    fn note_differences(&mut self, data: &[u8]) {
        let pairs = self.outstanding.iter().zip(data).zip(self.returned..);
        let mut marks = self.marks.iter_mut().peekable();
        for ((expected, got), offset) in pairs.filter(|((expected, got), _)| expected != got) {
            let difference = Difference { offset, expected: *expected, got: *got };
            self.report.difference.get_or_insert(difference);
            while marks.next_if(|mark| mark.end.is_some_and(|end| end <= offset)).is_some() {}
            let Some(mark) = marks.peek_mut() else { return };
            // Sends beyond the limit of marks have none.
            let Some(in_send) = offset.checked_sub(mark.start) else { continue };
            let in_send = Difference { offset: in_send, ..difference };
            mark.difference.get_or_insert(in_send);
        }
    }

    /// Returns the result of the next send that has come back completely, if it wasn't returned yet.
    pub fn next_result(&mut self, now: Instant) -> Option<EchoResult> {
        let returned = self.returned;
        let mark = self.marks.pop_front_if(|mark| mark.end.is_some_and(|end| end <= returned))?;
        let round_trip = now.saturating_duration_since(mark.begun);
        let unchanged = if self.report.given_up { EchoVerdict::NotCompared } else { EchoVerdict::Exact };
        let verdict = mark.difference.map_or(unchanged, EchoVerdict::Differs);
        Some(EchoResult { number: mark.number, verdict, round_trip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(check: &mut EchoCheck, data: &[u8]) -> Vec<(u64, EchoVerdict)> {
        let results = check.received(data, Instant::now());
        results.iter().map(|result| (result.number, result.verdict)).collect()
    }

    fn send(check: &mut EchoCheck, number: u64, data: &[u8]) {
        assert!(check.begin(number, Instant::now()));
        check.sent(data);
        assert_eq!(check.end(number, Instant::now()), None);
    }

    #[test]
    fn verdicts_are_independent_of_how_the_stream_is_cut() {
        let sends: [&[u8]; 4] = [b"Hello", b", ", b"world", b"!"];
        let whole = sends.concat();
        for wrong in 0..=whole.len() {
            let mut returned = whole.clone();
            if let Some(byte) = returned.get_mut(wrong) {
                *byte ^= 0x20;
            }
            for size in 1..=whole.len() {
                let mut check = EchoCheck::default();
                for (number, data) in (1..).zip(sends) {
                    send(&mut check, number, data);
                }
                let mut results = Vec::new();
                for part in returned.chunks(size) {
                    results.extend(receive(&mut check, part));
                }
                let mut start = 0;
                for (number, data) in (1..).zip(sends) {
                    let verdict = results.iter().find(|(other, _)| *other == number).unwrap().1;
                    if (start..start + data.len()).contains(&wrong) {
                        let offset = wrong - start;
                        let expected = data[offset];
                        let difference = Difference { offset: offset as u64, expected, got: expected ^ 0x20 };
                        assert_eq!(verdict, EchoVerdict::Differs(difference), "{wrong} in parts of {size}");
                        let in_stream = Difference { offset: wrong as u64, ..difference };
                        assert_eq!(check.report().difference, Some(in_stream));
                    } else {
                        assert_eq!(verdict, EchoVerdict::Exact, "{wrong} in parts of {size}");
                    }
                    start += data.len();
                }
                assert_eq!(check.report().is_exact(), wrong == whole.len());
                assert_eq!(
                    (check.report().outstanding, check.outstanding.len(), check.marks.len()),
                    (0, 0, 0)
                );
            }
        }
    }

    #[test]
    fn send_has_no_result_before_all_of_it_was_sent() {
        let mut check = EchoCheck::default();
        assert!(check.begin(1, Instant::now()));
        check.sent(b"begin");
        assert_eq!(receive(&mut check, b"begin"), []);
        check.sent(b", end");
        assert_eq!(receive(&mut check, b", end"), []);
        let results = check.end(1, Instant::now()).unwrap();
        assert_eq!((results.number, results.verdict), (1, EchoVerdict::Exact));
    }

    #[test]
    fn unsolicited_bytes_are_counted_and_not_compared() {
        let mut check = EchoCheck::default();
        assert_eq!(receive(&mut check, b"Welcome"), []);
        send(&mut check, 1, b"ab");
        assert_eq!(receive(&mut check, b"abc"), [(1, EchoVerdict::Exact)]);
        assert_eq!((check.report().unsolicited, check.report().compared), (8, 2));
        assert!(!check.report().is_exact());
    }

    #[test]
    fn outstanding_bytes_are_bounded() {
        let mut check = EchoCheck::default();
        let block = vec![1; 1 << 20];
        assert!(check.begin(1, Instant::now()));
        for _ in 0..=MAX_OUTSTANDING >> 20 {
            check.sent(&block);
            assert!(check.outstanding.len() <= MAX_OUTSTANDING);
        }
        check.end(1, Instant::now());
        assert!(check.report().given_up);
        assert_eq!(check.report().outstanding, (MAX_OUTSTANDING + (1 << 20)) as u64);
        // The check still counts, but gives no verdict on bytes that it did not compare.
        for _ in 0..MAX_OUTSTANDING >> 20 {
            assert_eq!(receive(&mut check, &block), []);
        }
        assert_eq!(receive(&mut check, &block), [(1, EchoVerdict::NotCompared)]);
        send(&mut check, 2, b"ab");
        assert_eq!(receive(&mut check, b"ab"), [(2, EchoVerdict::NotCompared)]);
        assert_eq!((check.report().outstanding, check.report().compared), (0, 0));
        assert!(!check.report().is_exact());
    }

    #[test]
    fn send_beyond_the_limit_is_compared_but_not_measured() {
        let mut check = EchoCheck::default();
        let max = MAX_MARKS as u64;
        (1..=max).for_each(|number| send(&mut check, number, b"x"));
        assert!(!check.begin(max + 1, Instant::now()));
        check.sent(b"x");
        assert_eq!(check.end(max + 1, Instant::now()), None);
        assert_eq!(receive(&mut check, &vec![b'x'; MAX_MARKS + 1]).len(), MAX_MARKS);
        assert!(check.report().is_exact());
        assert_eq!(check.report().compared, max + 1);
        assert!(check.begin(max + 2, Instant::now()));
    }

    /// A mark that became free belongs to a later send than those without a mark.
    #[test]
    fn difference_in_a_send_without_a_mark_changes_no_other_verdict() {
        let mut check = EchoCheck::default();
        let max = MAX_MARKS as u64;
        (1..=max).for_each(|number| send(&mut check, number, b"x"));
        assert!(!check.begin(max + 1, Instant::now()));
        check.sent(b"x");
        check.end(max + 1, Instant::now());
        receive(&mut check, &vec![b'x'; MAX_MARKS]);
        send(&mut check, max + 2, b"x");
        assert_eq!(receive(&mut check, b"Xx"), [(max + 2, EchoVerdict::Exact)]);
        assert_eq!(check.report().difference.map(|difference| difference.offset), Some(max));
    }
}
