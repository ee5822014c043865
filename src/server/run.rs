//! One run of the server, from `Starting` to `Stopped`: what its threads share, and the thread that leads them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::accept::{self, Acceptor};
use super::config::{Config, TlsFiles};
use super::error::StartError;
use super::event::{EventKind, Problem};
use super::listen::{self, Bound};
use super::queue::Gauge;
use super::registry::Registry;
use super::sink::Sink;
use super::status::{Counters, State};
use crate::tls::{self, serving::Serving};
use mio::Waker;

/// What the threads of one run share.
pub(super) struct Run {
    pub(super) config: Config,
    pub(super) sink: Sink,
    pub(super) registry: Registry,
    pub(super) totals: Totals,
    pub(super) gauge: Gauge,
    state: Mutex<State>,
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

/// All that a start needs before the first client.
struct Prepared {
    acceptor: Acceptor,
    tls: Option<Arc<Serving>>,
}

impl Run {
    pub(super) fn new(config: Config, sink: Sink) -> Self {
        Self {
            config,
            sink,
            registry: Registry::default(),
            totals: Totals::default(),
            gauge: Gauge::default(),
            state: Mutex::new(State::Starting),
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
            if state.is_at_rest() {
                return;
            }
            *state = State::Stopping;
        }
        self.sink.emit(None, EventKind::Stopping);
        self.registry.end_all();
        self.gauge.wake();
        if let Some(waker) = self.waker.get() {
            // It can only fail where the poller is gone, and then the loop has ended.
            let _ = waker.wake();
        }
    }

    pub(super) fn state(&self) -> State {
        self.lock_state().clone()
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            clients_now: self.registry.len() as u64,
            clients_total: self.totals.clients.load(Relaxed),
            bytes_received: self.totals.received.load(Relaxed),
            bytes_sent: self.totals.sent.load(Relaxed),
            waiting: matches!(*self.lock_state(), State::Listening { .. })
                .then(|| self.gauge.waiting())
                .flatten(),
        }
    }

    /// Waits until the run is at rest, but no longer than `time`; whether it is.
    pub(super) fn wait_at_rest(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.lock_state();
        while !state.is_at_rest() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            state = self.state_changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// The leading thread: starts, accepts until stopped, and leaves when every other thread has ended.
    pub(super) fn lead(&self) {
        match self.prepare() {
            Ok(Some(Prepared { acceptor, tls })) => accept::run(self, acceptor, tls),
            // A stop that came while the start was failing: the user no longer wants to know why.
            Err(error) if !self.is_stopping() => return self.fail(error),
            Ok(None) | Err(_) => {}
        }
        self.rest(State::Stopped, EventKind::Stopped);
    }

    pub(super) fn fail(&self, error: StartError) {
        let error = Arc::new(error);
        self.rest(State::Failed(Arc::clone(&error)), EventKind::StartFailed(error));
    }

    /// `Ok(None)`: stopped before it listened.
    fn prepare(&self) -> Result<Option<Prepared>, StartError> {
        let config = &self.config;
        let mut tls = match &config.tls {
            Some(files) => Some(self.tls(files)?),
            None => None,
        };
        let Some(addresses) = listen::resolve(&config.host, config.port, || self.is_stopping())? else {
            return Ok(None);
        };
        let mut bound = listen::bind(&addresses, config.backlog)?;
        let failed = std::mem::take(&mut bound.failed);
        let port = bound.port();
        if let Some(tls) = &mut tls {
            tls.listens_on(port);
        }
        let addresses = bound.listeners.iter().map(|(_, address)| *address).collect::<Vec<_>>();
        let acceptor = self.acceptor(bound)?;
        self.gauge.watch(&addresses);
        {
            let mut state = self.lock_state();
            if self.is_stopping() {
                return Ok(None);
            }
            *state = State::Listening { addresses: addresses.clone(), tls: tls.is_some() };
        }
        self.state_changed.notify_all();
        self.sink.emit(None, EventKind::Starting { port });
        for error in failed {
            self.sink.emit(None, EventKind::NotListening(error));
        }
        self.sink.emit(None, EventKind::Listening { addresses, tls: tls.is_some() });
        if let Some(path) = config.tls.as_ref().and_then(|files| files.key_log.as_ref()) {
            self.note(tls::key_log_caution(path));
        }
        Ok(Some(Prepared { acceptor, tls: tls.map(Arc::new) }))
    }

    fn tls(&self, files: &TlsFiles) -> Result<Serving, StartError> {
        let sink = self.sink.clone();
        let trouble = move |text| sink.emit(None, EventKind::Note { text, problem: true });
        Ok(tls::config::serve(files, trouble)?)
    }

    /// A word of care.
    fn note(&self, text: String) {
        self.sink.emit(None, EventKind::Note { text, problem: true });
    }

    fn acceptor(&self, bound: Bound) -> Result<Acceptor, StartError> {
        let (acceptor, waker) =
            Acceptor::new(bound).map_err(|error| StartError::System { raw: error.to_string() })?;
        // This is the only place that sets it, once a run.
        let _ = self.waker.set(waker);
        Ok(acceptor)
    }

    /// The last event is on its way before the state tells that there will be no more.
    fn rest(&self, state: State, event: EventKind) {
        self.sink.emit(None, event);
        *self.lock_state() = state;
        self.state_changed.notify_all();
        self.sink.wake();
    }

    /// A panic can't leave a state half-written, so a poisoned lock is as good as any.
    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn problem(&self, problem: Problem) {
        self.sink.emit(None, EventKind::Problem(problem));
    }
}
