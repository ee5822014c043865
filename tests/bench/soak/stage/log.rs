//! Reads the app's log of a run of the server: connections, skipped entries and errors.

use echoscope::log::EventLog;
use echoscope::server::event::{CloseReason, EventKind, Problem};

/// The state of reading the log of the current run.
#[derive(Default)]
pub(super) struct Log {
    next: u64,
    pub(super) opened: u64,
    pub(super) closed: u64,
    /// The number of entries that were skipped.
    pub(super) not_shown: u64,
}

impl Log {
    /// Resets the counts for a new run.
    pub(super) fn start(&mut self) {
        *self = Self { next: self.next, ..Self::default() };
    }

    /// Reads the new entries; returns the errors among them.
    pub(super) fn read(&mut self, log: &EventLog) -> Vec<String> {
        let mut errors = Vec::new();
        for number in self.next..log.next_number() {
            let Some(entry) = log.by_number(number) else {
                // An entry that was evicted before it was read counts as skipped.
                self.not_shown += 1;
                continue;
            };
            match &entry.event.kind {
                EventKind::Opened => self.opened += 1,
                EventKind::Closed(closed) => {
                    self.closed += 1;
                    if closed.reason == CloseReason::Panicked {
                        errors.push("a connection was closed by a panic".to_owned());
                    }
                }
                EventKind::NotShown { count } => self.not_shown += count,
                EventKind::Problem(Problem::Panicked { message }) => errors.push(format!("PANIC: {message}")),
                EventKind::Problem(
                    Problem::OutOfFiles { raw } | Problem::OutOfThreads { raw } | Problem::Accept { raw },
                ) => {
                    errors.push(format!("the server ran short: {raw}"));
                }
                _ => {}
            }
        }
        self.next = log.next_number();
        errors
    }
}
