//! Room for what needs more height, or width, than there is: it is laid out at the size that it needs, and scrolls.

use eframe::egui::{Rect, ScrollArea, Ui, UiBuilder, Vec2, vec2};

use crate::ui::theme::size;

/// Shows contents that are to be so high, and no less high than what is there; where that is less, they scroll.
pub(in crate::ui) fn with_height<R>(
    ui: &mut Ui,
    id: &str,
    height: f32,
    contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    let room = ui.available_size();
    let scrolls = height > room.y + 0.5;
    let (bar, height) = if scrolls { (size::SCROLL_BAR, height) } else { (0.0, room.y) };
    let area = ScrollArea::vertical().id_salt(id).auto_shrink(false).max_height(room.y);
    area.min_scrolled_height(room.y)
        .show(ui, |ui| exactly(ui, id, vec2(room.x - bar, height), contents))
        .inner
}

/// Shows contents that need at least such a size; where there is less, they scroll both ways.
pub(in crate::ui) fn with_least<R>(
    ui: &mut Ui,
    id: &str,
    least: Vec2,
    contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    let room = ui.available_size();
    if room.x >= least.x && room.y >= least.y {
        return contents(ui);
    }
    let area = ScrollArea::both().id_salt(id).auto_shrink(false).max_width(room.x).max_height(room.y);
    let area = area.min_scrolled_width(room.x).min_scrolled_height(room.y);
    area.show(ui, |ui| exactly(ui, id, room.max(least), contents)).inner
}

/// Contents that have this size, whatever they make of it.
fn exactly<R>(ui: &mut Ui, id: &str, size: Vec2, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let place = Rect::from_min_size(ui.max_rect().min, size);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
    let shown = contents(&mut inside);
    ui.advance_cursor_after_rect(place);
    shown
}
