//! The transcripts of the clients as lists: which rows are in view, and the selected entry, which is shown in full below.

use std::collections::{BTreeMap, VecDeque};

use egui::{
    Id, Key, Label, Modifiers, Rect, Response, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientTab, ClientTabId, Clients, Transcript, TranscriptEntry};
use crate::settings::DataFormat;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::client::transcript_row::{self, RowStyle};
use crate::ui::tabs::client::transcript_text;
use crate::ui::tabs::detail_view;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::newest_button;
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// The lists of all clients.
#[derive(Debug, Default)]
pub(super) struct TranscriptLists(BTreeMap<ClientTabId, TranscriptList>);

/// A list lower than this has no room for the selected entry in full.
const ROOM_FOR_DETAIL: f32 = 230.0;
const DETAIL: f32 = 128.0;

#[derive(Debug)]
struct TranscriptList {
    list: VirtualList,
    /// For each row the number of the entry, and which line of it.
    rows: VecDeque<(u64, u16)>,
    /// The characters in a line for which the rows were made.
    columns: usize,
    /// Whether the newest entry stays in view.
    follow: bool,
    /// The connection that was shown last; a new one is followed.
    connection: u32,
    /// The number of the selected entry.
    selected: Option<u64>,
}

impl Default for TranscriptList {
    fn default() -> Self {
        Self {
            list: VirtualList::default(),
            rows: VecDeque::new(),
            columns: 0,
            follow: true,
            connection: 0,
            selected: None,
        }
    }
}

impl TranscriptLists {
    /// Drops the lists of removed clients.
    pub(super) fn retain(&mut self, clients: &Clients) {
        self.0.retain(|id, _| clients.get(*id).is_some());
    }

    /// Shows a client's transcript, and its selected entry in full if there is room.
    pub(super) fn show(&mut self, ui: &mut Ui, app: &App, tab: &ClientTab) -> Option<Action> {
        self.0.entry(tab.id()).or_default().show(ui, app, tab)
    }

    /// Returns the selected entry of a client as text for the clipboard.
    pub(super) fn copy(&self, tab: &ClientTab, format: DataFormat) -> Option<String> {
        let entry = self.0.get(&tab.id())?.selected_entry(tab.transcript())?;
        let style = RowStyle { format, selected: true, can_come: can_come(tab, entry) };
        Some(transcript_row::full_line(entry, &style))
    }
}

/// Returns whether an echo of this entry can still come.
fn can_come(tab: &ClientTab, entry: &TranscriptEntry) -> bool {
    entry.connection == tab.connections() && !tab.state().is_disconnected()
}

impl TranscriptList {
    fn selected_entry<'a>(&self, transcript: &'a Transcript) -> Option<&'a TranscriptEntry> {
        transcript.get(transcript.position(self.selected?)?)
    }

    fn show(&mut self, ui: &mut Ui, app: &App, tab: &ClientTab) -> Option<Action> {
        let area = ui.available_rect_before_wrap();
        let transcript = tab.transcript();
        let response =
            ui.interact(area, Id::unique("transcript").with(tab.id()), Sense::FOCUSABLE | Sense::CLICK);
        let count = with_thousands(transcript.len() as u64);
        let name = format!("Transcript of Client {}, {count} entries", tab.id());
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        if self.connection != tab.connections() {
            self.connection = tab.connections();
            self.follow = true;
        }
        self.update_rows(transcript, transcript_row::columns(ui, area.width()));
        if transcript.is_empty() {
            empty(ui, app, tab, area);
            focus_ring(ui, &response, area.shrink(2.0), 4.0);
            return None;
        }
        self.keys(ui, &response, transcript);
        let mut body = area;
        let mut action = None;
        if let Some(entry) = self.selected_entry(transcript).filter(|_| area.height() >= ROOM_FOR_DETAIL) {
            let below;
            (body, below) = area.split_top_bottom_at_y(area.bottom() - DETAIL);
            let palette = Palette::of(ui);
            ui.painter().rect_filled(below, 0.0, palette.panel);
            ui.painter().hline(below.x_range(), below.top(), Stroke::new(1.0, palette.border));
            let content = transcript_text::detail(entry);
            ui.scope_builder(UiBuilder::new().max_rect(below.shrink2(vec2(size::EDGE, 5.0))), |ui| {
                action = detail_view::show(ui, &content, app.settings().data_format);
            });
        }
        self.list(ui, &response, body.shrink2(vec2(0.0, 3.0)), app, tab);
        if self.selected.is_none() {
            focus_ring(ui, &response, area.shrink(4.0), 4.0);
        }
        action
    }

    /// Adds the rows of new entries; makes all rows again if the width has changed.
    fn update_rows(&mut self, transcript: &Transcript, columns: usize) {
        let first = transcript.iter().next().map_or(u64::MAX, |entry| entry.number);
        if columns != self.columns {
            self.columns = columns;
            self.rows.clear();
        }
        let before = self.rows.len();
        while self.rows.pop_front_if(|(number, _)| *number < first).is_some() {}
        let evicted = before - self.rows.len();
        if evicted > 0 && !self.follow {
            self.list.shift_rows(-i64::try_from(evicted).unwrap_or(0), size::LOG_ROW);
        }
        let known = self.rows.back().map_or(0, |(number, _)| *number);
        let new = transcript.iter().rev().take_while(|entry| entry.number > known).count();
        for entry in transcript.iter().skip(transcript.len() - new) {
            let lines = transcript_row::wrap(&transcript_text::line(&entry.event).0, columns).len();
            let lines = u16::try_from(lines).unwrap_or(u16::MAX);
            self.rows.extend((0..lines).map(|line| (entry.number, line)));
        }
        self.selected = self.selected.filter(|number| *number >= first);
    }

    fn list(&mut self, ui: &mut Ui, whole: &Response, body: Rect, app: &App, tab: &ClientTab) {
        let body = whole_rows(ui, body, size::LOG_ROW);
        if self.follow {
            self.list.go_to_end();
        }
        let (transcript, format) = (tab.transcript(), app.settings().data_format);
        let Self { list, rows, columns, selected, .. } = self;
        let mut clicked = None;
        let scrolled = list.show(ui, body, size::LOG_ROW, rows.len(), |ui, index, rect| {
            let Some(&(number, line)) = rows.get(index) else { return };
            let Some(entry) = transcript.position(number).and_then(|at| transcript.get(at)) else { return };
            let is_selected = *selected == Some(number);
            let style = RowStyle { format, selected: is_selected, can_come: can_come(tab, entry) };
            if transcript_row::show(ui, entry, line, rect, *columns, &style).clicked() {
                clicked = Some(number);
            }
            if is_selected && whole.has_focus() {
                let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
        });
        if scrolled {
            self.follow = self.list.is_at_end();
        }
        if let Some(number) = clicked {
            // A second click deselects it.
            self.selected = (self.selected != Some(number)).then_some(number);
            if self.selected.is_some() {
                // The entry in full may cover its row.
                self.follow &= self.rows.back().is_some_and(|(last, _)| *last == number);
                self.reveal(number);
            }
            whole.request_focus();
        }
        if !self.follow && !self.list.is_at_end() {
            self.follow = newest_button(ui, ui.scope_id().with("newest"), body, "Newest ↓").clicked();
        }
    }

    fn reveal(&mut self, number: u64) {
        if let Some(row) = self.rows.iter().position(|(known, _)| *known == number) {
            self.list.reveal(row, size::LOG_ROW);
        }
    }

    fn keys(&mut self, ui: &Ui, response: &Response, transcript: &Transcript) {
        let here = self.selected.and_then(|number| transcript.position(number));
        let rows = transcript.len();
        if let Some((at, _)) = self.list.row_by_keys(ui, response, here, rows, size::LOG_ROW)
            && let Some(entry) = transcript.get(at)
        {
            self.selected = Some(entry.number);
            self.reveal(entry.number);
            self.follow = at + 1 == rows;
        }
        if response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selected = None;
        }
    }
}

/// Shows what to do while there is no entry.
fn empty(ui: &mut Ui, app: &App, tab: &ClientTab, area: Rect) {
    let palette = Palette::of(ui);
    let inner = area.shrink2(vec2(size::EDGE * 2.0, 0.0));
    let inner = Rect::from_min_max(pos2(inner.left(), inner.top() + size::EDGE), inner.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
    child.set_clip_rect(area.intersect(ui.clip_rect()));
    let first = match (tab.state().is_disconnected(), app.state().is_stopped()) {
        (true, true) => {
            "Start the server and press Connect, type something below, and press Enter: the server sends the same bytes \
             back."
        }
        (true, false) => {
            "Press Connect, type something below, and press Enter: the server sends the same bytes back."
        }
        (false, _) => "Type something below and press Enter: the server sends the same bytes back.",
    };
    let second =
        "Here you see what was sent and what came back, how long it took, and whether it was the same.";
    child.vertical_centered(|ui| {
        if area.height() > 120.0 {
            ui.label(RichText::new("Be a client").font(theme::strong(15.0)).color(palette.text));
        }
        for text in [first, second] {
            // The second sentence is left out rather than cut off.
            let width = ui.available_width();
            let galley = ui.painter().layout(text.to_owned(), theme::text(), palette.muted, width);
            if text == second && galley.size().y > ui.available_height() {
                break;
            }
            ui.add(Label::new(RichText::new(text).color(palette.muted)).wrap());
        }
    });
}
