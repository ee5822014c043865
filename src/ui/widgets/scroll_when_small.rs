//! Scrolls content that needs more room than there is, and keeps the focused widget in view when the window's size
//! changes.

use egui::style::ScrollAnimation;
use egui::{Context, Id, Memory, Rect, ScrollArea, Ui, UiBuilder, Vec2};

use crate::ui::theme::size;

/// Shows content that needs at least this size, and lays it out at all the room there is. In each direction with less
/// room it scrolls.
pub(in crate::ui) fn scroll_when_small<R>(
    ui: &mut Ui,
    id: &str,
    min_size: Vec2,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let room = ui.available_size();
    let scrolls = [min_size.x > room.x + 0.5, min_size.y > room.y + 0.5];
    let mut size = room.max(min_size);
    if scrolls == [false, true] {
        size.x = (room.x - size::SCROLL_BAR).max(min_size.x);
    }
    let area = ScrollArea::new(scrolls).id_salt(id).auto_shrink(false).max_width(room.x).max_height(room.y);
    let area = area.min_scrolled_width(room.x).min_scrolled_height(room.y);
    let show = |ui: &mut Ui| {
        let rect = Rect::from_min_size(ui.max_rect().min, size);
        let mut inside = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id));
        let shown = content(&mut inside);
        if was_resized(ui.ctx())
            && let Some(focused) = ui.memory(Memory::focused)
            && let Some(response) = ui.ctx().read_response(focused)
            && response.layer_id == ui.layer_id()
            && rect.contains_rect(response.rect)
        {
            // A scroll area inside has scrolled already, and used up the request.
            ui.scroll_to_rect_animation(response.rect, None, ScrollAnimation::none());
        }
        ui.advance_cursor_after_rect(rect);
        shown
    };
    area.show(ui, show).inner
}

/// The window's size in points, and for how many frames more it counts as changed.
type WindowSize = (Vec2, u8);

/// One frame for each scroll area inside another one.
const SETTLING_FRAMES: u8 = 3;

fn size_id() -> Id {
    Id::unique("the window's size in points")
}

/// Notices a new size or zoom of the window. To be called once a frame.
pub(in crate::ui) fn track_window_size(ctx: &Context) {
    let now = ctx.content_rect().size();
    let (before, left) = ctx.data(|data| data.get_temp::<WindowSize>(size_id())).unwrap_or((now, 0));
    let left = if before == now { left.saturating_sub(1) } else { SETTLING_FRAMES };
    ctx.data_mut(|data| data.insert_temp::<WindowSize>(size_id(), (now, left)));
    if left > 0 {
        ctx.request_repaint();
    }
}

/// Returns whether the window has just been resized or zoomed.
pub(in crate::ui) fn was_resized(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp::<WindowSize>(size_id())).is_some_and(|(_, left)| left > 0)
}
