//! The form on the left: where the server listens and how it serves. Errors stand under their field.

use egui::{Context, Label, Response, RichText, Ui, Vec2};

use crate::app::{App, Changed, Command};
use crate::server::error::{BindCause, StartError};
use crate::server::status::ServerState;
use crate::settings::Mode;
use crate::settings::fields::Field;
use crate::ui::action::Action;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::choice::choice;
use crate::ui::widgets::disclosure::disclosure;
use crate::ui::widgets::field::{focus_field, heading, label, text_field};

use crate::ui::widgets::note::{Tone, note, passing_note};

/// What the form itself remembers.
#[derive(Debug, Default)]
pub(super) struct ServerForm {
    more: bool,
    /// Whether something under “More” was wrong in the last frame: only what has just gone wrong opens it.
    was_wrong: bool,
}

const MORE: [(Field, &str); 5] = [
    (Field::RecvSize, "bytes"),
    (Field::MaxClients, "at once"),
    (Field::IdleTimeout, "seconds, 0 is never"),
    (Field::LogEntries, "at most"),
    (Field::LogMebibytes, "MiB at most"),
];

/// What is said of a value that the running server has another of.
pub(super) const RESTART: &str = "Takes effect when the server is started again.";

/// What a field is for, in a sentence.
fn about(field: Field) -> &'static str {
    match field {
        Field::Host => {
            "The name or address to listen on: localhost for this computer alone, 0.0.0.0 for all others, too."
        }
        Field::Port => {
            "The number under which clients find the server on this computer; 0 lets the system choose one."
        }
        Field::Backlog => "How many new connections the system lets wait until the server accepts them.",
        Field::PoolSize => "How many threads share the clients; more clients than that wait for a free one.",
        Field::RecvSize => {
            "The most bytes that one recv() hands over; what is longer arrives in several pieces."
        }
        Field::MaxClients => "How many clients are served at once; the next ones wait in the backlog.",
        Field::IdleTimeout => {
            "After so many seconds without a byte a client is disconnected; 0 waits for ever."
        }
        Field::LogEntries => "How many entries the log keeps; the oldest go first.",
        Field::LogMebibytes => "How much memory the log may take; the oldest entries go first.",
        Field::Certificate => "The certificate that the server shows to clients, in PEM form.",
        Field::Key => "The private key that belongs to the certificate, in PEM form.",
        Field::ClientCa => "The certificates of the CAs that sign the clients' certificates, in PEM form.",
        Field::Alpn => "The protocols that are agreed to, best first, with commas between them.",
        Field::KeyLog => "The file that the keys of each connection are appended to, for Wireshark.",
    }
}

impl ServerForm {
    /// Shows the form.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        heading(ui, "Server");
        host(ui, app, &mut actions);
        port_and_backlog(ui, app, &mut actions);
        clients(ui, app, &mut actions);
        let wrong = MORE.iter().any(|(field, _)| app.form().error(*field).is_some());
        if wrong && !self.was_wrong {
            self.more = true;
        }
        self.was_wrong = wrong;
        if disclosure(ui, "More: recv size, limits, timeouts", self.more, wrong).clicked() {
            self.more = !self.more;
        }
        if self.more {
            for (field, unit) in MORE {
                number(ui, app, field, unit, &mut actions);
            }
        }
        actions
    }

    /// Gives the keyboard to a field, wherever it is.
    pub(super) fn focus(&mut self, ctx: &Context, field: Field) {
        self.more |= MORE.iter().any(|(hidden, _)| *hidden == field);
        focus_field(ctx, field.label());
    }
}

fn host(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let name = label(ui, "Host", size::LABEL).on_hover_text(about(Field::Host));
        edit(ui, app, Field::Host, ui.available_width(), "localhost", &name, actions);
    });
    under(ui, app, Field::Host);
    let said = match start_problem(app) {
        Some((Field::Host, text)) => Some((Tone::Problem, text)),
        _ => app.caution().map(|text| (Tone::Caution, text)),
    };
    passing(ui, "Host as such", said);
}

fn port_and_backlog(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let name = label(ui, "Port", size::LABEL).on_hover_text(about(Field::Port));
        edit(ui, app, Field::Port, 72.0, "12345", &name, actions);
        ui.add_space(14.0);
        let name = label(ui, "Backlog", 58.0).on_hover_text(about(Field::Backlog));
        edit(ui, app, Field::Backlog, ui.available_width(), "5", &name, actions);
    });
    under(ui, app, Field::Port);
    if let Some((Field::Port, text)) = start_problem(app) {
        below(ui, |ui| {
            note(ui, Tone::Problem, &text);
            let in_use = matches!(app.state(), ServerState::Failed(error) if error.is_about_the_port());
            if in_use && ui.button("Use a free port").clicked() {
                actions.push(Command::StartOnFreePort.into());
            }
        });
    }
    under(ui, app, Field::Backlog);
}

fn clients(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let mode = app.form().mode();
    row(ui, |ui| {
        let name = label(ui, "Clients", size::LABEL)
            .on_hover_text("How the server shares itself among its clients.");
        let choices = Mode::ALL.map(|mode| (mode, mode.to_string(), about_mode(mode)));
        let (combo, chosen) = choice(ui, "clients", ui.available_width(), mode, &choices);
        actions.extend(chosen.map(|mode| Command::SetMode(mode).into()));
        combo.labelled_by(name.id).on_hover_text(about_mode(mode));
    });
    passing(ui, "Clients", app.needs_restart(Changed::Mode).then(restart_hint));
    if mode == Mode::Pool {
        number(ui, app, Field::PoolSize, "threads", actions);
    }
}

fn about_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::One => "One client is served to its end; the next ones wait in the backlog until it has gone.",
        Mode::Threads => "Each client is served at once, by a thread of its own.",
        Mode::Pool => "A fixed number of threads share the clients; who finds none free waits for one.",
    }
}

fn number(ui: &mut Ui, app: &App, field: Field, unit: &str, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let name = label(ui, field.label(), size::LABEL).on_hover_text(about(field));
        edit(ui, app, field, 72.0, "", &name, actions);
        ui.add_space(size::GAP);
        ui.add(Label::new(RichText::new(unit).size(size::SMALL).color(Palette::of(ui).muted)).truncate());
    });
    under(ui, app, field);
}

/// The text field for a setting; what is typed becomes a action.
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
    let wrong = form.error(field).is_some();
    let (response, changed) = text_field(ui, field.label(), width, form.text(field), hint, wrong);
    let response = response.labelled_by(name.id);
    if !response.has_focus() {
        response.on_hover_text(about(field));
    }
    actions.extend(changed.map(|text| Command::Edit(field, text).into()));
}

/// What is to be said about a field: its error, or that it takes a restart.
fn under(ui: &mut Ui, app: &App, field: Field) {
    let said = match app.form().error(field) {
        Some(error) => Some((Tone::Problem, error.to_string())),
        None => app.needs_restart(Changed::Field(field)).then(restart_hint),
    };
    passing(ui, field.label(), said);
}

fn restart_hint() -> (Tone, String) {
    (Tone::Hint, RESTART.to_owned())
}

fn passing(ui: &mut Ui, salt: &str, said: Option<(Tone, String)>) {
    passing_note(ui, salt, said, |ui, tone, text| in_line(ui, |ui| note(ui, tone, text)));
}

fn row(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.set_min_height(size::CONTROL);
        content(ui);
    });
}

/// Puts something under the field that it is about: in line with it, and closer to it than to the next one.
fn below<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) {
    in_line(ui, content);
    ui.add_space(2.0);
}

fn in_line<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) {
    ui.add_space(-3.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(size::LABEL);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = Vec2::new(size::GAP, 6.0);
            content(ui);
        });
    });
}

/// Where the start failed because of a field: that field, and what to say under it.
fn start_problem(app: &App) -> Option<(Field, String)> {
    let ServerState::Failed(error) = app.state() else { return None };
    let field = match &*error {
        StartError::Bind(errors)
            if error.is_about_the_port() || errors.iter().any(|e| e.cause == BindCause::NotAllowed) =>
        {
            Field::Port
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => Field::Host,
        StartError::Tls(_) | StartError::System { .. } => return None,
    };
    Some((field, error.to_string()))
}
