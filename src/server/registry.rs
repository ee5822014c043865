//! The open connections: who is here, how much each has carried, and how to end one from outside.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Capture;
use crate::server::calls::CallSite;
use crate::server::client_id::{ClientId, ClientInfo};
use crate::server::event::CloseReason;
use crate::server::spot::Spot;
use crate::server::status::{Connection, Phase};
use crate::tls::handshake::Handshake;

/// One open connection, shared by the thread that serves it and by whoever looks at it or ends it.
pub(super) struct Conn {
    pub(super) client: ClientInfo,
    pub(super) stream: TcpStream,
    pub(super) opened: Instant,
    since: SystemTime,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    phase: AtomicU8,
    /// At which call its thread is.
    pub(super) spot: Spot,
    /// Why it was ended from outside; 0: it wasn't.
    ended: AtomicU8,
    pub(super) tls: OnceLock<Arc<Handshake>>,
    /// What goes by, where it is captured.
    pub(super) capture: Option<Arc<Capture>>,
}

const ENDED_BY_STOP: u8 = 1;
const ENDED_BY_USER: u8 = 2;

impl Conn {
    pub(super) fn new(client: ClientInfo, stream: TcpStream, capture: Option<Arc<Capture>>) -> Self {
        Self {
            client,
            stream,
            opened: Instant::now(),
            since: SystemTime::now(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            phase: AtomicU8::new(0),
            spot: Spot::default(),
            ended: AtomicU8::new(0),
            tls: OnceLock::new(),
            capture,
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    /// Why the connection was ended from outside, if it was: what its own thread sees then is only the consequence.
    pub(super) fn ended(&self) -> Option<CloseReason> {
        match self.ended.load(SeqCst) {
            ENDED_BY_STOP => Some(CloseReason::ServerStopped),
            ENDED_BY_USER => Some(CloseReason::Disconnected),
            _ => None,
        }
    }

    fn end(&self, why: u8) {
        // Who comes first names the reason. The mark is set before the shutdown that wakes the thread to read it.
        let _ = self.ended.compare_exchange(0, why, SeqCst, SeqCst);
        // An error means that the peer has gone already.
        if self.stream.shutdown(Shutdown::Both).is_ok()
            && let Some(capture) = &self.capture
        {
            capture.fin_sent();
        }
    }

    fn snapshot(&self) -> Connection {
        Connection {
            client: self.client,
            since: self.since,
            age: self.opened.elapsed(),
            phase: match self.phase.load(Relaxed) {
                x if x == Phase::Open as u8 => Phase::Open,
                x if x == Phase::Handshake as u8 => Phase::Handshake,
                _ => Phase::Queued,
            },
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            tls: self.tls.get().cloned(),
        }
    }
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// What was waited for is so.
    Out,
    /// The caller's own condition came first.
    Interrupted,
}

/// All open connections of one run of the server.
#[derive(Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
    /// Told when a connection is gone, or when the run ends.
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    open: BTreeMap<ClientId, Arc<Conn>>,
    closing: bool,
}

impl Registry {
    /// Takes a connection in. Where the run is ending already, it is ended at once.
    pub(super) fn insert(&self, conn: &Arc<Conn>) {
        let mut inner = self.lock();
        inner.open.insert(conn.client.id, Arc::clone(conn));
        if inner.closing {
            conn.end(ENDED_BY_STOP);
        }
    }

    pub(super) fn remove(&self, id: ClientId) {
        self.lock().open.remove(&id);
        self.changed.notify_all();
    }

    /// Ends every connection, now and from now on.
    pub(super) fn end_all(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for conn in inner.open.values() {
            conn.end(ENDED_BY_STOP);
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Ends one connection; nothing happens where it has gone.
    pub(super) fn end(&self, id: ClientId) {
        if let Some(conn) = self.lock().open.get(&id) {
            conn.end(ENDED_BY_USER);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().open.len()
    }

    pub(super) fn snapshot(&self) -> Vec<Connection> {
        self.lock().open.values().map(|conn| conn.snapshot()).collect()
    }

    /// Where the threads of the open connections are, by number.
    pub(super) fn places(&self) -> Vec<(ClientInfo, CallSite)> {
        self.lock().open.values().filter_map(|conn| Some((conn.client, conn.spot.place()?))).collect()
    }

    /// Waits until fewer than `limit` connections are open or the run ends, or until `interrupt` says so, which is
    /// asked at each [`Registry::nudge`].
    pub(super) fn wait_below(&self, limit: usize, interrupt: impl Fn() -> bool) -> Waited {
        let is_over = |inner: &Inner| inner.open.len() < limit || inner.closing;
        let inner = self
            .changed
            .wait_while(self.lock(), |inner| !is_over(inner) && !interrupt())
            .unwrap_or_else(PoisonError::into_inner);
        if is_over(&inner) { Waited::Out } else { Waited::Interrupted }
    }

    /// Has those who wait look anew.
    pub(super) fn nudge(&self) {
        // The lock, so that nobody is between looking and waiting.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Waits until a connection goes or the run ends, but no longer than `time`.
    pub(super) fn wait_change(&self, time: Duration) {
        let inner = self.lock();
        if inner.closing {
            return;
        }
        drop(self.changed.wait_timeout(inner, time).unwrap_or_else(PoisonError::into_inner));
    }

    /// A panic while the lock is held can't leave the map half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
