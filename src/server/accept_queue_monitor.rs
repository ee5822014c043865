//! Watches the OS's queues: which clients wait in the accept queues, how many attempts to connect the OS dropped, and,
//! on request, how many bytes are in the queues of connections.
//!
//! While the accept loop waits in `accept`, the accept queues are empty. While it does something else (it serves a client
//! itself, is paused, or the client limit is reached), a thread asks the OS a few times a second.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, Weak};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use mio::net::TcpListener;

use crate::platform::socket_queues::{
    self, ByteQueues, QueuedClients, REFUSES_WHEN_FULL, REPORTS_ACCEPT_QUEUE,
};
use crate::server::event::ClientId;
use crate::sync::{lock, wait_while, wait_while_for};

/// The time between two queries. For each of them, the OS searches all of its sockets.
const POLL: Duration = Duration::from_millis(200);
/// The time between two queries is at least this many times what a query takes: that depends on how many sockets the
/// computer has.
const REST: u32 = 10;
/// The most clients of a queue whose addresses are kept.
const MAX_ADDRESSES: usize = 32;

/// The accept queues of a listening server: one for each address, all of one size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptQueues {
    /// The backlog that was passed to `listen`.
    pub backlog: u16,
    /// How many clients fit into each queue; `None` if the OS doesn't report its rule.
    pub capacity: Option<u32>,
    /// The queue of each address.
    pub queues: Vec<AcceptQueue>,
    /// Whether the accept loop is in `accept`, so that no client has to wait.
    pub accepting: bool,
    /// Whether the OS refuses a client when the queue is full. Otherwise the client's attempt to connect times out.
    pub refuses_when_full: bool,
}

/// The accept queue of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptQueue {
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// How many clients wait; `None` if the OS doesn't report it.
    pub waiting: Option<u32>,
    /// The addresses of the first waiting clients, the next one to be accepted first.
    pub clients: Vec<SocketAddr>,
    /// How many attempts to connect the OS has dropped since the start because the queue was full. A client retries, and
    /// each retry counts. `None` if the OS doesn't report it.
    pub dropped: Option<u32>,
}

impl AcceptQueues {
    /// Returns how many clients wait in all queues; `None` if the OS doesn't report it.
    #[must_use]
    pub fn waiting(&self) -> Option<u32> {
        self.queues.iter().map(|queue| queue.waiting).sum()
    }
}

/// Watches the accept queues of one run of the server.
#[derive(Default)]
pub(super) struct AcceptQueueMonitor {
    queues: Mutex<AcceptQueues>,
    /// Weak, so that the sockets close when the accept loop ends.
    listeners: Mutex<Option<Weak<[TcpListener]>>>,
    /// The connections whose queues are watched, and their queues as the front end has seen them.
    watched: Mutex<Vec<(ClientId, ByteQueues)>>,
    changed: Condvar,
}

impl AcceptQueueMonitor {
    /// Sets the listening sockets, and their addresses in the same order.
    pub(super) fn set_listeners(
        &self,
        listeners: Weak<[TcpListener]>,
        addresses: &[SocketAddr],
        backlog: u16,
    ) {
        let queue = |address: &SocketAddr| AcceptQueue {
            address: *address,
            waiting: REPORTS_ACCEPT_QUEUE.then_some(0),
            clients: Vec::new(),
            dropped: REPORTS_ACCEPT_QUEUE.then_some(0),
        };
        *lock(&self.listeners) = Some(listeners);
        *lock(&self.queues) = AcceptQueues {
            backlog,
            capacity: socket_queues::accept_queue_capacity(backlog),
            queues: addresses.iter().map(queue).collect(),
            accepting: true,
            refuses_when_full: REFUSES_WHEN_FULL,
        };
    }

    /// Returns how many clients wait in all queues, if that is known.
    pub(super) fn waiting(&self) -> Option<u32> {
        lock(&self.queues).waiting()
    }

    /// Returns after how many clients that were accepted without a pause a queue may have been full.
    pub(super) fn capacity(&self) -> Option<u32> {
        lock(&self.queues).capacity
    }

    /// Asks the OS how many attempts to connect it has dropped. Returns the addresses at which it has dropped some since
    /// the last call, with the number of these.
    pub(super) fn update_dropped(&self) -> Vec<(SocketAddr, u32)> {
        let Some(listeners) = lock(&self.listeners).as_ref().and_then(Weak::upgrade) else {
            return Vec::new();
        };
        // The OS is asked while the queues are locked, so that an older number can't replace a newer one.
        let mut queues = lock(&self.queues);
        let changes = queues.queues.iter_mut().zip(listeners.iter()).filter_map(|(queue, listener)| {
            let dropped = socket_queues::dropped_attempts(listener);
            let before = std::mem::replace(&mut queue.dropped, dropped);
            let new = dropped?.wrapping_sub(before?);
            (new > 0).then_some((queue.address, new))
        });
        changes.collect()
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

    /// Sets the connections whose queues are watched until one of them changes.
    pub(super) fn watch_byte_queues(&self, watched: Vec<(ClientId, ByteQueues)>) {
        *lock(&self.watched) = watched;
        self.notify_waiters();
    }

    /// Makes the watching thread check whether the server is stopping.
    pub(super) fn notify_waiters(&self) {
        drop(lock(&self.queues));
        self.changed.notify_all();
    }

    /// Starts the watching thread, which calls `on_change` after each change, with what [`Self::update_dropped`]
    /// returned. The thread ends after [`Self::notify_waiters`] once `is_stopping` returns true.
    pub(super) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        is_stopping: impl Fn() -> bool + Send + 'scope,
        byte_queues: impl Fn(&[ClientId]) -> Vec<Option<ByteQueues>> + Send + 'scope,
        on_change: impl Fn(&[(SocketAddr, u32)]) + Send + 'scope,
    ) {
        let thread = Builder::new().name("accept queue".to_owned()).stack_size(128 * 1024);
        if thread.spawn_scoped(scope, move || self.watch(is_stopping, byte_queues, on_change)).is_err() {
            // The server works without this thread, but the lengths of the queues are unknown.
            lock(&self.queues).queues.iter_mut().for_each(|queue| queue.waiting = None);
        }
    }

    fn watch(
        &self,
        is_stopping: impl Fn() -> bool,
        byte_queues: impl Fn(&[ClientId]) -> Vec<Option<ByteQueues>>,
        on_change: impl Fn(&[(SocketAddr, u32)]),
    ) {
        socket_queues::open_socket_lists();
        let mut queues = lock(&self.queues);
        while !is_stopping() {
            let is_accepting = queues.accepting;
            let addresses: Vec<_> = queues.queues.iter().map(|queue| queue.address).collect();
            let known: Vec<_> = queues.queues.iter().flat_map(|queue| queue.clients.clone()).collect();
            drop(queues);
            let start = Instant::now();
            let (mut is_changed, dropped) = if is_accepting && REPORTS_ACCEPT_QUEUE {
                (self.update_waiting(Some(&vec![QueuedClients::default(); addresses.len()])), Vec::new())
            } else {
                let clients = socket_queues::queued_clients(&addresses, &known);
                (self.update_waiting(clients.as_deref()), self.update_dropped())
            };
            let rest = POLL.max(start.elapsed() * REST);
            is_changed |= !dropped.is_empty() || self.has_byte_queue_changed(&byte_queues);
            if is_changed {
                on_change(&dropped);
            }
            queues = wait_while(&self.changed, lock(&self.queues), |queues| {
                let is_known = !REPORTS_ACCEPT_QUEUE || is_accepting && queues.accepting;
                is_known && lock(&self.watched).is_empty() && !is_stopping()
            });
            // If the accept loop is busy for less time than this, no query is needed.
            queues = wait_while_for(&self.changed, queues, rest, |_| !is_stopping());
        }
    }

    /// Returns whether a watched queue has changed. If so, none is watched any more.
    fn has_byte_queue_changed(&self, byte_queues: impl Fn(&[ClientId]) -> Vec<Option<ByteQueues>>) -> bool {
        let watched = lock(&self.watched).clone();
        let ids: Vec<_> = watched.iter().map(|(id, _)| *id).collect();
        let is_changed = !ids.is_empty()
            && byte_queues(&ids)
                .into_iter()
                .zip(&watched)
                .any(|(now, (_, seen))| now.unwrap_or(*seen) != *seen);
        if is_changed {
            let mut still_watched = lock(&self.watched);
            // The front end may have set others meanwhile.
            if *still_watched == watched {
                still_watched.clear();
            }
        }
        is_changed
    }

    /// Sets the clients in each queue. Returns whether that changed anything.
    fn update_waiting(&self, clients: Option<&[QueuedClients]>) -> bool {
        let mut queues = lock(&self.queues);
        let (is_accepting, empty) = (queues.accepting, QueuedClients::default());
        let mut is_changed = false;
        for (index, queue) in queues.queues.iter_mut().enumerate() {
            let now = clients.map(|clients| &clients[index]);
            // A client that was accepted since the query no longer waits.
            let now = now.map(|now| if is_accepting { &empty } else { now });
            let waiting = now.map(|now| now.count);
            let addresses = now.map_or(&[][..], |now| &now.addresses);
            let before = queue.clients.len();
            queue.clients.retain(|client| addresses.contains(client));
            is_changed |= queue.clients.len() != before || queue.waiting != waiting;
            for address in addresses {
                if queue.clients.len() < MAX_ADDRESSES && !queue.clients.contains(address) {
                    queue.clients.push(*address);
                    is_changed = true;
                }
            }
            queue.waiting = waiting;
        }
        is_changed
    }
}
