//! The Wire tab: the sequence diagram of one connection.
//!
//! ```text
//! ┌───────────────────────────────────────────────────────────────────────┐
//! │ [#2 · 127.0.0.1:49743 · open v] (Follow) (As an eavesdropper) Save as… │ show_tools
//! ├───────────────────────────────────────────────────────────────────────┤
//! │  time     Client                         Server                       │ sequence_view
//! │  2.9 ms     │      ClientHello · 517 B     │                          │ sequence_row: one of its rows
//! │  +41 µs     │═════════════════════════════►│ [22 handshake][0x0301]…  │
//! ├───────────────────────────────────────────────────────────────────────┤
//! │ 0000  [16] [03 01] [02 00] 01 00 01 fc …                              │ detail_view
//! └───────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Only the rows in view are laid out, so that 100,000 rows take no longer than 10.

mod save_menu;
mod sequence_row;
mod sequence_view;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Frame, Margin, Panel, Ui};

use crate::app::{App, Command};
use crate::capture::sequence::{Sequence, row_text};
use crate::capture::{Capture, CaptureInfo};
use crate::lessons::condition::RowPlace;
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::text::count;
use crate::ui::action::Action;
use crate::ui::tabs::detail_view;
use crate::ui::tabs::wire::sequence_view::SequenceView;
use crate::ui::theme;
use crate::ui::widgets::controls::{chip, choice, segments};
use crate::ui::widgets::{empty_message, toolbar};

/// The most time that a frame may spend on adding rows.
const MAX_UPDATE: Duration = Duration::from_millis(6);

/// The most connections to choose from. Only the newest are listed.
const MAX_LISTED: usize = 256;

/// The width of the choice of the connection. A wide toolbar fits it and the [`OTHER_TOOLS`] on one line.
const MIN_CHOICE: f32 = 220.0;
const MAX_CHOICE: f32 = 420.0;
/// The width of the tools after the choice, with the space between them.
const OTHER_TOOLS: f32 = 400.0;

/// The vertical scales, by order and by time: the label, accessible name and tooltip of each.
const SCALES: [(&str, &str, &str); 2] = [
    ("Order", "Rows by order", "Rows at equal distances"),
    ("Time", "Rows by time", "Distances in proportion to the time between rows"),
];

/// The state of the tab.
#[derive(Debug)]
pub(crate) struct WirePanel {
    /// The connection to show; `None` for the newest.
    chosen: Option<ClientId>,
    shown: Option<ShownConnection>,
    /// The value of [`crate::capture::Captures::changes`] when the connection to show was last looked up.
    looked_up: Option<u64>,
    view: SequenceView,
}

#[derive(Debug)]
struct ShownConnection {
    capture: Arc<Capture>,
    sequence: Sequence,
}

impl Default for WirePanel {
    fn default() -> Self {
        Self { chosen: None, shown: None, looked_up: None, view: SequenceView::new(true, false) }
    }
}

impl WirePanel {
    /// Chooses the connection to show.
    pub(crate) fn choose(&mut self, id: ClientId) {
        (self.chosen, self.looked_up) = (Some(id), None);
    }

    /// Adds rows for new events if the tab is shown. Returns whether there is a row for each event.
    pub(crate) fn update(&mut self, app: &App, is_shown: bool) -> bool {
        let captures = app.captures();
        captures.watch(is_shown);
        if !is_shown {
            return true;
        }
        let changes = Some(captures.changes());
        if std::mem::replace(&mut self.looked_up, changes) != changes {
            self.look_up(app);
        }
        let Some(ShownConnection { capture, sequence }) = &mut self.shown else { return true };
        let started = Instant::now();
        while !sequence.update_some(capture) {
            if started.elapsed() > MAX_UPDATE {
                return false;
            }
        }
        true
    }

    /// Finds the connection to show.
    fn look_up(&mut self, app: &App) {
        let captures = app.captures();
        let current = self.shown.as_ref().map(|shown| shown.sequence.info().client.id);
        if let Some(id) = self.chosen
            && current == Some(id)
            && captures.get(id).is_none()
        {
            // An evicted connection stays visible while it is chosen; a cleared one doesn't.
            if captures.evicted() > 0 {
                return;
            }
            self.chosen = None;
        }
        let wanted = self.chosen.or_else(|| captures.newest());
        let capture = wanted.and_then(|id| captures.get(id));
        if wanted != current || capture.is_none() {
            self.shown = capture.map(|capture| {
                let mut sequence = Sequence::new(&capture);
                // Adds some rows at once, so that the first frame isn't empty.
                sequence.update_some(&capture);
                ShownConnection { capture, sequence }
            });
            self.view = SequenceView::new(self.view.follow, self.view.by_time);
        }
    }

    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        if self.shown.is_none() && app.captures().newest().is_none() {
            let start = if app.state().is_stopped() { "Press Start server, then connect" } else { "Connect" };
            let text = format!(
                "{start} with the line under “Try it”. The diagram shows the data, TLS records, alerts, FIN and RST of a connection."
            );
            // The keys of a handshake can't be had after it.
            let is_tls = app.settings().tls;
            let action = is_tls.then(|| toolbar(ui, "wire tools", |ui| save_menu::show(ui, app, None)));
            empty_message(ui, "No connections yet", &text);
            return action.flatten();
        }
        let chosen = self.chosen;
        let save_action = toolbar(ui, "wire tools", |ui| self.show_tools(ui, app));
        if self.chosen != chosen {
            self.looked_up = None;
            ui.ctx().request_repaint();
        }
        let Some(ShownConnection { sequence, .. }) = &self.shown else {
            let id = self.chosen.map(|id| format!(" {id}")).unwrap_or_default();
            let text = "Echoscope keeps only the newest connections. Choose another one above.";
            empty_message(ui, &format!("Connection{id} is no longer kept"), text);
            return save_action;
        };
        let eavesdrops = app.is_eavesdropping();
        self.view.eavesdrops = eavesdrops;
        let row = self.view.selected.and_then(|index| sequence.rows().get(index));
        let content = row.map(|row| sequence_row::detail_content(row, eavesdrops));
        let detail = detail_view::show_panel(ui, content, DataFormat::Hex);
        if detail.closed {
            self.view.selected = None;
        }
        if let Some(text) = row_text::end_text(sequence).filter(|_| !eavesdrops) {
            let end = Panel::bottom("end of the connection").show_separator_line(false);
            let frame = Frame::new().inner_margin(Margin::symmetric(16, 6));
            end.frame(frame).show(ui, |ui| ui.label(theme::bold(text)));
        }
        let (is_selected, action) = self.view.show(ui, sequence);
        let mut selected = None;
        if is_selected {
            // While a row is selected, a newer connection must not replace this one.
            self.chosen = Some(sequence.info().client.id);
            let row = self.view.selected.and_then(|index| sequence.rows().get(index));
            let text = row.map(|row| sequence_row::full_text(sequence, row, eavesdrops));
            selected = text.map(|text| Command::Selected(RowPlace::Wire, text).into());
        }
        save_action.or(detail.action).or(action).or(selected)
    }

    /// Returns the text of the selected row.
    pub(crate) fn copy(&self, app: &App) -> Option<String> {
        let sequence = &self.shown.as_ref()?.sequence;
        let row = sequence.rows().get(self.view.selected?)?;
        Some(sequence_row::full_text(sequence, row, app.is_eavesdropping()))
    }

    /// Returns the connection that the user chose; `None` while the newest one is shown.
    pub(crate) fn chosen(&self) -> Option<ClientId> {
        self.chosen
    }

    /// Shows the choice of the connection, the options of the view, and the menu that saves the diagram.
    fn show_tools(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        self.choose_connection(ui, app);
        if chip(ui, "Follow", self.view.follow).on_hover_text("Keep the newest row in view").clicked() {
            self.view.follow = !self.view.follow;
        }
        let mut action = None;
        let eavesdrops = app.is_eavesdropping();
        let about = "Hide everything that isn't on the wire, such as decrypted data";
        if chip(ui, "As an eavesdropper", eavesdrops).on_hover_text(about).clicked() {
            action = Some(Command::SetEavesdropping(!eavesdrops).into());
        }
        if let Some(selected) = segments(ui, &SCALES, usize::from(self.view.by_time)) {
            self.view.by_time = selected == 1;
        }
        let shown = self.shown.as_ref().map(|shown| shown.sequence.info().client.id);
        save_menu::show(ui, app, shown).or(action)
    }

    fn choose_connection(&mut self, ui: &mut Ui, app: &App) {
        let shown = self.shown.as_ref().map(|shown| shown.sequence.info());
        let newest = match shown.filter(|_| self.chosen.is_none()) {
            Some(info) => format!("Newest: {}", describe(info)),
            None => "Newest connection".to_owned(),
        };
        let mut choices = vec![(None, newest, "Always show the newest connection")];
        let captures = app.captures().list();
        let newest = captures.iter().rev().take(MAX_LISTED);
        choices.extend(newest.map(|info| (Some(info.client.id), describe(info), "")));
        if let Some(id) = self.chosen
            && choices.iter().all(|(listed, ..)| *listed != Some(id))
        {
            let info = shown.filter(|info| info.client.id == id);
            choices.push((Some(id), info.map_or(format!("{id} · no longer kept"), describe), ""));
        }
        let width = (ui.available_width() - OTHER_TOOLS).clamp(MIN_CHOICE, MAX_CHOICE);
        let choose = |ui: &mut Ui| {
            // A longer description doesn't move the tools after it.
            ui.set_max_width(width);
            choice(ui, "connection to show", width, self.chosen, &choices)
        };
        let (combo, selected) = ui.scope(choose).inner;
        combo.accessible_name("Connection").on_hover_text("The connection in the diagram");
        self.chosen = selected.unwrap_or(self.chosen);
    }
}

/// Describes a connection in one line: `#2 · 127.0.0.1:49743 · open · 14 rows`.
fn describe(info: &CaptureInfo) -> String {
    let state = if info.closed { "closed" } else { "open" };
    let rows = count(info.events as u64, "row");
    let tls = if info.tls { " · TLS" } else { "" };
    format!("{} · {} · {state} · {rows}{tls}", info.client.id, info.client.peer)
}
