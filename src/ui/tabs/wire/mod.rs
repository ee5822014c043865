//! The Wire tab: the sequence diagram of one connection.
//!
//! ```text
//! ┌───────────────────────────────────────────────────────────────────────┐
//! │ [#2 · 127.0.0.1:49743 · open v] (Follow)       (Order|Time) Save…     │ wire_toolbar
//! ├───────────────────────────────────────────────────────────────────────┤
//! │  time     Client                         Server                       │ sequence_view
//! │  2.9 ms     │      ClientHello · 517 B     │                          │ sequence_row: one of its rows
//! │  +41 µs     │═════════════════════════════►│ [22 handshake][0x0301]…  │
//! ├───────────────────────────────────────────────────────────────────────┤
//! │ 0000  [16] [03 01] [02 00] 01 00 01 fc …                              │ row_detail
//! └───────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Only the rows in view are laid out, so that 100,000 rows take no longer than 10.

mod row_detail;
mod sequence_row;
mod sequence_view;
mod wire_toolbar;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CentralPanel, Frame, Margin, Panel, RichText, Ui};

use crate::app::App;
use crate::capture::Capture;
use crate::capture::sequence::Sequence;
use crate::server::event::ClientId;
use crate::ui::action::Action;
use crate::ui::tabs::wire::sequence_view::{SequenceView, end_text};
use crate::ui::theme::{self, Palette, size};

/// How long a frame may spend on adding rows.
const MAX_UPDATE: Duration = Duration::from_millis(6);
/// The height of the hint while no row is selected.
const HINT: f32 = 36.0;

/// The state of the tab.
#[derive(Debug)]
pub(crate) struct WirePanel {
    /// The connection to show; `None` for the newest.
    chosen: Option<ClientId>,
    shown: Option<ShownConnection>,
    /// [`crate::capture::Captures::changes`] when the connection to show was last looked up.
    looked_up: Option<u64>,
    view: SequenceView,
}

#[derive(Debug)]
struct ShownConnection {
    capture: Arc<Capture>,
    sequence: Sequence,
}

impl ShownConnection {
    fn id(&self) -> ClientId {
        self.sequence.info().client.id
    }
}

impl Default for WirePanel {
    fn default() -> Self {
        Self { chosen: None, shown: None, looked_up: None, view: SequenceView::new(true, false) }
    }
}

impl WirePanel {
    /// Shows this connection from now on.
    pub(crate) fn choose(&mut self, id: ClientId) {
        (self.chosen, self.looked_up) = (Some(id), None);
    }

    /// Adds rows for new events while the tab is shown. Returns whether all were added.
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
        let current = self.shown.as_ref().map(ShownConnection::id);
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
                // So that the first frame isn't empty.
                sequence.update_some(&capture);
                ShownConnection { capture, sequence }
            });
            self.view = SequenceView::new(self.view.follow, self.view.by_time);
        }
    }

    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let palette = Palette::of(ui);
        let (bar, canvas) = (Frame::new().fill(palette.panel), Frame::new().fill(palette.canvas));
        if self.shown.is_none() && app.captures().newest().is_none() {
            CentralPanel::default().frame(canvas).show(ui, |ui| {
                let start = if app.state().is_stopped() { "Press Start server, then connect" } else { "Connect" };
                let text = format!(
                    "{start} with the line under “Try it”. All data of the connection is drawn here, arrow by arrow."
                );
                show_message(ui, "No connections yet", &text);
            });
            return None;
        }
        let mut action = None;
        let chosen = self.chosen;
        Panel::top("wire tools").resizable(false).frame(bar.inner_margin(Margin::symmetric(16, 7))).show(
            ui,
            |ui| {
                let shown = self.shown.as_ref().map(|shown| shown.sequence.info());
                action = wire_toolbar::show(ui, app, shown, &mut self.chosen, &mut self.view);
            },
        );
        if self.chosen != chosen {
            self.looked_up = None;
            ui.ctx().request_repaint();
        }
        let Some(shown) = &self.shown else {
            CentralPanel::default().frame(canvas).show(ui, |ui| {
                let id = self.chosen.map(|id| format!(" {id}")).unwrap_or_default();
                let text = "Only the newest connections are kept. Choose another one above.";
                show_message(ui, &format!("Connection{id} is no longer kept"), text);
            });
            return action;
        };
        let height = ui.available_height();
        let max_detail = (height - 200.0).max(height * 0.4).max(72.0);
        let panel = if self.view.selected().is_none() {
            Panel::bottom("wire hint").resizable(false).exact_size(HINT)
        } else {
            Panel::bottom("wire detail")
                .resizable(true)
                .default_size(size::SEQUENCE_DETAIL.min(max_detail))
                .size_range(72.0..=max_detail)
        };
        let margin = Margin { left: 16, right: 16, top: 8, bottom: 8 };
        panel.frame(bar.inner_margin(margin)).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            action = row_detail::show(ui, &shown.sequence, self.view.selected()).or(action.take());
        });
        if let Some(text) = end_text(&shown.sequence) {
            let end = Panel::bottom("end of the connection").resizable(false).show_separator_line(false);
            end.frame(canvas.inner_margin(Margin::symmetric(16, 6))).show(ui, |ui| {
                ui.label(RichText::new(text).font(theme::strong(size::TEXT)).color(palette.text));
            });
        }
        let area = CentralPanel::default().frame(canvas);
        if area.show(ui, |ui| self.view.show(ui, &shown.sequence)).inner {
            // While a row is selected, a newer connection must not replace this one.
            self.chosen = Some(shown.id());
        }
        action
    }
}

fn show_message(ui: &mut Ui, title: &str, text: &str) {
    let palette = Palette::of(ui);
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width((ui.available_width() - 2.0 * size::EDGE).min(520.0));
        ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new(text).color(palette.muted));
    });
}
