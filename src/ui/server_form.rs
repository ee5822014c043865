//! The form with the server's settings. An error is shown below the field that it is about.

use std::sync::Arc;

use egui::{Context, Label, RichText, Ui};

use crate::app::{App, Command};
use crate::server::ServerState;
use crate::server::start_error::StartError;
use crate::settings::{Mode, Setting, SettingChoice, Settings};
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::widgets::controls::{choice, disclosure};
use crate::ui::widgets::field::{Tone, beside_label, focus_field, heading, label, note, text_field};

/// The state of the form.
#[derive(Debug, Default)]
pub(super) struct ServerForm {
    is_more_open: bool,
    /// Whether a setting in the section “More” was invalid in the last frame: only a new error opens the section.
    was_invalid: bool,
}

const MORE_SETTINGS: [Setting; 5] = [
    Setting::RecvSize,
    Setting::MaxClients,
    Setting::IdleTimeout,
    Setting::LogEntries,
    Setting::LogMebibytes,
];

impl ServerForm {
    /// Shows the form.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        heading(ui, "Server");
        row(ui, |ui| edit(ui, app, Setting::Host, size::LABEL, f32::INFINITY, &mut actions));
        notes(ui, app, Setting::Host, &mut actions);
        row(ui, |ui| {
            edit(ui, app, Setting::Port, size::LABEL, 72.0, &mut actions);
            ui.add_space(14.0);
            edit(ui, app, Setting::Backlog, 58.0, f32::INFINITY, &mut actions);
        });
        notes(ui, app, Setting::Port, &mut actions);
        notes(ui, app, Setting::Backlog, &mut actions);
        let mode = app.settings().mode;
        row(ui, |ui| {
            let name = label(ui, Setting::Mode.label(), size::LABEL);
            let (combo, chosen) = choice(ui, "clients", ui.available_width(), mode, &Mode::choices());
            actions.extend(chosen.map(|mode| Command::set(Setting::Mode, mode).into()));
            combo.labelled_by(name.id).on_hover_text(mode.about());
        });
        notes(ui, app, Setting::Mode, &mut actions);
        if mode == Mode::Pool {
            number_row(ui, app, Setting::PoolSize, &mut actions);
        }
        let is_invalid = MORE_SETTINGS.iter().any(|setting| app.form().error(*setting).is_some());
        if is_invalid && !self.was_invalid {
            self.is_more_open = true;
        }
        self.was_invalid = is_invalid;
        let title = more_title(app.settings(), self.is_more_open);
        if disclosure(ui, &title, self.is_more_open, is_invalid).clicked() {
            self.is_more_open = !self.is_more_open;
        }
        if self.is_more_open {
            for setting in MORE_SETTINGS {
                number_row(ui, app, setting, &mut actions);
            }
        }
        actions
    }

    /// Moves the keyboard focus to a setting's field. Opens the section “More” if the field is in it.
    pub(super) fn focus(&mut self, ctx: &Context, setting: Setting) {
        self.is_more_open |= MORE_SETTINGS.contains(&setting);
        focus_field(ctx, setting.label());
    }
}

/// Returns the title of the section “More”. While it is closed, the title has its settings that aren't at their
/// defaults, so that none has an effect unseen.
fn more_title(settings: &Settings, is_open: bool) -> String {
    let defaults = Settings::default();
    let changed = MORE_SETTINGS.map(|setting| (setting, setting.text(settings)));
    let changed = changed.into_iter().filter(|(setting, text)| *text != setting.text(&defaults));
    let changed: Vec<_> =
        changed.map(|(setting, text)| format!("{} {text}", setting.label().to_lowercase())).collect();
    if is_open || changed.is_empty() {
        "More: recv size, limits, timeouts".to_owned()
    } else {
        format!("More: {}", changed.join(", "))
    }
}

/// Shows the row of a setting that is a number, with its unit.
fn number_row(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    row(ui, |ui| {
        edit(ui, app, setting, size::LABEL, 72.0, actions);
        ui.add_space(size::GAP);
        ui.add(Label::new(RichText::new(setting.info().unit).small().weak()).truncate());
    });
    notes(ui, app, setting, actions);
}

/// Shows the label and the text field of a setting in the current row.
fn edit(ui: &mut Ui, app: &App, setting: Setting, label_width: f32, width: f32, actions: &mut Vec<Action>) {
    let (form, info) = (app.form(), setting.info());
    let name = label(ui, info.label, label_width).on_hover_text(info.about);
    let (text, invalid) = (form.text(setting), form.error(setting).is_some());
    let width = width.min(ui.available_width());
    let (response, changed) = text_field(ui, info.label, width, text, info.placeholder, invalid);
    let response = response.labelled_by(name.id);
    if !response.has_focus() {
        response.on_hover_text(info.about);
    }
    actions.extend(changed.map(|text| Command::Set(setting, text).into()));
}

/// Shows, below a setting's field, what is wrong with the setting.
fn notes(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    let below = |ui: &mut Ui, tone, text: &str| {
        ui.add_space(-3.0);
        beside_label(ui, size::LABEL, |ui| drop(note(ui, tone, text)));
    };
    if let Some(error) = app.form().error(setting) {
        below(ui, Tone::Problem, &error.to_string());
    }
    if let Some((field, error)) = start_problem(app)
        && field == setting
    {
        below(ui, Tone::Problem, &error.to_string());
        if error.is_about_the_port() {
            beside_label(ui, size::LABEL, |ui| {
                if ui.button("Use a free port").clicked() {
                    actions.push(Command::StartOnFreePort.into());
                }
            });
        }
    } else if setting == Setting::Host
        && let Some(caution) = app.caution()
    {
        below(ui, Tone::Caution, caution);
    }
}

fn row(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.set_min_height(size::CONTROL);
        content(ui);
    });
}

/// Returns the setting that made the start fail, and the error.
fn start_problem(app: &App) -> Option<(Setting, Arc<StartError>)> {
    let ServerState::Failed(error) = app.state() else { return None };
    let field = match &*error {
        StartError::Bind(_) if error.is_about_the_port() => Setting::Port,
        StartError::NameNotFound { .. } | StartError::Bind(_) => Setting::Host,
        StartError::Tls(_) | StartError::System { .. } | StartError::Panicked(_) => return None,
    };
    Some((field, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_section_names_its_settings_that_are_not_defaults() {
        let title = |settings: &Settings| more_title(settings, false);
        assert_eq!(title(&Settings::default()), "More: recv size, limits, timeouts");
        let settings = Settings { recv_size: 4, max_clients: 2, ..Settings::default() };
        assert_eq!(title(&settings), "More: recv size 4, max clients 2");
        assert_eq!(more_title(&settings, true), title(&Settings::default()), "open, it shows them itself");
    }
}
