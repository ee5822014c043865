//! Watches how many clients wait in the accept queue, on systems that report it.
//!
//! While the accept loop waits in `accept`, the queue is empty. While it does something else (it serves a client
//! itself, is paused, or the client limit is reached), a thread asks the OS a few times a second.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use crate::platform::sockets::{self, REFUSES_WHEN_FULL, REPORTS_QUEUE_LENGTH};
use crate::sync::{lock, wait_while, wait_while_for};

/// The time between two queries. For each of them, the OS searches all of its sockets.
const POLL: Duration = Duration::from_millis(200);
/// The time between two queries is at least this many times what a query takes: that depends on how many sockets the
/// computer has.
const REST: u32 = 20;

/// The accept queues of a listening server: one for each address, all of one size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptQueues {
    /// The backlog that was passed to `listen`.
    pub backlog: u16,
    /// How many clients fit into each queue; `None` if the OS doesn't report its rule.
    pub capacity: Option<u32>,
    /// How many clients wait at each address; `None` if the OS doesn't report it.
    pub waiting: Vec<(SocketAddr, Option<u32>)>,
    /// Whether the accept loop is in `accept`, so that no client has to wait.
    pub accepting: bool,
    /// Whether the OS refuses a client when the queue is full. Otherwise the client's attempt to connect times out.
    pub refuses_when_full: bool,
}

/// Watches the accept queues of one run of the server.
#[derive(Default)]
pub(super) struct AcceptQueueMonitor {
    queues: Mutex<AcceptQueues>,
    changed: Condvar,
}

impl AcceptQueueMonitor {
    /// Sets the listening sockets.
    pub(super) fn set_addresses(&self, addresses: &[SocketAddr], backlog: u16) {
        let waiting = REPORTS_QUEUE_LENGTH.then_some(0);
        *lock(&self.queues) = AcceptQueues {
            backlog,
            capacity: sockets::accept_queue_capacity(backlog),
            waiting: addresses.iter().map(|address| (*address, waiting)).collect(),
            accepting: true,
            refuses_when_full: REFUSES_WHEN_FULL,
        };
    }

    /// Returns how many clients wait in all queues, if that is known.
    pub(super) fn waiting(&self) -> Option<u32> {
        lock(&self.queues).waiting.iter().map(|(_, waiting)| *waiting).sum()
    }

    /// Returns a copy of all queues.
    pub(super) fn snapshot(&self) -> AcceptQueues {
        lock(&self.queues).clone()
    }

    /// Watches the queues during `work`, which keeps the accept loop from accepting.
    pub(super) fn while_not_accepting<T>(&self, work: impl FnOnce() -> T) -> T {
        lock(&self.queues).accepting = false;
        self.changed.notify_all();
        let result = work();
        lock(&self.queues).accepting = true;
        result
    }

    /// Makes the watching thread check whether the server is stopping.
    pub(super) fn notify_waiters(&self) {
        drop(lock(&self.queues));
        self.changed.notify_all();
    }

    /// Starts the watching thread, which calls `on_change` after each change. The thread ends after
    /// [`Self::notify_waiters`] once `is_stopping` returns true.
    pub(super) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        is_stopping: impl Fn() -> bool + Send + 'scope,
        on_change: impl Fn() + Send + 'scope,
    ) {
        if !REPORTS_QUEUE_LENGTH {
            return;
        }
        let thread = Builder::new().name("accept queue".to_owned()).stack_size(128 * 1024);
        if thread.spawn_scoped(scope, move || self.watch(is_stopping, on_change)).is_err() {
            // The server works without this thread, but the lengths of the queues are unknown.
            lock(&self.queues).waiting.iter_mut().for_each(|(_, waiting)| *waiting = None);
        }
    }

    fn watch(&self, is_stopping: impl Fn() -> bool, on_change: impl Fn()) {
        let mut queues = lock(&self.queues);
        while !is_stopping() {
            let is_accepting = queues.accepting;
            let addresses: Vec<_> = queues.waiting.iter().map(|(address, _)| *address).collect();
            drop(queues);
            let start = Instant::now();
            let lengths = if is_accepting {
                Some(vec![0; addresses.len()])
            } else {
                sockets::accept_queue_lengths(&addresses)
            };
            let rest = POLL.max(start.elapsed() * REST);
            let length = |index: usize| lengths.as_ref().map(|lengths| lengths[index]);
            let addresses = addresses.into_iter().enumerate();
            let waiting: Vec<_> = addresses.map(|(index, address)| (address, length(index))).collect();
            queues = lock(&self.queues);
            if queues.waiting != waiting {
                queues.waiting = waiting;
                drop(queues);
                on_change();
                queues = lock(&self.queues);
            }
            queues = wait_while(&self.changed, queues, |queues| {
                is_accepting && queues.accepting && !is_stopping()
            });
            // If the accept loop is busy for less time than this, no query is needed.
            queues = wait_while_for(&self.changed, queues, rest, |_| !is_stopping());
        }
    }
}
