//! The tab of open connections: who, since when, how much, with which TLS, and a button to let go of each.

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{Align2, Color32, FontId, Rect, RichText, TextFormat, Ui, UiBuilder, pos2, vec2};

use super::theme::{self, Palette, size};
use super::widgets::controls::pill_button;
use super::widgets::virtual_list::VirtualList;
use crate::journal::units;
use crate::server::status::{Connection, Phase, State};
use crate::session::{Command, Session};

/// What the table itself remembers.
#[derive(Debug, Default)]
pub(super) struct ConnectionsPanel {
    list: VirtualList,
}

/// Where the columns begin, as a share of the table's width, and their names.
const COLUMNS: [(f32, &str); 6] =
    [(0.0, "Client"), (0.08, "Address"), (0.32, "Since"), (0.46, "Received"), (0.57, "Sent"), (0.67, "TLS")];
const BUTTON: f32 = 100.0;

impl ConnectionsPanel {
    /// Shows the table, or why there is nothing in it.
    pub(super) fn show(&mut self, ui: &mut Ui, session: &Session) -> Option<Command> {
        let connections = session.connections();
        if connections.is_empty() {
            empty(ui, &session.state());
            return None;
        }
        let palette = Palette::of(ui);
        let area = ui.available_rect_before_wrap();
        let header = Rect::from_min_size(area.min, vec2(area.width(), size::TABLE_ROW));
        for (column, (_, name)) in COLUMNS.iter().enumerate() {
            cell(ui, header, column, name, &theme::small(), palette.muted);
        }
        ui.painter().hline(header.x_range(), header.bottom(), eframe::egui::Stroke::new(1.0, palette.border));
        let body = Rect::from_min_max(pos2(area.left(), header.bottom() + 1.0), area.max);
        let mut command = None;
        self.list.show(ui, body, size::TABLE_ROW, connections.len(), |ui, index, rect| {
            if row(ui, &connections[index], rect) {
                command = Some(Command::Disconnect(connections[index].client.id));
            }
        });
        ui.advance_cursor_after_rect(area);
        command
    }
}

/// One connection; returns whether its button was pressed.
fn row(ui: &mut Ui, connection: &Connection, rect: Rect) -> bool {
    let palette = Palette::of(ui);
    let id = connection.client.id;
    if ui.rect_contains_pointer(rect) {
        ui.painter().rect_filled(rect, 0.0, palette.row_hover);
    }
    let mono = theme::mono();
    cell(ui, rect, 0, &id.to_string(), &mono, palette.client(id.0));
    cell(ui, rect, 1, &connection.client.peer.to_string(), &mono, palette.text);
    cell(ui, rect, 2, &units::clock(connection.since), &mono, palette.muted);
    cell(ui, rect, 3, &units::bytes(connection.received), &mono, palette.text);
    cell(ui, rect, 4, &units::bytes(connection.sent), &mono, palette.text);
    let (summary, ink) = summary(connection, palette);
    cell(ui, rect, 5, &summary, &mono, ink);
    let place = Rect::from_min_max(pos2(rect.right() - BUTTON - size::GAP, rect.top()), rect.max);
    let mut child = ui.new_child(
        UiBuilder::new().id_salt(id.0).max_rect(place).layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center)),
    );
    child.add_space(size::GAP);
    pill_button(&mut child, "Disconnect").accessible_name(format!("Disconnect {id}")).clicked()
}

fn summary(connection: &Connection, palette: &Palette) -> (String, Color32) {
    match (connection.phase, &connection.tls) {
        (Phase::Queued, _) => ("waits for a thread".to_owned(), palette.caution),
        (Phase::Handshake, _) => ("handshake…".to_owned(), palette.muted),
        (Phase::Open, None) => ("none".to_owned(), palette.muted),
        (Phase::Open, Some(tls)) => {
            let parts = [Some(tls.version.to_owned()), Some(tls.cipher_suite.clone()), tls.group.clone()];
            (parts.into_iter().flatten().collect::<Vec<_>>().join(" · "), palette.text)
        }
    }
}

/// Writes into one column of a row; what is too long is cut.
fn cell(ui: &Ui, row: Rect, column: usize, text: &str, font: &FontId, ink: Color32) {
    let left = row.left() + size::EDGE;
    let width = row.width() - size::EDGE - BUTTON - size::GAP;
    let start = left + width * COLUMNS[column].0;
    let end = left + width * COLUMNS.get(column + 1).map_or(1.0, |(share, _)| *share);
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font.clone(), ink));
    job.wrap = TextWrapping::truncate_at_width((end - start - size::GAP).max(10.0));
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), row);
    ui.painter().galley(pos2(start, at.top()), galley, ink);
}

fn empty(ui: &mut Ui, state: &State) {
    let palette = Palette::of(ui);
    let (title, text) = match state {
        State::Listening { .. } => ("Nobody is connected", "As soon as a client connects, it is listed here."),
        _ => ("The server isn't running", "Start it, then connect. Each client is listed here until it goes."),
    };
    ui.add_space(size::EDGE * 2.0);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
        ui.label(RichText::new(text).color(palette.muted));
    });
}
