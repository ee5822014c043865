//! The bar at the top: the name, the state in one pill, the theme, help.

use std::net::SocketAddr;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, RichText, Role, Sense, TextFormat, Ui, Vec2, WidgetInfo, accesskit, pos2, vec2};

use crate::app::{App, Command, pause_text};
use crate::server::calls::PausedThread;
use crate::server::status::ServerState;
use crate::settings::{Setting, ThemeChoice};
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{ICON_BUTTON, icon_button, quiet_width};
use crate::ui::widgets::icon::{self, Icon};

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
        ui.label(RichText::new("Echoscope").font(theme::strong(15.0)).color(palette.text));
        ui.add_space(4.0);
        // The state takes what the rest leaves; the rest comes after it for the Tab key as it does for the eye.
        let rest = 3.0 * ICON_BUTTON + 2.0 * 2.0 + size::EDGE + quiet_width(ui, "Help") + size::EDGE;
        pill(ui, app, ui.available_width() - rest);
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(ui.available_width() - rest + size::GAP);
        for (choice, sign, name) in [
            (ThemeChoice::System, Icon::Screen, "Theme of the system"),
            (ThemeChoice::Light, Icon::Sun, "Light theme"),
            (ThemeChoice::Dark, Icon::Moon, "Dark theme"),
        ] {
            let chosen = app.settings().theme == choice;
            if icon_button(ui, sign, name, Some(chosen)).clicked() {
                action = Some(Command::set(Setting::Theme, choice).into());
            }
            ui.add_space(2.0);
        }
        ui.add_space(size::EDGE - 2.0);
        action = crate::ui::lesson::help_menu::show(ui, app).or(action.take());
    });
    action
}

/// The state in a few words, in the colour that belongs to it.
fn pill(ui: &mut Ui, app: &App, room: f32) {
    let palette = Palette::of(ui);
    let state = &app.state();
    let halts = app.paused_threads();
    let held_up = held_up(&halts, app.is_paused());
    let (ink, fill) = match state {
        ServerState::Starting | ServerState::Listening { .. } if held_up.is_some() => {
            (palette.caution, palette.field)
        }
        ServerState::Listening { .. } => (palette.accent, palette.accent_soft),
        ServerState::Failed(_) => (palette.problem, palette.problem_soft),
        ServerState::Stopped | ServerState::Starting | ServerState::Stopping => {
            (palette.muted, palette.field)
        }
    };
    let words = words(state, held_up);
    let mut job = LayoutJob::single_section(words.clone(), TextFormat::simple(theme::strong(13.0), ink));
    job.wrap = TextWrapping::truncate_at_width((room - 36.0).max(40.0));
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 34.0, size::CHIP), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    dot(ui, state, pos2(rect.left() + 15.0, rect.center().y), ink);
    let at = pos2(rect.left() + 24.0, rect.center().y - galley.size().y / 2.0);
    let cut = galley.elided;
    ui.painter().galley(at, galley, ink);
    if let ServerState::Failed(error) = state {
        response.on_hover_text(error.to_string());
    } else if !halts.is_empty() {
        response.on_hover_text(halted(&halts));
    } else if cut {
        response.on_hover_text(words);
    }
}

/// What keeps the server from going on, by the user's own action.
fn held_up(halts: &[PausedThread], paused: bool) -> Option<String> {
    match halts {
        [] => paused.then(|| "Accepting paused".to_owned()),
        [one] => {
            let before = one.site.call.label();
            Some(match one.client {
                None => format!("Halted before {before}"),
                Some(client) => format!("{} halted before {before}", client.id),
            })
        }
        several => Some(format!("{} threads halted", with_thousands(several.len() as u64))),
    }
}

/// Who halts where, for the tooltip.
fn halted(halts: &[PausedThread]) -> String {
    const MOST: usize = 8;
    let mut lines = halts.iter().take(MOST).map(pause_text).collect::<Vec<_>>();
    if halts.len() > MOST {
        lines.push(format!("… and {} more", with_thousands((halts.len() - MOST) as u64)));
    }
    lines.push("F10 lets the next call happen, F5 leaves step mode.".to_owned());
    lines.join("\n")
}

fn dot(ui: &Ui, state: &ServerState, centre: egui::Pos2, ink: Color32) {
    if matches!(state, ServerState::Stopped) {
        ui.painter().circle_stroke(centre, 3.5, egui::Stroke::new(1.5, ink));
    } else {
        ui.painter().circle_filled(centre, 4.5, ink);
    }
}

/// The words for a state.
fn words(state: &ServerState, held_up: Option<String>) -> String {
    match state {
        ServerState::Stopped => "Stopped".to_owned(),
        ServerState::Starting => held_up.unwrap_or_else(|| "Starting…".to_owned()),
        ServerState::Listening { addresses, tls } => {
            let held_up = held_up.map_or_else(String::new, |words| words + " · ");
            format!("{held_up}Listening on {}{}", listed(addresses), if *tls { " · TLS" } else { "" })
        }
        ServerState::Stopping => "Stopping…".to_owned(),
        ServerState::Failed(error) => format!("Could not start: {}", first_sentence(&error.to_string())),
    }
}

/// Addresses as one says them: `a`, `a and b`, `a, b and 3 more`.
fn listed(addresses: &[SocketAddr]) -> String {
    match addresses {
        [] => "no address".to_owned(),
        [one] => one.to_string(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// What happened; what to do about it stands where it can be done.
fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_listed_as_one_says_them() {
        let addresses: Vec<SocketAddr> = ["127.0.0.1:1", "[::1]:1", "10.0.0.1:1", "10.0.0.2:1"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(listed(&addresses[..1]), "127.0.0.1:1");
        assert_eq!(listed(&addresses[..2]), "127.0.0.1:1 and [::1]:1");
        assert_eq!(listed(&addresses), "127.0.0.1:1, [::1]:1 and 2 more");
    }

    #[test]
    fn the_pill_says_what_happened_and_leaves_the_advice_to_the_form() {
        let words = first_sentence("Port 80 on 127.0.0.1 is already in use. Use another port.");
        assert_eq!(words, "Port 80 on 127.0.0.1 is already in use");
    }
}
