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
//!   events through a bounded         counters and open connections (registry.rs),
//!   channel (sink.rs)                read at any time (status.rs)
//! ```
//!
//! **Stop.** Every blocking call has somebody who ends it: the waker for the accept loop, `shutdown(2)` on each
//! client's socket for `recv` and `send`, a condition variable for those who wait for a place or a thread. All
//! threads of a run are scoped, so the leading thread leaves only after the last of them.
//!
//! **What went by** on a connection is captured where its socket is read and written ([`capture`]).
//!
//! **The log can't slow the echo.** Events go through [`sink`], where nobody waits; the number of clients and bytes
//! come from counters that are exact also when events found no room.

mod accept;
pub mod calls;
pub mod capture;
mod client;
pub mod config;
mod dispatch;
mod end;
pub mod error;
pub mod event;
mod lead;
mod listen;
mod pool;
mod queue;
mod registry;
mod run;
pub mod sink;
mod socket;
pub mod status;
mod system;
mod tls_stream;
mod transport;
mod trouble;
mod wire;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use capture::{Capture, CaptureInfo};
use config::Config;
use error::StartError;
use event::ClientId;
use run::Run;
use sink::Sink;
use status::{Connection, Counters, State};

/// A server, from its start on. Dropping it stops it without waiting.
pub struct Server {
    run: Arc<Run>,
}

impl Server {
    /// Starts a server and returns at once; [`Server::state`] tells how far it has come, `sink` what happens.
    #[must_use]
    pub fn start(config: Config, sink: Sink) -> Self {
        let run = Arc::new(Run::new(config, sink));
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
    pub fn wait_at_rest(&self, time: Duration) -> bool {
        self.run.wait_at_rest(time)
    }

    /// Closes one client's connection; nothing happens where it has gone.
    pub fn disconnect(&self, id: ClientId) {
        self.run.registry.end(id);
        if let Some(conn) = self.run.pool.take(id) {
            // No thread has it yet that would notice.
            client::dismiss(&self.run, &conn);
        }
    }

    /// What the server is doing.
    #[must_use]
    pub fn state(&self) -> State {
        self.run.state()
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
    pub fn config(&self) -> &Config {
        &self.run.config
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
