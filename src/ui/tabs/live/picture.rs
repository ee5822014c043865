//! The picture of the server. From left to right: the clients; the OS with the accept queues and the queues of each
//! connection; the server's threads.

use std::time::{Duration, Instant};

use egui::style::ScrollAnimation;
use egui::{
    Align2, Color32, CornerRadius, FontId, Id, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use crate::app::live::{LiveClient, LivePicture, LiveThread, ThreadState};
use crate::app::{App, Command};
use crate::platform::socket_queues::ByteQueue;
use crate::server::event::ClientId;
use crate::settings::Mode;
use crate::text::{self, count, with_thousands};
use crate::ui::action::Action;
use crate::ui::frame_pacing;
use crate::ui::tabs::connection_menu;
use crate::ui::tabs::live::accept_queues;
use crate::ui::tabs::live::shapes::{GAP, dashed_outline, outline, paint_label};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::{focus_ring, text_line};

/// The smallest width in which everything is readable. A narrower area scrolls.
pub(super) const MIN_WIDTH: f32 = 360.0;
/// The number of connections that even a short picture draws. It then scrolls.
const MIN_CONNECTIONS: usize = 4;
/// Below this width, some texts are shorter.
const NARROW: f32 = 560.0;

/// Height of the headings of the columns.
const HEADING: f32 = 30.0;
/// Height of the box of the accepting thread, and of the pool's.
const THREAD: f32 = 50.0;
/// The minimum and the maximum distance from one connection's box to the next one's.
const PITCH: (f32, f32) = (48.0, 72.0);
/// Height of the line with the number of connections that aren't drawn.
const FOOTER: f32 = 26.0;
/// How long moving bytes are drawn after they have moved.
const MOVING: Duration = Duration::from_millis(600);

/// The columns of the picture.
struct Columns {
    clients: Rect,
    os: Rect,
    threads: Rect,
}

impl Columns {
    fn new(area: Rect) -> Self {
        let width = area.width();
        let between = match width {
            ..NARROW => [14.0, 10.0],
            ..700.0 => [24.0, 20.0],
            _ => [36.0, 28.0],
        };
        let room = width - between[0] - between[1];
        let least = if width < NARROW { [76.0, 134.0] } else { [122.0, 150.0] };
        let clients = (room * 0.22).clamp(least[0], 220.0);
        let os = (room * 0.34).clamp(least[1], 380.0);
        let column = |left: f32, width: f32| {
            Rect::from_min_max(pos2(left, area.top()), pos2(left + width, area.bottom()))
        };
        let threads = area.left() + clients + between[0] + os + between[1];
        Self {
            clients: column(area.left(), clients),
            os: column(area.left() + clients + between[0], os),
            threads: column(threads, (area.right() - threads).min(560.0)),
        }
    }
}

/// Returns the height that all but the connections need.
fn height_of_others(app: &App) -> f32 {
    let listeners = app.accept_queues().map_or(1, |queues| queues.queues.len());
    HEADING + 4.0 * GAP + accept_queues::height(listeners) + FOOTER
}

/// Returns the smallest height of a picture with this many connections, of which it draws at most [`MIN_CONNECTIONS`].
#[expect(clippy::cast_precision_loss, reason = "a few boxes")]
pub(super) fn min_height(app: &App, connections: usize) -> f32 {
    height_of_others(app) + connections.min(MIN_CONNECTIONS) as f32 * PITCH.0
}

/// Returns how many connections fit into a picture of this height.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen at most")]
pub(super) fn max_connections(app: &App, height: f32) -> usize {
    ((height - height_of_others(app)) / PITCH.0 + 0.01).max(1.0) as usize
}

/// Draws the picture in this width, which includes that of a scroll bar; returns the connection that was clicked, and
/// adds the actions of its buttons. If `reveal`, the selected connection is scrolled into view.
pub(super) fn show(
    ui: &mut Ui,
    app: &App,
    live: &LivePicture,
    width: f32,
    (selected, reveal): (Option<ClientId>, bool),
    actions: &mut Vec<Action>,
) -> Option<ClientId> {
    let palette = Palette::of(ui);
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let edge = if width < NARROW { GAP } else { size::EDGE };
    let right = area.left() + width - edge.max(size::SCROLL_BAR);
    let area = Rect::from_min_max(pos2(area.left() + edge, area.top()), pos2(right, area.bottom() - GAP));
    let columns = Columns::new(area);
    let headings = [
        (columns.clients, "Clients", "Programs that are connected or trying to connect."),
        (
            columns.os,
            "Operating system",
            "The OS completes each TCP handshake, and buffers received data until the server calls recv().",
        ),
        (
            columns.threads,
            "Echoscope: server threads",
            "Each thread makes one call at a time, and waits until the call returns.",
        ),
    ];
    for (column, title, about) in headings {
        let place = column.with_max_y(column.top() + HEADING);
        text_line(ui, place, Align2::LEFT_CENTER, title, theme::strong(size::SMALL), palette.muted);
        let response = ui.interact(place, Id::unique("live heading").with(title), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
        response.on_hover_text(about);
    }
    let body = area.with_min_y(area.top() + HEADING);
    for column in [columns.os, columns.threads] {
        let column = column.with_min_y(body.top());
        let stroke = Stroke::new(1.0, palette.border_strong);
        ui.painter().rect(
            column,
            CornerRadius::same(size::RADIUS + 2),
            palette.panel,
            stroke,
            StrokeKind::Inside,
        );
    }
    let inside = |column: Rect| column.shrink2(vec2(10.0, 0.0));
    let columns =
        Columns { os: inside(columns.os), threads: inside(columns.threads), clients: columns.clients };

    let top = body.top() + GAP;
    let listeners = live.queues.as_ref().map_or(1, |queues| queues.queues.len());
    // Room for the waiting clients is reserved, so that the connections don't move when one waits.
    let bottom = top + accept_queues::height(listeners);
    let accepting = accept_thread(ui, app, live, columns.threads.with_min_y(top), actions);
    // Without connections, waiting clients have all the room.
    let waiting_bottom = if live.clients.is_empty() { area.bottom() } else { bottom };
    let waiting =
        [columns.clients.with_max_y(waiting_bottom), columns.os].map(|column| column.with_min_y(top));
    accept_queues::show(ui, live, waiting, accepting);

    let mut clicked = None;
    let rows =
        Rect::from_min_max(pos2(area.left(), bottom + GAP), pos2(area.right(), area.bottom() - FOOTER));
    #[expect(clippy::cast_precision_loss, reason = "a few dozen at most")]
    let pitch = (rows.height() / live.clients.len().max(1) as f32).clamp(PITCH.0, PITCH.1);
    let mut y = rows.top();
    for client in &live.clients {
        let row = Rect::from_min_max(pos2(area.left(), y), pos2(area.right(), y + pitch - GAP));
        let is_selected = selected == Some(client.client.id);
        if connection(ui, app, client, &columns, row, is_selected, actions) {
            clicked = Some(client.client.id);
        }
        if is_selected && reveal {
            ui.scroll_to_rect_animation(row.expand(GAP), None, ScrollAnimation::none());
        }
        y += pitch;
    }
    if live.others.count > 0 {
        let place =
            |column: Rect| Rect::from_min_max(pos2(column.left(), y), pos2(column.right(), y + FOOTER));
        let others = &live.others;
        let text = format!("+ {} more", with_thousands(others.count as u64));
        paint_label(ui, place(columns.clients), "more clients", &text, palette.muted);
        let parts =
            [(others.in_recv, "in recv()"), (others.paused, "paused"), (others.queued, "without a thread")];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<_> =
            parts.map(|(number, state)| format!("{} {state}", with_thousands(*number as u64))).collect();
        if !parts.is_empty() {
            let text = format!("+ {}", parts.join(", "));
            paint_label(ui, place(columns.threads), "more threads", &text, palette.muted);
        }
    } else if live.clients.is_empty() && live.queues.as_ref().is_none_or(|it| it.waiting().unwrap_or(0) == 0)
    {
        let place =
            Rect::from_min_max(pos2(columns.clients.left(), y), pos2(columns.clients.right(), y + FOOTER));
        paint_label(ui, place, "no clients", "No client is connected.", palette.muted);
    }
    request_update(ui, live);
    clicked
}

/// Requests the next frame: soon while bytes move, later if a queue can change without an event of the server.
fn request_update(ui: &Ui, live: &LivePicture) {
    let now = Instant::now();
    let mut moved = live.clients.iter().flat_map(|client| client.moved).flatten();
    if moved.any(|at| now.duration_since(at) < MOVING) {
        frame_pacing::repaint_after(ui.ctx(), Duration::from_millis(33));
    } else if let Some(after) = live.update_after {
        frame_pacing::repaint_after(ui.ctx(), after);
    }
}

/// Draws the accepting thread, and the pool below it. Returns the place at which the line from the accept queues ends.
fn accept_thread(
    ui: &mut Ui,
    app: &App,
    live: &LivePicture,
    column: Rect,
    actions: &mut Vec<Action>,
) -> Pos2 {
    let palette = Palette::of(ui);
    let place = column.with_max_y(column.top() + THREAD);
    if let Some(thread) = &live.accept_thread {
        let about = "This thread creates the listening sockets and calls accept(), which returns one client from the \
                     accept queue.";
        let next = app.paused_threads().iter().any(|thread| thread.client.is_none());
        if thread_box(ui, place, "accept", thread, "", about, (next, None)).1 {
            actions.push(Command::Step(None).into());
        }
    }
    if let Some(pool) = &live.pool {
        let rect = place.translate(vec2(0.0, THREAD + GAP));
        let title = format!("Pool of {}", count(pool.size as u64, "thread"));
        let state = format!(
            "{} with a client, {} waiting for a thread",
            with_thousands(pool.busy as u64),
            with_thousands(pool.queued as u64)
        );
        let color = if pool.queued > 0 { palette.caution } else { palette.muted };
        outline(ui, rect, Stroke::new(1.0, palette.border_strong), palette.canvas);
        let text = rect.shrink2(vec2(12.0, 6.0));
        text_line(ui, text, Align2::LEFT_TOP, &title, theme::strong(size::SMALL), palette.text);
        text_line(ui, text, Align2::LEFT_BOTTOM, &state, theme::small(), color);
        let response = ui.interact(rect, Id::unique("live pool"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}: {state}")));
        response.on_hover_text(
            "The accept thread puts each client into the pool's queue. A thread of the pool serves one client until \
             it closes, and then takes the next one.",
        );
    }
    place.left_center()
}

/// Draws a connection: its client, its queues and its thread, and the lines between them. Returns whether it was clicked.
fn connection(
    ui: &mut Ui,
    app: &App,
    live: &LiveClient,
    columns: &Columns,
    row: Rect,
    is_selected: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let palette = Palette::of(ui);
    let id = live.client.id;
    let color = palette.client(id.0);
    let part = |column: Rect| column.with_min_y(row.top()).with_max_y(row.bottom());
    let (client, os, thread) = (part(columns.clients), part(columns.os), part(columns.threads));

    let response = ui.interact(client, Id::unique("live client").with(id.0), Sense::click());
    let description = LivePicture::describe(live);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_selected, &description));
    let fill = if is_selected {
        palette.row_selected
    } else if response.hovered() {
        palette.row_hover
    } else {
        palette.canvas
    };
    outline(ui, client, Stroke::new(if is_selected { 2.0 } else { 1.4 }, color), fill);
    focus_ring(ui, &response, client, f32::from(size::RADIUS));
    let text = client.shrink2(vec2(10.0, 5.0));
    let first = text.with_max_y(text.center().y);
    ui.painter().circle_filled(pos2(first.left() + 4.0, first.center().y), 4.0, color);
    let number = first.with_min_x(first.left() + 14.0);
    text_line(ui, number, Align2::LEFT_CENTER, &id.to_string(), theme::strong(size::TEXT), palette.text);
    let number_width = text_width(ui, &id.to_string(), theme::strong(size::TEXT));
    if live.tls && number_width + 50.0 <= first.width() {
        text_line(ui, first, Align2::RIGHT_CENTER, "TLS", theme::strong(11.0), palette.muted);
    }
    let second = text.with_min_y(text.center().y);
    let mut address = live.client.peer.to_string();
    if client.width() < 120.0 {
        // The port distinguishes the clients of one computer.
        address = format!("…:{}", live.client.peer.port());
    }
    text_line(ui, second, Align2::LEFT_CENTER, &address, FontId::monospace(11.5), palette.muted);
    let response = response.on_hover_text("A connected client. Select it to see its details in every tab.");
    response.context_menu(|ui| actions.extend(connection_menu::show(ui, app, live.client)));
    let mut is_clicked = response.clicked();

    let is_blocked = live.thread.as_ref().is_some_and(|thread| thread.state == ThreadState::Blocked);
    let [upper, lower] = [os.with_max_y(os.center().y), os.with_min_y(os.center().y)];
    let queues = [
        (
            upper,
            "receive queue",
            live.queues.receive,
            color,
            "Bytes that have arrived, but that recv() hasn't returned yet.",
        ),
        (
            lower,
            "send queue",
            live.queues.send,
            if is_blocked { palette.problem } else { color },
            "Bytes that sendall() passed to the OS, but that the client's OS hasn't acknowledged yet.",
        ),
    ];
    for (place, name, queue, color, about) in queues {
        byte_queue(ui, place, (id, name), queue, color, about);
    }

    lines(ui, live, columns, client.right(), thread.left(), row.center().y);
    if let Some(state) = &live.thread {
        let bytes = format!("{} in, {} out", text::bytes(live.received), text::bytes(live.sent));
        let about = "The thread that serves this client, and its current call.";
        let is_paused = app.paused_threads().iter().any(|thread| thread.id() == Some(id));
        let (clicked, next) =
            thread_box(ui, thread, &format!("thread {}", id.0), state, &bytes, about, (is_paused, Some(id)));
        is_clicked |= clicked;
        if next {
            actions.push(Command::Step(Some(id)).into());
        }
    } else {
        dashed_outline(ui, thread, palette.caution);
        let is_pool = app.running_mode() == Mode::Pool;
        let text = if is_pool { "waits for a thread of the pool" } else { "waits for a thread" };
        paint_label(
            ui,
            thread.shrink2(vec2(12.0, 0.0)),
            &format!("no thread {}", id.0),
            text,
            palette.caution,
        );
    }
    is_clicked
}

/// Draws the lines from a client to the OS and from there to its thread, and the bytes that move along them.
fn lines(ui: &Ui, live: &LiveClient, columns: &Columns, left: f32, right: f32, y: f32) {
    let color = Palette::of(ui).client(live.client.id.0);
    let parts = [(left, columns.os.left() - 10.0), (columns.os.right() + 10.0, right)];
    let now = Instant::now();
    for (left, right) in parts {
        ui.painter().hline(left..=right, y, Stroke::new(1.6, color));
        for (moved, to_right) in live.moved.into_iter().zip([true, false]) {
            let Some(age) = moved.map(|at| now.duration_since(at)).filter(|age| *age < MOVING) else {
                continue;
            };
            let part = age.as_secs_f32() / MOVING.as_secs_f32();
            let way = (right - left) * part;
            let x = if to_right { left + way } else { right - way };
            ui.painter().circle_filled(pos2(x, y), 3.6, color);
        }
    }
}

/// Draws a queue of a connection as a bar.
fn byte_queue(
    ui: &Ui,
    place: Rect,
    id: (ClientId, &str),
    queue: Option<ByteQueue>,
    color: Color32,
    about: &str,
) {
    let palette = Palette::of(ui);
    let label_width = if place.width() > 190.0 { 86.0 } else { 0.0 };
    if label_width > 0.0 {
        let label = place.with_max_x(place.left() + label_width);
        text_line(ui, label, Align2::LEFT_CENTER, id.1, FontId::proportional(11.0), palette.muted);
    }
    let center = pos2(place.left() + f32::midpoint(label_width, place.width()), place.center().y);
    let bar = Rect::from_center_size(center, vec2(place.width() - label_width, 11.0));
    let Some(queue) = queue else {
        text_line(ui, bar, Align2::CENTER_CENTER, "unknown", FontId::proportional(11.0), palette.muted);
        return;
    };
    outline(ui, bar, Stroke::new(1.0, palette.border_strong), palette.canvas);
    if queue.bytes > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a part of a bar")]
        let part = (queue.bytes as f32 / queue.capacity.max(1) as f32).clamp(0.02, 1.0);
        let filled = bar.with_max_x(bar.left() + bar.width() * part);
        ui.painter().rect_filled(filled, CornerRadius::same(3), color);
    }
    let response = ui.interact(place, Id::unique("byte queue").with(id), Sense::hover());
    let bytes = text::bytes(queue.bytes);
    response.on_hover_text(format!("{about} Now: {bytes}, of a buffer of {}.", text::bytes(queue.capacity)));
}

/// Draws the box of a thread. `note` is at the right of its name. Returns whether the box was clicked, and whether its
/// button *Next* was; the button is shown if the thread is paused before a call.
fn thread_box(
    ui: &mut Ui,
    place: Rect,
    id: &str,
    thread: &LiveThread,
    note: &str,
    about: &str,
    (is_paused, client): (bool, Option<ClientId>),
) -> (bool, bool) {
    let palette = Palette::of(ui);
    let (edge, color) = match thread.state {
        ThreadState::Waiting => (palette.border_strong, palette.muted),
        ThreadState::Running => (palette.accent, palette.accent),
        ThreadState::Paused => (palette.caution, palette.caution),
        ThreadState::Blocked => (palette.problem, palette.problem),
    };
    outline(ui, place, Stroke::new(1.2, edge), palette.canvas);
    let response = ui.interact(place, Id::unique("live thread").with(id), Sense::CLICK);
    if client.is_none() {
        let description = format!("{}: {}", thread.name, thread.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
    }
    let clicked = response.clicked();
    response.on_hover_text(format!("{about} {}", thread.about));
    let mut text = place.shrink2(vec2(if place.width() < 150.0 { GAP } else { 12.0 }, 5.0));
    let mut next = false;
    if is_paused {
        let button =
            Rect::from_center_size(pos2(place.right() - 36.0, place.center().y), vec2(52.0, size::CHIP));
        let mut child = ui.new_child(UiBuilder::new().max_rect(button).id_salt(id));
        let name =
            client.map_or_else(|| "Next, accept thread".to_owned(), |client| format!("Next, {client}"));
        next = pill_button(&mut child, "Next")
            .accessible_name(name)
            .on_hover_text("Let this thread make its call")
            .clicked();
        text.max.x = button.left() - GAP;
    }
    let first = text.with_max_y(text.center().y);
    let note_width = text_width(ui, note, theme::small());
    let name_width = text_width(ui, &thread.name, theme::strong(size::SMALL));
    text_line(ui, first, Align2::LEFT_CENTER, &thread.name, theme::strong(size::SMALL), palette.text);
    if name_width + note_width + GAP <= first.width() {
        text_line(ui, first, Align2::RIGHT_CENTER, note, theme::small(), palette.muted);
    }
    let second = text.with_min_y(text.center().y);
    text_line(ui, second, Align2::LEFT_CENTER, &thread.text, FontId::monospace(12.0), color);
    (clicked, next)
}
