//! From when until when a certificate is valid, in words and for a bar.

use crate::text::with_thousands;
use jiff::{SignedDuration, Timestamp};

/// A certificate's validity (RFC 5280, section 4.1.2.5): both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment; [`Timestamp::MAX`] for one without an end.
    pub not_after: Timestamp,
}

impl Validity {
    /// How much of it has passed, from 0 (not begun) to 1 (over): for a bar.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> f64 {
        let whole = self.not_after.duration_since(self.not_before).as_secs_f64();
        let passed = now.duration_since(self.not_before).as_secs_f64();
        if whole > 0.0 { (passed / whole).clamp(0.0, 1.0) } else { f64::from(u8::from(passed > 0.0)) }
    }

    /// Whether `now` is within it.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// In words: `valid for another 364 days`, `expired 3 days ago`, `not valid for another 2 hours`.
    #[must_use]
    pub fn words(&self, now: Timestamp) -> String {
        if self.not_before > self.not_after {
            "never valid: it ends before it begins".to_owned()
        } else if now < self.not_before {
            format!("not valid for another {}", span(self.not_before.duration_since(now)))
        } else if now > self.not_after {
            format!("expired {} ago", span(now.duration_since(self.not_after)))
        } else if self.not_after == Timestamp::MAX {
            "valid without an end".to_owned()
        } else {
            format!("valid for another {}", span(self.not_after.duration_since(now)))
        }
    }

    /// The first moment as `2026-11-22 13:45:00 UTC`.
    #[must_use]
    pub fn begins(&self) -> String {
        moment(self.not_before)
    }

    /// The last moment as `2027-11-22 13:45:00 UTC`, or `without an end`.
    #[must_use]
    pub fn ends(&self) -> String {
        if self.not_after == Timestamp::MAX { "without an end".to_owned() } else { moment(self.not_after) }
    }
}

pub(super) fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The largest unit that fills at least one, rounded down.
fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = match seconds {
        86_400.. => (seconds / 86_400, "day"),
        3600.. => (seconds / 3600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{} {unit}{}", with_thousands(count.unsigned_abs()), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are exact")]
    fn words_and_bar_go_with_the_clock() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-11T00:00:00Z".parse().unwrap(),
        };
        let at = |now: &str| {
            let now = now.parse().unwrap();
            (validity.words(now), validity.elapsed(now))
        };
        assert_eq!(at("2025-12-31T21:59:00Z"), ("not valid for another 2 hours".to_owned(), 0.0));
        assert_eq!(at("2026-01-01T00:00:00Z"), ("valid for another 10 days".to_owned(), 0.0));
        assert_eq!(at("2026-01-06T00:00:00Z"), ("valid for another 5 days".to_owned(), 0.5));
        assert_eq!(
            at("2026-01-10T23:59:01Z"),
            ("valid for another 59 seconds".to_owned(), at("2026-01-10T23:59:01Z").1)
        );
        assert_eq!(at("2026-01-11T00:00:00Z"), ("valid for another 0 seconds".to_owned(), 1.0));
        assert_eq!(at("2026-01-12T00:00:00Z"), ("expired 1 day ago".to_owned(), 1.0));
        let endless = Validity { not_after: Timestamp::MAX, ..validity };
        assert_eq!(endless.words(validity.not_after), "valid without an end");
        let never = Validity { not_before: validity.not_after, not_after: validity.not_before };
        assert!(never.words(validity.not_after).starts_with("never valid"));
        assert_eq!(never.elapsed(Timestamp::MAX), 1.0);
    }
}
