//! The row over the log: the filter, the kinds that are shown, and what can be done with the log.

use egui::{Id, Key, Margin, Rect, TextEdit, Ui, UiBuilder, vec2};

use crate::app::{App, Command};
use crate::log::category::Category;
use crate::settings::DataFormat;
use crate::ui::action::Action;
use crate::ui::shortcuts::named;
use crate::ui::tabs::log::log_panel::LogPanel;
use crate::ui::theme::size;
use crate::ui::widgets::controls::{
    ICON_BUTTON, chip, icon_button, pill_button, pill_width, segments, segments_width,
};
use crate::ui::widgets::icon::Icon;

/// Where the keyboard goes on Ctrl+F.
pub(in crate::ui) fn filter_id() -> Id {
    Id::unique("filter")
}

/// Below this width what can be done with the log gets a row of its own.
const NARROW: f32 = 760.0;
/// Between two chips.
const GAP: f32 = 6.0;
/// The ways in which data is written: what stands on them, what they are called, what they mean.
const FORMATS: [(&str, &str, &str); 3] = [
    ("b'…'", "Data as Python prints it", "Received data as Python prints it: b'Hello\\n'"),
    ("Text", "Data as text", "Received data as text, with signs for what is not text"),
    ("Hex", "Data as hex", "Received data as hexadecimal digits, two for each byte"),
];

/// Shows the row, or the two rows where it is narrow. The order is the same in both.
pub(in crate::ui) fn show(ui: &mut Ui, app: &App, log: &mut LogPanel) -> Vec<Action> {
    let mut actions = Vec::new();
    let narrow = ui.available_width() < NARROW;
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    let commands: f32 = ["Follow", "Save…", "Clear"].iter().map(|label| pill_width(ui, label) + GAP).sum();
    let rest = segments_width(ui, &FORMATS) + commands + 2.0 * GAP + size::EDGE;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.set_height(size::CONTROL);
        ui.add_space(size::EDGE);
        let chips: f32 = Category::CHIPS.iter().map(|kind| pill_width(ui, kind.label()) + GAP).sum();
        let beside = chips + if narrow { size::EDGE } else { rest + 2.0 * GAP };
        filter(ui, log, (ui.available_width() - beside - GAP).clamp(80.0, 360.0));
        ui.add_space(4.0);
        kinds(ui, log);
        if !narrow {
            ui.add_space((ui.available_width() - rest).max(0.0));
            actions.extend(tools(ui, app, log));
        }
    });
    if narrow {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.set_height(size::CHIP);
            ui.add_space(size::EDGE);
            actions.extend(tools(ui, app, log));
        });
    }
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    actions
}

/// The filter's box. Escape, or the cross in it, empties it.
fn filter(ui: &mut Ui, log: &mut LogPanel, width: f32) {
    let hint = if width < 170.0 { "Filter" } else { "Filter: text, #2, error…" };
    let filled = !log.text.is_empty();
    let right = if filled { 28 } else { 10 };
    let edit = TextEdit::singleline(&mut log.text)
        .id(filter_id())
        .hint_text(hint)
        .margin(Margin { left: 10, right, top: 5, bottom: 5 })
        .align(egui::Align2::LEFT_CENTER);
    let response = ui.add_sized(vec2(width, size::CONTROL), edit).accessible_name("Filter");
    let mut empty = response.lost_focus() && filled && ui.input(|input| input.key_pressed(Key::Escape));
    if filled {
        let centre = response.rect.right_center() - vec2(15.0, 0.0);
        let place = Rect::from_center_size(centre, vec2(ICON_BUTTON, ICON_BUTTON));
        // A child of its own: what comes after the box stays where it is.
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
        empty |= icon_button(&mut child, Icon::Cross, "Clear the filter", None).clicked();
    }
    if empty {
        log.text.clear();
        // The keyboard stays: a second Escape leaves the box.
        response.request_focus();
    }
}

/// What can be done with the log: how data is written, whether the end is followed, save, clear.
fn tools(ui: &mut Ui, app: &App, log: &mut LogPanel) -> Vec<Action> {
    let mut actions = Vec::new();
    let now = app.settings().data_format;
    let at = DataFormat::ALL.iter().position(|format| *format == now).unwrap_or(0);
    if let Some(chosen) = segments(ui, &FORMATS, at) {
        actions.push(Command::SetDataFormat(DataFormat::ALL[chosen]).into());
    }
    ui.add_space(GAP);
    if chip(ui, "Follow", log.follow).on_hover_text("Keep the newest entry in view").clicked() {
        log.follow = !log.follow;
    }
    ui.add_space(GAP);
    ui.add_enabled_ui(!app.log().is_empty(), |ui| {
        if pill_button(ui, "Save…")
            .on_hover_text(named(ui.ctx(), "Write the whole log to a file (Ctrl+S)"))
            .clicked()
        {
            actions.push(Action::save_log());
        }
        if pill_button(ui, "Clear").on_hover_text(named(ui.ctx(), "Forget all entries (Ctrl+L)")).clicked() {
            actions.push(Command::ClearLog.into());
        }
    });
    actions
}

fn kinds(ui: &mut Ui, log: &mut LogPanel) {
    for kind in Category::CHIPS {
        let shown = log.kinds.contains(kind);
        let about = if shown { "These entries are shown" } else { "These entries are hidden" };
        if chip(ui, kind.label(), shown).on_hover_text(about).clicked() {
            log.kinds.toggle(kind);
        }
    }
}
