//! The bar at the top: the app's name, the server's state, lessons, the theme, help.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Role, Sense, Stroke, TextFormat, Ui, Vec2, WidgetInfo, accesskit, vec2};

use crate::app::{App, Command, pause_text};
use crate::server::ServerState;
use crate::server::calls::PausedThread;
use crate::settings::{Setting, SettingChoice, ThemeChoice};
use crate::text::{list, with_thousands};
use crate::ui::action::Action;
use crate::ui::lessons_menu;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{quiet_button, quiet_width, segments, segments_width};
use crate::ui::widgets::icon::{self, Icon};

/// The label, accessible name and tooltip of each theme.
const THEMES: [(&str, &str, &str); 3] = [
    ("System", "Theme of the system", "Theme of the system"),
    ("Light", "Light theme", "Light theme"),
    ("Dark", "Dark theme", "Dark theme"),
];

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        ui.add_space(size::EDGE - 2.0);
        let (logo, _) = ui.allocate_exact_size(Vec2::splat(22.0), Sense::hover());
        icon::paint(ui.painter(), Icon::Logo, logo, palette.accent);
        ui.add_space(4.0);
        ui.heading("Echoscope");
        ui.add_space(4.0);
        // The state gets the space that the buttons on the right leave. They are added after it, in the order in which
        // the Tab key moves.
        let buttons_width = segments_width(ui, &THEMES)
            + 3.0 * size::EDGE
            + quiet_width(ui, lessons_menu::LABEL)
            + quiet_width(ui, "Help");
        state_pill(ui, app, ui.available_width() - buttons_width);
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(ui.available_width() - buttons_width + size::GAP);
        action = lessons_menu::show(ui, app);
        ui.add_space(size::EDGE);
        let themes = ThemeChoice::choices();
        let current = themes.iter().position(|(theme, ..)| *theme == app.settings().theme).unwrap_or(0);
        let chosen = segments(ui, &THEMES, current);
        action = chosen.map(|index| Command::set(Setting::Theme, themes[index].0).into()).or(action.take());
        ui.add_space(size::EDGE);
        if quiet_button(ui, "Help").on_hover_text("Help and keyboard shortcuts (F1)").clicked() {
            action = Some(Action::ToggleHelp);
        }
    });
    action
}

/// Shows the server's state in its color, truncated if it is too long. The tooltip has the details.
fn state_pill(ui: &mut Ui, app: &App, room: f32) {
    let palette = Palette::of(ui);
    let state = &app.state();
    let paused = app.paused_threads();
    let paused_text = paused_text(&paused, app.is_paused());
    let (color, fill) = match state {
        ServerState::Starting | ServerState::Listening { .. } if paused_text.is_some() => {
            (palette.caution, palette.field)
        }
        ServerState::Listening { .. } => (palette.accent, palette.accent_soft),
        ServerState::Failed(_) => (palette.problem, palette.problem_soft),
        ServerState::Stopped | ServerState::Starting | ServerState::Stopping => {
            (palette.muted, palette.field)
        }
    };
    let text = state_text(state, paused_text);
    let mut job = LayoutJob::single_section(text.clone(), TextFormat::simple(theme::strong(13.0), color));
    job.wrap = TextWrapping::truncate_at_width((room - 36.0).max(40.0));
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 34.0, size::CHIP), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    let dot = rect.left_center() + vec2(15.0, 0.0);
    if matches!(state, ServerState::Stopped) {
        ui.painter().circle_stroke(dot, 3.5, Stroke::new(1.5, color));
    } else {
        ui.painter().circle_filled(dot, 4.5, color);
    }
    let elided = galley.elided;
    ui.painter().galley(rect.left_center() + vec2(24.0, -galley.size().y / 2.0), galley, color);
    if let ServerState::Failed(error) = state {
        response.on_hover_text(error.to_string());
    } else if !paused.is_empty() {
        response.on_hover_text(paused_tooltip(&paused));
    } else if elided {
        response.on_hover_text(text);
    }
}

/// Returns a text about what the user has paused, threads in step mode or accepting; `None` if nothing is paused.
fn paused_text(threads: &[PausedThread], accepting_paused: bool) -> Option<String> {
    match threads {
        [] => accepting_paused.then(|| "Accepting paused".to_owned()),
        [thread] => {
            let before = thread.site.call.label();
            Some(match thread.client {
                None => format!("Halted before {before}"),
                Some(client) => format!("{} halted before {before}", client.id),
            })
        }
        several => Some(format!("{} threads halted", with_thousands(several.len() as u64))),
    }
}

/// Returns the text of the tooltip: for each paused thread, the call that it is paused before.
fn paused_tooltip(threads: &[PausedThread]) -> String {
    const MAX_LINES: usize = 8;
    let mut lines: Vec<_> = threads.iter().take(MAX_LINES).map(pause_text).collect();
    if threads.len() > MAX_LINES {
        lines.push(format!("… and {} more", with_thousands((threads.len() - MAX_LINES) as u64)));
    }
    lines.push("F10 lets the next call happen, F5 leaves step mode.".to_owned());
    lines.join("\n")
}

fn state_text(state: &ServerState, paused_text: Option<String>) -> String {
    match state {
        ServerState::Stopped => "Stopped".to_owned(),
        ServerState::Starting => paused_text.unwrap_or_else(|| "Starting…".to_owned()),
        ServerState::Listening { addresses, tls } => {
            let paused_text = paused_text.map_or_else(String::new, |text| text + " · ");
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let tls = if *tls { " · TLS" } else { "" };
            format!("{paused_text}Listening on {}{tls}", list(&addresses, 2))
        }
        ServerState::Stopping => "Stopping…".to_owned(),
        ServerState::Failed(error) => format!("Could not start: {}", first_sentence(&error.to_string())),
    }
}

/// Returns the first sentence of an error, which describes what happened. The form shows the advice after it.
fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pill_shows_the_failure_without_the_advice() {
        let text = first_sentence("Port 80 on 127.0.0.1 is already in use. Use another port.");
        assert_eq!(text, "Port 80 on 127.0.0.1 is already in use");
    }
}
