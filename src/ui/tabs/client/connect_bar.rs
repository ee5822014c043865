//! The top of a client: host, port, Connect, and whether they follow the server.

use egui::{Button, Context, Id, Response, RichText, Ui};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Followed};
use crate::client::client_status::ClientState;
use crate::server::ServerState;
use crate::ui::action::Action;
use crate::ui::shortcuts::named;
use crate::ui::tabs::client::client_fields::{edit, show_error, strong_button};
use crate::ui::tabs::client::status_line::{self, DisplayState, follows_address};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};

/// Below this width the note about following the server gets a row of its own.
const NARROW: f32 = 640.0;
const BUTTON: f32 = 92.0;
const PORT: f32 = 68.0;
/// The widest that a host field gets.
const HOST: f32 = 250.0;

fn focus_wanted() -> Id {
    Id::unique("the keyboard goes to where a client is connected")
}

/// Moves the keyboard focus to the button to press first: Connect, or the one that starts the server.
pub(super) fn focus(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(focus_wanted(), true));
}

fn take_focus(ui: &Ui, button: &Response) {
    if ui.data_mut(|data| data.remove_temp::<bool>(focus_wanted())).is_some() {
        button.request_focus();
        button.scroll_to_me(None);
    }
}

/// Shows the bar and the status line of one client.
pub(super) fn show(
    ui: &mut Ui,
    app: &App,
    tab: &ClientTab,
    display: DisplayState,
    actions: &mut Vec<Action>,
) {
    let status = tab.status();
    let offline = offline(app, tab, status.state);
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        address(ui, tab, status.state, offline.is_none(), actions);
        if !narrow {
            ui.add_space(size::GAP);
            following(ui, app, tab, status.state, offline, actions);
        }
    });
    if offline.is_none() {
        errors(ui, tab, status.state);
    }
    // A narrow window is low, too: it has this row only if there is something to do.
    if narrow && (offline.is_some() || !follows_address(tab)) {
        ui.horizontal(|ui| following(ui, app, tab, status.state, offline, actions));
    }
    status_line::show(ui, tab, &status, display, actions);
    if let Some(explanation) = display.explanation() {
        note(ui, Tone::Hint, explanation);
    }
}

/// Shows host, port and the button.
fn address(ui: &mut Ui, tab: &ClientTab, state: ClientState, takes_focus: bool, actions: &mut Vec<Action>) {
    let is_disconnected = state.is_disconnected();
    let mut entered = false;
    ui.add_enabled_ui(is_disconnected, |ui| {
        let ports = text_width(ui, "Port", theme::text()) + PORT + BUTTON + 3.0 * size::GAP;
        let _ = label(ui, "Host", text_width(ui, "Host", theme::text()));
        let host = (ui.available_width() - ports).clamp(90.0, HOST);
        entered |= edit(ui, tab, ClientField::Host, host, "localhost", actions);
        let _ = label(ui, "Port", text_width(ui, "Port", theme::text()));
        // Empty while it follows a server whose port the OS will choose.
        let hint = if tab.form().is_following(Followed::Port) { "any" } else { "12345" };
        entered |= edit(ui, tab, ClientField::Port, PORT, hint, actions);
    });
    if state.is_connecting() {
        let cancel = ui.add_sized([BUTTON, size::CONTROL], Button::new("Cancel"));
        if cancel.on_hover_text("Give up connecting (Esc)").clicked() {
            actions.push(ClientCommand::Cancel(tab.id()).into());
        }
        return;
    }
    let can_connect = tab.can_connect();
    let reason = if is_disconnected {
        tab.form().blocked().map(|(_, reason)| reason).unwrap_or_default()
    } else {
        "It is connected already. Leave first, or add another client.".to_owned()
    };
    let button = strong_button(ui, "Connect", can_connect, Some(BUTTON)).on_disabled_hover_text(reason);
    if can_connect && takes_focus {
        take_focus(ui, &button);
    }
    if can_connect && (button.clicked() || entered) {
        actions.push(ClientCommand::Connect(tab.id()).into());
    }
}

/// Shows under the fields why the form can't connect, even if that is about a field elsewhere.
fn errors(ui: &mut Ui, tab: &ClientTab, state: ClientState) {
    for field in [ClientField::Host, ClientField::Port] {
        show_error(ui, tab, field);
    }
    if state.is_disconnected()
        && let Some((field, reason)) = tab.form().blocked()
        && !matches!(field, Some(ClientField::Host | ClientField::Port))
    {
        note(ui, Tone::Problem, &reason);
    }
}

/// Returns why the server that this client follows would not answer; `None`: it runs, or the client follows none.
fn offline(app: &App, tab: &ClientTab, state: ClientState) -> Option<&'static str> {
    if !follows_address(tab) || !state.is_disconnected() {
        return None;
    }
    match app.state() {
        ServerState::Stopped | ServerState::Failed(_) => Some("The server isn't running."),
        ServerState::Starting => Some("The server is starting…"),
        ServerState::Stopping => Some("The server is stopping…"),
        ServerState::Listening { .. } => None,
    }
}

/// Shows whether host and port follow the server, with a button to follow it again; or that the server must be started.
fn following(
    ui: &mut Ui,
    app: &App,
    tab: &ClientTab,
    state: ClientState,
    offline: Option<&'static str>,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui);
    let small = |text: &str| RichText::new(text).size(size::SMALL);
    if let Some(reason) = offline {
        ui.label(small(reason).color(palette.caution));
        if app.state().is_stopped() {
            let start = pill_button(ui, "Start it").accessible_name("Start the server");
            take_focus(ui, &start);
            let tooltip = named(ui.ctx(), "Starts it with the settings on the left (Ctrl+Enter)");
            if start.on_hover_text(tooltip).clicked() {
                actions.push(Action::StartOrStop);
                focus(ui.ctx());
            }
        }
        return;
    }
    let form = tab.form();
    let text = match (form.is_following(Followed::Host), form.is_following(Followed::Port)) {
        (true, true) => "Host and port follow the server.",
        (true, false) => "Only the host follows the server.",
        (false, true) => "Only the port follows the server.",
        (false, false) => "Host and port are your own.",
    };
    ui.label(small(text).color(palette.muted));
    if !follows_address(tab) {
        let again =
            ui.add_enabled_ui(state.is_disconnected(), |ui| pill_button(ui, "Follow the server")).inner;
        if again.on_hover_text("Connect to the server of this window again").clicked() {
            let parts = [Followed::Host, Followed::Port];
            actions.extend(parts.map(|part| ClientCommand::FollowServer(tab.id(), part).into()));
        }
    }
}
