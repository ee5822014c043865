//! The TLS lab's dialogs: a certificate is made, looked at in full, and served as one likes.
//!
//! ```text
//!  tls_form ──Action──> TlsDialogs ──> create ──> created      both on dialog (frame, keys) and parts (rows)
//!                                ├────> details ──> certificate
//!                                └────> options
//!  detail, connections ──> facts: what a handshake agreed on
//! ```
//!
//! What takes time is done by [`crate::app::tls_jobs`]; the dialogs ask and look for answers once a frame.

mod certificate;
mod create;
mod created;
mod details;
mod dialog;
pub(super) mod facts;
pub(super) mod form_parts;
mod options;
mod parts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Ui};

use crate::app::App;
use crate::app::tls_jobs::Wake;
use crate::ui::action::Action;

use create::CreateDialog;
use details::DetailsDialog;

/// The dialog that is open, if any.
#[derive(Default)]
pub(super) struct TlsDialogs {
    open: Option<Open>,
}

enum Open {
    Create(Box<CreateDialog>),
    Details(Box<DetailsDialog>),
    Options,
}

impl TlsDialogs {
    /// Whether a dialog is open: it has the keyboard then.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens *Create certificate…* in place of the open dialog.
    pub(super) fn create_certificate(&mut self, ctx: &Context, app: &App) {
        self.open = Some(Open::Create(Box::new(CreateDialog::new(&wake(ctx), app))));
    }

    /// Opens *Details…* of the certificate in the form in place of the open dialog.
    pub(super) fn show_certificate_details(&mut self, ctx: &Context, app: &App) {
        self.open = Some(Open::Details(Box::new(DetailsDialog::new(&wake(ctx), app))));
    }

    /// Opens *Options…* in place of the open dialog.
    pub(super) fn show_options(&mut self) {
        self.open = Some(Open::Options);
    }

    /// Shows the dialog that is open.
    pub(super) fn show(&mut self, ui: &Ui, app: &App) -> Vec<Action> {
        let (actions, closed) = match &mut self.open {
            None => return Vec::new(),
            Some(Open::Create(dialog)) => dialog.show(ui, app),
            Some(Open::Details(dialog)) => dialog.show(ui, app),
            Some(Open::Options) => options::show(ui, app),
        };
        if closed {
            self.open = None;
        }
        actions
    }

    /// Sets the folder for the certificate that is being created.
    pub(super) fn set_folder(&mut self, path: &Path) {
        if let Some(Open::Create(dialog)) = &mut self.open {
            dialog.set_folder(path);
        }
    }

    /// Sets the CA file that the certificate in view is checked against.
    pub(super) fn set_ca_file(&mut self, path: &Path) {
        if let Some(Open::Details(dialog)) = &mut self.open {
            dialog.set_roots(path);
        }
    }
}

/// Returns a callback that repaints the window.
fn wake(ctx: &Context) -> Wake {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint())
}

/// A path as it is shown in a field.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The port that a client would connect to now.
fn port(app: &App) -> u16 {
    use crate::server::status::ServerState;
    match app.state() {
        ServerState::Listening { addresses, .. } => {
            addresses.first().map_or(app.settings().port, std::net::SocketAddr::port)
        }
        _ => app.settings().port,
    }
}

/// Only the name of a file.
fn file_name(path: &Path) -> PathBuf {
    path.file_name().map_or_else(|| path.to_owned(), PathBuf::from)
}
