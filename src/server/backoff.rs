//! The reaction to a lack of resources for accepting or serving a client: it is reported once, and the server tries
//! again after growing delays.

use std::time::Duration;

use crate::server::event::Problem;
use crate::server::shared::ServerShared;

/// The first and the longest delay. It doubles in between.
const DELAYS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// The state of a lack of resources, from the first error until the accept queue is empty again.
pub(super) struct AcceptBackoff {
    is_failing: bool,
    delay: Duration,
}

impl AcceptBackoff {
    pub(super) fn new() -> Self {
        Self { is_failing: false, delay: DELAYS.0 }
    }

    /// Reports the problem unless one was reported already. Then waits for the delay, or until another connection is
    /// closed, which may free the missing resource.
    pub(super) fn on_error(&mut self, shared: &ServerShared, problem: Problem) {
        if !self.is_failing {
            self.is_failing = true;
            shared.report(problem);
        }
        shared.accept_queue.while_not_accepting(|| shared.registry.wait_for_removal(self.delay));
        self.delay = (self.delay * 2).min(DELAYS.1);
    }

    /// Resets the delay. The problem isn't over yet, since other clients may still wait.
    pub(super) fn on_success(&mut self) {
        self.delay = DELAYS.0;
    }

    /// Reports the end of a problem, once the accept queue is empty.
    pub(super) fn on_recovered(&mut self, shared: &ServerShared) {
        if self.is_failing {
            self.is_failing = false;
            shared.report(Problem::Recovered);
        }
    }
}
