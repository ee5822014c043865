//! The bar at the bottom: clients, bytes, the accept queue and the data rate.

use egui::{Align, Frame, Layout, Panel, RichText, Ui, vec2};

use crate::app::{AcceptQueueStatus, App};
use crate::text::{self, with_thousands};
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::controls::gauge;

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, app: &App) {
    Panel::bottom("status").exact_size(size::STATUS_BAR).frame(Frame::NONE).show(ui, |ui| counters(ui, app));
}

/// The longest accept queue that is drawn with boxes. A longer one is shown only as numbers.
const MAX_BOXES: u16 = 16;

/// Shows the counters.
fn counters(ui: &mut Ui, app: &App) {
    let counters = app.counters();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        ui.add_space(size::EDGE);
        let clients = text::count(counters.clients_now, "client");
        let clients = format!("{clients} now, {} in all", with_thousands(counters.clients_total));
        item(ui, &clients, "Clients connected now, and since the start");
        item(ui, &format!("↓ {}", text::bytes(counters.bytes_received)), "Received from clients");
        item(ui, &format!("↑ {}", text::bytes(counters.bytes_sent)), "Sent back to clients");
        if let Some(queue) = app.accept_queue() {
            accept_queue(ui, &queue);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            item(ui, &format!("{}/s", text::bytes(app.rate())), "Bytes a second, both ways together");
            if let Some(caution) = app.key_log_caution() {
                let color = Palette::of(ui).caution;
                ui.label(RichText::new("TLS key log is on").small().color(color)).on_hover_text(caution);
            }
        });
    });
}

fn item(ui: &mut Ui, text: &str, about: &str) {
    ui.label(RichText::new(text).small().weak()).on_hover_text(about);
}

/// Shows the accept queue: a box for each place, filled if a client waits there, and the numbers.
fn accept_queue(ui: &mut Ui, queue: &AcceptQueueStatus) {
    let about = format!(
        "The accept queue: clients that the system has let in and the server has not accepted yet. {} {}",
        queue.next, queue.about
    );
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        item(ui, "backlog", &about);
        if let Some(waiting) = queue.waiting.filter(|_| queue.room <= u32::from(MAX_BOXES)) {
            gauge(ui, waiting, queue.room, vec2(8.0, 12.0), MAX_BOXES, &queue.label).on_hover_text(&about);
        }
        let paused = if queue.paused { " · paused" } else { "" };
        item(ui, &format!("{}{paused}", queue.label), &about);
    });
}
