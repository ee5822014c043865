//! *Try it from a terminal*: commands to copy that connect to the server.

use egui::Ui;

use crate::app::App;
use crate::ui::widgets::controls::{copy_box, segments, segments_width};
use crate::ui::widgets::field::{heading, small};

/// The most lines of a command that are shown. The copy button copies all of it.
const MAX_LINES: usize = 4;
/// In a window shorter than this, only one line of a command is shown, so that the form has more space.
const SHORT_WINDOW: f32 = 600.0;

/// Shows one program's command, and the choice of the program. `program` is the index of the chosen one.
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
        let current = (*program).min(lines.len() - 1);
        *program = segments(ui, &names, current).unwrap_or(current);
    });
    let is_short = ui.ctx().content_rect().height() < SHORT_WINDOW;
    copy_box(ui, "Copy this line", &chosen.line, if is_short { 1 } else { MAX_LINES });
}
