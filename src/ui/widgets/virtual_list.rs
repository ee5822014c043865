//! A list of rows of one height, of which only those in view are drawn.
//!
//! egui's own scroll area counts in 32-bit floats and is no longer exact to the pixel beyond some 900,000 rows.
//! Here the position is 64 bits wide, and rows are placed in whole pixels, relative to the first one in view: whatever
//! the zoom, all rows are of one height and their text stands at the same place in each.

use std::ops::Range;

use egui::{Rect, Sense, Ui, pos2, vec2};

use crate::ui::theme::{Palette, size};

/// Where a list is scrolled to.
#[derive(Debug)]
pub(in crate::ui) struct VirtualList {
    /// Points between the top of the first row and the top of the view.
    offset: f64,
    /// Points that the view is high, as of the last frame.
    view: f64,
    /// Points that all rows are high, as of the last frame.
    total: f64,
    /// Pixels in a point, as of the last frame.
    pixels: f64,
}

impl Default for VirtualList {
    fn default() -> Self {
        Self { offset: 0.0, view: 0.0, total: 0.0, pixels: 1.0 }
    }
}

/// Less than this is not worth scrolling, in points: what is left where sums of fractions should be equal.
const NOTHING: f64 = 0.5;
/// How near to a whole number of rows counts as that number.
const NEAR: f64 = 1e-5;

/// How something is scrolled in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ui) struct Scrolled {
    /// Points above the view, to the pixel.
    pub(in crate::ui) top: f64,
    /// What the bar leaves of the width.
    pub(in crate::ui) width: f32,
    /// Whether the user scrolled.
    pub(in crate::ui) moved: bool,
}

impl VirtualList {
    /// Whether the last row is in view.
    pub(in crate::ui) fn is_at_end(&self) -> bool {
        self.offset >= self.last_offset() - 1.0
    }

    /// The first row in view, in a list whose rows are so high.
    pub(in crate::ui) fn first_row(&self, row_height: f32) -> usize {
        whole(self.offset / self.height(row_height) + NEAR)
    }

    /// How many rows fit into the view, at least one.
    pub(in crate::ui) fn rows_in_view(&self, row_height: f32) -> usize {
        whole(self.view / self.height(row_height) + NEAR).max(1)
    }

    /// Keeps the same rows in view after so many were put before them (taken away, where negative).
    pub(in crate::ui) fn shift_rows(&mut self, rows: i64, row_height: f32) {
        #[expect(clippy::cast_precision_loss, reason = "a log has far fewer than 2^52 rows")]
        let points = rows as f64 * self.height(row_height);
        self.offset = (self.offset + points).max(0.0);
    }

    /// Goes to the last row.
    pub(in crate::ui) fn go_to_end(&mut self) {
        self.offset = f64::INFINITY;
    }

    /// Goes to the first row.
    pub(in crate::ui) fn go_to_start(&mut self) {
        self.offset = 0.0;
    }

    /// Scrolls as little as it takes to have a row wholly in view.
    pub(in crate::ui) fn reveal(&mut self, row: usize, row_height: f32) {
        let height = self.height(row_height);
        self.reveal_span(position(row, height), height);
    }

    /// Scrolls as little as it takes to have this many points from `top` on in view.
    pub(in crate::ui) fn reveal_span(&mut self, top: f64, height: f64) {
        // Of what is higher than the view, the top counts.
        self.offset = self.offset.max(top + height - self.view).min(top);
    }

    /// Points above the view.
    pub(in crate::ui) fn offset(&self) -> f64 {
        self.offset.min(self.last_offset())
    }

    /// Scrolls to where so many points are above the view.
    pub(in crate::ui) fn go_to(&mut self, offset: f64) {
        self.offset = offset.max(0.0);
    }

    /// Shows the list in `rect` and calls `paint` for each row in view. Returns whether the user scrolled.
    pub(in crate::ui) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        row_height: f32,
        rows: usize,
        mut paint: impl FnMut(&mut Ui, usize, Rect),
    ) -> bool {
        let before = self.height(row_height);
        self.pixels = f64::from(ui.ctx().pixels_per_point());
        let height = self.height(row_height);
        // After a change of the zoom the same rows are in view.
        self.offset *= height / before;
        let Scrolled { top, width, moved } = self.scroll(ui, rect, position(rows, height));
        let outer_clip = ui.clip_rect();
        ui.set_clip_rect(outer_clip.intersect(rect));
        let in_pixels = |points: f64| (points * self.pixels).round();
        let start = in_pixels(f64::from(rect.top())) - in_pixels(top);
        for row in self.range(rows, height) {
            #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
            let y = ((position(row, in_pixels(height)) + start) / self.pixels) as f32;
            #[expect(clippy::cast_possible_truncation, reason = "as high as before, within a pixel")]
            let size = vec2(width, height as f32);
            paint(ui, row, Rect::from_min_size(pos2(rect.left(), y), size));
        }
        ui.set_clip_rect(outer_clip);
        moved
    }

    /// The same for what is not rows of one height: only scrolls, by the wheel and the bar, through something that is
    /// `total` points high.
    pub(in crate::ui) fn scroll(&mut self, ui: &Ui, rect: Rect, total: f64) -> Scrolled {
        let pixel = f64::from(ui.ctx().pixels_per_point());
        self.view = (f64::from(rect.height()) * pixel).round() / pixel;
        self.total = total;
        let before = self.clamped();
        self.offset = before;
        self.wheel(ui, rect);
        let bar = self.scroll_bar(ui, rect);
        Scrolled {
            top: (self.offset * pixel).round() / pixel,
            width: rect.width() - if bar { size::SCROLL_BAR } else { 0.0 },
            moved: (self.offset - before).abs() > 0.01,
        }
    }

    /// The height of a row in whole pixels, told in points.
    fn height(&self, row_height: f32) -> f64 {
        (f64::from(row_height) * self.pixels).round().max(1.0) / self.pixels
    }

    fn range(&self, rows: usize, height: f64) -> Range<usize> {
        let first = whole(self.offset / height + NEAR).min(rows);
        // A row that only touches the edge is not in view.
        let last = whole(((self.offset + self.view) / height - NEAR).ceil());
        first..last.min(rows)
    }

    fn last_offset(&self) -> f64 {
        Some(self.total - self.view).filter(|hidden| *hidden > NOTHING).unwrap_or(0.0)
    }

    fn clamped(&self) -> f64 {
        self.offset.clamp(0.0, self.last_offset())
    }

    fn wheel(&mut self, ui: &Ui, rect: Rect) {
        if !ui.rect_contains_pointer(rect) {
            return;
        }
        let before = self.offset;
        self.offset -= f64::from(ui.input(|input| input.smooth_scroll_delta.y));
        self.offset = self.clamped();
        // What can't go on leaves the wheel to what scrolls around it.
        if (self.offset - before).abs() > f64::EPSILON {
            ui.input_mut(|input| input.smooth_scroll_delta.y = 0.0);
        }
    }

    /// Draws the bar where there is more than fits; returns whether it did.
    #[expect(clippy::cast_possible_truncation, reason = "positions on the screen")]
    fn scroll_bar(&mut self, ui: &Ui, rect: Rect) -> bool {
        if self.last_offset() <= 0.0 {
            return false;
        }
        let palette = Palette::of(ui);
        let track = Rect::from_min_max(pos2(rect.right() - size::SCROLL_BAR, rect.top()), rect.max);
        let length = ((self.view / self.total) as f32 * track.height()).max(28.0).min(track.height());
        let room = f64::from(track.height() - length);
        let response = ui.interact(track, ui.scope_id().with("scroll bar"), Sense::CLICK | Sense::DRAG);
        if let Some(pointer) = response.interact_pointer_pos() {
            let handle_top = f64::from(track.top()) + self.offset / self.last_offset() * room;
            let pressed = ui.input(|input| input.pointer.any_pressed());
            let on_handle =
                f64::from(pointer.y) >= handle_top && f64::from(pointer.y) <= handle_top + f64::from(length);
            if pressed && !on_handle {
                // A press beside the handle brings it there; from then on it is dragged.
                let wanted = f64::from(pointer.y - track.top() - length / 2.0) / room.max(1.0);
                self.offset = wanted * self.last_offset();
            } else {
                self.offset += f64::from(response.drag_delta().y) / room.max(1.0) * self.last_offset();
            }
            self.offset = self.clamped();
        }
        let top = track.top() + (self.offset / self.last_offset() * room) as f32;
        let handle = Rect::from_min_size(pos2(track.left(), top), vec2(track.width(), length));
        let ink =
            if response.hovered() || response.dragged() { palette.muted } else { palette.border_strong };
        ui.painter().rect_filled(handle.shrink2(vec2(2.5, 2.0)), 3.0, ink);
        true
    }
}

/// As much of a place as whole rows fill, and one row at least: a fragment of one at the edge looks like a mistake.
pub(in crate::ui) fn whole_rows(ui: &Ui, mut place: Rect, row_height: f32) -> Rect {
    let pixels = ui.ctx().pixels_per_point();
    let height = (row_height * pixels).round().max(1.0);
    place.min.y = (place.min.y * pixels).ceil() / pixels;
    // What is a whole number but for its last bit is that number.
    let rows = (place.height() * pixels / height + 1e-3).floor().max(1.0);
    place.set_height(rows * height / pixels);
    place
}

fn position(row: usize, height: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 rows")]
    let row = row as f64;
    row * height
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded down on purpose; never negative"
)]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: f32 = 23.0;

    fn list(rows: usize) -> VirtualList {
        VirtualList { view: 230.0, total: position(rows, ROW.into()), ..VirtualList::default() }
    }

    #[test]
    fn rows_are_placed_to_the_pixel_far_beyond_what_32_bits_can_do() {
        let rows = 50_000_000;
        let mut list = list(rows);
        list.go_to_end();
        list.offset = list.clamped();
        assert_eq!(list.range(rows, ROW.into()), rows - 10..rows);
        let y = position(rows - 10, ROW.into()) - list.offset;
        assert!(y.abs() < 1e-3, "the first row in view is {y} points off");
        assert!(list.is_at_end());
    }

    #[test]
    fn reveal_scrolls_as_little_as_possible() {
        let mut list = list(1000);
        list.reveal(5, ROW);
        assert_eq!(list.first_row(ROW), 0);
        list.reveal(10, ROW);
        assert_eq!(list.first_row(ROW), 1);
        list.reveal(0, ROW);
        assert_eq!(list.first_row(ROW), 0);
    }

    #[test]
    fn rows_that_go_at_the_top_move_nothing_in_view() {
        let mut list = list(1000);
        list.offset = 460.0;
        list.shift_rows(-3, ROW);
        assert_eq!(list.first_row(ROW), 17);
        list.shift_rows(-100, ROW);
        assert_eq!(list.first_row(ROW), 0);
    }
}
