//! Widgets that egui lacks, and egui's own in our style. They use the theme, not the app.

pub(super) mod bytes;
pub(super) mod choice;
pub(super) mod controls;
pub(super) mod disclosure;
pub(super) mod field;
pub(super) mod gauge;
pub(super) mod icon;
pub(super) mod note;
pub(super) mod scroll_when_small;
pub(super) mod virtual_list;

use egui::{Frame, Id, Margin, Modal, Rect, Response, Stroke, StrokeKind, Ui, accesskit};

use crate::ui::theme::{Palette, size};

/// Draws a ring around the widget if it has the keyboard focus.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if response.has_focus() {
        ui.painter().rect_stroke(rect, radius, Palette::of(ui).focus_ring(), StrokeKind::Outside);
    }
}

/// Returns a frame for text that can be copied, with room for a button at the right.
pub(super) fn copy_frame(palette: &Palette) -> Frame {
    Frame::new()
        .fill(palette.field)
        .stroke(Stroke::new(1.0, palette.border))
        .corner_radius(size::RADIUS)
        .inner_margin(Margin { left: 10, right: 4, top: 3, bottom: 3 })
}

/// Returns a modal dialog with this name for screen readers.
pub(super) fn modal(id: Id, name: &str) -> Modal {
    let area = Modal::default_area(id).accessible_name(name).role(accesskit::Role::Dialog);
    Modal::new(id).area(area)
}
