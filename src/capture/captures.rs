//! The events of a connection as plain values ([`CaptureEvent`]), and their storage: the capture of one connection
//! ([`Capture`]), and all captures of a session within one memory budget ([`Captures`]).
//!
//! A capture stores at most [`MAX_EVENTS`] events and counts the rest; how the connection ended is always stored. It
//! keeps all bytes of each event until they amount to [`MAX_BYTES`], and then only the first [`FIRST_BYTES`] of each.
//! While more than [`MAX_WHOLE`] connections are open, events keep only their first [`CROWD_BYTES`]. All captures together
//! stay within the budget: the oldest captures of closed connections are evicted and counted.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use rustls::KeyLog;

use crate::capture::pcapng::{CaptureFile, TlsKeys};
use crate::capture::tls_record::TlsRecord;
use crate::server::event::{ClientId, ClientInfo, CloseReason};
use crate::sync::lock;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The peer that connected.
    Client,
    /// Echoscope, the server.
    Server,
}

impl Side {
    /// Returns the index of this side in a pair: 0 for the client, 1 for the server.
    pub(crate) fn index(self) -> usize {
        usize::from(self == Self::Server)
    }

    /// Returns the other side.
    pub(crate) fn other(self) -> Self {
        if self == Self::Client { Self::Server } else { Self::Client }
    }
}

/// One event on a connection, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureEvent {
    /// The position in the capture, from 0 without gaps. It never changes.
    pub index: u32,
    /// The time since accept by a monotonic clock. For a client's TLS record, the time at which rustls processed it.
    pub at: Duration,
    /// The side that caused the event.
    pub side: Side,
    /// The kind of event.
    pub kind: CaptureEventKind,
    /// The number of bytes, with the header for a record. 0 for an event without bytes.
    pub len: u32,
    /// The event that this one belongs to. For plaintext from the client, the record that carried it; for plaintext
    /// from the server, the client's plaintext that it echoes; for a record from the server, the plaintext in it.
    pub link: Option<u32>,
    /// The bytes that were kept: all `len` of them, the first ones, or none.
    pub bytes: Arc<[u8]>,
}

/// The kind of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureEventKind {
    /// `accept` returned the connection, at time 0.
    Accepted,
    /// Plaintext: the bytes that one `recv` returned or `send` took. With TLS, after decryption or before encryption,
    /// and everything passed to `sendall` at once.
    Plaintext,
    /// A TLS record (RFC 8446, section 5.1).
    Record(TlsRecord),
    /// Bytes on a TLS connection that aren't a whole record: another protocol, or a record that was never completed.
    Raw,
    /// FIN (RFC 9293, section 3.6): `recv` returned no bytes from the client, or the server ended its side.
    Fin,
    /// The client reset the connection: `ECONNRESET` (RFC 9293, section 3.5.2).
    Reset,
    /// The OS gave up the connection for another reason, for example because the client no longer answered.
    ConnectionLost,
    /// The server closed the connection. Always the last event, recorded even if the capture is full.
    Closed(CloseReason),
}

/// The maximum number of events of one connection that are stored.
pub const MAX_EVENTS: usize = 131_072;
/// The number of kept bytes of one connection up to which events keep all of their bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The number of bytes that an event keeps once the connection has reached [`MAX_BYTES`].
pub const FIRST_BYTES: usize = 64;
/// The number of open connections up to which events keep all of their bytes. A TLS handshake alone has several thousand
/// bytes: too much memory for thousands of connections.
pub const MAX_WHOLE: usize = 256;
/// The number of bytes that an event keeps while more connections than that are open: the header of a record, and what
/// follows it.
const CROWD_BYTES: usize = 16;
/// The approximate memory for an `Arc<[u8]>` in addition to its bytes: the reference counts and the allocator's header.
const ALLOCATION: usize = 32;

/// The events of one connection. Events are added while the connection is open; stored events never change.
#[derive(Debug)]
pub struct Capture {
    opened: Instant,
    /// The memory that the capture takes from the budget, in bytes.
    used: AtomicUsize,
    state: Mutex<CaptureState>,
    /// Weak, since the store owns its captures.
    store: Weak<CaptureStore>,
}

#[derive(Debug)]
struct CaptureState {
    info: CaptureInfo,
    events: Vec<CaptureEvent>,
    kept_bytes: usize,
    /// Whether the capture is full, so that only the end of the connection is still stored.
    full: bool,
    /// The stored ends of the connection: for each, the side, and whether it is a FIN.
    ends: Vec<(Side, bool)>,
}

/// A summary of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureInfo {
    /// The client of the connection.
    pub client: ClientInfo,
    /// The address and port that the client connected to.
    pub server: SocketAddr,
    /// When the connection was accepted.
    pub since: SystemTime,
    /// Whether the server expected TLS.
    pub tls: bool,
    /// The number of stored events.
    pub events: usize,
    /// The number of events that were not stored. They occurred before the last event, or after it while the connection
    /// is open.
    pub not_stored: u64,
    /// The number of bytes of these events that were on the wire, by the index of the side.
    pub not_stored_bytes: [u64; 2],
    /// Whether the connection is closed, so that no event follows.
    pub closed: bool,
}

impl CaptureState {
    fn kept_len(&self, len: usize) -> usize {
        if self.full || self.kept_bytes + len > MAX_BYTES { len.min(FIRST_BYTES) } else { len }
    }
}

impl Capture {
    /// Returns a summary of the capture.
    #[must_use]
    pub fn info(&self) -> CaptureInfo {
        lock(&self.state).info
    }

    /// Appends at most `max` events, starting with index `from`, to `out`, and returns their number. The server can't
    /// record meanwhile, so `max` should be a few thousand.
    pub fn read(&self, from: usize, max: usize, out: &mut Vec<CaptureEvent>) -> usize {
        let state = lock(&self.state);
        let rest = state.events.get(from..).unwrap_or_default();
        let read = &rest[..rest.len().min(max)];
        out.extend_from_slice(read);
        read.len()
    }

    /// Stores an event with its bytes and returns it; `None` if the capture is full.
    pub fn record(
        &self,
        side: Side,
        kind: CaptureEventKind,
        bytes: &[u8],
        link: Option<u32>,
    ) -> Option<CaptureEvent> {
        self.record_start(side, kind, (bytes, bytes.len()), link)
    }

    /// Stores an event whose bytes are `len` long in all. Only those are needed that [`Self::kept_len`] asked for.
    pub(crate) fn record_start(
        &self,
        side: Side,
        kind: CaptureEventKind,
        (bytes, len): (&[u8], usize),
        link: Option<u32>,
    ) -> Option<CaptureEvent> {
        let are_many = self.store.upgrade().is_some_and(|store| store.open.load(Relaxed) > MAX_WHOLE);
        let mut state = lock(&self.state);
        let kept = if are_many { CROWD_BYTES } else { state.kept_len(len) };
        let bytes = &bytes[..bytes.len().min(kept)];
        let on_wire = if state.info.tls && kind == CaptureEventKind::Plaintext { 0 } else { len };
        self.reserve_event(&mut state, bytes.len() + ALLOCATION, (side, on_wire)).then(|| {
            state.kept_bytes += bytes.len();
            self.push(&mut state, side, kind, (bytes.into(), len), link)
        })
    }

    /// Returns how many bytes are needed of an event that has `len` bytes and isn't stored yet: all of them while the
    /// messages in a record may be shown.
    pub(crate) fn kept_len(&self, len: usize) -> usize {
        lock(&self.state).kept_len(len)
    }

    /// Stores the echo of received plaintext. The bytes of a whole echo are shared, not kept twice.
    pub(crate) fn record_echo(&self, received: &CaptureEvent, sent: &[u8]) -> Option<CaptureEvent> {
        let link = Some(received.index);
        if received.len as usize != sent.len() {
            return self.record(Side::Server, CaptureEventKind::Plaintext, sent, link);
        }
        let mut state = lock(&self.state);
        let bytes = (Arc::clone(&received.bytes), sent.len());
        let on_wire = if state.info.tls { 0 } else { sent.len() };
        self.reserve_event(&mut state, 0, (Side::Server, on_wire))
            .then(|| self.push(&mut state, Side::Server, CaptureEventKind::Plaintext, bytes, link))
    }

    /// Stores the client's FIN or RST, or that the connection was lost.
    pub(crate) fn ended_by_client(&self, kind: CaptureEventKind) {
        self.record_end(Side::Client, kind);
    }

    /// Stores the server's FIN after `shutdown`.
    pub(crate) fn fin_sent(&self) {
        self.record_end(Side::Server, CaptureEventKind::Fin);
    }

    /// Stores an end of the connection once, although `recv` returns no bytes each time it is called after a FIN. After
    /// a reset or a lost connection, no other end is stored.
    fn record_end(&self, side: Side, kind: CaptureEventKind) {
        let mut state = lock(&self.state);
        let is_fin = kind == CaptureEventKind::Fin;
        let is_stored = state.ends.iter().any(|(by, fin)| !fin || is_fin && *by == side);
        if !is_stored && !state.info.closed {
            state.ends.push((side, is_fin));
            self.push_without_bytes(&mut state, side, kind);
        }
    }

    /// Stores the last event: the server closed the connection.
    pub fn close(&self, reason: CloseReason) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.info.closed, true) {
            return;
        }
        self.push_without_bytes(&mut state, Side::Server, CaptureEventKind::Closed(reason));
        state.full = true;
        let id = state.info.client.id;
        drop(state);
        if let Some(store) = self.store.upgrade() {
            store.on_closed(id);
        }
    }

    /// Stores an event without bytes, even if the capture is full.
    fn push_without_bytes(&self, state: &mut CaptureState, side: Side, kind: CaptureEventKind) {
        self.push(state, side, kind, (Arc::default(), 0), None);
    }

    fn push(
        &self,
        state: &mut CaptureState,
        side: Side,
        kind: CaptureEventKind,
        (bytes, len): (Arc<[u8]>, usize),
        link: Option<u32>,
    ) -> CaptureEvent {
        let index = u32::try_from(state.events.len()).unwrap_or(u32::MAX);
        let at = if index == 0 { Duration::ZERO } else { self.opened.elapsed() };
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let event = CaptureEvent { index, at, side, kind, len, link, bytes };
        if state.events.len() == state.events.capacity() {
            // Most connections have few events, and doubling would reserve memory for as many again.
            let more = (state.events.len() / 2).max(4);
            state.events.reserve_exact(more);
        }
        state.events.push(event.clone());
        state.info.events += 1;
        if let Some(store) = self.store.upgrade() {
            store.notify();
        }
        event
    }

    /// Takes memory for one more event from the budget. If the capture is full, counts the event as not stored, with its
    /// side and its number of bytes on the wire, and returns false.
    fn reserve_event(&self, state: &mut CaptureState, bytes: usize, (side, on_wire): (Side, usize)) -> bool {
        let memory = size_of::<CaptureEvent>() + bytes;
        state.full |= state.events.len() >= MAX_EVENTS
            || self.store.upgrade().is_some_and(|store| !store.reserve(self, memory));
        if state.full {
            state.info.not_stored += 1;
            state.info.not_stored_bytes[side.index()] += on_wire as u64;
        }
        !state.full
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if let Some(store) = self.store.upgrade() {
            store.release(self);
        }
    }
}

/// All captures of a session: they outlive their connections and the server. A clone is another handle to the same
/// captures.
#[derive(Clone)]
pub struct Captures(Arc<CaptureStore>);

#[derive(Default)]
struct CaptureStore {
    max_bytes: usize,
    max_closed: usize,
    used: AtomicUsize,
    /// The number of open connections.
    open: AtomicUsize,
    evicted: AtomicU64,
    changes: AtomicU64,
    watched: AtomicBool,
    notifier: OnceLock<Box<dyn Fn() + Send + Sync>>,
    lists: Mutex<CaptureLists>,
    keys: Arc<TlsKeys>,
    file: OnceLock<CaptureFile>,
}

/// Captures that [`Captures::remove_closed`] removed. They take no memory from the budget.
#[derive(Default)]
pub struct RemovedCaptures(Vec<(Arc<Capture>, usize)>);

impl RemovedCaptures {
    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Default)]
struct CaptureLists {
    all: BTreeMap<ClientId, Arc<Capture>>,
    /// The closed captures, in the order in which they were closed.
    closed: VecDeque<ClientId>,
}

impl Default for Captures {
    /// Creates an empty collection for 64 MiB and 256 closed connections.
    fn default() -> Self {
        Self::new(64 << 20, 256)
    }
}

impl Captures {
    /// Creates an empty collection. Events and their bytes take at most `max_bytes` bytes of memory, and at most
    /// `max_closed` captures of closed connections are kept.
    #[must_use]
    pub fn new(max_bytes: usize, max_closed: usize) -> Self {
        Self(Arc::new(CaptureStore { max_bytes, max_closed, ..CaptureStore::default() }))
    }

    /// Starts a capture with the accepted connection as its first event. `server` is the address that the client
    /// connected to, and `opened` is time 0.
    #[must_use]
    pub fn open(&self, client: ClientInfo, server: SocketAddr, tls: bool, opened: Instant) -> Arc<Capture> {
        let info = CaptureInfo {
            client,
            server,
            since: SystemTime::now(),
            tls,
            events: 0,
            not_stored: 0,
            not_stored_bytes: [0; 2],
            closed: false,
        };
        let state = CaptureState { info, events: Vec::new(), kept_bytes: 0, full: false, ends: Vec::new() };
        self.0.open.fetch_add(1, Relaxed);
        let capture = Arc::new(Capture {
            opened,
            used: AtomicUsize::new(0),
            state: Mutex::new(state),
            store: Arc::downgrade(&self.0),
        });
        capture.push_without_bytes(&mut lock(&capture.state), Side::Client, CaptureEventKind::Accepted);
        lock(&self.0.lists).all.insert(client.id, Arc::clone(&capture));
        self.0.changes.fetch_add(1, Relaxed);
        capture
    }

    /// Sets the file that connections are also written to, once, before the server starts.
    pub fn set_file(&self, file: CaptureFile) {
        let _ = self.0.file.set(file);
    }

    /// Returns the keys of TLS handshakes, which are kept while that is turned on.
    #[must_use]
    pub fn keys(&self) -> &TlsKeys {
        &self.0.keys
    }

    /// Returns where the server logs the keys of TLS handshakes.
    pub(crate) fn key_logs(&self) -> Vec<Arc<dyn KeyLog>> {
        let keys: Arc<dyn KeyLog> = Arc::clone(&self.0.keys) as _;
        std::iter::once(keys).chain(self.file().and_then(CaptureFile::key_log)).collect()
    }

    /// Returns the file that connections are also written to, if there is one.
    pub(super) fn file(&self) -> Option<&CaptureFile> {
        self.0.file.get()
    }

    /// Returns all captures, by client number.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Capture>> {
        lock(&self.0.lists).all.values().cloned().collect()
    }

    /// Returns a summary of each capture, by client number.
    #[must_use]
    pub fn list(&self) -> Vec<CaptureInfo> {
        // Other code locks a capture before the lists, so locking one while holding the lists could deadlock.
        self.all().iter().map(|capture| capture.info()).collect()
    }

    /// Returns the client of the newest capture.
    #[must_use]
    pub fn newest(&self) -> Option<ClientId> {
        lock(&self.0.lists).all.last_key_value().map(|(id, _)| *id)
    }

    /// Returns one connection's capture; `None` if it wasn't captured or has been evicted.
    #[must_use]
    pub fn get(&self, id: ClientId) -> Option<Arc<Capture>> {
        lock(&self.0.lists).all.get(&id).cloned()
    }

    /// Returns how many captures were evicted to make room for newer ones.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.0.evicted.load(Relaxed)
    }

    /// Returns a number that changes whenever a capture is opened, closed or removed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Relaxed)
    }

    /// Sets the function that is called on each new event while [`Captures::watch`] is on. Only the first call has an
    /// effect. The function is called from the server's threads while a capture is locked, so it must not block or read
    /// a capture.
    pub fn set_notifier(&self, notify: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.notifier.set(Box::new(notify));
    }

    /// Turns the notifier on or off.
    pub fn watch(&self, on: bool) {
        self.0.watched.store(on, Relaxed);
    }

    /// Returns the memory in use, in bytes.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.used.load(Relaxed)
    }

    /// Removes the captures of closed connections.
    pub fn clear(&self) {
        drop(self.remove_closed());
    }

    /// Removes the captures of closed connections, and returns them for [`Captures::restore`].
    #[must_use]
    pub fn remove_closed(&self) -> RemovedCaptures {
        let removed = self.0.evict(|_| true);
        self.0.evicted.store(0, Relaxed);
        self.0.changes.fetch_add(1, Relaxed);
        removed
    }

    /// Adds captures that were removed, as far as the limits allow. They count as closed before all others.
    pub fn restore(&self, removed: RemovedCaptures) {
        // As in `list`, no capture is locked while the lists are.
        let removed: Vec<_> = removed.0.into_iter().map(|it| (it.0.info().client.id, it)).collect();
        let mut lists = lock(&self.0.lists);
        for (id, (capture, used)) in removed.into_iter().rev() {
            capture.used.store(used, Relaxed);
            self.0.used.fetch_add(used, Relaxed);
            lists.closed.push_front(id);
            lists.all.insert(id, capture);
        }
        drop(lists);
        self.0.changes.fetch_add(1, Relaxed);
        self.0.evict(|lists| self.0.is_over_budget() || lists.closed.len() > self.0.max_closed);
    }
}

impl CaptureStore {
    /// Takes memory from the budget for a capture. Evicts the oldest closed captures if there is too little. Returns
    /// whether there is enough.
    fn reserve(&self, capture: &Capture, bytes: usize) -> bool {
        self.used.fetch_add(bytes, Relaxed);
        capture.used.fetch_add(bytes, Relaxed);
        if self.is_over_budget() {
            self.evict(|_| self.is_over_budget());
        }
        let fits = !self.is_over_budget();
        if !fits {
            self.used.fetch_sub(bytes, Relaxed);
            capture.used.fetch_sub(bytes, Relaxed);
        }
        fits
    }

    fn is_over_budget(&self) -> bool {
        self.used.load(Relaxed) > self.max_bytes
    }

    /// Returns a capture's memory to the budget when the capture is evicted or dropped. Returns the number of bytes.
    fn release(&self, capture: &Capture) -> usize {
        let used = capture.used.swap(0, Relaxed);
        self.used.fetch_sub(used, Relaxed);
        used
    }

    fn on_closed(&self, id: ClientId) {
        self.open.fetch_sub(1, Relaxed);
        lock(&self.lists).closed.push_back(id);
        self.changes.fetch_add(1, Relaxed);
        self.notify();
        self.evict(|lists| lists.closed.len() > self.max_closed);
    }

    /// Removes the oldest closed captures while `too_many` returns true, and returns them. The lock is released by then,
    /// because freeing a large capture takes time.
    fn evict(&self, too_many: impl Fn(&CaptureLists) -> bool) -> RemovedCaptures {
        let mut removed = Vec::new();
        let mut lists = lock(&self.lists);
        while too_many(&lists) {
            let Some(id) = lists.closed.pop_front() else { break };
            if let Some(capture) = lists.all.remove(&id) {
                let used = self.release(&capture);
                removed.push((capture, used));
            }
        }
        drop(lists);
        if !removed.is_empty() {
            self.evicted.fetch_add(removed.len() as u64, Relaxed);
            self.changes.fetch_add(1, Relaxed);
        }
        RemovedCaptures(removed)
    }

    fn notify(&self) {
        if self.watched.load(Relaxed)
            && let Some(notify) = self.notifier.get()
        {
            notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    fn client(id: u64) -> ClientInfo {
        ClientInfo { id: ClientId(id), peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)) }
    }

    #[test]
    fn captures_of_many_open_connections_keep_the_first_bytes_of_each_event() {
        let captures = Captures::default();
        let kept = |id| {
            let capture = captures.open(client(id), client(id).peer, false, Instant::now());
            let event = capture.record(Side::Client, CaptureEventKind::Plaintext, &[7; 1000], None).unwrap();
            assert_eq!(event.len, 1000);
            (capture, event.bytes.len())
        };
        let open: Vec<_> = (1..=MAX_WHOLE as u64).map(kept).collect();
        assert!(open.iter().all(|(_, bytes)| *bytes == 1000));
        let (last, bytes) = kept(1000);
        assert_eq!(bytes, CROWD_BYTES);
        open[0].0.close(CloseReason::EndOfStream);
        let event = last.record(Side::Client, CaptureEventKind::Plaintext, &[7; 1000], None).unwrap();
        assert_eq!(event.bytes.len(), 1000);
    }

    #[test]
    fn notifier_is_called_for_each_event_while_watched() {
        let (captures, calls) = (Captures::default(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&calls);
        captures.set_notifier(move || {
            count.fetch_add(1, Relaxed);
        });
        let capture = captures.open(client(1), client(1).peer, false, Instant::now());
        let record = || capture.record(Side::Client, CaptureEventKind::Plaintext, b"x", None);
        record();
        assert_eq!(calls.load(Relaxed), 0);
        captures.watch(true);
        record();
        record();
        assert_eq!(calls.load(Relaxed), 2);
        captures.watch(false);
        record();
        assert_eq!(calls.load(Relaxed), 2);
    }
}
