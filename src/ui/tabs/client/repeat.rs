//! Sending again and again, and how far what is being sent has come.

use std::time::Duration;

use egui::{ProgressBar, RichText, Ui};

use crate::app::clients::{ClientCommand, ClientField, ClientTab, SendKind};
use crate::client::status::Status;
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::client::{action, fields};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, pill_width, text_width};
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};

const STOP: &str = "Stop";
/// How long the server may take nothing before that is told: a moment of it is nothing to speak of.
const BLOCKED: Duration = Duration::from_millis(500);

/// How often and how fast, the button that begins it and, as far as there is room, how far it has come. Whether the
/// latter needs no other place.
pub(in crate::ui) fn show(ui: &mut Ui, tab: &ClientTab, status: &Status, actions: &mut Vec<Action>) -> bool {
    let words = |ui: &mut Ui, text: &str| {
        let width = text_width(ui, text, theme::text());
        let _ = label(ui, text, width);
    };
    ui.spacing_mut().item_spacing.x = 6.0;
    let mut entered = fields::edit(ui, tab, ClientField::Times, 52.0, "10", actions).1;
    words(ui, "times, every");
    entered |= fields::edit(ui, tab, ClientField::Every, 52.0, "1000", actions).1;
    words(ui, "ms");
    let reason = tab.cannot_send().or_else(|| tab.form().repetition().err());
    let ready = reason.is_none();
    let repeat = ui.add_enabled_ui(ready, |ui| pill_button(ui, "Repeat")).inner;
    let repeat = repeat
        .on_hover_text("Send it so often, the first time at once; what goes on already is replaced")
        .on_disabled_hover_text(reason.unwrap_or_default());
    if repeat.clicked() || (entered && ready) {
        actions.push(action(ClientCommand::Repeat { id: tab.id() }));
    }
    let Some(words) = turns(status) else { return true };
    // In this row, so that no other one moves when it comes and goes.
    let stop_and_words = pill_width(ui, STOP) + text_width(ui, &words, theme::small()) + 6.0;
    let fits = stop_and_words <= ui.available_width();
    if fits {
        stop(ui, tab, actions);
        ui.label(small(ui, words));
    }
    fits
}

/// The row that a file has in the place of the line ending: how far it has come.
pub(in crate::ui) fn file(ui: &mut Ui, tab: &ClientTab, status: &Status, actions: &mut Vec<Action>) {
    let Some(file) = &status.file else {
        ui.label(small(ui, "A file of any size is sent as it is, without a line ending.".to_owned()));
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let share = if file.size == 0 { 1.0 } else { file.sent as f32 / file.size as f32 };
    let words = format!("{} of {}", text::bytes(file.sent), text::bytes(file.size));
    let width = (ui.available_width() - pill_width(ui, STOP) - size::GAP).clamp(80.0, 360.0);
    ui.add(ProgressBar::new(share).desired_width(width).text(words));
    stop(ui, tab, actions);
}

/// What has no place in the rows above: mistakes in the two numbers, what goes on of another kind, and that the server
/// takes nothing.
pub(in crate::ui) fn notes(
    ui: &mut Ui,
    tab: &ClientTab,
    status: &Status,
    told: bool,
    actions: &mut Vec<Action>,
) {
    let is_file = tab.form().send_kind() == SendKind::File;
    if let Err(words) = tab.form().repetition()
        && !is_file
    {
        note(ui, Tone::Problem, &words);
    }
    if !is_file && status.file.is_some() {
        ui.horizontal(|ui| file(ui, tab, status, actions));
    }
    if !told && let Some(words) = turns(status) {
        ui.horizontal(|ui| {
            ui.label(small(ui, words));
            stop(ui, tab, actions);
        });
    }
    let Some(since) = status.blocked_since else { return };
    match BLOCKED.checked_sub(since.elapsed()).filter(|rest| !rest.is_zero()) {
        Some(rest) => ui.ctx().request_repaint_after(rest),
        None => {
            ui.horizontal(|ui| {
                let waits = text::bytes(status.queued);
                let words = format!("The server takes nothing: it does not read. {waits} wait here.");
                note(ui, Tone::Caution, &words);
                if status.file.is_none() && status.repeat.is_none() {
                    stop(ui, tab, actions);
                }
            });
        }
    }
}

/// How far a repetition has come.
fn turns(status: &Status) -> Option<String> {
    status
        .repeat
        .map(|repeat| format!("{} of {} sent", with_thousands(repeat.done), with_thousands(repeat.of)))
}

fn small(ui: &Ui, text: String) -> RichText {
    RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted)
}

fn stop(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    let stop = pill_button(ui, STOP).accessible_name("Stop sending");
    if stop.on_hover_text("Forget what waits to be sent, and stay connected").clicked() {
        actions.push(action(ClientCommand::StopSending(tab.id())));
    }
}
