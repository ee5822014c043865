//! The tab of what went by on one connection.
//!
//! ```text
//! ┌ toolbar ──────────────────────────────────────────────────────────────┐
//! │ [#2 · 127.0.0.1:49743 · open v] (Follow)  (Order|Gaps|Time) Save…     │ picker: which connection
//! ├ rows ─────────────────────────────────────────────────────────────────┤ layout: what stands where
//! │  time     Client                         Server                       │ columns: from left to right
//! │  2.9 ms     │      ClientHello · 517 B     │                          │ row: one of them
//! │  +41 µs     │═════════════════════════════►│ [22 handshake][0x0301]…  │ arrow: its line and its head
//! ├ detail ───────────────────────────────────────────────────────────────┤
//! │ 0000  [16] [03 01] [02 00] 01 00 01 fc …                              │ bytes: hex with the fields marked
//! └───────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Only what is in view is laid out, so that 100,000 arrows cost a frame what 10 do.

mod arrow;
mod bundle;
mod bytes;
mod columns;
mod detail;
mod empty;
mod layout;
mod lines;
mod picker;
mod row;
mod rows;
mod toolbar;
mod view;
mod zoom;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use crate::app::App;
use crate::capture::Capture;
use crate::capture::sequence::Ladder;
use crate::server::client_id::ClientId;
use crate::ui::action::Action;
use crate::ui::theme::{Palette, size};
use detail::Detail;
use picker::{Choice, Picker};
use rows::Rows;
use zoom::Zoom;

/// How many marks are taken in between two looks at the clock.
const SLICE: usize = 4096;
/// How long a frame may take in marks.
const BUDGET: Duration = Duration::from_millis(6);

/// Below this height a window is low.
const LOW: f32 = 340.0;
/// Height of the words that say what to do, where there is nothing else to tell.
const HINT: f32 = 36.0;

/// What the tab itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct WirePanel {
    /// The connection that the user chose; `None`: whichever is the newest.
    chosen: Option<ClientId>,
    shown: Option<Shown>,
    /// Which connections there are was looked up when the captures said this.
    looked: Option<u64>,
    picker: Picker,
    zoom: Zoom,
    rows: Rows,
    detail: Detail,
}

/// The connection that is shown.
#[derive(Debug)]
struct Shown {
    capture: Arc<Capture>,
    ladder: Ladder,
}

impl Shown {
    fn new(capture: Arc<Capture>) -> Self {
        Self { ladder: Ladder::new(&capture), capture }
    }

    fn id(&self) -> ClientId {
        self.ladder.info().client.id
    }
}

impl WirePanel {
    /// Shows this connection from now on.
    pub(in crate::ui) fn choose(&mut self, id: ClientId) {
        (self.chosen, self.looked) = (Some(id), None);
    }

    /// Takes in what has gone by, while the tab is shown; returns whether nothing is left to take in.
    pub(in crate::ui) fn update(&mut self, app: &App, is_shown: bool) -> bool {
        let captures = app.captures();
        captures.watch(is_shown);
        if !is_shown {
            return true;
        }
        let changes = captures.changes();
        if self.looked != Some(changes) {
            self.looked = Some(changes);
            self.look(app);
        }
        let Some(Shown { capture, ladder }) = &mut self.shown else { return true };
        let started = Instant::now();
        while !ladder.update_some(capture, SLICE) {
            if started.elapsed() > BUDGET {
                return false;
            }
        }
        true
    }

    /// Finds the connection to show.
    fn look(&mut self, app: &App) {
        let captures = app.captures();
        let now = self.shown.as_ref().map(Shown::id);
        if let Some(id) = self.chosen
            && captures.get(id).is_none()
            && now == Some(id)
        {
            // What was let go for newer ones stays in view for whoever looks at it; what was cleared goes.
            if captures.let_go() > 0 {
                return;
            }
            self.chosen = None;
        }
        let wanted = self.chosen.or_else(|| captures.list().last().map(|info| info.client.id));
        if wanted != now || now.is_some_and(|id| captures.get(id).is_none()) {
            self.shown = wanted.and_then(|id| captures.get(id)).map(Shown::new);
            self.rows = Rows::following(self.rows.follow);
            self.zoom.fit();
            // Its first rows are to be there already when it is shown.
            if let Some(Shown { capture, ladder }) = &mut self.shown {
                ladder.update_some(capture, SLICE);
            }
        }
    }

    /// Shows the tab.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let palette = Palette::of(ui);
        let (bar, canvas) = (Frame::new().fill(palette.panel), Frame::new().fill(palette.canvas));
        if self.shown.is_none() && app.captures().list().is_empty() {
            CentralPanel::default().frame(canvas).show(ui, |ui| empty::nothing(ui, app));
            return Vec::new();
        }
        let mut actions = Vec::new();
        Panel::top("wire tools").resizable(false).frame(bar).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            actions.extend(self.toolbar(ui, app));
        });
        let Some(shown) = &self.shown else {
            CentralPanel::default().frame(canvas).show(ui, |ui| empty::gone(ui, self.chosen));
            return actions;
        };
        let margin = Margin { left: 16, right: 16, top: 8, bottom: 8 };
        // The ladder keeps the larger part.
        let height = ui.available_height();
        let most = (height - 200.0).max(height * 0.4).max(72.0);
        // In a low window the ladder has the room as long as there is nothing to tell.
        let hint = height < LOW && self.rows.selected().is_none();
        let panel = if hint {
            Panel::bottom("wire hint").resizable(false).exact_size(HINT)
        } else {
            Panel::bottom("wire detail")
                .resizable(true)
                .default_size(size::LADDER_DETAIL.min(most))
                .size_range(72.0..=most)
        };
        panel.frame(bar.inner_margin(margin)).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            actions.extend(self.detail.show(ui, &shown.ladder, &shown.capture, self.rows.selected()));
        });
        let area = CentralPanel::default().frame(canvas);
        let selected =
            area.show(ui, |ui| self.rows.show(ui, &shown.ladder, &shown.capture, &mut self.zoom)).inner;
        if selected {
            // Who looks at a row doesn't want another connection in its place.
            self.chosen = Some(shown.id());
        }
        actions
    }

    fn toolbar(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let shown = self.shown.as_ref().map(|shown| shown.ladder.info());
        let (chosen, actions) =
            toolbar::show(ui, app, shown, self.chosen, &mut self.picker, &mut self.zoom, &mut self.rows);
        if let Some(choice) = chosen {
            self.looked = None;
            self.chosen = match choice {
                Choice::Newest => None,
                Choice::This(id) => Some(id),
            };
            ui.ctx().request_repaint();
        }
        actions
    }
}
