//! Medians and spreads.

/// A middle, and how far around it the rounds were.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let (lower, upper) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }
}

/// A count as a number to divide by or into.
#[expect(clippy::cast_precision_loss, reason = "what is counted here stays far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// The value below which this many of a thousand lie; `values` are in order and not empty.
pub(crate) fn per_mille(values: &[u64], part: usize) -> Option<u64> {
    values.get(values.len() * part / 1000).or(values.last()).copied()
}
