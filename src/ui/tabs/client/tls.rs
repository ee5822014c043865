//! How a client speaks TLS: one line, which opens to every choice there is.

use egui::{Label, Response, RichText, Ui};

use crate::app::App;
use crate::app::clients::{ClientCommand, ClientField, ClientTab, Followed, TrustChoice};
use crate::settings::TlsVersions;
use crate::ui::action::Action;
use crate::ui::tabs::client::{action, fields};
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::choice::choice;
use crate::ui::widgets::controls::{pill_button, pill_width, switch};
use crate::ui::widgets::disclosure::disclosure;
use crate::ui::widgets::field::label;
use crate::ui::widgets::note::{Tone, note};

const LABEL: f32 = 128.0;
const CLEAR: &str = "Clear";
const AGAIN: &str = "Follow the server";

/// Shows the line and, where it is open, the choices.
pub(in crate::ui) fn show(ui: &mut Ui, app: &App, tab: &ClientTab, open: &mut bool) -> Vec<Action> {
    let mut actions = Vec::new();
    let form = tab.form();
    let wrong = form
        .blocked()
        .is_some_and(|(field, _)| !matches!(field, Some(ClientField::Host | ClientField::Port)));
    let line = summary(tab);
    ui.horizontal(|ui| {
        ui.set_height(26.0);
        let width = ui.available_width() - pill_width(ui, CLEAR) - size::GAP;
        let pressed = ui.scope(|ui| {
            ui.set_max_width(width);
            disclosure(ui, &line, *open, wrong).on_hover_text("TLS, and how long to wait for an answer")
        });
        if pressed.inner.clicked() {
            *open = !*open;
        }
        ui.add_enabled_ui(!tab.transcript().is_empty(), |ui| {
            let clear = pill_button(ui, CLEAR).accessible_name("Clear the transcript");
            if clear.on_hover_text("Forget what stands below").clicked() {
                actions.push(action(ClientCommand::ClearTranscript(tab.id())));
            }
        });
    });
    if form.tls()
        && let Some(caution) = form.trust().caution()
    {
        note(ui, Tone::Caution, caution);
    }
    if !*open {
        return actions;
    }
    if !tab.state().is_at_rest() {
        note(ui, Tone::Hint, "What is changed here is used when it connects again.");
    }
    on_or_off(ui, tab, &mut actions);
    if form.tls() {
        trust(ui, app, tab, &mut actions);
        text(ui, tab, ClientField::ServerName, "the host", &mut actions);
        versions(ui, tab, &mut actions);
        alpn(ui, tab, &mut actions);
        for field in [ClientField::Certificate, ClientField::Key] {
            row(ui, field.label(), |ui, _| fields::path(ui, tab, field, &mut actions));
        }
    }
    row(ui, "Give up after", |ui, _| {
        fields::edit(ui, tab, ClientField::Timeout, 60.0, "5", &mut actions);
        ui.label(RichText::new("seconds without an answer").size(size::SMALL).color(Palette::of(ui).muted));
    });
    fields::error(ui, tab, ClientField::Timeout);
    ui.add_space(4.0);
    actions
}

/// The whole section in a line: `TLS: as the server, trusts its certificate`.
fn summary(tab: &ClientTab) -> String {
    let form = tab.form();
    let whose = match (form.is_following(Followed::Tls), form.tls()) {
        (true, true) => "as the server",
        (true, false) => return "TLS: as the server, off".to_owned(),
        (false, true) => "on",
        (false, false) => return "TLS: off".to_owned(),
    };
    let trust = match form.trust() {
        TrustChoice::ThisServer if form.is_following(Followed::Tls) => "its certificate",
        TrustChoice::ThisServer => "this server's certificate",
        TrustChoice::CaFile => "a CA file",
        TrustChoice::System => "the system's authorities",
        TrustChoice::Nothing => "anybody",
    };
    format!("TLS: {whose}, trusts {trust}")
}

fn on_or_off(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    let form = tab.form();
    row(ui, "TLS", |ui, _| {
        let on = form.tls();
        if switch(ui, on, "TLS of the client").on_hover_text("Encrypt the connection").clicked() {
            actions.push(action(ClientCommand::SetTls(tab.id(), !on)));
        }
        let follows = form.is_following(Followed::Tls);
        let words = if follows { "as the server" } else { "whatever the server does" };
        ui.label(RichText::new(words).size(size::SMALL).color(Palette::of(ui).muted));
        follow_again(ui, tab, Followed::Tls, actions);
    });
}

fn trust(ui: &mut Ui, app: &App, tab: &ClientTab, actions: &mut Vec<Action>) {
    let form = tab.form();
    let choices = TrustChoice::ALL.map(|choice| (choice, choice.label(), ""));
    row(ui, "Trusts", |ui, name| {
        if let Some(choice) = choose(ui, name, "trust", form.trust(), &choices, 0.0) {
            actions.push(action(ClientCommand::SetTrust(tab.id(), choice)));
        }
    });
    match form.trust() {
        TrustChoice::ThisServer => {
            let file = app.clients().server_certificate();
            let words = if file.as_os_str().is_empty() {
                "This server has no certificate yet: choose or create one on the left.".to_owned()
            } else {
                format!("The file {}", file.display())
            };
            row(ui, "", |ui, _| {
                let text = RichText::new(&words).size(size::SMALL).color(Palette::of(ui).muted);
                ui.add(Label::new(text).truncate()).on_hover_text(&words);
            });
        }
        TrustChoice::CaFile => {
            row(ui, "CA file", |ui, _| fields::path(ui, tab, ClientField::CaFile, actions));
        }
        TrustChoice::System | TrustChoice::Nothing => {}
    }
}

fn versions(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    let choices = TlsVersions::ALL.map(|choice| (choice, choice.label(), ""));
    row(ui, "Versions", |ui, name| {
        let right = again_width(ui, tab, Followed::Versions);
        if let Some(choice) = choose(ui, name, "versions", tab.form().versions(), &choices, right) {
            actions.push(action(ClientCommand::SetVersions(tab.id(), choice)));
        }
        follow_again(ui, tab, Followed::Versions, actions);
    });
}

fn alpn(ui: &mut Ui, tab: &ClientTab, actions: &mut Vec<Action>) {
    row(ui, "ALPN", |ui, _| {
        let width = ui.available_width() - again_width(ui, tab, Followed::Alpn);
        fields::edit(ui, tab, ClientField::Alpn, width, "none", actions);
        follow_again(ui, tab, Followed::Alpn, actions);
    });
    fields::error(ui, tab, ClientField::Alpn);
}

fn text(ui: &mut Ui, tab: &ClientTab, field: ClientField, hint: &'static str, actions: &mut Vec<Action>) {
    row(ui, field.label(), |ui, _| {
        let width = ui.available_width();
        fields::edit(ui, tab, field, width, hint, actions)
    });
    fields::error(ui, tab, field);
}

/// How much room the way back to the server's value takes, where there is one.
fn again_width(ui: &Ui, tab: &ClientTab, part: Followed) -> f32 {
    if tab.form().is_following(part) { 0.0 } else { pill_width(ui, AGAIN) + size::GAP }
}

fn follow_again(ui: &mut Ui, tab: &ClientTab, part: Followed, actions: &mut Vec<Action>) {
    if tab.form().is_following(part) {
        return;
    }
    let what = match part {
        Followed::Tls => "TLS",
        Followed::Versions => "versions",
        Followed::Alpn => "ALPN",
        Followed::Host | Followed::Port => "address",
    };
    if pill_button(ui, AGAIN).accessible_name(format!("{AGAIN}: {what}")).clicked() {
        actions.push(action(ClientCommand::FollowServer(tab.id(), Some(part))));
    }
}

/// A label, and a control beside it that gets the label's response.
fn row<R>(ui: &mut Ui, text: &str, control: impl FnOnce(&mut Ui, &Response) -> R) -> R {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.add_space(16.0);
        let name = label(ui, text, LABEL - size::GAP - 16.0);
        control(ui, &name)
    })
    .inner
}

/// A list to choose from, with so much kept free at its right; returns what was chosen anew.
fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &Response,
    id: &str,
    current: T,
    choices: &[(T, &str, &str)],
    right: f32,
) -> Option<T> {
    let (combo, chosen) = choice(ui, id, (ui.available_width() - right).min(320.0), current, choices);
    combo.labelled_by(name.id);
    chosen
}
