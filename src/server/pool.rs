//! The queue in front of the pool's threads: clients that are accepted and not served yet.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::server::client_id::ClientId;
use crate::server::registry::Conn;

/// The queue in front of the pool's threads.
#[derive(Default)]
pub(super) struct Pool {
    queue: Mutex<Queue>,
    /// Told when a client comes or the pool is closed.
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    clients: VecDeque<Arc<Conn>>,
    /// Threads that wait for a client.
    idle: usize,
    closed: bool,
}

impl Pool {
    /// Whether another thread would be of use: more clients wait than threads are idle.
    pub(super) fn push(&self, conn: Arc<Conn>) -> bool {
        let mut queue = self.lock();
        queue.clients.push_back(conn);
        self.changed.notify_one();
        queue.clients.len() > queue.idle
    }

    /// The next client, when there is one; `None` when the pool is closed and the last one has been handed out.
    pub(super) fn next(&self) -> Option<Arc<Conn>> {
        let mut queue = self.lock();
        queue.idle += 1;
        queue = self
            .changed
            .wait_while(queue, |queue| queue.clients.is_empty() && !queue.closed)
            .unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        queue.clients.pop_front()
    }

    /// No more clients come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes a client out of the queue, where it still is in it.
    pub(super) fn take(&self, id: ClientId) -> Option<Arc<Conn>> {
        let clients = &mut self.lock().clients;
        let index = clients.iter().position(|conn| conn.client.id == id)?;
        clients.remove(index)
    }

    /// Nothing that can panic runs while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
