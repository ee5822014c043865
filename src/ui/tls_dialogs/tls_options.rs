//! *Options…*: TLS versions, client certificates, ALPN, session tickets and a key log. Changes apply at once.

use std::error::Error;

use egui::Ui;

use crate::app::{App, Check, Command};
use crate::settings::{ClientAuth, Setting, SettingChoice};
use crate::ui::action::Action;
use crate::ui::server_form::RESTART;
use crate::ui::tls_dialogs::dialog_layout::{
    Dialog, DialogField, below, check_box, choice_row, default_button, error_note, error_or_sentence, row,
    sentence,
};
use crate::ui::widgets::field::{Tone, note};

const DIALOG: Dialog = Dialog { id: "tls options", title: "How TLS is served", width: 600.0 };

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
    explained_choice(ui, app, Setting::TlsVersions, settings.tls_versions, actions);
    explained_choice(ui, app, Setting::ClientAuth, settings.client_auth, actions);
    if settings.client_auth != ClientAuth::None {
        path_row(ui, app, Setting::ClientCa, "Browse for the client CA", actions);
        below(ui, |ui| client_ca(ui, app));
    }
    let (_, changed) = dialog_field(app, Setting::Alpn).show(ui);
    actions.extend(changed.map(|text| Command::Set(Setting::Alpn, text).into()));
    below(ui, |ui| setting_note(ui, app, Setting::Alpn));
    row(ui, Setting::SessionTickets.label(), |ui, _| {
        let mut on = settings.session_tickets;
        if check_box(ui, &mut on, "Clients may resume their sessions").changed() {
            actions.push(Command::set(Setting::SessionTickets, on).into());
        }
    });
    below(ui, |ui| setting_note(ui, app, Setting::SessionTickets));
    path_row(ui, app, Setting::KeyLog, "Browse for the key log", actions);
    below(ui, |ui| {
        setting_note(ui, app, Setting::KeyLog);
        if let Some(caution) = app.key_log_caution() {
            note(ui, Tone::Caution, &caution);
        }
    });
}

/// Shows a list to choose from with the meaning of the current choice.
fn explained_choice<T: SettingChoice>(
    ui: &mut Ui,
    app: &App,
    setting: Setting,
    current: T,
    actions: &mut Vec<Action>,
) {
    let label = setting.label();
    let chosen = choice_row(ui, label, &label.to_lowercase(), current, &T::choices());
    actions.extend(chosen.map(|chosen| Command::set(setting, chosen.keyword()).into()));
    below(ui, |ui| {
        sentence(ui, current.about());
        restart_hint(ui, app, setting);
    });
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
    restart_hint(ui, app, Setting::ClientCa);
}

fn dialog_field(app: &App, setting: Setting) -> DialogField<'_> {
    let form = app.form();
    let bad = setting == Setting::ClientCa && matches!(app.client_ca(), Check::Bad(_));
    DialogField {
        label: setting.label(),
        text: form.text(setting),
        hint: setting.info().placeholder,
        is_wrong: bad || form.error(setting).is_some(),
    }
}

fn path_row(ui: &mut Ui, app: &App, setting: Setting, browse: &str, actions: &mut Vec<Action>) {
    let choose = || Command::set(setting, app.form().text(setting)).into();
    let (_, changed) = dialog_field(app, setting).show_with_browse(ui, browse, choose, actions);
    actions.extend(changed.map(|text| Command::Set(setting, text).into()));
}

/// Shows the error of a setting, or what the setting is for.
fn setting_note(ui: &mut Ui, app: &App, setting: Setting) {
    let error = app.form().error(setting);
    error_or_sentence(ui, error.map(|error| error as &dyn Error), setting.info().about);
    restart_hint(ui, app, setting);
}

fn restart_hint(ui: &mut Ui, app: &App, setting: Setting) {
    if app.needs_restart(setting) {
        note(ui, Tone::Hint, RESTART);
    }
}
