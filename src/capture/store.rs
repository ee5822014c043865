//! All captures of a session: the open connections' and the newest of those that are over, within one budget.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::capture::capture::{Capture, CaptureInfo};
use crate::capture::watch::Watch;
use crate::server::client_id::{ClientId, ClientInfo};

/// How much all captures of a session may take together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory, for marks and for what is kept of the bytes that went by.
    pub bytes: usize,
    /// Captures of connections that are over.
    pub closed: usize,
}

impl Default for Limits {
    /// 64 MiB, and 256 connections that are over.
    fn default() -> Self {
        Self { bytes: 64 << 20, closed: 256 }
    }
}

/// All captures of a session. They outlive their connections and the runs of the server; the oldest that are over go
/// first where a limit is passed. A clone is another handle to the same captures.
#[derive(Debug, Clone)]
pub struct Captures {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    limits: Limits,
    used: AtomicUsize,
    let_go: AtomicU64,
    changes: AtomicU64,
    pub(crate) watch: Watch,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    all: BTreeMap<ClientId, Arc<Capture>>,
    /// Those that are over, in the order in which they ended.
    closed: VecDeque<ClientId>,
}

impl Default for Captures {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Captures {
    /// No captures yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let shared = Shared {
            limits,
            used: AtomicUsize::new(0),
            let_go: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            watch: Watch::default(),
            inner: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Begins a capture with its first mark, the accepted connection. `opened` is time 0.
    #[must_use]
    pub fn open(&self, client: ClientInfo, tls: bool, opened: Instant) -> Arc<Capture> {
        let capture = Arc::new(Capture::new(client, tls, opened, Arc::clone(&self.shared)));
        capture.accepted();
        self.shared.lock().all.insert(client.id, Arc::clone(&capture));
        self.shared.changes.fetch_add(1, Relaxed);
        capture
    }

    /// Every capture at a glance, by number.
    #[must_use]
    pub fn list(&self) -> Vec<CaptureInfo> {
        self.shared.lock().all.values().map(|capture| capture.info()).collect()
    }

    /// One connection's capture; `None` where there was none or it was let go.
    #[must_use]
    pub fn get(&self, id: ClientId) -> Option<Arc<Capture>> {
        self.shared.lock().all.get(&id).cloned()
    }

    /// How many captures were let go to make room for newer ones.
    #[must_use]
    pub fn let_go(&self) -> u64 {
        self.shared.let_go.load(Relaxed)
    }

    /// Changes whenever a capture begins, ends or goes: as long as it stays the same, [`Captures::list`] has the same
    /// connections.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.shared.changes.load(Relaxed)
    }

    /// Who is to be told of new marks while [`Captures::watch`] is on: called from the server's threads, with a capture
    /// locked, so it must neither wait nor look at one.
    pub fn tell(&self, tell: impl Fn() + Send + Sync + 'static) {
        self.shared.watch.tell(Box::new(tell));
    }

    /// Whether somebody looks at captures now and wants to be told of every mark: not each comes with an event.
    pub fn watch(&self, on: bool) {
        self.shared.watch.set(on);
    }

    /// Memory in use, in bytes.
    #[must_use]
    pub fn used(&self) -> usize {
        self.shared.used.load(Relaxed)
    }

    /// Forgets the connections that are over. Those that are open stay, whole: half a conversation explains nothing.
    pub fn clear(&self) {
        let mut inner = self.shared.lock();
        let gone = std::mem::take(&mut inner.closed);
        let gone = gone.iter().filter_map(|id| inner.all.remove(id)).collect::<Vec<_>>();
        drop(inner);
        for capture in &gone {
            self.shared.give_back(capture);
        }
        self.shared.let_go.store(0, Relaxed);
        self.shared.changes.fetch_add(1, Relaxed);
    }
}

impl Shared {
    /// Takes memory from the budget for a capture, letting the oldest ended ones go for it. Whether there is enough.
    pub(crate) fn take(&self, capture: &Capture, bytes: usize) -> bool {
        let used = self.used.fetch_add(bytes, Relaxed) + bytes;
        capture.used.fetch_add(bytes, Relaxed);
        if used <= self.limits.bytes {
            return true;
        }
        self.shrink(|inner| self.used.load(Relaxed) > self.limits.bytes && !inner.closed.is_empty());
        if self.used.load(Relaxed) <= self.limits.bytes {
            return true;
        }
        self.used.fetch_sub(bytes, Relaxed);
        capture.used.fetch_sub(bytes, Relaxed);
        false
    }

    /// What a capture has taken is free again: it is gone, or only a reader still holds it.
    pub(crate) fn give_back(&self, capture: &Capture) {
        self.used.fetch_sub(capture.used.swap(0, Relaxed), Relaxed);
    }

    /// A connection is over.
    pub(crate) fn closed(&self, id: ClientId) {
        self.lock().closed.push_back(id);
        self.changes.fetch_add(1, Relaxed);
        self.watch.more();
        self.shrink(|inner| inner.closed.len() > self.limits.closed);
    }

    fn shrink(&self, too_much: impl Fn(&Inner) -> bool) {
        let mut gone = Vec::new();
        let mut inner = self.lock();
        while too_much(&inner) {
            let Some(id) = inner.closed.pop_front() else { break };
            if let Some(capture) = inner.all.remove(&id) {
                self.give_back(&capture);
                gone.push(capture);
            }
        }
        drop(inner);
        if !gone.is_empty() {
            self.let_go.fetch_add(gone.len() as u64, Relaxed);
            self.changes.fetch_add(1, Relaxed);
        }
    }

    /// A panic while the lock is held can't leave the map half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
