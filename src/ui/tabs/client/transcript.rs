//! The transcript of each client: which rows are in view, which is selected, and whether the end is followed.

use std::collections::{BTreeMap, VecDeque};

use egui::{
    EventFilter, Id, Key, Label, Modifiers, Rect, Response, RichText, Role, Sense, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use crate::app::App;
use crate::app::clients::{ClientTab, ClientTabId, Clients, Entry, EntryKind, Transcript};
use crate::settings::DataFormat;
use crate::text::with_thousands;
use crate::ui::action::Action;
use crate::ui::tabs::client::detail::Detail;
use crate::ui::tabs::client::row::{self, Look};
use crate::ui::tabs::client::words;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::text_width;
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// What is remembered of each client's transcript.
#[derive(Debug, Default)]
pub(in crate::ui) struct Transcripts {
    views: BTreeMap<ClientTabId, View>,
}

/// Where less than this is left, the selected entry is not shown in full.
const ROOM_FOR_DETAIL: f32 = 230.0;
const DETAIL: f32 = 128.0;

#[derive(Debug)]
struct View {
    list: VirtualList,
    /// For each row the entry and which line of it.
    rows: VecDeque<(u64, u16)>,
    /// Characters in a line that the rows were made for.
    columns: usize,
    follow: bool,
    /// The connection whose rows were in view last; a new one is followed.
    connection: u32,
    /// The selected entry.
    chosen: Option<u64>,
    detail: Detail,
}

impl Default for View {
    /// The end is followed.
    fn default() -> Self {
        Self {
            list: VirtualList::default(),
            rows: VecDeque::new(),
            columns: 0,
            follow: true,
            connection: 0,
            chosen: None,
            detail: Detail::default(),
        }
    }
}

impl Transcripts {
    /// Forgets clients that are gone.
    pub(in crate::ui) fn keep_only(&mut self, clients: &Clients) {
        self.views.retain(|id, _| clients.get(*id).is_some());
    }

    /// Shows a client's transcript, and its selected entry in full where there is room.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App, tab: &ClientTab) -> Option<Action> {
        self.views.entry(tab.id()).or_default().show(ui, app, tab)
    }

    /// The selected entry of a client as text for the clipboard.
    pub(in crate::ui) fn copy(&self, tab: &ClientTab, format: DataFormat) -> Option<String> {
        let transcript = tab.transcript();
        let entry = transcript.get(transcript.position(self.views.get(&tab.id())?.chosen?)?)?;
        let look = Look { format, chosen: true, can_come: can_come(tab, entry) };
        Some(row::whole_line(entry, &look))
    }
}

/// Whether what has not come back of an entry still can.
fn can_come(tab: &ClientTab, entry: &Entry) -> bool {
    entry.connection == tab.connections() && !tab.state().is_at_rest()
}

impl View {
    fn show(&mut self, ui: &mut Ui, app: &App, tab: &ClientTab) -> Option<Action> {
        let area = ui.available_rect_before_wrap();
        let transcript = tab.transcript();
        let response =
            ui.interact(area, Id::unique("transcript").with(tab.id()), Sense::FOCUSABLE | Sense::CLICK);
        let name =
            format!("Transcript of Client {}, {} entries", tab.id(), with_thousands(transcript.len() as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        if self.connection != tab.connections() {
            self.connection = tab.connections();
            self.follow = true;
        }
        self.update(transcript, row::columns(ui, area.width()));
        if transcript.is_empty() {
            empty(ui, app, tab, area);
            focus_ring(ui, &response, area.shrink(2.0), 4.0);
            return None;
        }
        self.keys(ui, &response, transcript);
        let chosen = self.chosen.and_then(|number| transcript.get(transcript.position(number)?));
        let mut body = area;
        let mut action = None;
        if let Some(entry) = chosen.filter(|_| area.height() >= ROOM_FOR_DETAIL) {
            let below;
            (body, below) = area.split_top_bottom_at_y(area.bottom() - DETAIL);
            ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
                action = self.detail.show(ui, entry, app.settings().data_format);
            });
        }
        self.list(ui, &response, body.shrink2(vec2(0.0, 3.0)), app, tab);
        if response.has_focus() && self.chosen.is_none() {
            let ring = Palette::of(ui).focus_ring();
            ui.painter().rect_stroke(area.shrink(2.0), 4.0, ring, StrokeKind::Inside);
        }
        action
    }

    /// Makes the rows of what is new, and of all where the width has changed.
    fn update(&mut self, transcript: &Transcript, columns: usize) {
        let first = transcript.iter().next().map_or(u64::MAX, |entry| entry.number);
        if columns != self.columns {
            self.columns = columns;
            self.rows.clear();
        }
        let before = self.rows.len();
        while self.rows.front().is_some_and(|(number, _)| *number < first) {
            self.rows.pop_front();
        }
        let gone = before - self.rows.len();
        if gone > 0 && !self.follow {
            self.list.shift_rows(-i64::try_from(gone).unwrap_or(0), size::LOG_ROW);
        }
        let known = self.rows.back().map_or(0, |(number, _)| *number);
        let new = transcript.iter().rev().take_while(|entry| entry.number > known).count();
        for entry in transcript.iter().skip(transcript.len() - new) {
            let lines = match &entry.kind {
                EntryKind::Event(kind) => row::wrapped(&words::line(kind).0, columns).len(),
                _ => 1,
            };
            let lines = u16::try_from(lines).unwrap_or(u16::MAX);
            self.rows.extend((0..lines).map(|line| (entry.number, line)));
        }
        if self.chosen.is_some_and(|number| number < first) {
            self.chosen = None;
        }
    }

    fn list(&mut self, ui: &mut Ui, whole: &Response, body: Rect, app: &App, tab: &ClientTab) {
        let body = whole_rows(ui, body, size::LOG_ROW);
        if self.follow {
            self.list.go_to_end();
        }
        let (transcript, format) = (tab.transcript(), app.settings().data_format);
        let Self { list, rows, columns, chosen, .. } = self;
        let mut clicked = None;
        let scrolled = list.show(ui, body, size::LOG_ROW, rows.len(), |ui, index, rect| {
            let Some(&(number, line)) = rows.get(index) else { return };
            let Some(entry) = transcript.position(number).and_then(|at| transcript.get(at)) else { return };
            let on = *chosen == Some(number);
            let look = Look { format, chosen: on, can_come: can_come(tab, entry) };
            if row::show(ui, entry, line, rect, *columns, &look).clicked() {
                clicked = Some(number);
            }
            if on && whole.has_focus() {
                let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
        });
        if scrolled {
            self.follow = self.list.is_at_end();
        }
        if let Some(number) = clicked {
            // A second click lets go of it.
            self.chosen = (self.chosen != Some(number)).then_some(number);
            if self.chosen.is_some() {
                // The detail may come up over it.
                self.follow &= self.rows.back().is_some_and(|(last, _)| *last == number);
                self.reveal(number);
            }
            whole.request_focus();
        }
        if !self.follow && !self.list.is_at_end() && to_the_end(ui, body) {
            self.follow = true;
        }
    }

    fn reveal(&mut self, number: u64) {
        if let Some(row) = self.rows.iter().position(|(known, _)| *known == number) {
            self.list.reveal(row, size::LOG_ROW);
        }
    }

    fn keys(&mut self, ui: &Ui, response: &Response, transcript: &Transcript) {
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let last = transcript.len() - 1;
        let here = self.chosen.and_then(|number| transcript.position(number));
        let page = self.list.rows_in_view(size::LOG_ROW).saturating_sub(1).max(1);
        let steps: [(Key, usize); 6] = [
            (Key::ArrowUp, here.map_or(last, |at| at.saturating_sub(1))),
            (Key::ArrowDown, here.map_or(0, |at| at + 1)),
            (Key::PageUp, here.map_or(last, |at| at.saturating_sub(page))),
            (Key::PageDown, here.map_or(0, |at| at + page)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, at) in steps {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key))
                && let Some(entry) = transcript.get(at.min(last))
            {
                self.chosen = Some(entry.number);
                self.reveal(entry.number);
                self.follow = at >= last;
            }
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.chosen = None;
        }
    }
}

/// A small button over the rows that leads to the newest; returns whether it was pressed.
fn to_the_end(ui: &Ui, body: Rect) -> bool {
    let palette = Palette::of(ui);
    let text = "Newest ↓";
    let wide = text_width(ui, text, theme::small()) + 28.0;
    let rect = Rect::from_center_size(body.center_bottom() - vec2(0.0, 18.0), vec2(wide, 26.0));
    let response = ui.interact(rect, ui.scope_id().with("newest"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    let fill = palette.start[usize::from(response.hovered())];
    ui.painter().rect_filled(rect, rect.height() / 2.0, fill);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), palette.on_strong);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.on_strong);
    focus_ring(ui, &response, rect, rect.height() / 2.0);
    response.on_hover_text("Go to the newest entry and follow").clicked()
}

/// What to do, where nothing has happened yet.
fn empty(ui: &mut Ui, app: &App, tab: &ClientTab, area: Rect) {
    let palette = Palette::of(ui);
    let inner = area.shrink2(vec2(size::EDGE * 2.0, 0.0));
    let inner = Rect::from_min_max(pos2(inner.left(), inner.top() + size::EDGE), inner.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
    child.set_clip_rect(area.intersect(ui.clip_rect()));
    let first = match (tab.state().is_at_rest(), app.state().is_stopped()) {
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
            let title = RichText::new("Be a client").font(theme::strong(15.0)).color(palette.text);
            ui.label(title);
        }
        for text in [first, second] {
            // No line is cut in half; the first sentence matters more.
            let high =
                ui.painter().layout(text.to_owned(), theme::text(), palette.muted, ui.available_width());
            if text == second && high.size().y > ui.available_height() {
                break;
            }
            ui.add(Label::new(RichText::new(text).color(palette.muted)).wrap());
        }
    });
}
