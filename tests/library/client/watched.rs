//! A client whose events a test awaits, and small servers that behave as Echoscope's never does.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use echoscope::client::client_error::ClientError;
use echoscope::client::client_event::{
    ClientEvent, ClientEventKind, ClientState, ClosedConnection, ConnectionOutcome,
};
use echoscope::client::echo_check::{EchoResult, EchoVerdict};
use echoscope::client::{Client, ConnectionConfig, Payload};

use crate::support::PATIENCE;

pub(crate) struct Watched {
    pub(crate) client: Client,
    pub(crate) events: Vec<ClientEvent>,
    woken: Receiver<()>,
}

impl Watched {
    pub(crate) fn connect(config: ConnectionConfig) -> Self {
        let (sender, woken) = channel();
        let client = Client::connect(config, move || {
            let _ = sender.send(());
        });
        Self { client, events: Vec::new(), woken }
    }

    /// Connects without TLS and waits until the connection is open.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let mut watched = Self::connect(ConnectionConfig::plain(address.ip().to_string(), address.port()));
        watched.wait_until_open();
        watched
    }

    /// Waits until `found` returns something. Calls it only after each wake-up.
    pub(crate) fn wait_until<T>(&mut self, what: &str, mut found: impl FnMut(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.events.extend(self.client.drain());
            if let Some(found) = found(self) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                self.woken.recv_timeout(left).is_ok(),
                "no {what}: {:?}: {:#?}",
                self.client.status(),
                self.newest_events()
            );
        }
    }

    /// Returns how often the client woke its reader since the last wait.
    pub(crate) fn woken(&self) -> usize {
        self.woken.try_iter().count()
    }

    /// Returns the newest events, for a failure message.
    fn newest_events(&self) -> Vec<String> {
        self.events.iter().rev().take(50).map(|event| format!("{:?}", event.kind)).collect()
    }

    pub(crate) fn event<T>(&mut self, what: &str, wanted: impl Fn(&ClientEventKind) -> Option<T>) -> T {
        self.wait_until(what, |watched| watched.events.iter().find_map(|event| wanted(&event.kind)))
    }

    pub(crate) fn wait_until_open(&mut self) {
        self.wait_until("open connection", |watched| {
            let state = watched.client.status().state;
            assert!(state != ClientState::Closed, "{:#?}", watched.newest_events());
            (state == ClientState::Open).then_some(())
        });
    }

    pub(crate) fn send(&self, data: &[u8]) {
        self.client.send(Payload::Bytes(data.to_vec())).unwrap();
    }

    /// Waits until at least `count` bytes were received in total, and returns all received bytes.
    pub(crate) fn received(&mut self, count: usize) -> Vec<u8> {
        self.wait_until("received bytes", |watched| {
            let data = watched.data();
            (data.len() >= count).then_some(data)
        })
    }

    pub(crate) fn data(&self) -> Vec<u8> {
        let data = self.events.iter().filter_map(|event| match &event.kind {
            ClientEventKind::Received { data, .. } => Some(data.to_vec()),
            _ => None,
        });
        data.flatten().collect()
    }

    pub(crate) fn verdict(&mut self, send: u64) -> EchoVerdict {
        self.event("echo", |kind| match kind {
            ClientEventKind::Echoed(EchoResult { number, verdict, .. }) if *number == send => Some(*verdict),
            _ => None,
        })
    }

    /// Waits until the connection ends, which must not be a failure, and returns how it was closed.
    pub(crate) fn closed(&mut self) -> ClosedConnection {
        self.event("close", |kind| match kind {
            ClientEventKind::Ended(ConnectionOutcome::Closed(closed)) => Some(closed.clone()),
            ClientEventKind::Ended(ConnectionOutcome::Failed(failure)) => panic!("{failure:#?}"),
            _ => None,
        })
    }

    /// Waits until the connection ends, which must be a failure, and returns the error.
    pub(crate) fn failed(&mut self) -> ClientError {
        self.event("failure", |kind| match kind {
            ClientEventKind::Ended(ConnectionOutcome::Failed(failure)) => Some(failure.clone()),
            ClientEventKind::Ended(ConnectionOutcome::Closed(closed)) => panic!("{closed:#?}"),
            _ => None,
        })
    }

    pub(crate) fn note(&mut self) -> String {
        self.event("note", |kind| match kind {
            ClientEventKind::Warning(warning) => Some(warning.to_string()),
            _ => None,
        })
    }
}

/// Starts a server that handles one connection with `handle`.
pub(crate) fn server<T: Send + 'static>(
    handle: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        handle(stream)
    });
    (address, thread)
}

/// Reads to the end of the stream, and returns the data and the result of the last read.
pub(crate) fn read_all(stream: &mut TcpStream) -> (Vec<u8>, std::io::Result<usize>) {
    let mut all = Vec::new();
    let end = stream.read_to_end(&mut all);
    (all, end)
}
