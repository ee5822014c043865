//! The threads that serve clients in the modes *threads* and *pool*, and the clients that wait for one of them.
//!
//! A thread that has served its client waits for another one, since creating a thread takes longer than serving a short
//! connection. The thread that waited for the shortest time serves the next client, so that threads that are no longer
//! needed can end.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::server::event::ClientId;
use crate::server::registry::Conn;
use crate::settings::Mode;
use crate::sync::{lock, wait_while, wait_while_for};

/// How long a thread waits for a client in mode *threads* before it ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// The threads of one run of the server.
pub(super) struct Workers {
    /// The maximum number of threads.
    max: usize,
    /// How long a thread waits for a client before it ends; `None`: until the server stops.
    idle_timeout: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of threads.
    count: usize,
    /// The threads that wait for a client, in the order in which they began to wait.
    idle: Vec<Arc<Worker>>,
    /// The clients that wait for a thread.
    queue: VecDeque<Arc<Conn>>,
    /// Whether no more clients will come.
    is_closed: bool,
}

/// One thread.
#[derive(Default)]
pub(super) struct Worker {
    task: Mutex<Option<Task>>,
    has_task: Condvar,
}

enum Task {
    Serve(Arc<Conn>),
    End,
}

impl Worker {
    fn give(&self, task: Task) {
        *lock(&self.task) = Some(task);
        self.has_task.notify_one();
    }

    fn wait(&self, timeout: Option<Duration>) -> Option<Task> {
        let task = lock(&self.task);
        match timeout {
            Some(timeout) => wait_while_for(&self.has_task, task, timeout, |task| task.is_none()).take(),
            None => wait_while(&self.has_task, task, |task| task.is_none()).take(),
        }
    }
}

impl Workers {
    /// Creates the state for a mode, of at most `pool_size` threads in mode *pool* and `max_clients` in mode *threads*.
    pub(super) fn new(mode: Mode, pool_size: u16, max_clients: usize) -> Self {
        let (max, idle_timeout) = match mode {
            Mode::Pool => (pool_size.into(), None),
            Mode::One | Mode::Threads => (max_clients, Some(IDLE_TIMEOUT)),
        };
        Self { max, idle_timeout, state: Mutex::default() }
    }

    /// Gives a client to an idle thread, or else queues it. Returns whether another thread would help.
    pub(super) fn assign(&self, conn: Arc<Conn>) -> bool {
        let mut state = lock(&self.state);
        let Some(worker) = state.idle.pop() else {
            state.queue.push_back(conn);
            return state.count < self.max;
        };
        drop(state);
        worker.give(Task::Serve(conn));
        false
    }

    /// Returns whether a client waits for a thread, and there may be another one.
    pub(super) fn needs_thread(&self) -> bool {
        let state = lock(&self.state);
        !state.queue.is_empty() && state.count < self.max
    }

    /// Returns the number of threads.
    pub(super) fn count(&self) -> usize {
        lock(&self.state).count
    }

    /// Counts a new thread.
    pub(super) fn add(&self) -> Arc<Worker> {
        lock(&self.state).count += 1;
        Arc::default()
    }

    /// Subtracts a thread that could not be started or has panicked.
    pub(super) fn remove(&self) {
        lock(&self.state).count -= 1;
    }

    /// Waits for a thread's next client. Returns `None` if the thread is to end.
    pub(super) fn next(&self, worker: &Arc<Worker>) -> Option<Arc<Conn>> {
        let mut state = lock(&self.state);
        if let Some(conn) = state.queue.pop_front() {
            return Some(conn);
        }
        if state.is_closed {
            state.count -= 1;
            return None;
        }
        state.idle.push(Arc::clone(worker));
        drop(state);
        let task = worker.wait(self.idle_timeout).or_else(|| {
            let mut state = lock(&self.state);
            let Some(index) = state.idle.iter().position(|idle| Arc::ptr_eq(idle, worker)) else {
                drop(state);
                // Another thread has just chosen this one.
                return worker.wait(None);
            };
            state.idle.remove(index);
            state.count -= 1;
            None
        });
        match task? {
            Task::Serve(conn) => Some(conn),
            Task::End => None,
        }
    }

    /// Removes a client that waits for a thread.
    pub(super) fn take(&self, id: ClientId) -> Option<Arc<Conn>> {
        let mut state = lock(&self.state);
        let index = state.queue.iter().position(|conn| conn.client.id == id)?;
        state.queue.remove(index)
    }

    /// Returns whether a client waits for a thread.
    pub(super) fn has_waiting(&self) -> bool {
        !lock(&self.state).queue.is_empty()
    }

    /// Makes the threads end after their last client. Returns the clients that none of them will serve.
    pub(super) fn close(&self) -> VecDeque<Arc<Conn>> {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let idle = std::mem::take(&mut state.idle);
        state.count -= idle.len();
        let unserved = if state.count == 0 { std::mem::take(&mut state.queue) } else { VecDeque::new() };
        drop(state);
        for worker in idle {
            worker.give(Task::End);
        }
        unserved
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::capture::Recording;
    use crate::server::event::ClientInfo;

    fn workers(max: usize, idle_timeout: Option<Duration>) -> Workers {
        Workers { max, idle_timeout, state: Mutex::default() }
    }

    fn conn(id: u64) -> Arc<Conn> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = listener.local_addr().unwrap();
        let stream = TcpStream::connect(peer).unwrap();
        Arc::new(Conn::new(ClientInfo { id: ClientId(id), peer }, stream, false, Recording::default()))
    }

    fn wait_for_idle(workers: &Workers, count: usize) {
        while lock(&workers.state).idle.len() != count {
            thread::yield_now();
        }
    }

    #[test]
    fn thread_that_has_just_become_idle_serves_the_next_client() {
        // A time limit, so that the threads also end if the test fails.
        let workers = workers(2, Some(Duration::from_secs(5)));
        let (sender, served) = channel();
        thread::scope(|scope| {
            for name in ["first", "second"] {
                let (worker, sender, workers) = (workers.add(), sender.clone(), &workers);
                scope.spawn(move || {
                    while let Some(conn) = workers.next(&worker) {
                        sender.send((name, conn.client.id.0)).unwrap();
                    }
                });
                wait_for_idle(workers, if name == "first" { 1 } else { 2 });
            }
            for id in 1..=3 {
                assert!(!workers.assign(conn(id)), "no further thread is needed");
                assert_eq!(served.recv().unwrap(), ("second", id));
                wait_for_idle(&workers, 2);
            }
            assert!(workers.close().is_empty());
        });
        assert_eq!(workers.count(), 0);
    }

    #[test]
    fn clients_wait_in_turn_when_all_threads_are_busy() {
        let workers = workers(1, None);
        let worker = workers.add();
        assert!(!workers.assign(conn(1)), "there can't be a second thread");
        assert!(!workers.assign(conn(2)));
        assert!(!workers.assign(conn(3)));
        assert_eq!(workers.take(ClientId(2)).map(|conn| conn.client.id.0), Some(2));
        assert!(workers.close().is_empty(), "the thread serves them before it ends");
        let served = std::iter::from_fn(|| workers.next(&worker)).map(|conn| conn.client.id.0);
        assert_eq!(served.collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn clients_without_a_thread_are_returned_at_the_end() {
        let workers = workers(1, None);
        assert!(workers.assign(conn(1)), "a thread is needed");
        assert!(workers.needs_thread());
        assert_eq!(workers.close().len(), 1);
        assert!(!workers.needs_thread());
    }

    #[test]
    fn idle_thread_ends() {
        let workers = workers(1, Some(Duration::from_millis(1)));
        let worker = workers.add();
        assert!(workers.next(&worker).is_none());
        assert_eq!((workers.count(), lock(&workers.state).idle.len()), (0, 0));
    }
}
