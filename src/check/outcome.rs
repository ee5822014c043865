//! The result of one check: a verdict, what was found, and the evidence for it.

use std::borrow::Cow;
use std::time::Duration;

use crate::check::mistake::Mistake;
use crate::client::echo_check::Difference;
use crate::log::format;
use crate::text::{count, with_thousands};

/// The verdict of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckVerdict {
    /// The server does what the check requires.
    Passed,
    /// The server doesn't do what the check requires.
    Failed,
    /// The check wasn't run.
    Skipped,
    /// The check only describes what the server does; nothing is required.
    Observed,
}

impl CheckVerdict {
    /// All verdicts.
    pub const ALL: [Self; 4] = [Self::Passed, Self::Failed, Self::Skipped, Self::Observed];

    /// Returns the verdict's name: `passed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Observed => "observed",
        }
    }

    /// Returns the symbol that a list shows for the verdict.
    #[must_use]
    pub fn symbol(self) -> char {
        match self {
            Self::Passed => '✓',
            Self::Failed => '✗',
            Self::Skipped => '–',
            Self::Observed => '○',
        }
    }
}

/// The most bytes of a stream that are kept as evidence.
const EXCERPT: usize = 64;
/// How many of them are before the first difference.
const BEFORE_DIFFERENCE: usize = 16;

/// A part of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The bytes of the part.
    pub data: Vec<u8>,
    /// The offset of its first byte in the stream.
    pub offset: usize,
    /// The length of the stream.
    pub total: usize,
}

impl Excerpt {
    fn of(stream: &[u8], offset: usize) -> Self {
        let offset = offset.min(stream.len());
        let end = stream.len().min(offset + EXCERPT);
        Self { data: stream[offset..end].to_vec(), offset, total: stream.len() }
    }

    /// Returns the bytes as Python shows them, and which part of the stream they are.
    #[must_use]
    pub fn line(&self) -> String {
        let data = format::python(&self.data);
        if self.data.len() == self.total {
            return data;
        }
        let number = |number: usize| with_thousands(number as u64);
        let end = self.offset + self.data.len();
        format!("{data} (bytes {} to {} of {})", number(self.offset), number(end), number(self.total))
    }
}

/// The bytes that were sent and received, near their first difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The bytes that the check sent.
    pub sent: Excerpt,
    /// The bytes that the server sent back.
    pub received: Excerpt,
    /// The first byte that differs; `None` if one stream is the beginning of the other.
    pub difference: Option<Difference>,
}

impl Exchange {
    /// Compares the bytes that were sent with those that were received.
    #[must_use]
    pub fn new(sent: &[u8], received: &[u8]) -> Self {
        let common = sent.iter().zip(received).take_while(|(sent, received)| sent == received).count();
        let difference = match (sent.get(common), received.get(common)) {
            (Some(&expected), Some(&got)) => Some(Difference { offset: common as u64, expected, got }),
            _ => None,
        };
        let longest = sent.len().max(received.len());
        let offset = if longest <= EXCERPT { 0 } else { common.saturating_sub(BEFORE_DIFFERENCE) };
        Self { sent: Excerpt::of(sent, offset), received: Excerpt::of(received, offset), difference }
    }

    /// Returns the first difference as a sentence.
    #[must_use]
    pub fn difference_line(&self) -> String {
        let number = |number: u64| with_thousands(number);
        let (sent, received) = (self.sent.total as u64, self.received.total as u64);
        match self.difference {
            Some(Difference { offset, expected, got }) => {
                let [expected, got] = [expected, got].map(|byte| format::python(&[byte]));
                format!("at offset {}: {expected} was sent, {got} was received", number(offset))
            }
            None if sent == received => "none".to_owned(),
            None if sent > received => {
                let (missing, verb) = (sent - received, if sent - received == 1 { "is" } else { "are" });
                format!("{} of {} {verb} missing at the end", number(missing), count(sent, "byte"))
            }
            None => format!("{} too many at the end", count(received - sent, "byte")),
        }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: CheckVerdict,
    /// The course of events in one or two sentences; for a skipped check the reason.
    pub finding: String,
    /// The bytes that were sent and received, if the failure is about them.
    pub exchange: Option<Exchange>,
    /// The likely mistake in the program.
    pub mistake: Option<Mistake>,
    /// The last lines that the program printed on stderr during the check.
    pub stderr: Vec<String>,
    /// How long the check took.
    pub took: Duration,
    /// Whether the server did what the check describes. Unlike the verdict, this doesn't depend on the profile.
    pub holds: bool,
}

/// A failed check. It is boxed because it is much larger than what a successful step returns.
pub(super) type Failure = Box<Outcome>;

impl Outcome {
    fn new(verdict: CheckVerdict, finding: impl Into<Cow<'static, str>>) -> Self {
        Self {
            verdict,
            finding: finding.into().into_owned(),
            exchange: None,
            mistake: None,
            stderr: Vec::new(),
            took: Duration::ZERO,
            holds: matches!(verdict, CheckVerdict::Passed | CheckVerdict::Observed),
        }
    }

    pub(super) fn passed(finding: impl Into<Cow<'static, str>>) -> Self {
        Self::new(CheckVerdict::Passed, finding)
    }

    pub(super) fn observed(finding: impl Into<Cow<'static, str>>) -> Self {
        Self::new(CheckVerdict::Observed, finding)
    }

    pub(super) fn skipped(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(CheckVerdict::Skipped, reason)
    }

    pub(super) fn failed(finding: impl Into<Cow<'static, str>>) -> Failure {
        Box::new(Self::new(CheckVerdict::Failed, finding))
    }

    pub(super) fn with_exchange(self: Box<Self>, sent: &[u8], received: &[u8]) -> Box<Self> {
        Box::new(Self { exchange: Some(Exchange::new(sent, received)), ..*self })
    }

    pub(super) fn with_mistake(self: Box<Self>, mistake: Option<Mistake>) -> Box<Self> {
        let mistake = mistake.or(self.mistake);
        Box::new(Self { mistake, ..*self })
    }

    /// Returns the failure with an introduction: the event before it.
    pub(super) fn after(self: Box<Self>, event: &str) -> Box<Self> {
        let finding = format!("{event} {}", self.finding);
        Box::new(Self { finding, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_shows_the_first_difference() {
        let exchange = Exchange::new(b"Hello\n", b"HELLO\n");
        assert_eq!(exchange.difference_line(), "at offset 1: b'e' was sent, b'E' was received");
        assert_eq!(exchange.sent.line(), r"b'Hello\n'");
        let missing = Exchange::new(b"Hello\n", b"Hello");
        assert_eq!(missing.difference_line(), "1 of 6 bytes is missing at the end");
        let nothing = |sent| Exchange::new(sent, b"").difference_line();
        assert_eq!(nothing(b"a"), "1 of 1 byte is missing at the end");
        assert_eq!(nothing(b"ab"), "2 of 2 bytes are missing at the end");
        let more = Exchange::new(b"a", b"ab");
        assert_eq!(more.difference_line(), "1 byte too many at the end");
        assert_eq!(Exchange::new(b"a", b"a").difference_line(), "none");
    }

    #[test]
    fn long_exchange_is_cut_near_the_difference() {
        let sent = vec![b'x'; 5_000];
        let mut received = sent.clone();
        received[2_000] = b'y';
        let exchange = Exchange::new(&sent, &received);
        assert_eq!(exchange.sent.offset, 2_000 - BEFORE_DIFFERENCE);
        assert!(exchange.received.line().ends_with("(bytes 1,984 to 2,048 of 5,000)"));
    }
}
