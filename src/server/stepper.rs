//! Counts the server's calls and, in step mode, pauses its threads before each of them.
//!
//! Every thread asks the [`StepController`] before each of the tutorial's calls. Outside of step mode that costs a
//! client's thread two atomic operations and a short lock that only a snapshot contends. In step mode the thread waits
//! until the user steps, or until another thread closes the connection or stops the server; in that case the call is
//! not made. The server's time limits run only inside of calls, so a pause never causes a timeout.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};

use crate::server::accept_queue_monitor::AcceptQueueMonitor;
use crate::server::calls::{
    Call, CallArgument, CallSite, Calls, ClientVariables, PausedThread, ServerThread,
};
use crate::server::event::{ClientId, ClientInfo, CloseReason};
use crate::server::event_channel::EventSender;
use crate::server::registry::Conn;
use crate::server::sum::Sum;
use crate::sync::{lock, wait_while};

/// How many bytes of its data a paused thread shows.
const PREVIEW: usize = 64;

/// Decides when the threads of one run of the server may make their calls.
pub(super) struct StepController {
    is_stepping: AtomicBool,
    is_accepting_paused: AtomicBool,
    /// How often each call was made, in the order of [`Call::ALL`].
    counts: [Sum; Call::ALL.len()],
    /// The call of the thread that starts the server and accepts.
    accept_thread: Mutex<Option<CallSite>>,
    /// The host's addresses, and whether the server listens there.
    addresses: Mutex<Vec<(SocketAddr, bool)>>,
    /// Whether that thread also serves the clients.
    is_one_thread: bool,
    state: Mutex<StepState>,
    /// Notified when a paused thread may continue.
    changed: Condvar,
    events: EventSender,
}

#[derive(Default)]
struct StepState {
    /// The paused threads, in the order in which they paused. A thread continues when it is removed from here.
    paused: Vec<PausedThread>,
    /// The thread that was stepped last.
    last_stepped: Option<ServerThread>,
    is_stopped: bool,
}

impl StepController {
    /// Creates the controller of one run. `is_one_thread`: whether the accepting thread also serves the clients.
    pub(super) fn new(events: EventSender, is_stepping: bool, is_one_thread: bool) -> Self {
        Self {
            is_stepping: is_stepping.into(),
            is_accepting_paused: false.into(),
            counts: <[Sum; Call::ALL.len()]>::default(),
            accept_thread: Mutex::default(),
            addresses: Mutex::default(),
            is_one_thread,
            state: Mutex::default(),
            changed: Condvar::new(),
            events,
        }
    }

    /// Sets the addresses for which the calls that start the server will be made.
    pub(super) fn set_addresses(&self, addresses: impl Iterator<Item = SocketAddr>) {
        *lock(&self.addresses) = addresses.map(|address| (address, false)).collect();
    }

    /// Counts a call that starts the server, after a pause in step mode. `index` is the place of the address among
    /// those of [`Self::set_addresses`]. Returns whether to make the call: false after a stop.
    #[must_use]
    pub(super) fn start_call(&self, call: Call, index: usize, address: SocketAddr) -> bool {
        let of = {
            let mut addresses = lock(&self.addresses);
            if let Some((known, _)) = addresses.get_mut(index) {
                *known = address;
            }
            addresses.len()
        };
        let argument = CallArgument::Address { address, number: index + 1, of };
        *lock(&self.accept_thread) = Some(CallSite { call, paused: false, argument });
        let proceeds = !self.is_stepping() || self.pause(None, ClientVariables::default());
        self.count(None, call, proceeds)
    }

    /// Records that the server listens on an address.
    pub(super) fn on_listening(&self, index: usize) {
        if let Some((_, is_listening)) = lock(&self.addresses).get_mut(index) {
            *is_listening = true;
        }
    }

    /// Counts a call of `accept`, after a pause in step mode. Returns whether to make the call: false after a stop.
    #[must_use]
    pub(super) fn accept_call(&self, queue: &AcceptQueueMonitor) -> bool {
        self.set_accepting(true);
        let proceeds =
            !self.is_stepping() || queue.while_not_accepting(|| self.pause(None, ClientVariables::default()));
        self.count(None, Call::Accept, proceeds)
    }

    /// Sets whether the accepting thread is in `accept`, or at none of its own calls.
    pub(super) fn set_accepting(&self, is_accepting: bool) {
        *lock(&self.accept_thread) = is_accepting.then_some(ACCEPT);
    }

    /// Counts a client's call, after a pause in step mode. `bytes` is the size that is passed to it, `data` what the
    /// last `recv` returned. Returns whether to make the call: false if another thread has closed the connection.
    #[must_use]
    pub(super) fn client_call(&self, conn: &Conn, call: Call, bytes: usize, data: Option<&[u8]>) -> bool {
        conn.set_site(call, bytes);
        let proceeds = !self.is_stepping() || self.pause(Some(conn), variables(conn, data, None));
        self.count(Some(conn.client.id), call, proceeds)
    }

    /// Counts a call of `close`, after a pause in step mode. The connection must still be open; `end` is why it ends.
    /// The call is always made.
    pub(super) fn close_call(&self, conn: &Conn, end: CloseReason) {
        conn.set_site(Call::Close, 0);
        if self.is_stepping() {
            // At the end of the stream, `recv` has returned no bytes.
            let data = (end == CloseReason::EndOfStream && conn.is_past_handshake()).then_some(&[][..]);
            self.pause(Some(conn), variables(conn, data, Some(end)));
        }
        self.count(Some(conn.client.id), Call::Close, true);
    }

    /// Counts the `close` of a connection unless its thread has called [`Self::close_call`].
    pub(super) fn on_closed(&self, conn: &Conn) {
        if conn.site().is_none_or(|site| site.call != Call::Close) {
            conn.set_site(Call::Close, 0);
            self.count(Some(conn.client.id), Call::Close, true);
        }
    }

    /// Waits until accepting is no longer paused, or the server stops.
    pub(super) fn wait_while_accepting_paused(&self) {
        drop(wait_while(&self.changed, lock(&self.state), |state| {
            self.is_accepting_paused() && !state.is_stopped
        }));
    }

    pub(super) fn is_accepting_paused(&self) -> bool {
        self.is_accepting_paused.load(Relaxed)
    }

    /// Pauses or resumes accepting. Returns whether that changed anything.
    pub(super) fn set_accepting_paused(&self, paused: bool) -> bool {
        let is_changed = self.is_accepting_paused.swap(paused, Relaxed) != paused;
        self.notify_waiters();
        is_changed
    }

    /// Switches step mode on (every thread pauses before its next call) or off (all threads continue).
    pub(super) fn set_stepping(&self, is_stepping: bool) {
        let mut state = lock(&self.state);
        self.is_stepping.store(is_stepping, Relaxed);
        if !is_stepping {
            state.paused.clear();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Returns whether step mode is on.
    pub(super) fn is_stepping(&self) -> bool {
        self.is_stepping.load(Relaxed)
    }

    /// Lets one thread make the call that it is paused before. Does nothing if it isn't paused.
    pub(super) fn step(&self, client: Option<ClientId>) {
        let mut state = lock(&self.state);
        let is_any = client.is_none() && self.is_one_thread;
        if let Some(index) = state.paused.iter().position(|thread| is_any || thread.id() == client) {
            let thread = state.paused.remove(index);
            state.last_stepped = Some(thread.thread());
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends all pauses, and prevents new ones. Call this after closing the clients' connections.
    pub(super) fn stop(&self) {
        lock(&self.state).is_stopped = true;
        self.changed.notify_all();
    }

    /// Makes paused threads check whether another thread has closed their connection.
    pub(super) fn notify_waiters(&self) {
        // Taking the lock ensures that no thread is between its check and its wait.
        drop(lock(&self.state));
        self.changed.notify_all();
    }

    /// Returns the paused threads, in the order in which they paused. Cheap outside of step mode.
    pub(super) fn paused_threads(&self) -> Vec<PausedThread> {
        if self.is_stepping() { lock(&self.state).paused.clone() } else { Vec::new() }
    }

    /// Returns the call of the thread that starts the server and accepts.
    pub(super) fn accepting(&self) -> Option<CallSite> {
        *lock(&self.accept_thread)
    }

    /// Returns all calls, given the call sites of the clients' threads.
    pub(super) fn calls(&self, clients: Vec<(ClientInfo, CallSite)>) -> Calls {
        // These are separate statements, so that each lock is released before the next one is taken.
        let accepting = self.accepting();
        let addresses = lock(&self.addresses).clone();
        let stepped = lock(&self.state).last_stepped;
        // The one thread that accepts is now serving a client.
        let serving = clients.first().filter(|_| self.is_one_thread && accepting.is_none());
        let last_stepped = serving
            .map(|(client, _)| ServerThread::Serving(client.id))
            .filter(|_| stepped.is_some())
            .or(stepped);
        Calls {
            counts: std::array::from_fn(|index| self.counts[index].get()),
            accepting,
            clients,
            paused_threads: self.paused_threads(),
            last_stepped,
            addresses,
            stepping: self.is_stepping(),
            paused: self.is_accepting_paused(),
        }
    }

    /// Counts a call of a client's thread, or of the accepting thread.
    fn count(&self, client: Option<ClientId>, call: Call, is_made: bool) -> bool {
        if is_made {
            self.counts[call as usize].add(client.unwrap_or(ClientId(0)), 1);
        }
        is_made
    }

    /// Pauses this client's thread, or the accepting thread if `conn` is `None`. Returns whether to make the call.
    #[cold]
    fn pause(&self, conn: Option<&Conn>, variables: ClientVariables) -> bool {
        let site = conn.map_or(&self.accept_thread, |conn| &conn.site);
        let client = conn.map(|conn| conn.client);
        let id = client.map(|client| client.id);
        let is_ended =
            |state: &StepState| state.is_stopped || conn.is_some_and(|conn| conn.ended().is_some());
        let mut state = lock(&self.state);
        if is_ended(&state) || !self.is_stepping() {
            return !is_ended(&state);
        }
        if let Some(site) = &mut *lock(site) {
            site.paused = true;
            state.paused.push(PausedThread { client, site: *site, variables });
        }
        drop(state);
        self.events.wake();
        let mut state = wait_while(&self.changed, lock(&self.state), |state| {
            !is_ended(state) && state.paused.iter().any(|thread| thread.id() == id)
        });
        state.paused.retain(|thread| thread.id() != id);
        if let Some(site) = &mut *lock(site) {
            site.paused = false;
        }
        let proceeds = !is_ended(&state);
        drop(state);
        self.events.wake();
        proceeds
    }
}

const ACCEPT: CallSite = CallSite { call: Call::Accept, paused: false, argument: CallArgument::None };

/// Returns the values of the variables in a client's thread.
fn variables(conn: &Conn, data: Option<&[u8]>, end: Option<CloseReason>) -> ClientVariables {
    ClientVariables {
        data: data.map(|data| Arc::from(&data[..data.len().min(PREVIEW)])),
        received: conn.received.load(Relaxed),
        sent: conn.sent.load(Relaxed),
        is_tls: conn.handshake.get().is_some(),
        end,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::capture::Recording;
    use crate::server::event_channel::channel;
    use crate::server::registry::ConnectionRegistry;

    fn controller(is_stepping: bool, is_one_thread: bool) -> StepController {
        StepController::new(channel(|| {}).0, is_stepping, is_one_thread)
    }

    fn address() -> SocketAddr {
        "127.0.0.1:1".parse().unwrap()
    }

    fn conn(id: u64) -> Arc<Conn> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Arc::new(Conn::new(
            ClientInfo { id: ClientId(id), peer: address() },
            stream,
            false,
            Recording::default(),
        ))
    }

    fn wait_until(condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < deadline, "the condition did not become true");
            thread::yield_now();
        }
    }

    #[test]
    fn without_step_mode_calls_are_counted_and_not_paused() {
        let controller = controller(false, false);
        let conn = conn(1);
        controller.set_addresses([address(), address()].into_iter());
        assert!(controller.start_call(Call::Bind, 1, address()));
        controller.on_listening(0);
        let calls = controller.calls(Vec::new());
        let argument = CallArgument::Address { address: address(), number: 2, of: 2 };
        assert_eq!(calls.accepting.unwrap().argument, argument);
        assert_eq!(calls.addresses, [(address(), true), (address(), false)]);
        assert!(controller.accept_call(&AcceptQueueMonitor::default()));
        assert_eq!(controller.calls(Vec::new()).accepting.unwrap().call, Call::Accept);
        for _ in 0..3 {
            assert!(controller.client_call(&conn, Call::Recv, 1024, None));
        }
        controller.close_call(&conn, CloseReason::EndOfStream);
        controller.on_closed(&conn);
        assert_eq!(controller.calls(Vec::new()).counts, [0, 1, 0, 1, 0, 3, 0, 1]);
    }

    #[test]
    fn step_lets_one_thread_make_one_call() {
        let controller = controller(true, false);
        let conns = [conn(1), conn(2)];
        let made = |call| controller.calls(Vec::new()).made(call);
        thread::scope(|scope| {
            for conn in &conns {
                scope.spawn(|| {
                    for call in [Call::Recv, Call::SendAll] {
                        assert!(controller.client_call(conn, call, 1, None));
                    }
                });
                wait_until(|| controller.paused_threads().len() as u64 == conn.client.id.0);
            }
            let first = &controller.paused_threads()[0];
            assert_eq!(
                (first.id(), first.site.call, first.site.paused),
                (Some(ClientId(1)), Call::Recv, true)
            );
            controller.step(None);
            controller.step(Some(ClientId(3)));
            assert_eq!((controller.paused_threads().len(), made(Call::Recv)), (2, 0));
            assert_eq!(controller.calls(Vec::new()).last_stepped, None, "neither of them is paused");
            controller.step(Some(ClientId(2)));
            let stepped = controller.calls(Vec::new()).last_stepped;
            assert_eq!(stepped, Some(ServerThread::Serving(ClientId(2))));
            wait_until(|| controller.paused_threads().iter().any(|thread| thread.site.call == Call::SendAll));
            assert_eq!(
                controller.paused_threads()[0].id(),
                Some(ClientId(1)),
                "the longest pause stays first"
            );
            assert_eq!(made(Call::Recv), 1);
            controller.set_stepping(false);
        });
        assert!(controller.paused_threads().is_empty());
        assert_eq!(made(Call::SendAll), 2);
    }

    #[test]
    fn closed_client_makes_no_call_but_close() {
        let controller = controller(true, true);
        let registry = ConnectionRegistry::default();
        let conn = conn(1);
        registry.insert(&conn);
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let proceeds = controller.client_call(&conn, Call::Recv, 1, None);
                controller.close_call(&conn, CloseReason::Disconnected);
                proceeds
            });
            wait_until(|| controller.paused_threads().len() == 1);
            registry.disconnect(ClientId(1));
            controller.notify_waiters();
            assert!(!thread.join().unwrap());
        });
        let calls = controller.calls(Vec::new());
        assert_eq!((calls.made(Call::Recv), calls.made(Call::Close)), (0, 1));
    }

    #[test]
    fn stop_releases_paused_threads_and_prevents_pauses() {
        let controller = controller(true, false);
        thread::scope(|scope| {
            let starting = scope.spawn(|| controller.start_call(Call::Socket, 0, address()));
            wait_until(|| controller.paused_threads().len() == 1);
            controller.stop();
            assert!(!starting.join().unwrap());
        });
        assert!(!controller.start_call(Call::Bind, 0, address()));
        controller.set_accepting_paused(true);
        controller.wait_while_accepting_paused();
        assert_eq!(controller.calls(Vec::new()).counts, [0; 8]);
    }

    #[test]
    fn with_one_thread_stepping_the_server_steps_its_client() {
        let controller = controller(true, true);
        let conn = conn(1);
        thread::scope(|scope| {
            let thread = scope.spawn(|| controller.client_call(&conn, Call::Recv, 1, None));
            wait_until(|| controller.paused_threads().len() == 1);
            controller.step(None);
            assert!(thread.join().unwrap());
        });
    }
}
