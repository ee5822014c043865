//! Saves the window's size, the open tab and the height of the details, and restores them in the next run.

use egui::Context;

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

/// Returns the size to open a window with, in points without zoom.
pub(super) fn size(settings: &Settings) -> [f32; 2] {
    [settings.window_width, settings.window_height].map(f32::from)
}

/// Returns the commands that save what has changed. There are none while something is still being dragged or resized.
pub(super) fn changes(ctx: &Context, app: &App, tab: LessonPlace) -> Vec<Action> {
    if was_resized(ctx) || ctx.input(|input| input.pointer.any_down()) {
        return Vec::new();
    }
    let number = (1..).zip(TABS).find(|(_, other)| *other == tab).map_or(1, |(number, _)| number);
    let mut now = vec![(Setting::Tab, number)];
    let is_normal = ctx.input(|input| {
        let window = input.viewport();
        window.maximized != Some(true) && window.fullscreen != Some(true) && window.minimized != Some(true)
    });
    if is_normal {
        let size = ctx.content_rect().size() * ctx.zoom_factor();
        now.extend([
            (Setting::WindowWidth, whole_number(size.x)),
            (Setting::WindowHeight, whole_number(size.y)),
        ]);
    }
    if let Some(height) = detail_view::height(ctx) {
        now.push((Setting::DetailHeight, whole_number(height)));
    }
    let changed = |(setting, value): &(Setting, u16)| setting.text(app.settings()) != value.to_string();
    now.into_iter().filter(changed).map(|(setting, value)| Command::set(setting, value).into()).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limited to the range")]
fn whole_number(points: f32) -> u16 {
    points.round().clamp(1.0, f32::from(u16::MAX)) as u16
}
