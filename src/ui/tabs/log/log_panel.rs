//! The rows of the log: which are visible and selected, and whether new entries are followed.

use std::collections::BTreeSet;
use std::time::Duration;

use egui::{
    EventFilter, Id, Key, Label, Modifiers, PointerButton, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit, vec2,
};

use crate::app::App;
use crate::log::event_log::CategorySet;
use crate::log::filter::{Filter, FilteredLog};
use crate::log::line::full_line;
use crate::log::{EventLog, LogEntry};
use crate::settings::DataFormat;
use crate::text::{count, with_thousands};
use crate::ui::tabs::log::log_entry::show_row;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{pill_button, text_width};
use crate::ui::widgets::focus_ring;
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};

/// The state of the panel.
#[derive(Debug, Default)]
pub(crate) struct LogPanel {
    /// The text typed into the filter.
    pub(crate) filter_text: String,
    /// The categories that are shown.
    pub(crate) categories: CategorySet,
    /// Whether new entries are scrolled into view.
    pub(crate) follow: bool,
    shown: FilteredLog,
    list: VirtualList,
    /// The entry in the first visible row, and the share of that row above the view. It stays there when older entries are
    /// evicted.
    top: Option<(u64, f64)>,
    /// The newest entry that has been visible.
    newest_seen: Option<u64>,
    /// The rows of the last frame with the numbers of their entries. A press of the mouse refers to these.
    painted: Vec<(Rect, u64)>,
    /// Whether the mouse button has been down since it was pressed on a row.
    pressing: bool,
    /// The message about what was copied, and the time at which it disappears.
    copied: Option<(String, f64)>,
    selection: Selection,
    /// The length of the longest client number so far, in characters.
    client_width: u16,
}

/// The most text that is copied, in bytes. More would block the window, and hardly any program accepts it.
const MAX_COPIED: usize = 4 << 20;
/// How long the message about what was copied is shown, in seconds.
const MESSAGE_TIME: f64 = 2.5;
/// The time that a frame spends on the filter.
const FILTER_BUDGET: Duration = Duration::from_millis(6);

impl LogPanel {
    /// Returns a panel that shows everything and follows new entries.
    pub(crate) fn new() -> Self {
        Self { follow: true, client_width: 3, ..Self::default() }
    }

    /// Applies the filter to new entries. Returns whether every entry has been checked.
    pub(crate) fn update(&mut self, log: &EventLog) -> bool {
        self.selection.forget_before(log.first_number());
        self.shown.update(log, &Filter::new(&self.filter_text, self.categories), FILTER_BUDGET)
    }

    /// Returns the entry whose details are shown.
    pub(crate) fn current<'a>(&self, log: &'a EventLog) -> Option<&'a LogEntry> {
        log.by_number(self.selection.cursor?)
    }

    /// Returns the selected entries as text, one on each line, up to [`MAX_COPIED`]; `None` if none is selected. Shows a
    /// message from `now` on.
    pub(crate) fn copy(&mut self, log: &EventLog, format: DataFormat, now: f64) -> Option<String> {
        let entries: Vec<&LogEntry> =
            self.selection.selected.iter().filter_map(|&number| log.by_number(number)).collect();
        let mut lines = Vec::new();
        let mut bytes = 0;
        for entry in &entries {
            if bytes >= MAX_COPIED {
                break;
            }
            let line = full_line(&entry.event, format);
            bytes += line.len() + 1;
            lines.push(line);
        }
        let (copied, selected) = (lines.len() as u64, entries.len() as u64);
        let (message, seconds) = match copied {
            0 => return None,
            _ if copied == selected => (format!("{} copied", count(copied, "entry")), MESSAGE_TIME),
            _ => {
                let (copied, selected) = (with_thousands(copied), count(selected, "entry"));
                let message = format!("The first {copied} of {selected} were copied; Save… keeps all");
                (message, 3.0 * MESSAGE_TIME)
            }
        };
        self.copied = Some((message, now + seconds));
        Some(lines.join("\n"))
    }

    /// Shows the rows, or a hint if there are none.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) {
        let area = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(area);
        let response = ui.interact(area, Id::unique("log"), Sense::FOCUSABLE | Sense::CLICK);
        let label = format!("Log, {} entries", with_thousands(self.shown.len() as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &label));
        if self.shown.is_empty() {
            self.show_empty(ui, app, area);
            return;
        }
        self.handle_keys(ui, &response);
        self.pressing |= self.handle_press(ui, area);
        if self.pressing && ui.input(|input| input.pointer.primary_released()) {
            // Not with the press, because the release would take the focus away again.
            self.pressing = false;
            response.request_focus();
        }
        if self.follow {
            self.list.go_to_end();
        } else if let Some((top, hidden)) = self.top {
            // Rows before the top one may have been added by a filter or evicted.
            self.list.go_to_row(self.shown.index_from(top), hidden, size::LOG_ROW);
        }
        let scrolled = self.show_rows(ui, app, area, &response);
        if scrolled {
            self.follow = self.list.is_at_end();
        }
        // While a new filter hasn't reached the top entry yet, its position is kept.
        if self.follow || scrolled || self.top.is_none_or(|(top, _)| self.shown.has_checked(app.log(), top)) {
            let (row, hidden) = self.list.first_row(size::LOG_ROW);
            self.top = self.shown.number(row).map(|number| (number, hidden));
        }
        self.newest_seen = self.newest_seen.max(self.painted.last().map(|(_, number)| *number));
        self.show_overlays(ui, area);
        if response.has_focus() && self.selection.cursor.is_none() {
            let ring = Palette::of(ui).focus_ring();
            ui.painter().rect_stroke(area.shrink(2.0), 4.0, ring, StrokeKind::Inside);
        }
    }

    /// Shows the visible rows. Returns whether the user scrolled.
    fn show_rows(&mut self, ui: &mut Ui, app: &App, area: Rect, response: &Response) -> bool {
        let Self { list, shown, selection, client_width, painted, .. } = self;
        painted.clear();
        let (log, format) = (app.log(), app.settings().data_format);
        let mut clicked = None;
        let body = whole_rows(ui, area.shrink2(vec2(0.0, 4.0)), size::LOG_ROW);
        let scrolled = list.show(ui, body, size::LOG_ROW, shown.len(), |ui, row, rect| {
            let Some(entry) = shown.number(row).and_then(|number| log.by_number(number)) else { return };
            let is_selected = selection.selected.contains(&entry.number);
            let row = show_row(ui, entry, format, rect, client_width, is_selected);
            if selection.cursor == Some(entry.number) && response.has_focus() {
                let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).accent);
            }
            painted.push((rect, entry.number));
            // A click that isn't the mouse's, which selects when pressed: a screen reader's.
            if row.clicked() && !row.clicked_by(PointerButton::Primary) {
                clicked = Some(entry.number);
            }
        });
        if let Some(number) = clicked {
            selection.click(number, ui.input(|input| input.modifiers), shown);
            response.request_focus();
        }
        scrolled
    }

    /// Selects the row under the pointer when the mouse button is pressed, however fast rows move, and stops following.
    /// Returns whether a row was pressed.
    fn handle_press(&mut self, ui: &Ui, area: Rect) -> bool {
        let pressed = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.primary_pressed().then(|| pointer.interact_pos()).flatten()
        });
        let Some(at) = pressed.filter(|at| area.contains(*at)) else { return false };
        let is_covered = ui.ctx().layer_id_at(at) != Some(ui.layer_id())
            || self.new_entries(ui, area).is_some_and(|(rect, _)| rect.contains(at));
        let row = self.painted.iter().find(|(rect, _)| rect.contains(at));
        let Some(&(_, number)) = row.filter(|_| !is_covered) else { return false };
        self.follow = false;
        self.top = self.painted.first().map(|(_, number)| (*number, self.list.first_row(size::LOG_ROW).1));
        self.selection.click(number, ui.input(|input| input.modifiers), &self.shown);
        true
    }

    /// Returns the rectangle and the label of the button that leads to new entries, if there are any below the visible
    /// ones.
    fn new_entries(&self, ui: &Ui, area: Rect) -> Option<(Rect, String)> {
        let below = self.shown.len() - self.shown.index_from(self.newest_seen? + 1);
        if self.follow || below == 0 {
            return None;
        }
        let entries = if below == 1 { "entry" } else { "entries" };
        let text = format!("{} new {entries} ↓", with_thousands(below as u64));
        let width = text_width(ui, &text, theme::small()) + 28.0;
        Some((Rect::from_center_size(area.center_bottom() - vec2(0.0, 18.0), vec2(width, 26.0)), text))
    }

    /// Shows the button that leads to new entries and the message about what was copied, over the lowest rows.
    fn show_overlays(&mut self, ui: &mut Ui, area: Rect) {
        let mut center = area.center_bottom() - vec2(0.0, 18.0);
        if let Some((rect, text)) = self.new_entries(ui, area) {
            self.follow |= floating_button(ui, rect, &text);
            center.y -= 34.0;
        }
        let now = ui.input(|input| input.time);
        match &self.copied {
            Some((message, until)) if now < *until => {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(until - now));
                let palette = Palette::of(ui);
                let galley = ui.painter().layout_no_wrap(message.clone(), theme::small(), palette.panel);
                let rect = Rect::from_center_size(center, galley.size() + vec2(28.0, 12.0));
                ui.painter().rect_filled(rect, f32::from(size::RADIUS), palette.text);
                ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.panel);
                let response = ui.interact(rect, Id::unique("copied"), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Status, true, message));
                ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
            }
            _ => self.copied = None,
        }
    }

    fn handle_keys(&mut self, ui: &Ui, response: &Response) {
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let last = self.shown.len() - 1;
        let cursor = self.selection.cursor.map(|number| self.shown.index_from(number).min(last));
        let page = self.list.rows_in_view(size::LOG_ROW).saturating_sub(1).max(1);
        let targets: [(Key, usize); 6] = [
            (Key::ArrowUp, cursor.map_or(last, |row| row.saturating_sub(1))),
            (Key::ArrowDown, cursor.map_or(0, |row| row + 1)),
            (Key::PageUp, cursor.map_or(last, |row| row.saturating_sub(page))),
            (Key::PageDown, cursor.map_or(0, |row| row + page)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, row) in targets {
            // Shift first: a key without modifiers also matches while Shift is held.
            let shifted = ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key));
            let plain = ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if plain || shifted {
                let row = row.min(last);
                self.selection.go_to(row, shifted, &self.shown);
                self.list.reveal(row, size::LOG_ROW);
                self.follow = row == last;
                self.top = None;
            }
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.selection.select_all(&self.shown);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.selection = Selection::default();
        }
    }

    fn show_empty(&mut self, ui: &mut Ui, app: &App, area: Rect) {
        let palette = Palette::of(ui);
        let is_filtered = !app.log().is_empty();
        let is_cleared = app.log().next_number() > 0;
        let is_stopped = app.state().is_stopped();
        let command = app.try_it().into_iter().next();
        let title = match (is_filtered, is_cleared) {
            (true, _) => "No entry passes the filter",
            (false, true) => "The log was cleared",
            (false, false) => "Nothing has happened yet",
        };
        let hint = match (is_cleared, app.counters().clients_now) {
            (true, _) if is_stopped => "The server isn't running.".to_owned(),
            (true, 0) => "The server goes on; nobody is connected.".to_owned(),
            (true, clients) => format!("Server running, {} connected.", count(clients, "client")),
            (false, _) if !is_stopped => "Now connect:".to_owned(),
            _ if command.is_some() => "Press Start server, then connect:".to_owned(),
            _ => "Press Start server, then connect to it.".to_owned(),
        };
        let mut child = ui.new_child(UiBuilder::new().max_rect(area.shrink(size::EDGE)));
        child.add_space(size::EDGE);
        child.vertical_centered(|ui| {
            ui.label(RichText::new(title).font(theme::strong(15.0)).color(palette.text));
            if is_filtered {
                if pill_button(ui, "Show all entries").clicked() {
                    self.filter_text.clear();
                    self.categories = CategorySet::ALL;
                }
                return;
            }
            ui.label(RichText::new(hint).color(palette.muted));
            if let Some(command) = command.filter(|_| !is_cleared) {
                let line = RichText::new(command.line).font(theme::mono()).color(palette.text);
                ui.add(Label::new(line).wrap());
            }
        });
    }
}

/// Shows a small button over the rows. Returns whether it was pressed.
fn floating_button(ui: &Ui, rect: Rect, text: &str) -> bool {
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

/// The selected entries and the keyboard cursor, by number, so that they survive scrolling, filtering and eviction.
#[derive(Debug, Default)]
struct Selection {
    selected: BTreeSet<u64>,
    /// The entry at which a range begins.
    anchor: Option<u64>,
    /// The entry whose details are shown.
    cursor: Option<u64>,
}

impl Selection {
    /// Removes entries that the log has evicted.
    fn forget_before(&mut self, first: u64) {
        if self.selected.first().is_some_and(|&number| number < first) {
            self.selected = self.selected.split_off(&first);
        }
        self.anchor = self.anchor.filter(|&number| number >= first);
        self.cursor = self.cursor.filter(|&number| number >= first);
    }

    /// Handles a click on a row: with Shift it extends the selection, with Ctrl it adds or removes the row.
    fn click(&mut self, number: u64, modifiers: Modifiers, shown: &FilteredLog) {
        if modifiers.shift {
            self.extend_to(number, shown);
        } else if modifiers.command {
            if !self.selected.remove(&number) {
                self.selected.insert(number);
            }
            (self.anchor, self.cursor) = (Some(number), Some(number));
        } else {
            self.select_only(number);
        }
    }

    /// Moves the cursor to a row, or the last one if there are fewer. `extend` selects everything in between.
    fn go_to(&mut self, row: usize, extend: bool, shown: &FilteredLog) {
        let Some(number) = shown.number(row.min(shown.len().saturating_sub(1))) else { return };
        if extend {
            self.extend_to(number, shown);
        } else {
            self.select_only(number);
        }
    }

    /// Selects all entries shown.
    fn select_all(&mut self, shown: &FilteredLog) {
        self.selected = shown.iter().collect();
        self.anchor = shown.number(0);
        self.cursor = self.cursor.or(self.selected.last().copied());
    }

    fn select_only(&mut self, number: u64) {
        self.selected = BTreeSet::from([number]);
        (self.anchor, self.cursor) = (Some(number), Some(number));
    }

    fn extend_to(&mut self, number: u64, shown: &FilteredLog) {
        let anchor = self.anchor.unwrap_or(number);
        let (from, to) = (anchor.min(number), anchor.max(number));
        let rows = shown.index_from(from)..shown.index_from(to + 1);
        self.selected = rows.filter_map(|row| shown.number(row)).collect();
        (self.anchor, self.cursor) = (Some(anchor), Some(number));
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::log::event_log::DEFAULT_LIMITS;
    use crate::server::event::{Event, EventKind};

    fn filtered_log(entries: u16) -> FilteredLog {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for port in 0..entries {
            log.append(Event { at: SystemTime::now(), client: None, kind: EventKind::Starting { port } });
        }
        let mut shown = FilteredLog::default();
        while !shown.update(&log, &Filter::default(), Duration::from_secs(1)) {}
        shown
    }

    fn selected(selection: &Selection) -> Vec<u64> {
        selection.selected.iter().copied().collect()
    }

    #[test]
    fn click_selects_extends_and_toggles() {
        let (shown, mut selection) = (filtered_log(10), Selection::default());
        selection.click(3, Modifiers::NONE, &shown);
        selection.click(6, Modifiers::SHIFT, &shown);
        assert_eq!(selected(&selection), [3, 4, 5, 6]);
        selection.click(1, Modifiers::SHIFT, &shown);
        assert_eq!(selected(&selection), [1, 2, 3], "a range turns around its anchor");
        selection.click(8, Modifiers::COMMAND, &shown);
        selection.click(2, Modifiers::COMMAND, &shown);
        assert_eq!(selected(&selection), [1, 3, 8]);
        assert_eq!(selection.cursor, Some(2));
    }

    #[test]
    fn keyboard_moves_and_extends() {
        let (shown, mut selection) = (filtered_log(10), Selection::default());
        selection.go_to(4, false, &shown);
        selection.go_to(5, true, &shown);
        selection.go_to(99, true, &shown);
        assert_eq!(selected(&selection), [4, 5, 6, 7, 8, 9]);
        selection.select_all(&shown);
        assert_eq!(selected(&selection).len(), 10);
        selection.forget_before(8);
        assert_eq!((selected(&selection), selection.cursor), (vec![8, 9], Some(9)));
    }

    #[test]
    fn copy_is_limited_and_the_message_names_the_limit() {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for _ in 0..10 {
            let kind = EventKind::Note { text: "x".repeat(MAX_COPIED / 4), problem: false };
            log.append(Event { at: SystemTime::now(), client: None, kind });
        }
        let mut panel = LogPanel::new();
        while !panel.update(&log) {}
        assert_eq!(panel.copy(&log, DataFormat::Python, 0.0), None, "nothing is selected");
        panel.selection.select_all(&panel.shown);
        let text = panel.copy(&log, DataFormat::Python, 0.0).unwrap();
        assert_eq!(text.lines().count(), 4);
        let (message, _) = panel.copied.unwrap();
        assert_eq!(message, "The first 4 of 10 entries were copied; Save… keeps all");
    }
}
