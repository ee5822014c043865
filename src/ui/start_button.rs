//! The button that starts or stops the server. It keeps its place; a note above explains why it is disabled.

use egui::{Button, Response, RichText, Stroke, Ui, vec2};

use crate::app::{App, Check, Command};
use crate::server::ServerState;
use crate::server::start_error::StartError;
use crate::ui::shortcuts::named;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::note::{Tone, note};

/// Shows the button and, above it, the reason why it can't be pressed or why the start failed.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Command> {
    let palette = Palette::of(ui);
    let state = app.state();
    if let ServerState::Failed(error) = &state
        && !is_shown_at_field(app, error)
    {
        note(ui, Tone::Problem, &error.to_string());
    }
    match state {
        // In step mode a server that starts can be stopped.
        ServerState::Starting if !app.is_stepping() => {
            button(ui, "Starting…", None, None);
            None
        }
        ServerState::Stopping => {
            button(ui, "Stopping…", None, None);
            None
        }
        ServerState::Starting | ServerState::Listening { .. } => {
            button(ui, "Stop server", Some(Icon::Stop), Some(palette.stop))
                .on_hover_text(named(ui.ctx(), "Close all connections and stop (Ctrl+Enter)"))
                .clicked()
                .then_some(Command::Stop)
        }
        ServerState::Stopped | ServerState::Failed(_) => {
            if let Some(reason) = app.blocked() {
                note(ui, Tone::Hint, &reason);
                button(ui, "Start server", Some(Icon::Play), None).on_disabled_hover_text(reason);
                return None;
            }
            button(ui, "Start server", Some(Icon::Play), Some(palette.start))
                .on_hover_text(named(ui.ctx(), "Ctrl+Enter"))
                .clicked()
                .then_some(Command::Start)
        }
    }
}

/// Adds a button over the whole width. It is enabled if it has colors: one, and another under the pointer.
fn button(ui: &mut Ui, label: &str, icon: Option<Icon>, colors: Option<[egui::Color32; 2]>) -> Response {
    let palette = Palette::of(ui);
    let text = RichText::new(label).font(theme::strong(15.0));
    let button = match icon {
        Some(icon) => Button::new((icon.atom(13.0), text)),
        None => Button::new(text),
    };
    let button = button.corner_radius(size::RADIUS + 2);
    let button_size = vec2(ui.available_width(), size::START);
    let add = |ui: &mut Ui| {
        ui.spacing_mut().icon_spacing = size::GAP;
        let widgets = &mut ui.visuals_mut().widgets;
        if let Some([normal, hovered]) = colors {
            for (visuals, fill) in [
                (&mut widgets.inactive, normal),
                (&mut widgets.hovered, hovered),
                (&mut widgets.active, hovered),
            ] {
                visuals.weak_bg_fill = fill;
                visuals.fg_stroke.color = palette.on_strong;
                visuals.bg_stroke = Stroke::NONE;
            }
            // The focus ring.
            widgets.active.bg_stroke = Stroke::new(2.0, palette.on_strong);
        }
        ui.add_enabled_ui(colors.is_some(), |ui| ui.add_sized(button_size, button)).inner
    };
    ui.scope(add).inner
}

/// Returns whether the form shows a failed start's reason at one of its fields.
fn is_shown_at_field(app: &App, error: &StartError) -> bool {
    match error {
        StartError::System { .. } => false,
        StartError::Tls(_) => {
            let bad_file = matches!(app.certificate(), Check::Bad(_)) || matches!(app.key(), Check::Bad(_));
            app.form().tls() && (bad_file || matches!(app.pair(), Some(Err(_))))
        }
        StartError::NameNotFound { .. } | StartError::Bind(_) => true,
    }
}
