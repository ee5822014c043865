//! *Options…*: TLS versions, client certificates, ALPN, session tickets and a key log. Changes apply at once.

use std::error::Error;

use egui::Ui;

use crate::app::{App, Changed, Check, Command};
use crate::settings::fields::Field;
use crate::settings::{ClientAuth, TlsVersions};
use crate::ui::action::Action;
use crate::ui::server_form::RESTART;
use crate::ui::tls_dialogs::dialog_layout::{
    Dialog, DialogField, below, check_box, choice_row, default_button, error_note, error_or_sentence, row,
    sentence,
};
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

/// Shows the dialog; returns whether it is to be closed.
pub(super) fn show(ui: &Ui, app: &App, actions: &mut Vec<Action>) -> bool {
    let mut state = (actions, false);
    let keys = DIALOG.show(
        ui,
        &mut state,
        |ui, (actions, _)| contents(ui, app, actions),
        |ui, (_, done)| *done = default_button(ui, "Done", true).clicked(),
    );
    state.1 || keys.closed || keys.entered
}

fn contents(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let settings = app.settings();
    let chosen =
        explained_choice(ui, app, "Versions", settings.tls_versions, &VERSIONS, Changed::TlsVersions);
    actions.extend(chosen.map(|versions| Command::SetTlsVersions(versions).into()));
    let (label, changed) = ("Client certificates", Changed::ClientAuth);
    let chosen = explained_choice(ui, app, label, settings.client_auth, &CLIENT_AUTH, changed);
    actions.extend(chosen.map(|auth| Command::SetClientAuth(auth).into()));
    if settings.client_auth != ClientAuth::None {
        path_row(ui, app, Field::ClientCa, "path", "Browse for the client CA", actions);
        below(ui, |ui| client_ca(ui, app));
    }
    let (_, changed) = dialog_field(app, Field::Alpn, "none").show(ui);
    actions.extend(changed.map(|text| Command::Edit(Field::Alpn, text).into()));
    let about = "Names of application protocols, such as h2,http/1.1, in order of preference. Empty: no ALPN, and every \
                 client connects.";
    below(ui, |ui| field_note(ui, app, Field::Alpn, about));
    row(ui, "App tickets", |ui, _| {
        let mut on = settings.session_tickets;
        if check_box(ui, &mut on, "Clients may resume their sessions").changed() {
            actions.push(Command::SetTickets(on).into());
        }
    });
    below(ui, |ui| {
        sentence(ui, "With a ticket, a client's next handshake is shorter and needs no certificate.");
        restart_hint(ui, app, Changed::Tickets);
    });
    path_row(ui, app, Field::KeyLog, "off", "Browse for the key log", actions);
    let about = "A file that the keys of each connection are written to, for Wireshark to read a recording with. Empty: \
                 off. It is not remembered when the window closes.";
    below(ui, |ui| {
        field_note(ui, app, Field::KeyLog, about);
        if let Some(caution) = app.key_log_caution() {
            note(ui, Tone::Caution, &caution);
        }
    });
}

/// Shows a list to choose from with the meaning of the current choice; returns the new choice.
fn explained_choice<T: Copy + PartialEq>(
    ui: &mut Ui,
    app: &App,
    label: &str,
    current: T,
    choices: &[(T, &str, &str)],
    changed: Changed,
) -> Option<T> {
    let chosen = choice_row(ui, label, &label.to_lowercase(), current, choices);
    below(ui, |ui| {
        if let Some((_, _, about)) = choices.iter().find(|(choice, ..)| *choice == current) {
            sentence(ui, about);
        }
        restart_hint(ui, app, changed);
    });
    chosen
}

fn client_ca(ui: &mut Ui, app: &App) {
    match app.client_ca() {
        Check::Empty => drop(note(
            ui,
            Tone::Hint,
            "The certificates that sign the clients' certificates, such as the practice CA's ca.crt.",
        )),
        Check::Reading => drop(note(ui, Tone::Hint, "Reading…")),
        Check::Good(report) => drop(note(ui, Tone::Good, &report.line())),
        Check::Bad(error) => error_note(ui, error),
    }
    restart_hint(ui, app, Changed::Field(Field::ClientCa));
}

fn dialog_field<'a>(app: &'a App, field: Field, hint: &'static str) -> DialogField<'a> {
    let form = app.form();
    let bad = field == Field::ClientCa && matches!(app.client_ca(), Check::Bad(_));
    DialogField {
        label: field.label(),
        id: field.label(),
        text: form.text(field),
        hint,
        is_wrong: bad || form.error(field).is_some(),
    }
}

fn path_row(
    ui: &mut Ui,
    app: &App,
    field: Field,
    hint: &'static str,
    browse: &str,
    actions: &mut Vec<Action>,
) {
    let choose = || Command::Edit(field, app.form().text(field).to_owned()).into();
    let (_, changed) = dialog_field(app, field, hint).show_with_browse(ui, browse, choose, actions);
    actions.extend(changed.map(|text| Command::Edit(field, text).into()));
}

/// Shows a field's error, or what the field is for.
fn field_note(ui: &mut Ui, app: &App, field: Field, about: &str) {
    let error = app.form().error(field);
    error_or_sentence(ui, error.map(|error| error as &dyn Error), about);
    restart_hint(ui, app, Changed::Field(field));
}

fn restart_hint(ui: &mut Ui, app: &App, changed: Changed) {
    if app.needs_restart(changed) {
        note(ui, Tone::Hint, RESTART);
    }
}
