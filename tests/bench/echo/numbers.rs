//! Medians and spreads.

/// A median, and the spread of the rounds around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Returns the median and the spread of the values, or `None` if there are none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let (lower, upper) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }
}

/// Converts a count to a number for divisions.
#[expect(clippy::cast_precision_loss, reason = "what is counted here stays far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// Returns the value below which `part` thousandths of the sorted values are.
pub(crate) fn per_mille(values: &[u64], part: usize) -> Option<u64> {
    values.get(values.len() * part / 1000).or(values.last()).copied()
}
