//! Things to press: chips, the switch, quiet buttons, the one large button.

use egui::{
    Align2, Color32, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::{self, Icon};

/// A small round-ended button that is on or off.
pub(in crate::ui) fn chip(ui: &mut Ui, label: &str, on: bool) -> Response {
    let palette = Palette::of(ui);
    let response = pill(ui, label, size::CHIP / 2.0, |hovered| match (on, hovered) {
        (true, false) => Look::new(palette.accent, palette.accent_soft, palette.accent_soft),
        (true, true) => Look::new(palette.accent, palette.accent_soft, palette.accent),
        (false, false) => Look::new(palette.muted, Color32::TRANSPARENT, palette.border),
        (false, true) => Look::new(palette.text, palette.field, palette.border_strong),
    });
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), on, label));
    response
}

/// A small button that does something: square-cornered and outlined, where what is on or off has round ends.
pub(in crate::ui) fn pill_button(ui: &mut Ui, label: &str) -> Response {
    let palette = Palette::of(ui);
    let response = pill(ui, label, f32::from(size::RADIUS), |hovered| {
        let fill = if hovered { palette.field_hover } else { Color32::TRANSPARENT };
        Look::new(palette.text, fill, palette.border_strong)
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    response
}

/// How wide a chip or a small round-ended button is: for what stands at a right edge but comes last for the Tab key.
pub(in crate::ui) fn pill_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::small()) + 2.0 * PILL_PADDING
}

/// How wide a quiet button is.
pub(in crate::ui) fn quiet_width(ui: &Ui, label: &str) -> f32 {
    text_width(ui, label, theme::text()) + 16.0
}

/// How wide a text is on one line.
pub(in crate::ui) fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// Left and right of the words on a chip.
const PILL_PADDING: f32 = 10.0;
/// Left and right of the words in a choice of a few.
const SEGMENT_PADDING: f32 = 8.0;

struct Look {
    ink: Color32,
    fill: Color32,
    outline: Color32,
}

impl Look {
    fn new(ink: Color32, fill: Color32, outline: Color32) -> Self {
        Self { ink, fill, outline }
    }
}

fn pill(ui: &mut Ui, label: &str, radius: f32, look: impl Fn(bool) -> Look) -> Response {
    let galley = ui.painter().layout_no_wrap(label.to_owned(), theme::small(), Color32::PLACEHOLDER);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + 2.0 * PILL_PADDING, size::CHIP), Sense::click());
    if ui.is_rect_visible(rect) {
        let look = look(response.hovered());
        ui.painter().rect(rect, radius, look.fill, Stroke::new(1.0, look.outline), StrokeKind::Inside);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, look.ink);
        focus_ring(ui, &response, rect, radius);
    }
    response
}

/// A choice of a few, side by side in one outline; each with its name and what it means. Returns the chosen one.
pub(in crate::ui) fn segments(ui: &mut Ui, choices: &[(&str, &str, &str)], now: usize) -> Option<usize> {
    let palette = Palette::of(ui);
    let widths: Vec<f32> = choices
        .iter()
        .map(|(label, ..)| text_width(ui, label, theme::small()) + 2.0 * SEGMENT_PADDING)
        .collect();
    let (area, _) = ui.allocate_exact_size(vec2(widths.iter().sum(), size::CHIP), Sense::hover());
    let radius = f32::from(size::RADIUS);
    ui.painter().rect_stroke(area, radius, Stroke::new(1.0, palette.border), StrokeKind::Inside);
    let (mut left, mut chosen) = (area.left(), None);
    for (index, ((label, name, about), width)) in choices.iter().zip(widths).enumerate() {
        let rect = Rect::from_min_size(egui::pos2(left, area.top()), vec2(width, area.height()));
        left += width;
        let on = index == now;
        let response = ui.interact(rect, ui.scope_id().with(("segment", name)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), on, *name));
        if on {
            ui.painter().rect_filled(rect, radius, palette.accent_soft);
        }
        let ink = match (on, response.hovered()) {
            (true, _) => palette.accent,
            (false, true) => palette.text,
            (false, false) => palette.muted,
        };
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, label, theme::small(), ink);
        focus_ring(ui, &response, rect, radius);
        if response.on_hover_text(*about).clicked() {
            chosen = Some(index);
        }
    }
    chosen
}

/// How wide a choice of a few is.
pub(in crate::ui) fn segments_width(ui: &Ui, choices: &[(&str, &str, &str)]) -> f32 {
    choices.iter().map(|(label, ..)| text_width(ui, label, theme::small()) + 2.0 * SEGMENT_PADDING).sum()
}

/// How long a copy button shows that it has copied, in seconds.
const COPIED: f64 = 1.5;

/// Two sheets to press, which turn into a tick for a moment. Returns whether it was pressed.
pub(in crate::ui) fn copy_button(ui: &mut Ui, name: &str) -> bool {
    let sign = if has_copied(ui, name) { Icon::Check } else { Icon::Copy };
    let pressed = icon_button(ui, sign, name, None).clicked();
    if pressed {
        now_copied(ui, name);
    }
    pressed
}

/// The same with words: a small button that says for a moment that it has copied.
pub(in crate::ui) fn copy_pill(ui: &mut Ui, label: &str, about: &str) -> bool {
    let palette = Palette::of(ui);
    let copied = has_copied(ui, label);
    let response = pill(ui, label, f32::from(size::RADIUS), |hovered| {
        let fill = if hovered { palette.field_hover } else { Color32::TRANSPARENT };
        // The words give way to others of another width; the button keeps its own.
        Look::new(if copied { Color32::TRANSPARENT } else { palette.text }, fill, palette.border_strong)
    });
    if copied {
        let sign = Rect::from_center_size(response.rect.center(), Vec2::splat(14.0));
        icon::paint(ui.painter(), Icon::Check, sign, palette.good);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let pressed = response.on_hover_text(about).clicked();
    if pressed {
        now_copied(ui, label);
    }
    pressed
}

fn copied_at(name: &str) -> egui::Id {
    egui::Id::unique(("copied at", name))
}

/// Whether the button of this name was pressed a moment ago; asks for the frame in which it no longer was.
fn has_copied(ui: &Ui, name: &str) -> bool {
    let now = ui.input(|input| input.time);
    let at = ui.data(|data| data.get_temp::<f64>(copied_at(name)));
    let rest = at.map_or(0.0, |at| at + COPIED - now);
    if rest > 0.0 {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(rest));
    }
    rest > 0.0
}

fn now_copied(ui: &Ui, name: &str) {
    let now = ui.input(|input| input.time);
    ui.data_mut(|data| data.insert_temp(copied_at(name), now));
}

/// Words that can be pressed, without a frame until the pointer is over them.
pub(in crate::ui) fn quiet_button(ui: &mut Ui, label: &str) -> Response {
    let palette = Palette::of(ui);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), theme::text(), Color32::PLACEHOLDER);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(16.0, 10.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let ink = if response.hovered() { palette.text } else { palette.muted };
    if response.hovered() {
        ui.painter().rect_filled(rect, size::RADIUS, palette.field);
    }
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, ink);
    focus_ring(ui, &response, rect, f32::from(size::RADIUS));
    response
}

/// Width and height of a sign that can be pressed.
pub(in crate::ui) const ICON_BUTTON: f32 = 26.0;

/// A sign that can be pressed; its name is for the tooltip and for those who can't see it.
pub(in crate::ui) fn icon_button(ui: &mut Ui, sign: Icon, name: &str, on: Option<bool>) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(ICON_BUTTON), Sense::click());
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, ui.is_enabled(), on, name),
        None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    let (ink, fill) = match (on, response.hovered()) {
        (Some(true), _) => (palette.accent, palette.accent_soft),
        (_, true) => (palette.text, palette.field),
        _ => (palette.muted, Color32::TRANSPARENT),
    };
    ui.painter().rect_filled(rect, size::RADIUS, fill);
    icon::paint(ui.painter(), sign, Rect::from_center_size(rect.center(), Vec2::splat(15.0)), ink);
    focus_ring(ui, &response, rect, f32::from(size::RADIUS));
    response.on_hover_text(name)
}

/// A switch, without its label.
pub(in crate::ui) fn switch(ui: &mut Ui, on: bool, name: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(34.0, 20.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), on, name));
    let way = ui.ctx().animate_bool_responsive(response.id, on);
    let track = palette.border_strong.lerp_to_gamma(palette.start[0], way);
    let radius = rect.height() / 2.0;
    ui.painter().rect_filled(rect, radius, track);
    let knob_x = egui::lerp(rect.left() + radius..=rect.right() - radius, way);
    ui.painter().circle_filled(egui::pos2(knob_x, rect.center().y), radius - 3.0, palette.knob);
    focus_ring(ui, &response, rect, radius);
    response
}

/// How the large button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Large {
    /// The app's colour.
    Start,
    /// Red.
    Stop,
    /// Neither can be done now.
    Off,
}

/// The one large button, as wide as there is room.
pub(in crate::ui) fn large_button(ui: &mut Ui, label: &str, sign: Option<Icon>, look: Large) -> Response {
    let palette = Palette::of(ui);
    let wanted = vec2(ui.available_width(), size::START);
    let enabled = look != Large::Off;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(wanted, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let shade = usize::from(response.hovered() && enabled);
    let (fill, ink) = match look {
        Large::Start => (palette.start[shade], palette.on_strong),
        Large::Stop => (palette.stop[shade], palette.on_strong),
        Large::Off => (palette.field, palette.muted),
    };
    let radius = f32::from(size::RADIUS) + 2.0;
    ui.painter().rect_filled(rect, radius, fill);
    if look == Large::Off {
        ui.painter().rect_stroke(rect, radius, Stroke::new(1.0, palette.border), StrokeKind::Inside);
    }
    let galley = ui.painter().layout_no_wrap(label.to_owned(), theme::strong(15.0), ink);
    let sign_width = if sign.is_some() { 13.0 + size::GAP } else { 0.0 };
    let left = rect.center().x - f32::midpoint(galley.size().x, sign_width);
    if let Some(sign) = sign {
        let centre = egui::pos2(left + 6.5, rect.center().y);
        icon::paint(ui.painter(), sign, Rect::from_center_size(centre, Vec2::splat(13.0)), ink);
    }
    let text = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), rect).min;
    ui.painter().galley(egui::pos2(left + sign_width, text.y), galley, ink);
    if response.has_focus() {
        // The button is as wide as its area: a ring outside would be cut off at the sides.
        let ring = Stroke::new(2.0, palette.on_strong);
        ui.painter().rect_stroke(rect.shrink(3.0), radius - 2.0, ring, StrokeKind::Inside);
    }
    response
}
