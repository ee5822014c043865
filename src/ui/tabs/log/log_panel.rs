//! The log: the filter, the rows in view, which of them are selected, and whether the end is followed.

use std::time::Duration;

use egui::{
    EventFilter, Id, Key, Modifiers, PointerButton, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, accesskit,
};

use crate::app::App;
use crate::log::category::CategorySet;
use crate::log::filter::Filter;
use crate::log::filtered_log::FilteredLog;
use crate::log::{EventLog, LogEntry};
use crate::settings::DataFormat;
use crate::text::with_thousands;
use crate::ui::tabs::log::log_row::{self, LogColumns};
use crate::ui::tabs::log::selection::Selection;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// What the log panel itself remembers.
#[derive(Debug)]
pub(in crate::ui) struct LogPanel {
    /// What is typed into the filter.
    pub(in crate::ui) text: String,
    /// The chips.
    pub(in crate::ui) kinds: CategorySet,
    /// Whether new entries are scrolled into view.
    pub(in crate::ui) follow: bool,
    view: FilteredLog,
    list: VirtualList,
    /// The entry in the first row in view: it stays there when older ones go.
    top: Option<u64>,
    /// The newest entry that has been in view.
    seen: Option<u64>,
    /// Where the rows stood in the last frame: what a press of the mouse was meant for.
    painted: Vec<(Rect, u64)>,
    /// Whether the mouse is down since it was pressed on a row.
    pressing: bool,
    /// What was copied, and until when it is said.
    copied: Option<(String, f64)>,
    selection: Selection,
    columns: LogColumns,
}

/// More text than this isn't copied: it would hold up the window, and hardly any program takes it.
const MOST_COPIED: usize = 4 << 20;
/// How long it is said what was copied, in seconds.
const SAID: f64 = 2.5;

/// How long a frame may look for entries that pass the filter.
const BUDGET: Duration = Duration::from_millis(6);

impl LogPanel {
    /// Everything is shown and the end is followed.
    pub(in crate::ui) fn new() -> Self {
        Self {
            text: String::new(),
            kinds: CategorySet::ALL,
            follow: true,
            view: FilteredLog::default(),
            list: VirtualList::default(),
            top: None,
            seen: None,
            painted: Vec::new(),
            pressing: false,
            copied: None,
            selection: Selection::default(),
            columns: LogColumns::default(),
        }
    }

    /// Takes in what is new in the log; returns whether all of it has been looked at.
    pub(in crate::ui) fn update(&mut self, log: &EventLog) -> bool {
        self.selection.forget_before(log.first_number());
        self.view.update(log, &Filter::new(&self.text, self.kinds), BUDGET)
    }

    /// The entry that the detail shows.
    pub(in crate::ui) fn current<'a>(&self, log: &'a EventLog) -> Option<&'a LogEntry> {
        log.by_number(self.selection.cursor()?)
    }

    /// The selected entries as text, one a line, up to [`MOST_COPIED`]; `None` where none is selected. Says what was
    /// copied for a moment from `now` on.
    pub(in crate::ui) fn copy(&mut self, log: &EventLog, format: DataFormat, now: f64) -> Option<String> {
        let entries: Vec<&LogEntry> = self.selection.iter().filter_map(|seq| log.by_number(seq)).collect();
        let (mut text, mut count) = (String::new(), 0_u64);
        for entry in &entries {
            if count > 0 {
                text.push('\n');
            }
            text.push_str(&log_row::whole(entry, format));
            count += 1;
            if text.len() >= MOST_COPIED {
                break;
            }
        }
        let all = entries.len() as u64;
        let words = match count {
            0 => return None,
            1 if all == 1 => "1 entry copied".to_owned(),
            _ if count == all => format!("{} entries copied", with_thousands(count)),
            _ => format!(
                "The first {} of {} entries were copied; Save… keeps all",
                with_thousands(count),
                with_thousands(all)
            ),
        };
        self.copied = Some((words, now + if count == all { SAID } else { 3.0 * SAID }));
        Some(text)
    }

    /// Shows the rows, or what to do where there are none.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui, app: &App) {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("log"), Sense::FOCUSABLE | Sense::CLICK);
        let count = self.view.len();
        response.widget_info(|| {
            WidgetInfo::labeled(Role::ListBox, true, format!("Log, {} entries", with_thousands(count as u64)))
        });
        if self.view.is_empty() {
            self.show_empty(ui, app, area);
            return;
        }
        self.keys(ui, &response);
        if self.press(ui, area) {
            self.pressing = true;
        }
        if self.pressing && ui.input(|input| input.pointer.primary_released()) {
            // Not with the press: the release would take the keyboard away again.
            self.pressing = false;
            response.request_focus();
        }
        self.hold_place();
        let Self { list, view, selection, columns, painted, .. } = self;
        painted.clear();
        let (log, format) = (app.log(), app.settings().data_format);
        let mut clicked = None;
        let body = whole_rows(ui, area.shrink2(egui::vec2(0.0, 4.0)), size::LOG_ROW);
        let scrolled = list.show(ui, body, size::LOG_ROW, view.len(), |ui, row, rect| {
            let Some(entry) = view.number(row).and_then(|seq| log.by_number(seq)) else { return };
            let chosen = selection.contains(entry.number);
            let here = selection.cursor() == Some(entry.number) && response.has_focus();
            let response = log_row::show(ui, entry, format, rect, columns, chosen);
            if here {
                let bar = Rect::from_min_size(rect.min, egui::vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
            painted.push((rect, entry.number));
            // The mouse selects by its press; this is somebody else's click, a screen reader's.
            if response.clicked() && !response.clicked_by(PointerButton::Primary) {
                clicked = Some(entry.number);
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
        // While a new filter is still on its way back to the reader's place, that is not given up.
        if self.follow || scrolled || self.top.is_none_or(|top| self.view.has_checked(app.log(), top)) {
            self.top = self.view.number(self.list.first_row(size::LOG_ROW));
        }
        self.seen = self.seen.max(self.painted.last().map(|(_, seq)| *seq));
        self.hints(ui, area);
        if response.has_focus() && self.selection.cursor().is_none() {
            let ring = Palette::of(ui).focus_ring();
            ui.painter().rect_stroke(area.shrink(2.0), 4.0, ring, StrokeKind::Inside);
        }
    }

    /// A press of the mouse selects what was under the pointer, however fast rows run by, and lets them stand still.
    fn press(&mut self, ui: &Ui, area: Rect) -> bool {
        let pressed = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.primary_pressed().then(|| pointer.interact_pos()).flatten()
        });
        let Some(at) = pressed.filter(|at| area.contains(*at)) else { return false };
        if ui.ctx().layer_id_at(at) != Some(ui.layer_id()) {
            return false;
        }
        let Some(&(_, seq)) = self.painted.iter().find(|(rect, _)| rect.contains(at)) else { return false };
        if self.pill(ui, area).is_some_and(|(rect, _)| rect.contains(at)) {
            return false;
        }
        self.follow = false;
        self.top = self.painted.first().map(|(_, seq)| *seq);
        self.selection.click(seq, ui.input(|input| input.modifiers), &self.view);
        true
    }

    /// How many entries came below those that were seen, and where it is told.
    fn pill(&self, ui: &Ui, area: Rect) -> Option<(Rect, String)> {
        let below = self.view.len() - self.view.index_from(self.seen? + 1);
        if self.follow || below == 0 {
            return None;
        }
        let entries = if below == 1 { "entry" } else { "entries" };
        let text = format!("{} new {entries} ↓", with_thousands(below as u64));
        let wide = text_width(ui, &text, theme::small()) + 28.0;
        let centre = area.center_bottom() - egui::vec2(0.0, 18.0);
        Some((Rect::from_center_size(centre, egui::vec2(wide, 26.0)), text))
    }

    /// What lies over the rows at the lower edge: the way to new entries, and what was copied.
    fn hints(&mut self, ui: &mut Ui, area: Rect) {
        let mut bottom = area.center_bottom() - egui::vec2(0.0, 18.0);
        if let Some((rect, text)) = self.pill(ui, area) {
            if floating(ui, rect, &text) {
                self.follow = true;
            }
            bottom.y -= 34.0;
        }
        let now = ui.input(|input| input.time);
        match &self.copied {
            Some((words, until)) if now < *until => {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(until - now));
                let palette = Palette::of(ui);
                let galley = ui.painter().layout_no_wrap(words.clone(), theme::small(), palette.panel);
                let rect = Rect::from_center_size(bottom, galley.size() + egui::vec2(28.0, 12.0));
                ui.painter().rect_filled(rect, f32::from(size::RADIUS), palette.text);
                ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.panel);
                let said = ui.interact(rect, Id::unique("copied"), Sense::hover());
                said.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
                ui.ctx().accesskit_node_builder(said.id, |node| node.set_live(accesskit::Live::Polite));
            }
            _ => self.copied = None,
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

    fn show_empty(&mut self, ui: &mut Ui, app: &App, area: Rect) {
        let palette = Palette::of(ui);
        let hidden = !app.log().is_empty();
        let first = app.try_it().into_iter().next();
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area.shrink(size::EDGE)));
        child.add_space(size::EDGE);
        child.vertical_centered(|ui| {
            let cleared = app.log().next_number() > 0;
            let title = match (hidden, cleared) {
                (true, _) => "No entry passes the filter",
                (false, true) => "The log was cleared",
                (false, false) => "Nothing has happened yet",
            };
            ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
            if hidden {
                if pill_button(ui, "Show all entries").clicked() {
                    self.text.clear();
                    self.kinds = CategorySet::ALL;
                }
                return;
            }
            let at_rest = app.state().is_stopped();
            if cleared {
                let clients = match app.counters().clients_now {
                    _ if at_rest => "The server isn't running.".to_owned(),
                    0 => "The server goes on; nobody is connected.".to_owned(),
                    1 => "The server goes on, and so does 1 client.".to_owned(),
                    count => format!("The server goes on, and so do {} clients.", with_thousands(count)),
                };
                ui.label(RichText::new(clients).color(palette.muted));
                return;
            }
            let advice = match (at_rest, first.is_some()) {
                (true, true) => "Press Start server, then connect:",
                (true, false) => "Press Start server, then connect to it.",
                (false, _) => "Now connect:",
            };
            ui.label(RichText::new(advice).color(palette.muted));
            if let Some(first) = first {
                ui.add(
                    egui::Label::new(RichText::new(first.line).font(theme::mono()).color(palette.text))
                        .wrap(),
                );
            }
        });
    }
}

/// A small button that lies over the rows; returns whether it was pressed.
fn floating(ui: &Ui, rect: Rect, text: &str) -> bool {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, Id::unique("new entries"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
    let radius = rect.height() / 2.0;
    let fill = palette.start[usize::from(response.hovered())];
    ui.painter().rect(rect, radius, fill, Stroke::NONE, StrokeKind::Inside);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), palette.on_strong);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.on_strong);
    focus_ring(ui, &response, rect, radius);
    response.on_hover_text("Go to the newest entry and follow").clicked()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::log::event_log::DEFAULT_LIMITS;
    use crate::server::event::{Event, EventKind};

    #[test]
    fn no_more_is_copied_than_programs_take_and_it_is_said() {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for _ in 0..10 {
            let kind = EventKind::Note { text: "x".repeat(MOST_COPIED / 4), problem: false };
            log.append(Event { at: SystemTime::now(), client: None, kind });
        }
        let mut panel = LogPanel::new();
        while !panel.update(&log) {}
        assert_eq!(panel.copy(&log, DataFormat::Python, 0.0), None, "nothing is selected");
        panel.selection.all(&panel.view);
        let text = panel.copy(&log, DataFormat::Python, 0.0).unwrap();
        assert_eq!(text.lines().count(), 4);
        let (words, _) = panel.copied.unwrap();
        assert_eq!(words, "The first 4 of 10 entries were copied; Save… keeps all");
    }
}
