//! *Try it from a terminal*: commands to copy that connect to the server and check its certificate.

use egui::{Align, Label, Layout, RichText, Ui};

use crate::app::App;
use crate::ui::theme::{self, size};
use crate::ui::widgets::controls::{copy_box, copy_button, segments, segments_width, text_width};
use crate::ui::widgets::field::{Tone, heading, note, small};

/// The most lines of a command that are shown. The copy button copies all of it.
const MAX_LINES: usize = 4;
/// In a window shorter than this, only one line of a command is shown, so that the form has more space.
const SHORT_WINDOW: f32 = 600.0;
/// The largest font size of the address for others.
const LARGE: f32 = 22.0;

/// Shows one program's command, and the choice of the program. `program` is the index of the chosen one.
pub(super) fn show(ui: &mut Ui, app: &App, program: &mut usize) {
    let is_short = ui.ctx().content_rect().height() < SHORT_WINDOW;
    command(ui, app, program, if is_short { 1 } else { MAX_LINES });
    if app.lacks_client_certificate() {
        note(
            ui,
            Tone::Hint,
            "The server requires a client certificate. Choose Create certificate… to make one.",
        );
    }
    if let Some(address) = app.address_for_others() {
        for_others(ui, &address.to_string(), is_short);
    }
}

fn command(ui: &mut Ui, app: &App, program: &mut usize, max_lines: usize) {
    let lines = app.try_it();
    let Some(chosen) = lines.get(*program).or(lines.first()) else {
        heading(ui, "Try it from a terminal");
        let text = if app.form().first_invalid().is_some() {
            "Correct the settings to see a command."
        } else {
            "The OS chooses the port. Start the server to see a command."
        };
        small(ui, text);
        return;
    };
    ui.horizontal(|ui| {
        heading(ui, "Try it from a terminal");
        let names: Vec<_> = lines.iter().map(|line| (line.program, line.program, "")).collect();
        ui.add_space(ui.available_width() - segments_width(ui, &names));
        let current = (*program).min(lines.len() - 1);
        *program = segments(ui, &names, current).unwrap_or(current);
    });
    copy_box(ui, "Copy this command", &chosen.line, max_lines);
    if let Some(text) = chosen.note.as_ref().filter(|_| max_lines > 1) {
        note(ui, Tone::Hint, text);
    }
}

/// Shows the address that other computers connect to, large enough to read from a distance.
fn for_others(ui: &mut Ui, address: &str, is_short: bool) {
    if !is_short {
        heading(ui, "Others connect to");
    }
    ui.horizontal(|ui| {
        if is_short {
            heading(ui, "Others connect to");
        }
        let right = Layout::right_to_left(Align::Center);
        ui.with_layout(right, |ui| {
            copy_button(ui, "Copy the address for others", || address.to_owned());
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                // A long IPv6 address is shown smaller, on one line.
                let width = text_width(ui, address, theme::strong(LARGE));
                let largest = if is_short { size::TEXT } else { LARGE };
                let points = (LARGE * ui.available_width() / width).floor().clamp(size::SMALL, largest);
                ui.add(Label::new(RichText::new(address).font(theme::strong(points))).truncate());
            });
        });
    });
    ui.add_space(2.0);
}
