//! The TLS part of the form: the switch, the certificate and key files, and the results of checking them.

use egui::{Align, Layout, Ui, vec2};
use jiff::Timestamp;

use crate::app::{App, Check, Command};
use crate::lessons::condition::LessonPlace;
use crate::settings::{ClientAuth, Setting};
use crate::tls::explain::file_error_command;
use crate::ui::action::Action;
use crate::ui::theme::size;
use crate::ui::widgets::controls::{copy_box, copy_button, pill_button, pill_width, switch};
use crate::ui::widgets::field::{Tone, heading, label, note, path_field};

/// Shows the switch, the dialogs' buttons and, if TLS is on, the fields for the files.
pub(super) fn show(ui: &mut Ui, app: &App) -> Vec<Action> {
    let mut actions = Vec::new();
    let on = app.settings().tls;
    ui.horizontal(|ui| {
        ui.set_min_height(22.0);
        heading(ui, "TLS");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if switch(ui, on, "TLS").on_hover_text(Setting::Tls.info().about).clicked() {
                actions.push(Command::set(Setting::Tls, !on).into());
            }
        });
    });
    if on {
        path_row(ui, app, Setting::Certificate, &mut actions);
        certificate_result(ui, app, &mut actions);
        path_row(ui, app, Setting::Key, &mut actions);
        key_result(ui, app);
    }
    actions.extend(dialog_buttons(ui, app));
    actions
}

fn path_row(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    let (form, info) = (app.form(), setting.info());
    let is_bad_file = match setting {
        Setting::Key => matches!(app.key(), Check::Bad(_)) || matches!(app.pair(), Some(Err(_))),
        _ => matches!(app.certificate(), Check::Bad(_)),
    };
    ui.horizontal(|ui| {
        let name = label(ui, info.label, size::LABEL - size::GAP);
        let width = ui.available_width() - 36.0 - size::GAP;
        let is_wrong = is_bad_file || form.error(setting).is_some();
        let text = form.text(setting);
        let (response, changed) = path_field(ui, info.label, width, text, info.placeholder, is_wrong);
        let response = response.labelled_by(name.id);
        if !response.has_focus() && !text.is_empty() {
            response.on_hover_text(text);
        }
        actions.extend(changed.map(|text| Command::Set(setting, text).into()));
        let browse = ui.add_sized([36.0, size::CONTROL], egui::Button::new("…"));
        let browse = browse.accessible_name(format!("Browse for {}", info.label));
        if browse.on_hover_text("Browse…").clicked() {
            actions.push(Action::choose_path(Command::set(setting, text)));
        }
    });
}

fn certificate_result(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let now = Timestamp::now();
    let Some(served) = good_file(ui, app.certificate()) else { return };
    let caution = app.certificate_cautions().into_iter().next();
    // The warning below describes the problem. A hint's tone keeps this line from looking like a second warning.
    let tone = if caution.is_none() { Tone::Good } else { Tone::Hint };
    ui.horizontal_top(|ui| {
        let details = "Details…";
        let note_width = ui.available_width() - pill_width(ui, details) - size::GAP;
        ui.vertical(|ui| {
            ui.set_width(note_width);
            close_note(ui, tone, &served.own.line(now));
        });
        let area = vec2(pill_width(ui, details), size::CHIP);
        let button = |ui: &mut Ui| pill_button(ui, details);
        if ui.allocate_ui_with_layout(area, Layout::left_to_right(Align::Center), button).inner.clicked() {
            actions.push(Action::Open(LessonPlace::CertificateDetails));
        }
    });
    // Removes some of the space that the row adds below itself.
    ui.add_space(-5.0);
    let Some(caution) = caution else { return };
    close_note(ui, Tone::Caution, &caution);
    ui.horizontal(|ui| {
        ui.add_space(19.0);
        if pill_button(ui, "Create a better one…").clicked() {
            actions.push(Action::Open(LessonPlace::CreateCertificate));
        }
        if let Some(command) = served.own.better(&app.settings().key) {
            copy_button(ui, &format!("Copy the command: {command}"), || command.clone());
        }
    });
}

fn key_result(ui: &mut Ui, app: &App) {
    let Some(report) = good_file(ui, app.key()) else { return };
    match app.pair() {
        Some(Ok(())) => close_note(ui, Tone::Good, &format!("{report} · matches the certificate")),
        Some(Err(error)) => {
            let text = error.to_string();
            // Some errors end in an openssl command, which gets a copy button.
            let command = text.find(": openssl ").map(|at| text[at + 2..].to_owned());
            problem(ui, &text, command, error.raw());
        }
        None => close_note(ui, Tone::Good, &report.to_string()),
    }
}

/// Returns the report if the file is good. Otherwise shows that it is being read, or what is wrong with it.
fn good_file<'a, T>(ui: &mut Ui, check: &'a Check<T>) -> Option<&'a T> {
    match check {
        Check::Good(report) => return Some(report),
        Check::Empty => {}
        Check::Reading => close_note(ui, Tone::Hint, "Reading…"),
        Check::Bad(error) => problem(ui, &error.to_string(), file_error_command(error), error.raw()),
    }
    None
}

/// Shows an error and, below it, the command that fixes it, if there is one.
fn problem(ui: &mut Ui, text: &str, command: Option<String>, raw: Option<String>) {
    ui.add_space(-3.0);
    let sentence = command.as_deref().and_then(|command| text.strip_suffix(command)).unwrap_or(text);
    let response = note(ui, Tone::Problem, sentence.trim_end());
    if let Some(raw) = raw {
        response.on_hover_text(raw);
    }
    if let Some(command) = command {
        copy_box(ui, &format!("Copy the command: {command}"), &command, usize::MAX);
    }
    ui.add_space(2.0);
}

/// Shows a note, closer to the field above it than to the one below.
fn close_note(ui: &mut Ui, tone: Tone, text: &str) {
    ui.add_space(-3.0);
    note(ui, tone, text);
    ui.add_space(2.0);
}

/// Shows the buttons *Create certificate…* and, if TLS is on, *Options…*. An error in the options prevents a start, so
/// it is shown here, too, where it is visible while the options are closed.
fn dialog_buttons(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    let on = app.settings().tls;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        if ui.button("Create certificate…").clicked() {
            action = Some(Action::Open(LessonPlace::CreateCertificate));
        }
        if on && ui.button("Options…").on_hover_text("TLS options").clicked() {
            action = Some(Action::Open(LessonPlace::TlsOptions));
        }
    });
    if on {
        let error = [Setting::Alpn, Setting::KeyLog].into_iter().find_map(|field| app.form().error(field));
        let uses_ca = app.settings().client_auth != ClientAuth::None;
        let problem = error.map(ToString::to_string).or_else(|| match app.client_ca() {
            Check::Bad(error) if uses_ca => Some(error.to_string()),
            _ => None,
        });
        if let Some(problem) = problem {
            note(ui, Tone::Problem, &problem);
        }
        if let Some(caution) = app.key_log_caution() {
            note(ui, Tone::Caution, &caution);
        }
    }
    action
}
