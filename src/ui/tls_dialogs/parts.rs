//! Pieces that the lab's dialogs are put together from: rows with a label, sentences under them, lines to copy.

use egui::{Frame, Label, Response, RichText, Sense, Stroke, TextEdit, TextStyle, Ui, WidgetText, vec2};

use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::choice::choice;
use crate::ui::widgets::controls::icon_button;
use crate::ui::widgets::copy_frame;
use crate::ui::widgets::field::label;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::note::{Tone, note};

/// Width of the labels.
const LABEL: f32 = 132.0;

/// A label, and a control beside it that gets the label's response.
pub(super) fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) -> R {
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.set_min_height(size::CONTROL);
        let name = label(ui, text, LABEL - size::GAP);
        control(ui, &name)
    });
    row.inner
}

/// Puts something under the control that it is about, in line with it.
pub(super) fn under<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(-4.0);
    let indented = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(LABEL);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(size::GAP, 5.0);
            content(ui)
        })
        .inner
    });
    ui.add_space(3.0);
    indented.inner
}

/// Brings a field that has just got the keyboard into view, with room for what is said under it.
pub(super) fn reveal(ui: &Ui, field: &Response) {
    if field.gained_focus() {
        ui.scroll_to_rect(field.rect.expand2(vec2(0.0, 48.0)), None);
    }
}

/// A sentence about a choice, quieter than the choice.
pub(super) fn sentence(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted);
    ui.add(Label::new(text).wrap())
}

/// A box to tick, with an outline that shows where it is while it is empty.
pub(super) fn tick(ui: &mut Ui, on: &mut bool, text: &str) -> Response {
    ui.scope(|ui| {
        let outline = Stroke::new(1.0, Palette::of(ui).muted);
        ui.visuals_mut().widgets.inactive.bg_stroke = outline;
        ui.checkbox(on, text)
    })
    .inner
}

/// Running text.
pub(super) fn paragraph(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(Palette::of(ui).text)).wrap())
}

/// That a change waits, where it does.
pub(super) fn restart_hint(ui: &mut Ui, waits: bool) {
    if waits {
        note(ui, Tone::Hint, "Takes effect when the server is started again.");
    }
}

/// A list to choose from; returns what was chosen anew.
pub(super) fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &Response,
    id: &str,
    current: T,
    choices: &[(T, &str, &str)],
) -> Option<T> {
    let (combo, chosen) = choice(ui, id, ui.available_width(), current, choices);
    combo.labelled_by(name.id);
    chosen
}

/// A frame for what can be copied: fields' colour, a thin outline.
pub(super) fn framed<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    copy_frame(palette).show(ui, content).inner
}

/// A line or several in fixed width that can be selected, with a button that copies all of it.
pub(super) fn copyable(ui: &mut Ui, name: &str, text: &str) -> Option<Action> {
    framed(ui, |ui| {
        let mut action = None;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let width = ui.available_width() - 30.0;
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.add_space(4.0);
                let mut shown = text;
                let edit = TextEdit::multiline(&mut shown)
                    .id_salt(name)
                    .font(TextStyle::Monospace)
                    .frame(Frame::NONE)
                    .desired_rows(1)
                    .desired_width(width);
                let _ = ui.add(edit).accessible_name(name);
            });
            if icon_button(ui, Icon::Copy, &format!("Copy {name}"), None).clicked() {
                action = Some(Action::CopyText(text.to_owned()));
            }
        });
        action
    })
}

/// A value with its name before it, and perhaps a button that copies it.
pub(super) fn value(ui: &mut Ui, name: &str, text: &str, copy: bool) -> Option<Action> {
    let mut action = None;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        named(ui, name);
        let room = ui.available_width() - if copy { 34.0 } else { 0.0 };
        ui.vertical(|ui| {
            ui.set_width(room);
            let text = RichText::new(text).font(theme::mono()).color(Palette::of(ui).text);
            ui.add(Label::new(text).wrap());
        });
        if copy {
            ui.vertical(|ui| {
                // The sign is level with the first line.
                ui.add_space(-5.0);
                if icon_button(ui, Icon::Copy, &format!("Copy {name}"), None).clicked() {
                    action = Some(Action::CopyText(text.to_owned()));
                }
            });
        }
    });
    action
}

/// The name before a value, of a fixed width.
pub(super) fn named(ui: &mut Ui, name: &str) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(LABEL - size::GAP, 18.0), Sense::hover());
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::text(), palette.muted);
    ui.painter().galley(rect.min, galley, palette.muted);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
}

/// A heading inside a dialog.
pub(super) fn heading(ui: &mut Ui, text: impl Into<String>) {
    ui.add_space(6.0);
    let text: WidgetText = RichText::new(text).font(theme::strong(14.0)).color(Palette::of(ui).text).into();
    ui.label(text);
}
