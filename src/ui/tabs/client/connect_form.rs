//! The form at the top of a client: host, port and Connect, whether they follow the server, the TLS settings as one line that
//! unfolds to all choices, and the text fields that the composer shares.

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Followed, TrustChoice};
use crate::client::client_event::ClientState;
use crate::server::ServerState;
use crate::settings::{SettingChoice, TlsVersions};
use crate::ui::action::Action;
use crate::ui::shortcuts::named;
use crate::ui::tabs::client::status_line::{self, DisplayState, follows_address};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{choice, disclosure, pill_button, pill_width, switch, text_width};
use crate::ui::widgets::field::{Tone, label, note, path_field, text_field};
use egui::{Button, Context, Id, Key, Label, Response, RichText, Ui, vec2};

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

const LABEL: f32 = 128.0;
const CLEAR: &str = "Clear";
const FOLLOW: &str = "Follow the server";

/// Shows the TLS settings: one line and, if it is unfolded, the choices.
pub(super) fn show_tls(ui: &mut Ui, app: &App, tab: &ClientTab, open: &mut bool, actions: &mut Vec<Action>) {
    let form = tab.form();
    let is_wrong = form
        .blocked()
        .is_some_and(|(field, _)| !matches!(field, Some(ClientField::Host | ClientField::Port)));
    ui.horizontal(|ui| {
        ui.set_height(26.0);
        let width = ui.available_width() - pill_width(ui, CLEAR) - size::GAP;
        let line = ui.scope(|ui| {
            ui.set_max_width(width);
            disclosure(ui, &summary(tab), *open, is_wrong)
                .on_hover_text("TLS, and how long to wait for an answer")
        });
        if line.inner.clicked() {
            *open = !*open;
        }
        ui.add_enabled_ui(!tab.transcript().is_empty(), |ui| {
            let clear = pill_button(ui, CLEAR).accessible_name("Clear the transcript");
            if clear.on_hover_text("Forget what stands below").clicked() {
                actions.push(ClientCommand::ClearTranscript(tab.id()).into());
            }
        });
    });
    if form.tls()
        && let Some(caution) = form.trust.caution()
    {
        note(ui, Tone::Caution, caution);
    }
    if !*open {
        return;
    }
    if !tab.state().is_disconnected() {
        note(ui, Tone::Hint, "What is changed here is used when it connects again.");
    }
    row(ui, "TLS", |ui, _| {
        let on = form.tls();
        if switch(ui, on, "TLS of the client").on_hover_text("Encrypt the connection").clicked() {
            actions.push(ClientCommand::SetTls(tab.id(), !on).into());
        }
        let follows = form.is_following(Followed::Tls);
        small(ui, if follows { "as the server" } else { "whatever the server does" });
        follow_button(ui, tab, Followed::Tls, actions);
    });
    if form.tls() {
        tls_choices(ui, app, tab, actions);
    }
    row(ui, "Give up after", |ui, _| {
        edit(ui, tab, ClientField::Timeout, 60.0, "5", actions);
        small(ui, "seconds without an answer");
    });
    show_error(ui, tab, ClientField::Timeout);
    ui.add_space(4.0);
}

/// Returns the whole section in a line: `TLS: as the server, trusts its certificate`.
fn summary(tab: &ClientTab) -> String {
    let form = tab.form();
    let mode = match (form.is_following(Followed::Tls), form.tls()) {
        (true, true) => "as the server",
        (true, false) => return "TLS: as the server, off".to_owned(),
        (false, true) => "on",
        (false, false) => return "TLS: off".to_owned(),
    };
    let trust = match form.trust {
        TrustChoice::ThisServer if form.is_following(Followed::Tls) => "its certificate",
        TrustChoice::ThisServer => "this server's certificate",
        TrustChoice::CaFile => "a CA file",
        TrustChoice::System => "the system's authorities",
        TrustChoice::Nothing => "anybody",
    };
    format!("TLS: {mode}, trusts {trust}")
}

fn tls_choices(ui: &mut Ui, app: &App, tab: &ClientTab, actions: &mut Vec<Action>) {
    let (id, form) = (tab.id(), tab.form());
    row(ui, "Trusts", |ui, name| {
        let choices = TrustChoice::ALL.map(|choice| (choice, choice.label(), ""));
        let (combo, chosen) = choice(ui, "trust", ui.available_width().min(320.0), form.trust, &choices);
        combo.labelled_by(name.id);
        actions.extend(chosen.map(|choice| ClientCommand::SetTrust(id, choice).into()));
    });
    match form.trust {
        TrustChoice::ThisServer => {
            let file = app.clients().server_certificate();
            let text = if file.as_os_str().is_empty() {
                "This server has no certificate yet: choose or create one on the left.".to_owned()
            } else {
                format!("The file {}", file.display())
            };
            row(ui, "", |ui, _| small(ui, &text).on_hover_text(&text));
        }
        TrustChoice::CaFile => {
            row(ui, "CA file", |ui, _| edit_path(ui, tab, ClientField::CaFile, actions));
        }
        TrustChoice::System | TrustChoice::Nothing => {}
    }
    row(ui, ClientField::ServerName.label(), |ui, _| {
        let width = ui.available_width();
        edit(ui, tab, ClientField::ServerName, width, "the host", actions)
    });
    row(ui, "Versions", |ui, name| {
        let choices = TlsVersions::ALL.map(|choice| (choice, choice.label(), ""));
        let width = ui.available_width() - follow_width(ui, tab, Followed::Versions);
        let (combo, chosen) = choice(ui, "versions", width.min(320.0), form.versions(), &choices);
        combo.labelled_by(name.id);
        actions.extend(chosen.map(|choice| ClientCommand::SetVersions(id, choice).into()));
        follow_button(ui, tab, Followed::Versions, actions);
    });
    row(ui, "ALPN", |ui, _| {
        let width = ui.available_width() - follow_width(ui, tab, Followed::Alpn);
        edit(ui, tab, ClientField::Alpn, width, "none", actions);
        follow_button(ui, tab, Followed::Alpn, actions);
    });
    show_error(ui, tab, ClientField::Alpn);
    for field in [ClientField::Certificate, ClientField::Key] {
        row(ui, field.label(), |ui, _| edit_path(ui, tab, field, actions));
    }
}

/// Returns the width of the button to follow the server again, if there is one.
fn follow_width(ui: &Ui, tab: &ClientTab, part: Followed) -> f32 {
    if tab.form().is_following(part) { 0.0 } else { pill_width(ui, FOLLOW) + size::GAP }
}

fn follow_button(ui: &mut Ui, tab: &ClientTab, part: Followed, actions: &mut Vec<Action>) {
    if tab.form().is_following(part) {
        return;
    }
    let what = match part {
        Followed::Tls => "TLS",
        Followed::Versions => "versions",
        Followed::Alpn => "ALPN",
        Followed::Host | Followed::Port => "address",
    };
    if pill_button(ui, FOLLOW).accessible_name(format!("{FOLLOW}: {what}")).clicked() {
        actions.push(ClientCommand::FollowServer(tab.id(), part).into());
    }
}

/// Shows a label, and a control beside it that gets the label's response.
fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.add_space(16.0);
        let name = label(ui, text, LABEL - size::GAP - 16.0);
        control(ui, &name);
    });
}

fn small(ui: &mut Ui, text: &str) -> Response {
    let text = RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted);
    ui.add(Label::new(text).truncate())
}

/// Returns the accessible name of the field, which is unique in the window, and its tooltip.
pub(super) fn describe(field: ClientField) -> (&'static str, &'static str) {
    match field {
        ClientField::Host => ("Host to connect to", "The name or address to connect to."),
        ClientField::Port => ("Port to connect to", "The port to connect to."),
        ClientField::Timeout => {
            ("Seconds to wait for an answer", "After so many seconds without an answer connecting fails.")
        }
        ClientField::CaFile => ("CA file", "The certificates of the authorities to trust, in PEM form."),
        ClientField::ServerName => (
            "Server name",
            "The name to ask for (SNI) and to look for in the server's certificate. Empty: the host.",
        ),
        ClientField::Alpn => {
            ("Client ALPN", "The protocols to offer, best first, with commas between them. Empty: none.")
        }
        ClientField::Certificate => (
            "Client certificate",
            "The certificate to show when the server asks for one, in PEM form. Empty: none.",
        ),
        ClientField::Key => ("Client key", "The private key that belongs to it, in PEM form."),
        ClientField::Text => ("Text to send", "What to send; Enter sends it."),
        ClientField::Hex => ("Hex to send", "Two hexadecimal digits for each byte; Enter sends them."),
        ClientField::File => ("File to send", "The path of a file of any size; Enter sends it."),
        ClientField::Times => ("Times to repeat", "How often to send it."),
        ClientField::Every => {
            ("Milliseconds between repetitions", "How long from one to the next, in milliseconds.")
        }
    }
}

/// Returns the name by which `focus_field` finds a field.
pub(super) fn salt(field: ClientField) -> String {
    format!("client {}", field.label())
}

/// Shows a text field. Returns whether Enter was pressed in it.
pub(super) fn edit(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    width: f32,
    hint: &'static str,
    actions: &mut Vec<Action>,
) -> bool {
    let is_wrong = tab.form().error(field).is_some();
    let (response, edited) = text_field(ui, &salt(field), width, tab.form().text(field), hint, is_wrong);
    finish(ui, tab, field, response, edited, actions)
}

/// Shows a text field for a path, with a button for the file dialog. Returns whether Enter was pressed in the field.
pub(super) fn edit_path(ui: &mut Ui, tab: &ClientTab, field: ClientField, actions: &mut Vec<Action>) -> bool {
    let width = ui.available_width() - 36.0 - size::GAP;
    let (is_wrong, text) = (tab.form().error(field).is_some(), tab.form().text(field));
    let (response, edited) = path_field(ui, &salt(field), width, text, "path", is_wrong);
    let entered = finish(ui, tab, field, response, edited, actions);
    let browse = ui.add_sized([36.0, size::CONTROL], Button::new("…"));
    let browse = browse.accessible_name(format!("Browse for {}", describe(field).0));
    if browse.on_hover_text("Browse…").clicked() {
        let current = tab.form().text(field).to_owned();
        actions.push(Action::choose_path(ClientCommand::Edit(tab.id(), field, current)));
    }
    entered
}

fn finish(
    ui: &Ui,
    tab: &ClientTab,
    field: ClientField,
    response: Response,
    edited: Option<String>,
    actions: &mut Vec<Action>,
) -> bool {
    let (name, tooltip) = describe(field);
    actions.extend(edited.map(|text| ClientCommand::Edit(tab.id(), field, text).into()));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let response = response.accessible_name(name);
    if !response.has_focus() {
        response.on_hover_text(tooltip);
    }
    entered
}

/// Shows what is wrong with a field.
pub(super) fn show_error(ui: &mut Ui, tab: &ClientTab, field: ClientField) {
    if let Some(error) = tab.form().error(field) {
        note(ui, Tone::Problem, &error);
    }
}

/// Shows the button to press next, at least this wide.
pub(super) fn strong_button(ui: &mut Ui, label: &str, enabled: bool, width: Option<f32>) -> Response {
    let min_size = vec2(width.unwrap_or_default(), size::CONTROL);
    if !enabled {
        return ui.add_enabled(false, Button::new(label).min_size(min_size));
    }
    let palette = Palette::of(ui);
    let text = RichText::new(label).font(theme::strong(size::TEXT)).color(palette.on_strong);
    ui.add(Button::new(text).fill(palette.start[0]).min_size(min_size))
}
