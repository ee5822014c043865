//! Saves the window's size and whether it is maximized, the open tab and the height of the details, and restores them in the next run.

use egui::{Context, ViewportBuilder, ViewportCommand};

use crate::app::{App, Command};
use crate::lessons::condition::LessonPlace;
use crate::settings::{Setting, Settings};
use crate::ui::action::{Action, TABS};
use crate::ui::tabs::detail_view;
use crate::ui::widgets::was_resized;

/// Returns the tab to open a window with. The start screen is in the first one.
pub(super) fn tab(app: &App) -> LessonPlace {
    let index = if app.shows_start_screen() { 0 } else { usize::from(app.settings().tab) - 1 };
    TABS.get(index).copied().unwrap_or(TABS[0])
}

/// Returns a window with the saved size, which is maximized if it was.
pub(super) fn viewport(settings: &Settings) -> ViewportBuilder {
    ViewportBuilder::default()
        .with_inner_size([settings.window_width, settings.window_height].map(f32::from))
        .with_maximized(settings.window_maximized)
}

/// Maximizes a window that was closed maximized, in its second frame: window managers of X11 ignore the request to open it
/// so. Returns whether that is still to be done.
pub(super) fn maximize(ctx: &Context) -> bool {
    let is_first = ctx.cumulative_frame_nr() == 0;
    if is_first {
        ctx.request_repaint();
    } else {
        ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
    }
    is_first
}

/// Returns the commands that save what has changed. There are none while something is still being dragged or resized.
pub(super) fn changes(ctx: &Context, app: &App, tab: LessonPlace) -> Vec<Action> {
    if was_resized(ctx) || ctx.input(|input| input.pointer.any_down()) {
        return Vec::new();
    }
    let number = (1..).zip(TABS).find(|(_, other)| *other == tab).map_or(1, |(number, _)| number);
    let mut now = vec![(Setting::Tab, number.to_string())];
    let (is_maximized, is_shown) = ctx.input(|input| {
        let window = input.viewport();
        let is_shown = window.fullscreen != Some(true) && window.minimized != Some(true);
        (window.maximized == Some(true), is_shown)
    });
    if is_shown {
        now.push((Setting::WindowMaximized, is_maximized.to_string()));
    }
    if is_shown && !is_maximized {
        let size = ctx.content_rect().size() * ctx.zoom_factor();
        now.extend([
            (Setting::WindowWidth, whole_number(size.x)),
            (Setting::WindowHeight, whole_number(size.y)),
        ]);
    }
    if let Some(height) = detail_view::height(ctx) {
        now.push((Setting::DetailHeight, whole_number(height)));
    }
    let changed = |(setting, value): &(Setting, String)| setting.text(app.settings()) != *value;
    now.into_iter().filter(changed).map(|(setting, value)| Command::set(setting, value).into()).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limited to the range")]
fn whole_number(points: f32) -> String {
    (points.round().clamp(1.0, f32::from(u16::MAX)) as u16).to_string()
}
