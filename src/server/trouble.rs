//! What keeps the server from accepting or serving: told when it begins and when nobody has to wait for it any more,
//! not each time round; and waited out with growing pauses.

use std::time::Duration;

use crate::server::event::Problem;
use crate::server::run::Run;

/// The first and the longest pause; it doubles in between.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// A shortage, from its first sign until the accept queue is empty again.
pub(super) struct Trouble {
    short: bool,
    full: bool,
    pause: Duration,
}

impl Trouble {
    pub(super) fn none() -> Self {
        Self { short: false, full: false, pause: PAUSES.0 }
    }

    /// Something is missing: tells it unless it was told, and waits a while for it.
    pub(super) fn meet(&mut self, run: &Run, problem: Problem) {
        if !std::mem::replace(&mut self.short, true) {
            run.problem(problem);
        }
        run.gauge.while_not_accepting(|| run.registry.wait_change(self.pause));
        self.pause = (self.pause * 2).min(PAUSES.1);
    }

    /// It went well this time; others may still wait.
    pub(super) fn eased(&mut self) {
        self.pause = PAUSES.0;
    }

    /// The limit of clients is reached: tells it unless it was told.
    pub(super) fn full(&mut self, run: &Run) {
        if !std::mem::replace(&mut self.full, true) {
            let limit = u32::try_from(run.config.max_clients).unwrap_or(u32::MAX);
            run.problem(Problem::MaxClients { limit });
        }
    }

    /// The accept queue is empty: whoever had to wait is served.
    pub(super) fn over(&mut self, run: &Run) {
        self.full = false;
        if std::mem::take(&mut self.short) {
            run.problem(Problem::Recovered);
        }
    }
}
