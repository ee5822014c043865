//! The gate before each call: counts the calls, notes who is at which, and in step mode lets them happen one by one.
//!
//! Every thread of a run comes by before each of the tutorial's calls. Out of step mode that costs it two stores and
//! a load, all relaxed; nobody waits and nothing is allocated. In step mode it halts here until it is let go, or
//! until its client or the server is ended from outside, and then the call is not made.
//!
//! A halt lies between two calls, and the server's time limits (the handshake's deadline, the idle timeout) run only
//! inside of calls: none of them can strike because of a halt, however long it is.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::server::calls::{Call, CallArgument, CallSite, Calls, PausedThread};
use crate::server::client_id::{ClientId, ClientInfo};
use crate::server::event_channel::EventSender;
use crate::server::registry::Conn;
use crate::server::spot::Spot;

/// So much of the data that is about to be sent is kept for whoever looks at a halt.
const PREVIEW: usize = 64;

/// The gate of one run of the server.
pub(super) struct Gate {
    stepping: AtomicBool,
    paused: AtomicBool,
    made: Made,
    /// Where the thread is that starts the server and accepts.
    accepting: Spot,
    /// Which address it is at while it starts the server.
    address: Mutex<Option<SocketAddr>>,
    /// Whether that thread serves the clients, too.
    one_thread: bool,
    inner: Mutex<Inner>,
    /// Told when somebody may go on.
    changed: Condvar,
    sink: EventSender,
}

/// How often each call was made, on cache lines of their own: the flags beside them are read before every call.
#[derive(Default)]
#[repr(align(128))]
struct Made([AtomicU64; Call::ALL.len()]);

#[derive(Default)]
struct Inner {
    /// The oldest halt first.
    halted: Vec<Halted>,
    last_number: u64,
    stopped: bool,
}

struct Halted {
    number: u64,
    halt: PausedThread,
    /// Whether it was let go.
    goes: bool,
}

impl Gate {
    pub(super) fn new(sink: EventSender, stepping: bool, one_thread: bool) -> Self {
        Self {
            stepping: stepping.into(),
            paused: false.into(),
            made: Made::default(),
            accepting: Spot::default(),
            address: Mutex::new(None),
            one_thread,
            inner: Mutex::default(),
            changed: Condvar::new(),
            sink,
        }
    }

    /// The starting thread is about to make a call for an address. `false`: the server was stopped meanwhile, and the
    /// call is not to be made.
    #[must_use]
    pub(super) fn start_call(&self, call: Call, address: SocketAddr) -> bool {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        self.accepting.enter(call, 0);
        let goes = !self.stepping.load(Relaxed) || self.halt(&self.accepting, None, &[], || false);
        self.count(goes, call)
    }

    /// The accepting thread is about to make a call. Where it halts, `watch` does what it is handed while the accept
    /// queue is watched. `false`: the server was stopped meanwhile.
    #[must_use]
    pub(super) fn accept_call(&self, watch: impl FnOnce(&mut dyn FnMut())) -> bool {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.accepting.enter(Call::Accept, 0);
        let mut goes = true;
        if self.stepping.load(Relaxed) {
            watch(&mut || goes = self.halt(&self.accepting, None, &[], || false));
        }
        self.count(goes, Call::Accept)
    }

    /// The accepting thread does something else than its calls from now on, or is back in `accept`.
    pub(super) fn set_accepting(&self, accepting: bool) {
        if accepting {
            self.accepting.enter(Call::Accept, 0);
        } else {
            self.accepting.leave();
        }
    }

    /// A client's thread is about to make a call with so many bytes. `false`: the client was ended from outside
    /// meanwhile, and the call is not to be made.
    #[must_use]
    pub(super) fn client_call(&self, conn: &Conn, call: Call, bytes: usize) -> bool {
        conn.spot.enter(call, bytes);
        let goes = !self.stepping.load(Relaxed) || self.halt_client(conn, &[]);
        self.count(goes, call)
    }

    /// The same before `sendall` of this data.
    #[must_use]
    pub(super) fn send_call(&self, conn: &Conn, data: &[u8]) -> bool {
        conn.spot.enter(Call::SendAll, data.len());
        let goes = !self.stepping.load(Relaxed) || self.halt_client(conn, data);
        self.count(goes, Call::SendAll)
    }

    /// A client's thread is about to close the connection, which is still open while it halts. Who was ended from
    /// outside is closed all the same.
    pub(super) fn close_call(&self, conn: &Conn) {
        conn.spot.enter(Call::Close, 0);
        if self.stepping.load(Relaxed) {
            self.halt_client(conn, &[]);
        }
        self.count(true, Call::Close);
    }

    /// A client's connection is closed without a halt. Counted where its thread has not come by before.
    pub(super) fn closes(&self, conn: &Conn) {
        if !conn.spot.is_at(Call::Close) {
            conn.spot.enter(Call::Close, 0);
            self.count(true, Call::Close);
        }
    }

    /// Waits until accepting is no longer paused, or the run ends.
    pub(super) fn wait_while_paused(&self) {
        let paused = |inner: &mut Inner| self.is_paused() && !inner.stopped;
        drop(self.changed.wait_while(self.lock(), paused).unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Relaxed)
    }

    /// Whether a thread waits in `accept`.
    pub(super) fn is_accepting(&self) -> bool {
        self.accepting.place().is_some_and(|place| place.call == Call::Accept && !place.paused)
    }

    /// Whether it was otherwise before.
    pub(super) fn set_paused(&self, paused: bool) -> bool {
        let changed = self.paused.swap(paused, Relaxed) != paused;
        self.nudge();
        changed
    }

    /// From now on every thread halts before its next call; or those that halt go on, and nobody halts any more.
    pub(super) fn set_stepping(&self, stepping: bool) {
        let mut inner = self.lock();
        self.stepping.store(stepping, Relaxed);
        if !stepping {
            inner.halted.iter_mut().for_each(|halted| halted.goes = true);
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Lets one thread make the call that it halts before; nothing happens where it doesn't halt.
    pub(super) fn step(&self, client: Option<ClientId>) {
        let mut inner = self.lock();
        let waiting = inner.halted.iter_mut().filter(|halted| !halted.goes);
        let any = client.is_none() && self.one_thread;
        if let Some(halted) = waiting.into_iter().find(|halted| any || halted.halt.id() == client) {
            halted.goes = true;
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Everybody goes on and no call is made any more. The clients' connections have been ended before.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Has those who wait look anew whether they were ended.
    pub(super) fn nudge(&self) {
        // The lock, so that nobody is between looking and waiting.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Who halts, the oldest halt first.
    pub(super) fn paused_threads(&self) -> Vec<PausedThread> {
        if !self.stepping.load(Relaxed) {
            return Vec::new();
        }
        self.lock().halted.iter().filter(|halted| !halted.goes).map(|halted| halted.halt.clone()).collect()
    }

    /// All but the clients' places.
    pub(super) fn snapshot(&self) -> Calls {
        Calls {
            counts: std::array::from_fn(|index| self.made.0[index].load(Relaxed)),
            accepting: self.accepting.place().map(|place| self.with_address(place)),
            clients: Vec::new(),
            paused_threads: self.paused_threads(),
            stepping: self.stepping.load(Relaxed),
            paused: self.is_paused(),
        }
    }

    fn with_address(&self, place: CallSite) -> CallSite {
        let address = *self.address.lock().unwrap_or_else(PoisonError::into_inner);
        CallSite { argument: address.map_or(place.argument, CallArgument::Address), ..place }
    }

    fn count(&self, goes: bool, call: Call) -> bool {
        if goes {
            self.made.0[call as usize].fetch_add(1, Relaxed);
        }
        goes
    }

    fn halt_client(&self, conn: &Conn, data: &[u8]) -> bool {
        self.halt(&conn.spot, Some(conn.client), data, || conn.ended().is_some())
    }

    /// Waits to be let go; whether the call is to be made. `ended` is asked anew at each [`Gate::nudge`].
    #[cold]
    fn halt(&self, spot: &Spot, client: Option<ClientInfo>, data: &[u8], ended: impl Fn() -> bool) -> bool {
        let Some(place) = spot.place() else { return true };
        let place = if client.is_none() { self.with_address(place) } else { place };
        let mut inner = self.lock();
        if inner.stopped || ended() {
            return false;
        }
        if !self.stepping.load(Relaxed) {
            return true;
        }
        inner.last_number += 1;
        let number = inner.last_number;
        let data = Arc::from(&data[..data.len().min(PREVIEW)]);
        let halt = PausedThread { client, site: CallSite { paused: true, ..place }, data };
        inner.halted.push(Halted { number, halt, goes: false });
        // Before anybody can see it in the list.
        spot.set_halted(true);
        drop(inner);
        // Also where the wake call panics.
        let ticket = Ticket { gate: self, spot, number };
        self.sink.wake();
        let goes = |inner: &Inner| {
            inner.halted.iter().find(|halted| halted.number == number).is_none_or(|halted| halted.goes)
        };
        let waits = |inner: &mut Inner| !inner.stopped && !goes(inner) && !ended();
        let inner = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        let ends = inner.stopped || ended();
        drop(inner);
        drop(ticket);
        !ends
    }

    /// A panic can't leave the list half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who halt, given back when the thread goes on.
struct Ticket<'a> {
    gate: &'a Gate,
    spot: &'a Spot,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.gate.lock().halted.retain(|halted| halted.number != self.number);
        self.spot.set_halted(false);
        // Not while a panic passes by: it may have come from this very call.
        if !std::thread::panicking() {
            self.gate.sink.wake();
        }
    }
}

#[cfg(test)]
mod tests;
