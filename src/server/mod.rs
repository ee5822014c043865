//! The echo server: its sockets and threads, and the events that report what happens. It depends on neither window nor
//! log.
//!
//! ```text
//!             Server::start(config, events)
//!                   │ one thread runs the server (run_server)
//!   resolve, socket(), bind(), listen()  (listen.rs)
//!                   │
//!   accept loop (accept.rs) ◄─── waits on all listening sockets; Stop wakes it
//!                   │ one TcpStream after the other; backoff.rs delays it when resources run out
//!   dispatch.rs: serve on this thread │ on a thread of its own │ on a thread of the pool (workers.rs)
//!                   │
//!   one client (handler.rs): recv → sendall, until the end   ◄──► socket.rs, with TLS through tls_stream.rs
//!          │                         │
//!          │        before each call: stepper.rs counts it and, in step mode, pauses the thread
//!          │                         │
//!   events through a bounded         counters and open connections (registry.rs),
//!   channel (event_channel.rs)       readable at any time
//! ```
//!
//! **Stop.** Every blocking call can be ended: the accept loop by its waker, `recv` and `send` by `shutdown(2)` on the
//! client's socket (a TLS client is sent `close_notify` first), a wait for a client or for resources by a condition
//! variable. All threads that serve are scoped, so the thread that starts the others ends last.
//!
//! **Step mode.** Every thread asks [`stepper`] before each of the tutorial's calls ([`calls::Call`]). A pause is
//! always between two calls, when no time limit runs. Stop and disconnect end a pause just as they end a blocking call.
//!
//! **The log can't slow down the echo.** Sending to [`event_channel`] never waits. The numbers of clients and bytes are
//! counters, which stay exact even when events are skipped.

mod accept;
mod accept_queue_monitor;
mod backoff;
pub mod calls;
mod dispatch;
pub mod event;
pub mod event_channel;
mod handler;
mod listen;
mod record_reader;
mod registry;
mod shared;
mod socket;
pub mod start_error;
mod stepper;
mod sum;
mod tls_stream;
mod workers;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use crate::capture::Captures;
use crate::crash_report::panic_message;
use crate::platform::socket_queues::ByteQueues;
use crate::server::accept::Acceptor;
pub use crate::server::accept_queue_monitor::{AcceptQueue, AcceptQueues};
use crate::server::calls::{CallSite, Calls, PausedThread};
use crate::server::event::{ClientId, EventKind};
use crate::server::event_channel::EventSender;
use crate::server::listen::Bound;
pub use crate::server::registry::{Connection, Phase};
use crate::server::shared::ServerShared;
pub use crate::server::shared::{Counters, ServerConfig, ServerState};
use crate::server::start_error::StartError;
use crate::tls::explain::{explain_key_log_error, key_log_warning};
pub use crate::tls::options::TlsFiles;
use crate::tls::server_config::TlsServer;
use crate::tls::{LoadedFiles, ServedCertificate};

/// One run of a server. Dropping it stops the server without waiting.
pub struct Server {
    shared: Arc<ServerShared>,
}

impl Server {
    /// Starts a server and returns at once. [`Server::state`] shows its progress.
    #[must_use]
    pub fn start(config: ServerConfig, events: EventSender) -> Self {
        let server = Self { shared: Arc::new(ServerShared::new(config, events)) };
        let shared = Arc::clone(&server.shared);
        let run = move || run_server(&shared);
        if let Err(error) = thread::Builder::new().name("server".to_owned()).spawn(run) {
            server.shared.fail(StartError::System(error));
        }
        server
    }

    /// Closes every socket and makes every thread end. Returns at once.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Returns a function that stops the server from any thread; it does nothing once the server is dropped.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let shared = Arc::downgrade(&self.shared);
        move || shared.upgrade().into_iter().for_each(|shared| shared.stop())
    }

    /// Waits until the server has stopped or failed, for at most `timeout`. Returns whether it has.
    #[must_use]
    pub fn wait_until_stopped(&self, timeout: Duration) -> bool {
        self.shared.wait_until_stopped(timeout)
    }

    /// Closes one client's connection, if it is still open.
    pub fn disconnect(&self, id: ClientId) {
        self.shared.registry.disconnect(id);
        self.shared.steps.notify_waiters();
        if let Some(conn) = self.shared.workers.take(id) {
            handler::close_unserved(&self.shared, &conn);
        }
    }

    /// Switches step mode on (each thread pauses before its next call) or off (all threads continue).
    pub fn set_stepping(&self, stepping: bool) {
        self.shared.steps.set_stepping(stepping);
    }

    /// In step mode, lets the thread of this client make its next call. `None` is the thread that starts the server and
    /// accepts; in mode *one client at a time* it also serves the clients. Does nothing if the thread isn't paused.
    pub fn step(&self, client: Option<ClientId>) {
        self.shared.steps.step(client);
    }

    /// Stops calling `accept`, so that clients wait in the accept queue, or resumes. Does nothing unless the server
    /// runs.
    pub fn pause_accepting(&self, paused: bool) {
        self.shared.pause_accepting(paused);
    }

    /// Returns which threads are at which calls, and how often each call was made.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.shared.steps.calls(self.shared.registry.call_sites())
    }

    /// Returns the call that the thread is at that starts the server and accepts; see [`Calls::accepting`].
    #[must_use]
    pub fn accepting(&self) -> Option<CallSite> {
        self.shared.steps.accepting()
    }

    /// Returns whether clients wait because the OS has no more files or threads for them. The server tries again.
    #[must_use]
    pub fn lacks_resources(&self) -> bool {
        self.shared.lacks_resources.load(Relaxed)
    }

    /// Returns the paused threads, in the order in which they paused. Cheap outside of step mode.
    #[must_use]
    pub fn paused_threads(&self) -> Vec<PausedThread> {
        self.shared.steps.paused_threads()
    }

    /// Returns whether accepting is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.shared.steps.is_accepting_paused() && !self.state().is_stopped()
    }

    /// Returns the state of the server.
    #[must_use]
    pub fn state(&self) -> ServerState {
        self.shared.state()
    }

    /// Returns the accept queues; `None` unless the server listens.
    #[must_use]
    pub fn accept_queues(&self) -> Option<AcceptQueues> {
        let ServerState::Listening { .. } = self.state() else { return None };
        Some(self.shared.accept_queue.snapshot())
    }

    /// Returns the numbers of clients and bytes so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let shared = &self.shared;
        let is_listening = matches!(self.state(), ServerState::Listening { .. });
        Counters {
            clients_now: shared.registry.len() as u64,
            clients_total: shared.totals.clients.load(Relaxed),
            bytes_received: shared.totals.received.get(),
            bytes_sent: shared.totals.sent.get(),
            waiting: shared.accept_queue.waiting().filter(|_| is_listening),
        }
    }

    /// Returns what the files of TLS contained when the server read them; `None` before that and without TLS.
    #[must_use]
    pub fn loaded_files(&self) -> Option<&LoadedFiles> {
        self.shared.tls.get().map(TlsServer::loaded)
    }

    /// Returns the certificate that the server presents; `None` before it is read and without TLS.
    #[must_use]
    pub fn served_certificate(&self) -> Option<&ServedCertificate> {
        self.shared.tls.get().map(|tls| &tls.context().served)
    }

    /// Returns the open connections, sorted by client number.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.registry.snapshot()
    }

    /// Returns the OS's queues of these connections, in the same order; `None` for one that is closed. Takes a few system
    /// calls for each, which never wait.
    #[must_use]
    pub fn byte_queues(&self, ids: &[ClientId]) -> Vec<Option<ByteQueues>> {
        self.shared.registry.byte_queues(ids)
    }

    /// Watches the OS's queues of these connections, in place of those watched before, and wakes the front end once when a
    /// queue differs from the given one.
    pub fn watch_byte_queues(&self, watched: Vec<(ClientId, ByteQueues)>) {
        self.shared.accept_queue.watch_byte_queues(watched);
    }

    /// Returns the captured connections, including those of earlier runs with the same log.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        self.shared.events.captures()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a server from `Starting` to `Stopped` or `Failed`.
fn run_server(shared: &ServerShared) {
    let run = || {
        if let Some(acceptor) = prepare(shared)? {
            accept::run(shared, acceptor);
        }
        Ok(())
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        // After a stop the user no longer needs to know that the start failed.
        Ok(Err(error)) if !shared.is_stopping() => shared.fail(error),
        Ok(_) => shared.finish(ServerState::Stopped, EventKind::Stopped),
        Err(panic) => {
            let message = panic_message(panic.as_ref()).unwrap_or("no message").to_owned();
            shared.fail(StartError::Panicked(message));
        }
    }
}

/// Does everything up to `listen`. Returns `Ok(None)` after a stop.
fn prepare(shared: &ServerShared) -> Result<Option<Acceptor>, StartError> {
    let config = &shared.config;
    let mut tls = None;
    if let Some(files) = &config.tls {
        let events = shared.events.clone();
        let on_key_log_error = move |path: &Path, error: &io::Error| {
            let text = explain_key_log_error(path, error);
            events.send(None, EventKind::Note { text, problem: true });
        };
        tls = Some(TlsServer::new(files, shared.events.captures().key_logs(), on_key_log_error)?);
    }
    let Some(addresses) = listen::resolve(&config.host, config.port, || shared.is_stopping())? else {
        return Ok(None);
    };
    let Some(bound) = listen::bind(&addresses, config.backlog, &shared.steps)? else { return Ok(None) };
    shared.steps.set_accepting(false);
    let port = bound.port();
    let Bound { listeners, failed } = bound;
    if let Some(mut tls) = tls {
        tls.set_address(&config.host, port);
        // This can't fail: only this thread sets it, once.
        let _ = shared.tls.set(tls);
    }
    let (sockets, addresses): (Vec<_>, Vec<_>) = listeners.into_iter().unzip();
    let (acceptor, waker) = Acceptor::new(sockets).map_err(StartError::System)?;
    shared.accept_queue.set_listeners(acceptor.listeners(), &addresses, config.backlog);
    let report = || {
        let listening = EventKind::Listening { addresses: addresses.clone(), tls: config.tls.is_some() };
        shared.events.send(None, EventKind::Starting { port });
        for error in failed {
            shared.events.send(None, EventKind::NotListening(error));
        }
        shared.events.send(None, listening);
        if let Some(path) = config.tls.as_ref().and_then(|files| files.key_log.as_ref()) {
            let text = key_log_warning(path);
            shared.events.send(None, EventKind::Note { text, problem: true });
        }
    };
    Ok(shared.set_listening(waker, addresses.clone(), report).then_some(acceptor))
}
