//! One connection of a client to any server: sockets and a thread, and the events that tell of them. It knows no window.
//!
//! ```text
//!      Client::connect(config, wake)
//!             │ one thread a connection, which sleeps in poll(2) and holds no lock while it waits
//!   name resolved (resolve.rs), files read, connected (run.rs) → TLS (stream.rs, tls::connecting)
//!             │
//!   talk.rs, sending.rs, leaving.rs: what waits to be sent (outbox.rs) → the socket → what comes → the echo check (echo.rs)
//!             │                                        │
//!   orders and the snapshot (shared.rs)      events (mailbox.rs): bounded, nobody waits on it
//! ```
//!
//! **Why one thread for both directions.** A thread that waits in `send` can't read, and an echo server that can't get
//! its echo off stops reading: both would wait for ever. Here nothing blocks: the socket is non-blocking, and one
//! [`mio::Poll`] waits for whichever comes first, readiness, an order or the next deadline. So an order such as *cancel*
//! or *abort* works at any time, also in the TLS handshake, and an idle connection costs nothing.

pub mod config;
pub mod crowd;
pub mod echo;
pub mod event;
mod leaving;
mod mailbox;
mod outbox;
pub mod own_address;
mod resolve;
mod run;
mod sending;
mod shared;
pub mod status;
mod stream;
mod talk;
pub mod typed;
mod words;

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use config::{Config, Payload};
use event::{Event, EventKind, Leave, Stage};
use mailbox::Mailbox;
use shared::{Goodbye, Order, Shared};
pub use shared::{MOST_QUEUED, SendError};
use status::Status;

/// One connection, from the moment it is tried. Dropping it closes it without waiting.
pub struct Client {
    shared: Arc<Shared>,
    config: Config,
}

impl Client {
    /// Begins to connect and returns at once. `wake` is called, from any thread, when [`Client::drain`] or
    /// [`Client::status`] have something new; at most once between two drains.
    #[must_use]
    pub fn connect(config: Config, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared::new(Mailbox::new(wake)));
        let work = {
            let (shared, config) = (Arc::clone(&shared), config.clone());
            move || run::run(&shared, &config)
        };
        if let Err(error) = thread::Builder::new().name("client".to_owned()).spawn(work) {
            shared.over(Some(EventKind::Failed(words::no_means(Stage::Preparing, &error))));
        }
        Self { shared, config }
    }

    /// Sends something after all that waits already. Never waits itself.
    ///
    /// # Errors
    /// There is nobody to send to, or too much waits.
    pub fn send(&self, payload: Payload) -> Result<(), SendError> {
        self.shared.order(Order::Send(payload))
    }

    /// Sends these bytes `times` times (at least once), the first time at once and then every `every`; later where the
    /// server does not take them as fast. Other sends may come in between. It takes the place of one that goes on.
    ///
    /// # Errors
    /// There is nobody to send to.
    pub fn repeat(&self, data: Vec<u8>, times: u32, every: Duration) -> Result<(), SendError> {
        self.shared.order(Order::Repeat { data: data.into(), times, every })
    }

    /// Forgets what waits to be sent, a file's rest and a repetition. What was sent in part stays cut.
    pub fn stop_sending(&self) {
        // Refused only for what is to be sent.
        let _ = self.shared.order(Order::StopSending);
    }

    /// Leaves in this way. Before the connection is open every way is a cancel. What waits to be sent is forgotten,
    /// but for [`Leave::HalfClose`], which comes after it.
    pub fn leave(&self, how: Leave) {
        self.shared.say_goodbye(Goodbye::Leave(how));
    }

    /// Gives up connecting, or aborts what is connected.
    pub fn cancel(&self) {
        self.leave(Leave::Abort);
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// The events since the last call, oldest first.
    #[must_use]
    pub fn drain(&self) -> VecDeque<Event> {
        self.shared.mailbox.drain()
    }

    /// What it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Closes the connection at once, without the second that is given to what is still on its way.
    pub fn end(&self) {
        self.shared.say_goodbye(Goodbye::Drop);
    }

    /// Whether its thread has ended. Its last events may still have to be drained.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.shared.is_over()
    }

    /// Waits for the end of its thread, but no longer than until then; whether it has ended.
    #[must_use]
    pub fn wait_over(&self, deadline: Instant) -> bool {
        self.shared.wait_over(deadline)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.end();
    }
}
