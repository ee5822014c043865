//! Load clients: up to 200 clients that connect at once. Each sends one line of its own, checks that it comes back, and
//! stays connected until it is told to close.
//!
//! One thread drives all of them: they are there to show the *server's* threads, and one thread needs a third of the
//! file descriptors.

use std::sync::Arc;
use std::time::Instant;

use crate::client::client_error::ClientError;
use crate::client::client_event::{CloseMode, ConnectionOutcome};
use crate::client::client_shared::{ClientShared, CloseRequest};
use crate::client::client_status::ClientState;
use crate::client::connection_config::{ConnectionConfig, Payload};
use crate::client::event_loop;
use crate::client::send_queue::SendRequest;

/// The most load clients.
pub const MAX_LOAD_CLIENTS: u16 = 200;

/// The load clients, from the moment they begin to connect. Dropping them closes all connections without waiting.
pub struct LoadClients(Vec<Arc<ClientShared>>);

/// The state of the load clients: a snapshot. Each client is counted in exactly one of `connecting` to `failed`.
#[derive(Debug, Clone, Default)]
pub struct LoadStatus {
    /// How many there are.
    pub total: u16,
    /// Those whose host is being looked up, or whose SYN has no answer yet.
    pub connecting: u16,
    /// Those that are connected, at least by the server's OS, and have not received their line.
    pub waiting: u16,
    /// Those that have received it, byte for byte, and stay connected.
    pub echoed: u16,
    /// Those that closed, or were closed by the server after their echo.
    pub closed: u16,
    /// Those that could not connect, broke, or received something else.
    pub failed: u16,
    /// Why the first one failed, and its number, from 1.
    pub first_failure: Option<(u16, ClientError)>,
    /// Whether they are closing.
    pub is_closing: bool,
    /// Whether all connections are over.
    pub is_over: bool,
}

impl LoadClients {
    /// Begins to connect `count` clients (clamped to 1..=[`MAX_LOAD_CLIENTS`]) and returns at once. `wake` is called, from
    /// any thread, when [`LoadClients::status`] has changed.
    #[must_use]
    pub fn connect(config: ConnectionConfig, count: u16, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let count = count.clamp(1, MAX_LOAD_CLIENTS);
        let wake = Arc::new(wake);
        let client = |number| {
            let line = format!("Hello from client {number} of {count}\n").into_bytes();
            let wake = Arc::clone(&wake);
            Arc::new(ClientShared::new(move || wake(), Some(SendRequest::Send(Payload::Bytes(line)))))
        };
        let clients: Vec<_> = (1..=count).map(client).collect();
        event_loop::spawn("load clients", clients.clone(), config, true);
        Self(clients)
    }

    /// Counts how far the clients have come.
    #[must_use]
    pub fn status(&self) -> LoadStatus {
        let mut total = LoadStatus { is_over: true, ..LoadStatus::default() };
        let mut first_failure = None;
        for (number, client) in (1..).zip(&self.0) {
            // The status has all that is shown. Draining the events makes the next change call `wake` again.
            drop(client.events.drain());
            let status = client.status();
            total.total += 1;
            total.is_closing |= status.state == ClientState::Closing;
            total.is_over &= status.state == ClientState::Closed;
            match status.state {
                ClientState::Idle | ClientState::Resolving | ClientState::Connecting => total.connecting += 1,
                ClientState::Closed => {
                    if let Some(ConnectionOutcome::Failed(error)) = status.outcome {
                        total.failed += 1;
                        if first_failure.is_none_or(|first| status.since < first) {
                            first_failure = Some(status.since);
                            total.first_failure = Some((number, error));
                        }
                    } else {
                        total.closed += 1;
                    }
                }
                _ if status.echo.is_exact() && status.queued == 0 => total.echoed += 1,
                _ => total.waiting += 1,
            }
        }
        total
    }

    /// Closes all connections cleanly; those that are still connecting give up.
    pub fn close(&self) {
        self.request(CloseRequest::Close(CloseMode::Close));
    }

    /// Closes all connections at once.
    pub fn close_now(&self) {
        self.request(CloseRequest::Drop);
    }

    /// Waits for the end of all connections until `deadline`, and returns whether they are over.
    #[must_use]
    pub fn wait_over(&self, deadline: Instant) -> bool {
        self.0.iter().all(|client| client.wait_over(deadline))
    }

    fn request(&self, request: CloseRequest) {
        self.0.iter().for_each(|client| client.close(request));
    }
}

impl Drop for LoadClients {
    fn drop(&mut self) {
        self.close_now();
    }
}
