//! The transcript of a client as a list, with the details of the selected entry below it.

use egui::{Id, Key, Modifiers, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};

use crate::app::App;
use crate::app::clients::{ClientTab, TranscriptEntry};
use crate::settings::DataFormat;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::client::{transcript_row, transcript_text};
use crate::ui::tabs::connection_menu;
use crate::ui::tabs::detail_view::{self, DetailResponse};
use crate::ui::theme::{Palette, size};
use crate::ui::widgets::controls::newest_button;
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};
use crate::ui::widgets::{empty_message, focus_ring};

/// A list shorter than this has no room for the details of the selected entry.
const ROOM_FOR_DETAIL: f32 = 230.0;
const DETAIL: f32 = 128.0;

/// The state of the list.
#[derive(Debug, Default)]
pub(super) struct TranscriptList {
    list: VirtualList,
    /// Whether the list stays where the user scrolled it. Otherwise it follows the newest entry.
    is_held: bool,
    /// The number of the oldest entry in the last frame.
    first: u64,
    /// How many connections the tab had attempted by the last frame. After a new attempt, the list follows it.
    connections: u32,
    /// The number of the selected entry.
    selected: Option<u64>,
}

/// Returns whether an echo of this entry can still arrive.
fn can_be_echoed(tab: &ClientTab, entry: &TranscriptEntry) -> bool {
    entry.connection == tab.connections() && !tab.state().is_disconnected()
}

impl TranscriptList {
    /// Returns the selected entry as text for the clipboard.
    pub(super) fn copy(&self, tab: &ClientTab, format: DataFormat) -> Option<String> {
        let entry = tab.transcript().by_number(self.selected?)?;
        Some(transcript_row::full_line(entry, format, can_be_echoed(tab, entry)))
    }

    /// Shows a client's transcript and, if there is room, the details of its selected entry.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        app: &App,
        tab: &ClientTab,
        format: DataFormat,
    ) -> Option<Action> {
        let area = ui.available_rect_before_wrap();
        let transcript = tab.transcript();
        let response =
            ui.interact(area, Id::unique("transcript").with(tab.id()), Sense::FOCUSABLE | Sense::CLICK);
        let count = with_thousands(transcript.len() as u64);
        let name = format!("Transcript of Client {}, {count} entries", tab.id());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        let evicted =
            transcript.first_number() - std::mem::replace(&mut self.first, transcript.first_number());
        if std::mem::replace(&mut self.connections, tab.connections()) != tab.connections() {
            self.is_held = false;
        }
        if self.is_held {
            self.list.shift_rows(-i64::try_from(evicted).unwrap_or(0), size::LOG_ROW);
        }
        let (rows, cursor) = (transcript.len(), self.selected.and_then(|number| transcript.position(number)));
        if let Some((row, _)) = self.list.row_by_keys(ui, &response, cursor, rows, size::LOG_ROW) {
            self.selected = transcript.get(row).map(|entry| entry.number);
            self.list.reveal(row, size::LOG_ROW);
            self.is_held = row + 1 < rows;
        }
        if response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selected = None;
        }
        let mut body = area;
        let mut detail = DetailResponse::default();
        let selected = self.selected.and_then(|number| transcript.by_number(number));
        if let Some(entry) = selected.filter(|_| area.height() >= ROOM_FOR_DETAIL) {
            let below;
            (body, below) = area.split_top_bottom_at_y(area.bottom() - DETAIL);
            let palette = Palette::of(ui);
            ui.painter().rect_filled(below, 0.0, palette.panel);
            ui.painter().hline(below.x_range(), below.top(), Stroke::new(1.0, palette.border));
            ui.scope_builder(UiBuilder::new().max_rect(below.shrink2(vec2(size::EDGE, 5.0))), |ui| {
                detail = detail_view::show(ui, &transcript_text::detail(entry), format);
            });
        }
        if transcript.is_empty() {
            show_empty(ui, app, tab, area);
        } else {
            let body = whole_rows(ui, body.shrink2(vec2(0.0, 3.0)), size::LOG_ROW);
            detail.action = self.rows(ui, &response, body, app, (tab, format)).or(detail.action);
        }
        if selected.is_none() {
            focus_ring(ui, &response, area.shrink(4.0), 4.0);
        }
        if detail.closed {
            self.selected = None;
        }
        detail.action
    }

    /// Shows the visible rows. Returns what the user chose from a row's menu.
    fn rows(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        body: Rect,
        app: &App,
        (tab, format): (&ClientTab, DataFormat),
    ) -> Option<Action> {
        if !self.is_held {
            self.list.go_to_end();
        }
        let transcript = tab.transcript();
        let (mut clicked, mut chosen) = (None, None);
        let accepted_as = app.connection_of(tab.id());
        let scrolled = self.list.show(ui, body, size::LOG_ROW, transcript.len(), |ui, index, rect| {
            let Some(entry) = transcript.get(index) else { return };
            let is_selected = self.selected == Some(entry.number);
            let can_be_echoed = can_be_echoed(tab, entry);
            let connection = accepted_as.filter(|_| entry.connection == tab.connections());
            let row = transcript_row::show(ui, (entry, connection), rect, format, is_selected, can_be_echoed);
            if row.clicked() {
                clicked = Some((index, entry.number));
            }
            row.context_menu(|ui| {
                if ui.button("Copy").clicked() {
                    ui.ctx().copy_text(transcript_row::full_line(entry, format, can_be_echoed));
                }
                chosen = show_connection_menu(ui, app, tab, entry);
            });
            if is_selected {
                focus_ring(ui, response, rect.shrink(2.0), 3.0);
            }
        });
        if scrolled {
            self.is_held = !self.list.is_at_end();
        }
        if let Some((index, number)) = clicked {
            // A second click deselects the entry.
            self.selected = (self.selected != Some(number)).then_some(number);
            // Stop following and reveal the row, which the details could otherwise cover.
            self.is_held |= self.selected.is_some() && index + 1 < transcript.len();
            self.list.reveal(index, size::LOG_ROW);
            response.request_focus();
        }
        if self.is_held && !self.list.is_at_end() {
            self.is_held = !newest_button(ui, ui.scope_id().with("newest"), body, "Newest ↓").clicked();
        }
        chosen
    }
}

/// Shows, in the menu of an entry, the actions on its connection while it is open at the server.
fn show_connection_menu(ui: &mut Ui, app: &App, tab: &ClientTab, entry: &TranscriptEntry) -> Option<Action> {
    let local = tab.status().local.filter(|_| entry.connection == tab.connections())?;
    let connection = app.connections().into_iter().find(|connection| connection.client.peer == local)?;
    connection_menu::show(ui, app, connection.client)
}

/// Shows what to do while the transcript is empty.
fn show_empty(ui: &mut Ui, app: &App, tab: &ClientTab, area: Rect) {
    let start = match (tab.state().is_disconnected(), app.state().is_stopped()) {
        (true, true) => "Start the server and press Connect, type something below,",
        (true, false) => "Press Connect, type something below,",
        (false, _) => "Type something below",
    };
    let text = format!("{start} and press Enter: the server sends the same bytes back.");
    let mut child = ui.new_child(UiBuilder::new().max_rect(area));
    child.set_clip_rect(area.intersect(ui.clip_rect()));
    empty_message(&mut child, "Send something to the server", &text);
}
