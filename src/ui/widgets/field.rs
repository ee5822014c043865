//! Text fields with their labels, headings and notes.

use egui::style::ScrollAnimation;
use egui::{
    Align2, Context, Id, Label, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    Vec2, WidgetInfo, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::icon::{Icon, paint};
use crate::ui::widgets::was_resized;

/// Adds a heading over a group of fields.
pub(crate) fn heading(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong(12.5)).weak())
}

/// Adds a label of a fixed width, as high as the field beside it.
pub(crate) fn label(ui: &mut Ui, text: &str, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let color = Palette::of(ui).muted;
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, text, theme::text(), color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// Adds a text in small muted type, which wraps.
pub(crate) fn small(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.add(Label::new(RichText::new(text).small().weak()).wrap())
}

/// Shows `content` below a field, to the right of its label.
pub(crate) fn beside_label(ui: &mut Ui, label_width: f32, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(label_width);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(size::GAP, 6.0);
            content(ui);
        });
    });
}

/// Shows the name of a value, and the value beside it.
pub(crate) fn named<R>(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui) -> R) -> R {
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.scope(|ui| {
            ui.set_width(124.0);
            ui.weak(name);
        });
        value(ui)
    });
    row.inner
}

/// Adds a label as wide as its text and as high as the field beside it.
pub(crate) fn plain_label(ui: &mut Ui, text: &str) {
    let width = text_width(ui, text, theme::text());
    let _ = label(ui, text, width);
}

fn requested_focus_id() -> Id {
    Id::unique("the field that gets the keyboard focus")
}

/// Moves the keyboard focus to the widget that calls [`take_focus`] with this salt, as text fields do, and scrolls it
/// into view.
pub(crate) fn focus_field(ctx: &Context, salt: &str) {
    ctx.data_mut(|data| data.insert_temp(requested_focus_id(), salt.to_owned()));
}

/// Moves the keyboard focus to this widget if [`focus_field`] was called with its salt.
pub(crate) fn take_focus(ui: &Ui, salt: &str, widget: &Response) {
    if ui.data(|data| data.get_temp::<String>(requested_focus_id())).is_some_and(|name| name == salt) {
        ui.data_mut(|data| data.remove::<String>(requested_focus_id()));
        widget.request_focus();
        widget.scroll_to_me(None);
    }
}

/// Adds a text field for a path. While it isn't focused, it shows the end of a long path, which has the file's name.
pub(crate) fn path_field(
    ui: &mut Ui,
    salt: &str,
    width: f32,
    text: &str,
    hint: &'static str,
    wrong: bool,
) -> (Response, Option<String>) {
    let (response, changed) = text_field(ui, salt, width, text, hint, wrong);
    let place = response.rect.shrink2(vec2(10.0, 2.0));
    if !response.has_focus() && text_width(ui, text, theme::text()) > place.width() {
        // Paint over the field's own text, inside its outline.
        ui.painter().rect_filled(response.rect.shrink(2.0), 0.0, Palette::of(ui).field);
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        let color = ui.style().interact(&response).text_color();
        painter.text(place.right_center(), Align2::RIGHT_CENTER, text, theme::text(), color);
    }
    (response, changed)
}

/// Adds a text edit in which selected text is clearly visible. egui has one color for selected text, the text of
/// selected buttons and the outline of the focused field, so this one draws that outline itself.
pub(crate) fn add_edit(ui: &mut Ui, edit: impl FnOnce(&mut Ui) -> Response) -> Response {
    let palette = Palette::of(ui);
    // Not in a scope, which would keep the field from moving to the next row where it doesn't fit.
    let usual = ui.visuals().selection;
    let selection = &mut ui.visuals_mut().selection;
    selection.bg_fill = palette.start[0];
    selection.stroke.color = palette.on_strong;
    let response = edit(ui);
    ui.visuals_mut().selection = usual;
    if response.has_focus() {
        ui.painter().rect_stroke(response.rect, size::RADIUS, palette.focus_ring(), StrokeKind::Inside);
    }
    response
}

/// Adds a text field; returns its response and, if the user changed it, the new text.
pub(crate) fn text_field(
    ui: &mut Ui,
    salt: &str,
    width: f32,
    text: &str,
    hint: &'static str,
    wrong: bool,
) -> (Response, Option<String>) {
    let mut typed = text.to_owned();
    let edit = TextEdit::singleline(&mut typed)
        .id_salt(salt)
        .hint_text(hint)
        .desired_width(width)
        .align(Align2::LEFT_CENTER);
    let response = add_edit(ui, |ui| ui.add_sized(vec2(width, size::CONTROL), edit));
    take_focus(ui, salt, &response);
    if response.has_focus() && was_resized(ui.ctx()) {
        response.scroll_to_me_animation(None, ScrollAnimation::none());
    }
    if wrong {
        let outline = Stroke::new(1.5, Palette::of(ui).problem);
        ui.painter().rect_stroke(response.rect, size::RADIUS, outline, StrokeKind::Inside);
    }
    let changed = response.changed().then_some(typed);
    (response, changed)
}

/// The kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Success.
    Good,
    /// A warning.
    Caution,
    /// An error.
    Problem,
    /// Information.
    Hint,
}

fn reveal_id() -> Id {
    Id::unique("errors are scrolled into view")
}

/// Sets whether errors that are shown from now on are scrolled into view.
pub(crate) fn reveal_problems(ctx: &Context, reveal: bool) {
    ctx.data_mut(|data| data.insert_temp(reveal_id(), reveal));
}

/// Adds a note with its icon. The text wraps, and can be selected and copied.
pub(crate) fn note(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let palette = Palette::of(ui);
    let (icon, color) = match tone {
        Tone::Good => (Icon::Check, palette.good),
        Tone::Caution => (Icon::Warning, palette.caution),
        Tone::Problem => (Icon::Problem, palette.problem),
        Tone::Hint => (Icon::Info, palette.muted),
    };
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(13.0, 16.0), Sense::hover());
        let square = Rect::from_center_size(rect.center() + vec2(0.0, -0.5), Vec2::splat(12.0));
        paint(ui.painter(), icon, square, color);
        // The text keeps its color while it is selected.
        ui.visuals_mut().selection.stroke.color = color;
        ui.add(Label::new(RichText::new(text).small().color(color)).wrap())
    });
    if tone == Tone::Problem && ui.data(|data| data.get_temp(reveal_id())) == Some(true) {
        row.response.scroll_to_me(None);
    }
    row.inner
}
