//! The TLS dialogs: creating a certificate, inspecting one, and the TLS options.
//!
//! ```text
//!  tls_form ──Action──> TlsDialogs ──┬──> create_certificate ──┐
//!                                    ├──> certificate_details ─┼──> dialog_layout: frame, keys and rows
//!                                    └──> tls_options ─────────┘
//! ```
//!
//! Slow work runs in [`crate::app::tls_jobs`]. The dialogs start it and poll for its result once a frame.

mod certificate_details;
mod create_certificate;
mod dialog_layout;
pub(super) mod handshake_table;
mod tls_options;

use std::path::Path;
use std::sync::Arc;

use egui::{Context, Ui};

use crate::app::App;
use crate::app::tls_jobs::WakeFn;
use crate::ui::action::Action;
use crate::ui::tls_dialogs::certificate_details::DetailsDialog;
use crate::ui::tls_dialogs::create_certificate::CreateDialog;

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
    /// Returns whether a dialog is open. It has the keyboard then.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens *Create certificate…* in place of the open dialog.
    pub(super) fn create_certificate(&mut self, ctx: &Context, app: &App) {
        self.open = Some(OpenDialog::Create(Box::new(CreateDialog::new(&wake(ctx), app))));
    }

    /// Opens *Details…* of the certificate in the form in place of the open dialog.
    pub(super) fn show_certificate_details(&mut self, ctx: &Context, app: &App) {
        self.open = Some(OpenDialog::Details(Box::new(DetailsDialog::new(&wake(ctx), app))));
    }

    /// Opens *Options…* in place of the open dialog.
    pub(super) fn show_options(&mut self) {
        self.open = Some(OpenDialog::Options);
    }

    /// Shows the open dialog.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Vec<Action> {
        let mut actions = Vec::new();
        let closed = match &mut self.open {
            None => false,
            Some(OpenDialog::Create(dialog)) => dialog.show(ui, app, &mut actions),
            Some(OpenDialog::Details(dialog)) => dialog.show(ui, app, &mut actions),
            Some(OpenDialog::Options) => tls_options::show(ui, app, &mut actions),
        };
        if closed {
            self.open = None;
        }
        actions
    }

    /// Sets the folder for the certificate that is being created.
    pub(super) fn set_folder(&mut self, path: &Path) {
        if let Some(OpenDialog::Create(dialog)) = &mut self.open {
            dialog.folder = path.display().to_string();
        }
    }

    /// Sets the CA file that the inspected certificate is checked against.
    pub(super) fn set_ca_file(&mut self, path: &Path) {
        if let Some(OpenDialog::Details(dialog)) = &mut self.open {
            dialog.ca_file = path.display().to_string();
        }
    }
}

/// Returns a callback that repaints the window.
fn wake(ctx: &Context) -> WakeFn {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint())
}
