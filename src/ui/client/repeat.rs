//! Sending again and again, and how far what is being sent has come.

use eframe::egui::{RichText, Ui};

use super::{fields, wish};
use crate::client::status::Status;
use crate::journal::units;
use crate::session::clients::{ClientCommand, ClientField, ClientTab};
use crate::settings::fields::grouped;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};
use crate::ui::wish::Wish;

/// How often and how fast, and the button that begins it.
pub(super) fn show(ui: &mut Ui, tab: &ClientTab, status: &Status, wishes: &mut Vec<Wish>) {
    let words = |ui: &mut Ui, text: &str| {
        let width = text_width(ui, text, theme::text());
        let _ = label(ui, text, width);
    };
    ui.spacing_mut().item_spacing.x = 6.0;
    let mut entered = fields::edit(ui, tab, ClientField::Times, 52.0, "10", wishes).1;
    words(ui, "times, every");
    entered |= fields::edit(ui, tab, ClientField::Every, 52.0, "1000", wishes).1;
    words(ui, "ms");
    let reason = tab.cannot_send().or_else(|| tab.form().repetition().err());
    let ready = reason.is_none();
    let repeat = ui.add_enabled_ui(ready, |ui| pill_button(ui, "Repeat")).inner;
    let repeat = repeat
        .on_hover_text("Send it so often, the first time at once; what goes on already is replaced")
        .on_disabled_hover_text(reason.unwrap_or_default());
    if repeat.clicked() || (entered && ready) {
        wishes.push(wish(ClientCommand::Repeat { id: tab.id() }));
    }
    if status.repeat.is_some() {
        stop(ui, tab, wishes);
    }
}

/// What is wrong with the two numbers, and how far what goes on has come.
pub(super) fn progress(ui: &mut Ui, tab: &ClientTab, status: &Status, wishes: &mut Vec<Wish>) {
    if let Err(words) = tab.form().repetition() {
        note(ui, Tone::Problem, &words);
    }
    let small = |text: String, ui: &Ui| RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted);
    let mut stoppable = false;
    let mut said = Vec::new();
    if let Some(repeat) = status.repeat {
        said.push(format!("{} of {} sent", grouped(repeat.done), grouped(repeat.of)));
    }
    if status.file.is_none() && (status.blocked_since.is_some() || status.queued > 0) {
        let queued = units::bytes(status.queued);
        stoppable = status.repeat.is_none();
        said.push(match status.blocked_since {
            Some(_) => format!(
                "{queued} wait: the server takes nothing, since it reads nothing or its echo is not read"
            ),
            None => format!("{queued} wait to be sent"),
        });
    }
    if !said.is_empty() {
        ui.horizontal_wrapped(|ui| {
            ui.label(small(said.join("; "), ui));
            if stoppable {
                stop(ui, tab, wishes);
            }
        });
    }
    let Some(file) = &status.file else { return };
    ui.horizontal(|ui| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = if file.size == 0 { 1.0 } else { file.sent as f32 / file.size as f32 };
        let words = format!("{} of {}", units::bytes(file.sent), units::bytes(file.size));
        let width = (ui.available_width() - 90.0).clamp(80.0, 360.0);
        let bar = eframe::egui::ProgressBar::new(share).desired_width(width).text(words);
        ui.add(bar);
        stop(ui, tab, wishes);
    });
}

fn stop(ui: &mut Ui, tab: &ClientTab, wishes: &mut Vec<Wish>) {
    let stop = pill_button(ui, "Stop").accessible_name("Stop sending");
    if stop.on_hover_text("Forget what waits to be sent, and stay connected").clicked() {
        wishes.push(wish(ClientCommand::StopSending(tab.id())));
    }
}
