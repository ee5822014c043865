//! The dialog with the crash reports of earlier runs.

use egui::{Button, Frame, Label, RichText, Stroke, Ui};

use crate::app::{App, Command};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::copy_box;
use crate::ui::widgets::dialog::{Dialog, DialogPart};

const DIALOG: Dialog = Dialog { title: "Crash report", width: 860.0 };

/// The dialog.
#[derive(Debug, Default)]
pub(super) struct CrashDialog {
    pub(super) is_open: bool,
}

impl CrashDialog {
    /// Shows the dialog if it is open. It closes when the reports are deleted.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Option<Action> {
        if !self.is_open {
            return None;
        }
        let text = app.crash_text();
        let mut action = None;
        let closed = DIALOG.show_until_closed(ui, "Close the report", |ui, part| match part {
            DialogPart::Contents => contents(ui, app, &text),
            DialogPart::Buttons => {
                for (label, chosen) in
                    [("Copy", Action::CopyCrashReports), ("Delete", Command::DeleteCrashReports.into())]
                {
                    if ui.add(Button::new(label)).clicked() {
                        action = Some(chosen);
                    }
                }
            }
        });
        self.is_open = !closed && action != Some(Command::DeleteCrashReports.into());
        action
    }
}

fn contents(ui: &mut Ui, app: &App, text: &str) {
    let about = "Echoscope sends nothing by itself. If you report the bug, add this text. It contains no received data \
                 and no path of your home folder.";
    ui.add(Label::new(about).wrap());
    for path in app.crash_files() {
        copy_box(ui, "Copy the path", &path.display().to_string(), usize::MAX);
    }
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(palette.field).stroke(Stroke::new(1.0, palette.border));
    frame.corner_radius(size::RADIUS).inner_margin(10).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).font(theme::mono())).wrap());
    });
}
