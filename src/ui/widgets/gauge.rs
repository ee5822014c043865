//! A row of boxes that shows how full something is.

use egui::{Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::ui::theme::Palette;

/// The space between two boxes.
const BETWEEN: f32 = 3.0;

/// Draws a box for each of `places`, and fills as many as are taken. With more than `max_boxes` places, each box is a
/// share of them. `name` is for screen readers.
pub(in crate::ui) fn gauge(
    ui: &mut Ui,
    taken: u32,
    places: u32,
    cell: Vec2,
    max_boxes: u16,
    name: &str,
) -> Response {
    let palette = Palette::of(ui);
    let boxes = u16::try_from(places).unwrap_or(max_boxes).min(max_boxes);
    let filled = (u64::from(taken.min(places)) * u64::from(boxes)).div_ceil(u64::from(places.max(1)));
    let pitch = cell.x + BETWEEN;
    let size = vec2((f32::from(boxes) * pitch - BETWEEN).max(0.0), cell.y);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    for index in 0..boxes {
        let left = area.left() + f32::from(index) * pitch;
        let place = Rect::from_min_size(pos2(left, area.top()), cell);
        if u64::from(index) < filled {
            ui.painter().rect_filled(place, 2.0, palette.caution);
        } else {
            let outline = Stroke::new(1.0, palette.muted);
            ui.painter().rect_stroke(place, 2.0, outline, StrokeKind::Inside);
        }
    }
    response
}
