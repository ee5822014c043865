//! The accept queues in the picture: the listening sockets with their slots, and the clients that wait in the slots.

use egui::epaint::CubicBezierShape;
use egui::{
    Align2, Color32, FontId, Id, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::live::LivePicture;
use crate::server::{AcceptQueue, AcceptQueues};
use crate::text::{count, with_thousands};
use crate::ui::tabs::live::shapes::{GAP, dashed_outline, outline, paint_label};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::text_line;

/// Height of the box of a listening socket.
const LISTENER: f32 = 72.0;
/// Below this width of the box, its texts and slots are smaller.
const NARROW: f32 = 140.0;
/// Height of a waiting client, and of the line above them with their number.
const WAITING: [f32; 2] = [20.0, 16.0];
/// The distance from a waiting client to the next one.
const PITCH: f32 = 24.0;
/// For how many waiting clients room is reserved: as many as fit into the queue of a small backlog.
const RESERVED: usize = 6;

/// Returns the height of the part with the accept queues.
#[expect(clippy::cast_precision_loss, reason = "a few boxes")]
pub(super) fn height(listeners: usize) -> f32 {
    let listeners = listeners.max(1) as f32 * (LISTENER + GAP);
    listeners.max(WAITING[1] + RESERVED as f32 * PITCH)
}

/// Draws the accept queues in the column of the OS, and the clients that wait in them, as many as fit, in that of the
/// clients. `accepting` is the end of the lines to the accepting thread.
pub(super) fn show(ui: &Ui, live: &LivePicture, [clients, os]: [Rect; 2], accepting: Pos2) {
    let palette = Palette::of(ui);
    let mut place = os.with_max_y(os.top() + LISTENER);
    let Some(queues) = &live.queues else {
        let addresses: Vec<_> = live.listening.iter().map(ToString::to_string).collect();
        let text = match addresses.as_slice() {
            [] => "No socket listens yet.".to_owned(),
            some => format!("Already listening: {}", some.join(", ")),
        };
        paint_label(ui, place, "not listening", &text, palette.muted);
        return;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen at most")]
    let mut left = ((clients.height() - WAITING[1]) / PITCH + 0.01) as usize;
    let (mut total, mut all_shown) = (0, 0);
    let mut waiting = clients.with_min_y(clients.top() + WAITING[1]);
    waiting.max.y = waiting.top() + WAITING[0];
    // The number of queues that follow and have clients.
    let mut others = queues.queues.iter().skip(1).filter(|queue| !queue.clients.is_empty()).count();
    for (queue, description) in queues.queues.iter().zip(live.describe_queues()) {
        let slots = listener(ui, place, queues, queue, &description);
        let dashes = Stroke::new(1.0, palette.border_strong);
        ui.painter().extend(Shape::dashed_line(&[place.right_center(), accepting], dashes, 3.0, 3.0));
        // Each queue shows a client before another one shows a second.
        let shown = queue.clients.len().min(left.saturating_sub(others));
        others = others.saturating_sub(1);
        left -= shown;
        all_shown += shown;
        total += u64::from(queue.waiting.unwrap_or(0));
        for (index, client) in queue.clients[..shown].iter().enumerate() {
            dashed_outline(ui, waiting, palette.caution);
            let font = FontId::monospace(11.0);
            let mut address = client.to_string();
            if text_width(ui, &address, font.clone()) > waiting.width() - 2.0 * GAP {
                // The port distinguishes the clients of one computer.
                address = format!("…:{}", client.port());
            }
            let text = waiting.shrink2(vec2(GAP, 0.0));
            text_line(ui, text, Align2::LEFT_CENTER, &address, font, palette.text);
            let response = ui.interact(waiting, Id::unique("waiting client").with(client), Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Label, true, format!("{client} waits for accept()"))
            });
            response.on_hover_text(
                "The OS has completed the TCP handshake, so this client is connected. The server hasn't accepted it, so it has \
                 no number yet.",
            );
            // If not every place in the queue has a slot, the last slot stands for the rest.
            if let Some(slot) = slots.get(index).or(slots.last()) {
                line_to_slot(ui, waiting.right_center(), place.left(), *slot);
            }
            waiting = waiting.translate(vec2(0.0, PITCH));
        }
        place = place.translate(vec2(0.0, LISTENER + GAP));
    }
    if total > 0 {
        let above = clients.with_max_y(clients.top() + WAITING[1] - 4.0);
        let verb = if total == 1 { "waits" } else { "wait" };
        let text = match total.saturating_sub(all_shown as u64) {
            _ if clients.width() < NARROW => format!("{} waiting", with_thousands(total)),
            0 => format!("{} {verb} for accept()", count(total, "client")),
            _ => format!("{} waiting, first {all_shown}:", with_thousands(total)),
        };
        paint_label(ui, above, "waiting clients", &text, palette.caution);
    }
}

/// Draws the line from a waiting client to its slot. It runs above the slots, so that it crosses none of them.
fn line_to_slot(ui: &Ui, start: Pos2, edge: f32, slot: Rect) {
    let stroke = Stroke::new(1.2, Palette::of(ui).caution);
    let above = slot.top() - 3.0;
    let end = pos2(edge, above);
    let bend = vec2((end.x - start.x) * 0.5, 0.0);
    let points = [start, start + bend, end - bend, end];
    ui.painter().add(CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke));
    ui.painter().line(vec![end, pos2(slot.center().x, above), slot.center_top()], stroke);
}

/// Draws a listening socket with its accept queue. Returns the places of the slots.
fn listener(
    ui: &Ui,
    place: Rect,
    queues: &AcceptQueues,
    queue: &AcceptQueue,
    description: &str,
) -> Vec<Rect> {
    let palette = Palette::of(ui);
    outline(ui, place, Stroke::new(1.0, palette.border_strong), palette.canvas);
    let is_narrow = place.width() < NARROW;
    let inside = place.shrink2(vec2(if is_narrow { 6.0 } else { 10.0 }, 7.0));
    let first = inside.with_max_y(inside.top() + 16.0);
    let font = if is_narrow { FontId::monospace(11.0) } else { theme::mono() };
    let mut address = queue.address.to_string();
    if text_width(ui, &address, font.clone()) > first.width() {
        address = format!("…:{}", queue.address.port());
    }
    let address_width = text_width(ui, &address, font.clone());
    text_line(ui, first, Align2::LEFT_CENTER, &address, font, palette.text);
    let call = format!("listen({})", queues.backlog);
    if address_width + text_width(ui, &call, theme::mono()) + GAP <= first.width() {
        text_line(ui, first, Align2::RIGHT_CENTER, &call, theme::mono(), palette.muted);
    }
    let response = ui.interact(place, Id::unique("listening socket").with(queue.address), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, description));
    response.on_hover_text(format!(
        "A listening socket with its accept queue: connected clients that the server hasn't accepted yet. \
         {description}."
    ));

    // The number of dropped packets has a line of its own, so that it takes no room from the slots.
    let last = inside.with_min_y(inside.bottom() - 14.0);
    if let Some(dropped) = queue.dropped {
        let color = if dropped > 0 { palette.problem } else { palette.muted };
        let text = format!("{} dropped", with_thousands(dropped));
        text_line(ui, last, Align2::LEFT_CENTER, &text, theme::small(), color);
    }
    let [side, space] = if is_narrow { [11.0, 3.0] } else { [16.0, 5.0] };
    let top = first.bottom() + 6.0;
    let row = inside.with_min_y(top).with_max_y(top + side);
    show_slots(ui, row, space, queues.capacity.unwrap_or(0), queue.waiting)
}

/// Draws the slots of an accept queue, and how many are taken. Returns their places.
fn show_slots(ui: &Ui, row: Rect, space: f32, capacity: u32, waiting: Option<u32>) -> Vec<Rect> {
    let palette = Palette::of(ui);
    let Some(taken) = waiting else {
        text_line(ui, row, Align2::LEFT_CENTER, "waiting: unknown", theme::small(), palette.muted);
        return Vec::new();
    };
    let pitch = row.height() + space;
    let capacity_text = with_thousands(capacity);
    // The widest number has room, so that the number of slots doesn't change.
    let numbers_width = text_width(ui, &format!("{capacity_text} of {capacity_text}"), theme::small()) + GAP;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen at most")]
    let fit = |width: f32| ((width + space) / pitch).max(0.0) as u32;
    let has_all = fit(row.width()) >= capacity;
    if !has_all || fit(row.width() - numbers_width) >= capacity {
        let numbers = format!("{} of {capacity_text}", with_thousands(taken));
        text_line(ui, row, Align2::RIGHT_CENTER, &numbers, theme::small(), palette.muted);
    }
    let count = if has_all { capacity } else { fit(row.width() - numbers_width) };
    let first = Rect::from_min_size(row.min, Vec2::splat(row.height()));
    #[expect(clippy::cast_precision_loss, reason = "a few dozen at most")]
    let slots: Vec<_> = (0..count).map(|index| first.translate(vec2(pitch * index as f32, 0.0))).collect();
    for (index, slot) in (0..).zip(&slots) {
        let is_taken = index < taken;
        let stroke = Stroke::new(1.0, if is_taken { palette.caution } else { palette.border_strong });
        outline(ui, *slot, stroke, palette.field);
        if is_taken {
            ui.painter().circle_filled(slot.center(), row.height() * 0.25, palette.caution);
        }
    }
    slots
}
