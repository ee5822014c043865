//! The TLS settings of a client: one line, which unfolds to all choices.

use egui::{Label, Response, RichText, Ui};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Followed, TrustChoice};
use crate::settings::{SettingChoice, TlsVersions};
use crate::ui::action::Action;
use crate::ui::tabs::client::client_fields::{edit, edit_path, show_error};
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::choice::choice;
use crate::ui::widgets::controls::{pill_button, pill_width, switch};
use crate::ui::widgets::disclosure::disclosure;
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};

const LABEL: f32 = 128.0;
const CLEAR: &str = "Clear";
const FOLLOW: &str = "Follow the server";

/// Shows the line and, if it is unfolded, the choices.
pub(super) fn show(ui: &mut Ui, app: &App, tab: &ClientTab, open: &mut bool, actions: &mut Vec<Action>) {
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
