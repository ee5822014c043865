//! A label and what is typed beside it.

use egui::style::ScrollAnimation;
use egui::{
    Align2, Context, Id, Response, RichText, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, vec2,
};

use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::room::was_resized;

/// A heading over a group of fields.
pub(in crate::ui) fn heading(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong(12.5)).color(Palette::of(ui).muted))
}

/// A label of a fixed width, on the line that the control beside it has its text on.
pub(in crate::ui) fn label(ui: &mut Ui, text: &str, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::text(), Palette::of(ui).muted);
    let at = egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Palette::of(ui).muted);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, text));
    response
}

/// Where it is remembered which field is to get the keyboard.
fn wanted() -> Id {
    Id::unique("the field that gets the keyboard")
}

/// Gives the keyboard to a text field as soon as it is shown, and brings it into view.
pub(in crate::ui) fn focus_field(ctx: &Context, salt: &str) {
    ctx.data_mut(|data| data.insert_temp(wanted(), salt.to_owned()));
}

/// A text field for a path, of which the end tells more than the beginning: a long one shows its end until it is
/// edited.
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
        // The longest end that fits. Few are laid out on the way to it, however long the path is.
        let fits = starts.partition_point(|start| text_width(ui, &end(start), theme::text()) > room);
        let end = starts.get(fits).map(end).unwrap_or_default();
        let visuals = ui.style().interact(&response);
        // Over what the field itself has written, inside its outline.
        ui.painter().rect_filled(response.rect.shrink(2.0), size::RADIUS - 1, palette.field);
        let at = egui::pos2(response.rect.left() + 10.0, response.rect.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, end, theme::text(), visuals.text_color());
    }
    (response, changed)
}

/// A text field; returns its response and, where the text was changed, what it is now.
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
        .align(egui::Align2::LEFT_CENTER);
    let response = ui.add_sized(vec2(width, size::CONTROL), edit);
    if ui.data(|data| data.get_temp::<String>(wanted())).is_some_and(|name| name == salt) {
        ui.data_mut(|data| data.remove::<String>(wanted()));
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
