//! The validity of a certificate, as a description and as a share for a bar.

use jiff::{SignedDuration, Timestamp};
use x509_parser::prelude::X509Certificate;

use crate::text::count;
use crate::tls::certificate_report;

/// A certificate's validity (RFC 5280, section 4.1.2.5), which includes both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment; [`Timestamp::MAX`] for a certificate without an end.
    pub not_after: Timestamp,
}

impl Validity {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        Self {
            not_before: certificate_report::moment(validity.not_before.timestamp()),
            not_after: certificate_report::moment(validity.not_after.timestamp()),
        }
    }

    /// Returns how much of it has passed, from 0 to 1.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> f64 {
        let whole = self.not_after.duration_since(self.not_before).as_secs_f64();
        let passed = now.duration_since(self.not_before).as_secs_f64();
        if whole > 0.0 { (passed / whole).clamp(0.0, 1.0) } else { f64::from(u8::from(passed > 0.0)) }
    }

    /// Returns whether it includes `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Returns a description: `valid for another 364 days`, `expired 3 days ago`, `not valid for another 2 hours`.
    #[must_use]
    pub fn description(&self, now: Timestamp) -> String {
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

    /// Returns the first moment as `2026-11-22 13:45:00 UTC`.
    #[must_use]
    pub fn begins(&self) -> String {
        utc(self.not_before)
    }

    /// Returns the last moment as `2027-11-22 13:45:00 UTC`, or `without an end`.
    #[must_use]
    pub fn ends(&self) -> String {
        if self.not_after == Timestamp::MAX { "without an end".to_owned() } else { utc(self.not_after) }
    }
}

fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Returns a duration in the largest unit of which it has at least one, rounded down.
fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let (number, unit) = match seconds {
        86_400.. => (seconds / 86_400, "day"),
        3600.. => (seconds / 3600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    count(number, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are exact")]
    fn description_and_share_follow_the_clock() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-11T00:00:00Z".parse().unwrap(),
        };
        let at = |now: &str| {
            let now = now.parse().unwrap();
            (validity.description(now), validity.elapsed(now))
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
        assert_eq!(endless.description(validity.not_after), "valid without an end");
        let never = Validity { not_before: validity.not_after, not_after: validity.not_before };
        assert!(never.description(validity.not_after).starts_with("never valid"));
        assert_eq!(never.elapsed(Timestamp::MAX), 1.0);
    }
}
