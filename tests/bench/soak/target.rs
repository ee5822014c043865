//! A running server, and the slot from which workers get it to visit it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::waits::Waits;

/// One run of a server, as its clients see it.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) addresses: Vec<SocketAddr>,
    /// The certificate to trust, as PEM; `None` for plain TCP.
    pub(crate) trusted: Option<Arc<[u8]>>,
    /// Whether the server issues session tickets, so that a second visit resumes the session.
    pub(crate) tickets: bool,
    /// The most bytes that one `recv` returns. If that is few, large transfers take long.
    pub(crate) recv_size: usize,
    /// Whether the server may close clients as idle. Then an early end isn't a failure, but a wrong byte still is.
    pub(crate) lenient: bool,
    ending: AtomicBool,
}

impl Target {
    pub(crate) fn new(name: String, addresses: Vec<SocketAddr>, trusted: Option<Arc<[u8]>>) -> Self {
        let ending = AtomicBool::new(false);
        Self { name, addresses, trusted, tickets: true, recv_size: 1024, lenient: false, ending }
    }

    /// Allows the server to end any visit early from now on.
    pub(crate) fn end(&self) {
        self.ending.store(true, SeqCst);
    }

    /// Returns whether a visit may end early without a failure.
    pub(crate) fn excuses(&self) -> bool {
        self.lenient || self.ending.load(SeqCst)
    }
}

/// The place for the current target, where workers get it. Counts their visits.
#[derive(Default)]
pub(crate) struct TargetSlot {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    target: Option<Arc<Target>>,
    visitors: usize,
    over: bool,
}

impl TargetSlot {
    pub(crate) fn open(&self, target: Arc<Target>) {
        self.lock().target = Some(target);
        self.changed.notify_all();
    }

    /// Removes the target, so that no new visits begin.
    pub(crate) fn close(&self) {
        self.lock().target = None;
    }

    /// Waits until the last visit is over.
    pub(crate) fn wait_empty(&self, waits: &Arc<Waits>, name: &str) {
        let _waiting = waits.begin(format!("{name}: the last visitor to leave"));
        let mut inner = self.lock();
        while inner.visitors > 0 {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the workers.
    pub(crate) fn end(&self) {
        let mut inner = self.lock();
        (inner.over, inner.target) = (true, None);
        self.changed.notify_all();
    }

    /// Waits for a target; returns `None` when the run is over.
    pub(crate) fn enter(&self) -> Option<Arc<Target>> {
        let mut inner = self.lock();
        loop {
            if inner.over {
                return None;
            }
            if let Some(target) = inner.target.clone() {
                inner.visitors += 1;
                return Some(target);
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn leave(&self) {
        self.lock().visitors -= 1;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
