//! The row over the log: the filter, the kinds that are shown, and what can be done with the log.

use eframe::egui::{Id, TextEdit, Ui, vec2};

use super::dialogs::Purpose;
use super::log_panel::LogPanel;
use super::theme::size;
use super::widgets::controls::{chip, pill_button, pill_width};
use super::wish::Wish;
use crate::journal::kind::Kind;
use crate::session::{Command, Session};
use crate::settings::DataFormat;

/// Where the keyboard goes on Ctrl+F.
pub(super) fn filter_id() -> Id {
    Id::unique("filter")
}

/// Below this width the chips get a row of their own.
const NARROW: f32 = 720.0;
/// Between two chips.
const GAP: f32 = 6.0;

/// Shows the row, or the two rows where it is narrow.
pub(super) fn show(ui: &mut Ui, session: &Session, log: &mut LogPanel) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let narrow = ui.available_width() < NARROW;
    let empty = session.journal().is_empty();
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.set_height(size::CONTROL);
        ui.add_space(size::EDGE);
        let format = format_label(session.settings().data_format);
        let rest: f32 =
            [format, "Follow", "Save…", "Clear"].iter().map(|label| pill_width(ui, label) + GAP).sum();
        let rest = rest - GAP + size::EDGE;
        let chips = if narrow {
            0.0
        } else {
            Kind::CHIPS.iter().map(|kind| pill_width(ui, kind.label()) + GAP).sum()
        };
        let width =
            (ui.available_width() - rest - chips - if narrow { GAP } else { 3.0 * GAP }).clamp(80.0, 360.0);
        let edit = TextEdit::singleline(&mut log.text)
            .id(filter_id())
            .hint_text("Filter: text, #2, error…")
            .align(eframe::egui::Align2::LEFT_CENTER);
        let _ = ui.add_sized(vec2(width, size::CONTROL), edit).accessible_name("Filter");
        if !narrow {
            ui.add_space(4.0);
            kinds(ui, log);
        }
        ui.add_space((ui.available_width() - rest).max(0.0));
        wishes.extend(data_format(ui, session));
        if chip(ui, "Follow", log.follow).on_hover_text("Keep the newest entry in view").clicked() {
            log.follow = !log.follow;
        }
        ui.add_enabled_ui(!empty, |ui| {
            if pill_button(ui, "Save…").on_hover_text("Write the log to a file (Ctrl+S)").clicked() {
                wishes.push(Wish::Browse(Purpose::SaveLog));
            }
            if pill_button(ui, "Clear").on_hover_text("Forget all entries (Ctrl+L)").clicked() {
                wishes.push(Command::ClearLog.into());
            }
        });
    });
    if narrow {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.add_space(size::EDGE);
            kinds(ui, log);
        });
    }
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    wishes
}

fn kinds(ui: &mut Ui, log: &mut LogPanel) {
    for kind in Kind::CHIPS {
        let shown = log.kinds.contains(kind);
        let about = if shown { "These entries are shown" } else { "These entries are hidden" };
        if chip(ui, kind.label(), shown).on_hover_text(about).clicked() {
            log.kinds.toggle(kind);
        }
    }
}

/// Steps through the ways in which data is written.
fn data_format(ui: &mut Ui, session: &Session) -> Option<Wish> {
    let now = session.settings().data_format;
    let label = format_label(now);
    let about = match now {
        DataFormat::Python => "Data as Python prints it",
        DataFormat::Text => "Data as text",
        DataFormat::Hex => "Data as hexadecimal digits",
    };
    let response = pill_button(ui, label).on_hover_text(format!("{about}; press for the next way"));
    let response = response.accessible_name(format!("Format of data: {label}"));
    let next = DataFormat::ALL.iter().cycle().skip_while(|format| **format != now).nth(1);
    next.filter(|_| response.clicked()).map(|next| Command::SetDataFormat(*next).into())
}

fn format_label(format: DataFormat) -> &'static str {
    match format {
        DataFormat::Python => "b'…'",
        DataFormat::Text => "text",
        DataFormat::Hex => "hex",
    }
}
