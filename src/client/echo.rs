//! Whether what comes back is what was sent: byte by byte, however the stream was cut on its way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most bytes that are remembered for comparing. A server that has taken more without sending any back is no echo
/// server, or one that sends later than we can remember.
pub const MOST_OUTSTANDING: usize = 32 << 20;
/// The most sends that are remembered for their round-trip times.
const MOST_MARKS: usize = 65_536;

/// The first byte that was not the one sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Where, counted from 0: in the stream for a report, in what was sent for a verdict.
    pub offset: u64,
    /// The byte that was sent.
    pub expected: u8,
    /// The byte that came instead.
    pub got: u8,
}

/// How one send came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte of it.
    Exact,
    /// As many bytes, but not the same.
    Differs(Difference),
    /// As many bytes, but comparing was given up before ([`EchoReport::given_up`]).
    NotCompared,
}

/// What is known of all that was sent so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EchoReport {
    /// Bytes that came back and were compared.
    pub compared: u64,
    /// The first of them that was not the one sent.
    pub difference: Option<Difference>,
    /// Bytes that were sent and have not come back.
    pub outstanding: u64,
    /// Bytes that came when none were outstanding; they are compared with nothing.
    pub unasked: u64,
    /// Comparing was given up: more than [`MOST_OUTSTANDING`] bytes were on their way. The counts go on.
    pub given_up: bool,
    /// The last round-trip time.
    pub last_round_trip: Option<Duration>,
    /// The shortest.
    pub shortest_round_trip: Option<Duration>,
    /// The longest.
    pub longest_round_trip: Option<Duration>,
}

impl EchoReport {
    /// Whether everything came back, exact, and nothing else did. `false` where nothing was sent.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.compared > 0
            && self.difference.is_none()
            && self.outstanding == 0
            && self.unasked == 0
            && !self.given_up
    }
}

/// One send on its way.
#[derive(Debug)]
struct Mark {
    number: u64,
    start: u64,
    /// Where it ends in the stream; `None`: more of it is coming.
    end: Option<u64>,
    begun: Instant,
    difference: Option<Difference>,
}

/// A send that has come back as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back {
    /// Its number.
    pub number: u64,
    /// Whether it was the same.
    pub verdict: Verdict,
    /// From before it was sent until its last byte had come.
    pub round_trip: Duration,
}

/// Compares the stream that comes with the stream that went. It remembers what is outstanding, and no more.
#[derive(Debug, Default)]
pub struct EchoCheck {
    outstanding: VecDeque<u8>,
    marks: VecDeque<Mark>,
    sent: u64,
    back: u64,
    report: EchoReport,
}

impl EchoCheck {
    /// A send begins at this moment, before its first byte goes. Whether it will be told when it is back: not where
    /// too many are on their way. Its bytes are compared all the same.
    #[must_use]
    pub fn begin(&mut self, number: u64, now: Instant) -> bool {
        let is_measured = self.marks.len() < MOST_MARKS;
        if is_measured {
            self.marks.push_back(Mark { number, start: self.sent, end: None, begun: now, difference: None });
        }
        is_measured
    }

    /// These bytes went.
    pub fn sent(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        if self.outstanding.len() + data.len() > MOST_OUTSTANDING {
            self.report.given_up = true;
            self.outstanding = VecDeque::new();
        }
        if !self.report.given_up {
            self.outstanding.extend(data);
        }
        self.report.outstanding = self.sent - self.back;
    }

    /// The last byte of the send that was begun last has gone. Its result is told here where it is back already, which
    /// only an empty send can be, or one whose echo was faster than this call.
    pub fn end(&mut self, number: u64, now: Instant) -> Option<Back> {
        let sent = self.sent;
        if let Some(mark) = self.marks.back_mut().filter(|mark| mark.number == number) {
            mark.end = Some(sent);
        }
        self.next_back(now)
    }

    /// These bytes came; `tell` hears of each send that is back with them.
    pub fn received(&mut self, data: &[u8], now: Instant, mut tell: impl FnMut(Back)) {
        let asked = usize::try_from(self.sent - self.back).map_or(data.len(), |left| left.min(data.len()));
        let (asked, unasked) = data.split_at(asked);
        self.report.unasked += unasked.len() as u64;
        if !self.report.given_up {
            self.compare(asked);
        }
        self.back += asked.len() as u64;
        self.report.outstanding = self.sent - self.back;
        while let Some(back) = self.next_back(now) {
            tell(back);
        }
    }

    /// What is known so far.
    #[must_use]
    pub fn report(&self) -> EchoReport {
        self.report
    }

    fn compare(&mut self, data: &[u8]) {
        let (first, second) = self.outstanding.as_slices();
        let cut = first.len().min(data.len());
        let same = first[..cut] == data[..cut] && second[..data.len() - cut] == data[cut..];
        if !same {
            self.note_differences(data);
        }
        self.outstanding.drain(..data.len());
        self.report.compared += data.len() as u64;
    }

    /// The first difference in the stream, and the first in each send.
    fn note_differences(&mut self, data: &[u8]) {
        let pairs = self.outstanding.iter().zip(data).zip(self.back..);
        let mut marks = self.marks.iter_mut().peekable();
        for ((expected, got), offset) in pairs.filter(|((expected, got), _)| expected != got) {
            let difference = Difference { offset, expected: *expected, got: *got };
            self.report.difference.get_or_insert(difference);
            while marks.next_if(|mark| mark.end.is_some_and(|end| end <= offset)).is_some() {}
            let Some(mark) = marks.peek_mut() else { return };
            let in_mark = Difference { offset: offset - mark.start, ..difference };
            mark.difference.get_or_insert(in_mark);
        }
    }

    /// The next send that is back and was not told of.
    pub fn next_back(&mut self, now: Instant) -> Option<Back> {
        if self.marks.front()?.end.is_none_or(|end| end > self.back) {
            return None;
        }
        let mark = self.marks.pop_front()?;
        let round_trip = now.saturating_duration_since(mark.begun);
        let report = &mut self.report;
        let or = |known: Option<Duration>, pick: fn(Duration, Duration) -> Duration| {
            Some(known.map_or(round_trip, |known| pick(known, round_trip)))
        };
        report.last_round_trip = Some(round_trip);
        report.shortest_round_trip = or(report.shortest_round_trip, Duration::min);
        report.longest_round_trip = or(report.longest_round_trip, Duration::max);
        let same = if report.given_up { Verdict::NotCompared } else { Verdict::Exact };
        let verdict = mark.difference.map_or(same, Verdict::Differs);
        Some(Back { number: mark.number, verdict, round_trip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `received` tells.
    fn back(check: &mut EchoCheck, data: &[u8]) -> Vec<(u64, Verdict)> {
        let mut all = Vec::new();
        check.received(data, Instant::now(), |back| all.push((back.number, back.verdict)));
        all
    }

    fn send(check: &mut EchoCheck, number: u64, data: &[u8]) {
        assert!(check.begin(number, Instant::now()));
        check.sent(data);
        assert_eq!(check.end(number, Instant::now()), None);
    }

    #[test]
    fn every_cut_of_the_stream_gives_the_same_verdicts() {
        let sends: [&[u8]; 4] = [b"Hello", b", ", b"world", b"!"];
        let whole = sends.concat();
        for wrong in 0..=whole.len() {
            let mut came = whole.clone();
            if let Some(byte) = came.get_mut(wrong) {
                *byte ^= 0x20;
            }
            for piece in 1..=whole.len() {
                let mut check = EchoCheck::default();
                for (number, data) in (1..).zip(sends) {
                    send(&mut check, number, data);
                }
                let mut told = Vec::new();
                for part in came.chunks(piece) {
                    told.extend(back(&mut check, part));
                }
                let mut start = 0;
                for (number, data) in (1..).zip(sends) {
                    let verdict = told.iter().find(|(known, _)| *known == number).unwrap().1;
                    if (start..start + data.len()).contains(&wrong) {
                        let offset = wrong - start;
                        let expected = data[offset];
                        let difference = Difference { offset: offset as u64, expected, got: expected ^ 0x20 };
                        assert_eq!(verdict, Verdict::Differs(difference), "{wrong} by {piece}");
                        let in_stream = Difference { offset: wrong as u64, ..difference };
                        assert_eq!(check.report().difference, Some(in_stream));
                    } else {
                        assert_eq!(verdict, Verdict::Exact, "{wrong} by {piece}");
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
    fn a_send_is_back_only_when_all_of_it_was_sent() {
        let mut check = EchoCheck::default();
        assert!(check.begin(1, Instant::now()));
        check.sent(b"begin");
        assert_eq!(back(&mut check, b"begin"), []);
        check.sent(b", end");
        assert_eq!(back(&mut check, b", end"), []);
        let told = check.end(1, Instant::now()).unwrap();
        assert_eq!((told.number, told.verdict), (1, Verdict::Exact));
    }

    #[test]
    fn what_nobody_asked_for_is_counted_and_compared_with_nothing() {
        let mut check = EchoCheck::default();
        assert_eq!(back(&mut check, b"Welcome"), []);
        send(&mut check, 1, b"ab");
        assert_eq!(back(&mut check, b"abc"), [(1, Verdict::Exact)]);
        assert_eq!((check.report().unasked, check.report().compared), (8, 2));
        assert!(!check.report().is_exact());
    }

    #[test]
    fn a_server_that_takes_all_and_returns_nothing_costs_no_more_than_the_bound() {
        let mut check = EchoCheck::default();
        let piece = vec![1; 1 << 20];
        assert!(check.begin(1, Instant::now()));
        for _ in 0..=MOST_OUTSTANDING >> 20 {
            check.sent(&piece);
            assert!(check.outstanding.len() <= MOST_OUTSTANDING);
        }
        check.end(1, Instant::now());
        assert!(check.report().given_up);
        assert_eq!(check.report().outstanding, (MOST_OUTSTANDING + (1 << 20)) as u64);
        // It still counts, but says nothing about what it did not compare.
        for _ in 0..MOST_OUTSTANDING >> 20 {
            assert_eq!(back(&mut check, &piece), []);
        }
        assert_eq!(back(&mut check, &piece), [(1, Verdict::NotCompared)]);
        send(&mut check, 2, b"ab");
        assert_eq!(back(&mut check, b"ab"), [(2, Verdict::NotCompared)]);
        assert_eq!((check.report().outstanding, check.report().compared), (0, 0));
        assert!(!check.report().is_exact());
    }

    #[test]
    fn a_send_too_many_says_that_it_is_not_measured_and_is_compared_all_the_same() {
        let mut check = EchoCheck::default();
        let most = MOST_MARKS as u64;
        (1..=most).for_each(|number| send(&mut check, number, b"x"));
        assert!(!check.begin(most + 1, Instant::now()));
        check.sent(b"x");
        assert_eq!(check.end(most + 1, Instant::now()), None);
        assert_eq!(back(&mut check, &vec![b'x'; MOST_MARKS + 1]).len(), MOST_MARKS);
        assert!(check.report().is_exact());
        assert_eq!(check.report().compared, most + 1);
        assert!(check.begin(most + 2, Instant::now()));
    }
}
