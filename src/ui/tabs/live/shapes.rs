//! The shapes that the picture consists of.

use egui::{Align2, Color32, CornerRadius, Id, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo};

use crate::ui::theme::{self, size};
use crate::ui::widgets::text_line;

/// Space between two boxes.
pub(super) const GAP: f32 = 8.0;

/// Draws a box with an outline and a background.
pub(super) fn outline(ui: &Ui, rect: Rect, stroke: Stroke, fill: Color32) {
    ui.painter().rect(rect, CornerRadius::same(size::RADIUS), fill, stroke, StrokeKind::Inside);
}

/// Draws a dashed outline.
pub(super) fn dashed_outline(ui: &Ui, rect: Rect, color: Color32) {
    let corners =
        [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, Stroke::new(1.2, color), 4.0, 3.0));
}

/// Paints a text on one line, with the same text for screen readers.
pub(super) fn paint_label(ui: &Ui, place: Rect, id: &str, text: &str, color: Color32) {
    let is_truncated = text_line(ui, place, Align2::LEFT_CENTER, text, theme::small(), color);
    let response = ui.interact(place, Id::unique("live label").with(id), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if is_truncated {
        response.on_hover_text(text);
    }
}
