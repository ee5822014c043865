//! The built-in client: connections to any server, driven by threads, and the events that report what happens on them.
//!
//! ```text
//!      Client::connect(config, wake)              LoadClients::connect(config, count, wake)
//!             │ one thread                                │ one thread for all of them
//!             └───────────────► event_loop ◄──────────────┘
//!   resolve: host name → addresses → dialer: TCP connect → connection: TLS, send queue → socket → echo check
//!                                       │
//!   client_shared: requests from the handle, status and events for it (event_queue: bounded, never waited for)
//! ```
//!
//! **One thread serves both directions.** A thread that waits in `send` can't read, and an echo server that can't send its
//! echo stops reading: both would wait forever. Here nothing blocks: the sockets are non-blocking, and one [`mio::Poll`]
//! waits for readiness, a request or the next deadline. So a request such as *cancel* or *abort* works at any time, even
//! during the TLS handshake, and an idle connection uses no CPU.

pub mod client_error;
pub mod client_event;
mod client_shared;
pub mod client_status;
mod connection;
pub mod connection_config;
mod dialer;
pub mod echo_check;
mod event_loop;
mod event_queue;
pub mod input;
pub mod load_clients;
mod send_queue;
mod stream;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client_event::{ClientEvent, CloseMode};
use client_shared::{ClientShared, CloseRequest};
pub use client_shared::{MAX_QUEUED, SendError};
use client_status::ClientStatus;
use connection_config::{ConnectionConfig, Payload};
use send_queue::SendRequest;

/// One connection, from the moment it is tried. Dropping it closes it without waiting.
pub struct Client(Arc<ClientShared>);

impl Client {
    /// Begins to connect and returns at once. `wake` is called, from any thread, when [`Client::drain`] or
    /// [`Client::status`] have something new; at most once between two drains.
    #[must_use]
    pub fn connect(config: ConnectionConfig, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(ClientShared::new(wake, None));
        event_loop::spawn("client", vec![Arc::clone(&shared)], config, false);
        Self(shared)
    }

    /// Queues something to be sent. Never blocks.
    ///
    /// # Errors
    /// The connection is not open for sending, or the queue is full.
    pub fn send(&self, payload: Payload) -> Result<(), SendError> {
        self.0.send(SendRequest::Send(payload))
    }

    /// Sends these bytes `times` times (at least once), the first time at once and then every `every`; later if the
    /// server does not take them as fast. Other sends may come in between. Replaces a repetition under way.
    ///
    /// # Errors
    /// The connection is not open for sending.
    pub fn repeat(&self, data: Vec<u8>, times: u32, every: Duration) -> Result<(), SendError> {
        self.0.send(SendRequest::Repeat { data: data.into(), times, every })
    }

    /// Empties the send queue, including the rest of a file and a repetition.
    pub fn stop_sending(&self) {
        // Never refused.
        let _ = self.0.send(SendRequest::Stop);
    }

    /// Closes the connection in this mode. Before it is open every mode cancels it. The send queue is dropped, except by
    /// [`CloseMode::HalfClose`], which waits until it is empty.
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
    pub fn wait_over(&self, deadline: Instant) -> bool {
        self.0.wait_over(deadline)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close_now();
    }
}
