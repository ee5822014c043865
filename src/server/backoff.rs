//! The reaction to a lack of resources for accepting or serving a client: it is reported once, and the server tries
//! again after growing delays.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::server::event::Problem;
use crate::server::shared::ServerShared;

/// The first and the longest delay. It doubles in between.
const DELAYS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// The delay after the next error.
pub(super) struct AcceptBackoff {
    delay: Duration,
}

impl AcceptBackoff {
    pub(super) fn new() -> Self {
        Self { delay: DELAYS.0 }
    }

    /// Reports the problem unless one was reported already. Then waits for the delay, or until another connection is
    /// closed, which may free the missing resource.
    pub(super) fn on_error(&mut self, shared: &ServerShared, problem: Problem) {
        shared.steps.set_accepting(false);
        if !shared.lacks_resources.swap(true, Relaxed) {
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
    pub(super) fn on_recovered(shared: &ServerShared) {
        if shared.lacks_resources.swap(false, Relaxed) {
            shared.report(Problem::Recovered);
        }
    }
}
