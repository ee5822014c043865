//! The Connections tab: a table of the open connections, with the details of a selected one below.

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Align2, Color32, FontId, Frame, Id, Layout, Margin, Panel, Rect, RichText, Role, ScrollArea,
    Sense, Stroke, TextFormat, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::app::{App, Command};
use crate::log::handshake_details::handshake_details;
use crate::server::event::ClientId;
use crate::server::{Connection, Phase, ServerState};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::detail_view::handshake_table;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{icon_button, pill_button};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::virtual_list::VirtualList;

/// The state of the tab.
#[derive(Debug, Default)]
pub(crate) struct ConnectionsPanel {
    list: VirtualList,
    /// The connection whose details are shown below the table.
    chosen: Option<ClientId>,
}

/// Width of the button at the end of a row.
const BUTTON: f32 = 86.0;

/// A column of the table: its heading, its width, and the text and color of its cells.
struct Column {
    name: &'static str,
    width: f32,
    cell: fn(&Connection, &Palette) -> (String, Color32),
}

static COLUMNS: [Column; 6] = [
    Column { name: "Client", width: 56.0, cell: |c, p| (c.client.id.to_string(), p.client(c.client.id.0)) },
    Column { name: "Address", width: 176.0, cell: |c, p| (c.client.peer.to_string(), p.text) },
    Column { name: "Since", width: 108.0, cell: |c, p| (text::clock(c.since), p.muted) },
    Column { name: RECEIVED, width: 76.0, cell: |c, p| (text::bytes(c.received), p.text) },
    Column { name: SENT, width: 76.0, cell: |c, p| (text::bytes(c.sent), p.text) },
    Column { name: "TLS", width: 200.0, cell: tls_cell },
];
const RECEIVED: &str = "Received";
const SENT: &str = "Sent";
/// Sent amounts are aligned to the right, and need space before the column after them.
const AFTER_SENT: f32 = 24.0;

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

/// Returns the columns that fit into a row, with their places. In a narrow row TLS is left out first, then the time,
/// then the sent bytes, which mostly equal the received ones. TLS, or else the address, gets all the rest.
fn columns(row: Rect) -> Vec<(&'static Column, Rect)> {
    let mut left = row.left() + size::EDGE;
    let room = row.right() - size::EDGE - BUTTON - size::EDGE - left;
    let shown: &[usize] = match room {
        _ if room > 600.0 => &[0, 1, 2, 3, 4, 5],
        _ if room > 500.0 => &[0, 1, 2, 3, 4],
        _ if room >= 400.0 => &[0, 1, 3, 4],
        _ => &[0, 1, 3],
    };
    let widest = if shown.len() == COLUMNS.len() { 5 } else { 1 };
    let others = shown.iter().filter(|index| **index != widest).map(|index| COLUMNS[*index].width);
    let rest = (room - AFTER_SENT - others.sum::<f32>()).max(40.0);
    let place = |index: &usize| {
        let column = &COLUMNS[*index];
        let width = if *index == widest { rest } else { column.width };
        let cell = Rect::from_min_size(pos2(left, row.top()), vec2(width, row.height()));
        left += width + if column.name == SENT { AFTER_SENT } else { 0.0 };
        (column, cell)
    };
    shown.iter().map(place).collect()
}

impl ConnectionsPanel {
    /// Shows the table, or why it is empty.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let connections = app.connections();
        if connections.is_empty() {
            empty(ui, app);
            return None;
        }
        let mut action = None;
        let is_chosen = |connection: &&Connection| Some(connection.client.id) == self.chosen;
        if let Some(chosen) = connections.iter().find(is_chosen) {
            let open;
            (open, action) = details(ui, chosen);
            self.chosen = self.chosen.filter(|_| open);
        }
        let palette = Palette::of(ui);
        let line = Stroke::new(1.0, palette.border);
        let area = ui.available_rect_before_wrap();
        let (header, mut body) = area.split_top_bottom_at_y(area.top() + size::TABLE_ROW);
        for (column, rect) in columns(header) {
            cell(ui, (0, column.name), rect, column.name, theme::small(), palette.muted);
        }
        ui.painter().hline(header.x_range(), header.bottom(), line);
        body.min.y += 1.0;
        if let Some(waiting) = waiting(app) {
            let foot;
            (body, foot) = body.split_top_bottom_at_y(body.bottom() - size::TABLE_ROW);
            ui.painter().hline(foot.x_range(), foot.top(), line);
            let foot = foot.shrink2(vec2(size::EDGE, 0.0));
            cell(ui, (0, "waiting"), foot, &waiting, theme::small(), palette.caution);
        }
        self.list.show(ui, body, size::TABLE_ROW, connections.len(), |ui, index, rect| {
            let id = connections[index].client.id;
            let (chosen, disconnect) = row(ui, &connections[index], rect, self.chosen == Some(id));
            if chosen {
                self.chosen = Some(id);
            }
            if disconnect {
                action = Some(Command::Disconnect(id).into());
            }
        });
        ui.advance_cursor_after_rect(area);
        action
    }
}

/// Shows the details of a connection below the table; returns whether they stay open, and an action.
fn details(ui: &mut Ui, connection: &Connection) -> (bool, Option<Action>) {
    let palette = Palette::of(ui);
    let max = (ui.available_height() * 0.6).max(80.0);
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(16, 8));
    let panel = Panel::bottom("connection").resizable(true).default_size(260.0_f32.min(max));
    let show = |ui: &mut Ui| {
        ui.set_min_size(ui.available_size());
        let (mut open, mut action) = (true, None);
        ui.horizontal(|ui| {
            ui.set_height(size::CHIP);
            let title = format!("{} · {}", connection.client.id, connection.client.peer);
            ui.label(RichText::new(title).font(theme::strong(size::TEXT)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                open = !icon_button(ui, Icon::Cross, "Close the facts", None).clicked();
                let wire = pill_button(ui, "Show on the wire");
                if wire.on_hover_text("Everything that went by on this connection").clicked() {
                    action = Some(Action::ShowWire(connection.client.id));
                }
            });
        });
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if let Some(tls) = &connection.tls {
                handshake_table(ui, &handshake_details(tls));
                return;
            }
            let text = match connection.phase {
                Phase::Queued | Phase::Handshake => "Nothing is agreed on yet.",
                Phase::Open => "This connection is not encrypted: nothing had to be agreed on.",
            };
            ui.weak(text);
        });
        (open, action)
    };
    panel.size_range(80.0..=max).frame(frame).show(ui, show).inner
}

/// Shows a connection; returns whether its row was chosen, with the pointer or by the keyboard focus, and whether its
/// button was pressed.
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
    for (column, rect) in columns(rect) {
        let (text, color) = (column.cell)(connection, palette);
        cell(ui, (id.0, column.name), rect, &text, theme::mono(), color);
    }
    let place = Rect::from_min_max(pos2(rect.right() - BUTTON - size::EDGE, rect.top()), rect.max);
    let layout = Layout::right_to_left(Align::Center);
    let mut button = ui.new_child(UiBuilder::new().id_salt(id.0).max_rect(place).layout(layout));
    button.add_space(size::EDGE);
    let button = pill_button(&mut button, "Disconnect").accessible_name(format!("Disconnect {id}"));
    let disconnect = button.clicked();
    (!disconnect && (response.clicked() || response.gained_focus()), disconnect)
}

/// Writes into one column of a row, amounts aligned to the right. The tooltip has the whole of a text that is cut off.
fn cell(ui: &Ui, id: (u64, &'static str), rect: Rect, text: &str, font: FontId, color: Color32) {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width((rect.width() - size::GAP).max(10.0));
    let galley = ui.painter().layout_job(job);
    let amount = [RECEIVED, SENT].contains(&id.1);
    let align = if amount { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    let elided = galley.elided;
    ui.painter().galley(align.align_size_within_rect(galley.size(), rect).min, galley, color);
    let response = ui.interact(rect, Id::unique("cell").with(id), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if elided {
        response.on_hover_text(text);
    }
}

/// Returns how many clients wait in the accept queue, if any do and the OS reports it.
fn waiting(app: &App) -> Option<String> {
    match app.counters().waiting {
        None | Some(0) => None,
        Some(1) => Some("1 more waits to be accepted.".to_owned()),
        Some(count) => Some(format!("{} more wait to be accepted.", with_thousands(count))),
    }
}

fn empty(ui: &mut Ui, app: &App) {
    let palette = Palette::of(ui);
    let (title, text) = match app.state() {
        ServerState::Listening { .. } => ("Nobody is connected", "Each connected client is listed here."),
        ServerState::Starting => ("The server is starting", "Clients can connect as soon as it listens."),
        _ => ("The server isn't running", "Start it, then connect. Each connected client is listed here."),
    };
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.heading(title);
        ui.weak(text);
        if let Some(words) = waiting(app) {
            ui.label(RichText::new(words).color(palette.caution));
        }
    });
}
