//! Room for what needs more height, or width, than there is: it is laid out at the size that it needs, and scrolls.

use egui::style::ScrollAnimation;
use egui::{Context, Id, Memory, Rect, ScrollArea, Ui, UiBuilder, Vec2, vec2};

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
    if was_resized(ui.ctx())
        && let Some(focused) = ui.memory(Memory::focused)
        && let Some(response) = ui.ctx().read_response(focused)
        && response.layer_id == ui.layer_id()
        && place.contains_rect(response.rect)
    {
        // What scrolls inside has done so for itself by now, and tells nobody around it.
        ui.scroll_to_rect_animation(response.rect, None, ScrollAnimation::none());
    }
    ui.advance_cursor_after_rect(place);
    shown
}

/// What is known of the window's size: it in points, and for how many frames more it counts as changed.
type Size = (Vec2, u8);

/// One frame for each area that scrolls inside another one.
const SETTLES: u8 = 3;

fn resized() -> Id {
    Id::unique("the window's size in points")
}

/// Once a frame: looks whether there are more points, or fewer, than before. What has the keyboard is then brought into
/// view again.
pub(in crate::ui) fn look_at_size(ctx: &Context) {
    let now = ctx.content_rect().size();
    let (before, left) = ctx.data(|data| data.get_temp::<Size>(resized())).unwrap_or((now, 0));
    let left = if before == now { left.saturating_sub(1) } else { SETTLES };
    ctx.data_mut(|data| data.insert_temp::<Size>(resized(), (now, left)));
    if left > 0 {
        ctx.request_repaint();
    }
}

/// Whether the window has just been made smaller or larger, or zoomed.
pub(in crate::ui) fn was_resized(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp::<Size>(resized())).is_some_and(|(_, left)| left > 0)
}
