//! A label and what is typed beside it.

use eframe::egui::{Response, RichText, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, vec2};

use crate::ui::theme::{self, Palette, size};

/// A heading over a group of fields.
pub(in crate::ui) fn heading(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong(12.5)).color(Palette::of(ui).muted))
}

/// A label of a fixed width, on the line that the control beside it has its text on.
pub(in crate::ui) fn label(ui: &mut Ui, text: &str, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::text(), Palette::of(ui).muted);
    let at = eframe::egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Palette::of(ui).muted);
    response.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Label, true, text));
    response
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
        .align(eframe::egui::Align2::LEFT_CENTER);
    let response = ui.add_sized(vec2(width, size::CONTROL), edit);
    if wrong {
        let outline = Stroke::new(1.5, Palette::of(ui).problem);
        ui.painter().rect_stroke(response.rect, size::RADIUS, outline, StrokeKind::Inside);
    }
    let changed = response.changed().then_some(typed);
    (response, changed)
}
