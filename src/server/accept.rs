//! The accept loop: takes clients out of the queue one by one and hands them on, until the run is stopped.
//!
//! One thread waits on all listening sockets at once, so that *one client at a time* holds over all addresses of a
//! host. It never gives up: what keeps it from accepting (no file descriptor, the limit of clients) is told once and
//! waited out, while the kernel's queue does the waiting for the clients.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Instant;

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::platform::sockets;
use crate::server::dispatch::Dispatcher;
use crate::server::event::{EventKind, Problem};
use crate::server::listen::Bound;
use crate::server::registry::{Conn, Waited};
use crate::server::run::Run;
use crate::server::trouble::Trouble;
use crate::tls::server_config::TlsServer;

const WAKE: Token = Token(usize::MAX);

/// The listening sockets and what waits on them.
pub(super) struct Acceptor {
    poll: Poll,
    events: Events,
    listeners: Vec<Listening>,
    /// Whose turn it is: no listener starves another.
    next: usize,
}

struct Listening {
    socket: TcpListener,
    /// Whether an accept may succeed: readiness is told once, at the edge.
    ready: bool,
}

impl Acceptor {
    /// The acceptor, and what wakes it from any thread.
    pub(super) fn new(bound: Bound) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let mut listeners = Vec::new();
        for (index, (listener, _)) in bound.listeners.into_iter().enumerate() {
            let mut socket = TcpListener::from_std(listener);
            poll.registry().register(&mut socket, Token(index), Interest::READABLE)?;
            listeners.push(Listening { socket, ready: true });
        }
        Ok((Self { poll, events: Events::with_capacity(16), listeners, next: 0 }, waker))
    }

    /// The next client in the queue of any listener; `Ok(None)` where all queues are empty.
    fn try_accept(&mut self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        for _ in 0..self.listeners.len() {
            let index = self.next % self.listeners.len();
            self.next = index + 1;
            let listening = &mut self.listeners[index];
            while listening.ready {
                match listening.socket.accept() {
                    Ok((stream, peer)) => {
                        let stream = TcpStream::from(stream);
                        stream.set_nonblocking(false)?;
                        return Ok(Some((stream, peer)));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => listening.ready = false,
                    // The client went while it waited (accept(2)): on to the next one.
                    Err(error) if is_clients_fault(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    /// Waits until somebody connects or the waker is used.
    fn wait(&mut self) -> io::Result<()> {
        match self.poll.poll(&mut self.events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &self.events {
            if let Some(listening) = self.listeners.get_mut(event.token().0) {
                listening.ready = true;
            }
        }
        Ok(())
    }
}

fn is_clients_fault(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::Interrupted | Kind::ConnectionAborted | Kind::ConnectionReset)
}

/// Accepts and serves until the run is stopped and every client's thread has ended.
pub(super) fn run(run: &Run, mut acceptor: Acceptor, tls: Option<Arc<TlsServer>>) {
    thread::scope(|scope| {
        run.gauge.start(
            scope,
            || run.is_stopping(),
            || {
                run.sink.wake();
                run.registry.nudge();
            },
        );
        let mut dispatcher = Dispatcher::new(scope, run, tls);
        let mut trouble = Trouble::none();
        // Whether the tutorial's `accept()` is under way: here it takes several calls that don't block.
        let mut called = false;
        while !run.is_stopping() {
            wait_for_a_place(run, &mut trouble);
            if !called && !run.is_stopping() {
                called = run.gate.accept_call(|halt| run.gauge.while_not_accepting(halt));
            }
            wait_while_paused(run);
            if run.is_stopping() {
                break;
            }
            match acceptor.try_accept() {
                Ok(Some((stream, peer))) => {
                    called = false;
                    run.gate.set_accepting(false);
                    trouble.eased();
                    dispatcher.serve(admit(run, stream, peer), &mut trouble);
                }
                Ok(None) => {
                    trouble.over(run);
                    if let Err(error) = acceptor.wait() {
                        called = false;
                        trouble.meet(run, accept_problem(&error));
                    }
                }
                Err(error) => {
                    called = false;
                    trouble.meet(run, accept_problem(&error));
                }
            }
        }
        run.gate.set_accepting(false);
        // Before the clients' threads are waited for: the port is free again, and who waits in the queue is let go.
        drop(acceptor);
        dispatcher.finish();
        run.gauge.wake();
    });
}

fn admit(run: &Run, stream: TcpStream, peer: SocketAddr) -> Arc<Conn> {
    // It may fail for a client that has gone; serving it will tell.
    let _ = stream.set_nodelay(true);
    let client = run.sink.next_client(peer);
    let capture = run
        .config
        .capture
        .then(|| run.sink.captures().open(client, run.config.tls.is_some(), Instant::now()));
    let conn = Arc::new(Conn::new(client, stream, capture));
    run.totals.clients.fetch_add(1, Relaxed);
    run.registry.insert(&conn);
    run.sink.emit(Some(client), EventKind::Opened);
    conn
}

fn wait_for_a_place(run: &Run, trouble: &mut Trouble) {
    let limit = run.config.max_clients;
    if run.registry.len() < limit {
        return;
    }
    run.gauge.while_not_accepting(|| {
        // Told when somebody has to wait for it; where the system doesn't tell, somebody may.
        let somebody_waits = || run.gauge.waiting().is_none_or(|waiting| waiting > 0);
        if run.registry.wait_below(limit, somebody_waits) == Waited::Interrupted {
            trouble.full(run);
            run.registry.wait_below(limit, || false);
        }
    });
}

/// The kernel's queue fills meanwhile.
fn wait_while_paused(run: &Run) {
    if run.gate.is_paused() {
        run.gate.set_accepting(false);
        run.gauge.while_not_accepting(|| run.gate.wait_while_paused());
        run.gate.set_accepting(true);
    }
}

fn accept_problem(error: &io::Error) -> Problem {
    let raw = error.to_string();
    if sockets::is_out_of_files(error) { Problem::OutOfFiles { raw } } else { Problem::Accept { raw } }
}
