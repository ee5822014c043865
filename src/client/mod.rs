//! The built-in client: connections to any server, driven by threads, and the events that report what happens on them.
//!
//! ```text
//!      Client::connect(config, wake)              LoadClients::connect(config, count, wake)
//!             │ one thread                                │ one thread for all of them
//!             └───────────────► event_loop ◄──────────────┘
//!   resolve: host name → addresses → transport: TCP, TLS → connection: send queue → echo check
//!                                       │
//!   client_shared: requests from the handle, status and events for it
//! ```
//!
//! **One thread serves both directions.** A thread that waits in `send` can't read, and an echo server that can't send
//! its echo stops reading: both would wait forever. Here nothing blocks: the sockets are non-blocking, and one
//! [`mio::Poll`] waits for readiness, a request or the next deadline. So a request such as *cancel* or *abort* works at
//! any time, even during the TLS handshake, and an idle connection uses no CPU.

pub mod client_error;
pub mod client_event;
mod client_shared;
mod connection;
pub mod echo_check;
mod event_loop;
pub mod input;
mod send_queue;
mod transport;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client_error::ClientError;
use client_event::{ClientEvent, ClientState, ClientStatus, CloseMode, ConnectionOutcome};
use client_shared::{ClientShared, CloseRequest};
pub use client_shared::{MAX_QUEUED, SendError};
pub use send_queue::Payload;
use send_queue::SendRequest;
pub use transport::ConnectionConfig;

/// One connection, from the start of the attempt. Dropping it closes the connection without waiting.
pub struct Client(Arc<ClientShared>);

impl Client {
    /// Starts to connect and returns at once. `wake` is called, from any thread, when [`Client::drain`] or
    /// [`Client::status`] has something new; at most once between two drains.
    #[must_use]
    pub fn connect(config: ConnectionConfig, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(ClientShared::new(wake, None));
        event_loop::spawn("client", vec![Arc::clone(&shared)], config, false);
        Self(shared)
    }

    /// Queues a payload for sending. Never blocks.
    ///
    /// # Errors
    /// The connection is not open for sending, or the queue is full.
    pub fn send(&self, payload: Payload) -> Result<(), SendError> {
        self.0.send(SendRequest::Send(payload))
    }

    /// Sends these bytes `times` times (at least once): now, and then after each interval of `every`, or later if the
    /// server doesn't take them that fast. Other sends may come in between. Replaces the running repetition.
    ///
    /// # Errors
    /// The connection is not open for sending.
    pub fn repeat(&self, data: Vec<u8>, times: u32, every: Duration) -> Result<(), SendError> {
        self.0.send(SendRequest::Repeat { data: data.into(), times, every })
    }

    /// Empties the send queue, including the rest of a file and a repetition.
    pub fn stop_sending(&self) {
        // This can't fail: a stop is always accepted.
        let _ = self.0.send(SendRequest::Stop);
    }

    /// Closes the connection in this mode. Before the connection is open, every mode cancels it. The send queue is
    /// emptied, except by [`CloseMode::HalfClose`], which waits until everything is sent.
    pub fn close(&self, mode: CloseMode) {
        self.0.close(CloseRequest::Close(mode));
    }

    /// Closes the connection at once, without waiting a second for data in flight.
    pub fn close_now(&self) {
        self.0.close(CloseRequest::Drop);
    }

    /// Returns the current state.
    #[must_use]
    pub fn status(&self) -> ClientStatus {
        self.0.status()
    }

    /// Returns the events since the last call, oldest first.
    #[must_use]
    pub fn drain(&self) -> VecDeque<ClientEvent> {
        self.0.events.drain()
    }

    /// Returns whether the connection is over. Its last events may still have to be drained.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Waits for the end of the connection until `deadline`, and returns whether it is over.
    #[must_use]
    pub fn wait_until_over(&self, deadline: Instant) -> bool {
        self.0.wait_until_over(deadline)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close_now();
    }
}

/// The maximum number of load clients.
pub const MAX_LOAD_CLIENTS: u16 = 200;

/// Up to 200 load clients. Each sends one line of its own, checks that it comes back, and stays connected until it is
/// closed. One thread drives all of them, since they are there to show the *server's* threads. Dropping them closes all
/// connections without waiting.
pub struct LoadClients(Vec<Client>);

/// The state of the load clients: a snapshot. Each client is counted in exactly one of `connecting` to `failed`.
#[derive(Debug, Clone, Default)]
pub struct LoadStatus {
    /// The number of load clients.
    pub total: u16,
    /// Clients whose host is being looked up, or whose SYN has no answer yet.
    pub connecting: u16,
    /// Clients that are connected, at least to the server's OS, and have not received their line yet.
    pub waiting: u16,
    /// Clients that have received their line unchanged, and stay connected.
    pub echoed: u16,
    /// Clients that closed their connection, or were closed by the server after their echo.
    pub closed: u16,
    /// Clients that could not connect, lost the connection, or received something else.
    pub failed: u16,
    /// The number of the client that failed first, from 1, and the reason.
    pub first_failure: Option<(u16, ClientError)>,
    /// Whether any connection is being closed.
    pub is_closing: bool,
    /// Whether all connections are over.
    pub is_over: bool,
}

impl LoadClients {
    /// Starts to connect `count` clients (clamped to 1..=[`MAX_LOAD_CLIENTS`]) and returns at once. `wake` is called,
    /// from any thread, when [`LoadClients::status`] has changed.
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
        Self(clients.into_iter().map(Client).collect())
    }

    /// Counts how many clients are in each state.
    #[must_use]
    pub fn status(&self) -> LoadStatus {
        let mut total = LoadStatus { is_over: true, ..LoadStatus::default() };
        let mut first_failure = None;
        for (number, client) in (1..).zip(&self.0) {
            // The window shows only the status. Draining the events makes the next change call `wake` again.
            drop(client.drain());
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

    /// Closes all connections cleanly. Clients that are still connecting give up.
    pub fn close(&self) {
        self.0.iter().for_each(|client| client.close(CloseMode::Close));
    }

    /// Closes all connections at once.
    pub fn close_now(&self) {
        self.0.iter().for_each(Client::close_now);
    }

    /// Waits for the end of all connections until `deadline`, and returns whether they are over.
    #[must_use]
    pub fn wait_until_over(&self, deadline: Instant) -> bool {
        self.0.iter().all(|client| client.wait_until_over(deadline))
    }
}
