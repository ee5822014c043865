//! Text fields with their labels and headings.

use egui::style::ScrollAnimation;
use egui::{
    Align2, Context, Id, Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::scroll_when_small::was_resized;

/// Adds a heading over a group of fields.
pub(in crate::ui) fn heading(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong(12.5)).color(Palette::of(ui).muted))
}

/// Adds a label of a fixed width, as high as the field beside it.
pub(in crate::ui) fn label(ui: &mut Ui, text: &str, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let color = Palette::of(ui).muted;
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, text, theme::text(), color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

fn requested_focus() -> Id {
    Id::unique("the field that gets the keyboard focus")
}

/// Moves the keyboard focus to a text field as soon as it is shown, and scrolls it into view.
pub(in crate::ui) fn focus_field(ctx: &Context, salt: &str) {
    ctx.data_mut(|data| data.insert_temp(requested_focus(), salt.to_owned()));
}

/// Adds a text field for a path. While it isn't edited, a long path shows its end, which distinguishes files.
pub(in crate::ui) fn path_field(
    ui: &mut Ui,
    salt: &str,
    width: f32,
    text: &str,
    hint: &'static str,
    wrong: bool,
) -> (Response, Option<String>) {
    let (response, changed) = text_field(ui, salt, width, text, hint, wrong);
    let room = response.rect.width() - 20.0;
    if !response.has_focus() && text_width(ui, text, theme::text()) > room {
        let palette = Palette::of(ui);
        let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let end = |start: &usize| format!("…{}", &text[*start..]);
        // A binary search for the longest end that fits, so that a long path isn't laid out at each length.
        let fits = starts.partition_point(|start| text_width(ui, &end(start), theme::text()) > room);
        let end = starts.get(fits).map(end).unwrap_or_default();
        let visuals = ui.style().interact(&response);
        // Paint over the field's own text, inside its outline.
        ui.painter().rect_filled(response.rect.shrink(2.0), size::RADIUS - 1, palette.field);
        let at = response.rect.left_center() + vec2(10.0, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, end, theme::text(), visuals.text_color());
    }
    (response, changed)
}

/// Adds a text field; returns its response and, if the user changed it, the new text.
pub(in crate::ui) fn text_field(
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
    let response = ui.add_sized(vec2(width, size::CONTROL), edit);
    if ui.data(|data| data.get_temp::<String>(requested_focus())).is_some_and(|name| name == salt) {
        ui.data_mut(|data| data.remove::<String>(requested_focus()));
        response.request_focus();
        response.scroll_to_me(None);
    }
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
