//! What the log says of a run of the server: who came and went, what was left out, and faults.

use echoscope::log::EventLog;
use echoscope::server::event::{CloseReason, EventKind, Problem};

/// What was read so far of the present run.
#[derive(Default)]
pub(super) struct Log {
    next: u64,
    pub(super) opened: u64,
    pub(super) closed: u64,
    /// Lines that were counted instead of shown.
    pub(super) not_shown: u64,
}

impl Log {
    /// A run begins.
    pub(super) fn start(&mut self) {
        *self = Self { next: self.next, ..Self::default() };
    }

    /// Reads on; faults that were logged.
    pub(super) fn read(&mut self, log: &EventLog) -> Vec<String> {
        let mut faults = Vec::new();
        let first = log.first_number();
        // What has gone before it was read is as good as not shown.
        self.not_shown += first.saturating_sub(self.next);
        for number in self.next.max(first)..log.next_number() {
            let Some(entry) = log.by_number(number) else { continue };
            match &entry.event.kind {
                EventKind::Opened => self.opened += 1,
                EventKind::Closed(closed) => {
                    self.closed += 1;
                    if closed.reason == CloseReason::Panicked {
                        faults.push("a connection was closed by a panic".to_owned());
                    }
                }
                EventKind::NotShown { count } => self.not_shown += count,
                EventKind::Problem(Problem::Panicked { message }) => faults.push(format!("PANIC: {message}")),
                EventKind::Problem(
                    Problem::OutOfFiles { raw } | Problem::OutOfThreads { raw } | Problem::Accept { raw },
                ) => {
                    faults.push(format!("the server ran short: {raw}"));
                }
                _ => {}
            }
        }
        self.next = log.next_number();
        faults
    }
}
