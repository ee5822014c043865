//! Widgets that egui lacks, and egui's own in our style. They use the theme, not the app.

pub(super) mod controls;
pub(super) mod dialog;
pub(super) mod field;
pub(super) mod icon;
pub(super) mod virtual_list;

use egui::style::ScrollAnimation;
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, Context, FontId, Frame, Id, Margin, Memory, Panel, Pos2, Rect, Response, ScrollArea,
    StrokeKind, TextFormat, Ui, UiBuilder, Vec2, vec2,
};

use crate::ui::theme::{self, Palette, size};

/// Draws a ring around the widget if it has the keyboard focus.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if response.has_focus() {
        ui.painter().rect_stroke(rect, radius, Palette::of(ui).focus_ring(), StrokeKind::Outside);
    }
}

/// Returns the center of the widget with the keyboard focus, if it is on the same layer.
pub(super) fn focused_at(ui: &Ui) -> Option<Pos2> {
    let response = ui.ctx().read_response(ui.memory(Memory::focused)?)?;
    (response.layer_id == ui.layer_id()).then(|| response.rect.center())
}

/// Paints the grip of a splitter, a short bar that shows that it can be dragged.
pub(super) fn grip(ui: &Ui, center: Pos2, bar: Vec2, is_held: bool) {
    let palette = Palette::of(ui);
    let color = if is_held { palette.accent } else { palette.border_strong };
    ui.painter().rect_filled(Rect::from_center_size(center, bar), bar.min_elem() / 2.0, color);
}

/// Returns the width of a character in the fixed-width font.
pub(super) fn char_width(ui: &Ui) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'))
}

/// Paints one line of text within `place`. Returns whether it was truncated because it was too long.
pub(super) fn text_line(
    ui: &Ui,
    place: Rect,
    align: Align2,
    text: &str,
    font: FontId,
    color: Color32,
) -> bool {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(place.width().max(1.0));
    let galley = ui.painter().layout_job(job);
    let at = align.align_size_within_rect(galley.size(), place).min;
    let is_truncated = galley.elided;
    ui.painter().galley(at, galley, color);
    is_truncated
}

/// Shows tools at the top of a tab, in several rows if it is narrow.
pub(crate) fn toolbar<R>(ui: &mut Ui, id: &str, tools: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new().fill(Palette::of(ui).panel).inner_margin(Margin::symmetric(16, 7));
    let show = |ui: &mut Ui| {
        ui.spacing_mut().interact_size.y = size::CONTROL;
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        tools(ui)
    };
    let panel = Panel::top(id.to_owned()).frame(frame);
    panel.show(ui, |ui| ui.horizontal_wrapped(show).inner).inner
}

/// Shows why a tab is empty, and what to do.
pub(crate) fn empty_message(ui: &mut Ui, title: &str, text: &str) {
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width((ui.available_width() - 2.0 * size::EDGE).min(520.0));
        ui.heading(title);
        ui.weak(text);
    });
}

/// Shows content in all the available space. In a direction in which there is less than `min_size`, the content keeps
/// that size and scrolls.
pub(crate) fn scroll_when_small<R>(
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
            // An inner scroll area has used up the request to scroll to the focused widget, so it is repeated for this
            // area.
            ui.scroll_to_rect_animation(response.rect, None, ScrollAnimation::none());
        }
        ui.advance_cursor_after_rect(rect);
        shown
    };
    area.show(ui, show).inner
}

/// The window's size in points, and for how many more frames the window counts as resized.
type WindowSize = (Vec2, u8);

/// For how many frames the window counts as resized: one for each level of nested scroll areas.
const RESIZE_FRAMES: u8 = 3;

fn size_id() -> Id {
    Id::unique("the window's size in points")
}

/// Checks whether the window was resized or zoomed. Must be called once per frame.
pub(crate) fn track_window_size(ctx: &Context) {
    let now = ctx.content_rect().size();
    let (before, frames_left) = ctx.data(|data| data.get_temp::<WindowSize>(size_id())).unwrap_or((now, 0));
    let frames_left = if before == now { frames_left.saturating_sub(1) } else { RESIZE_FRAMES };
    ctx.data_mut(|data| data.insert_temp::<WindowSize>(size_id(), (now, frames_left)));
    if frames_left > 0 {
        ctx.request_repaint();
    }
}

/// Returns whether the window has just been resized or zoomed.
pub(crate) fn was_resized(ctx: &Context) -> bool {
    ctx.data(|data| data.get_temp::<WindowSize>(size_id())).is_some_and(|(_, frames_left)| frames_left > 0)
}
