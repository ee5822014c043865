//! The list of the open connections: a table that can be sorted by each of its columns.

use std::cmp::Ordering;

use egui::{
    Align, Align2, Color32, FontId, Id, Layout, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use crate::app::{App, Command};
use crate::server::calls::Call;
use crate::server::event::ClientId;
use crate::server::{Connection, Phase, ServerState};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::connection_menu;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::virtual_list::VirtualList;
use crate::ui::widgets::{empty_message, focus_ring, text_line};

/// The state of the list.
#[derive(Debug, Default)]
pub(super) struct ConnectionList {
    list: VirtualList,
    /// The index of the column that the list is sorted by.
    sorted_by: usize,
    is_descending: bool,
}

/// Width of the button at the end of a row.
const BUTTON: f32 = 86.0;

/// A column of the table.
struct Column {
    name: &'static str,
    /// The width, and the maximum width in a wide table.
    width: [f32; 2],
    is_number: bool,
    /// Returns the text and the color of a cell.
    cell: fn(&Connection, &Palette) -> (String, Color32),
    compare: fn(&Connection, &Connection) -> Ordering,
}

const COLUMNS: [Column; 7] = [
    Column {
        name: "Client",
        width: [50.0, 70.0],
        is_number: false,
        cell: |c, p| (c.client.id.to_string(), p.client(c.client.id.0)),
        compare: |a, b| a.client.id.cmp(&b.client.id),
    },
    Column {
        name: "Address",
        width: [128.0, 190.0],
        is_number: false,
        cell: |c, p| (c.client.peer.to_string(), p.text),
        compare: |a, b| a.client.peer.cmp(&b.client.peer),
    },
    Column {
        name: "Received",
        width: [76.0, 96.0],
        is_number: true,
        cell: |c, p| (text::bytes(c.received), p.text),
        compare: |a, b| a.received.cmp(&b.received),
    },
    Column {
        name: "Sent",
        width: [76.0, 96.0],
        is_number: true,
        cell: |c, p| (text::bytes(c.sent), p.text),
        compare: |a, b| a.sent.cmp(&b.sent),
    },
    Column {
        name: "State",
        width: [152.0, 170.0],
        is_number: false,
        cell: state,
        compare: |a, b| state_order(a).cmp(&state_order(b)),
    },
    Column {
        name: "Since",
        width: [112.0, 120.0],
        is_number: false,
        cell: |c, p| (text::clock(c.since), p.muted),
        compare: |a, b| a.since.cmp(&b.since),
    },
    Column {
        name: "TLS",
        width: [110.0, 420.0],
        is_number: false,
        cell: tls,
        compare: |a, b| tls_text(a).cmp(&tls_text(b)),
    },
];

fn state(connection: &Connection, palette: &Palette) -> (String, Color32) {
    match connection.site {
        _ if connection.phase == Phase::Queued => ("waits for a thread".to_owned(), palette.caution),
        Some(site) if site.paused => (format!("paused: {}", site.call.label()), palette.caution),
        Some(site) if site.call == Call::Handshake => ("TLS handshake".to_owned(), palette.muted),
        Some(site) => (format!("in {}", site.call.label()), palette.muted),
        None => (String::new(), palette.muted),
    }
}

fn state_order(connection: &Connection) -> (bool, Option<(bool, Call)>) {
    (connection.phase != Phase::Queued, connection.site.map(|site| (!site.paused, site.call)))
}

fn tls(connection: &Connection, palette: &Palette) -> (String, Color32) {
    let text = tls_text(connection);
    if text.is_empty() { ("–".to_owned(), palette.muted) } else { (text, palette.text) }
}

fn tls_text(connection: &Connection) -> String {
    connection.tls.as_ref().map_or_else(String::new, |tls| {
        let group = tls.group.as_ref().map_or_else(String::new, |group| format!(" · {group}"));
        format!("{} · {}{group}", tls.version, tls.cipher_suite)
    })
}

/// Returns the places of the columns. In a narrow row, the last columns are omitted.
fn places(row: Rect) -> Vec<(usize, Rect)> {
    let end = row.right() - BUTTON - 2.0 * size::EDGE;
    let least: f32 = COLUMNS.iter().map(|column| column.width[0]).sum();
    let most: f32 = COLUMNS.iter().map(|column| column.width[1]).sum();
    let mut left = row.left() + size::EDGE;
    let stretch = ((end - left - least) / (most - least)).clamp(0.0, 1.0);
    let mut places = Vec::new();
    for (index, column) in COLUMNS.iter().enumerate() {
        let width = column.width[0] + (column.width[1] - column.width[0]) * stretch;
        if left + width > end + 0.5 {
            break;
        }
        places.push((index, row.with_min_x(left).with_max_x(left + width - 12.0)));
        left += width;
    }
    places
}

/// Returns the place of the button in a row: beside its last column.
fn button_place(row: Rect, places: &[(usize, Rect)]) -> Rect {
    let left = places.last().map_or(row.left(), |(_, place)| place.right() + size::EDGE);
    let left = left.min(row.right() - BUTTON - size::EDGE);
    Rect::from_min_max(pos2(left, row.top()), pos2(left + BUTTON, row.bottom()))
}

impl ConnectionList {
    /// Shows the table, or that it is empty. Returns the connection that was chosen, by a click or by getting the
    /// keyboard focus.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        app: &App,
        mut connections: Vec<Connection>,
        selected: Option<ClientId>,
        actions: &mut Vec<Action>,
    ) -> Option<ClientId> {
        if connections.is_empty() {
            show_empty(ui, app);
            if let Some(waiting) = waiting_text(app) {
                ui.vertical_centered(|ui| ui.colored_label(Palette::of(ui).caution, waiting));
            }
            return None;
        }
        let compare = COLUMNS[self.sorted_by].compare;
        // The sort is stable, so that equal connections stay sorted by number.
        if self.is_descending {
            connections.sort_by(|a, b| compare(b, a));
        } else if self.sorted_by > 0 {
            connections.sort_by(compare);
        }
        let palette = Palette::of(ui);
        let line = Stroke::new(1.0, palette.border);
        let area = ui.available_rect_before_wrap();
        // The scroll bar of the list takes some of each row's width.
        let (header, mut body) = area.split_top_bottom_at_y(area.top() + size::TABLE_ROW);
        self.header(ui, header.with_max_x(header.right() - size::SCROLL_BAR));
        ui.painter().hline(header.x_range(), header.bottom(), line);
        body.min.y += 1.0;
        if let Some(waiting) = waiting_text(app) {
            let foot;
            (body, foot) = body.split_top_bottom_at_y(body.bottom() - size::TABLE_ROW);
            ui.painter().hline(foot.x_range(), foot.top(), line);
            let foot = foot.shrink2(vec2(size::EDGE, 0.0));
            cell(ui, (0, "waiting"), foot, &waiting, theme::small(), palette.caution, false);
        }
        if let Some(index) = connections.iter().position(|connection| Some(connection.client.id) == selected)
        {
            // The details that have just been opened must not cover the row.
            self.list.keep_row_visible(body.height(), index, size::TABLE_ROW);
        }
        let mut chosen = None;
        self.list.show(ui, body, size::TABLE_ROW, connections.len(), |ui, index, rect| {
            let rect = rect.with_max_x(area.right() - size::SCROLL_BAR);
            let id = connections[index].client.id;
            if row(ui, app, &connections[index], rect, selected == Some(id), actions) {
                chosen = Some(id);
            }
        });
        ui.advance_cursor_after_rect(area);
        chosen
    }

    /// Shows the headings. A click sorts by that column, a second one in the other direction.
    fn header(&mut self, ui: &Ui, row: Rect) {
        let palette = Palette::of(ui);
        for (index, place) in places(row) {
            let column = &COLUMNS[index];
            let is_sorted = self.sorted_by == index;
            let arrow = match (is_sorted, self.is_descending) {
                (true, true) => "↓",
                (true, false) => "↑",
                (false, _) => "",
            };
            let align = if column.is_number { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
            let response = ui.interact(place, Id::unique("column").with(column.name), Sense::click());
            let color = if is_sorted || response.hovered() { palette.text } else { palette.muted };
            text_line(ui, place, align, column.name, theme::small(), color);
            let beside = if column.is_number {
                place.right() + 1.0
            } else {
                place.left() + text_width(ui, column.name, theme::small()) + 4.0
            };
            let beside = pos2(beside, place.center().y);
            ui.painter().text(beside, Align2::LEFT_CENTER, arrow, theme::small(), color);
            response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, is_sorted, column.name));
            focus_ring(ui, &response, place.shrink2(vec2(0.0, 6.0)), 4.0);
            if response.on_hover_text("Sort by this column").clicked() {
                // The largest number is usually wanted first.
                self.is_descending = if is_sorted { !self.is_descending } else { column.is_number };
                self.sorted_by = index;
            }
        }
    }
}

/// Shows a connection's row; returns whether the row was chosen, by a click or by getting the keyboard focus.
fn row(
    ui: &mut Ui,
    app: &App,
    connection: &Connection,
    rect: Rect,
    is_selected: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let palette = Palette::of(ui);
    let id = connection.client.id;
    let response = ui.interact(rect, Id::unique("connection").with(id.0), Sense::click());
    let name = format!("Connection {id}");
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_selected, &name));
    if is_selected {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if ui.rect_contains_pointer(rect) {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    focus_ring(ui, &response, rect.shrink(2.0), 4.0);
    response.context_menu(|ui| actions.extend(connection_menu::show(ui, app, connection.client)));
    let places = places(rect);
    for (index, place) in &places {
        let column = &COLUMNS[*index];
        let (text, color) = (column.cell)(connection, palette);
        cell(ui, (id.0, column.name), *place, &text, theme::mono(), color, column.is_number);
    }
    let place = button_place(rect, &places);
    let layout = Layout::left_to_right(Align::Center);
    let mut button = ui.new_child(UiBuilder::new().id_salt(id.0).max_rect(place).layout(layout));
    let button = pill_button(&mut button, "Disconnect").accessible_name(format!("Disconnect {id}"));
    let disconnect = button.clicked();
    if disconnect {
        actions.push(Command::Disconnect(id).into());
    }
    let is_newly_focused = response.gained_focus() && !is_selected;
    !disconnect && (response.clicked() || is_newly_focused)
}

/// Paints the text of one column of a row. A truncated text has a tooltip with all of it.
fn cell(
    ui: &Ui,
    id: (u64, &'static str),
    rect: Rect,
    text: &str,
    font: FontId,
    color: Color32,
    is_number: bool,
) {
    let align = if is_number { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
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
        Some(1) => Some("1 more client waits to be accepted.".to_owned()),
        Some(count) => Some(format!("{} more clients wait to be accepted.", with_thousands(count))),
    }
}

/// Shows that no client is connected.
fn show_empty(ui: &mut Ui, app: &App) {
    let (title, text) = match app.state() {
        ServerState::Listening { .. } => ("No client is connected", "Each connected client is listed here."),
        _ => ("The server is starting", "Clients can connect as soon as it listens."),
    };
    empty_message(ui, title, text);
}
