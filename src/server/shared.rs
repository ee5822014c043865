//! The data that the threads of one run of the server share: its settings, its state, its connections, and whether it
//! stops.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use mio::Waker;

use crate::server::accept_queue_monitor::AcceptQueueMonitor;
use crate::server::config::ServerConfig;
use crate::server::event::{EventKind, Problem};
use crate::server::event_channel::EventSender;
use crate::server::registry::ConnectionRegistry;
use crate::server::start_error::StartError;
use crate::server::status::{Counters, ServerState};
use crate::server::stepper::StepController;
use crate::settings::Mode;
use crate::sync::{lock, wait_while_for};
use crate::tls::server_config::TlsServer;

/// The shared data of one run.
pub(super) struct ServerShared {
    pub(super) config: ServerConfig,
    pub(super) events: EventSender,
    pub(super) registry: ConnectionRegistry,
    pub(super) totals: Totals,
    pub(super) accept_queue: AcceptQueueMonitor,
    pub(super) steps: StepController,
    /// Set before the server listens, if it serves TLS.
    pub(super) tls: OnceLock<TlsServer>,
    state: Mutex<ServerState>,
    state_changed: Condvar,
    is_stopping: AtomicBool,
    /// Wakes the accept loop. Set before the server listens.
    waker: OnceLock<Waker>,
}

/// Sums over all clients of the run, including closed ones.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) clients: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
}

impl ServerShared {
    pub(super) fn new(config: ServerConfig, events: EventSender, is_stepping: bool) -> Self {
        Self {
            steps: StepController::new(events.clone(), is_stepping, config.mode == Mode::One),
            config,
            events,
            registry: ConnectionRegistry::default(),
            totals: Totals::default(),
            accept_queue: AcceptQueueMonitor::default(),
            tls: OnceLock::new(),
            state: Mutex::new(ServerState::Starting),
            state_changed: Condvar::new(),
            is_stopping: AtomicBool::new(false),
            waker: OnceLock::new(),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(SeqCst)
    }

    /// Closes every socket and makes every thread end. Returns at once.
    pub(super) fn stop(&self) {
        if self.is_stopping.swap(true, SeqCst) {
            return;
        }
        let mut state = lock(&self.state);
        if state.is_stopped() {
            return;
        }
        *state = ServerState::Stopping;
        // While the state is locked, so that the log has the states in their order.
        self.events.send(None, EventKind::Stopping);
        drop(state);
        self.registry.close_all();
        self.steps.stop();
        self.accept_queue.notify_waiters();
        self.wake_accept_loop();
    }

    /// Pauses or resumes accepting. Does nothing once the server stops.
    pub(super) fn pause_accepting(&self, paused: bool) {
        let state = lock(&self.state);
        let is_running = matches!(*state, ServerState::Starting | ServerState::Listening { .. });
        if !is_running || !self.steps.set_accepting_paused(paused) {
            return;
        }
        // While the state is locked, so that no event follows the last one.
        self.events.send(None, if paused { EventKind::AcceptPaused } else { EventKind::AcceptResumed });
        drop(state);
        self.wake_accept_loop();
    }

    fn wake_accept_loop(&self) {
        if let Some(waker) = self.waker.get() {
            // This fails only after the accept loop has ended.
            let _ = waker.wake();
        }
    }

    pub(super) fn state(&self) -> ServerState {
        lock(&self.state).clone()
    }

    pub(super) fn counters(&self) -> Counters {
        let is_listening = matches!(*lock(&self.state), ServerState::Listening { .. });
        Counters {
            clients_now: self.registry.len() as u64,
            clients_total: self.totals.clients.load(Relaxed),
            bytes_received: self.totals.received.load(Relaxed),
            bytes_sent: self.totals.sent.load(Relaxed),
            waiting: self.accept_queue.waiting().filter(|_| is_listening),
        }
    }

    /// Waits until the run is over, for at most `timeout`. Returns whether it is.
    pub(super) fn wait_until_stopped(&self, timeout: Duration) -> bool {
        let state = lock(&self.state);
        wait_while_for(&self.state_changed, state, timeout, |state| !state.is_stopped()).is_stopped()
    }

    /// Sets that the server listens, after `report` has sent the events of the start. Returns false if a stop came
    /// first.
    pub(super) fn set_listening(
        &self,
        waker: Waker,
        addresses: Vec<SocketAddr>,
        report: impl FnOnce(),
    ) -> bool {
        // Set once, by the only thread that starts the run.
        let _ = self.waker.set(waker);
        let mut state = lock(&self.state);
        if self.is_stopping() {
            return false;
        }
        *state = ServerState::Listening { addresses, tls: self.tls.get().is_some() };
        report();
        self.state_changed.notify_all();
        true
    }

    pub(super) fn fail(&self, error: StartError) {
        let error = Arc::new(error);
        self.finish(ServerState::Failed(Arc::clone(&error)), EventKind::StartFailed(error));
    }

    /// Ends the run. The last event is sent before the state shows that there are no more.
    pub(super) fn finish(&self, state: ServerState, event: EventKind) {
        self.events.send(None, event);
        *lock(&self.state) = state;
        self.state_changed.notify_all();
        self.events.wake();
    }

    /// Reports a problem that isn't about one client.
    pub(super) fn report(&self, problem: Problem) {
        self.events.send(None, EventKind::Problem(problem));
    }
}
