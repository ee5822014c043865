//! The toolbar of the Wire tab: which connection is shown, how rows are placed, and saving.

use std::path::PathBuf;

use egui::{Ui, vec2};

use crate::app::{App, Command};
use crate::capture::CaptureInfo;
use crate::capture::sequence::SequenceFormat;
use crate::server::event::ClientId;
use crate::text::count;
use crate::ui::action::Action;
use crate::ui::tabs::wire::sequence_view::SequenceView;
use crate::ui::theme::size;
use crate::ui::widgets::controls::{chip, choice, pill_button, segments};

/// The number of connections in the list, the newest first.
const MAX_LISTED: usize = 256;

/// The ways to place rows: label, accessible name and tooltip.
const SCALES: [(&str, &str, &str); 2] = [
    ("Order", "Rows by order", "One row after the other"),
    ("Time", "Rows by time", "Further apart the longer the time between them"),
];

/// The formats to save in: label and tooltip.
const FORMATS: [(SequenceFormat, &str, &str); 2] = [
    (SequenceFormat::Svg, "Save as SVG…", "Save the whole diagram to a file, as a picture"),
    (SequenceFormat::Text, "Save as text…", "Save the whole diagram to a file, as text"),
];

/// Shows the toolbar, in two rows if it is narrow. `chosen` is the connection to show, or `None` for the newest.
pub(crate) fn show(
    ui: &mut Ui,
    app: &App,
    shown: Option<&CaptureInfo>,
    chosen: &mut Option<ClientId>,
    view: &mut SequenceView,
) -> Option<Action> {
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = size::CONTROL;
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        choose_connection(ui, app, shown, chosen, (ui.available_width() * 0.6).min(420.0));
        if chip(ui, "Follow", view.follow).on_hover_text("Keep the newest row in view").clicked() {
            view.follow = !view.follow;
        }
        if let Some(selected) = segments(ui, &SCALES, usize::from(view.by_time)) {
            view.by_time = selected == 1;
        }
        let Some(info) = shown else { return };
        for (format, label, about) in FORMATS {
            if pill_button(ui, label).on_hover_text(about).clicked() {
                let command = Command::SaveSequence { id: info.client.id, path: PathBuf::new(), format };
                action = Some(Action::choose_path(command));
            }
        }
    });
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
