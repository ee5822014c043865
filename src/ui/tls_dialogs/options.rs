//! *Options…*: which versions, client certificates, ALPN, tickets, and a key log.

use egui::{Response, Ui};

use crate::app::{App, Changed, Check, Command};
use crate::settings::fields::Field;
use crate::settings::{ClientAuth, TlsVersions};
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::tls_dialogs::dialog::{Dialog, default_button};
use crate::ui::tls_dialogs::parts::{choose, restart_hint, reveal, row, sentence, tick, under};
use crate::ui::widgets::field::text_field;
use crate::ui::widgets::note::{Tone, note};

const DIALOG: Dialog = Dialog { id: "tls options", title: "How TLS is served", width: 600.0 };

const VERSIONS: [(TlsVersions, &str, &str); 3] = [
    (
        TlsVersions::Both,
        "TLS 1.2 and 1.3",
        "Each client gets the newest version that it knows, as on most servers.",
    ),
    (
        TlsVersions::Only12,
        "TLS 1.2 only",
        "As on an old server: certificates cross the network in the open, and a handshake takes one round trip more.",
    ),
    (
        TlsVersions::Only13,
        "TLS 1.3 only",
        "The newest version alone: clients that only know TLS 1.2 are refused.",
    ),
];

const CLIENT_AUTH: [(ClientAuth, &str, &str); 3] = [
    (ClientAuth::None, "Not asked for", "Clients need no certificate, as on most servers."),
    (
        ClientAuth::Optional,
        "Optional",
        "Clients are asked for a certificate and may have none, but one that they show must be good.",
    ),
    (
        ClientAuth::Required,
        "Required",
        "Clients without a good certificate are refused: TLS in both directions (mutual TLS).",
    ),
];

/// Shows the dialog; returns what it actions for, and whether it is done. What is chosen counts at once.
pub(super) fn show(ui: &Ui, app: &App) -> (Vec<Action>, bool) {
    let mut state = (Vec::new(), false);
    let ended = DIALOG.show(
        ui,
        &mut state,
        |ui, (actions, _)| contents(ui, app, actions),
        |ui, (_, done)| *done = default_button(ui, "Done", true).clicked(),
    );
    let (actions, done) = state;
    (actions, done || ended.closed || ended.entered)
}

fn contents(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let settings = app.settings();
    row(ui, "Versions", |ui, name| {
        let chosen = choose(ui, name, "versions", settings.tls_versions, &VERSIONS);
        actions.extend(chosen.map(|versions| Command::SetTlsVersions(versions).into()));
    });
    under(ui, |ui| {
        about(ui, &VERSIONS, settings.tls_versions);
        restart_hint(ui, app.needs_restart(Changed::TlsVersions));
    });
    row(ui, "Client certificates", |ui, name| {
        let chosen = choose(ui, name, "client certificates", settings.client_auth, &CLIENT_AUTH);
        actions.extend(chosen.map(|auth| Command::SetClientAuth(auth).into()));
    });
    under(ui, |ui| {
        about(ui, &CLIENT_AUTH, settings.client_auth);
        restart_hint(ui, app.needs_restart(Changed::ClientAuth));
    });
    if settings.client_auth != ClientAuth::None {
        client_ca(ui, app, actions);
    }
    row(ui, "ALPN", |ui, name| {
        edit(ui, app, Field::Alpn, ui.available_width(), "none", name, actions);
    });
    under(ui, |ui| {
        told(
            ui,
            app,
            Field::Alpn,
            "Names of application protocols, such as h2,http/1.1, the one that is liked best first. Empty: the server \
             takes no part in it, and every client connects.",
        );
    });
    row(ui, "App tickets", |ui, _| {
        let mut on = settings.session_tickets;
        let text = "Clients may resume their sessions";
        if tick(ui, &mut on, text).changed() {
            actions.push(Command::SetTickets(on).into());
        }
    });
    under(ui, |ui| {
        sentence(ui, "With a ticket, a client's next handshake is shorter and needs no certificate.");
        restart_hint(ui, app.needs_restart(Changed::Tickets));
    });
    key_log(ui, app, actions);
}

fn client_ca(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, "Client CA", |ui, name| {
        let width = ui.available_width() - 84.0 - size::GAP;
        edit(ui, app, Field::ClientCa, width, "path", name, actions);
        browse(ui, "Browse for the client CA", Field::ClientCa, app, actions);
    });
    under(ui, |ui| {
        match app.client_ca() {
            Check::Empty => drop(note(
                ui,
                Tone::Hint,
                "The certificates that sign the clients' certificates, such as the practice CA's ca.crt.",
            )),
            Check::Reading => drop(note(ui, Tone::Hint, "Reading…")),
            Check::Good(report) => drop(note(ui, Tone::Good, &report.line())),
            Check::Bad(error) => {
                let shown = note(ui, Tone::Problem, &error.to_string());
                if let Some(raw) = error.raw() {
                    shown.on_hover_text(raw);
                }
            }
        }
        restart_hint(ui, app.needs_restart(Changed::Field(Field::ClientCa)));
    });
}

fn key_log(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, "Key log", |ui, name| {
        let width = ui.available_width() - 84.0 - size::GAP;
        edit(ui, app, Field::KeyLog, width, "off", name, actions);
        browse(ui, "Browse for the key log", Field::KeyLog, app, actions);
    });
    under(ui, |ui| {
        told(
            ui,
            app,
            Field::KeyLog,
            "A file that the keys of each connection are written to, for Wireshark to read a recording with. Empty: \
             off. It is not remembered when the window closes.",
        );
        if let Some(caution) = app.key_log_caution() {
            note(ui, Tone::Caution, &caution);
        }
    });
}

fn browse(ui: &mut Ui, name: &str, field: Field, app: &App, actions: &mut Vec<Action>) {
    let button = ui.add_sized([84.0, size::CONTROL], egui::Button::new("Browse…"));
    if button.accessible_name(name).clicked() {
        actions.push(Action::choose_path(Command::Edit(field, app.form().text(field).to_owned())));
    }
}

fn about<T: Copy + PartialEq>(ui: &mut Ui, choices: &[(T, &str, &str)], current: T) {
    if let Some((_, _, about)) = choices.iter().find(|(choice, ..)| *choice == current) {
        sentence(ui, about);
    }
}

fn edit(
    ui: &mut Ui,
    app: &App,
    field: Field,
    width: f32,
    hint: &'static str,
    name: &Response,
    actions: &mut Vec<Action>,
) {
    let form = app.form();
    let bad = field == Field::ClientCa && matches!(app.client_ca(), Check::Bad(_));
    let wrong = bad || form.error(field).is_some();
    let (response, changed) = text_field(ui, field.label(), width, form.text(field), hint, wrong);
    reveal(ui, &response.labelled_by(name.id));
    actions.extend(changed.map(|text| Command::Edit(field, text).into()));
}

/// What is wrong with a field; where nothing is, what it is for.
fn told(ui: &mut Ui, app: &App, field: Field, about: &str) {
    match app.form().error(field) {
        Some(error) => drop(note(ui, Tone::Problem, &error.to_string())),
        None => drop(sentence(ui, about)),
    }
    restart_hint(ui, app.needs_restart(Changed::Field(field)));
}
