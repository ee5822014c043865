//! The one large button, always in the same place, and why it can't be pressed where it can't.

use egui::Ui;

use crate::app::{App, Check, Command};
use crate::server::start_error::StartError;
use crate::server::status::ServerState;
use crate::ui::shortcuts::named;
use crate::ui::widgets::controls::{Large, large_button};
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::note::{Tone, note};

/// Shows the button and, above it, what stands in its way.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Command> {
    let state = app.state();
    if let ServerState::Failed(error) = &state
        && has_no_field(app, error)
    {
        note(ui, Tone::Problem, &error.to_string());
    }
    match state {
        // It can't stand still anywhere else while it starts.
        ServerState::Starting if !app.is_stepping() => {
            let _ = large_button(ui, "Starting…", None, Large::Off);
            None
        }
        ServerState::Stopping => {
            let _ = large_button(ui, "Stopping…", None, Large::Off);
            None
        }
        ServerState::Starting | ServerState::Listening { .. } => {
            large_button(ui, "Stop server", Some(Icon::Stop), Large::Stop)
                .on_hover_text(named(ui.ctx(), "Close all connections and stop (Ctrl+Enter)"))
                .clicked()
                .then_some(Command::Stop)
        }
        ServerState::Stopped | ServerState::Failed(_) => {
            if let Some(reason) = app.blocked() {
                note(ui, Tone::Hint, &reason);
                let _ = large_button(ui, "Start server", Some(Icon::Play), Large::Off).on_hover_text(reason);
                return None;
            }
            large_button(ui, "Start server", Some(Icon::Play), Large::Start)
                .on_hover_text(named(ui.ctx(), "Ctrl+Enter"))
                .clicked()
                .then_some(Command::Start)
        }
    }
}

/// Whether a failure has no field under which it stands already.
fn has_no_field(app: &App, error: &StartError) -> bool {
    match error {
        StartError::System { .. } => true,
        StartError::Tls(_) => {
            let bad_file = matches!(app.certificate(), Check::Bad(_)) || matches!(app.key(), Check::Bad(_));
            !(app.form().tls() && (bad_file || matches!(app.pair(), Some(Err(_)))))
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => false,
    }
}
