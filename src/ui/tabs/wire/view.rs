//! Which part of a ladder is in view, and where on the screen its rows stand: to the pixel, however long it is.

use egui::{Rect, pos2, vec2};

use crate::ui::theme::size;

/// The height of a row, for counting in 64 bits.
pub(in crate::ui) const ROW: f64 = size::LADDER_ROW as f64;

/// Which part of the ladder is in view.
pub(in crate::ui) struct View {
    /// Points above it.
    pub(in crate::ui) top: f64,
    /// Where it is shown.
    pub(in crate::ui) rect: Rect,
}

impl View {
    /// Where something stands that has so many points above it.
    #[expect(clippy::cast_possible_truncation, reason = "a distance within the view, or cut to it")]
    pub(in crate::ui) fn y(&self, points: f64) -> f32 {
        self.rect.top() + (points - self.top).clamp(-1e6, 1e6) as f32
    }

    /// The row at this slot, on a whole point.
    pub(in crate::ui) fn row(&self, slot: f64) -> Rect {
        let min = pos2(self.rect.left(), self.y((slot * ROW).round()));
        Rect::from_min_size(min, vec2(self.rect.width(), size::LADDER_ROW))
    }
}

/// A height in whole rows.
pub(in crate::ui) fn whole_rows(height: f32, round: fn(f32) -> f32) -> f32 {
    round(height / size::LADDER_ROW) * size::LADDER_ROW
}
