//! *Try it from a terminal*: commands to copy that connect to the server.

use egui::Ui;

use crate::app::App;
use crate::ui::widgets::controls::{copy_box, segments, segments_width};
use crate::ui::widgets::field::{heading, small};

/// The most rows of a command that are shown. Copying takes all of it.
const MAX_ROWS: usize = 4;
/// In a window that is lower than this only one row is shown, so that the form has more space.
const LOW_WINDOW: f32 = 600.0;

/// Shows the command of one program, and a choice of programs. `program` is the index of the chosen one.
pub(super) fn show(ui: &mut Ui, app: &App, program: &mut usize) {
    let lines = app.try_it();
    let Some(chosen) = lines.get(*program).or(lines.first()) else {
        heading(ui, "Try it from a terminal");
        let text = if app.form().first_invalid().is_some() {
            "Correct the settings to see a command."
        } else {
            "The system will choose the port. Start the server to see a command."
        };
        small(ui, text);
        return;
    };
    ui.horizontal(|ui| {
        heading(ui, "Try it from a terminal");
        let names: Vec<_> = lines.iter().map(|line| (line.program, line.program, "")).collect();
        ui.add_space(ui.available_width() - segments_width(ui, &names));
        let now = (*program).min(lines.len() - 1);
        *program = segments(ui, &names, now).unwrap_or(now);
    });
    let is_low = ui.ctx().content_rect().height() < LOW_WINDOW;
    copy_box(ui, "Copy this line", &chosen.line, if is_low { 1 } else { MAX_ROWS });
}
