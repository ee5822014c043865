//! How rows are placed: by order, by order with gaps for long waits, or by time, and how finely.

use std::time::Duration;

use crate::capture::sequence::{Ladder, Scale};

/// The ways in which rows are placed: what stands on them, what they are called, what they mean.
pub(in crate::ui) const WAYS: [(&str, &str, &str); 3] = [
    ("Order", "Rows by order", "One row after the other"),
    ("Gaps", "Rows with gaps", "One row after the other, further apart the longer nothing went by"),
    ("Time", "Rows by time", "By time as it was; the slider beside it zooms"),
];

/// The least and the most rows for a second: a minute in a row, a microsecond in a row.
pub(in crate::ui) const RANGE: (f64, f64) = (1.0 / 60.0, 1e6);

/// A way of placing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Way {
    #[default]
    Order,
    Gaps,
    Time,
}

/// How rows are placed.
#[derive(Debug, Default)]
pub(in crate::ui) struct Zoom {
    way: Way,
    /// Rows for a second, once the user has chosen; until then everything fits into the view.
    per_second: Option<f64>,
    /// What everything fits with, as of the last frame.
    fits: f64,
}

impl Zoom {
    /// Which of [`WAYS`] it is.
    pub(in crate::ui) fn way(&self) -> usize {
        self.way as usize
    }

    /// Takes one of [`WAYS`].
    pub(in crate::ui) fn set_way(&mut self, way: usize) {
        self.way = [Way::Order, Way::Gaps, Way::Time][way.min(2)];
    }

    /// Whether rows stand by time.
    pub(in crate::ui) fn is_by_time(&self) -> bool {
        self.way == Way::Time
    }

    /// From now on everything fits into the view.
    pub(in crate::ui) fn fit(&mut self) {
        self.per_second = None;
    }

    /// Finds out what everything fits with, in a view of so many rows.
    pub(in crate::ui) fn measure(&mut self, ladder: &Ladder, rows_in_view: f64) {
        let took = ladder.rows().last().map_or(0.0, |row| row.mark.at.as_secs_f64());
        self.fits = ((rows_in_view - 1.0).max(1.0) / took.max(1e-9)).clamp(RANGE.0, RANGE.1);
    }

    /// Rows for a second, where they stand by time.
    pub(in crate::ui) fn per_second(&self) -> f64 {
        self.per_second.unwrap_or(self.fits).clamp(RANGE.0, RANGE.1)
    }

    /// So many rows for a second.
    pub(in crate::ui) fn set_per_second(&mut self, rows: f64) {
        self.per_second = Some(rows.clamp(RANGE.0, RANGE.1));
    }

    /// How long a row is.
    pub(in crate::ui) fn row(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second())
    }

    /// As the ladder knows it.
    pub(in crate::ui) fn scale(&self) -> Scale {
        match self.way {
            Way::Order => Scale::Order,
            Way::Gaps => Scale::Compressed,
            Way::Time => Scale::True { per_second: self.per_second() },
        }
    }
}
