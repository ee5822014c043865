//! The accept loop: takes clients out of the accept queue one by one and dispatches them, until the server stops.
//!
//! One thread waits on all listening sockets, so that the mode *one client at a time* holds across all addresses of a
//! host. It never gives up: if it can't accept (no file descriptor is left, the client limit is reached), it reports
//! that once and waits, while new clients wait in the accept queue.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::capture::Recording;
use crate::crash_report::panic_if_requested;
use crate::platform::sockets;
use crate::server::backoff::AcceptBackoff;
use crate::server::dispatch::Dispatcher;
use crate::server::event::{ClientId, EventKind, Problem};
use crate::server::registry::Conn;
use crate::server::shared::ServerShared;
use crate::settings::Mode;

const WAKE: Token = Token(usize::MAX);

/// The listening sockets, and the poller that waits for clients on all of them.
pub(super) struct Acceptor {
    poll: Poll,
    events: Events,
    listeners: Arc<[TcpListener]>,
    /// The index of the listener to try next, so that no listener starves another.
    next: usize,
}

impl Acceptor {
    /// Creates the acceptor, and a waker that wakes it from any thread.
    pub(super) fn new(sockets: Vec<std::net::TcpListener>) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let mut listeners = Vec::new();
        for (index, socket) in sockets.into_iter().enumerate() {
            let mut socket = TcpListener::from_std(socket);
            poll.registry().register(&mut socket, Token(index), Interest::READABLE)?;
            listeners.push(socket);
        }
        Ok((Self { poll, events: Events::with_capacity(16), listeners: listeners.into(), next: 0 }, waker))
    }

    /// Returns the listening sockets. They close when the acceptor is dropped.
    pub(super) fn listeners(&self) -> Weak<[TcpListener]> {
        Arc::downgrade(&self.listeners)
    }

    /// Accepts the next client from the queue of any listener; `Ok(None)` if all queues are empty.
    fn try_accept(&mut self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
        for _ in 0..self.listeners.len() {
            let index = self.next % self.listeners.len();
            self.next = index + 1;
            loop {
                match sockets::accept(&self.listeners[index]) {
                    Ok(accepted) => return Ok(Some(accepted)),
                    Err(error) if error.kind() == WouldBlock => break,
                    // The call was interrupted, or the client closed the connection in the queue (accept(2)).
                    Err(error)
                        if matches!(error.kind(), Interrupted | ConnectionAborted | ConnectionReset) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    /// Waits until a client connects, the waker is used or the time is over. Call this only when [`Self::try_accept`] has
    /// emptied the queues.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

/// Accepts and serves until the server stops and every client's thread has ended. A panic of this thread stops the server
/// and is passed on at the end.
pub(super) fn run(shared: &ServerShared, mut acceptor: Acceptor) {
    thread::scope(|scope| {
        let on_change = |dropped: &[(SocketAddr, u32)]| {
            report_dropped(shared, dropped);
            shared.events.wake();
            shared.registry.notify_waiters();
        };
        let byte_queues = |ids: &[ClientId]| shared.registry.byte_queues(ids);
        shared.accept_queue.start(scope, || shared.is_stopping(), byte_queues, on_change);
        let dispatcher = Dispatcher::new(scope, shared);
        let ended = catch_unwind(AssertUnwindSafe(|| accept_clients(shared, &mut acceptor, &dispatcher)));
        // Does nothing unless a panic ended the loop. Without it, the clients' threads would never end.
        shared.stop();
        shared.steps.set_accepting(false);
        // Close the listeners before waiting for the clients' threads, so that the port is free and waiting connections
        // are reset.
        drop(acceptor);
        dispatcher.finish();
        shared.accept_queue.notify_waiters();
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
    });
}

/// Accepts clients and dispatches them, until the server stops.
fn accept_clients(shared: &ServerShared, acceptor: &mut Acceptor, dispatcher: &Dispatcher<'_, '_>) {
    let mut backoff = AcceptBackoff::new();
    let mut is_limit_reported = false;
    // How many clients were accepted since the queues were last empty. A queue that was full yields at least as many
    // as fit into it.
    let mut accepted = 0;
    let queue_capacity = shared.accept_queue.capacity();
    // One `accept()` of the tutorial can be several non-blocking calls here, but it is stepped and counted once.
    let mut is_in_accept = false;
    while !shared.is_stopping() {
        wait_for_room(shared, &mut is_limit_reported);
        if !is_in_accept && !shared.is_stopping() {
            is_in_accept = shared.steps.accept_call(&shared.accept_queue);
        }
        wait_while_paused(shared);
        if shared.is_stopping() {
            break;
        }
        let result = match acceptor.try_accept() {
            Ok(Some((stream, peer))) => {
                is_in_accept = false;
                accepted += 1;
                shared.steps.set_accepting(false);
                backoff.on_success();
                dispatcher.serve(admit(shared, stream, peer), &mut backoff);
                panic_if_requested("accept");
                limit_handshakes(shared);
                Ok(())
            }
            Ok(None) => {
                is_limit_reported = false;
                if queue_capacity.is_some_and(|capacity| std::mem::take(&mut accepted) >= capacity) {
                    report_dropped(shared, &shared.accept_queue.update_dropped());
                }
                AcceptBackoff::on_recovered(shared);
                acceptor.wait(limit_handshakes(shared))
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            is_in_accept = false;
            let raw = error.to_string();
            let is_out_of_files = sockets::is_out_of_files(&error);
            let problem = if is_out_of_files { Problem::OutOfFiles { raw } } else { Problem::Accept { raw } };
            backoff.on_error(shared, problem);
        }
    }
}

/// Reports that the OS has dropped attempts to connect.
fn report_dropped(shared: &ServerShared, dropped: &[(SocketAddr, u32)]) {
    for &(address, count) in dropped {
        shared.report(Problem::AttemptsDropped { address, count });
    }
}

/// Ends unfinished TLS handshakes that take too many places. Returns when to call this again.
fn limit_handshakes(shared: &ServerShared) -> Option<Duration> {
    shared.config.tls.as_ref()?;
    match shared.config.mode {
        // The accepting thread itself serves the client, as the tutorial's program does.
        Mode::One => {}
        Mode::Threads => shared.registry.limit_handshakes(shared.config.max_clients),
        Mode::Pool => {
            let has_waiting = || shared.workers.has_waiting();
            return shared.registry.limit_pool_handshakes(has_waiting, shared.config.pool_size.into());
        }
    }
    None
}

/// Adds an accepted client to the open connections.
fn admit(shared: &ServerShared, stream: TcpStream, peer: SocketAddr) -> Arc<Conn> {
    let client = shared.events.next_client(peer);
    let is_tls = shared.config.tls.is_some();
    // Some systems don't know the address once the client has reset the connection.
    let unknown: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let server = || stream.local_addr().unwrap_or(SocketAddr::new(unknown, 0));
    let recording = Recording::start(shared.events.captures(), client, server, is_tls, shared.config.capture);
    let conn = Arc::new(Conn::new(client, stream, is_tls, recording));
    shared.totals.clients.fetch_add(1, Relaxed);
    shared.registry.insert(&conn);
    if is_tls && shared.config.mode == Mode::Threads && !shared.steps.is_stepping() {
        // The client's thread begins at once.
        shared.registry.on_handshake_begin(client.id);
    }
    shared.events.send(Some(client), EventKind::Opened);
    conn
}

/// Waits while the client limit is reached. Reports the limit once, as soon as a client has to wait because of it.
fn wait_for_room(shared: &ServerShared, is_limit_reported: &mut bool) {
    let limit = shared.config.max_clients;
    if shared.registry.len() < limit {
        return;
    }
    shared.accept_queue.while_not_accepting(|| {
        // If the OS doesn't report the queue's length, a client may be waiting.
        let may_wait = || shared.accept_queue.waiting().is_none_or(|waiting| waiting > 0);
        while !shared.registry.wait_below(limit, may_wait) {
            let Some(left) = shared.registry.end_oldest_handshake(shared.config.mode) else {
                if !std::mem::replace(is_limit_reported, true) {
                    shared.report(Problem::MaxClients {
                        limit: u32::try_from(limit).unwrap_or(u32::MAX),
                        idle_timeout: shared.config.idle_timeout,
                    });
                }
                break;
            };
            if left.is_zero() {
                break;
            }
            shared.registry.wait_for_removal(left);
        }
        shared.registry.wait_below(limit, || false);
    });
}

/// Waits while accepting is paused. The OS's queue fills meanwhile.
fn wait_while_paused(shared: &ServerShared) {
    if shared.steps.is_accepting_paused() {
        shared.steps.set_accepting(false);
        shared.accept_queue.while_not_accepting(|| shared.steps.wait_while_accepting_paused());
        shared.steps.set_accepting(true);
    }
}
