//! Where a client connects to, the button that does it, and how it stands.

use egui::{
    Align, Button, Context, Id, Label, Layout, Rect, Response, RichText, Sense, Ui, Vec2, WidgetInfo, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Ended, Followed};
use crate::client::status::{State, Status};
use crate::server::status::ServerState;
use crate::ui::action::Action;
use crate::ui::shortcuts::named;
use crate::ui::tabs::client::standing::Standing;
use crate::ui::tabs::client::{action, fields, leave, strong_button, words};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};

/// Below this width the ways to leave get a row of their own.
const NARROW: f32 = 640.0;
const BUTTON: f32 = 92.0;
const PORT: f32 = 68.0;
/// A host field is no wider than this.
const HOST: f32 = 250.0;

fn wanted() -> Id {
    Id::unique("the keyboard goes to where a client is connected")
}

/// Gives the keyboard to what has to be pressed first: Connect, or what starts the server.
pub(in crate::ui) fn focus(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(wanted(), true));
}

/// Hands the keyboard over where it is wanted.
fn take_focus(ui: &Ui, button: &Response) {
    if ui.data_mut(|data| data.remove_temp::<bool>(wanted())).is_some() {
        button.request_focus();
        button.scroll_to_me(None);
    }
}

/// Shows the part for one client.
pub(in crate::ui) fn show(ui: &mut Ui, app: &App, tab: &ClientTab, standing: Standing) -> Vec<Action> {
    let mut actions = Vec::new();
    let status = tab.status();
    let offline = offline(app, tab, status.state);
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        target(ui, tab, status.state, offline.is_none(), &mut actions);
        if !narrow {
            ui.add_space(size::GAP);
            following(ui, app, tab, status.state, offline, &mut actions);
        }
    });
    if offline.is_none() {
        wrong(ui, tab, status.state);
    }
    // A narrow window is low, too: there it is a row of its own only where there is something to be done.
    if narrow && (offline.is_some() || !follows(tab)) {
        ui.horizontal(|ui| following(ui, app, tab, status.state, offline, &mut actions));
    }
    state_and_leave(ui, tab, &status, standing, &mut actions);
    if let Some(meaning) = standing.meaning() {
        note(ui, Tone::Hint, meaning);
    }
    actions
}

/// Host, port and the button.
fn target(ui: &mut Ui, tab: &ClientTab, state: State, takes_focus: bool, actions: &mut Vec<Action>) {
    let id = tab.id();
    let at_rest = state.is_at_rest();
    let mut entered = false;
    ui.add_enabled_ui(at_rest, |ui| {
        let ports = text_width(ui, "Port", theme::text()) + PORT + BUTTON + 3.0 * size::GAP;
        let _ = label(ui, "Host", text_width(ui, "Host", theme::text()));
        let host = (ui.available_width() - ports).clamp(90.0, HOST);
        entered |= fields::edit(ui, tab, ClientField::Host, host, "localhost", actions).1;
        let _ = label(ui, "Port", text_width(ui, "Port", theme::text()));
        // Empty while it follows a server whose port the system will choose.
        let hint = if tab.form().is_following(Followed::Port) { "any" } else { "12345" };
        entered |= fields::edit(ui, tab, ClientField::Port, PORT, hint, actions).1;
    });
    if state.is_connecting() {
        let cancel = ui.add_sized([BUTTON, size::CONTROL], Button::new("Cancel"));
        if cancel.on_hover_text("Give up connecting (Esc)").clicked() {
            actions.push(action(ClientCommand::Cancel(id)));
        }
        return;
    }
    let blocked = tab.form().blocked().map(|(_, words)| words);
    let can = tab.can_connect();
    let button = strong_button(ui, "Connect", can, Some(BUTTON));
    let reason = if at_rest { blocked.unwrap_or_default() } else { CONNECTED.to_owned() };
    let button = button.on_disabled_hover_text(reason);
    if can && takes_focus {
        take_focus(ui, &button);
    }
    if can && (button.clicked() || entered) {
        actions.push(action(ClientCommand::Connect(id)));
    }
}

/// What keeps it from connecting: under the fields, also where it is about another one.
fn wrong(ui: &mut Ui, tab: &ClientTab, state: State) {
    for field in [ClientField::Host, ClientField::Port] {
        fields::error(ui, tab, field);
    }
    let elsewhere =
        |field: Option<ClientField>| !matches!(field, Some(ClientField::Host | ClientField::Port));
    if state.is_at_rest()
        && let Some((_, words)) = tab.form().blocked().filter(|(field, _)| elsewhere(*field))
    {
        note(ui, Tone::Problem, &words);
    }
}

const CONNECTED: &str = "It is connected already. Leave first, or add another client.";

/// Why nobody would answer at the server that this client follows; `None`: it runs, or is none of ours.
fn offline(app: &App, tab: &ClientTab, state: State) -> Option<&'static str> {
    if !follows(tab) || !state.is_at_rest() {
        return None;
    }
    match app.state() {
        ServerState::Stopped | ServerState::Failed(_) => Some("The server isn't running."),
        ServerState::Starting => Some("The server is starting…"),
        ServerState::Stopping => Some("The server is stopping…"),
        ServerState::Listening { .. } => None,
    }
}

/// Whether host and port are the server's.
fn follows(tab: &ClientTab) -> bool {
    [Followed::Host, Followed::Port].iter().all(|part| tab.form().is_following(*part))
}

/// Whether host and port are the server's in words, and the way back where they are not; or that it has to be started.
fn following(
    ui: &mut Ui,
    app: &App,
    tab: &ClientTab,
    state: State,
    offline: Option<&'static str>,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui);
    let small = |text: &str| RichText::new(text).size(size::SMALL);
    if let Some(words) = offline {
        ui.label(small(words).color(palette.caution));
        if app.state().is_stopped() {
            let start = pill_button(ui, "Start it").accessible_name("Start the server");
            take_focus(ui, &start);
            if start
                .on_hover_text(named(ui.ctx(), "Starts it with the settings on the left (Ctrl+Enter)"))
                .clicked()
            {
                actions.push(Action::StartOrStop);
                focus(ui.ctx());
            }
        }
        return;
    }
    let form = tab.form();
    let words = match (form.is_following(Followed::Host), form.is_following(Followed::Port)) {
        (true, true) => "Host and port follow the server.",
        (true, false) => "Only the host follows the server.",
        (false, true) => "Only the port follows the server.",
        (false, false) => "Host and port are your own.",
    };
    ui.label(small(words).color(palette.muted));
    if follows(tab) {
        return;
    }
    let again = ui.add_enabled_ui(state.is_at_rest(), |ui| pill_button(ui, "Follow the server")).inner;
    if again.on_hover_text("Connect to the server of this window again").clicked() {
        for part in [Followed::Host, Followed::Port] {
            actions.push(action(ClientCommand::FollowServer(tab.id(), Some(part))));
        }
    }
}

/// How it stands, and how it can leave.
fn state_and_leave(
    ui: &mut Ui,
    tab: &ClientTab,
    status: &Status,
    standing: Standing,
    actions: &mut Vec<Action>,
) {
    let narrow = ui.available_width() < NARROW;
    let buttons = leave::width(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CHIP);
        let width = ui.available_width() - if narrow { 0.0 } else { buttons + size::GAP };
        ui.allocate_ui_with_layout(vec2(width, size::CHIP), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(width);
            state_line(ui, tab, status, standing, narrow);
        });
        if !narrow {
            actions.extend(leave::show(ui, tab, status));
        }
    });
    if narrow {
        ui.horizontal(|ui| actions.extend(leave::show(ui, tab, status)));
    }
}

fn state_line(ui: &mut Ui, tab: &ClientTab, status: &Status, standing: Standing, narrow: bool) {
    let palette = Palette::of(ui);
    let (square, response) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, standing.word()));
    standing.paint(ui.painter(), Rect::from_center_size(square.center(), Vec2::splat(12.0)), palette);
    let (words, more) = state_words(tab, status, standing, narrow);
    let ink = if standing == Standing::Failed { palette.problem } else { palette.text };
    ui.spacing_mut().item_spacing.x = size::GAP;
    let sum = words::traffic(status);
    let tooltip = more.or_else(|| sum.clone()).unwrap_or_default();
    let said = ui.add(Label::new(RichText::new(&words).color(ink)).truncate());
    if !tooltip.is_empty() {
        said.on_hover_text(tooltip);
    }
    if let Some(sum) = sum
        && text_width(ui, &sum, theme::small()) <= ui.available_width()
    {
        ui.label(RichText::new(sum).size(size::SMALL).color(palette.muted));
    }
}

/// The state in a sentence, and more about it for the tooltip.
fn state_words(
    tab: &ClientTab,
    status: &Status,
    standing: Standing,
    narrow: bool,
) -> (String, Option<String>) {
    let peer = status.peer.map_or_else(String::new, |peer| peer.to_string());
    let port = status.local.map_or_else(String::new, |local| format!(" from port {}", local.port()));
    let version = status.agreed.as_ref().map_or_else(String::new, |agreed| format!(" · {}", agreed.version));
    let words = match standing {
        // Where there is no room to say it above.
        Standing::Idle if narrow && follows(tab) => "Not connected; follows the server".to_owned(),
        Standing::Idle => "Not connected".to_owned(),
        Standing::Connecting if status.state == State::Resolving => "Looking for the host…".to_owned(),
        Standing::Connecting => "Connecting…".to_owned(),
        Standing::Handshake => format!("Connected{port}; TLS handshake…"),
        Standing::NotAccepted | Standing::NoThread | Standing::NoAnswer => {
            format!("Connected{port}; {}", standing.word())
        }
        Standing::Connected => format!("Connected to {peer}{port}{version}"),
        Standing::HalfClosed => format!("Half-closed{port}: reading only"),
        Standing::Leaving => "Leaving…".to_owned(),
        Standing::Closed | Standing::Failed => {
            return match tab.ended() {
                Some(Ended::Closed(closed)) => (words::closed(closed).to_owned(), None),
                Some(Ended::Failed(failure)) => {
                    (words::failed(failure.stage).to_owned(), Some(failure.text.clone()))
                }
                None => ("Closed".to_owned(), None),
            };
        }
    };
    (words, None)
}

/// What is shown where there is no client at all.
pub(in crate::ui) fn nobody(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.add_space(2.0 * size::EDGE);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new("There is no client").font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new("Press + to add one.").color(palette.muted));
    });
}
