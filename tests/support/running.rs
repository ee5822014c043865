//! A server in this process, started through the library on a free port, and its events.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::server::event::{CloseReason, Event, EventKind};
use echoscope::server::event_channel::{EventReceiver, channel};
use echoscope::server::{Server, ServerConfig, ServerState};
use echoscope::settings::Settings;

/// How long a test waits for something that should happen at once: long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port of 127.0.0.1, and its events so far.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) source: EventReceiver,
    pub(crate) events: Vec<Event>,
    pub(crate) address: SocketAddr,
}

impl Running {
    pub(crate) fn start(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::start_waking(change, || {})
    }

    /// Starts a server that calls `wake` when there are new events.
    pub(crate) fn start_waking(
        change: impl FnOnce(&mut ServerConfig),
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let mut config = config();
        change(&mut config);
        let (sink, source) = channel(wake);
        let server = Server::start(config, sink);
        let address = listening(&server);
        Self { server, source, events: Vec::new(), address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Waits until `wanted` returns something for an event, and returns that.
    pub(crate) fn event<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let mut found = None;
        wait_for("an event", || {
            self.take_events();
            found = self.events.iter().find_map(&wanted);
            found.is_some()
        });
        found.unwrap()
    }

    /// Receives the new events.
    pub(crate) fn take_events(&mut self) {
        self.source.drain(|event| self.events.push(event));
    }

    /// Waits until a client's connection is closed, and returns the reason.
    pub(crate) fn closed(&mut self, id: u64) -> CloseReason {
        self.event(|event| match &event.kind {
            EventKind::Closed(closed) if event.client.is_some_and(|client| client.id.0 == id) => {
                Some(closed.reason)
            }
            _ => None,
        })
    }

    /// Stops the server, waits until it has stopped, and returns how long that took.
    pub(crate) fn stop(&self) -> Duration {
        let start = Instant::now();
        self.server.stop();
        assert!(self.server.wait_until_stopped(PATIENCE), "the server did not come to rest");
        start.elapsed()
    }
}

/// Returns the default configuration, on a free port of 127.0.0.1.
pub(crate) fn config() -> ServerConfig {
    ServerConfig { host: "127.0.0.1".to_owned(), port: 0, ..ServerConfig::from(&Settings::default()) }
}

/// Waits until a server listens, and returns the first of its addresses.
pub(crate) fn listening(server: &Server) -> SocketAddr {
    let mut address = None;
    wait_for("listening", || match server.state() {
        ServerState::Listening { addresses, .. } => {
            address = addresses.first().copied();
            true
        }
        ServerState::Failed(error) => panic!("{error}"),
        _ => false,
    });
    address.unwrap()
}

/// Polls until `done` returns true. Panics after [`PATIENCE`].
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::yield_now();
    }
}
