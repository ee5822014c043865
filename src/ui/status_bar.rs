//! The bar at the bottom: clients, bytes, the accept queue, the rate.

use eframe::egui::{Align, Layout, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::theme::{Palette, size};
use crate::journal::units;
use crate::server::status::State;
use crate::session::Session;
use crate::settings::fields::grouped;

/// A queue longer than this is told by its number alone.
const MAX_BOXES: u32 = 16;

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, session: &Session) {
    let counters = session.counters();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        ui.add_space(size::EDGE - 20.0 + 20.0);
        let clients = if counters.clients_now == 1 { "client" } else { "clients" };
        item(
            ui,
            &format!(
                "{} {clients} now, {} in all",
                grouped(counters.clients_now),
                grouped(counters.clients_total)
            ),
            "Clients connected now, and since the start",
        );
        item(ui, &format!("↓ {}", units::bytes(counters.bytes_received)), "Received from clients");
        item(ui, &format!("↑ {}", units::bytes(counters.bytes_sent)), "Sent back to clients");
        if let (State::Listening { .. }, Some(waiting)) = (session.state(), counters.waiting) {
            backlog(ui, waiting, session.backlog().map(u32::from));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::EDGE);
            item(ui, &rate(session.rate()), "Bytes a second, both ways together");
            if let Some(caution) = session.key_log_caution() {
                let text =
                    RichText::new("TLS key log is on").size(size::SMALL).color(Palette::of(ui).caution);
                ui.label(text).on_hover_text(caution);
            }
        });
    });
}

fn item(ui: &mut Ui, text: &str, about: &str) {
    ui.label(RichText::new(text).size(size::SMALL).color(Palette::of(ui).muted)).on_hover_text(about);
}

/// The accept queue as boxes, full ones for clients that wait.
fn backlog(ui: &mut Ui, waiting: u32, length: Option<u32>) {
    let palette = Palette::of(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let about = "The accept queue: clients that the system has let in and the server has not accepted yet. \
                     Some systems admit one more than the backlog says.";
        item(ui, "backlog", about);
        let Some(length) = length else { return item(ui, &format!("{waiting} waiting"), about) };
        if length <= MAX_BOXES {
            let boxes = length.max(waiting.min(MAX_BOXES));
            #[expect(clippy::cast_precision_loss, reason = "at most 16")]
            let width = boxes as f32 * 11.0;
            let (rect, response) = ui.allocate_exact_size(vec2((width - 3.0).max(0.0), 12.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{waiting} of {length} waiting")));
            for index in 0..boxes {
                #[expect(clippy::cast_precision_loss, reason = "at most 16")]
                let left = rect.left() + index as f32 * 11.0;
                let cell = eframe::egui::Rect::from_min_size(eframe::egui::pos2(left, rect.top()), vec2(8.0, 12.0));
                if index < waiting {
                    ui.painter().rect_filled(cell, 2.0, palette.caution);
                } else {
                    let outline = Stroke::new(1.0, palette.muted);
                    ui.painter().rect_stroke(cell, 2.0, outline, StrokeKind::Inside);
                }
            }
        }
        item(ui, &format!("{waiting} of {length} waiting"), about);
    });
}

/// The rate in the unit that suits it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not negative, and far below 2^64"
)]
fn rate(bytes_a_second: f64) -> String {
    format!("{}/s", units::bytes(bytes_a_second.max(0.0).round() as u64))
}
