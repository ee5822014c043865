//! The bar at the bottom: clients, bytes, the accept queue, the data rate, and the newest notice.

use egui::{Align, Layout, Rect, RichText, Stroke, Ui, UiBuilder, Vec2, vec2};

use crate::app::{AcceptQueueStatus, App};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::toast::Toast;
use crate::ui::widgets::controls::{gauge, gauge_width, text_width};

/// The longest accept queue that is drawn with boxes. A longer one is shown only as numbers.
const MAX_BOXES: u16 = 16;
/// The size of a box.
const BOX: Vec2 = vec2(8.0, 12.0);
/// A bar narrower than this lacks the boxes and the total number of clients and, beside a notice, the data rate.
const MEDIUM: f32 = 900.0;
/// A bar narrower than this also lacks the data rate.
const NARROW: f32 = 600.0;
/// The space between the parts of the accept queue.
const GAP: f32 = 6.0;
/// The space between two counters.
const SPACING: f32 = 20.0;

/// Shows the bar in all the available space, with the notice if there is a toast for it. A counter without room beside
/// the notice is left out, so that the notice covers nothing. Returns the action of the notice.
pub(super) fn show(ui: &mut Ui, app: &App, toast: Option<&mut Toast>) -> Option<Action> {
    let area = ui.available_rect_before_wrap();
    ui.painter().hline(area.x_range(), area.top(), Stroke::new(1.0, Palette::of(ui).border));
    let shows_toast = toast.is_some() && app.notice().is_some();
    let is_narrow = area.width() < if shows_toast { MEDIUM } else { NARROW };
    let side = |rect: Rect, layout| UiBuilder::new().max_rect(rect).layout(layout);
    let right = ui.scope_builder(side(area, Layout::right_to_left(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.x = SPACING;
        ui.add_space(size::EDGE);
        if !is_narrow {
            let rate = format!("{}/s", text::bytes(app.rate()));
            item(ui, &rate, "999.9 MB/s", "Bytes per second, in both directions together");
        }
        if let Some(caution) = app.key_log_caution() {
            let color = Palette::of(ui).caution;
            ui.label(RichText::new("TLS key log is on").small().color(color)).on_hover_text(caution);
        } else if app.keeps_tls_keys() {
            let color = Palette::of(ui).caution;
            let about = "The keys of TLS connections are kept in memory, and saved pcapng files contain them. To forget \
                         them, turn off “Include TLS keys” under “Save as…” in the Wire tab.";
            ui.label(RichText::new("TLS keys are kept").small().color(color)).on_hover_text(about);
        }
        let action = toast.and_then(|toast| toast.show(ui, app));
        (ui.available_rect_before_wrap(), action)
    });
    let (left, action) = right.inner;
    ui.scope_builder(side(left, Layout::left_to_right(Align::Center)), |ui| counters(ui, app, area.width()));
    action
}

/// Shows the counters. Each has room for the largest usual value, so that the others keep their places.
fn counters(ui: &mut Ui, app: &App, width: f32) {
    let counters = app.counters();
    ui.spacing_mut().item_spacing.x = SPACING;
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
}

/// Shows a text in as much room as the `widest` usual one needs, if there is that much.
fn item(ui: &mut Ui, text: &str, widest: &str, about: &str) {
    let width = text_width(ui, widest, theme::small()).max(text_width(ui, text, theme::small()));
    if width > ui.available_width() {
        return;
    }
    let (room, layout) = (vec2(width.ceil(), ui.available_height()), *ui.layout());
    ui.allocate_ui_with_layout(room, layout, |ui| {
        ui.set_min_width(room.x);
        ui.label(RichText::new(text).small().weak()).on_hover_text(about);
    });
}

/// Shows the accept queue if there is room: a box for each place, filled if a client waits there, and the numbers.
fn accept_queue(ui: &mut Ui, queue: &AcceptQueueStatus, draws_boxes: bool) {
    let about = format!(
        "The accept queue: connected clients that the server hasn't accepted yet. {} {}",
        queue.next, queue.about
    );
    let name = "accept queue";
    let label = format!("{}{}", queue.label, if queue.paused { " · paused" } else { "" });
    let is_short = draws_boxes && queue.room <= u32::from(MAX_BOXES);
    let waiting = queue.waiting.filter(|_| is_short);
    let boxes = waiting.map_or(0.0, |_| gauge_width(queue.room, BOX, MAX_BOXES) + GAP);
    let texts: f32 =
        [name, &label].iter().map(|text| text_width(ui, text, theme::small()).ceil() + GAP).sum();
    if texts + boxes > ui.available_width() {
        return;
    }
    ui.spacing_mut().item_spacing.x = GAP;
    item(ui, name, "", &about);
    if let Some(waiting) = waiting {
        gauge(ui, waiting, queue.room, BOX, MAX_BOXES, &queue.label).on_hover_text(&about);
    }
    item(ui, &label, "", &about);
}
