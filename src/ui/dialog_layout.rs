//! The rows of dialogs: a label and a control, with an error or a sentence below the control.

use std::error::Error;

use egui::{Button, Color32, Label, Response, RichText, Ui, vec2};

use crate::platform::terminal::TerminalCommand;
use crate::ui::action::Action;
use crate::ui::theme::{self, size};
use crate::ui::widgets::controls::{choice, copy_box};
use crate::ui::widgets::field::{Tone, beside_label, label, note, small, text_field};

/// Width of the labels.
const LABEL: f32 = 132.0;
/// Width of a *Browse…* button.
const BROWSE: f32 = 84.0;

/// Shows a label with a control beside it. `control` is called with the label's response.
pub(super) fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) -> R {
    let row = ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        let name = label(ui, text, LABEL - size::GAP);
        control(ui, &name)
    });
    row.inner
}

/// Shows `content` below a control and aligned with it.
pub(super) fn below(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.add_space(-4.0);
    beside_label(ui, LABEL, content);
    ui.add_space(3.0);
}

/// Does the same, with room for the tallest of these texts, so that nothing below moves when another one is shown.
pub(super) fn below_any(ui: &mut Ui, texts: &[&str], content: impl FnOnce(&mut Ui)) {
    below(ui, |ui| {
        let height = |text: &&str| {
            let width = ui.available_width();
            ui.painter().layout((*text).to_owned(), theme::small(), Color32::PLACEHOLDER, width).size().y
        };
        ui.set_min_height(texts.iter().map(height).fold(0.0, f32::max));
        content(ui);
    });
}

/// A text field of a dialog.
pub(super) struct DialogField<'a> {
    /// The field's label, which is unique in the window.
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

    /// Shows the row with a *Browse…* button, which asks for a path and then carries out `choose`.
    pub(super) fn show_with_browse(
        &self,
        ui: &mut Ui,
        choose: impl Into<Action>,
        actions: &mut Vec<Action>,
    ) -> (Response, Option<String>) {
        row(ui, self.label, |ui, name| {
            let edited = self.edit(ui, ui.available_width() - BROWSE - size::GAP, name);
            let button = ui.add_sized([BROWSE, size::CONTROL], Button::new("Browse…"));
            if button.accessible_name(format!("Browse for {}", self.label)).clicked() {
                actions.push(Action::choose_path(choose));
            }
            edited
        })
    }

    fn edit(&self, ui: &mut Ui, width: f32, name: &Response) -> (Response, Option<String>) {
        let (response, changed) = text_field(ui, self.label, width, self.text, self.hint, self.is_wrong);
        let response = response.labelled_by(name.id);
        if response.gained_focus() {
            // Makes the note below the field visible, too.
            ui.scroll_to_rect(response.rect.expand2(vec2(0.0, 48.0)), None);
        }
        (response, changed)
    }
}

/// Shows a label with a combo box; returns the choice if it was changed.
pub(super) fn choice_row<T: Copy + PartialEq>(
    ui: &mut Ui,
    label: &str,
    current: T,
    choices: &[(T, &str, &str)],
) -> Option<T> {
    row(ui, label, |ui, name| {
        let (combo, chosen) = choice(ui, label, ui.available_width(), current, choices);
        combo.labelled_by(name.id);
        chosen
    })
}

/// Shows a heading inside a dialog.
pub(super) fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.heading(text);
}

/// The heading above the commands of [`command_lines`].
pub(super) const CONNECT_AND_CHECK: &str = "How clients connect and check it";

/// Shows commands to copy, each with its program's name and its note.
pub(super) fn command_lines(ui: &mut Ui, commands: &[TerminalCommand]) {
    for command in commands {
        small(ui, command.program);
        copy_box(ui, &format!("Copy the command for {}", command.program), &command.line, usize::MAX);
        if let Some(text) = &command.note {
            note(ui, Tone::Hint, text);
        }
    }
}

/// Shows an error, with its cause as a tooltip.
pub(super) fn error_note(ui: &mut Ui, error: &dyn Error) {
    let shown = note(ui, Tone::Problem, &error.to_string());
    if let Some(cause) = error.source() {
        shown.on_hover_text(cause.to_string());
    }
}

/// Shows a field's error or, if there is none, what the field is for.
pub(super) fn error_or_sentence(ui: &mut Ui, error: Option<&dyn Error>, about: &str) {
    match error {
        Some(error) => error_note(ui, error),
        None => drop(small(ui, about)),
    }
}

/// Shows a value in a fixed-width font that wraps.
pub(super) fn mono(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).monospace()).wrap())
}
