//! Which log entries are selected. By number, so that a selection lives on when rows scroll away or are filtered.

use std::collections::BTreeSet;

use egui::Modifiers;

use crate::log::filtered_log::FilteredLog;

/// The selected entries, and where the keyboard is among them.
#[derive(Debug, Default)]
pub(super) struct Selection {
    chosen: BTreeSet<u64>,
    /// Where a range began.
    anchor: Option<u64>,
    /// Where the keyboard is; this entry is shown in the detail.
    cursor: Option<u64>,
}

impl Selection {
    /// Whether an entry is selected.
    pub(super) fn contains(&self, seq: u64) -> bool {
        self.chosen.contains(&seq)
    }

    /// The selected entries, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        self.chosen.iter().copied()
    }

    /// Where the keyboard is.
    pub(super) fn cursor(&self) -> Option<u64> {
        self.cursor
    }

    /// Selects nothing.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets entries that the log no longer has.
    pub(super) fn forget_before(&mut self, first: u64) {
        if self.chosen.first().is_some_and(|&seq| seq < first) {
            self.chosen = self.chosen.split_off(&first);
        }
        self.anchor = self.anchor.filter(|&seq| seq >= first);
        self.cursor = self.cursor.filter(|&seq| seq >= first);
    }

    /// A row was clicked: Shift selects up to it, Ctrl adds it or takes it away.
    pub(super) fn click(&mut self, seq: u64, modifiers: Modifiers, view: &FilteredLog) {
        if modifiers.shift {
            self.extend_to(seq, view);
        } else if modifiers.command {
            if !self.chosen.remove(&seq) {
                self.chosen.insert(seq);
            }
            (self.anchor, self.cursor) = (Some(seq), Some(seq));
        } else {
            self.only(seq);
        }
    }

    /// Moves the keyboard to a row; with `extend` everything between is selected.
    pub(super) fn go_to(&mut self, row: usize, extend: bool, view: &FilteredLog) {
        let Some(seq) = view.number(row.min(view.len().saturating_sub(1))) else { return };
        if extend {
            self.extend_to(seq, view);
        } else {
            self.only(seq);
        }
    }

    /// Selects everything that is shown.
    pub(super) fn all(&mut self, view: &FilteredLog) {
        self.chosen = view.iter().collect();
        self.anchor = view.number(0);
        self.cursor = self.cursor.or(view.number(view.len().saturating_sub(1)));
    }

    fn only(&mut self, seq: u64) {
        self.chosen = BTreeSet::from([seq]);
        (self.anchor, self.cursor) = (Some(seq), Some(seq));
    }

    fn extend_to(&mut self, seq: u64, view: &FilteredLog) {
        let anchor = self.anchor.unwrap_or(seq);
        let (from, to) = (view.index_from(anchor.min(seq)), view.index_from(anchor.max(seq)));
        self.chosen =
            (from..=to).filter_map(|row| view.number(row)).filter(|&row| row <= anchor.max(seq)).collect();
        (self.anchor, self.cursor) = (Some(anchor), Some(seq));
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

    fn view(entries: u16) -> FilteredLog {
        let mut log = EventLog::new(DEFAULT_LIMITS, 0);
        for port in 0..entries {
            log.append(Event { at: SystemTime::now(), client: None, kind: EventKind::Starting { port } });
        }
        let mut view = FilteredLog::default();
        while !view.update(&log, &Filter::default(), Duration::from_secs(1)) {}
        view
    }

    fn chosen(selection: &Selection) -> Vec<u64> {
        selection.iter().collect()
    }

    #[test]
    fn mouse() {
        let (view, mut selection) = (view(10), Selection::default());
        selection.click(3, Modifiers::NONE, &view);
        selection.click(6, Modifiers::SHIFT, &view);
        assert_eq!(chosen(&selection), [3, 4, 5, 6]);
        selection.click(1, Modifiers::SHIFT, &view);
        assert_eq!(chosen(&selection), [1, 2, 3], "a range turns around where it began");
        selection.click(8, Modifiers::COMMAND, &view);
        selection.click(2, Modifiers::COMMAND, &view);
        assert_eq!(chosen(&selection), [1, 3, 8]);
        assert_eq!(selection.cursor(), Some(2));
    }

    #[test]
    fn keyboard() {
        let (view, mut selection) = (view(10), Selection::default());
        selection.go_to(4, false, &view);
        selection.go_to(5, true, &view);
        selection.go_to(99, true, &view);
        assert_eq!(chosen(&selection), [4, 5, 6, 7, 8, 9]);
        selection.all(&view);
        assert_eq!(chosen(&selection).len(), 10);
        selection.forget_before(8);
        assert_eq!((chosen(&selection), selection.cursor()), (vec![8, 9], Some(9)));
    }
}
