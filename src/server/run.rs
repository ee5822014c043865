//! What the threads of one run of the server share: its state, its clients, and the wish to stop.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mio::Waker;

use crate::server::config::ServerConfig;
use crate::server::error::StartError;
use crate::server::event::{EventKind, Problem};
use crate::server::event_channel::EventSender;
use crate::server::gate::Gate;
use crate::server::pool::Pool;
use crate::server::queue::Gauge;
use crate::server::registry::Registry;
use crate::server::status::{Counters, ServerState};
use crate::settings::Mode;

/// What the threads of one run share.
pub(super) struct Run {
    pub(super) config: ServerConfig,
    pub(super) sink: EventSender,
    pub(super) registry: Registry,
    pub(super) totals: Totals,
    pub(super) gauge: Gauge,
    pub(super) gate: Gate,
    pub(super) pool: Pool,
    state: Mutex<ServerState>,
    /// Told at each change of the state.
    state_changed: Condvar,
    stopping: AtomicBool,
    /// Wakes the accept loop; set as soon as there is one.
    waker: OnceLock<Waker>,
}

/// Sums over all clients of the run, those that have gone included.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) clients: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
}

impl Run {
    pub(super) fn new(config: ServerConfig, sink: EventSender, stepping: bool) -> Self {
        Self {
            gate: Gate::new(sink.clone(), stepping, config.mode == Mode::One),
            config,
            sink,
            registry: Registry::default(),
            totals: Totals::default(),
            gauge: Gauge::default(),
            pool: Pool::default(),
            state: Mutex::new(ServerState::Starting),
            state_changed: Condvar::new(),
            stopping: AtomicBool::new(false),
            waker: OnceLock::new(),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(SeqCst)
    }

    /// Asks every thread to end. Returns at once.
    pub(super) fn stop(&self) {
        if self.stopping.swap(true, SeqCst) {
            return;
        }
        {
            let mut state = self.lock_state();
            if state.is_stopped() {
                return;
            }
            *state = ServerState::Stopping;
            // Told while the state is locked, so that the log has the order in which the states came.
            self.sink.emit(None, EventKind::Stopping);
        }
        self.registry.end_all();
        self.gate.stop();
        self.gauge.wake();
        self.wake_accept_loop();
    }

    /// Has the accept loop leave its queue alone, or take clients again. Nothing happens where the run is ending.
    pub(super) fn pause(&self, paused: bool) {
        let state = self.lock_state();
        if !matches!(*state, ServerState::Starting | ServerState::Listening { .. })
            || !self.gate.set_paused(paused)
        {
            return;
        }
        // Told while the state is locked, so that nothing comes after the last line.
        self.sink.emit(None, if paused { EventKind::AcceptPaused } else { EventKind::AcceptResumed });
        drop(state);
        self.wake_accept_loop();
    }

    fn wake_accept_loop(&self) {
        if let Some(waker) = self.waker.get() {
            // It can only fail where the poller is gone, and then the loop has ended.
            let _ = waker.wake();
        }
    }

    pub(super) fn state(&self) -> ServerState {
        self.lock_state().clone()
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            clients_now: self.registry.len() as u64,
            clients_total: self.totals.clients.load(Relaxed),
            bytes_received: self.totals.received.load(Relaxed),
            bytes_sent: self.totals.sent.load(Relaxed),
            waiting: matches!(*self.lock_state(), ServerState::Listening { .. })
                .then(|| self.gauge.waiting())
                .flatten(),
        }
    }

    /// Waits until the run is at rest, but no longer than `time`; whether it is.
    pub(super) fn wait_until_stopped(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.lock_state();
        while !state.is_stopped() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            state = self.state_changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// The sockets are bound, and `told` tells it. `false`: a stop came first.
    pub(super) fn listening(
        &self,
        waker: Waker,
        addresses: &[SocketAddr],
        tls: bool,
        told: impl FnOnce(),
    ) -> bool {
        // This is the only place that sets it, once a run.
        let _ = self.waker.set(waker);
        let mut state = self.lock_state();
        if self.is_stopping() {
            return false;
        }
        *state = ServerState::Listening { addresses: addresses.to_vec(), tls };
        told();
        drop(state);
        self.state_changed.notify_all();
        true
    }

    pub(super) fn fail(&self, error: StartError) {
        let error = Arc::new(error);
        self.rest(ServerState::Failed(Arc::clone(&error)), EventKind::StartFailed(error));
    }

    /// The last event is on its way before the state tells that there will be no more.
    pub(super) fn rest(&self, state: ServerState, event: EventKind) {
        self.sink.emit(None, event);
        *self.lock_state() = state;
        self.state_changed.notify_all();
        self.sink.wake();
    }

    /// A panic can't leave a state half-written, so a poisoned lock is as good as any.
    fn lock_state(&self) -> MutexGuard<'_, ServerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn problem(&self, problem: Problem) {
        self.sink.emit(None, EventKind::Problem(problem));
    }
}
