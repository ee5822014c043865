//! The bar at the top: the app's name, the server's state, lessons, the zoom, the theme, presenter mode, help.

use egui::text::{LayoutJob, TextWrapping};
use egui::{RichText, Role, Sense, Stroke, TextFormat, Ui, Vec2, WidgetInfo, accesskit, gui_zoom, vec2};

use crate::app::{App, Command, pause_text};
use crate::server::ServerState;
use crate::server::calls::PausedThread;
use crate::settings::{Setting, SettingChoice, ThemeChoice};
use crate::text::{list, with_thousands};
use crate::ui::action::Action;
use crate::ui::shortcuts::with_key_names;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{icon_button, pill_button, quiet_button, small_button, text_width};
use crate::ui::widgets::icon::{self, Icon};
use crate::ui::{lessons_menu, start_button};

/// The icon and the name of each theme.
const THEMES: [(Icon, &str); 3] =
    [(Icon::Monitor, "System theme"), (Icon::Sun, "Light theme"), (Icon::Moon, "Dark theme")];
/// A bar narrower than this lacks the app's name.
const MEDIUM: f32 = 800.0;
/// A bar narrower than this also lacks the logo, the theme and the label of the start button.
const NARROW: f32 = 600.0;

/// The state of the bar.
#[derive(Debug, Default)]
pub(super) struct TopBar {
    /// The width of the controls on the right, as of the last frame.
    right_width: f32,
}

impl TopBar {
    /// Shows the bar. While the form is hidden, the bar has the start button.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        app: &App,
        shows_form: bool,
        is_presenting: bool,
    ) -> Option<Action> {
        let mut action = None;
        ui.horizontal_centered(|ui| {
            let width = ui.available_width();
            ui.spacing_mut().item_spacing.x = size::GAP;
            ui.add_space(size::GAP);
            let about = with_key_names(ui.ctx(), if shows_form { HIDE_FORM } else { SHOW_FORM });
            let toggle = icon_button(ui, Icon::SidePanel, "The form", Some(shows_form));
            if toggle.on_hover_text(about).clicked() {
                action = Some(Action::ToggleSidePanel);
            }
            show_name(ui, width >= NARROW, width >= MEDIUM && !is_presenting);
            // The controls on the right are added after the state, in the order in which the Tab key moves.
            let room = ui.available_width() - self.right_width - size::GAP;
            state_pill(ui, app, room);
            ui.add_space(ui.available_width() - self.right_width);
            let left = ui.cursor().left();
            let is_narrow = width < NARROW;
            if !shows_form {
                action = start_button::show_small(ui, app, is_narrow).or(action.take());
            }
            action = lessons_menu::show(ui, app).or(action.take());
            zoom_control(ui, is_narrow);
            if !is_narrow && !is_presenting {
                action = themes(ui, app).or(action.take());
            }
            action = presenter_button(ui, is_presenting, is_narrow).or(action.take());
            if quiet_button(ui, "Help").on_hover_text("Help and keyboard shortcuts (F1)").clicked() {
                action = Some(Action::ToggleHelp);
            }
            let right_width = ui.min_rect().right() - left + size::EDGE;
            if (right_width - self.right_width).abs() > 0.5 {
                self.right_width = right_width;
                ui.ctx().request_discard("the controls on the right have another width");
            }
        });
        action
    }
}

const HIDE_FORM: &str = "Hide the form to make room for the tabs (Ctrl+B)";
const SHOW_FORM: &str = "Show the form (Ctrl+B)";

/// Shows the app's logo and name, as far as there is space.
fn show_name(ui: &mut Ui, shows_logo: bool, shows_name: bool) {
    if shows_logo {
        let (logo, _) = ui.allocate_exact_size(Vec2::splat(22.0), Sense::hover());
        icon::paint(ui.painter(), Icon::Logo, logo, Palette::of(ui).accent);
    }
    if shows_name {
        ui.add_space(4.0);
        ui.heading("Echoscope");
        ui.add_space(4.0);
    }
}

/// Shows the zoom with buttons that change it. A narrow control lacks the percentage, which also resets the zoom.
fn zoom_control(ui: &mut Ui, is_narrow: bool) {
    let key_names = |text: &str| with_key_names(ui.ctx(), text);
    let [smaller, reset, larger] =
        ["Smaller (Ctrl+−)", "Reset to 100 % (Ctrl+0)", "Larger (Ctrl++)"].map(key_names);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        if icon_button(ui, Icon::Minus, "Zoom out", None).on_hover_text(smaller).clicked() {
            gui_zoom::zoom_out(ui.ctx());
        }
        if !is_narrow {
            let percent = format!("{:.0} %", ui.ctx().zoom_factor() * 100.0);
            let width = text_width(ui, "500 %", theme::small());
            let button = small_button(RichText::new(&percent).weak()).frame_when_inactive(false);
            ui.spacing_mut().button_padding.x = 4.0;
            let button = ui.add(button.min_size(vec2(width + 8.0, size::CHIP)));
            if button.accessible_name(format!("Zoom {percent}")).on_hover_text(reset).clicked() {
                ui.ctx().set_zoom_factor(1.0);
            }
        }
        if icon_button(ui, Icon::Plus, "Zoom in", None).on_hover_text(larger).clicked() {
            gui_zoom::zoom_in(ui.ctx());
        }
    });
}

/// Shows a toggle button for each theme.
fn themes(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for ((theme, ..), (icon, name)) in ThemeChoice::choices().into_iter().zip(THEMES) {
            if icon_button(ui, icon, name, Some(theme == app.settings().theme)).clicked() {
                action = Some(Command::set(Setting::Theme, theme).into());
            }
        }
    });
    action
}

/// Shows the button that starts presenter mode or, during it, the one that ends it.
fn presenter_button(ui: &mut Ui, is_presenting: bool, is_narrow: bool) -> Option<Action> {
    let button = if is_presenting {
        let button = pill_button(ui, if is_narrow { "Esc" } else { "Leave (Esc)" });
        button.accessible_name("Leave presenter mode").on_hover_text("Esc or F11")
    } else if is_narrow {
        return None;
    } else {
        icon_button(ui, Icon::FullScreen, "Presenter mode", None)
            .on_hover_text("Full screen with larger text, without the form (F11)")
    };
    button.clicked().then_some(Action::TogglePresenter)
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
    let (text, room) = (state_text(state, paused_text), (room - 36.0).max(40.0));
    let layout = |text: &str| {
        let mut job =
            LayoutJob::single_section(text.to_owned(), TextFormat::simple(theme::strong(13.0), color));
        job.wrap = TextWrapping::truncate_at_width(room);
        ui.painter().layout_job(job)
    };
    let mut galley = layout(&text);
    let is_shortened = galley.elided;
    for short in short_texts(state, &text) {
        if galley.elided {
            galley = layout(&short);
        }
    }
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
    ui.painter().galley(rect.left_center() + vec2(24.0, -galley.size().y / 2.0), galley, color);
    if let ServerState::Failed(error) = state {
        response.on_hover_text(error.to_string());
    } else if !paused.is_empty() {
        response.on_hover_text(paused_tooltip(&paused));
    } else if is_shortened {
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
                None => format!("Paused before {before}"),
                Some(client) => format!("{} paused before {before}", client.id),
            })
        }
        several => Some(format!("{} threads paused", with_thousands(several.len() as u64))),
    }
}

/// Returns the text of the tooltip: for each paused thread, the call that it is paused before.
fn paused_tooltip(threads: &[PausedThread]) -> String {
    const MAX_LINES: usize = 8;
    let mut lines: Vec<_> = threads.iter().take(MAX_LINES).map(pause_text).collect();
    if threads.len() > MAX_LINES {
        lines.push(format!("… and {} more", with_thousands((threads.len() - MAX_LINES) as u64)));
    }
    lines.push("Press F10 to make the next call, F5 to leave step mode.".to_owned());
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
        ServerState::Failed(error) => format!("Can't start: {}", first_sentence(&error.to_string())),
    }
}

/// Returns shorter forms of the text about a listening server: with one address only, then with its port only.
fn short_texts(state: &ServerState, text: &str) -> Vec<String> {
    let (ServerState::Listening { addresses, tls }, Some((before, _))) =
        (state, text.split_once("Listening"))
    else {
        return Vec::new();
    };
    let Some(address) = addresses.first() else { return Vec::new() };
    let tls = if *tls { " · TLS" } else { "" };
    [format!("Listening on {address}{tls}"), format!("Port {}{tls}", address.port())]
        .map(|short| format!("{before}{short}"))
        .to_vec()
}

/// Returns the first sentence of an error, which describes what happened. The form shows the advice after it.
fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_keep_the_port() {
        let addresses = ["127.0.0.1:24148", "[::1]:24148"].map(|address| address.parse().unwrap()).to_vec();
        let state = ServerState::Listening { addresses, tls: true };
        let text = state_text(&state, Some("#2 paused before recv()".to_owned()));
        let short = short_texts(&state, &text);
        assert_eq!(
            short,
            [
                "#2 paused before recv() · Listening on 127.0.0.1:24148 · TLS",
                "#2 paused before recv() · Port 24148 · TLS"
            ]
        );
        assert_eq!(short_texts(&ServerState::Stopped, "Stopped"), Vec::<String>::new());
    }

    #[test]
    fn pill_shows_the_failure_without_the_advice() {
        let text = first_sentence("Port 80 on 127.0.0.1 is already in use. Use another port.");
        assert_eq!(text, "Port 80 on 127.0.0.1 is already in use");
    }
}
