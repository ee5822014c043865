//! The echo server: its sockets and threads, and the events that report what happens. It has no window and no log.
//!
//! ```text
//!             Server::start(config, events)
//!                   │ one thread runs the server (server_thread.rs)
//!   resolve, socket(), bind(), listen()  (listen.rs)
//!                   │
//!   accept loop (accept.rs) ◄─── waits on all listening sockets; Stop wakes it
//!                   │ one TcpStream after the other; backoff.rs delays it when resources run out
//!   dispatch.rs: serve on this thread │ on a new thread │ on a thread of the pool
//!                   │
//!   one client (handler.rs): recv → sendall, until the end   ◄──► socket.rs, with TLS through tls_stream.rs
//!          │                         │
//!          │        before each call: stepper.rs counts it and, in step mode, pauses the thread
//!          │                         │
//!   events through a bounded         counters and open connections (registry.rs),
//!   channel (event_channel.rs)       readable at any time (status.rs)
//! ```
//!
//! **Stop.** Every blocking call can be ended: the accept loop by its waker, `recv` and `send` by `shutdown(2)` on the
//! client's socket, a wait for a client or for resources by a condition variable. All threads of a run are scoped, so its
//! first thread ends last.
//!
//! **Step mode.** Every thread asks [`stepper`] before each of the tutorial's calls ([`calls::Call`]). A pause lies
//! between two calls, where no time limit runs. Stop and disconnect end it like a blocking call.
//!
//! **The log can't slow down the echo.** Sending to [`event_channel`] never waits. The numbers of clients and bytes are
//! counters, which are exact also when events are skipped.

mod accept;
mod accept_queue_monitor;
mod backoff;
pub mod calls;
pub mod client_id;
pub mod config;
mod connection_error;
mod dispatch;
pub mod event;
pub mod event_channel;
mod handler;
mod listen;
mod record_reader;
mod registry;
mod server_thread;
mod shared;
mod socket;
pub mod start_error;
pub mod status;
mod stepper;
mod tls_stream;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::capture::{Capture, CaptureInfo};
use crate::platform::accept_queue::WHEN_FULL;
use crate::server::calls::{Calls, PausedThread};
use crate::server::client_id::ClientId;
use crate::server::config::ServerConfig;
use crate::server::event_channel::EventSender;
use crate::server::shared::ServerShared;
use crate::server::start_error::StartError;
use crate::server::status::{AcceptQueues, Connection, Counters, ServerState};

/// One run of a server. Dropping it stops the server without waiting.
pub struct Server {
    shared: Arc<ServerShared>,
}

impl Server {
    /// Starts a server and returns at once. [`Server::state`] shows its progress.
    #[must_use]
    pub fn start(config: ServerConfig, events: EventSender) -> Self {
        Self::launch(config, events, false)
    }

    /// Starts a server in step mode: it pauses before its first call.
    #[must_use]
    pub fn start_stepping(config: ServerConfig, events: EventSender) -> Self {
        Self::launch(config, events, true)
    }

    fn launch(config: ServerConfig, events: EventSender, is_stepping: bool) -> Self {
        let server = Self { shared: Arc::new(ServerShared::new(config, events, is_stepping)) };
        let shared = Arc::clone(&server.shared);
        let run = move || server_thread::run_server(&shared);
        if let Err(error) = thread::Builder::new().name("server".to_owned()).spawn(run) {
            server.shared.fail(StartError::System(error));
        }
        server
    }

    /// Closes every socket and makes every thread end. Returns at once.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Waits until the server is stopped or has failed, for at most `timeout`. Returns whether it is.
    #[must_use]
    pub fn wait_until_stopped(&self, timeout: Duration) -> bool {
        self.shared.wait_until_stopped(timeout)
    }

    /// Closes one client's connection, if it is still open.
    pub fn disconnect(&self, id: ClientId) {
        let queued = self.shared.registry.disconnect(id);
        self.shared.steps.notify_waiters();
        if let Some(conn) = queued {
            handler::close_unserved(&self.shared, &conn);
        }
    }

    /// Switches step mode on: each thread pauses before its next call; or off: all threads continue.
    pub fn set_stepping(&self, stepping: bool) {
        self.shared.steps.set_stepping(stepping);
    }

    /// In step mode, lets the thread of this client make its next call; `None`: the thread that starts the server and
    /// accepts, and that in mode *one client at a time* also serves the clients. Does nothing if it isn't paused.
    pub fn step(&self, client: Option<ClientId>) {
        self.shared.steps.step(client);
    }

    /// Stops calling `accept`, so that clients wait in the accept queue, or resumes. Does nothing unless the server runs.
    pub fn pause_accepting(&self, paused: bool) {
        self.shared.pause_accepting(paused);
    }

    /// Returns which threads are at which calls, and how often each call was made.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let mut calls = self.shared.steps.calls(self.shared.registry.call_sites());
        if self.state().is_stopped() {
            calls.accepting = None;
        }
        calls
    }

    /// Returns the paused threads, longest first. Cheap outside of step mode.
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
        matches!(self.state(), ServerState::Listening { .. }).then(|| AcceptQueues {
            backlog: self.shared.config.backlog,
            capacity: self.shared.accept_queue.capacity(),
            waiting: self.shared.accept_queue.waiting_at(),
            accepting: self.shared.steps.is_accepting(),
            when_full: WHEN_FULL,
        })
    }

    /// Returns the numbers of clients and bytes so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.counters()
    }

    /// Returns the open connections, by number.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.shared.registry.snapshot()
    }

    /// Returns a summary of each captured connection, by number, including those of earlier runs with the same log.
    #[must_use]
    pub fn captures(&self) -> Vec<CaptureInfo> {
        self.shared.events.captures().list()
    }

    /// Returns the capture of one connection; `None` if it wasn't captured or is evicted.
    #[must_use]
    pub fn capture(&self, id: ClientId) -> Option<Arc<Capture>> {
        self.shared.events.captures().get(id)
    }

    /// Returns the values that the server was started with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.shared.config
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
