//! Where rows stand, from the top down: by order or by time.

use std::time::Duration;

use crate::capture::sequence::Ladder;

/// How rows are placed. Places are counted in rows: 1.0 is the height of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// One after the other.
    Order,
    /// By time with long gaps made short: every row is at least one below the one before it, and a gap adds to that
    /// by its order of magnitude: nothing up to 100 µs, then one row for each tenfold, at most six (100 s and more).
    Compressed,
    /// By time as it was: so many rows for a second. Rows may stand upon each other.
    True {
        /// Rows for a second, above 0.
        per_second: f64,
    },
}

/// The longest gap that adds nothing.
const SHORT: f64 = 1e-4;
/// The most rows that a gap adds.
const MOST: f64 = 6.0;

/// How far below the row before a row stands on [`Scale::Compressed`].
pub(super) fn step(gap: Duration) -> f64 {
    1.0 + (gap.as_secs_f64() / SHORT).max(1.0).log10().min(MOST)
}

impl Ladder {
    /// Where a row's middle stands.
    #[must_use]
    pub fn place(&self, index: usize, scale: Scale) -> f64 {
        let Some(row) = self.rows().get(index) else { return 0.0 };
        match scale {
            Scale::Order => f64::from(row.mark.index),
            Scale::Compressed => row.at,
            Scale::True { per_second } => row.mark.at.as_secs_f64() * per_second,
        }
    }

    /// The first row that stands there or below; the number of rows where there is none.
    #[must_use]
    pub fn row_from(&self, place: f64, scale: Scale) -> usize {
        self.rows().partition_point(|row| self.place(row.mark.index as usize, scale) < place)
    }

    /// Where the last row's middle stands.
    #[must_use]
    pub fn height(&self, scale: Scale) -> f64 {
        self.place(self.rows().len().saturating_sub(1), scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_count_by_their_order_of_magnitude() {
        for (micros, rows) in [(0, 1.0), (100, 1.0), (1_000, 2.0), (1_000_000, 5.0), (3_600_000_000, 7.0)] {
            assert!((step(Duration::from_micros(micros)) - rows).abs() < 1e-9, "{micros} µs");
        }
    }
}
