//! The form at the left: the settings of the server. An error appears under its field.

use egui::{Context, Label, Response, RichText, Ui, Vec2};

use crate::app::{App, Command};
use crate::server::ServerState;
use crate::server::start_error::{BindCause, StartError};
use crate::settings::{Mode, Setting, SettingChoice};
use crate::ui::action::Action;
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::controls::{choice, disclosure};
use crate::ui::widgets::field::{Tone, focus_field, heading, label, note, passing_note, text_field};

/// Which part of the form is open.
#[derive(Debug, Default)]
pub(super) struct ServerForm {
    more: bool,
    /// Whether a setting under “More” was invalid in the last frame: only a new error opens it.
    was_invalid: bool,
}

const MORE: [Setting; 5] = [
    Setting::RecvSize,
    Setting::MaxClients,
    Setting::IdleTimeout,
    Setting::LogEntries,
    Setting::LogMebibytes,
];

/// The hint under a setting that the running server has another value of.
pub(super) const RESTART: &str = "Takes effect when the server is started again.";

impl ServerForm {
    /// Shows the form.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        heading(ui, "Server");
        host(ui, app, &mut actions);
        port_and_backlog(ui, app, &mut actions);
        clients(ui, app, &mut actions);
        let wrong = MORE.iter().any(|setting| app.form().error(*setting).is_some());
        if wrong && !self.was_invalid {
            self.more = true;
        }
        self.was_invalid = wrong;
        if disclosure(ui, "More: recv size, limits, timeouts", self.more, wrong).clicked() {
            self.more = !self.more;
        }
        if self.more {
            for setting in MORE {
                number(ui, app, setting, &mut actions);
            }
        }
        actions
    }

    /// Moves the keyboard focus to a setting, and shows it if it is hidden.
    pub(super) fn focus(&mut self, ctx: &Context, setting: Setting) {
        self.more |= MORE.contains(&setting);
        focus_field(ctx, setting.label());
    }
}

fn host(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let name = setting_label(ui, Setting::Host, size::LABEL);
        edit(ui, app, Setting::Host, ui.available_width(), &name, actions);
    });
    under(ui, app, Setting::Host);
    let said = match start_problem(app) {
        Some((Setting::Host, text)) => Some((Tone::Problem, text)),
        _ => app.caution().map(|text| (Tone::Caution, text)),
    };
    passing(ui, "Host as such", said);
}

fn port_and_backlog(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let port = setting_label(ui, Setting::Port, size::LABEL);
        edit(ui, app, Setting::Port, 72.0, &port, actions);
        ui.add_space(14.0);
        let backlog = setting_label(ui, Setting::Backlog, 58.0);
        edit(ui, app, Setting::Backlog, ui.available_width(), &backlog, actions);
    });
    under(ui, app, Setting::Port);
    if let Some((Setting::Port, text)) = start_problem(app) {
        below(ui, |ui| {
            note(ui, Tone::Problem, &text);
            let in_use = matches!(app.state(), ServerState::Failed(error) if error.is_about_the_port());
            if in_use && ui.button("Use a free port").clicked() {
                actions.push(Command::StartOnFreePort.into());
            }
        });
    }
    under(ui, app, Setting::Backlog);
}

fn clients(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let mode = app.settings().mode;
    row(ui, |ui| {
        let name = setting_label(ui, Setting::Mode, size::LABEL);
        let (combo, chosen) = choice(ui, "clients", ui.available_width(), mode, &Mode::choices());
        actions.extend(chosen.map(|mode| Command::set(Setting::Mode, mode).into()));
        combo.labelled_by(name.id).on_hover_text(mode.about());
    });
    under(ui, app, Setting::Mode);
    if mode == Mode::Pool {
        number(ui, app, Setting::PoolSize, actions);
    }
}

fn number(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        let name = setting_label(ui, setting, size::LABEL);
        edit(ui, app, setting, 72.0, &name, actions);
        ui.add_space(size::GAP);
        let unit = RichText::new(setting.info().unit).size(size::SMALL).color(Palette::of(ui).muted);
        ui.add(Label::new(unit).truncate());
    });
    under(ui, app, setting);
}

fn setting_label(ui: &mut Ui, setting: Setting, width: f32) -> Response {
    label(ui, setting.label(), width).on_hover_text(setting.info().about)
}

/// Shows the text field of a setting.
fn edit(ui: &mut Ui, app: &App, setting: Setting, width: f32, name: &Response, actions: &mut Vec<Action>) {
    let (form, info) = (app.form(), setting.info());
    let invalid = form.error(setting).is_some();
    let (response, changed) =
        text_field(ui, info.label, width, form.text(setting), info.placeholder, invalid);
    let response = response.labelled_by(name.id);
    if !response.has_focus() {
        response.on_hover_text(info.about);
    }
    actions.extend(changed.map(|text| Command::Set(setting, text).into()));
}

/// Shows the error of a setting, or that a change needs a restart.
fn under(ui: &mut Ui, app: &App, setting: Setting) {
    let text = match app.form().error(setting) {
        Some(error) => Some((Tone::Problem, error.to_string())),
        None => app.needs_restart(setting).then(|| (Tone::Hint, RESTART.to_owned())),
    };
    passing(ui, setting.label(), text);
}

fn passing(ui: &mut Ui, salt: &str, text: Option<(Tone, String)>) {
    passing_note(ui, salt, text, |ui, tone, text| in_line(ui, |ui| note(ui, tone, text)));
}

fn row(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.set_min_height(size::CONTROL);
        content(ui);
    });
}

/// Shows something under a field, closer to it than to the next one.
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

/// Returns the setting because of which the start failed, and the error.
fn start_problem(app: &App) -> Option<(Setting, String)> {
    let ServerState::Failed(error) = app.state() else { return None };
    let field = match &*error {
        StartError::Bind(errors)
            if error.is_about_the_port() || errors.iter().any(|e| e.cause == BindCause::NotAllowed) =>
        {
            Setting::Port
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => Setting::Host,
        StartError::Tls(_) | StartError::System { .. } => return None,
    };
    Some((field, error.to_string()))
}
