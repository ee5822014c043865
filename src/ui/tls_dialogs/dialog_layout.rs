//! The common parts of the TLS dialogs: a title, contents that scroll, buttons that stay in view, keys, and rows with a
//! label.

use std::error::Error;

use egui::{
    Align, Button, Frame, Id, Key, Label, Layout, Modifiers, Popup, Response, RichText, ScrollArea, Stroke,
    TextEdit, TextStyle, Ui, vec2,
};

use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{choice, icon_button};
use crate::ui::widgets::field::{Tone, label, note, text_field};
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::{copy_frame, modal};

/// Free space around a dialog, both sides together.
const MARGIN: f32 = 48.0;
/// Height of the title and the buttons with the space between them and the contents.
const TITLE_AND_BUTTONS: f32 = 108.0;
/// Space between the contents and the scroll bar.
const SCROLL_BAR_GAP: f32 = 12.0;
/// Width of the labels.
const LABEL: f32 = 132.0;
/// Width of a *Browse…* button.
const BROWSE: f32 = 84.0;

/// A dialog's name and width.
pub(super) struct Dialog {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) width: f32,
}

/// A part of a dialog.
#[derive(Debug, Clone, Copy)]
pub(super) enum DialogPart {
    /// The scrolling contents.
    Contents,
    /// The buttons below them.
    Buttons,
}

/// How the user answered a dialog in this frame.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DialogKeys {
    /// Escape or the close button.
    pub(super) closed: bool,
    /// Enter while no other control uses it, for the default button.
    pub(super) entered: bool,
}

impl Dialog {
    /// Shows the dialog over everything else. `add` is called for each of its parts.
    pub(super) fn show(&self, ui: &Ui, mut add: impl FnMut(&mut Ui, DialogPart)) -> DialogKeys {
        let ctx = ui.ctx();
        let palette = Palette::of(ui);
        let room = ctx.content_rect().size();
        // Checked before the contents, since a text field gives up the focus when Enter is pressed in it.
        let enter_is_free = ctx.text_edit_focused() || ctx.memory(|memory| memory.focused().is_none());
        let has_popup = Popup::is_any_open(ctx);
        let frame = Frame::window(ui.style()).fill(palette.panel);
        let modal = modal(Id::unique(self.id), self.title).frame(frame).backdrop_color(palette.veil);
        let response = modal.show(ctx, |ui| {
            let margins = f32::from(ui.spacing().window_margin.left) * 2.0;
            ui.set_width((room.x - MARGIN - margins).min(self.width));
            let close = ui
                .horizontal(|ui| {
                    ui.label(RichText::new(self.title).font(theme::strong(16.0)).color(palette.text));
                    let right = Layout::right_to_left(Align::Center);
                    ui.with_layout(right, |ui| icon_button(ui, Icon::Cross, "Close", None).clicked()).inner
                })
                .inner;
            ui.add_space(2.0);
            let height = room.y - MARGIN - margins - TITLE_AND_BUTTONS;
            let is_narrow = ui.available_width() < size::DIALOG_LEAST;
            ScrollArea::new([is_narrow, true])
                .id_salt(self.id)
                .auto_shrink([false, true])
                .max_height(height)
                .min_scrolled_height(height)
                .show(ui, |ui| {
                    let least = if is_narrow { size::DIALOG_LEAST } else { 0.0 };
                    ui.set_width(ui.available_width().max(least) - SCROLL_BAR_GAP);
                    add(ui, DialogPart::Contents);
                });
            ui.add_space(6.0);
            let row = |ui: &mut Ui| {
                ui.set_min_height(size::CONTROL);
                add(ui, DialogPart::Buttons);
            };
            if is_narrow {
                ui.horizontal_wrapped(row);
            } else {
                ui.horizontal(row);
            }
            close
        });
        let entered = enter_is_free
            && !has_popup
            && !ctx.text_edit_focused()
            && response.is_top_modal
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        // A click beside the dialog is often an accident, and closing it would discard the input.
        let beside = response.backdrop_response.clicked();
        DialogKeys { closed: response.inner || (!beside && response.should_close()), entered }
    }
}

/// Shows the button that Enter presses, too.
pub(super) fn default_button(ui: &mut Ui, label: &str, enabled: bool) -> Response {
    let palette = Palette::of(ui);
    if !enabled {
        return ui.add_enabled(false, Button::new(label));
    }
    let text = RichText::new(label).font(theme::strong(size::TEXT)).color(palette.on_strong);
    ui.add(Button::new(text).fill(palette.start[0]))
}

/// Shows a label and a control beside it, which gets the label's response.
pub(super) fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) -> R {
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.set_min_height(size::CONTROL);
        let name = label(ui, text, LABEL - size::GAP);
        control(ui, &name)
    });
    row.inner
}

/// Shows something below a control and aligned with it.
pub(super) fn below<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
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

/// A text field of a dialog.
pub(super) struct DialogField<'a> {
    /// Its label, which is unique in the window.
    pub(super) label: &'a str,
    pub(super) text: &'a str,
    pub(super) hint: &'static str,
    pub(super) is_wrong: bool,
}

impl DialogField<'_> {
    /// Shows the row; returns the field's response and its text after a change.
    pub(super) fn show(&self, ui: &mut Ui) -> (Response, Option<String>) {
        let width = if self.label == "Days" { BROWSE } else { f32::INFINITY };
        row(ui, self.label, |ui, name| self.edit(ui, width.min(ui.available_width()), name))
    }

    /// Shows the row with a *Browse…* button, which takes this action.
    pub(super) fn show_with_browse(
        &self,
        ui: &mut Ui,
        browse: &str,
        choose: impl FnOnce() -> Action,
        actions: &mut Vec<Action>,
    ) -> (Response, Option<String>) {
        row(ui, self.label, |ui, name| {
            let edited = self.edit(ui, ui.available_width() - BROWSE - size::GAP, name);
            let button = ui.add_sized([BROWSE, size::CONTROL], Button::new("Browse…"));
            if button.accessible_name(browse).clicked() {
                actions.push(Action::choose_path(choose()));
            }
            edited
        })
    }

    fn edit(&self, ui: &mut Ui, width: f32, name: &Response) -> (Response, Option<String>) {
        let (response, changed) = text_field(ui, self.label, width, self.text, self.hint, self.is_wrong);
        let response = response.labelled_by(name.id);
        scroll_to_focus(ui, &response);
        (response, changed)
    }
}

/// Scrolls to a field that has just got the focus, with room for the note below it.
fn scroll_to_focus(ui: &Ui, field: &Response) {
    if field.gained_focus() {
        ui.scroll_to_rect(field.rect.expand2(vec2(0.0, 48.0)), None);
    }
}

/// Shows a list to choose from with its label; returns the new choice.
pub(super) fn choice_row<T: Copy + PartialEq>(
    ui: &mut Ui,
    label: &str,
    id: &str,
    current: T,
    choices: &[(T, &str, &str)],
) -> Option<T> {
    row(ui, label, |ui, name| {
        let (combo, chosen) = choice(ui, id, ui.available_width(), current, choices);
        combo.labelled_by(name.id);
        chosen
    })
}

/// Shows a check box with an outline, so that it is visible while it is empty.
pub(super) fn check_box(ui: &mut Ui, on: &mut bool, text: &str) -> Response {
    ui.scope(|ui| {
        let outline = Stroke::new(1.0, Palette::of(ui).muted);
        ui.visuals_mut().widgets.inactive.bg_stroke = outline;
        ui.checkbox(on, text)
    })
    .inner
}

/// Shows a sentence in a muted color.
pub(super) fn sentence(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted);
    ui.add(Label::new(text).wrap())
}

/// Shows a heading inside a dialog.
pub(super) fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(text).font(theme::strong(14.0)).color(Palette::of(ui).text));
}

/// Shows an error, with its cause when hovered.
pub(super) fn error_note(ui: &mut Ui, error: &dyn Error) {
    let shown = note(ui, Tone::Problem, &error.to_string());
    if let Some(cause) = error.source() {
        shown.on_hover_text(cause.to_string());
    }
}

/// Shows a field's error, or what the field is for.
pub(super) fn error_or_sentence(ui: &mut Ui, error: Option<&dyn Error>, about: &str) {
    match error {
        Some(error) => error_note(ui, error),
        None => drop(sentence(ui, about)),
    }
}

/// Shows text in a fixed-width font that can be selected, with a button that copies all of it.
pub(super) fn copyable(ui: &mut Ui, name: &str, text: &str) -> Option<Action> {
    let palette = Palette::of(ui);
    let copied = copy_frame(palette).show(ui, |ui| {
        let row = ui.horizontal_top(|ui| {
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
            icon_button(ui, Icon::Copy, &format!("Copy {name}"), None).clicked()
        });
        row.inner
    });
    copied.inner.then(|| Action::CopyText(text.to_owned()))
}

/// Shows the name of a value, and the value beside it.
pub(super) fn named<R>(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.scope(|ui| {
            ui.set_width(LABEL - size::GAP);
            ui.label(RichText::new(name).color(palette.muted));
        });
        value(ui)
    });
    row.inner
}

/// Shows a value in a fixed-width font that wraps.
pub(super) fn mono(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text).font(theme::mono()).color(Palette::of(ui).text);
    ui.add(Label::new(text).wrap())
}
