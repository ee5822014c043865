//! The Client tab: the built-in clients, and for each its connection, the sent data and its echo.
//!
//! ```text
//! ┌ client_bar ────────────────────────────────────────────────────┐
//! │ (● Client 1) ×  (◎ Client 2)  +  Crowd…                        │
//! ├ connect_form ──────────────────────────────────────────────────┤
//! │ Host [localhost          ] Port [12345] [Connect]              │
//! │ ▸ TLS: as the server, trusts its certificate  Server name [   ]│
//! │ ● Connected to 127.0.0.1:12345 from port 50000                 │   status_line
//! │ [Close] [Half-close] [Abort] [Clear]  → 6 B  ← 6 B             │
//! ├ transcript_list ───────────────────────────────────────────────┤
//! │ 12:03:07.009  →  b'Hello\n'             exact   0.2 ms    6 B  │   transcript_row
//! │ 12:03:07.010  ←  b'Hello\n'                               6 B  │
//! ├ the selected entry ────────────────────────────────────────────┤   transcript_text
//! │ 0000  48 65 6c 6c 6f 0a                          Hello·        │
//! ├ composer ──────────────────────────────────────────────────────┤
//! │ (Text|Hex|File) [Hello                              ] [Send]   │
//! └────────────────────────────────────────────────────────────────┘
//! ```
//!
//! While a client is connected, its state row takes the place of the form, which a click on the row shows. In a short
//! window, everything below the row with *Connect* scrolls, and a button beside *Send* shows the second row of the
//! composer.

mod client_bar;
pub(crate) mod composer;
mod connect_form;
mod status_line;
mod transcript_list;
mod transcript_row;
mod transcript_text;

use std::collections::BTreeMap;

use egui::{Context, Frame, Key, Margin, Modifiers, Popup, Rect, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::app::clients::{ClientCommand, ClientField, ClientTab, ClientTabId, TabCommand};
use crate::app::{App, TabState};
use crate::client::client_event::ClientState;
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::ui::action::Action;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::field::focus_field;
use crate::ui::widgets::{empty_message, scroll_when_small};

use composer::Composer;
use transcript_list::TranscriptList;

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct ClientPanel {
    chosen: Option<ClientTabId>,
    /// While a client is being added, the newest client before it. The new one is chosen as soon as it exists.
    adding_after: Option<ClientTabId>,
    /// Whether the keyboard focus moves to the control that is needed first, in the next frame.
    needs_focus: bool,
    lists: BTreeMap<ClientTabId, TranscriptList>,
    composer: Composer,
    /// Whether the TLS options are shown. They are hidden after *Connect*, to leave the room to the transcript.
    shows_options: bool,
    /// Whether the form is shown while the client is connected.
    shows_form: bool,
    /// The height of the tab in this frame.
    height: f32,
    /// How the user wants to see data; `None`: as text, and in a lesson as Python, as the lessons' texts do.
    format: Option<DataFormat>,
    /// The height of the clients' bar and the address, as of the last frame.
    header_height: f32,
    /// The height of the composer, as of the last frame.
    composer_height: f32,
    /// The smallest height of the part that scrolls in a small window, as of the last frame.
    min_height: f32,
}

/// The smallest number of rows of the transcript: while the client is connected, those of connecting, a send and its
/// echo. With less space, the tab scrolls.
const MIN_ROWS: [f32; 2] = [2.0, 4.0];
/// A tab shorter than this shows the second row of the composer only on request.
const SHORT: f32 = 420.0;
/// The largest share of the tab that doesn't scroll.
const MAX_PINNED: f32 = 0.5;
const HEADER_MARGIN: Margin = Margin { left: 16, right: 16, top: 4, bottom: 0 };
const FORM_MARGIN: Margin = Margin { left: 16, right: 16, top: 0, bottom: 4 };

impl ClientPanel {
    /// Moves the keyboard focus to the control that is needed first. Called when the tab comes to the front.
    pub(crate) fn on_show(&mut self) {
        self.needs_focus = true;
    }

    /// Returns the client that is shown.
    pub(crate) fn chosen(&self) -> Option<ClientTabId> {
        self.chosen
    }

    /// Chooses the client with this connection, if there is one.
    pub(crate) fn choose(&mut self, app: &App, connection: ClientId) {
        let tab = app.clients().iter().find(|tab| app.connection_of(tab.id()) == Some(connection));
        self.chosen = tab.map(ClientTab::id).or(self.chosen);
    }

    /// Moves the keyboard focus to the field for what to send.
    pub(crate) fn focus_input(&mut self) {
        self.needs_focus = false;
        self.composer.focus();
    }

    /// Moves the keyboard focus to the field for the server name.
    pub(crate) fn focus_server_name(&mut self, ctx: &Context) {
        self.needs_focus = false;
        self.shows_form = true;
        focus_field(ctx, connect_form::describe(ClientField::ServerName).0);
    }

    /// Returns the selected entry of the chosen client as text for the clipboard.
    pub(crate) fn copy(&self, app: &App) -> Option<String> {
        let tab = app.clients().get(self.chosen?)?;
        self.lists.get(&tab.id())?.copy(tab, self.format(app))
    }

    fn format(&self, app: &App) -> DataFormat {
        let default = if app.lesson().is_some() { DataFormat::Python } else { DataFormat::Text };
        self.format.unwrap_or(default)
    }

    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        self.update_chosen(app);
        let mut actions = Vec::new();
        let states = app.client_states();
        let before = [self.header_height, self.composer_height, self.min_height];
        self.height = ui.available_height();
        let is_pinned = self.header_height <= ui.available_height() * MAX_PINNED;
        if is_pinned {
            self.header(ui, app, &states, &mut actions);
        }
        let pinned_height = if is_pinned { 0.0 } else { self.header_height };
        let min_size = vec2(0.0, pinned_height + self.min_height);
        scroll_when_small(ui, "client tab", min_size, |ui| {
            if !is_pinned {
                self.header(ui, app, &states, &mut actions);
            }
            self.parts(ui, app, &states, &mut actions);
        });
        let after = [self.header_height, self.composer_height, self.min_height];
        if before.iter().zip(after).any(|(before, after)| (after - before).abs() > 0.5) {
            ui.ctx().request_discard("a part of the Client tab has another height now");
        }
        actions
    }

    /// Shows the bar of clients and, unless the chosen client is connected, the row with its address and *Connect*.
    fn header(
        &mut self,
        ui: &mut Ui,
        app: &App,
        states: &BTreeMap<ClientTabId, TabState>,
        actions: &mut Vec<Action>,
    ) {
        let top = ui.cursor().top();
        if let Some(id) = client_bar::show(ui, app, states, self.chosen, actions) {
            self.chosen = Some(id);
            ui.ctx().request_repaint();
        }
        if actions.contains(&ClientCommand::Add.into()) {
            self.adding_after = Some(app.clients().newest());
        }
        if let Some(tab) = self.chosen.and_then(|id| app.clients().get(id)) {
            self.handle_keys(ui.ctx(), tab, actions);
            if !tab.state().is_open() {
                Frame::new().inner_margin(HEADER_MARGIN).show(ui, |ui| {
                    ui.horizontal(|ui| connect_form::address(ui, app, tab, actions));
                });
            }
        }
        self.header_height = ui.cursor().top() - top;
    }

    fn parts(
        &mut self,
        ui: &mut Ui,
        app: &App,
        states: &BTreeMap<ClientTabId, TabState>,
        actions: &mut Vec<Action>,
    ) {
        let Some(tab) = self.chosen.and_then(|id| app.clients().get(id)) else {
            return empty_message(ui, "There is no client", "Press + to add one.");
        };
        let state = states.get(&tab.id()).copied().unwrap_or(TabState::Idle);
        self.show_client(ui, app, tab, state, actions);
        // After *Connect*, the user types something to send.
        if actions.contains(&ClientCommand::Tab(tab.id(), TabCommand::Connect).into()) && tab.can_connect() {
            self.composer.focus();
            (self.shows_options, self.shows_form) = (false, false);
        }
    }

    /// Chooses a client that was just added, and another client if the chosen one was removed.
    fn update_chosen(&mut self, app: &App) {
        let clients = app.clients();
        if self.adding_after.is_some_and(|newest| newest != clients.newest()) {
            self.adding_after = None;
            self.chosen = Some(clients.newest());
        }
        if self.chosen.and_then(|id| clients.get(id)).is_none() {
            // The client after the removed one, or else the last client.
            let after = clients.iter().map(ClientTab::id).find(|id| Some(*id) > self.chosen);
            self.chosen = after.or_else(|| clients.iter().last().map(ClientTab::id));
        }
        self.lists.retain(|id, _| clients.get(*id).is_some());
    }

    fn handle_keys(&mut self, ctx: &Context, tab: &ClientTab, actions: &mut Vec<Action>) {
        let state = tab.state();
        if state.is_connecting()
            && !Popup::is_any_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            actions.push(ClientCommand::Tab(tab.id(), TabCommand::Cancel).into());
        }
        if std::mem::take(&mut self.needs_focus) {
            if state == ClientState::Open {
                self.composer.focus();
            } else {
                focus_field(ctx, connect_form::FIRST_BUTTON);
            }
        }
    }

    /// Shows the form, the composer at the bottom, and the transcript in between. The Tab key moves through them from
    /// top to bottom.
    fn show_client(
        &mut self,
        ui: &mut Ui,
        app: &App,
        tab: &ClientTab,
        state: TabState,
        actions: &mut Vec<Action>,
    ) {
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let format = self.format(app);
        let is_open = tab.state().is_open();
        let form = Frame::new().inner_margin(FORM_MARGIN).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            if is_open {
                status_line::show_state(ui, tab, state, &mut self.shows_form);
            }
            if is_open && self.shows_form {
                ui.horizontal(|ui| connect_form::address(ui, app, tab, actions));
            }
            if !is_open || self.shows_form {
                connect_form::show(ui, app, tab, &mut self.shows_options, actions);
            }
            if !is_open {
                status_line::show_state(ui, tab, state, &mut self.shows_form);
            }
            self.format = status_line::show(ui, tab, state, format, actions).or(self.format);
        });
        let top = form.response.rect.bottom();
        let min_rows = MIN_ROWS[usize::from(is_open)] * size::LOG_ROW + size::GAP;
        let split = (area.bottom() - self.composer_height).max(top + min_rows);
        let rows = Rect::from_min_max(pos2(area.left(), top + 1.0), pos2(area.right(), split));
        ui.painter().rect_filled(rows, 0.0, palette.canvas);
        for edge in [top, split] {
            ui.painter().hline(area.x_range(), edge, Stroke::new(1.0, palette.border));
        }
        ui.scope_builder(UiBuilder::new().max_rect(rows).id_salt(("rows", tab.id())), |ui| {
            actions.extend(self.lists.entry(tab.id()).or_default().show(ui, app, tab, format));
        });
        let below =
            Rect::from_x_y_ranges(area.x_range().shrink(size::EDGE), split..=area.bottom().max(split));
        let composer = ui.scope_builder(UiBuilder::new().max_rect(below).id_salt("composer"), |ui| {
            let is_short = self.height < SHORT;
            let space = if is_short { 4.0 } else { size::GAP };
            ui.add_space(space);
            self.composer.show(ui, tab, is_short, actions);
            ui.add_space(space);
            ui.min_rect().height()
        });
        self.composer_height = composer.inner;
        self.min_height = top + min_rows + composer.inner - area.top();
        ui.advance_cursor_after_rect(area);
    }
}
