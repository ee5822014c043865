//! The bar at the bottom: clients, bytes, the accept queue and the data rate.

use egui::{Align, Frame, Layout, Panel, RichText, Ui, vec2};

use crate::app::{AcceptQueueStatus, App};
use crate::text::{self, with_thousands};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{gauge, text_width};

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, app: &App) {
    Panel::bottom("status").exact_size(size::STATUS_BAR).frame(Frame::NONE).show(ui, |ui| counters(ui, app));
}

/// The longest accept queue that is drawn with boxes. A longer one is shown only as numbers.
const MAX_BOXES: u16 = 16;
/// A bar narrower than this lacks the boxes and the total number of clients.
const MEDIUM: f32 = 900.0;
/// A bar narrower than this also lacks the data rate.
const NARROW: f32 = 600.0;

/// Shows the counters. Each has room for the largest usual value, so that the others keep their places.
fn counters(ui: &mut Ui, app: &App) {
    let counters = app.counters();
    let width = ui.available_width();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = if width < NARROW { 16.0 } else { 20.0 };
        ui.add_space(size::EDGE);
        let now = format!("{} now", text::count(counters.clients_now, "client"));
        let total = format!("{} total", with_thousands(counters.clients_total));
        if width >= MEDIUM {
            let about = "Clients connected now, and in total since the start";
            item(ui, &format!("{now}, {total}"), "1,000 clients now, 10,000 total", about);
        } else {
            item(ui, &now, "1,000 clients now", &format!("Clients connected now; {total} since the start"));
        }
        let received = format!("↓ {}", text::bytes(counters.bytes_received));
        item(ui, &received, "↓ 999.9 MB", "Received from clients");
        item(ui, &format!("↑ {}", text::bytes(counters.bytes_sent)), "↑ 999.9 MB", "Sent back to clients");
        if let Some(queue) = app.accept_queue() {
            accept_queue(ui, &queue, width >= MEDIUM);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            if width >= NARROW {
                let rate = format!("{}/s", text::bytes(app.rate()));
                item(ui, &rate, "999.9 MB/s", "Bytes per second, in both directions together");
            }
            if let Some(caution) = app.key_log_caution() {
                let color = Palette::of(ui).caution;
                ui.label(RichText::new("TLS key log is on").small().color(color)).on_hover_text(caution);
            }
        });
    });
}

/// Shows a text in as much room as the `widest` usual one needs.
fn item(ui: &mut Ui, text: &str, widest: &str, about: &str) {
    let width = text_width(ui, widest, theme::small()).max(text_width(ui, text, theme::small()));
    let (room, layout) = (vec2(width.ceil(), ui.available_height()), *ui.layout());
    ui.allocate_ui_with_layout(room, layout, |ui| {
        ui.set_min_width(room.x);
        ui.label(RichText::new(text).small().weak()).on_hover_text(about);
    });
}

/// Shows the accept queue: a box for each place, filled if a client waits there, and the numbers.
fn accept_queue(ui: &mut Ui, queue: &AcceptQueueStatus, draws_boxes: bool) {
    let about = format!(
        "The accept queue: connected clients that the server hasn't accepted yet. {} {}",
        queue.next, queue.about
    );
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        item(ui, "accept queue", "", &about);
        let is_short = draws_boxes && queue.room <= u32::from(MAX_BOXES);
        if let Some(waiting) = queue.waiting.filter(|_| is_short) {
            gauge(ui, waiting, queue.room, vec2(8.0, 12.0), MAX_BOXES, &queue.label).on_hover_text(&about);
        }
        let paused = if queue.paused { " · paused" } else { "" };
        item(ui, &format!("{}{paused}", queue.label), "", &about);
    });
}
