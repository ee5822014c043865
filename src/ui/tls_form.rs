//! The TLS part of the form: the switch, the certificate and key files, and the results of checking them.

use egui::{Align, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, Vec2, vec2};
use jiff::Timestamp;

use crate::app::{App, Check, Command};
use crate::settings::{ClientAuth, Setting};
use crate::tls::explain::file_error_command;
use crate::ui::action::Action;
use crate::ui::server_form::RESTART;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, copy_button, copy_pill, pill_button, pill_width, switch};
use crate::ui::widgets::copy_frame;
use crate::ui::widgets::field::{Tone, heading, label, note, path_field};

const COPY_COMMAND: &str = "Copy command";

/// Shows the switch and, while it is on, the files.
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
    restart_hint(ui, app, Setting::Tls);
    if on {
        let mut deferred = Vec::new();
        path_row(ui, app, Setting::Certificate, &mut actions);
        certificate_result(ui, app, &mut deferred);
        path_row(ui, app, Setting::Key, &mut actions);
        key_result(ui, app, &mut deferred);
        actions.extend(deferred.into_iter().filter_map(|button| button.show(ui)));
    }
    actions.extend(dialog_buttons(ui, app));
    actions
}

type AddButton = Box<dyn FnOnce(&mut Ui) -> Option<Action>>;

/// A button that is added after both path fields, so that the Tab key goes from one field to the other, whether their
/// results have buttons or not.
struct DeferredButton {
    place: Rect,
    add: AddButton,
}

impl DeferredButton {
    fn new(place: Rect, add: impl FnOnce(&mut Ui) -> Option<Action> + 'static) -> Self {
        Self { place, add: Box::new(add) }
    }

    /// Leaves space for a button that does this.
    fn pill(ui: &mut Ui, label: &'static str, action: Action) -> Self {
        Self::new(pill_place(ui, label), move |ui| pill_button(ui, label).clicked().then_some(action))
    }

    fn show(self, ui: &mut Ui) -> Option<Action> {
        (self.add)(&mut ui.new_child(UiBuilder::new().max_rect(self.place)))
    }
}

/// Leaves space for a small button.
fn pill_place(ui: &mut Ui, label: &str) -> Rect {
    let width = pill_width(ui, label);
    ui.allocate_exact_size(vec2(width, size::CHIP), Sense::hover()).0
}

fn path_row(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    let (form, info) = (app.form(), setting.info());
    let bad = match setting {
        Setting::Key => matches!(app.key(), Check::Bad(_)) || matches!(app.pair(), Some(Err(_))),
        _ => matches!(app.certificate(), Check::Bad(_)),
    };
    ui.horizontal(|ui| {
        let name = label(ui, info.label, size::LABEL - size::GAP);
        let width = ui.available_width() - 36.0 - size::GAP;
        let wrong = bad || form.error(setting).is_some();
        let text = form.text(setting);
        let (response, changed) = path_field(ui, info.label, width, text, info.placeholder, wrong);
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
    restart_hint(ui, app, setting);
}

fn restart_hint(ui: &mut Ui, app: &App, setting: Setting) {
    if app.needs_restart(setting) {
        note(ui, Tone::Hint, RESTART);
    }
}

fn certificate_result(ui: &mut Ui, app: &App, deferred: &mut Vec<DeferredButton>) {
    let now = Timestamp::now();
    let Some(report) = good_file(ui, app.certificate(), deferred) else { return };
    let in_time = report.validity.holds(now);
    let tone = if in_time { Tone::Good } else { Tone::Caution };
    ui.horizontal_top(|ui| {
        let details = "Details…";
        let rest = ui.available_width() - pill_width(ui, details) - size::GAP;
        ui.vertical(|ui| {
            ui.set_width(rest);
            close_note(ui, tone, &report.line(now));
        });
        deferred.push(DeferredButton::pill(ui, details, Action::ShowCertificateDetails));
    });
    // The row adds enough space below itself already.
    ui.add_space(-5.0);
    let Some(caution) = app.certificate_caution() else { return };
    close_note(ui, Tone::Caution, &caution);
    ui.horizontal(|ui| {
        ui.add_space(19.0);
        deferred.push(DeferredButton::pill(ui, "Create a better one…", Action::CreateCertificate));
        if let Some(command) = report.better(&app.settings().key) {
            let place = pill_place(ui, COPY_COMMAND);
            deferred.push(DeferredButton::new(place, move |ui| {
                copy_pill(ui, COPY_COMMAND, &command).then_some(Action::CopyText(command))
            }));
        }
    });
}

fn key_result(ui: &mut Ui, app: &App, deferred: &mut Vec<DeferredButton>) {
    let Some(report) = good_file(ui, app.key(), deferred) else { return };
    match app.pair() {
        Some(Ok(())) => close_note(ui, Tone::Good, &format!("{report} · matches the certificate")),
        Some(Err(error)) => {
            let text = error.to_string();
            // The last sentence of some errors ends in a command.
            let command = text.find(": openssl ").map(|at| text[at + 2..].to_owned());
            problem(ui, &text, command, error.raw(), deferred);
        }
        None => close_note(ui, Tone::Good, &report.to_string()),
    }
}

/// Returns the report of a good file; shows what is wrong with any other one.
fn good_file<'a, T>(ui: &mut Ui, check: &'a Check<T>, deferred: &mut Vec<DeferredButton>) -> Option<&'a T> {
    match check {
        Check::Good(report) => return Some(report),
        Check::Empty => {}
        Check::Reading => close_note(ui, Tone::Hint, "Reading…"),
        Check::Bad(error) => {
            problem(ui, &error.to_string(), file_error_command(error), error.raw(), deferred);
        }
    }
    None
}

/// Shows an error and, below it, the command that fixes it.
fn problem(
    ui: &mut Ui,
    text: &str,
    command: Option<String>,
    raw: Option<String>,
    deferred: &mut Vec<DeferredButton>,
) {
    ui.add_space(-3.0);
    let sentence = command.as_deref().and_then(|command| text.strip_suffix(command)).unwrap_or(text);
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
                deferred.push(DeferredButton::new(place, move |ui| {
                    let name = format!("Copy the command: {command}");
                    copy_button(ui, &name).then_some(Action::CopyText(command))
                }));
            });
        });
    }
    ui.add_space(2.0);
}

/// Shows a note, closer to the field above it than to the one below.
fn close_note(ui: &mut Ui, tone: Tone, text: &str) {
    ui.add_space(-3.0);
    note(ui, tone, text);
    ui.add_space(2.0);
}

/// Shows *Create certificate…* and, with TLS on, *Options…*. The options are out of sight, but an error in them
/// prevents a start, so it is shown here.
fn dialog_buttons(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    let on = app.settings().tls;
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
