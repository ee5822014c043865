//! The data that the threads of one run of the server share: its settings, its state, its connections, and whether it
//! is stopping.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use mio::Waker;

use crate::server::accept_queue_monitor::AcceptQueueMonitor;
use crate::server::event::{EventKind, Problem};
use crate::server::event_channel::EventSender;
use crate::server::registry::ConnectionRegistry;
use crate::server::start_error::StartError;
use crate::server::stepper::StepController;
use crate::server::sum::Sum;
use crate::server::workers::Workers;
use crate::settings::{Mode, Settings};
use crate::sync::{lock, wait_while_for};
use crate::tls::options::TlsFiles;
use crate::tls::server_config::TlsServer;

/// The settings of one run of the server. They don't change while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// A host name or an IP literal. The server listens on every address that it resolves to.
    pub host: String,
    /// The TCP port; with 0 the OS chooses one for all addresses.
    pub port: u16,
    /// The backlog that is passed to `listen(2)`.
    pub backlog: u16,
    /// How clients are served.
    pub mode: Mode,
    /// The number of threads in mode [`Mode::Pool`], at least 1.
    pub pool_size: u16,
    /// The most bytes that one `recv` returns, at least 1.
    pub recv_size: usize,
    /// The most clients at the same time, at least 1.
    pub max_clients: usize,
    /// After how long without a byte a client's connection is closed; `None`: never.
    pub idle_timeout: Option<Duration>,
    /// The files and options of TLS; `None`: plain TCP.
    pub tls: Option<TlsFiles>,
    /// How long the whole TLS handshake of a client may take.
    pub handshake_timeout: Duration,
    /// Whether connections are captured (see [`crate::capture`]).
    pub capture: bool,
    /// Whether the server starts in step mode: it pauses before its first call.
    pub stepping: bool,
}

impl From<&Settings> for ServerConfig {
    fn from(settings: &Settings) -> Self {
        let tls = settings.tls.then(|| TlsFiles {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
            versions: settings.tls_versions,
            client_auth: settings.client_auth,
            client_ca: settings.client_ca.clone(),
            alpn: settings.alpn.clone(),
            tickets: settings.session_tickets,
            key_log: Some(settings.key_log.clone()).filter(|path| !path.as_os_str().is_empty()),
        });
        let idle_timeout = Duration::from_secs(settings.idle_timeout.into());
        Self {
            host: settings.host.clone(),
            port: settings.port,
            backlog: settings.backlog,
            mode: settings.mode,
            pool_size: settings.pool_size,
            recv_size: settings.recv_size as usize,
            max_clients: settings.max_clients as usize,
            idle_timeout: Some(idle_timeout).filter(|timeout| !timeout.is_zero()),
            tls,
            handshake_timeout: Duration::from_secs(10),
            capture: false,
            stepping: false,
        }
    }
}

/// The state of a server.
#[derive(Debug, Clone, Default)]
pub enum ServerState {
    /// Nothing is bound and no thread runs.
    #[default]
    Stopped,
    /// The name is being resolved, the certificate read, the sockets bound.
    Starting,
    /// Clients are accepted.
    Listening {
        /// Every address that the server listens on.
        addresses: Vec<SocketAddr>,
        /// Whether accepted connections use TLS.
        tls: bool,
    },
    /// After a stop: connections are being closed and threads are ending.
    Stopping,
    /// The start failed, or a bug ended the server. Nothing is bound and no thread runs.
    Failed(Arc<StartError>),
}

impl ServerState {
    /// Returns whether the server can be started: nothing of an earlier run is left.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped | Self::Failed(_))
    }
}

/// The numbers of clients and bytes of one run of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Open connections.
    pub clients_now: u64,
    /// Clients accepted since the start.
    pub clients_total: u64,
    /// Bytes received from clients, after decryption.
    pub bytes_received: u64,
    /// Bytes echoed, before encryption.
    pub bytes_sent: u64,
    /// Clients that wait in the accept queue; `None` if the server doesn't listen or the OS doesn't report it.
    pub waiting: Option<u32>,
}

/// The shared data of one run.
pub(super) struct ServerShared {
    pub(super) config: ServerConfig,
    pub(super) events: EventSender,
    pub(super) registry: ConnectionRegistry,
    pub(super) workers: Workers,
    pub(super) totals: Totals,
    pub(super) accept_queue: AcceptQueueMonitor,
    pub(super) steps: StepController,
    /// Whether the OS lacks files or threads for another client: from the first error until the accept queue is empty.
    pub(super) lacks_resources: AtomicBool,
    /// Set before the server listens, if it serves TLS.
    pub(super) tls: OnceLock<TlsServer>,
    /// The bytes that clients have sent in TLS handshakes that aren't done.
    pub(super) handshake_bytes: AtomicUsize,
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
    pub(super) received: Sum,
    pub(super) sent: Sum,
}

impl ServerShared {
    pub(super) fn new(config: ServerConfig, events: EventSender) -> Self {
        Self {
            steps: StepController::new(events.clone(), config.stepping, config.mode == Mode::One),
            workers: Workers::new(config.mode, config.pool_size, config.max_clients),
            config,
            events,
            registry: ConnectionRegistry::default(),
            lacks_resources: AtomicBool::new(false),
            totals: Totals::default(),
            accept_queue: AcceptQueueMonitor::default(),
            tls: OnceLock::new(),
            handshake_bytes: AtomicUsize::new(0),
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
        // Sent while the state is locked, so that the log shows the states in their order.
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
        // Sent while the state is locked, so that it can't follow the last event.
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

    /// Waits until the run is over, for at most `timeout`. Returns whether it is.
    pub(super) fn wait_until_stopped(&self, timeout: Duration) -> bool {
        let state = lock(&self.state);
        wait_while_for(&self.state_changed, state, timeout, |state| !state.is_stopped()).is_stopped()
    }

    /// Sets the state to listening. Before other threads can see that, calls `report`, which sends the events of the
    /// start. Returns false if a stop came first.
    pub(super) fn set_listening(
        &self,
        waker: Waker,
        addresses: Vec<SocketAddr>,
        report: impl FnOnce(),
    ) -> bool {
        // This can't fail: only the thread that starts the run sets it, once.
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

    /// Ends the run. The last event is sent before the state shows that no more will follow.
    pub(super) fn finish(&self, state: ServerState, event: EventKind) {
        self.events.send(None, event);
        self.steps.set_accepting(false);
        *lock(&self.state) = state;
        self.state_changed.notify_all();
        self.events.wake();
    }

    /// Reports a problem that isn't about one client.
    pub(super) fn report(&self, problem: Problem) {
        self.events.send(None, EventKind::Problem(problem));
    }
}
