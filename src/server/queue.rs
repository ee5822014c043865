//! How many clients wait in the accept queue.
//!
//! While the accept loop waits for clients the queue is empty, and nothing needs to be looked at. While it does not
//! accept (it serves a client itself, or the limit of clients is reached) a thread asks the kernel a few times a
//! second and wakes the front end where the number changed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use crate::platform::sockets;

/// How often the kernel is asked while nothing is accepted.
const INTERVAL: Duration = Duration::from_millis(100);
/// How often once nothing has changed for a while: the kernel goes through all its sockets to answer.
const LAZY_INTERVAL: Duration = Duration::from_millis(400);
/// So many times the same answer is a while.
const A_WHILE: u32 = 20;
/// How long the gauge stays attentive after the last pause of the accept loop, so that a busy loop needn't wake it.
const ATTENTIVE: Duration = Duration::from_secs(1);
/// `waiting` where the system can't tell.
const UNKNOWN: u32 = u32::MAX;

/// The length of the accept queue, kept up to date.
#[derive(Default)]
pub(super) struct Gauge {
    waiting: AtomicU32,
    /// The same for each address, in the order of [`Attention::addresses`].
    lengths: Mutex<Vec<u32>>,
    /// How many clients fit into each queue.
    room: OnceLock<Option<u32>>,
    state: Mutex<Attention>,
    changed: Condvar,
}

#[derive(Default)]
struct Attention {
    addresses: Vec<SocketAddr>,
    /// Whether the accept loop is away from its queue.
    away: bool,
    /// Whether the thread sleeps without a time limit and must be woken.
    asleep: bool,
}

impl Gauge {
    /// Which listening sockets to look at.
    pub(super) fn watch(&self, addresses: &[SocketAddr], backlog: u16) {
        addresses.clone_into(&mut self.lock().addresses);
        *self.lock_lengths() = vec![0; addresses.len()];
        // This is the only place that sets it, once a run.
        let _ = self.room.set(sockets::queue_room(backlog));
        self.waiting.store(if sockets::TELLS_QUEUE { 0 } else { UNKNOWN }, Relaxed);
    }

    /// Clients in the queue; `None` where the system doesn't tell.
    pub(super) fn waiting(&self) -> Option<u32> {
        Some(self.waiting.load(Relaxed)).filter(|waiting| *waiting != UNKNOWN)
    }

    /// Clients in the queue of each address; `None` where the system doesn't tell.
    pub(super) fn waiting_at(&self) -> Vec<(SocketAddr, Option<u32>)> {
        let addresses = self.lock().addresses.clone();
        let lengths = self.lock_lengths().clone();
        let known = self.waiting().is_some();
        let length = |index: usize| lengths.get(index).copied().filter(|_| known);
        addresses.into_iter().enumerate().map(|(index, address)| (address, length(index))).collect()
    }

    /// How many clients fit into each queue, where that is known.
    pub(super) fn room(&self) -> Option<u32> {
        self.room.get().copied().flatten()
    }

    /// Does what keeps the accept loop from accepting, with the queue watched meanwhile.
    pub(super) fn while_not_accepting(&self, work: impl FnOnce()) {
        self.set_away(true);
        work();
        self.set_away(false);
    }

    /// Ends the thread after the run was stopped, or has it look anew.
    pub(super) fn wake(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Starts the thread, where the system can tell anything. It ends on [`Gauge::wake`] once `stopping` says so, and
    /// calls `changed` where the number did.
    pub(super) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        stopping: impl Fn() -> bool + Send + 'scope,
        changed: impl Fn() + Send + 'scope,
    ) {
        if !sockets::TELLS_QUEUE {
            return;
        }
        let thread = Builder::new().name("accept queue".to_owned()).stack_size(128 * 1024);
        if thread.spawn_scoped(scope, move || self.look(stopping, changed)).is_err() {
            // No thread to spare: the gauge is a convenience, the server is not.
            self.waiting.store(UNKNOWN, Relaxed);
        }
    }

    fn set_away(&self, away: bool) {
        let mut state = self.lock();
        state.away = away;
        if away && state.asleep {
            self.changed.notify_all();
        }
    }

    fn look(&self, stopping: impl Fn() -> bool, changed: impl Fn()) {
        let mut attentive_until = Instant::now();
        let mut unchanged = 0_u32;
        let mut state = self.lock();
        while !stopping() {
            if state.away {
                attentive_until = Instant::now() + ATTENTIVE;
                let addresses = state.addresses.clone();
                drop(state);
                let moved = self.show(&changed, sockets::queue_lengths(&addresses));
                unchanged = if moved { 0 } else { unchanged.saturating_add(1) };
                state = self.lock();
            } else {
                let none = vec![0; state.addresses.len()];
                self.show(&changed, Some(none));
            }
            if stopping() {
                return;
            }
            if state.away || Instant::now() < attentive_until {
                let interval = if unchanged < A_WHILE { INTERVAL } else { LAZY_INTERVAL };
                state = self.changed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner).0;
            } else {
                state.asleep = true;
                state = self
                    .changed
                    .wait_while(state, |state| !state.away && !stopping())
                    .unwrap_or_else(PoisonError::into_inner);
                state.asleep = false;
                unchanged = 0;
                // A client that is served at once leaves nothing to see.
                state = self.changed.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Whether it differs from before.
    fn show(&self, changed: impl Fn(), lengths: Option<Vec<u32>>) -> bool {
        let waiting = lengths.as_ref().map_or(UNKNOWN, |lengths| lengths.iter().sum());
        let lengths = lengths.unwrap_or_default();
        let moved = std::mem::replace(&mut *self.lock_lengths(), lengths.clone()) != lengths;
        let moved = self.waiting.swap(waiting, Relaxed) != waiting || moved;
        if moved {
            changed();
        }
        moved
    }

    fn lock_lengths(&self) -> MutexGuard<'_, Vec<u32>> {
        self.lengths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing that can panic runs while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Attention> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
