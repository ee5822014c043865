//! *Try it from a terminal*: commands to copy that connect to the server.

use egui::text::LayoutJob;
use egui::{Label, RichText, TextFormat, Ui, Vec2};

use crate::app::App;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, copy_button, text_width};
use crate::ui::widgets::copy_frame;
use crate::ui::widgets::field::heading;

/// The panel with the command of one program.
#[derive(Debug, Default)]
pub(super) struct TryItPanel {
    program: usize,
}

/// The space left and right of a program's name.
const PADDING: f32 = 7.0;
/// The most rows of a command that are shown. Copying takes all of it.
const MAX_ROWS: usize = 4;
/// In a window that is lower than this only one row is shown, so that the form has more space.
const LOW_WINDOW: f32 = 600.0;

impl TryItPanel {
    /// Shows the command of one program, and tabs for the others.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let lines = app.try_it();
        self.program = self.program.min(lines.len().saturating_sub(1));
        let palette = Palette::of(ui);
        ui.horizontal(|ui| {
            heading(ui, "Try it from a terminal");
            ui.spacing_mut().item_spacing.x = 0.0;
            let width = |name: &str| text_width(ui, name, theme::small()) + 2.0 * PADDING;
            let rest: f32 = lines.iter().map(|line| width(line.program)).sum();
            ui.add_space(ui.available_width() - rest);
            for (index, choice) in lines.iter().enumerate() {
                if self.choice(ui, index, choice.program) {
                    self.program = index;
                }
            }
        });
        let mut action = None;
        let Some(chosen) = lines.get(self.program) else {
            let text = if app.form().first_invalid().is_some() {
                "Correct the settings to see a command."
            } else {
                "The system will choose the port. Start the server to see a command."
            };
            ui.add(Label::new(RichText::new(text).size(size::SMALL).color(palette.muted)).wrap());
            return None;
        };
        copy_frame(palette).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let width = ui.available_width() - ICON_BUTTON - 4.0;
                ui.scope(|ui| {
                    ui.set_width(width);
                    let format = TextFormat::simple(theme::mono(), palette.text);
                    let mut job = LayoutJob::single_section(chosen.line.clone(), format);
                    let low = ui.ctx().content_rect().height() < LOW_WINDOW;
                    job.wrap.max_rows = if low { 1 } else { MAX_ROWS };
                    ui.add(Label::new(job).wrap().selectable(true));
                });
                if copy_button(ui, "Copy this line") {
                    action = Some(Action::CopyText(chosen.line.clone()));
                }
            });
        });
        action
    }

    /// Shows the name of a program as a small tab; returns whether it was clicked.
    fn choice(&self, ui: &mut Ui, index: usize, program: &str) -> bool {
        let palette = Palette::of(ui);
        let on = index == self.program;
        let color = if on { palette.accent } else { palette.muted };
        let text = RichText::new(program).size(size::SMALL).color(color);
        ui.scope(|ui| {
            ui.spacing_mut().button_padding = Vec2::new(PADDING, 2.0);
            ui.spacing_mut().interact_size.y = 20.0;
            ui.add(egui::Button::selectable(on, text)).clicked()
        })
        .inner
    }
}
