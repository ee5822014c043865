//! The echo server: sockets, threads, and the events that tell of them. It knows no window and no log.
//!
//! ```text
//!             Server::start(config, sink)
//!                   │ one thread leads the run (lead.rs)
//!   resolve, socket(), bind(), listen()  (listen.rs)
//!                   │
//!   accept loop (accept.rs) ◄─── waits on all listening sockets; a waker ends the wait
//!                   │ one TcpStream after the other
//!   who serves it (dispatch.rs): this thread │ a thread of its own │ one of a pool
//!                   │
//!   one client (client.rs): recv → sendall, until the end      ◄──► socket.rs, transport.rs (plain or tls_stream.rs)
//!          │                         │
//!          │        before each call: the gate (gate.rs) counts it and, in step mode, halts its thread
//!          │                         │
//!   events through a bounded         counters and open connections (registry.rs),
//!   channel (sink.rs)                read at any time (status.rs)
//! ```
//!
//! **Stop.** Every blocking call has somebody who ends it: the waker for the accept loop, `shutdown(2)` on each
//! client's socket for `recv` and `send`, a condition variable for those who wait for a place or a thread. All
//! threads of a run are scoped, so the leading thread leaves only after the last of them.
//!
//! **Step mode.** Every thread comes by the gate before each of the tutorial's calls ([`calls::Call`]). A halt lies
//! between calls, where no time limit runs; a stop or a disconnect ends it as it ends a blocking call.
//! **What went by** on a connection is captured where its socket is read and written ([`capture`]).
//!
//! **The log can't slow the echo.** Events go through [`sink`], where nobody waits; the number of clients and bytes
//! come from counters that are exact also when events found no room.

mod accept;
pub mod calls;
mod client;
pub mod client_id;
pub mod config;
mod dispatch;
mod end;
pub mod error;
pub mod event;
pub mod event_channel;
mod gate;
mod lead;
mod listen;
mod pool;
mod queue;
mod registry;
mod run;
mod socket;
mod spot;
pub mod status;
mod tls_stream;
mod transport;
mod trouble;
mod wire;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::capture::{Capture, CaptureInfo};
use calls::{Calls, PausedThread};

use client_id::ClientId;
use config::ServerConfig;
use error::StartError;
use event_channel::EventSender;
use run::Run;
use status::{AcceptQueues, Connection, Counters, ServerState};

/// A server, from its start on. Dropping it stops it without waiting.
pub struct Server {
    run: Arc<Run>,
}

impl Server {
    /// Starts a server and returns at once; [`Server::state`] tells how far it has come, `sink` what happens.
    #[must_use]
    pub fn start(config: ServerConfig, sink: EventSender) -> Self {
        Self::launch(config, sink, false)
    }

    /// The same in step mode: the server halts already before its first call.
    #[must_use]
    pub fn start_stepping(config: ServerConfig, sink: EventSender) -> Self {
        Self::launch(config, sink, true)
    }

    fn launch(config: ServerConfig, sink: EventSender, stepping: bool) -> Self {
        let run = Arc::new(Run::new(config, sink, stepping));
        let shared = Arc::clone(&run);
        let started = thread::Builder::new().name("server".to_owned()).spawn(move || lead::lead(&shared));
        if let Err(error) = started {
            run.fail(StartError::System { raw: error.to_string() });
        }
        Self { run }
    }

    /// Closes every socket and asks every thread to end. Returns at once.
    pub fn stop(&self) {
        self.run.stop();
    }

    /// Waits until the server is stopped or has failed, but no longer than `time`; whether it is.
    #[must_use]
    pub fn wait_until_stopped(&self, time: Duration) -> bool {
        self.run.wait_until_stopped(time)
    }

    /// Closes one client's connection; nothing happens where it has gone.
    pub fn disconnect(&self, id: ClientId) {
        self.run.registry.end(id);
        self.run.gate.nudge();
        if let Some(conn) = self.run.pool.take(id) {
            // No thread has it yet that would notice.
            client::dismiss(&self.run, &conn);
        }
    }

    /// Switches step mode on (each thread halts before its next call) or off (who halts goes on).
    pub fn set_stepping(&self, stepping: bool) {
        self.run.gate.set_stepping(stepping);
    }

    /// In step mode, lets the call happen before which this client's thread halts; `None`: the thread that starts the
    /// server and accepts, which in mode *one client at a time* serves the clients, too. Nothing happens where it
    /// doesn't halt.
    pub fn step(&self, client: Option<ClientId>) {
        self.run.gate.step(client);
    }

    /// Stops calling `accept`, so that clients wait in the accept queue, or goes on with it. Nothing happens where the
    /// server doesn't run.
    pub fn pause_accepting(&self, paused: bool) {
        self.run.pause(paused);
    }

    /// Which threads are at which calls, and how often each was made; copied at each call.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let mut calls = self.run.gate.snapshot();
        if self.state().is_stopped() {
            calls.accepting = None;
        }
        calls.clients = self.run.registry.places();
        calls
    }

    /// The paused threads, the oldest halt first; cheap where step mode is off.
    #[must_use]
    pub fn paused_threads(&self) -> Vec<PausedThread> {
        self.run.gate.paused_threads()
    }

    /// Whether accepting is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.run.gate.is_paused() && !self.state().is_stopped()
    }

    /// What the server is doing.
    #[must_use]
    pub fn state(&self) -> ServerState {
        self.run.state()
    }

    /// The accept queues; `None` while nothing listens.
    #[must_use]
    pub fn accept_queues(&self) -> Option<AcceptQueues> {
        matches!(self.state(), ServerState::Listening { .. }).then(|| AcceptQueues {
            backlog: self.run.config.backlog,
            room: self.run.gauge.room(),
            waiting: self.run.gauge.waiting_at(),
            accepting: self.run.gate.is_accepting(),
            when_full: crate::platform::sockets::WHEN_FULL,
        })
    }

    /// Clients and bytes so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.run.counters()
    }

    /// The open connections, by number.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.run.registry.snapshot()
    }

    /// What went by on each connection at a glance, by number; also of earlier runs with the same sink.
    #[must_use]
    pub fn captures(&self) -> Vec<CaptureInfo> {
        self.run.sink.captures().list()
    }

    /// What went by on one connection; `None` where it was not captured or has been let go.
    #[must_use]
    pub fn capture(&self, id: ClientId) -> Option<Arc<Capture>> {
        self.run.sink.captures().get(id)
    }

    /// What it was started with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.run.config
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
