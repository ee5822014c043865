//! Many clients at once: each connects, sends one line of its own, checks that it comes back, and stays until it is let
//! go.
//!
//! ```text
//!      Crowd::connect(config, count, wake)
//!             │ one thread for all of them (run.rs), which sleeps in poll(2)
//!   name resolved, files read once → each member (member.rs): connect → TLS → its line → its echo → stays
//!             │
//!   orders one way, the counts the other (Status): who waits, who has its echo, why the first one failed
//! ```
//!
//! **Why one thread.** The lesson is about the *server's* threads. Two hundred threads here beside them would only blur
//! what it shows, and take three descriptors for each connection where one does.

mod member;
mod run;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

use mio::Waker;

use crate::client::config::Config;
use crate::client::event::{Failure, Stage};
use crate::client::words;

/// The most clients in a crowd.
pub const MOST_MEMBERS: u16 = 200;
/// The thread needs little: TLS's buffers are on the heap.
const STACK: usize = 256 << 10;

/// A crowd, from the moment it begins to connect. Dropping it closes all its connections without waiting.
pub struct Crowd {
    shared: Arc<Shared>,
}

/// How a crowd stands: a snapshot. Every member is counted in exactly one of the five places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrowdStatus {
    /// How many there are.
    pub of: u16,
    /// Those who have no answer to their SYN yet, or wait for their name to be resolved.
    pub connecting: u16,
    /// Those who are connected, by the server's system at least, and don't have their line back.
    pub waiting: u16,
    /// Those who have it back, byte for byte, and stay.
    pub echoed: u16,
    /// Those who are gone in order: let go, or closed by the server after their echo.
    pub left: u16,
    /// Those who could not connect, broke, or got something else back.
    pub failed: u16,
    /// Why the first one failed, and which one it was, from 1.
    pub first_failure: Option<(u16, Failure)>,
    /// Whether they were told to go.
    pub letting_go: bool,
    /// Whether all are gone and the thread has ended.
    pub over: bool,
}

/// An order to the thread, the further reaching one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    /// Say goodbye and wait a moment for what is on its way.
    LetGo,
    /// Close at once.
    End,
}

struct Shared {
    inner: Mutex<Inner>,
    ended: Condvar,
    waker: OnceLock<Waker>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    order: Option<Order>,
    status: CrowdStatus,
}

impl Crowd {
    /// Begins to connect `count` clients (1 to [`MOST_MEMBERS`]; what is outside is moved to the nearer end) and returns
    /// at once. `wake` is called, from any thread, when [`Crowd::status`] has something new.
    #[must_use]
    pub fn connect(config: Config, count: u16, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let of = count.clamp(1, MOST_MEMBERS);
        let status = CrowdStatus { of, connecting: of, ..CrowdStatus::default() };
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner { order: None, status }),
            ended: Condvar::new(),
            waker: OnceLock::new(),
            wake: Box::new(wake),
        });
        let work = {
            let shared = Arc::clone(&shared);
            move || run::run(&shared, &config, of)
        };
        if let Err(error) = thread::Builder::new().name("crowd".to_owned()).stack_size(STACK).spawn(work) {
            shared.nobody(words::no_means(Stage::Preparing, &error));
            shared.over();
        }
        Self { shared }
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> CrowdStatus {
        self.shared.lock().status.clone()
    }

    /// Lets all of them go: TLS's `close_notify`, then FIN; those who are still connecting give up.
    pub fn let_go(&self) {
        self.shared.order(Order::LetGo);
    }

    /// Closes every connection at once.
    pub fn end(&self) {
        self.shared.order(Order::End);
    }

    /// Waits for the end of its thread, but no longer than until then; whether it has ended.
    #[must_use]
    pub fn wait_over(&self, deadline: Instant) -> bool {
        let mut inner = self.shared.lock();
        while !inner.status.over {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            inner = self.shared.ended.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn order(&self, order: Order) {
        let mut inner = self.lock();
        inner.order = inner.order.max(Some(order));
        drop(inner);
        self.wake_thread();
    }

    fn wake_thread(&self) {
        if let Some(waker) = self.waker.get() {
            // It can only fail where the poller is gone, and then the thread has ended.
            let _ = waker.wake();
        }
    }

    fn ordered(&self) -> Option<Order> {
        self.lock().order
    }

    /// What is new is told, and only that.
    fn publish(&self, status: CrowdStatus) {
        let mut inner = self.lock();
        if inner.status != status {
            inner.status = status;
            drop(inner);
            (self.wake)();
        }
    }

    /// None of them can even be tried.
    fn nobody(&self, failure: Failure) {
        let of = self.lock().status.of;
        let first_failure = Some((1, failure));
        self.publish(CrowdStatus { of, failed: of, first_failure, ..CrowdStatus::default() });
    }

    /// The thread's last word.
    fn over(&self) {
        self.lock().status.over = true;
        self.ended.notify_all();
        (self.wake)();
    }

    /// A panic can't leave it half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
