//! The TLS part of the form: the switch, the two files, and what was found in them.

use egui::{Align, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, Vec2, vec2};
use jiff::Timestamp;

use crate::app::{App, Check, Command};
use crate::settings::ClientAuth;
use crate::settings::Setting;
use crate::tls::explain::file_error_command;
use crate::ui::action::Action;
use crate::ui::server_form::RESTART;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, copy_button, copy_pill, pill_button, pill_width, switch};
use crate::ui::widgets::copy_frame;
use crate::ui::widgets::field::{heading, label, path_field};
use crate::ui::widgets::note::{Tone, note};

/// Shows the switch and, while it is on, the files.
pub(super) fn show(ui: &mut Ui, app: &App) -> Vec<Action> {
    let mut actions = Vec::new();
    let on = app.form().tls();
    ui.horizontal(|ui| {
        ui.set_min_height(22.0);
        heading(ui, "TLS");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if switch(ui, on, "TLS").on_hover_text("Encrypt connections (from the next start)").clicked() {
                actions.push(Command::set(Setting::Tls, !on).into());
            }
        });
    });
    if app.needs_restart(Setting::Tls) {
        note(ui, Tone::Hint, RESTART);
    }
    if !on {
        actions.extend(dialog_buttons(ui, app));
        return actions;
    }
    // Buttons that come with what was found in a file are put into their places at the end: for the Tab key the two
    // fields stay next to each other, whenever a check is done.
    let mut later = Vec::new();
    path_row(ui, app, Setting::Certificate, &mut actions);
    certificate_line(ui, app, &mut later);
    path_row(ui, app, Setting::Key, &mut actions);
    key_line(ui, app, &mut later);
    actions.extend(later.into_iter().filter_map(|button| button.show(ui)));
    actions.extend(dialog_buttons(ui, app));
    actions
}

/// A button that comes after both fields for the Tab key, and the place that was left for it.
struct Later {
    place: Rect,
    button: Button,
}

/// What such a button does.
enum Button {
    /// Copies a command; without words on it, it is a sign beside the command.
    Copy { label: Option<&'static str>, name: String, command: String },
    /// Asks for something.
    Pill { label: &'static str, action: Action },
}

impl Later {
    fn show(self, ui: &mut Ui) -> Option<Action> {
        let ui = &mut ui.new_child(UiBuilder::new().max_rect(self.place));
        match self.button {
            Button::Copy { label: Some(label), command, .. } => {
                copy_pill(ui, label, &command).then_some(Action::CopyText(command))
            }
            Button::Copy { label: None, name, command } => {
                copy_button(ui, &name).then_some(Action::CopyText(command))
            }
            Button::Pill { label, action } => pill_button(ui, label).clicked().then_some(action),
        }
    }
}

/// Leaves the place of a small button.
fn pill_place(ui: &mut Ui, label: &str) -> Rect {
    let width = pill_width(ui, label);
    ui.allocate_exact_size(vec2(width, size::CHIP), Sense::hover()).0
}

fn path_row(ui: &mut Ui, app: &App, field: Setting, actions: &mut Vec<Action>) {
    let form = app.form();
    let bad = match field {
        Setting::Key => matches!(app.key(), Check::Bad(_)) || matches!(app.pair(), Some(Err(_))),
        _ => matches!(app.certificate(), Check::Bad(_)),
    };
    ui.horizontal(|ui| {
        let name = label(ui, field.label(), size::LABEL - size::GAP);
        let width = ui.available_width() - 36.0 - size::GAP;
        let wrong = bad || form.error(field).is_some();
        let (response, changed) =
            path_field(ui, field.label(), width, form.text(field), "path, or drop the file", wrong);
        let response = response.labelled_by(name.id);
        if !response.has_focus() && !form.text(field).is_empty() {
            response.on_hover_text(form.text(field));
        }
        actions.extend(changed.map(|text| Command::Set(field, text).into()));
        let browse = ui.add_sized([36.0, size::CONTROL], egui::Button::new("…"));
        let browse = browse.accessible_name(format!("Browse for {}", field.label()));
        if browse.on_hover_text("Browse…").clicked() {
            actions.push(Action::choose_path(Command::Set(field, form.text(field).to_owned())));
        }
    });
    if app.needs_restart(field) {
        note(ui, Tone::Hint, RESTART);
    }
}

fn certificate_line(ui: &mut Ui, app: &App, later: &mut Vec<Later>) {
    let now = Timestamp::now();
    let Some(report) = found(ui, app.certificate(), later) else { return };
    let in_time = (report.not_before..=report.not_after).contains(&now);
    let tone = if in_time { Tone::Good } else { Tone::Caution };
    let details = "Details…";
    let place = beside(ui, details, |ui| close(ui, tone, &report.line(now)));
    later.push(Later {
        place,
        button: Button::Pill { label: details, action: Action::ShowCertificateDetails },
    });
    let Some(caution) = app.certificate_caution() else { return };
    close(ui, Tone::Caution, &caution);
    ui.horizontal(|ui| {
        ui.add_space(19.0);
        let create = "Create a better one…";
        let place = pill_place(ui, create);
        later
            .push(Later { place, button: Button::Pill { label: create, action: Action::CreateCertificate } });
        if let Some(command) = report.better(&app.settings().key) {
            let label = "Copy command";
            let place = pill_place(ui, label);
            let name = "Copy the command for a better one".to_owned();
            later.push(Later { place, button: Button::Copy { label: Some(label), name, command } });
        }
    });
}

fn key_line(ui: &mut Ui, app: &App, later: &mut Vec<Later>) {
    if let Some(report) = found(ui, app.key(), later) {
        match app.pair() {
            Some(Ok(())) => close(ui, Tone::Good, &format!("{} · matches the certificate", report)),
            Some(Err(error)) => {
                let words = error.to_string();
                // Its last sentence ends in a command where there is one.
                let command = words.find(": openssl ").map(|at| words[at + 2..].to_owned());
                problem(ui, &words, command, error.raw(), later);
            }
            None => close(ui, Tone::Good, &report.to_string()),
        }
    }
}

/// Tells about a file that can't be used or isn't read yet; returns what a good one holds.
fn found<'a, T>(ui: &mut Ui, check: &'a Check<T>, later: &mut Vec<Later>) -> Option<&'a T> {
    match check {
        Check::Empty => None,
        Check::Reading => {
            close(ui, Tone::Hint, "Reading…");
            None
        }
        Check::Good(report) => Some(report),
        Check::Bad(error) => {
            problem(ui, &error.to_string(), file_error_command(error), error.raw(), later);
            None
        }
    }
}

/// What is wrong with a file, and below it the command that mends it, to be copied.
fn problem(ui: &mut Ui, words: &str, command: Option<String>, raw: Option<String>, later: &mut Vec<Later>) {
    ui.add_space(-3.0);
    let sentence = command.as_deref().and_then(|command| words.strip_suffix(command)).unwrap_or(words);
    let response = note(ui, Tone::Problem, sentence.trim_end());
    if let Some(raw) = raw {
        response.on_hover_text(raw);
    }
    if let Some(command) = command {
        let palette = Palette::of(ui);
        copy_frame(palette).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let width = ui.available_width() - ICON_BUTTON - 4.0;
                ui.scope(|ui| {
                    ui.set_width(width);
                    let text = RichText::new(&command).font(theme::mono()).color(palette.text);
                    ui.add(Label::new(text).wrap());
                });
                let (place, _) = ui.allocate_exact_size(Vec2::splat(ICON_BUTTON), Sense::hover());
                let name = format!("Copy the command: {command}");
                later.push(Later { place, button: Button::Copy { label: None, name, command } });
            });
        });
    }
    ui.add_space(2.0);
}

/// A note that is closer to the field above it than to the one below.
fn close(ui: &mut Ui, tone: Tone, text: &str) {
    ui.add_space(-3.0);
    note(ui, tone, text);
    ui.add_space(2.0);
}

/// Shows *Create certificate…* and, with TLS on, *Options…*. The options are out of sight, but an error in them
/// prevents a start, so it is shown here.
fn dialog_buttons(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    let on = app.form().tls();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        if ui.button("Create certificate…").clicked() {
            action = Some(Action::CreateCertificate);
        }
        if on && ui.button("Options…").on_hover_text("How TLS is served").clicked() {
            action = Some(Action::ShowTlsOptions);
        }
    });
    if on {
        let typed = [Setting::Alpn, Setting::KeyLog].into_iter().find_map(|field| app.form().error(field));
        let uses_ca = app.settings().client_auth != ClientAuth::None;
        let problem = typed.map(ToString::to_string).or_else(|| match app.client_ca() {
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

/// Shows content with space for a small button to the right of it; returns that space.
fn beside(ui: &mut Ui, button: &str, content: impl FnOnce(&mut Ui)) -> Rect {
    let place = ui.horizontal_top(|ui| {
        let rest = ui.available_width() - pill_width(ui, button) - size::GAP;
        ui.vertical(|ui| {
            ui.set_width(rest);
            content(ui);
        });
        pill_place(ui, button)
    });
    // The row adds enough space below itself already.
    ui.add_space(-5.0);
    place.inner
}
