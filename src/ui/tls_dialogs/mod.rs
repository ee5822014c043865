//! The TLS dialogs: creating a certificate, inspecting one, and the TLS options.
//!
//! ```text
//!  tls_form ──Action──> TlsDialogs ──┬──> create_certificate ──┐
//!                                    ├──> certificate_details ─┼──> ui/dialog_layout: rows
//!                                    └──> TLS options ─────────┘
//! ```
//!
//! Slow work runs in [`crate::app::tls_jobs`]. The dialogs start it and poll for its result once a frame.

mod certificate_details;
mod create_certificate;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, Ui};

use crate::app::tls_jobs::JobError;
use crate::app::{App, Check, Command, WakeFn};
use crate::lessons::condition::LessonPlace;
use crate::settings::{ClientAuth, Setting, SettingChoice};
use crate::ui::action::Action;
use crate::ui::dialog_layout::{DialogField, below, choice_row, error_note, error_or_sentence, row};
use crate::ui::tls_dialogs::certificate_details::DetailsDialog;
use crate::ui::tls_dialogs::create_certificate::CreateDialog;
use crate::ui::widgets::controls::check_box;
use crate::ui::widgets::dialog::{Dialog, DialogPart};
use crate::ui::widgets::field::{Tone, note, small};

const OPTIONS: Dialog = Dialog { title: "TLS options", width: 600.0 };

/// The open dialog, if any.
#[derive(Default)]
pub(super) struct TlsDialogs {
    open: Option<OpenDialog>,
}

enum OpenDialog {
    Create(Box<CreateDialog>),
    Details(Box<DetailsDialog>),
    Options,
}

impl TlsDialogs {
    /// Returns whether a dialog is open. An open dialog gets all keys.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens a dialog, in place of the open one if there is one.
    pub(super) fn open(&mut self, ctx: &Context, app: &App, dialog: LessonPlace) {
        let repaint = ctx.clone();
        let wake: WakeFn = Arc::new(move || repaint.request_repaint());
        self.open = Some(match dialog {
            LessonPlace::CreateCertificate => OpenDialog::Create(Box::new(CreateDialog::new(&wake, app))),
            LessonPlace::CertificateDetails => OpenDialog::Details(Box::new(DetailsDialog::new(&wake, app))),
            _ => OpenDialog::Options,
        });
    }

    /// Shows the open dialog.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let closed = match &mut self.open {
            None => false,
            Some(OpenDialog::Create(dialog)) => dialog.show(ui, app, &mut actions),
            Some(OpenDialog::Details(dialog)) => dialog.show(ui, app, &mut actions),
            Some(OpenDialog::Options) => OPTIONS.show_until_closed(ui, "Done", |ui, part| {
                if part == DialogPart::Contents {
                    options(ui, app, &mut actions);
                }
            }),
        };
        if closed {
            self.open = None;
        }
        actions
    }

    /// Sets the folder in the dialog that creates a certificate.
    pub(super) fn set_folder(&mut self, path: PathBuf) {
        if let Some(OpenDialog::Create(dialog)) = &mut self.open {
            dialog.folder = path.into();
        }
    }

    /// Sets the CA file in the dialog that shows a certificate's details.
    pub(super) fn set_ca_file(&mut self, path: PathBuf) {
        if let Some(OpenDialog::Details(dialog)) = &mut self.open {
            dialog.ca_file = path.into();
        }
    }
}

/// Returns the result of a job, or why it has none.
fn flatten<T, E: Error + 'static>(result: Result<Result<T, E>, JobError>) -> Result<T, Box<dyn Error>> {
    result?.map_err(Box::from)
}

/// Shows the options for TLS versions, client certificates, ALPN, session tickets and the key log. Each change is
/// stored in the settings at once.
fn options(ui: &mut Ui, app: &App, actions: &mut Vec<Action>) {
    let settings = app.settings();
    explained_choice(ui, Setting::TlsVersions, settings.tls_versions, actions);
    explained_choice(ui, Setting::ClientAuth, settings.client_auth, actions);
    if settings.client_auth != ClientAuth::None {
        field_row(ui, app, Setting::ClientCa, actions);
        below(ui, |ui| client_ca(ui, app));
    }
    field_row(ui, app, Setting::Alpn, actions);
    below(ui, |ui| setting_note(ui, app, Setting::Alpn));
    row(ui, Setting::SessionTickets.label(), |ui, _| {
        let mut on = settings.session_tickets;
        if check_box(ui, &mut on, "Let clients resume sessions").changed() {
            actions.push(Command::set(Setting::SessionTickets, on).into());
        }
    });
    below(ui, |ui| setting_note(ui, app, Setting::SessionTickets));
    field_row(ui, app, Setting::KeyLog, actions);
    below(ui, |ui| {
        setting_note(ui, app, Setting::KeyLog);
        if let Some(caution) = app.key_log_caution() {
            note(ui, Tone::Caution, &caution);
        }
    });
}

fn explained_choice<T: SettingChoice + PartialEq>(
    ui: &mut Ui,
    setting: Setting,
    current: T,
    actions: &mut Vec<Action>,
) {
    let chosen = choice_row(ui, setting.label(), current, &T::choices());
    actions.extend(chosen.map(|chosen| Command::set(setting, chosen.keyword()).into()));
    below(ui, |ui| {
        small(ui, current.about());
    });
}

fn client_ca(ui: &mut Ui, app: &App) {
    match app.client_ca() {
        Check::Empty => {
            small(ui, "The CA that signs client certificates, such as the practice CA's ca.crt.");
        }
        Check::Reading => drop(note(ui, Tone::Hint, "Reading…")),
        Check::Good(subjects) => drop(note(ui, Tone::Good, subjects)),
        Check::Bad(error) => error_note(ui, error),
    }
}

/// Shows the text field of a setting; a path also has a *Browse…* button.
fn field_row(ui: &mut Ui, app: &App, setting: Setting, actions: &mut Vec<Action>) {
    let form = app.form();
    let is_bad_file = setting == Setting::ClientCa && matches!(app.client_ca(), Check::Bad(_));
    let field = DialogField {
        label: setting.label(),
        text: form.text(setting),
        hint: setting.info().placeholder,
        is_wrong: is_bad_file || form.error(setting).is_some(),
    };
    let (_, changed) = if setting == Setting::Alpn {
        field.show(ui)
    } else {
        field.show_with_browse(ui, Command::set(setting, field.text), actions)
    };
    actions.extend(changed.map(|text| Command::Set(setting, text).into()));
}

/// Shows the error of a setting or, if there is none, what the setting is for.
fn setting_note(ui: &mut Ui, app: &App, setting: Setting) {
    let error = app.form().error(setting);
    error_or_sentence(ui, error.map(|error| error as &dyn Error), setting.info().about);
}
