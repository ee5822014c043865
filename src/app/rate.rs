//! Bytes per second, from a counter that is read now and then.

use std::time::{Duration, Instant};

/// The shortest time that a rate is measured over.
const SPAN: Duration = Duration::from_millis(500);

/// Turns a growing count into a rate.
pub(super) struct Rate {
    since: Instant,
    count: u64,
    per_second: f64,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0, per_second: 0.0 }
    }

    /// Measures the rate, at most twice a second. A count that fell is that of a new run, and its rate is 0.
    #[allow(clippy::cast_precision_loss, reason = "precise up to 2^53 bytes, and the rate is only shown")]
    pub(super) fn update(&mut self, now: Instant, count: u64) {
        let Some(span) = now.checked_duration_since(self.since).filter(|span| *span >= SPAN) else { return };
        self.per_second = count.saturating_sub(self.count) as f64 / span.as_secs_f64();
        self.since = now;
        self.count = count;
    }

    pub(super) fn per_second(&self) -> f64 {
        self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_follows_the_count() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        rate.update(start + Duration::from_secs(1), 1000);
        assert!((rate.per_second() - 1000.0).abs() < 1e-6);
        rate.update(start + Duration::from_millis(1100), 9000);
        assert!((rate.per_second() - 1000.0).abs() < 1e-6, "measured too soon");
        rate.update(start + Duration::from_secs(2), 1000);
        assert!(rate.per_second().abs() < 1e-6);
    }
}
