//! The rows of the log: which are visible and selected, and whether new entries are followed.

use std::collections::BTreeSet;
use std::time::Duration;

use egui::{
    Context, Id, Key, Modifiers, PointerButton, Rect, Response, Role, Sense, Ui, WidgetInfo, accesskit, vec2,
};

use crate::app::App;
use crate::log::event_log::CategorySet;
use crate::log::filter::{Filter, FilteredLog};
use crate::log::line::full_line;
use crate::log::{EventLog, LogEntry};
use crate::server::event::ClientId;
use crate::settings::DataFormat;
use crate::text::{count, with_thousands};
use crate::ui::action::Action;
use crate::ui::tabs::connection_menu;
use crate::ui::tabs::log::log_entry::show_row;
use crate::ui::theme::{self, Palette, size};
use crate::ui::widgets::controls::{newest_button, pill_button, text_width};
use crate::ui::widgets::virtual_list::{VirtualList, whole_rows};
use crate::ui::widgets::{empty_message, focus_ring};

/// The state of the panel.
#[derive(Debug, Default)]
pub(crate) struct LogPanel {
    /// The text typed into the filter.
    pub(crate) filter_text: String,
    /// The categories that are shown.
    pub(crate) categories: CategorySet,
    /// The chip that the Tab key stops at.
    pub(crate) focused_chip: usize,
    /// Whether new entries are scrolled into view.
    pub(crate) follow: bool,
    /// The connection whose entries have a mark.
    pub(crate) marked: Option<ClientId>,
    shown: FilteredLog,
    list: VirtualList,
    /// The number of the entry in the first visible row, and the fraction of that row above the view. The entry stays
    /// there when older entries are evicted.
    top: Option<(u64, f64)>,
    /// The number of the newest entry that has been visible.
    newest_seen: Option<u64>,
    /// The rows painted in the last frame, and the numbers of their entries. A mouse press selects one of these.
    painted: Vec<(Rect, u64)>,
    /// Whether the mouse button was pressed on a row and hasn't been released.
    pressing: bool,
    /// The message about what was copied, and the time at which it disappears.
    copied: Option<(String, f64)>,
    selection: Selection,
}

/// The most text that is copied, in bytes. More would block the window, and hardly any program accepts it.
const MAX_COPIED: usize = 4 << 20;
/// How long the message about what was copied is shown, in seconds.
const MESSAGE_TIME: f64 = 2.5;
/// The most time that a frame may spend on filtering.
const FILTER_BUDGET: Duration = Duration::from_millis(6);

impl LogPanel {
    /// Returns a panel that shows everything and follows new entries.
    pub(crate) fn new() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// Applies the filter to new entries. Returns whether every entry has been checked.
    pub(crate) fn update(&mut self, log: &EventLog) -> bool {
        self.selection.forget_evicted(log);
        self.shown.update(log, &Filter::new(&self.filter_text, self.categories), FILTER_BUDGET)
    }

    /// Returns the entry whose details are shown; `None` if the filter hides it.
    pub(crate) fn current<'a>(&self, log: &'a EventLog) -> Option<&'a LogEntry> {
        let number = self.selection.cursor?;
        let is_shown = self.shown.number(self.shown.index_from(number)) == Some(number);
        log.by_number(number).filter(|_| is_shown || !self.shown.has_checked(log, number))
    }

    /// Returns the selected entries as text, one on each line, up to [`MAX_COPIED`]; `None` if none is selected. Also
    /// sets the message about it, which is shown from the time `now` on.
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
                let message = format!("The first {copied} of {selected} copied. Use Save… for all.");
                (message, 3.0 * MESSAGE_TIME)
            }
        };
        self.copied = Some((message, now + seconds));
        Some(lines.join("\n"))
    }

    /// Selects nothing.
    pub(crate) fn deselect(&mut self) {
        self.selection = Selection::default();
    }

    /// Shows the rows, or a hint if there are none.
    pub(crate) fn show(&mut self, ui: &mut Ui, app: &App) -> Option<Action> {
        let area = ui.available_rect_before_wrap();
        let response = ui.interact(area, list_id(), Sense::FOCUSABLE | Sense::CLICK);
        let label = format!("Log, {} entries", with_thousands(self.shown.len() as u64));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &label));
        if self.shown.is_empty() {
            self.show_empty(ui, app);
            focus_ring(ui, &response, area.shrink(4.0), 4.0);
            return None;
        }
        self.handle_keys(ui, &response);
        self.pressing |= self.handle_press(ui, &response);
        if self.pressing && ui.input(|input| input.pointer.primary_released()) {
            // Focused only after the button's release, which would take the focus away again.
            self.pressing = false;
            response.request_focus();
        }
        if self.follow {
            self.list.go_to_end();
        } else if let Some((top, hidden)) = self.top {
            // Rows before the top entry may have been added by a changed filter or evicted.
            self.list.go_to_row(self.shown.index_from(top), hidden, size::LOG_ROW);
        }
        let body = whole_rows(ui, area.shrink2(vec2(0.0, 4.0)), size::LOG_ROW);
        if let Some(number) = self.selection.cursor.filter(|_| !self.follow) {
            // The details of the selected entry, which have just been opened, must not cover it.
            self.list.keep_row_visible(body.height(), self.shown.index_from(number), size::LOG_ROW);
        }
        let (scrolled, action) = self.show_rows(ui, app, body, &response);
        if scrolled {
            self.follow = self.list.is_at_end();
        }
        // Until a changed filter has been applied to the top entry, the entry stays the top one.
        if self.follow || scrolled || self.top.is_none_or(|(top, _)| self.shown.has_checked(app.log(), top)) {
            let (row, hidden) = self.list.first_row(size::LOG_ROW);
            self.top = self.shown.number(row).map(|number| (number, hidden));
        }
        self.newest_seen = self.newest_seen.max(self.painted.last().map(|(_, number)| *number));
        self.show_overlays(ui, area);
        if !self.painted.iter().any(|(_, number)| Some(*number) == self.selection.cursor) {
            focus_ring(ui, &response, area.shrink(4.0), 4.0);
        }
        action
    }

    /// Shows the visible rows. Returns whether the user scrolled, and what the user chose from a row's menu.
    fn show_rows(
        &mut self,
        ui: &mut Ui,
        app: &App,
        body: Rect,
        response: &Response,
    ) -> (bool, Option<Action>) {
        let Self { list, shown, selection, painted, marked, .. } = self;
        painted.clear();
        let (log, format) = (app.log(), app.settings().data_format);
        let newest_client = format!("#{:2}", app.counters().clients_total);
        let client_width = text_width(ui, &newest_client, theme::mono());
        let mut clicked = None;
        let mut chosen = None;
        let mut opens_menu = false;
        let scrolled = list.show(ui, body, size::LOG_ROW, shown.len(), |ui, row, rect| {
            let Some(entry) = shown.number(row).and_then(|number| log.by_number(number)) else { return };
            let is_selected = selection.selected.contains(&entry.number);
            let row = show_row(ui, entry, format, rect, client_width, is_selected);
            let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            if selection.cursor == Some(entry.number) {
                focus_ring(ui, response, rect.shrink(2.0), 3.0);
            }
            if let Some(client) = entry.event.client.filter(|client| Some(client.id) == *marked) {
                ui.painter().rect_filled(bar, 0.0, Palette::of(ui).client(client.id.0));
            }
            painted.push((rect, entry.number));
            // A click by a screen reader. The mouse already selects when its button is pressed.
            if row.clicked() && !row.clicked_by(PointerButton::Primary) {
                clicked = Some(entry.number);
            }
            if row.secondary_clicked() {
                opens_menu = true;
                selection.open_menu(entry.number);
            }
            row.context_menu(|ui| chosen = show_menu(ui, app, entry));
        });
        if let Some(number) = clicked {
            selection.click(number, ui.input(|input| input.modifiers), shown);
            response.request_focus();
        }
        if opens_menu {
            self.stop_following();
        }
        if chosen == Some(Action::CopyEntries) {
            chosen = None;
            let now = ui.input(|input| input.time);
            if let Some(text) = self.copy(log, format, now) {
                ui.ctx().copy_text(text);
            }
        }
        (scrolled, chosen)
    }

    /// Keeps the rows that were painted in the last frame in their places.
    fn stop_following(&mut self) {
        self.follow = false;
        self.top = self.painted.first().map(|(_, number)| (*number, self.list.first_row(size::LOG_ROW).1));
    }

    /// When the mouse button is pressed, selects the row that was painted under the pointer, even if rows move fast,
    /// and stops following. Returns whether a row was pressed.
    fn handle_press(&mut self, ui: &Ui, response: &Response) -> bool {
        let pressed = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.primary_pressed().then(|| pointer.interact_pos()).flatten()
        });
        let newest = ui.ctx().read_response(newest_id());
        let is_covered =
            !response.contains_pointer() || newest.is_some_and(|button| button.contains_pointer());
        let row = self.painted.iter().find(|(rect, _)| pressed.is_some_and(|at| rect.contains(at)));
        let Some(&(_, number)) = row.filter(|_| !is_covered) else { return false };
        self.stop_following();
        self.selection.click(number, ui.input(|input| input.modifiers), &self.shown);
        true
    }

    /// Shows, over the lowest rows, the button that scrolls to new entries and the message about what was copied.
    fn show_overlays(&mut self, ui: &Ui, area: Rect) {
        let seen = self.newest_seen.map_or(self.shown.len(), |newest| self.shown.index_from(newest + 1));
        let unseen = (self.shown.len() - seen) as u64;
        let mut center = area.center_bottom() - vec2(0.0, 18.0);
        if !self.follow && unseen > 0 {
            let text = format!("{} ↓", count(unseen, "new entry"));
            self.follow = newest_button(ui, newest_id(), area, &text).clicked();
            center.y -= 34.0;
        }
        let now = ui.input(|input| input.time);
        match &self.copied {
            Some((message, end)) if now < *end => {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(end - now));
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
        let rows = self.shown.len();
        let cursor = self.selection.cursor.map(|number| self.shown.index_from(number).min(rows - 1));
        if let Some((row, extend)) = self.list.row_by_keys(ui, response, cursor, rows, size::LOG_ROW) {
            self.selection.go_to(row, extend, &self.shown);
            self.list.reveal(row, size::LOG_ROW);
            self.follow = row + 1 == rows;
            self.top = None;
        }
        if !response.has_focus() {
            return;
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.selection.select_all(&self.shown);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.deselect();
        }
    }

    fn show_empty(&mut self, ui: &mut Ui, app: &App) {
        if !app.log().is_empty() {
            empty_message(ui, "No entry matches the filter", "");
            ui.vertical_centered(|ui| {
                if pill_button(ui, "Show all entries").clicked() {
                    self.filter_text.clear();
                    self.categories = CategorySet::ALL;
                }
            });
            return;
        }
        let is_cleared = app.log().next_number() > 0;
        let title = if is_cleared { "The log was cleared" } else { "Nothing has happened yet" };
        let hint = match (app.state().is_stopped(), is_cleared) {
            (true, true) => "The server isn't running.".to_owned(),
            (false, true) => {
                format!("Server running, {} connected.", count(app.counters().clients_now, "client"))
            }
            (true, false) => "Press Start server, then connect.".to_owned(),
            (false, false) => "Now connect.".to_owned(),
        };
        empty_message(ui, title, &hint);
        if let Some(command) = app.try_it().first().filter(|_| !is_cleared) {
            ui.vertical_centered(|ui| ui.monospace(&command.line));
        }
    }
}

fn newest_id() -> Id {
    Id::unique("new entries")
}

fn list_id() -> Id {
    Id::unique("log")
}

/// Moves the keyboard focus to the list.
pub(crate) fn focus(ctx: &Context) {
    ctx.memory_mut(|memory| memory.request_focus(list_id()));
}

/// Returns how many entries the log has evicted, and why; `None` if it has evicted none.
pub(crate) fn evicted_text(log: &EventLog) -> Option<String> {
    let (evicted, limits) = (log.evicted(), log.limits());
    let removed = match (evicted.data, evicted.others) {
        (0, 0) => return None,
        (data, 0) => count(data, "older data entry"),
        (0, others) => count(others, "older entry"),
        (data, others) => {
            format!("{} and {}", count(data, "older data entry"), count(others, "other entry"))
        }
    };
    let skipped = match evicted.skipped {
        0 => String::new(),
        skipped => format!(" {} more had been skipped.", with_thousands(skipped)),
    };
    let [entries, mebibytes] = [limits.entries, limits.bytes >> 20].map(|limit| with_thousands(limit as u64));
    let were = if evicted.total() == 1 { "was" } else { "were" };
    Some(format!("{removed} {were} removed to stay within {entries} entries and {mebibytes} MiB.{skipped}"))
}

/// Shows the menu of an entry. Returns what the user chose; [`Action::CopyEntries`] is for the selected entries.
fn show_menu(ui: &mut Ui, app: &App, entry: &LogEntry) -> Option<Action> {
    if ui.button("Copy").clicked() {
        return Some(Action::CopyEntries);
    }
    connection_menu::show(ui, app, entry.event.client?)
}

/// The selected entries and the keyboard cursor, by entry number, so that they survive scrolling and filtering.
#[derive(Debug, Default)]
struct Selection {
    selected: BTreeSet<u64>,
    /// The entry that stays selected when Shift extends the selection.
    anchor: Option<u64>,
    /// The entry whose details are shown.
    cursor: Option<u64>,
    /// The number up to which evicted entries were removed.
    forgotten: u64,
}

impl Selection {
    /// Removes entries that the log has evicted.
    fn forget_evicted(&mut self, log: &EventLog) {
        let is_evicted = |number: &u64| log.by_number(*number).is_none();
        let recent = log.first_recent();
        // Most entries are evicted at the boundary to the recent ones, and the others from the front.
        let from = std::mem::replace(&mut self.forgotten, recent).min(recent);
        let evicted: Vec<u64> = self.selected.range(from..recent).copied().filter(is_evicted).collect();
        for number in evicted {
            self.selected.remove(&number);
        }
        while self.selected.first().is_some_and(is_evicted) {
            self.selected.pop_first();
        }
        self.anchor = self.anchor.filter(|number| !is_evicted(number));
        self.cursor = self.cursor.filter(|number| !is_evicted(number));
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

    /// Selects a row whose menu is being opened, unless it is one of the selected ones. That opens no details, which would
    /// move the row.
    fn open_menu(&mut self, number: u64) {
        if !self.selected.contains(&number) {
            let cursor = self.cursor.map(|_| number);
            self.select_only(number);
            self.cursor = cursor;
        }
    }

    /// Moves the cursor to a row, or to the last one if there are fewer. `extend` selects the rows between.
    fn go_to(&mut self, row: usize, extend: bool, shown: &FilteredLog) {
        let Some(number) = shown.number(row.min(shown.len().saturating_sub(1))) else { return };
        if extend {
            self.extend_to(number, shown);
        } else {
            self.select_only(number);
        }
    }

    /// Selects all entries that pass the filter.
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
    use crate::ring_buffer::Limits;
    use crate::server::event::Event;
    use crate::server::event::EventKind;

    fn log(entries: u16) -> EventLog {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for port in 0..entries {
            log.append(Event { at: SystemTime::now(), client: None, kind: EventKind::Starting { port } });
        }
        log
    }

    fn filtered_log(entries: u16) -> FilteredLog {
        let log = log(entries);
        let mut shown = FilteredLog::default();
        while !shown.update(&log, &Filter::default(), Duration::from_secs(1)) {}
        shown
    }

    fn selected(selection: &Selection) -> Vec<u64> {
        selection.selected.iter().copied().collect()
    }

    #[test]
    fn click_selects_extends_and_toggles_entries() {
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
    fn menu_selects_its_entry_but_opens_no_details() {
        let (shown, mut selection) = (filtered_log(10), Selection::default());
        selection.open_menu(4);
        assert_eq!((selected(&selection), selection.cursor), (vec![4], None));
        selection.click(6, Modifiers::NONE, &shown);
        selection.open_menu(5);
        assert_eq!((selected(&selection), selection.cursor), (vec![5], Some(5)), "they were open already");
        selection.select_all(&shown);
        selection.open_menu(7);
        assert_eq!(selected(&selection).len(), 10, "the menu is about all of them");
    }

    #[test]
    fn keyboard_moves_and_extends_the_selection() {
        let (shown, mut selection) = (filtered_log(10), Selection::default());
        selection.go_to(4, false, &shown);
        selection.go_to(5, true, &shown);
        selection.go_to(99, true, &shown);
        assert_eq!(selected(&selection), [4, 5, 6, 7, 8, 9]);
        selection.select_all(&shown);
        assert_eq!(selected(&selection).len(), 10);
    }

    #[test]
    fn evicted_entries_are_no_longer_selected() {
        let mut log = log(3);
        let data = EventKind::Received { data: [0][..].into(), offset: 0, echoed: 1, took: Duration::ZERO };
        let event = Event { at: SystemTime::now(), client: None, kind: data };
        for _ in 3..10 {
            log.append(event.clone());
        }
        let (mut shown, mut selection) = (FilteredLog::default(), Selection::default());
        while !shown.update(&log, &Filter::default(), Duration::from_secs(1)) {}
        selection.select_all(&shown);
        selection.cursor = Some(4);
        assert_eq!(evicted_text(&log), None);
        log.set_limits(Limits { entries: 6, ..DEFAULT_LIMITS });
        selection.forget_evicted(&log);
        assert_eq!((selected(&selection), selection.cursor), (vec![2, 5, 6, 7, 8, 9], None));
        let text =
            "2 older data entries and 2 other entries were removed to stay within 6 entries and 64 MiB.";
        assert_eq!(evicted_text(&log).as_deref(), Some(text));
        log.append(event);
        selection.forget_evicted(&log);
        assert_eq!(selected(&selection), [2, 6, 7, 8, 9]);
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
        assert_eq!(message, "The first 4 of 10 entries copied. Use Save… for all.");
    }
}
