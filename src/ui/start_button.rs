//! The button that starts or stops the server: large below the form, or small in the top bar while the form is hidden.

use std::time::Duration;

use egui::{Button, Response, RichText, Stroke, Ui, Vec2, vec2};

use crate::app::{App, Command};
use crate::server::ServerState;
use crate::ui::action::Action;
use crate::ui::frame_pacing::repaint_after;
use crate::ui::shortcuts::with_key_names;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::icon::Icon;

const LABELS: [&str; 4] = ["Start server", "Stop server", "Starting…", "Stopping…"];
/// The width and height of the icon.
const ICON: f32 = 13.0;
/// How long a server must have been starting before it can be stopped. Most servers listen sooner, so the button
/// doesn't flicker, and the second click of a double click doesn't stop the server.
const STOP_DELAY: Duration = Duration::from_millis(500);

/// Returns how long the server must still be starting before it can be stopped; `None` if it isn't starting or can be
/// stopped now.
pub(super) fn time_until_stop(app: &App) -> Option<Duration> {
    STOP_DELAY.checked_sub(app.starting_for()?)
}

/// Shows the large button. It is disabled while the server can't be started.
pub(super) fn show_large(ui: &mut Ui, app: &App, width: f32) -> Option<Action> {
    let size = vec2(width, size::START_BUTTON);
    show(ui, app, size, |label| RichText::new(label).heading(), app.blocked())
}

/// Shows the small button, which has the same width in each state. While the server can't be started, it shows the
/// field in the form that needs a value. In a narrow bar, the button has only its icon.
pub(super) fn show_small(ui: &mut Ui, app: &App, is_narrow: bool) -> Option<Action> {
    let widest = LABELS.map(|label| text_width(ui, label, theme::strong(size::TEXT)));
    let label_width = if is_narrow { 0.0 } else { widest.into_iter().fold(0.0, f32::max) + size::GAP };
    let size = vec2(label_width + ICON + 2.0 * ui.spacing().button_padding.x, size::CHIP + 4.0);
    let text = |label| if is_narrow { RichText::new("") } else { theme::bold(label) };
    show(ui, app, size, text, None)
}

fn show(
    ui: &mut Ui,
    app: &App,
    size: Vec2,
    text: impl Fn(&'static str) -> RichText,
    blocked: Option<String>,
) -> Option<Action> {
    let [start, stop, starting, stopping] = LABELS;
    let keys = |text: &str| with_key_names(ui.ctx(), text);
    let (label, icon, action, about) = match app.state() {
        ServerState::Starting if let Some(wait) = time_until_stop(app) => {
            repaint_after(ui.ctx(), wait);
            (starting, None, None, String::new())
        }
        ServerState::Stopping => (stopping, None, None, String::new()),
        ServerState::Starting | ServerState::Listening { .. } => {
            let about = keys("Close all connections and stop (Ctrl+Enter)");
            (stop, Some(Icon::Stop), Some(Command::Stop.into()), about)
        }
        ServerState::Stopped | ServerState::Failed(_) => match blocked {
            Some(reason) => (start, Some(Icon::Play), None, reason),
            None => (start, Some(Icon::Play), Some(Action::StartOrStop), keys("Ctrl+Enter")),
        },
    };
    let button = match icon {
        Some(icon) => Button::new((icon.atom(ICON), text(label))),
        None => Button::new(text(label)),
    };
    let is_strong = action == Some(Action::StartOrStop);
    let response = add(ui, button, size, action.is_some(), is_strong).accessible_name(label);
    if !about.is_empty() {
        response.clone().on_hover_text(&about).on_disabled_hover_text(&about);
    }
    action.filter(|_| response.clicked())
}

/// Adds the button. A strong one has the app's color; the other one is neutral, because all is well while the server
/// runs.
pub(super) fn add(
    ui: &mut Ui,
    button: Button<'_>,
    size: Vec2,
    is_enabled: bool,
    is_strong: bool,
) -> Response {
    let palette = Palette::of(ui);
    let add = |ui: &mut Ui| {
        ui.spacing_mut().icon_spacing = size::GAP;
        if is_strong {
            let widgets = &mut ui.visuals_mut().widgets;
            let [normal, hovered] = palette.start;
            for (visuals, fill) in [
                (&mut widgets.inactive, normal),
                (&mut widgets.hovered, hovered),
                (&mut widgets.active, hovered),
            ] {
                visuals.weak_bg_fill = fill;
                visuals.fg_stroke.color = palette.on_strong;
                visuals.bg_stroke = Stroke::NONE;
            }
            // The focus ring, in a color that is visible on the button.
            widgets.active.bg_stroke = Stroke::new(2.0, palette.on_strong);
        }
        ui.add_enabled_ui(is_enabled, |ui| ui.add_sized(size, button.corner_radius(size::RADIUS + 2))).inner
    };
    ui.scope(add).inner
}
