//! The bar of step mode: its switch, the calls that threads are paused before, and the buttons that let them continue.

use egui::{RichText, ScrollArea, Ui};

use crate::app::{App, Command, call_text, pause_text};
use crate::server::ServerState;
use crate::server::calls::PausedThread;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, small_button, switch};

/// The most paused threads that get a button each. Further ones are only counted.
const MAX_BUTTONS: usize = 40;
/// The most rows of buttons in view. With more rows, the buttons scroll.
const ROWS: f32 = 3.0;

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, app: &App) -> Vec<Action> {
    let palette = Palette::of(ui);
    let on = app.is_stepping();
    let paused = app.paused_threads();
    let mut actions = Vec::new();
    let color = if paused.is_empty() { palette.muted } else { palette.text };
    let text = RichText::new(summary(app, &paused)).color(color);
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal_wrapped(|ui| {
        let about = "Pause each thread before its next call, until you press Next (F9)";
        if switch(ui, on, "Step mode").on_hover_text(about).clicked() {
            actions.push(Command::SetStepping(!on).into());
        }
        ui.label(RichText::new("Step mode").font(theme::strong(size::TEXT)));
        if on {
            ui.add_space(4.0);
            let about = "Let the thread that has been paused longest make its call (F10)";
            let next = ui.add_enabled(!paused.is_empty(), small_button("Next (F10)"));
            if next.on_hover_text(about).clicked() {
                actions.push(Action::StepNext);
            }
            let about = "Leave step mode and let all threads run (F5)";
            if pill_button(ui, "Continue (F5)").on_hover_text(about).clicked() {
                actions.push(Command::SetStepping(false).into());
            }
            ui.add_space(4.0);
        }
        ui.label(text);
    });
    if paused.len() > 1 {
        let height = ROWS * (size::CHIP + 6.0);
        let area = ScrollArea::vertical().id_salt("paused threads").auto_shrink([false, true]);
        area.max_height(height).min_scrolled_height(height).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = [6.0, 6.0].into();
                ui.label(RichText::new("Next for").small().weak());
                // In a fixed order, so that a button stays in place and can be pressed repeatedly.
                let mut by_number: Vec<_> = paused.iter().collect();
                by_number.sort_by_key(|thread| thread.id());
                for thread in by_number.into_iter().take(MAX_BUTTONS) {
                    if pill_button(ui, &call_label(thread))
                        .on_hover_text("Let this thread make its call")
                        .clicked()
                    {
                        actions.push(Command::Step(thread.id()).into());
                    }
                }
                if let Some(more) = paused.len().checked_sub(MAX_BUTTONS).filter(|more| *more > 0) {
                    let more = format!("and {} more", with_thousands(more as u64));
                    ui.label(RichText::new(more).small().weak());
                }
            });
        });
    }
    actions
}

fn summary(app: &App, paused: &[PausedThread]) -> String {
    match paused {
        _ if !app.is_stepping() => "Off: the server runs without pausing.".to_owned(),
        [] if app.state().is_stopped() => "Start the server: it pauses before socket().".to_owned(),
        [] if matches!(app.state(), ServerState::Stopping) => "Stopping…".to_owned(),
        [] => "Running. Each thread pauses before its next call.".to_owned(),
        [one] => pause_text(one),
        [next, ..] => {
            format!("{} threads are paused. Next: {}", with_thousands(paused.len() as u64), call_label(next))
        }
    }
}

/// Returns the label of a thread's button, its client and call: `#3: sendall(b'Hello\n')`.
fn call_label(thread: &PausedThread) -> String {
    let client = thread.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{client}: {}", call_text(thread))
}
