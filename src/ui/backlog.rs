//! The accept queue: how many clients wait, what happens to the next one, and a button that pauses accepting.

use egui::{Ui, vec2};

use crate::app::{App, Command};
use crate::ui::action::Action;
use crate::ui::theme::{self, size};
use crate::ui::widgets::controls::{gauge, pill_button};
use crate::ui::widgets::field::small;

/// The most boxes that are drawn. In a longer queue, each box stands for several places.
const MAX_BOXES: u16 = 24;

/// Shows the queue; returns the action that pauses or resumes accepting when its button is pressed.
pub(super) fn show(ui: &mut Ui, app: &App) -> Option<Action> {
    let mut action = None;
    ui.spacing_mut().item_spacing.y = 6.0;
    let queue = app.accept_queue();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(size::GAP + 4.0, 6.0);
        ui.label(theme::bold("Accept queue"));
        let Some(queue) = &queue else { return };
        if let Some(waiting) = queue.waiting {
            gauge(ui, waiting, queue.room, vec2(11.0, 16.0), MAX_BOXES, &queue.label);
        }
        ui.label(&queue.label);
        let (label, about) = if queue.paused {
            ("Resume accepting", "Call accept() again: who waits is taken, one after the other")
        } else {
            ("Pause accepting", "Stop calling accept(), so that clients wait in the queue and fill it")
        };
        if pill_button(ui, label).on_hover_text(about).clicked() {
            action = Some(Command::PauseAccepting(!queue.paused).into());
        }
    });
    if let Some(queue) = &queue {
        let paused = if queue.paused { "Accepting is paused. " } else { "" };
        ui.small(format!("{paused}{}", queue.next));
        small(ui, &queue.about);
    } else {
        let text = "From listen() on the system lets clients in, and they wait here until accept() takes them. \
                    Nothing listens at the moment.";
        small(ui, text);
    }
    action
}
