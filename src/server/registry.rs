//! The open connections of one run of the server.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::capture::Recording;
use crate::platform::socket_queues::{self, ByteQueues};
use crate::platform::sockets;
use crate::server::calls::{Call, CallArgument, CallSite};
use crate::server::event::{ClientId, ClientInfo, CloseReason};
use crate::settings::Mode;
use crate::sync::{lock, wait_while, wait_while_for};
use crate::tls::handshake::Handshake;

/// How long a thread may take to send `close_notify` after its TLS connection was ended. Much less than the 500 ms in
/// which the server stops.
const CLOSE_NOTIFY_TIMEOUT: Duration = Duration::from_millis(150).saturating_add(sockets::WAKE_DELAY);

/// How long a TLS handshake may take even if its place is needed.
const MIN_HANDSHAKE: Duration = Duration::from_millis(50);
/// How long a TLS handshake may take even if its thread of the pool is needed. A pool has few threads, so that usual
/// clients over a slow network can take all of them.
const MIN_POOL_HANDSHAKE: Duration = Duration::from_secs(1);

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Accepted, but not served by a thread yet.
    Queued,
    /// In the TLS handshake.
    Handshake,
    /// The server receives data and echoes it.
    Open,
}

/// An open connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The client.
    pub client: ClientInfo,
    /// When the connection was accepted.
    pub since: SystemTime,
    /// The phase that the connection is in.
    pub phase: Phase,
    /// The call that its thread is at; `None` before a thread serves it.
    pub site: Option<CallSite>,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// The outcome of the TLS handshake; `None` without TLS, and before the handshake is done.
    pub tls: Option<Arc<Handshake>>,
}

/// An open connection. Its own thread serves it; other threads read its state and may close it.
pub(super) struct Conn {
    pub(super) client: ClientInfo,
    pub(super) stream: TcpStream,
    is_tls: bool,
    pub(super) opened: Instant,
    since: SystemTime,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    /// The call that its thread is at; `None` before a thread serves it.
    pub(super) site: Mutex<Option<CallSite>>,
    /// Why another thread closed the connection, if one did.
    ended: OnceLock<CloseReason>,
    pub(super) handshake: OnceLock<Arc<Handshake>>,
    pub(super) recording: Recording,
}

impl Conn {
    pub(super) fn new(client: ClientInfo, stream: TcpStream, is_tls: bool, recording: Recording) -> Self {
        Self {
            client,
            stream,
            is_tls,
            opened: Instant::now(),
            since: SystemTime::now(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            site: Mutex::default(),
            ended: OnceLock::new(),
            handshake: OnceLock::new(),
            recording,
        }
    }

    /// Returns why another thread closed the connection, if one did. Errors in its own thread are then only a
    /// consequence.
    pub(super) fn ended(&self) -> Option<CloseReason> {
        self.ended.get().copied()
    }

    /// Returns the call that its thread is at; `None` before the first one.
    pub(super) fn site(&self) -> Option<CallSite> {
        *lock(&self.site)
    }

    /// Sets the call that its thread is at, and the number of bytes that `recv` or `sendall` is called with.
    pub(super) fn set_site(&self, call: Call, bytes: usize) {
        let argument = match call {
            Call::Recv | Call::SendAll => CallArgument::Bytes(bytes as u64),
            _ => CallArgument::None,
        };
        *lock(&self.site) = Some(CallSite { call, paused: false, argument });
    }

    /// Returns whether data can be exchanged: the TLS handshake, if there is one, is done.
    pub(super) fn is_past_handshake(&self) -> bool {
        !self.is_tls || self.handshake.get().is_some()
    }

    /// Makes the connection's thread end. After a TLS handshake, the thread first sends `close_notify`, and its `send`
    /// can still block: see [`ConnectionRegistry::shut_down_later`].
    fn end(&self, reason: CloseReason) {
        // The first reason counts. It is set before the shutdown, which wakes the connection's thread.
        let _ = self.ended.set(reason);
        if self.handshake.get().is_some() {
            sockets::wake_recv(&self.stream);
        } else {
            self.shut_down();
        }
    }

    fn shut_down(&self) {
        // This fails if the peer has already closed the connection.
        if self.stream.shutdown(Shutdown::Both).is_ok() {
            self.recording.fin_sent();
        }
    }

    fn snapshot(&self) -> Connection {
        let site = self.site();
        Connection {
            client: self.client,
            since: self.since,
            site,
            phase: match site {
                None => Phase::Queued,
                Some(_) if !self.is_past_handshake() => Phase::Handshake,
                Some(_) => Phase::Open,
            },
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            tls: self.handshake.get().cloned(),
        }
    }
}

/// All open connections of one run of the server.
#[derive(Default)]
pub(super) struct ConnectionRegistry {
    connections: Mutex<Connections>,
    /// Notified when a connection is removed, and when the run ends.
    removed: Condvar,
}

#[derive(Default)]
struct Connections {
    open: BTreeMap<ClientId, Arc<Conn>>,
    /// The connections whose TLS handshake a thread has begun, and when. Those that are ending are removed.
    in_handshake: BTreeMap<ClientId, (Instant, Arc<Conn>)>,
    /// Whether the run is ending, so that every connection is closed.
    closing: bool,
    /// The number of threads that wait for a removal. Without any, no system call is needed to notify them.
    waiters: usize,
}

impl Connections {
    /// Returns whether TLS handshakes take more than three quarters of the places.
    fn has_too_many_handshakes(&self, places: usize) -> bool {
        self.in_handshake.len() > places - places.div_ceil(4)
    }

    /// Ends the oldest TLS handshake; `None` if there is none. If it is younger than `min`, returns the time until it
    /// isn't instead.
    fn end_oldest_handshake(&mut self, min: Duration) -> Option<Duration> {
        let oldest = self.in_handshake.first_entry()?;
        let left = min.saturating_sub(oldest.get().0.elapsed());
        if left.is_zero() {
            oldest.remove().1.end(CloseReason::HandshakeLimit);
        }
        Some(left)
    }
}

impl ConnectionRegistry {
    /// Adds a connection, and closes it if the run is ending.
    pub(super) fn insert(&self, conn: &Arc<Conn>) {
        let mut connections = lock(&self.connections);
        connections.open.insert(conn.client.id, Arc::clone(conn));
        if connections.closing {
            conn.end(CloseReason::ServerStopped);
        }
    }

    /// Records that a thread begins the TLS handshake of a connection.
    pub(super) fn on_handshake_begin(&self, id: ClientId) {
        let mut connections = lock(&self.connections);
        if let Some(conn) = connections.open.get(&id).cloned() {
            connections.in_handshake.entry(id).or_insert((Instant::now(), conn));
        }
    }

    /// Records that a connection's TLS handshake is done.
    pub(super) fn on_handshake_done(&self, conn: &Conn, handshake: Arc<Handshake>) {
        let mut connections = lock(&self.connections);
        connections.in_handshake.remove(&conn.client.id);
        // This can't fail: only the connection's thread sets it, once.
        let _ = conn.handshake.set(handshake);
        self.notify(connections);
    }

    /// Ends the oldest TLS handshakes, except for one, if they take more than three quarters of the places. Waits while
    /// they are younger than [`MIN_HANDSHAKE`], so that many clients at once aren't disconnected.
    pub(super) fn limit_handshakes(&self, max_clients: usize) {
        let must_wait = |connections: &Connections| {
            let is_one = connections.in_handshake.len() == 1;
            connections.has_too_many_handshakes(max_clients) && !is_one && !connections.closing
        };
        let mut connections = lock(&self.connections);
        while must_wait(&connections) {
            let left = connections.end_oldest_handshake(MIN_HANDSHAKE).unwrap_or_default();
            connections = self.wait(connections, Some(left), must_wait);
        }
    }

    /// As [`Self::limit_handshakes`], for the threads of a pool, if a connection waits for one (`has_waiting`), and for
    /// handshakes older than [`MIN_POOL_HANDSHAKE`]. Returns when to call this again, if a connection waits.
    pub(super) fn limit_pool_handshakes(
        &self,
        has_waiting: impl Fn() -> bool,
        pool_size: usize,
    ) -> Option<Duration> {
        let mut connections = lock(&self.connections);
        while has_waiting() {
            if !connections.has_too_many_handshakes(pool_size) {
                // A thread may be about to begin another handshake.
                return Some(MIN_POOL_HANDSHAKE);
            }
            let left = connections.end_oldest_handshake(MIN_POOL_HANDSHAKE)?;
            if !left.is_zero() {
                return Some(left);
            }
        }
        None
    }

    /// Ends the oldest TLS handshake; `None` if there is none. If it is too young in this mode, returns the time until it
    /// isn't instead.
    pub(super) fn end_oldest_handshake(&self, mode: Mode) -> Option<Duration> {
        let min = if mode == Mode::Pool { MIN_POOL_HANDSHAKE } else { MIN_HANDSHAKE };
        lock(&self.connections).end_oldest_handshake(min)
    }

    pub(super) fn remove(&self, id: ClientId) {
        let mut connections = lock(&self.connections);
        connections.open.remove(&id);
        connections.in_handshake.remove(&id);
        self.notify(connections);
    }

    /// Closes every open connection, and each that is inserted later.
    pub(super) fn close_all(&self) {
        let mut connections = lock(&self.connections);
        connections.closing = true;
        for conn in connections.open.values() {
            conn.end(CloseReason::ServerStopped);
        }
        Self::shut_down_later(connections.open.values());
        self.notify(connections);
    }

    /// Closes TLS connections that are ending, if they are still open after [`CLOSE_NOTIFY_TIMEOUT`].
    fn shut_down_later<'a>(connections: impl Iterator<Item = &'a Arc<Conn>>) {
        let tls: Vec<_> =
            connections.filter(|conn| conn.handshake.get().is_some()).map(Arc::downgrade).collect();
        if tls.is_empty() {
            return;
        }
        let open = tls.clone();
        let shut_down = move || {
            thread::sleep(CLOSE_NOTIFY_TIMEOUT);
            open.iter().filter_map(Weak::upgrade).for_each(|conn| conn.shut_down());
        };
        if thread::Builder::new().name("close".to_owned()).spawn(shut_down).is_err() {
            tls.iter().filter_map(Weak::upgrade).for_each(|conn| conn.shut_down());
        }
    }

    /// Closes one connection, if it is still open.
    pub(super) fn disconnect(&self, id: ClientId) {
        let connections = lock(&self.connections);
        if let Some(conn) = connections.open.get(&id) {
            conn.end(CloseReason::Disconnected);
            Self::shut_down_later(std::iter::once(conn));
        }
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.connections).open.len()
    }

    pub(super) fn snapshot(&self) -> Vec<Connection> {
        lock(&self.connections).open.values().map(|conn| conn.snapshot()).collect()
    }

    /// Returns the OS's queues of these connections, in the same order; `None` for one that is closed.
    pub(super) fn byte_queues(&self, ids: &[ClientId]) -> Vec<Option<ByteQueues>> {
        let connections = lock(&self.connections);
        let queues = ids
            .iter()
            .map(|id| connections.open.get(id).map(|conn| socket_queues::byte_queues(&conn.stream)));
        queues.collect()
    }

    /// Returns the call sites of the connections' threads, sorted by client number.
    pub(super) fn call_sites(&self) -> Vec<(ClientInfo, CallSite)> {
        let connections = lock(&self.connections);
        connections.open.values().filter_map(|conn| Some((conn.client, conn.site()?))).collect()
    }

    /// Waits until fewer than `limit` connections are open or the run ends, or until `interrupt` returns true;
    /// [`Self::notify_waiters`] makes this check it again. Returns false only after an interruption.
    pub(super) fn wait_below(&self, limit: usize, interrupt: impl Fn() -> bool) -> bool {
        let is_below = |connections: &Connections| connections.open.len() < limit || connections.closing;
        let connections =
            self.wait(lock(&self.connections), None, |connections| !is_below(connections) && !interrupt());
        is_below(&connections)
    }

    /// Makes [`Self::wait_below`] check its conditions.
    pub(super) fn notify_waiters(&self) {
        // Taking the lock ensures that no thread is between its check and its wait.
        self.notify(lock(&self.connections));
    }

    /// Waits until a connection is removed or the run ends, for at most `timeout`.
    pub(super) fn wait_for_removal(&self, timeout: Duration) {
        let connections = lock(&self.connections);
        let open = connections.open.len();
        drop(self.wait(connections, Some(timeout), |connections| {
            connections.open.len() >= open && !connections.closing
        }));
    }

    /// Waits while `should_wait` returns true, for at most `timeout`. Checks that again after each removal.
    fn wait<'a>(
        &self,
        mut connections: MutexGuard<'a, Connections>,
        timeout: Option<Duration>,
        should_wait: impl Fn(&Connections) -> bool,
    ) -> MutexGuard<'a, Connections> {
        connections.waiters += 1;
        let should_wait = |connections: &mut Connections| should_wait(connections);
        connections = match timeout {
            Some(timeout) => wait_while_for(&self.removed, connections, timeout, should_wait),
            None => wait_while(&self.removed, connections, should_wait),
        };
        connections.waiters -= 1;
        connections
    }

    fn notify(&self, connections: MutexGuard<'_, Connections>) {
        if connections.waiters > 0 {
            drop(connections);
            self.removed.notify_all();
        }
    }
}
