//! The log: the filter, the rows in view, which of them are selected, and whether the end is followed.

use std::time::Duration;

use eframe::egui::{
    EventFilter, Id, Key, Modifiers, Rect, Response, RichText, Role, Sense, StrokeKind, Ui, WidgetInfo,
};

use super::log_row::{self, Columns};
use super::selection::Selection;
use super::theme::{self, Palette, size};
use super::widgets::controls::pill_button;
use super::widgets::virtual_list::VirtualList;
use crate::journal::filter::{Filter, KindSet};
use crate::journal::view::View;
use crate::journal::{Entry, Journal};
use crate::session::Session;
use crate::settings::DataFormat;

/// What the log panel itself remembers.
#[derive(Debug)]
pub(super) struct LogPanel {
    /// What is typed into the filter.
    pub(super) text: String,
    /// The chips.
    pub(super) kinds: KindSet,
    /// Whether new entries are scrolled into view.
    pub(super) follow: bool,
    view: View,
    list: VirtualList,
    /// The entry in the first row in view: it stays there when older ones go.
    top: Option<u64>,
    selection: Selection,
    columns: Columns,
}

/// How long a frame may look for entries that pass the filter.
const BUDGET: Duration = Duration::from_millis(6);

impl LogPanel {
    /// Everything is shown and the end is followed.
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            kinds: KindSet::ALL,
            follow: true,
            view: View::new(),
            list: VirtualList::default(),
            top: None,
            selection: Selection::default(),
            columns: Columns::default(),
        }
    }

    /// Takes in what is new in the log; returns whether all of it has been looked at.
    pub(super) fn update(&mut self, journal: &Journal) -> bool {
        self.selection.forget_before(journal.first_seq());
        self.view.update(journal, &Filter::new(&self.text, self.kinds), BUDGET)
    }

    /// The entry that the detail shows.
    pub(super) fn current<'a>(&self, journal: &'a Journal) -> Option<&'a Entry> {
        journal.by_seq(self.selection.cursor()?)
    }

    /// The selected entries as text, one a line; `None` where none is selected.
    pub(super) fn selected_text(&self, journal: &Journal, format: DataFormat) -> Option<String> {
        let entries = self.selection.iter().filter_map(|seq| journal.by_seq(seq));
        let lines: Vec<String> = entries.map(|entry| log_row::whole(entry, format)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Shows the rows, or what to do where there are none.
    pub(super) fn show(&mut self, ui: &mut Ui, session: &Session) {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("log"), Sense::FOCUSABLE | Sense::CLICK);
        let count = self.view.len();
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, format!("Log, {count} entries")));
        if self.view.is_empty() {
            self.show_empty(ui, session, area);
            return;
        }
        self.keys(ui, &response);
        self.hold_place();
        let Self { list, view, selection, columns, .. } = self;
        let (journal, format) = (session.journal(), session.settings().data_format);
        let mut clicked = None;
        let body = area.shrink2(eframe::egui::vec2(0.0, 4.0));
        let scrolled = list.show(ui, body, size::LOG_ROW, view.len(), |ui, row, rect| {
            let Some(entry) = view.seq(row).and_then(|seq| journal.by_seq(seq)) else { return };
            let chosen = selection.contains(entry.seq);
            let here = selection.cursor() == Some(entry.seq) && response.has_focus();
            let response = log_row::show(ui, entry, format, rect, columns, chosen);
            if here {
                let bar = Rect::from_min_size(rect.min, eframe::egui::vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
            if response.clicked() {
                clicked = Some(entry.seq);
            }
        });
        if scrolled {
            self.follow = self.list.is_at_end();
        }
        if let Some(seq) = clicked {
            let modifiers = ui.input(|input| input.modifiers);
            self.selection.click(seq, modifiers, &self.view);
            response.request_focus();
        }
        self.top = self.view.seq(self.list.first_row(size::LOG_ROW));
        if response.has_focus() && self.selection.cursor().is_none() {
            let ring = Palette::of(ui).focus_ring();
            ui.painter().rect_stroke(area.shrink(2.0), 4.0, ring, StrokeKind::Inside);
        }
    }

    /// Stays at the end, or at the rows that were in view while others went or came before them.
    fn hold_place(&mut self) {
        if self.follow {
            self.list.go_to_end();
        } else if let Some(top) = self.top {
            let (was, is) = (self.list.first_row(size::LOG_ROW), self.view.index_from(top));
            let moved = i64::try_from(is).unwrap_or(0) - i64::try_from(was).unwrap_or(0);
            if moved != 0 {
                self.list.shift_rows(moved, size::LOG_ROW);
            }
        }
    }

    fn keys(&mut self, ui: &Ui, response: &Response) {
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let last = self.view.len() - 1;
        let here = self.selection.cursor().map(|seq| self.view.index_from(seq).min(last));
        let page = self.list.rows_in_view(size::LOG_ROW).saturating_sub(1).max(1);
        let steps: [(Key, usize); 6] = [
            (Key::ArrowUp, here.map_or(last, |row| row.saturating_sub(1))),
            (Key::ArrowDown, here.map_or(0, |row| row + 1)),
            (Key::PageUp, here.map_or(last, |row| row.saturating_sub(page))),
            (Key::PageDown, here.map_or(0, |row| row + page)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, row) in steps {
            // With Shift first: a key without modifiers is found also while Shift is held.
            let shifted = ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key));
            let plain = ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if plain || shifted {
                let row = row.min(last);
                self.selection.go_to(row, shifted, &self.view);
                self.list.reveal(row, size::LOG_ROW);
                self.follow = row == last;
                self.top = None;
            }
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.selection.all(&self.view);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selection.clear();
        }
    }

    fn show_empty(&mut self, ui: &mut Ui, session: &Session, area: Rect) {
        let palette = Palette::of(ui);
        let hidden = !session.journal().is_empty();
        let first = session.try_it().into_iter().next();
        let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(area.shrink(size::EDGE)));
        child.add_space(size::EDGE);
        child.vertical_centered(|ui| {
            let title = if hidden { "No entry passes the filter" } else { "Nothing has happened yet" };
            ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
            if hidden {
                if pill_button(ui, "Show all entries").clicked() {
                    self.text.clear();
                    self.kinds = KindSet::ALL;
                }
                return;
            }
            let advice = if session.state().is_at_rest() {
                "Press Start server, then connect:"
            } else {
                "Now connect:"
            };
            ui.label(RichText::new(advice).color(palette.muted));
            if let Some(first) = first {
                ui.add(
                    eframe::egui::Label::new(
                        RichText::new(first.line).font(theme::mono()).color(palette.text),
                    )
                    .wrap(),
                );
            }
        });
    }
}
