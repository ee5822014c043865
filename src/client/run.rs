//! A client's thread: files read, name resolved, connected, and then the conversation; and how its end is told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::client::config::Config;
use crate::client::event::{CloseHow, Closed, EventKind, Failure, Stage};
use crate::client::resolve::Lookup;
use crate::client::shared::{Goodbye, Shared};
use crate::client::status::State;
use crate::client::talk::Talk;
use crate::client::words::{self, Refused};
use crate::tls::connecting::{Connector, ConnectorError};

const WAKE: Token = Token(0);
const SOCKET: Token = Token(1);

/// How a connection comes to its end.
pub(super) enum End {
    Failed(Failure),
    Closed(Closed),
}

/// The thread's own tools.
pub(super) struct Run {
    pub(super) shared: Arc<Shared>,
    poll: Poll,
    events: Events,
    /// What the socket may be good for: readiness is told once, at the edge.
    pub(super) readable: bool,
    pub(super) writable: bool,
}

/// Connects and talks to the end.
pub(super) fn run(shared: &Arc<Shared>, config: &Config) {
    /// Also where a panic passes by.
    struct Over<'a>(&'a Shared, Option<EventKind>);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.over(self.1.take());
        }
    }
    let mut over = Over(shared, None);
    let end = Run::new(Arc::clone(shared))
        .map_err(|error| End::Failed(words::no_means(Stage::Preparing, &error)))
        .and_then(|mut run| run.lead(config));
    over.1 = Some(match end {
        Ok(closed) | Err(End::Closed(closed)) => EventKind::Closed(closed),
        Err(End::Failed(failure)) => EventKind::Failed(failure),
    });
}

/// Tells how far it has come.
pub(super) fn enter(shared: &Shared, state: State) {
    shared.update(|status| {
        if status.state != state {
            status.state = state;
            status.since = Some(Instant::now());
        }
    });
    shared.mailbox.wake();
}

impl Run {
    fn new(shared: Arc<Shared>) -> io::Result<Self> {
        let poll = Poll::new()?;
        shared.set_waker(Waker::new(poll.registry(), WAKE)?);
        Ok(Self { shared, poll, events: Events::with_capacity(4), readable: false, writable: false })
    }

    fn lead(&mut self, config: &Config) -> Result<Closed, End> {
        let addresses = self.resolve(config)?;
        // After the name, which may take long: files that are mended meanwhile are read as they are then.
        let connector = config.tls.as_ref().map(|tls| Connector::new(tls, &config.host)).transpose();
        let connector = connector.map_err(|error| not_prepared(&error))?;
        self.shared.mailbox.tell(EventKind::Connecting { addresses: addresses.clone() });
        enter(&self.shared, State::Connecting);
        let (socket, took) = self.dial(&addresses, config.connect_timeout)?;
        let tls = connector.as_ref().map(Connector::connection).transpose();
        let tls = tls.map_err(|error| not_prepared(&error))?;
        Talk::new(self, socket, connector, tls, took)?.talk()
    }

    fn resolve(&mut self, config: &Config) -> Result<Vec<SocketAddr>, End> {
        let shared = Arc::clone(&self.shared);
        let mut lookup = Lookup::start(&config.host, config.port, move || shared.wake_thread())
            .map_err(|error| End::Failed(words::no_means(Stage::Preparing, &error)))?;
        loop {
            self.cancelled()?;
            if let Some(found) = lookup.answer() {
                return found.map_err(|error| End::Failed(words::not_found(&config.host, &error)));
            }
            self.wait(None).map_err(|error| End::Failed(words::no_means(Stage::Preparing, &error)))?;
        }
    }

    /// The first address that answers, and how long it took.
    fn dial(&mut self, addresses: &[SocketAddr], timeout: Duration) -> Result<(TcpStream, Duration), End> {
        let mut refused = Vec::new();
        for address in addresses {
            let start = Instant::now();
            match self.dial_one(*address, start + timeout)? {
                Ok(socket) => return Ok((socket, start.elapsed())),
                Err(error) => {
                    let silent = error.kind() == io::ErrorKind::TimedOut;
                    refused.push(Refused { address: *address, error });
                    if silent && address.ip().is_loopback() {
                        // The next one is the same computer, where a server with two sockets has two accept queues.
                        break;
                    }
                }
            }
        }
        Err(End::Failed(words::not_connected(&refused, timeout)))
    }

    /// The outer error ends everything, the inner one only this address.
    fn dial_one(&mut self, address: SocketAddr, deadline: Instant) -> Result<io::Result<TcpStream>, End> {
        let mut socket = match TcpStream::connect(address) {
            Ok(socket) => socket,
            Err(error) => return Ok(Err(error)),
        };
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut socket, SOCKET, both) {
            return Ok(Err(error));
        }
        loop {
            self.cancelled()?;
            match socket.take_error() {
                Ok(None) => {}
                Ok(Some(error)) | Err(error) => return Ok(Err(error)),
            }
            if let Ok(peer) = socket.peer_addr() {
                if socket.local_addr().is_ok_and(|local| local == peer) {
                    // Nobody listens, and the system chose this very port for us: TCP connects to itself
                    // (RFC 9293, section 3.5, simultaneous open).
                    return Ok(Err(io::ErrorKind::ConnectionRefused.into()));
                }
                return Ok(Ok(socket));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Err(io::ErrorKind::TimedOut.into()));
            }
            if let Err(error) = self.wait(Some(left)) {
                return Ok(Err(error));
            }
        }
    }

    /// An end where the user or the app has given up.
    fn cancelled(&self) -> Result<(), End> {
        let (_, goodbye) = self.shared.take_orders();
        let how = match goodbye {
            None => return Ok(()),
            Some(Goodbye::Leave(_)) => CloseHow::Cancelled,
            Some(Goodbye::Drop) => CloseHow::Dropped,
        };
        let lasted = Duration::ZERO;
        Err(End::Closed(Closed { how, sent: 0, received: 0, unsent: 0, lasted }))
    }

    /// Waits until the socket is ready for something, somebody wakes us, or the time is over.
    pub(super) fn wait(&mut self, time: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, time) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in self.events.iter().filter(|event| event.token() == SOCKET) {
            self.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
            self.writable |= event.is_writable() || event.is_error();
        }
        Ok(())
    }
}

fn not_prepared(error: &ConnectorError) -> End {
    let raw = error.raw().unwrap_or_default();
    End::Failed(Failure { stage: Stage::Preparing, text: error.to_string(), raw })
}
