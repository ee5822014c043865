//! The toolbar of the Wire tab: which connection is shown, how rows are placed, and saving.

use std::path::PathBuf;

use egui::Ui;

use crate::app::{App, Command};
use crate::capture::CaptureInfo;
use crate::capture::sequence::SequenceFormat;
use crate::server::client_id::ClientId;
use crate::text::count;
use crate::ui::action::Action;
use crate::ui::tabs::wire::sequence_view::SequenceView;
use crate::ui::theme::size;
use crate::ui::widgets::choice::choice;
use crate::ui::widgets::controls::{chip, pill_button, pill_width, segments, segments_width};

/// The space between two controls.
const GAP: f32 = 6.0;
/// Below this width the save buttons have short names.
const NARROW: f32 = 520.0;
/// The number of connections in the list, the newest first.
const MAX_LISTED: usize = 256;

/// The ways to place rows: label, accessible name and tooltip.
const SCALES: [(&str, &str, &str); 2] = [
    ("Order", "Rows by order", "One row after the other"),
    ("Time", "Rows by time", "Further apart the longer the time between them"),
];

/// The formats to save in: short label, label and tooltip.
const FORMATS: [(SequenceFormat, &str, &str, &str); 2] = [
    (SequenceFormat::Svg, "SVG…", "Save as SVG…", "Save the whole diagram to a file, as a picture"),
    (SequenceFormat::Text, "Text…", "Save as text…", "Save the whole diagram to a file, as text"),
];

/// Shows the toolbar, in two rows if it is narrow. `chosen` is the connection to show, or `None` for the newest.
pub(in crate::ui) fn show(
    ui: &mut Ui,
    app: &App,
    shown: Option<&CaptureInfo>,
    chosen: &mut Option<ClientId>,
    view: &mut SequenceView,
) -> Option<Action> {
    let is_short = ui.available_width() < NARROW;
    let saves = FORMATS.map(|(_, short, long, _)| if is_short { short } else { long });
    let tools_width = segments_width(ui, &SCALES)
        + saves.iter().map(|label| pill_width(ui, label) + GAP).sum::<f32>()
        + 3.0 * GAP
        + size::EDGE;
    let follow_width = pill_width(ui, "Follow") + 2.0 * GAP;
    let is_narrow = ui.available_width() < tools_width + follow_width + 330.0;
    let mut action = None;
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.set_height(size::CONTROL);
        ui.add_space(size::EDGE);
        let others = follow_width + if is_narrow { size::EDGE } else { tools_width + GAP };
        choose_connection(ui, app, shown, chosen, (ui.available_width() - others).clamp(120.0, 420.0));
        if chip(ui, "Follow", view.follow).on_hover_text("Keep the newest row in view").clicked() {
            view.follow = !view.follow;
        }
        if !is_narrow {
            ui.add_space((ui.available_width() - tools_width).max(0.0));
            action = show_tools(ui, shown, saves, view);
        }
    });
    if is_narrow {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.set_height(size::CHIP);
            ui.add_space(size::EDGE);
            action = show_tools(ui, shown, saves, view);
        });
    }
    ui.add_space((size::TOOLBAR - size::CONTROL) / 2.0);
    action
}

fn choose_connection(
    ui: &mut Ui,
    app: &App,
    shown: Option<&CaptureInfo>,
    chosen: &mut Option<ClientId>,
    width: f32,
) {
    let captures = app.captures().list();
    let mut choices = vec![(None, "Newest connection".to_owned(), "Always show the newest connection")];
    if let (Some(info), None) = (shown, *chosen) {
        choices[0].1 = format!("Newest: {}", describe(info));
    }
    let newest = captures.iter().rev().take(MAX_LISTED);
    choices.extend(newest.map(|info| (Some(info.client.id), describe(info), "")));
    if let Some(id) = *chosen
        && choices.iter().all(|(listed, ..)| *listed != Some(id))
    {
        let text =
            shown.filter(|info| info.client.id == id).map_or(format!("{id} · no longer kept"), describe);
        choices.push((Some(id), text, ""));
    }
    let (combo, selected) = choice(ui, "connection to show", width, *chosen, &choices);
    combo.accessible_name("Connection").on_hover_text("Which connection is shown");
    if let Some(selected) = selected {
        *chosen = selected;
    }
}

/// Returns a connection in one line: `#2 · 127.0.0.1:49743 · open · 14 rows`.
fn describe(info: &CaptureInfo) -> String {
    let state = if info.closed { "closed" } else { "open" };
    let rows = count(info.events as u64, "row");
    let tls = if info.tls { " · TLS" } else { "" };
    format!("{} · {} · {state} · {rows}{tls}", info.client.id, info.client.peer)
}

fn show_tools(
    ui: &mut Ui,
    shown: Option<&CaptureInfo>,
    saves: [&str; 2],
    view: &mut SequenceView,
) -> Option<Action> {
    if let Some(selected) = segments(ui, &SCALES, usize::from(view.by_time)) {
        view.by_time = selected == 1;
    }
    ui.add_space(GAP);
    let id = shown?.client.id;
    let mut action = None;
    for (label, (format, _, name, about)) in saves.into_iter().zip(FORMATS) {
        if pill_button(ui, label).accessible_name(name).on_hover_text(about).clicked() {
            action = Some(Action::choose_path(Command::SaveSequence { id, path: PathBuf::new(), format }));
        }
    }
    action
}
