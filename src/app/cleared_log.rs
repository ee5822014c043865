//! Clears the log, and restores it if the user wants it back.

use std::mem;

use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::{App, ClearedLog};
use crate::log::EventLog;
use crate::text;

impl App {
    /// Removes all log entries and the captures of closed connections, and offers to restore them.
    pub(super) fn clear_log(&mut self) {
        let captures = self.captures().remove_closed();
        if self.log.is_empty() && captures.is_empty() {
            return;
        }
        let empty = EventLog::new(self.log.limits(), self.log.next_number());
        let entries = mem::replace(&mut self.log, empty);
        let removed = text::count(entries.len() as u64, "entry");
        self.cleared = Some(ClearedLog { entries, captures });
        self.tell(Notice::good(NoticeTopic::ClearedLog, format!("The log was cleared: {removed}.")));
    }

    /// Removes all log entries and the captures of closed connections for good.
    pub fn discard_log(&mut self) {
        self.log.clear();
        self.captures().clear();
    }

    /// Withdraws the offer to restore the log once newer entries have taken the place of the removed ones.
    pub(super) fn withdraw_undo(&mut self) {
        if self
            .cleared
            .as_ref()
            .is_some_and(|cleared| self.log.first_recent() != cleared.entries.next_number())
        {
            self.cleared = None;
            self.notices.remove(NoticeTopic::ClearedLog);
        }
    }

    /// Restores what [`App::clear_log`] removed last, before the entries that were added since. Does nothing if it is
    /// no longer kept.
    pub(super) fn restore_log(&mut self) {
        let Some(cleared) = self.cleared.take() else { return };
        self.notices.remove(NoticeTopic::ClearedLog);
        self.captures().restore(cleared.captures);
        // After an eviction, the log is full of newer entries, so there is no room for the older ones.
        if self.log.first_recent() == cleared.entries.next_number() {
            let limits = self.log.limits();
            let newer = mem::replace(&mut self.log, cleared.entries);
            self.log.set_limits(limits);
            for entry in newer.iter() {
                self.log.append(entry.event.clone());
            }
        }
    }
}
