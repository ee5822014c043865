//! A list of rows of equal height, which draws only the visible ones.
//!
//! egui does the scrolling, but its 32-bit offsets are too coarse to place the rows of a long log. Rows are therefore
//! placed here with 64-bit offsets and on whole pixels: at any zoom, all rows have the same height, and text has the
//! same position in each row.

use std::ops::Range;

use egui::{EventFilter, Key, Modifiers, Rect, Response, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::ui::theme::size;

/// The scroll position of a list.
#[derive(Debug)]
pub(crate) struct VirtualList {
    /// The distance from the top of the first row to the top of the view, in points.
    offset: f64,
    /// The height of the visible part, in points, as of the last frame.
    view: f64,
    /// The height of all rows, in points, as of the last frame.
    total: f64,
    /// Pixels per point, as of the last frame.
    pixels: f64,
}

impl Default for VirtualList {
    fn default() -> Self {
        Self { offset: 0.0, view: 0.0, total: 0.0, pixels: 1.0 }
    }
}

/// The rounding error to tolerate when positions are compared, in rows.
const ROUNDING: f64 = 1e-5;

/// The result of scrolling in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scrolled {
    /// The height of the content above the view, in points, rounded to pixels.
    pub(crate) top: f64,
    /// The width of the content, without the room for a scroll bar, so that nothing moves when the bar appears.
    pub(crate) width: f32,
    /// Whether the user scrolled.
    pub(crate) moved: bool,
}

impl VirtualList {
    /// Returns whether the last row is visible.
    pub(crate) fn is_at_end(&self) -> bool {
        self.offset >= self.last_offset() - 1.0
    }

    /// Returns the first visible row, and the fraction of it that is above the view.
    pub(crate) fn first_row(&self, row_height: f32) -> (usize, f64) {
        let above = self.offset / self.height(row_height);
        let row = floor(above + ROUNDING);
        (row, (above - position(row, 1.0)).max(0.0))
    }

    /// Scrolls so that `row` is the first visible row, with the fraction `hidden` of it above the view.
    pub(crate) fn go_to_row(&mut self, row: usize, hidden: f64, row_height: f32) {
        self.offset = position(row, self.height(row_height)) + hidden * self.height(row_height);
    }

    /// Returns the row to which the pressed keys move the selection, and whether Shift was held. `list` takes the
    /// keyboard focus for all rows; while it has the focus, egui leaves it the arrow keys and Escape.
    pub(crate) fn row_by_keys(
        &self,
        ui: &Ui,
        list: &Response,
        selected: Option<usize>,
        rows: usize,
        row_height: f32,
    ) -> Option<(usize, bool)> {
        if !list.has_focus() || rows == 0 {
            return None;
        }
        let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
        let page = floor(self.view / self.height(row_height) + ROUNDING).max(2).cast_signed() - 1;
        let end = rows - 1;
        let mut target = None;
        for (key, distance, without_selection) in [
            (Key::ArrowUp, -1, end),
            (Key::ArrowDown, 1, 0),
            (Key::PageUp, -page, end),
            (Key::PageDown, page, 0),
            (Key::Home, isize::MIN, 0),
            (Key::End, isize::MAX, end),
        ] {
            // Shift first: a key without modifiers also matches while Shift is held.
            for (modifiers, shift) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                // A slow frame can receive several presses of a key.
                let presses = ui.input_mut(|input| input.count_and_consume_key(modifiers, key)).cast_signed();
                if presses > 0 {
                    let target_row =
                        |row: usize| row.saturating_add_signed(distance.saturating_mul(presses)).min(end);
                    target = Some((selected.map_or(without_selection, target_row), shift));
                }
            }
        }
        target
    }

    /// Keeps the same rows visible after `rows` rows were inserted before them, or removed if negative.
    pub(crate) fn shift_rows(&mut self, rows: i64, row_height: f32) {
        #[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 rows")]
        let points = rows as f64 * self.height(row_height);
        self.go_to(self.offset + points);
    }

    /// Scrolls to the last row.
    pub(crate) fn go_to_end(&mut self) {
        self.offset = f64::INFINITY;
    }

    /// Scrolls as little as possible to make a row fully visible.
    pub(crate) fn reveal(&mut self, row: usize, row_height: f32) {
        let height = self.height(row_height);
        self.reveal_span(position(row, height), height);
    }

    /// Scrolls as little as possible to make the `height` points below `top` visible, or the first of them if the view
    /// is shorter.
    pub(crate) fn reveal_span(&mut self, top: f64, height: f64) {
        self.offset = self.offset.max(top + height - self.view).min(top);
    }

    /// If the view becomes lower than in the last frame, scrolls as little as possible so that the `height` points below
    /// `top` stay visible if they were.
    pub(crate) fn keep_visible(&mut self, view: f32, top: f64, height: f64) {
        let was_visible = top < self.offset() + self.view && top + height > self.offset();
        if f64::from(view) < self.view && was_visible {
            self.view = view.into();
            self.reveal_span(top, height);
        }
    }

    /// Does the same for a row.
    pub(crate) fn keep_row_visible(&mut self, view: f32, row: usize, row_height: f32) {
        let height = self.height(row_height);
        self.keep_visible(view, position(row, height), height);
    }

    /// Returns the height of the content above the view, in points.
    pub(crate) fn offset(&self) -> f64 {
        self.offset.min(self.last_offset())
    }

    /// Scrolls to an offset in points.
    pub(crate) fn go_to(&mut self, offset: f64) {
        self.offset = offset.max(0.0);
    }

    /// Shows the list in `rect` and calls `paint` for each visible row. Returns whether the user scrolled.
    pub(crate) fn show(
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
        // Keeps the same rows visible after a change of the zoom.
        self.offset *= height / before;
        let Scrolled { top, width, moved } = self.scroll(ui, rect, position(rows, height));
        let outer_clip = ui.clip_rect();
        ui.set_clip_rect(outer_clip.intersect(rect));
        let in_pixels = |points: f64| (points * self.pixels).round();
        let start = in_pixels(f64::from(rect.top())) - in_pixels(top);
        for row in self.range(rows, height) {
            #[expect(clippy::cast_possible_truncation, reason = "a position on the screen")]
            let y = ((position(row, in_pixels(height)) + start) / self.pixels) as f32;
            #[expect(clippy::cast_possible_truncation, reason = "as high as before, within a pixel")]
            let size = vec2(width, height as f32);
            paint(ui, row, Rect::from_min_size(pos2(rect.left(), y), size));
        }
        ui.set_clip_rect(outer_clip);
        moved
    }

    /// Handles the scrolling of content that is `total` points high, which the caller paints.
    pub(crate) fn scroll(&mut self, ui: &mut Ui, rect: Rect, total: f64) -> Scrolled {
        let pixel = f64::from(ui.ctx().pixels_per_point());
        self.view = (f64::from(rect.height()) * pixel).round() / pixel;
        self.total = total;
        let (last, before) = (self.last_offset(), self.offset());
        #[expect(clippy::cast_possible_truncation, reason = "egui's scroll offsets are 32-bit floats")]
        let (offset, height) = (before as f32, (last + f64::from(rect.height())) as f32);
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
        // The rubber band would pull the view away from rows that were added since the last frame.
        child.spacing_mut().scroll.kinetic.rubber_band = false;
        let area = ScrollArea::vertical().id_salt("virtual list").auto_shrink(false);
        // With egui's minimum, a list only two rows high could never be scrolled to its end.
        let area = area.min_scrolled_height(0.0);
        let area = area.vertical_scroll_offset(offset).show_viewport(&mut child, |ui, _| {
            ui.set_min_size(vec2(0.0, height));
        });
        let scrolled_to = area.state.clamped_offset().y;
        self.offset = match f64::from(scrolled_to) {
            _ if (scrolled_to - offset).abs() < f32::EPSILON => before,
            to if to > last - 2.0 => last,
            to => to.max(0.0),
        };
        Scrolled {
            top: (self.offset * pixel).round() / pixel,
            width: rect.width() - size::SCROLL_BAR,
            moved: (self.offset - before).abs() > 0.01,
        }
    }

    /// Returns the height of a row in points, rounded to whole pixels.
    fn height(&self, row_height: f32) -> f64 {
        (f64::from(row_height) * self.pixels).round().max(1.0) / self.pixels
    }

    fn range(&self, rows: usize, height: f64) -> Range<usize> {
        let first = floor(self.offset / height + ROUNDING).min(rows);
        // A row that only touches the edge is not visible.
        let last = floor(((self.offset + self.view) / height - ROUNDING).ceil());
        first..last.min(rows)
    }

    fn last_offset(&self) -> f64 {
        let hidden = self.total - self.view;
        // Half a point or less is a rounding error.
        if hidden > 0.5 { hidden } else { 0.0 }
    }
}

/// Shrinks a rectangle to a whole number of rows, at least one: part of a row at the edge would look like a mistake.
pub(crate) fn whole_rows(ui: &Ui, mut rect: Rect, row_height: f32) -> Rect {
    let pixels = ui.ctx().pixels_per_point();
    let height = (row_height * pixels).round().max(1.0);
    rect.min.y = (rect.min.y * pixels).ceil() / pixels;
    let rows = (rect.height() * pixels / height + 1e-3).floor().max(1.0);
    rect.set_height(rows * height / pixels);
    rect
}

fn position(row: usize, height: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 rows")]
    let row = row as f64;
    row * height
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounds down, and is never negative"
)]
fn floor(value: f64) -> usize {
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
    fn rows_are_placed_exactly_in_a_long_list() {
        let rows = 50_000_000;
        let mut list = list(rows);
        list.go_to_end();
        list.offset = list.offset();
        assert_eq!(list.range(rows, ROW.into()), rows - 10..rows);
        let y = position(rows - 10, ROW.into()) - list.offset;
        assert!(y.abs() < 1e-3, "the first visible row is {y} points off");
        assert!(list.is_at_end());
    }

    #[test]
    fn reveal_scrolls_as_little_as_possible() {
        let mut list = list(1000);
        list.reveal(5, ROW);
        assert_eq!(list.first_row(ROW).0, 0);
        list.reveal(10, ROW);
        assert_eq!(list.first_row(ROW).0, 1);
        list.reveal(0, ROW);
        assert_eq!(list.first_row(ROW).0, 0);
    }

    #[test]
    fn visible_row_stays_visible_when_the_view_becomes_lower() {
        let mut list = list(1000);
        list.keep_row_visible(115.0, 3, ROW);
        assert_eq!((list.first_row(ROW).0, list.view), (0, 115.0), "it is in the lower view, too");
        list.view = 230.0;
        list.keep_row_visible(115.0, 9, ROW);
        assert_eq!(list.first_row(ROW).0, 5, "it is the last one in view");
        list.view = 230.0;
        list.keep_row_visible(115.0, 500, ROW);
        assert_eq!(list.first_row(ROW).0, 5, "it was not in view");
    }

    #[test]
    fn visible_rows_stay_when_rows_before_them_are_removed() {
        let mut list = list(1000);
        list.offset = 460.0;
        list.shift_rows(-3, ROW);
        assert_eq!(list.first_row(ROW).0, 17);
        list.shift_rows(-100, ROW);
        assert_eq!(list.first_row(ROW).0, 0);
    }
}
