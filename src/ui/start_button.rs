//! The one large button, always in the same place, and why it can't be pressed where it can't.

use eframe::egui::Ui;

use super::shortcuts::named;
use super::widgets::controls::{Large, large_button};
use super::widgets::icon::Icon;
use super::widgets::note::{Tone, note};
use crate::server::error::StartError;
use crate::server::status::State;
use crate::session::{Check, Command, Session};

/// Shows the button and, above it, what stands in its way.
pub(super) fn show(ui: &mut Ui, session: &Session) -> Option<Command> {
    let state = session.state();
    if let State::Failed(error) = &state
        && has_no_field(session, error)
    {
        note(ui, Tone::Problem, &error.to_string());
    }
    match state {
        // It can't stand still anywhere else while it starts.
        State::Starting if !session.is_stepping() => {
            let _ = large_button(ui, "Starting…", None, Large::Off);
            None
        }
        State::Stopping => {
            let _ = large_button(ui, "Stopping…", None, Large::Off);
            None
        }
        State::Starting | State::Listening { .. } => {
            large_button(ui, "Stop server", Some(Icon::Stop), Large::Stop)
                .on_hover_text(named(ui.ctx(), "Close all connections and stop (Ctrl+Enter)"))
                .clicked()
                .then_some(Command::Stop)
        }
        State::Stopped | State::Failed(_) => {
            if let Some(reason) = session.blocked() {
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
fn has_no_field(session: &Session, error: &StartError) -> bool {
    match error {
        StartError::System { .. } => true,
        StartError::Tls(_) => {
            let bad_file =
                matches!(session.certificate(), Check::Bad(_)) || matches!(session.key(), Check::Bad(_));
            !(session.form().tls() && (bad_file || matches!(session.pair(), Some(Err(_)))))
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => false,
    }
}
