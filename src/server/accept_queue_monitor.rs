//! Watches how many clients wait in the accept queue, on systems that report it.
//!
//! While the accept loop waits in `accept`, the queue is empty. While it does something else (it serves a client itself,
//! is paused, or the client limit is reached), a thread asks the OS a few times a second.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex};
use std::thread::{Builder, Scope};
use std::time::Duration;

use crate::platform::sockets::{self, REFUSES_WHEN_FULL, REPORTS_QUEUE_LENGTH};
use crate::sync::{lock, wait_while, wait_while_for};

/// The shortest and the longest time between two looks. It doubles while nothing changes, since the OS goes through all
/// of its sockets to answer.
const POLL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(400));

/// The accept queues of a listening server: one for each address, all of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptQueues {
    /// The backlog that was passed to `listen`.
    pub backlog: u16,
    /// How many clients fit into each queue; `None` if the OS doesn't report its rule.
    pub capacity: Option<u32>,
    /// How many clients wait at each address; `None` if the OS doesn't report it.
    pub waiting: Vec<(SocketAddr, Option<u32>)>,
    /// Whether a thread is in `accept`, so that no client has to wait.
    pub accepting: bool,
    /// Whether the OS refuses a client whose queue is full; otherwise its connecting times out.
    pub refuses_when_full: bool,
}

/// The lengths of the accept queues of one run of the server.
#[derive(Default)]
pub(super) struct AcceptQueueMonitor {
    queues: Mutex<Queues>,
    changed: Condvar,
}

#[derive(Default)]
struct Queues {
    addresses: Vec<SocketAddr>,
    /// How many clients fit into each queue.
    capacity: Option<u32>,
    /// The number of clients in the queue of each address; `None` if the OS doesn't report it.
    lengths: Option<Vec<u32>>,
    /// Whether the accept loop is in `accept`, so that the queues are empty.
    is_accepting: bool,
    /// Whether the thread waits until the accept loop leaves `accept`.
    is_idle: bool,
}

impl AcceptQueueMonitor {
    /// Sets the listening sockets.
    pub(super) fn set_addresses(&self, addresses: &[SocketAddr], backlog: u16) {
        *lock(&self.queues) = Queues {
            addresses: addresses.to_vec(),
            capacity: sockets::accept_queue_capacity(backlog),
            lengths: REPORTS_QUEUE_LENGTH.then(|| vec![0; addresses.len()]),
            is_accepting: true,
            is_idle: false,
        };
    }

    /// Returns how many clients wait in all queues, if that is known.
    pub(super) fn waiting(&self) -> Option<u32> {
        lock(&self.queues).lengths.as_ref().map(|lengths| lengths.iter().sum())
    }

    /// Returns all queues. `accepting`: whether a thread is in `accept`.
    pub(super) fn snapshot(&self, backlog: u16, accepting: bool) -> AcceptQueues {
        let queues = lock(&self.queues);
        let length = |index: usize| queues.lengths.as_ref().and_then(|lengths| lengths.get(index).copied());
        let addresses = queues.addresses.iter().enumerate();
        let waiting = addresses.map(|(index, address)| (*address, length(index))).collect();
        AcceptQueues {
            backlog,
            capacity: queues.capacity,
            waiting,
            accepting,
            refuses_when_full: REFUSES_WHEN_FULL,
        }
    }

    /// Watches the queues during `work`, which keeps the accept loop from accepting.
    pub(super) fn while_not_accepting<T>(&self, work: impl FnOnce() -> T) -> T {
        self.set_accepting(false);
        let result = work();
        self.set_accepting(true);
        result
    }

    /// Makes the thread check whether the server is stopping.
    pub(super) fn notify_waiters(&self) {
        drop(lock(&self.queues));
        self.changed.notify_all();
    }

    /// Starts the thread, which calls `on_change` after each change. It ends after [`Self::notify_waiters`] once
    /// `is_stopping` returns true.
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
            // The server works without it.
            lock(&self.queues).lengths = None;
        }
    }

    fn set_accepting(&self, is_accepting: bool) {
        let mut queues = lock(&self.queues);
        queues.is_accepting = is_accepting;
        if queues.is_idle && !is_accepting {
            self.changed.notify_all();
        }
    }

    fn watch(&self, is_stopping: impl Fn() -> bool, on_change: impl Fn()) {
        let mut interval = POLL.0;
        let mut queues = lock(&self.queues);
        while !is_stopping() {
            let (is_accepting, addresses) = (queues.is_accepting, queues.addresses.clone());
            drop(queues);
            let lengths = if is_accepting {
                Some(vec![0; addresses.len()])
            } else {
                sockets::accept_queue_lengths(&addresses)
            };
            queues = lock(&self.queues);
            let is_changed = queues.lengths != lengths;
            if is_changed {
                queues.lengths = lengths;
                drop(queues);
                on_change();
                queues = lock(&self.queues);
            }
            interval = if is_changed { POLL.0 } else { (interval * 2).min(POLL.1) };
            if is_accepting {
                queues.is_idle = true;
                queues = wait_while(&self.changed, queues, |queues| queues.is_accepting && !is_stopping());
                queues.is_idle = false;
                // A client that is served at once leaves nothing to see.
                interval = POLL.0;
            }
            queues = wait_while_for(&self.changed, queues, interval, |_| !is_stopping());
        }
    }
}
