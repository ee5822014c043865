//! The buttons and switches of the window: egui's own in our sizes, and a switch, which egui lacks.

use std::time::Duration;

use egui::{
    Align, Button, Color32, FontId, Id, Layout, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind,
    TextWrapMode, Ui, Vec2, WidgetInfo, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// Adds a small button with round ends that is on or off.
pub(in crate::ui) fn chip(ui: &mut Ui, label: &str, on: bool) -> Response {
    ui.add(small_button(label).selected(on).corner_radius(size::CHIP / 2.0))
}

/// Adds a small button.
pub(in crate::ui) fn pill_button(ui: &mut Ui, label: &str) -> Response {
    ui.add(small_button(label))
}

/// Returns the width of a chip or a small button, for those that are aligned to a right edge.
pub(in crate::ui) fn pill_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::small()) + 2.0 * ui.spacing().button_padding.x
}

fn small_button<'a>(label: impl Into<RichText>) -> Button<'a> {
    let text = label.into().size(size::SMALL);
    Button::new(text).small().min_size(vec2(0.0, size::CHIP)).wrap_mode(TextWrapMode::Extend)
}

/// Adds a button that has no frame until the pointer is over it.
pub(in crate::ui) fn quiet_button(ui: &mut Ui, label: &str) -> Response {
    let text = RichText::new(label).color(Palette::of(ui).muted);
    ui.add(Button::new(text).frame_when_inactive(false).wrap_mode(TextWrapMode::Extend))
}

/// Returns the width of a quiet button.
pub(in crate::ui) fn quiet_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::text()) + 2.0 * ui.spacing().button_padding.x
}

/// Returns the width of a text on one line.
pub(in crate::ui) fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// The space at the left and the right of a segment's text.
const SEGMENT_PADDING: f32 = 8.0;

/// Adds a choice of a few, side by side in one outline. Each has a label, a name for screen readers and a tooltip.
/// Returns the index of the one that was pressed.
pub(in crate::ui) fn segments(ui: &mut Ui, choices: &[(&str, &str, &str)], now: usize) -> Option<usize> {
    let mut chosen = None;
    let area = vec2(segments_width(ui, choices), size::CHIP);
    ui.allocate_ui_with_layout(area, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.spacing_mut().button_padding.x = SEGMENT_PADDING;
        let outline = Stroke::new(1.0, Palette::of(ui).border);
        for (index, (label, name, about)) in choices.iter().enumerate() {
            let on = index == now;
            let button = small_button(*label).selected(on).frame_when_inactive(on);
            if ui.add(button).accessible_name(*name).on_hover_text(*about).clicked() {
                chosen = Some(index);
            }
        }
        ui.painter().rect_stroke(ui.min_rect(), size::RADIUS, outline, StrokeKind::Inside);
    });
    chosen
}

/// Returns the width of a choice of a few.
pub(in crate::ui) fn segments_width(ui: &Ui, choices: &[(&str, &str, &str)]) -> f32 {
    choices.iter().map(|(label, ..)| text_width(ui, label, theme::small()) + 2.0 * SEGMENT_PADDING).sum()
}

/// Adds an icon that copies something when it is pressed, and turns into a check mark for a moment. Returns whether it
/// was pressed.
pub(in crate::ui) fn copy_button(ui: &mut Ui, name: &str) -> bool {
    copying(ui, name, |ui, copied| icon_button(ui, if copied { Icon::Check } else { Icon::Copy }, name, None))
}

/// Adds a small button that copies something when it is pressed, and shows a check mark for a moment. Returns whether
/// it was pressed.
pub(in crate::ui) fn copy_pill(ui: &mut Ui, label: &str, about: &str) -> bool {
    copying(ui, label, |ui, copied| {
        if !copied {
            return pill_button(ui, label).on_hover_text(about);
        }
        // The label is only hidden, so that the button keeps its width.
        let response = ui.add(small_button(RichText::new(label).color(Color32::TRANSPARENT)));
        let mark = Rect::from_center_size(response.rect.center(), Vec2::splat(14.0));
        icon::paint(ui.painter(), Icon::Check, mark, Palette::of(ui).good);
        response
    })
}

/// How long a copy button shows its check mark, in seconds.
const COPIED: f64 = 1.5;

/// Adds a copy button, given whether it was pressed a moment ago; returns whether it is pressed now.
fn copying(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui, bool) -> Response) -> bool {
    let id = Id::unique("copied at").with(name);
    let now = ui.input(|input| input.time);
    let left = ui.data(|data| data.get_temp::<f64>(id)).map_or(0.0, |at| at + COPIED - now);
    if left > 0.0 {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
    }
    let pressed = add(ui, left > 0.0).clicked();
    if pressed {
        ui.data_mut(|data| data.insert_temp(id, now));
    }
    pressed
}

/// Width and height of an icon button.
pub(in crate::ui) const ICON_BUTTON: f32 = 26.0;

/// Adds an icon that can be pressed and, if `on` is given, is on or off. The name is its tooltip and for screen readers.
pub(in crate::ui) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>) -> Response {
    let muted = Palette::of(ui).muted;
    let button = Button::new(icon.atom(15.0)).small().min_size(Vec2::splat(ICON_BUTTON));
    let button = button.frame_when_inactive(on == Some(true));
    let button = if let Some(on) = on { button.selected(on) } else { button };
    let add = |ui: &mut Ui| {
        ui.spacing_mut().button_padding.x = 5.0;
        ui.visuals_mut().widgets.inactive.fg_stroke.color = muted;
        ui.add(button).accessible_name(name)
    };
    ui.scope(add).inner.on_hover_text(name)
}

/// Adds a switch without a label. The name is for screen readers.
pub(in crate::ui) fn switch(ui: &mut Ui, on: bool, name: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(34.0, 20.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), on, name));
    let way = ui.ctx().animate_bool_responsive(response.id, on);
    let track = palette.border_strong.lerp_to_gamma(palette.start[0], way);
    let radius = rect.height() / 2.0;
    ui.painter().rect_filled(rect, radius, track);
    let knob_x = egui::lerp(rect.left() + radius..=rect.right() - radius, way);
    ui.painter().circle_filled(egui::pos2(knob_x, rect.center().y), radius - 3.0, palette.on_strong);
    focus_ring(ui, &response, rect, radius);
    response
}
