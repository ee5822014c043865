//! The tab of open connections: who, since when, how much, with which TLS, and a button to let go of each.

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align, Align2, Color32, FontId, Frame, Id, Layout, Margin, Panel, Rect, RichText, Role, ScrollArea,
    Sense, TextFormat, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::app::{App, Command};
use crate::log::handshake_details::handshake_details;
use crate::server::client_id::ClientId;
use crate::server::status::{Connection, Phase, ServerState};
use crate::text::{self, with_thousands};
use crate::ui::action::Action;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{icon_button, pill_button, text_width};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::virtual_list::VirtualList;

/// What the table itself remembers.
#[derive(Debug, Default)]
pub(in crate::ui) struct ConnectionsPanel {
    list: VirtualList,
    /// The connection whose handshake is shown below.
    chosen: Option<ClientId>,
}

const BUTTON: f32 = 86.0;
/// Below this width addresses need the room of a column.
const NARROW: f32 = 400.0;

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Column {
    Client,
    Address,
    Since,
    Received,
    Sent,
    Tls,
    /// Not a column: the line below the table.
    Waiting,
}

/// The columns from left to right, with their headings and widths; TLS gets what is left.
const COLUMNS: [(Column, &str, f32); 6] = [
    (Column::Client, "Client", 56.0),
    (Column::Address, "Address", 176.0),
    (Column::Since, "Since", 108.0),
    (Column::Received, "Received", 76.0),
    (Column::Sent, "Sent", 76.0),
    (Column::Tls, "TLS", 200.0),
];

/// Where each column stands in a table of this width. In a narrow one, TLS goes first, then the time.
fn places(row: Rect) -> Vec<(Column, &'static str, Rect)> {
    let mut left = row.left() + size::EDGE;
    let right = row.right() - size::EDGE - BUTTON - size::EDGE;
    let room = right - left;
    let shown = COLUMNS.into_iter().filter(|(column, ..)| match column {
        Column::Tls => room > 600.0,
        Column::Since => room > 500.0,
        // An echo server sends what it has received: one amount tells most of both.
        Column::Sent => room >= NARROW,
        _ => true,
    });
    let mut places = Vec::new();
    for (column, name, wanted) in shown {
        let width = match column {
            Column::Tls => right - left,
            Column::Address if room < NARROW => (room - 56.0 - 76.0).max(40.0),
            _ => wanted,
        };
        places.push((column, name, Rect::from_min_size(pos2(left, row.top()), vec2(width, row.height()))));
        left += width;
        if column == Column::Sent {
            left += 24.0;
        }
    }
    places
}

impl ConnectionsPanel {
    /// Shows the table, or why there is nothing in it.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let connections = app.connections();
        if connections.is_empty() {
            empty(ui, app);
            return None;
        }
        let chosen = connections.iter().find(|connection| Some(connection.client.id) == self.chosen);
        let mut action = None;
        if let Some(chosen) = chosen {
            match details(ui, chosen) {
                Some(Facts::Close) => self.chosen = None,
                Some(Facts::ShowWire) => action = Some(Action::ShowWire(chosen.client.id)),
                None => {}
            }
        }
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let header = Rect::from_min_size(area.min, vec2(area.width(), size::TABLE_ROW));
        for (column, name, rect) in places(header) {
            cell(ui, 0, (column, rect), (name, name), &theme::small(), palette.muted);
        }
        ui.painter().hline(header.x_range(), header.bottom(), egui::Stroke::new(1.0, palette.border));
        let mut body = Rect::from_min_max(pos2(area.left(), header.bottom() + 1.0), area.max);
        if let Some(words) = waiting(app) {
            let foot;
            (body, foot) = body.split_top_bottom_at_y(body.bottom() - size::TABLE_ROW);
            ui.painter().hline(foot.x_range(), foot.top(), egui::Stroke::new(1.0, palette.border));
            let foot = foot.shrink2(vec2(size::EDGE, 0.0));
            cell(ui, 0, (Column::Waiting, foot), (&words, &words), &theme::small(), palette.caution);
        }
        self.list.show(ui, body, size::TABLE_ROW, connections.len(), |ui, index, rect| {
            let id = connections[index].client.id;
            match row(ui, &connections[index], rect, self.chosen == Some(id)) {
                Some(Pressed::Disconnect) => action = Some(Command::Disconnect(id).into()),
                Some(Pressed::Row) => self.chosen = Some(id),
                None => {}
            }
        });
        ui.advance_cursor_after_rect(area);
        action
    }
}

/// What the user wants of a row.
enum Pressed {
    Row,
    Disconnect,
}

/// What the user wants of the facts below the table.
enum Facts {
    Close,
    ShowWire,
}

/// What the chosen connection's handshake agreed on.
fn details(ui: &mut Ui, connection: &Connection) -> Option<Facts> {
    let palette = Palette::of(ui);
    let most = (ui.available_height() * 0.6).max(80.0);
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(16, 8));
    Panel::bottom("connection")
        .resizable(true)
        .default_size(260.0_f32.min(most))
        .size_range(80.0..=most)
        .frame(frame)
        .show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            let mut wanted = None;
            ui.horizontal(|ui| {
                ui.set_height(size::CHIP);
                let title = format!("{} · {}", connection.client.id, connection.client.peer);
                ui.label(RichText::new(title).font(theme::strong(size::TEXT)).color(palette.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if icon_button(ui, Icon::Cross, "Close the facts", None).clicked() {
                        wanted = Some(Facts::Close);
                    }
                    let wire = pill_button(ui, "Show on the wire");
                    if wire.on_hover_text("Everything that went by on this connection").clicked() {
                        wanted = Some(Facts::ShowWire);
                    }
                });
            });
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                if let Some(tls) = &connection.tls {
                    crate::ui::tls_dialogs::handshake_table::show(ui, &handshake_details(tls));
                    return;
                }
                let text = match connection.phase {
                    Phase::Queued | Phase::Handshake => "Nothing is agreed on yet.",
                    Phase::Open => "This connection is not encrypted: nothing had to be agreed on.",
                };
                ui.label(RichText::new(text).color(palette.muted));
            });
            wanted
        })
        .inner
}

/// One connection. It is chosen with the pointer, or by getting the keyboard; the arrow keys go from row to row.
fn row(ui: &mut Ui, connection: &Connection, rect: Rect, chosen: bool) -> Option<Pressed> {
    let palette = Palette::of(ui);
    let id = connection.client.id;
    let whole = ui.interact(rect, Id::unique("connection").with(id.0), Sense::click());
    let name = format!("Connection {id}");
    whole.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &name));
    if chosen {
        ui.painter().rect_filled(rect, 0.0, palette.row_selected);
    } else if ui.rect_contains_pointer(rect) {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    focus_ring(ui, &whole, rect.shrink(2.0), 4.0);
    let summary = Summary::of(connection, palette);
    for (column, _, rect) in places(rect) {
        let (text, ink) = match column {
            Column::Client => (id.to_string(), palette.client(id.0)),
            Column::Address => (connection.client.peer.to_string(), palette.text),
            Column::Since => (text::clock(connection.since), palette.muted),
            Column::Received => (text::bytes(connection.received), palette.text),
            Column::Sent => (text::bytes(connection.sent), palette.text),
            Column::Tls | Column::Waiting => (summary.that_fits(ui, rect.width()).to_owned(), summary.ink),
        };
        let whole = if column == Column::Tls { summary.all() } else { &text };
        cell(ui, id.0, (column, rect), (&text, whole), &theme::mono(), ink);
    }
    let place = Rect::from_min_max(pos2(rect.right() - BUTTON - size::EDGE, rect.top()), rect.max);
    let mut child = ui.new_child(
        UiBuilder::new()
            .id_salt(id.0)
            .max_rect(place)
            .layout(egui::Layout::right_to_left(egui::Align::Center)),
    );
    child.add_space(size::EDGE);
    let disconnect = pill_button(&mut child, "Disconnect").accessible_name(format!("Disconnect {id}"));
    if disconnect.clicked() {
        return Some(Pressed::Disconnect);
    }
    (whole.clicked() || whole.gained_focus()).then_some(Pressed::Row)
}

/// What is said of a connection's TLS: all of it, or as much as fits.
struct Summary {
    /// From the most to the least.
    words: Vec<String>,
    ink: Color32,
}

impl Summary {
    fn of(connection: &Connection, palette: &Palette) -> Self {
        let (words, ink) = match (connection.phase, &connection.tls) {
            (Phase::Queued, _) => (vec!["waits for a thread".to_owned()], palette.caution),
            (Phase::Handshake, _) => (vec!["handshake…".to_owned()], palette.muted),
            (Phase::Open, None) => (vec!["–".to_owned()], palette.muted),
            (Phase::Open, Some(tls)) => {
                let (version, suite) = (tls.version, tls.cipher_suite.as_str());
                let group = tls.group.as_ref().map_or_else(String::new, |group| format!(" · {group}"));
                let words = [
                    format!("{version} · {suite}{group}"),
                    format!("{version} · {suite}"),
                    format!("{version}{group}"),
                    version.to_owned(),
                ];
                (words.to_vec(), palette.text)
            }
        };
        Self { words, ink }
    }

    fn all(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn that_fits(&self, ui: &Ui, width: f32) -> &str {
        let fits = |words: &&String| text_width(ui, words, theme::mono()) <= width - size::GAP;
        self.words.iter().find(fits).or(self.words.last()).map_or("", String::as_str)
    }
}

/// Writes into one column of a row. Amounts end in line, all else begins in line; what is too long is cut. The `whole`
/// of it is in the tooltip.
fn cell(
    ui: &Ui,
    row: u64,
    (column, rect): (Column, Rect),
    (text, whole): (&str, &str),
    font: &FontId,
    ink: Color32,
) {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font.clone(), ink));
    job.wrap = TextWrapping::truncate_at_width((rect.width() - size::GAP).max(10.0));
    let galley = ui.painter().layout_job(job);
    let amount = matches!(column, Column::Received | Column::Sent);
    let align = if amount { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    let cut = galley.elided;
    ui.painter().galley(align.align_size_within_rect(galley.size(), rect).min, galley, ink);
    let response = ui.interact(rect, Id::unique("cell").with((row, column)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
    if cut || text != whole {
        response.on_hover_text(whole);
    }
}

/// How many clients wait in the accept queue, where any does and the system tells.
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
        ServerState::Listening { .. } => {
            ("Nobody is connected", "As soon as a client connects, it is listed here.")
        }
        ServerState::Starting => ("The server is starting", "Clients can connect as soon as it listens."),
        _ => {
            ("The server isn't running", "Start it, then connect. Each client is listed here until it goes.")
        }
    };
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new(text).color(palette.muted));
        if let Some(words) = waiting(app) {
            ui.label(RichText::new(words).color(palette.caution));
        }
    });
}
