//! The Live tab: the server as it is at this moment, as a picture or as a list of its connections, with the details of
//! the selected connection below.

mod accept_queues;
mod list;
mod picture;
mod shapes;

use egui::{Key, Label, Popup, RichText, Ui, UiBuilder, vec2};

use crate::app::live::LiveView;
use crate::app::{App, Command};
use crate::log::handshake_details::handshake_details;
use crate::server::event::ClientId;
use crate::server::{Connection, Phase, ServerState};
use crate::settings::{Mode, SettingChoice};
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::{DetailContent, show_panel};
use crate::ui::tabs::live::list::ConnectionList;
use crate::ui::theme::{self, size};
use crate::ui::widgets::controls::{pill_width, segments, small_button, text_width};
use crate::ui::widgets::{empty_message, scroll_when_small, toolbar};

/// The label, accessible name and tooltip of the two views.
const VIEWS: [(&str, &str, &str); 2] = [
    ("Picture", "Picture of the server", "The server's queues, threads and connections as they are now"),
    ("List", "List of connections", "All connections in a table"),
];

/// The labels of the button that pauses or resumes accepting.
const PAUSE: &str = "Pause accepting";
const RESUME: &str = "Resume accepting";

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct LivePanel {
    view: LiveView,
    list: ConnectionList,
    shows_list: bool,
    /// The connection whose details are shown.
    pub(crate) selected: Option<ClientId>,
    /// The height of the details in the last frame in which they were shown.
    detail_height: f32,
    /// The selected connection that was last scrolled into view, and the height of the details then.
    revealed: (Option<ClientId>, f32),
}

impl LivePanel {
    /// Must be called in a frame in which the tab isn't in view.
    pub(crate) fn hide(&mut self, app: &App) {
        self.view.hide(app);
    }

    /// Shows the tab.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        // The details need some height beside the list or the picture.
        scroll_when_small(ui, "live tab", vec2(0.0, size::MIN_TAB), |ui| self.show_tab(ui, app))
    }

    fn show_tab(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        actions.extend(toolbar(ui, "live toolbar", |ui| self.tools(ui, app)));
        if app.state().is_stopped() {
            empty_message(
                ui,
                "The server isn't running",
                "Start it to see its accept queues, its threads and each connected client.",
            );
            return actions;
        }
        let is_escape_free = !ui.ctx().text_edit_focused() && !Popup::is_any_open(ui.ctx());
        if is_escape_free && ui.input(|input| input.key_pressed(Key::Escape)) {
            self.selected = None;
        }
        let connections = app.connections();
        let selected = connections.iter().find(|connection| Some(connection.client.id) == self.selected);
        let detail = selected.map(|connection| self.detail(app, connection));
        // The connections come before the details, so that the Tab key visits them in that order. The details cover the
        // lower part of the picture, which scrolls then. So no connection moves when one is selected.
        let whole = ui.available_rect_before_wrap();
        let covered = if detail.is_some() { self.detail_height } else { 0.0 };
        let rest = whole.with_max_y(whole.bottom() - covered);
        let mut above = ui.new_child(UiBuilder::new().id_salt("live connections").max_rect(rest));
        let clicked = if self.shows_list {
            self.view.hide(app);
            self.list.show(&mut above, app, connections, self.selected, &mut actions)
        } else {
            let width = whole.width().max(picture::MIN_WIDTH);
            let height = whole.height().max(picture::min_height(app, connections.len()));
            let live = self.view.update(app, picture::max_connections(app, height), self.selected);
            let shown = (self.selected, covered);
            let reveal = self.revealed != shown;
            self.revealed = shown;
            scroll_when_small(&mut above, "live picture", vec2(picture::MIN_WIDTH, height), |ui| {
                picture::show(ui, app, live, width, (shown.0, reveal), &mut actions)
            })
        };
        if let Some(detail) = detail {
            let response = show_panel(ui, Some(detail), app.settings().data_format);
            actions.extend(response.action);
            if response.closed {
                self.selected = None;
            }
            let height = whole.bottom() - ui.available_rect_before_wrap().bottom();
            if (height - self.detail_height).abs() > 0.5 {
                self.detail_height = height;
                ui.ctx().request_repaint();
            }
        }
        if let Some(id) = clicked {
            // A second click closes the details.
            self.selected = (self.selected != Some(id)).then_some(id);
        }
        actions
    }

    fn tools(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let mut action = None;
        if let Some(view) = segments(ui, &VIEWS, usize::from(self.shows_list)) {
            self.shows_list = view == 1;
        }
        let (label, about) = if app.is_paused() {
            (RESUME, "Call accept() again. Waiting clients are accepted, oldest first.")
        } else {
            (PAUSE, "Stop calling accept(). New clients wait in the accept queue until it is full.")
        };
        // The button is as wide with its other label.
        let width = pill_width(ui, PAUSE).max(pill_width(ui, RESUME));
        let button = small_button(label).min_size(vec2(width, size::CHIP));
        let is_listening = matches!(app.state(), ServerState::Listening { .. });
        if ui.add_enabled(is_listening, button).on_hover_text(about).clicked() {
            action = Some(Command::PauseAccepting(!app.is_paused()).into());
        }
        ui.add_space(6.0);
        let choices = Mode::choices();
        let mode = app.running_mode();
        let mode = choices.iter().find(|(choice, ..)| *choice == mode).map_or("", |(_, label, _)| label);
        let mut text = mode.to_owned();
        if app.is_stepping() {
            text = format!("Step mode · {mode}");
            // The label must not take a second row, which would move the picture.
            if text_width(ui, &text, theme::text()) > ui.available_size_before_wrap().x {
                "Step mode".clone_into(&mut text);
            }
        }
        ui.add(Label::new(RichText::new(text).weak()).truncate());
        action
    }

    /// Returns the details of a connection.
    fn detail(&self, app: &App, connection: &Connection) -> DetailContent<'static> {
        let mut explanation = self.view.explain(app, connection).to_owned();
        if connection.phase == Phase::Open && connection.tls.is_none() {
            explanation.push_str(" The connection isn't encrypted.");
        }
        DetailContent {
            number: connection.client.id.0,
            title: format!("{} · {}", connection.client.id, connection.client.peer),
            explanation,
            rows: connection.tls.as_deref().map(handshake_details).unwrap_or_default(),
            connection: Some(connection.client.id),
            disconnect: true,
            is_compact: !matches!(app.state(), ServerState::Listening { tls: true, .. }),
            ..DetailContent::default()
        }
    }
}
