//! The form at the top of a client: host, port, *Connect*, the server name, and the TLS options, which can be hidden. The
//! composer uses this form's text fields, too.

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Followed, TabCommand, TrustChoice};
use crate::server::ServerState;
use crate::settings::{SettingChoice, TlsVersions};
use crate::ui::action::Action;
use crate::ui::shortcuts::with_key_names;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{choice, disclosure, pill_button, switch, text_width};
use crate::ui::widgets::dialog::default_button;
use crate::ui::widgets::field::{
    Tone, focus_field, label, note, path_field, plain_label, small, take_focus, text_field,
};
use egui::{Button, Key, Response, RichText, Ui};

const BUTTON: f32 = 84.0;
const PORT: f32 = 68.0;
/// The maximum width of the host's field.
const HOST: f32 = 250.0;
/// The width of the labels in the TLS section.
const LABEL: f32 = 104.0;
/// The maximum width of a field in the TLS section.
const FIELD: f32 = 320.0;
/// The width of the field for the server name.
const SERVER_NAME: f32 = 200.0;
/// The fields in the TLS section that can be invalid.
const OPTIONS: [ClientField; 2] = [ClientField::Alpn, ClientField::Timeout];

/// The name by which `focus_field` finds the button to press first: *Connect*, or the button that starts the server.
pub(super) const FIRST_BUTTON: &str = "the first button of a client";

/// Shows the form below the address: why the server wouldn't answer or what the address follows, the server name, and
/// the TLS options if they are `open`.
pub(super) fn show(ui: &mut Ui, app: &App, tab: &ClientTab, open: &mut bool, actions: &mut Vec<Action>) {
    let form = tab.form();
    if let Some(reason) = offline(app, tab) {
        ui.horizontal(|ui| offline_row(ui, app, reason, actions));
    } else if tab.state().is_disconnected() {
        let text = match follows(tab) {
            [true, true] => "Host and port follow the server.",
            [true, false] => "Only the host follows the server.",
            [false, true] => "Only the port follows the server.",
            [false, false] => "Host and port don't follow the server.",
        };
        ui.horizontal(|ui| {
            small(ui, text);
            follow_button(ui, tab, "Follow the server", &[Followed::Host, Followed::Port], actions);
        });
        if let Some((_, reason)) = form.blocked() {
            note(ui, Tone::Problem, &reason);
        }
    } else {
        ui.horizontal(|ui| small(ui, "Close the connection to change its host or port."));
    }
    let mut entered = tls_row(ui, tab, open, actions);
    if *open {
        entered |= tls_section(ui, app, tab, actions);
    }
    if let Some(caution) = form.trust.caution().filter(|_| form.tls()) {
        note(ui, Tone::Caution, caution);
    }
    if entered && tab.can_connect() {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::Connect).into());
    }
}

/// Returns whether the host and the port follow the server.
fn follows(tab: &ClientTab) -> [bool; 2] {
    [Followed::Host, Followed::Port].map(|part| tab.form().is_following(part))
}

/// Returns why this window's server wouldn't answer, if the client would connect to it.
fn offline(app: &App, tab: &ClientTab) -> Option<&'static str> {
    match app.state() {
        _ if !tab.state().is_disconnected() || follows(tab) != [true; 2] => None,
        ServerState::Listening { .. } => None,
        ServerState::Starting => Some("The server is starting…"),
        ServerState::Stopping => Some("The server is stopping…"),
        ServerState::Stopped | ServerState::Failed(_) => Some("The server isn't running."),
    }
}

/// Shows host, port, and the button *Connect* or *Cancel*.
pub(super) fn address(ui: &mut Ui, app: &App, tab: &ClientTab, actions: &mut Vec<Action>) {
    let state = tab.state();
    let mut entered = false;
    let rest_width = text_width(ui, "HostPort", theme::text()) + PORT + BUTTON + 4.0 * size::GAP;
    let host_width = (ui.available_width() - rest_width).clamp(90.0, HOST);
    for (label, field, width) in [("Host", ClientField::Host, host_width), ("Port", ClientField::Port, PORT)]
    {
        plain_label(ui, label);
        let can_edit = state.is_disconnected();
        entered |= ui.add_enabled_ui(can_edit, |ui| edit(ui, tab, field, width, actions)).inner;
    }
    if state.is_connecting() {
        if ui.button("Cancel").on_hover_text("Stop connecting (Esc)").clicked() {
            actions.push(ClientCommand::Tab(tab.id(), TabCommand::Cancel).into());
        }
        return;
    }
    let can_connect = tab.can_connect();
    let reason = if state.is_disconnected() {
        tab.form().blocked().map(|(_, reason)| reason).unwrap_or_default()
    } else {
        "This client is already connected. Close the connection first, or add another client.".to_owned()
    };
    let button = default_button(ui, "Connect", can_connect).on_disabled_hover_text(reason);
    if can_connect && offline(app, tab).is_none() {
        take_focus(ui, FIRST_BUTTON, &button);
    }
    if can_connect && (button.clicked() || entered) {
        actions.push(ClientCommand::Tab(tab.id(), TabCommand::Connect).into());
    }
}

/// Shows why the server wouldn't answer and, if it is stopped, a button that starts it.
fn offline_row(ui: &mut Ui, app: &App, reason: &str, actions: &mut Vec<Action>) {
    ui.label(RichText::new(reason).small().color(Palette::of(ui).caution));
    if !app.state().is_stopped() {
        return;
    }
    let start = pill_button(ui, "Start it").accessible_name("Start the server");
    take_focus(ui, FIRST_BUTTON, &start);
    let tooltip = with_key_names(ui.ctx(), "Start the server with the settings on the left (Ctrl+Enter)");
    if start.on_hover_text(tooltip).clicked() {
        actions.push(Action::StartOrStop);
        focus_field(ui.ctx(), FIRST_BUTTON);
    }
}

/// Shows a button that makes these parts of the form follow the server again, unless they all do.
fn follow_button(ui: &mut Ui, tab: &ClientTab, name: &str, parts: &[Followed], actions: &mut Vec<Action>) {
    if parts.iter().all(|part| tab.form().is_following(*part)) {
        return;
    }
    let button = pill_button(ui, "Follow the server").accessible_name(name);
    if button.on_hover_text("Use the settings of this window's server again").clicked() {
        actions.extend(
            parts.iter().map(|part| ClientCommand::Tab(tab.id(), TabCommand::FollowServer(*part)).into()),
        );
    }
}

/// Summarizes the TLS settings in one line: `TLS: as the server, trusts its certificate`.
fn summary(tab: &ClientTab) -> String {
    let form = tab.form();
    let mode = match (form.is_following(Followed::Tls), form.tls()) {
        (true, true) => "as the server",
        (true, false) => return "TLS: off, like the server".to_owned(),
        (false, true) => "on",
        (false, false) => return "TLS: off".to_owned(),
    };
    let trust = match form.trust {
        TrustChoice::ThisServer => "its certificate",
        TrustChoice::CaFile => "a CA file",
        TrustChoice::System => "the system trust store",
        TrustChoice::Nothing => "any certificate",
    };
    format!("TLS: {mode}, trusts {trust}")
}

/// Shows the row that opens the TLS options, with the server name beside it, which experiments change most often.
/// Returns whether Enter was pressed in the field.
fn tls_row(ui: &mut Ui, tab: &ClientTab, open: &mut bool, actions: &mut Vec<Action>) -> bool {
    let (form, name) = (tab.form(), "Server name (SNI)");
    let row = ui.horizontal_wrapped(|ui| {
        let is_wrong = OPTIONS.iter().any(|field| form.error(*field).is_some());
        if disclosure(ui, &summary(tab), *open, is_wrong).clicked() {
            *open = !*open;
        }
        if !form.tls() {
            return false;
        }
        let width = text_width(ui, name, theme::text()) + size::GAP + SERVER_NAME;
        if ui.available_size_before_wrap().x < width {
            ui.end_row();
        }
        plain_label(ui, name);
        edit(ui, tab, ClientField::ServerName, SERVER_NAME, actions)
    });
    row.inner
}

/// Shows the TLS options and the time limit. Returns whether Enter was pressed in one of the fields.
fn tls_section(ui: &mut Ui, app: &App, tab: &ClientTab, actions: &mut Vec<Action>) -> bool {
    let (id, form) = (tab.id(), tab.form());
    let mut entered = false;
    if !tab.state().is_disconnected() {
        note(ui, Tone::Hint, "Changes apply to the next connection.");
    }
    row(ui, "TLS", |ui, _| {
        let on = form.tls();
        if switch(ui, on, "TLS of the client").on_hover_text("Encrypt the connection").clicked() {
            actions.push(ClientCommand::Tab(id, TabCommand::SetTls(!on)).into());
        }
        if form.is_following(Followed::Tls) {
            small(ui, "as the server");
        }
        follow_button(ui, tab, "Follow the server: TLS", &[Followed::Tls], actions);
    });
    if form.tls() {
        row(ui, "Trusts", |ui, name| {
            let choices = TrustChoice::ALL.map(|choice| (choice, choice.label(), ""));
            let (combo, chosen) = choice(ui, "trust", field_width(ui, true), form.trust, &choices);
            combo.labelled_by(name.id);
            actions.extend(chosen.map(|choice| ClientCommand::Tab(id, TabCommand::SetTrust(choice)).into()));
        });
        let text = app.clients().server_certificate().display().to_string();
        if form.trust == TrustChoice::ThisServer && !text.is_empty() {
            row(ui, "", |ui, _| small(ui, &text).on_hover_text(&text));
        }
        row(ui, "Versions", |ui, name| {
            let choices = TlsVersions::ALL.map(|choice| (choice, choice.label(), ""));
            let width = field_width(ui, form.is_following(Followed::Versions));
            let (combo, chosen) = choice(ui, "versions", width, form.versions(), &choices);
            combo.labelled_by(name.id);
            actions
                .extend(chosen.map(|choice| ClientCommand::Tab(id, TabCommand::SetVersions(choice)).into()));
            follow_button(ui, tab, "Follow the server: versions", &[Followed::Versions], actions);
        });
        for field in [ClientField::CaFile, ClientField::Alpn, ClientField::Certificate, ClientField::Key] {
            if field == ClientField::CaFile && form.trust != TrustChoice::CaFile {
                continue;
            }
            row(ui, describe(field).0, |ui, _| {
                let follows = field != ClientField::Alpn || form.is_following(Followed::Alpn);
                entered |= edit(ui, tab, field, field_width(ui, follows), actions);
                if field == ClientField::Alpn {
                    follow_button(ui, tab, "Follow the server: ALPN", &[Followed::Alpn], actions);
                }
            });
        }
    }
    row(ui, "Give up after", |ui, _| {
        entered |= edit(ui, tab, ClientField::Timeout, 60.0, actions);
        small(ui, "seconds without an answer");
    });
    entered
}

/// Returns the width of a field. A field that doesn't follow the server leaves space for a button beside it.
fn field_width(ui: &Ui, follows: bool) -> f32 {
    (ui.available_width() - if follows { 0.0 } else { 132.0 }).min(FIELD)
}

/// Shows a label with a control beside it. `control` is called with the label's response.
fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) {
    ui.horizontal(|ui| {
        ui.add_space(16.0);
        let name = label(ui, text, LABEL);
        control(ui, &name);
    });
}

/// Returns the accessible name, the hint and the tooltip of a field. The name is unique in the window, and
/// `focus_field` finds the field by it.
pub(super) fn describe(field: ClientField) -> (&'static str, &'static str, &'static str) {
    match field {
        ClientField::Host => ("Host to connect to", "localhost", "The name or address to connect to."),
        ClientField::Port => ("Port to connect to", "any", "The port to connect to."),
        ClientField::Timeout => (
            "Seconds to wait for an answer",
            "5",
            "Connecting fails after this many seconds without an answer.",
        ),
        ClientField::CaFile => ("CA file", "path", "The CA certificates to trust, in PEM format."),
        ClientField::ServerName => (
            "Server name",
            "the host",
            "The name to request (SNI) and to check in the server's certificate. Empty: the host.",
        ),
        ClientField::Alpn => (
            "Client ALPN",
            "none",
            "The protocols to offer, in order of preference, separated by commas. Empty: no ALPN.",
        ),
        ClientField::Certificate => (
            "Client certificate",
            "path",
            "The certificate to present when the server requests one, in PEM format. Empty: none.",
        ),
        ClientField::Key => {
            ("Client key", "path", "The private key of the client certificate, in PEM format.")
        }
        ClientField::Text => ("Text to send", "text", "The text to send. Press Enter to send it."),
        ClientField::Hex => (
            "Hex to send",
            "48 65 6c 6c 6f",
            "Two hexadecimal digits for each byte. Press Enter to send them.",
        ),
        ClientField::File => {
            ("File to send", "path", "The path of a file of any size. Press Enter to send it.")
        }
        ClientField::Times => ("Times to repeat", "10", "How many times to send it."),
        ClientField::Every => (
            "Milliseconds between repetitions",
            "1000",
            "The time from one send to the next, in milliseconds.",
        ),
    }
}

/// Shows a text field; a path also has a button for the file dialog. Returns whether Enter was pressed in the field.
pub(super) fn edit(
    ui: &mut Ui,
    tab: &ClientTab,
    field: ClientField,
    width: f32,
    actions: &mut Vec<Action>,
) -> bool {
    const BROWSE: f32 = 36.0;
    let (name, hint, tooltip) = describe(field);
    let (text, is_wrong) = (tab.form().text(field), tab.form().error(field).is_some());
    let is_path = hint == "path";
    let (response, edited) = if is_path {
        path_field(ui, name, width - BROWSE - size::GAP, text, hint, is_wrong)
    } else {
        text_field(ui, name, width, text, hint, is_wrong)
    };
    actions.extend(edited.map(|text| ClientCommand::Tab(tab.id(), TabCommand::Edit(field, text)).into()));
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let response = response.accessible_name(name);
    if !response.has_focus() {
        response.on_hover_text(tooltip);
    }
    if is_path {
        let browse = ui.add_sized([BROWSE, size::CONTROL], Button::new("…"));
        let browse = browse.accessible_name(format!("Browse for {name}"));
        if browse.on_hover_text("Browse…").clicked() {
            actions.push(Action::choose_path(ClientCommand::Tab(
                tab.id(),
                TabCommand::Edit(field, text.to_owned()),
            )));
        }
    }
    entered
}
