//! Step mode in one bar: its switch, who halts before which call, and what lets them go on.

use egui::{Label, RichText, ScrollArea, Ui};

use crate::app::{App, Command, call_text, pause_text};
use crate::server::calls::PausedThread;
use crate::server::status::ServerState;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, switch, text_width};

/// More halts than this are told by their number: nobody reads them one by one.
const MOST_HALTS: usize = 40;
/// Rows of halts that are in view at once.
const ROWS: f32 = 3.0;

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, app: &App) -> Vec<Action> {
    let palette = Palette::of(ui);
    let on = app.is_stepping();
    let halts = app.paused_threads();
    let mut actions = Vec::new();
    let words = summary(app, &halts);
    let ink = if halts.is_empty() { palette.muted } else { palette.text };
    let text = RichText::new(&words).size(size::TEXT).color(ink);
    // A narrow window has no room for the sentence behind the buttons.
    let mut beside = true;
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::GAP;
        let about = "Halt the server before each of its calls, until you let the call happen (F9)";
        if switch(ui, on, "Step mode").on_hover_text(about).clicked() {
            actions.push(Command::SetStepping(!on).into());
        }
        ui.label(RichText::new("Step mode").font(theme::strong(size::TEXT)).color(palette.text));
        if on {
            ui.add_space(4.0);
            ui.add_enabled_ui(!halts.is_empty(), |ui| {
                let about = "Let the call happen that has been halted before the longest (F10)";
                if pill_button(ui, "Next (F10)").on_hover_text(about).clicked() {
                    actions.push(Action::StepNext);
                }
            });
            if pill_button(ui, "Go on (F5)")
                .on_hover_text("Leave step mode: nobody halts any more (F5)")
                .clicked()
            {
                actions.push(Command::SetStepping(false).into());
            }
            ui.add_space(4.0);
        }
        beside = text_width(ui, &words, theme::text()) <= ui.available_width();
        if beside {
            ui.label(text.clone());
        }
    });
    if !beside {
        ui.add(Label::new(text).wrap());
    }
    if halts.len() > 1 {
        let height = ROWS * (size::CHIP + 6.0);
        ScrollArea::vertical()
            .id_salt("halts")
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing = [6.0, 6.0].into();
                    ui.label(RichText::new("Next for").size(size::SMALL).color(palette.muted));
                    // In an order that stays, so that a button can be pressed again and again.
                    let mut by_number = halts.iter().collect::<Vec<_>>();
                    by_number.sort_by_key(|halt| halt.id());
                    for halt in by_number.into_iter().take(MOST_HALTS) {
                        if pill_button(ui, &short(halt)).on_hover_text("Let this call happen").clicked() {
                            actions.push(Command::Step(halt.id()).into());
                        }
                    }
                    if let Some(more) = halts.len().checked_sub(MOST_HALTS).filter(|more| *more > 0) {
                        ui.label(
                            RichText::new(format!("and {} more", with_thousands(more as u64)))
                                .size(size::SMALL)
                                .color(palette.muted),
                        );
                    }
                });
            });
    }
    actions
}

fn summary(app: &App, halts: &[PausedThread]) -> String {
    match halts {
        _ if !app.is_stepping() => "Off: the server makes its calls without a halt.".to_owned(),
        [] if app.state().is_stopped() => "Start the server: it halts before socket().".to_owned(),
        [] if matches!(app.state(), ServerState::Stopping) => "Stopping…".to_owned(),
        [] => "Nobody halts: each thread does before its next call.".to_owned(),
        [one] => pause_text(one),
        [next, ..] => format!("{} threads halt, next is {}", with_thousands(halts.len() as u64), short(next)),
    }
}

/// `#3: sendall(b'Hello\n')`.
fn short(halt: &PausedThread) -> String {
    let who = halt.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{who}: {}", call_text(halt))
}
