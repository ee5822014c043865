//! The Connections tab: a table of the open connections, with the details of a selected one below.

use egui::{
    Align, Align2, Color32, FontId, Id, Key, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use crate::app::{App, Command};
use crate::log::handshake_details::handshake_details;
use crate::server::event::ClientId;
use crate::server::{Connection, Phase, ServerState};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::{DetailContent, show_panel};
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::pill_button;
use crate::ui::widgets::virtual_list::VirtualList;
use crate::ui::widgets::{empty_message, focus_ring, text_line};

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct ConnectionsPanel {
    list: VirtualList,
    /// The connection whose details are shown below the table.
    chosen: Option<ClientId>,
}

/// Width of the button at the end of a row.
const BUTTON: f32 = 86.0;
/// The maximum width of a row's columns, so that the button stays near them.
const MAX_COLUMNS: f32 = 1100.0;

/// A column of the table: its heading, its width, and a function that returns the text and color of a cell.
type Column = (&'static str, f32, fn(&Connection, &Palette) -> (String, Color32));

const RECEIVED: &str = "Received";
const SENT: &str = "Sent";

fn tls_cell(connection: &Connection, palette: &Palette) -> (String, Color32) {
    match (connection.phase, &connection.tls) {
        (Phase::Queued, _) => ("waits for a thread".to_owned(), palette.caution),
        (Phase::Handshake, _) => ("handshake…".to_owned(), palette.muted),
        (Phase::Open, None) => ("–".to_owned(), palette.muted),
        (Phase::Open, Some(tls)) => {
            let group = tls.group.as_ref().map_or_else(String::new, |group| format!(" · {group}"));
            (format!("{} · {}{group}", tls.version, tls.cipher_suite), palette.text)
        }
    }
}

/// Returns the columns with their places. In a narrow row, the last columns are omitted.
fn columns(row: Rect) -> Vec<(Column, Rect)> {
    let row = row.with_max_x(columns_end(row));
    let address = (row.width() * 0.3).clamp(128.0, 180.0);
    let all: [Column; 6] = [
        ("Client", 50.0, |c, p| (c.client.id.to_string(), p.client(c.client.id.0))),
        ("Address", address, |c, p| (c.client.peer.to_string(), p.text)),
        (RECEIVED, 76.0, |c, p| (text::bytes(c.received), p.text)),
        (SENT, 76.0, |c, p| (text::bytes(c.sent), p.text)),
        ("Since", 112.0, |c, p| (text::clock(c.since), p.muted)),
        ("TLS", 160.0, tls_cell),
    ];
    let mut rest =
        row.with_min_x(row.left() + size::EDGE).with_max_x(row.right() - BUTTON - 2.0 * size::EDGE);
    let mut shown = Vec::new();
    for column in all {
        if column.1 > rest.width() {
            break;
        }
        let place;
        (place, rest) = rest.split_left_right_at_x(rest.left() + column.1);
        shown.push((column, place.with_max_x(place.right() - 12.0)));
    }
    if let Some((("TLS", ..), place)) = shown.last_mut() {
        place.max.x = rest.right();
    }
    shown
}

/// Returns the right end of a row's columns and its button.
fn columns_end(row: Rect) -> f32 {
    row.right().min(row.left() + MAX_COLUMNS)
}

impl ConnectionsPanel {
    /// Shows the table, or why it is empty.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let connections = app.connections();
        if connections.is_empty() {
            empty(ui, app);
            return None;
        }
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            self.chosen = None;
        }
        let chosen = connections.iter().find(|connection| Some(connection.client.id) == self.chosen);
        let detail = show_panel(ui, chosen.map(detail), app.settings().data_format);
        let mut action = detail.action;
        if detail.closed {
            self.chosen = None;
        }
        let palette = Palette::of(ui);
        let line = Stroke::new(1.0, palette.border);
        let area = ui.available_rect_before_wrap();
        let (header, mut body) = area.split_top_bottom_at_y(area.top() + size::TABLE_ROW);
        for ((name, ..), rect) in columns(header) {
            cell(ui, (0, name), rect, name, theme::small(), palette.muted);
        }
        ui.painter().hline(header.x_range(), header.bottom(), line);
        body.min.y += 1.0;
        if let Some(waiting) = waiting_text(app) {
            let foot;
            (body, foot) = body.split_top_bottom_at_y(body.bottom() - size::TABLE_ROW);
            ui.painter().hline(foot.x_range(), foot.top(), line);
            let foot = foot.shrink2(vec2(size::EDGE, 0.0));
            cell(ui, (0, "waiting"), foot, &waiting, theme::small(), palette.caution);
        }
        if let Some(index) =
            connections.iter().position(|connection| Some(connection.client.id) == self.chosen)
        {
            // The details that have just been opened must not cover the row.
            self.list.keep_row_visible(body.height(), index, size::TABLE_ROW);
        }
        self.list.show(ui, body, size::TABLE_ROW, connections.len(), |ui, index, rect| {
            let id = connections[index].client.id;
            let (chosen, disconnect) = row(ui, &connections[index], rect, self.chosen == Some(id));
            if chosen {
                // A second click closes the details.
                self.chosen = (self.chosen != Some(id)).then_some(id);
            }
            if disconnect {
                action = Some(Command::Disconnect(id).into());
            }
        });
        ui.advance_cursor_after_rect(area);
        action
    }
}

/// Returns the details of a connection.
fn detail(connection: &Connection) -> DetailContent<'static> {
    let explanation = match (connection.phase, &connection.tls) {
        (_, Some(_)) => "",
        (Phase::Queued | Phase::Handshake, None) => "Nothing is agreed on yet.",
        (Phase::Open, None) => "This connection is not encrypted: nothing had to be agreed on.",
    };
    DetailContent {
        number: connection.client.id.0,
        title: format!("{} · {}", connection.client.id, connection.client.peer),
        explanation: explanation.to_owned(),
        rows: connection.tls.as_deref().map(handshake_details).unwrap_or_default(),
        connection: Some(connection.client.id),
        ..DetailContent::default()
    }
}

/// Shows a connection's row; returns whether the row was chosen, by a click or by getting the keyboard focus, and
/// whether its button was pressed.
fn row(ui: &mut Ui, connection: &Connection, rect: Rect, chosen: bool) -> (bool, bool) {
    let palette = Palette::of(ui);
    let id = connection.client.id;
    let response = ui.interact(rect, Id::unique("connection").with(id.0), Sense::click());
    let name = format!("Connection {id}");
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &name));
    if chosen {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if ui.rect_contains_pointer(rect) {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    focus_ring(ui, &response, rect.shrink(2.0), 4.0);
    for ((name, _, content), rect) in columns(rect) {
        let (text, color) = content(connection, palette);
        cell(ui, (id.0, name), rect, &text, theme::mono(), color);
    }
    let rect = rect.with_max_x(columns_end(rect));
    let place = Rect::from_min_max(pos2(rect.right() - BUTTON - size::EDGE, rect.top()), rect.max);
    let layout = Layout::right_to_left(Align::Center);
    let mut button = ui.new_child(UiBuilder::new().id_salt(id.0).max_rect(place).layout(layout));
    button.add_space(size::EDGE);
    let button = pill_button(&mut button, "Disconnect").accessible_name(format!("Disconnect {id}"));
    let disconnect = button.clicked();
    let is_newly_focused = response.gained_focus() && !chosen;
    (!disconnect && (response.clicked() || is_newly_focused), disconnect)
}

/// Paints the text of one column of a row, amounts aligned to the right. A truncated text has a tooltip with all of it.
fn cell(ui: &Ui, id: (u64, &'static str), rect: Rect, text: &str, font: FontId, color: Color32) {
    let align = if [RECEIVED, SENT].contains(&id.1) { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    let is_truncated = text_line(ui, rect, align, text, font, color);
    let response = ui.interact(rect, Id::unique("cell").with(id), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if is_truncated {
        response.on_hover_text(text);
    }
}

/// Returns a sentence with the number of clients in the accept queue; `None` if it is zero or the OS doesn't report it.
fn waiting_text(app: &App) -> Option<String> {
    match app.counters().waiting {
        None | Some(0) => None,
        Some(1) => Some("1 more waits to be accepted.".to_owned()),
        Some(count) => Some(format!("{} more wait to be accepted.", with_thousands(count))),
    }
}

fn empty(ui: &mut Ui, app: &App) {
    let (title, text) = match app.state() {
        ServerState::Listening { .. } => ("Nobody is connected", "Each connected client is listed here."),
        ServerState::Starting => ("The server is starting", "Clients can connect as soon as it listens."),
        _ => ("The server isn't running", "Start it, then connect. Each connected client is listed here."),
    };
    empty_message(ui, title, text);
    if let Some(waiting) = waiting_text(app) {
        ui.vertical_centered(|ui| ui.colored_label(Palette::of(ui).caution, waiting));
    }
}
