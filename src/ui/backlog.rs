//! The accept queue: how many clients wait, what happens to the next one, and a button that pauses accepting.

use std::net::SocketAddr;

use egui::{Ui, vec2};

use crate::app::{App, Command};
use crate::text;
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
            ("Resume accepting", "Call accept() again. Waiting clients are accepted, oldest first.")
        } else {
            (
                "Pause accepting",
                "Stop calling accept(). New clients wait in the accept queue until it is full.",
            )
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
        small(ui, not_listening_text(&app.starting_addresses()));
    }
    action
}

/// Returns what the accept queue is, and at which of the addresses of a starting server there is one.
fn not_listening_text(addresses: &[(SocketAddr, bool)]) -> String {
    let about =
        "After listen(), the OS completes connections. Clients wait here until accept() returns them.";
    let list = |is_listening: bool| {
        let addresses = addresses.iter().filter(|(_, listening)| *listening == is_listening);
        // The OS may not have chosen the port of a later address yet.
        let shown = addresses.map(|(address, _)| match address.port() {
            0 => address.ip().to_string(),
            _ => address.to_string(),
        });
        shown.collect::<Vec<_>>()
    };
    match (list(true), list(false)) {
        (ready, _) if ready.is_empty() => format!("{about} The server isn't listening."),
        (ready, waiting) if waiting.is_empty() => {
            format!("{about} The server listens on {}.", text::list(&ready, usize::MAX))
        }
        (ready, waiting) => {
            let [ready, waiting] = [ready, waiting].map(|list| text::list(&list, usize::MAX));
            format!("{about} The server listens on {ready}, but not on {waiting} yet.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_server_is_described_for_each_address() {
        let text = |addresses: &[(&str, bool)]| {
            let parse = |(address, is_listening): &(&str, bool)| (address.parse().unwrap(), *is_listening);
            not_listening_text(&addresses.iter().map(parse).collect::<Vec<_>>())
        };
        assert!(text(&[]).ends_with("The server isn't listening."));
        assert!(text(&[("127.0.0.1:1", false), ("[::1]:1", false)]).ends_with("isn't listening."));
        assert!(
            text(&[("127.0.0.1:1", true), ("[::1]:0", false)])
                .ends_with("The server listens on 127.0.0.1:1, but not on ::1 yet.")
        );
        assert!(
            text(&[("127.0.0.1:1", true), ("[::1]:1", true)])
                .ends_with("listens on 127.0.0.1:1 and [::1]:1.")
        );
    }
}
