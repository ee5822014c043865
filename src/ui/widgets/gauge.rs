//! How full something is: a box for each place, filled ones for those that are taken; a bar where there are too many.

use egui::{Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::ui::theme::Palette;

/// Between two boxes.
const BETWEEN: f32 = 3.0;

/// Draws `taken` of `places`, each as large as `cell`; more than `most` places become a bar as long as `most` boxes.
/// `name` says the same in words.
pub(in crate::ui) fn gauge(
    ui: &mut Ui,
    taken: u32,
    places: u32,
    cell: Vec2,
    most: u16,
    name: &str,
) -> Response {
    let palette = Palette::of(ui);
    let boxes = u16::try_from(places).ok().filter(|places| *places <= most);
    let pitch = cell.x + BETWEEN;
    let width = (f32::from(boxes.unwrap_or(most)) * pitch - BETWEEN).max(0.0);
    let (area, response) = ui.allocate_exact_size(vec2(width, cell.y), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let outline = Stroke::new(1.0, palette.muted);
    let Some(boxes) = boxes else {
        #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
        let share = (f64::from(taken.min(places)) / f64::from(places)) as f32;
        let filled = Rect::from_min_size(area.min, vec2(area.width() * share, area.height()));
        ui.painter().rect_filled(filled, 2.0, palette.caution);
        ui.painter().rect_stroke(area, 2.0, outline, StrokeKind::Inside);
        return response;
    };
    for index in 0..boxes {
        let left = area.left() + f32::from(index) * pitch;
        let place = Rect::from_min_size(pos2(left, area.top()), cell);
        if u32::from(index) < taken {
            ui.painter().rect_filled(place, 2.0, palette.caution);
        } else {
            ui.painter().rect_stroke(place, 2.0, outline, StrokeKind::Inside);
        }
    }
    response
}
