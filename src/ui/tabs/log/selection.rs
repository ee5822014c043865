//! Which log entries are selected. By number, so that a selection survives scrolling, filtering and eviction.

use std::collections::BTreeSet;

use egui::Modifiers;

use crate::log::filtered_log::FilteredLog;

/// The selected entries and the keyboard cursor.
#[derive(Debug, Default)]
pub(super) struct Selection {
    selected: BTreeSet<u64>,
    /// The entry at which a range begins.
    anchor: Option<u64>,
    /// The entry whose details are shown.
    cursor: Option<u64>,
}

impl Selection {
    /// Returns whether an entry is selected.
    pub(super) fn contains(&self, number: u64) -> bool {
        self.selected.contains(&number)
    }

    /// Returns the selected entries in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        self.selected.iter().copied()
    }

    /// Returns the entry at the keyboard cursor.
    pub(super) fn cursor(&self) -> Option<u64> {
        self.cursor
    }

    /// Deselects everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Removes entries that the log has evicted.
    pub(super) fn forget_before(&mut self, first: u64) {
        if self.selected.first().is_some_and(|&number| number < first) {
            self.selected = self.selected.split_off(&first);
        }
        self.anchor = self.anchor.filter(|&number| number >= first);
        self.cursor = self.cursor.filter(|&number| number >= first);
    }

    /// Handles a click on a row: with Shift it extends the selection, with Ctrl it adds or removes the row.
    pub(super) fn click(&mut self, number: u64, modifiers: Modifiers, shown: &FilteredLog) {
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
    pub(super) fn go_to(&mut self, row: usize, extend: bool, shown: &FilteredLog) {
        let Some(number) = shown.number(row.min(shown.len().saturating_sub(1))) else { return };
        if extend {
            self.extend_to(number, shown);
        } else {
            self.select_only(number);
        }
    }

    /// Selects all entries shown.
    pub(super) fn select_all(&mut self, shown: &FilteredLog) {
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
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::log::EventLog;
    use crate::log::event_log::DEFAULT_LIMITS;
    use crate::log::filter::Filter;
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
        selection.iter().collect()
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
        assert_eq!(selection.cursor(), Some(2));
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
        assert_eq!((selected(&selection), selection.cursor()), (vec![8, 9], Some(9)));
    }
}
