//! The few controls that egui doesn't have, or not in this shape. They know colours and sizes, not the app.

pub(super) mod bytes;
pub(super) mod controls;
pub(super) mod field;
pub(super) mod gauge;
pub(super) mod icon;
pub(super) mod note;
pub(super) mod virtual_list;

use eframe::egui::{Rect, Response, StrokeKind, Ui};

use super::theme::Palette;

/// Draws the ring that shows where the keyboard is.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if response.has_focus() {
        ui.painter().rect_stroke(rect, radius, Palette::of(ui).focus_ring(), StrokeKind::Outside);
    }
}
