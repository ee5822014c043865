//! The thread that drives one or more connections: it sleeps in `poll(2)` and advances each connection that has
//! something to do.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use mio::{Events, Poll, Registry, Token, Waker};

use crate::client::client_error::{ClientError, Stage};
use crate::client::client_event::{
    ClientCloseCause, ClientEventKind, ClientState, ClosedConnection, ConnectionOutcome,
};
use crate::client::client_shared::{ClientShared, CloseRequest};
use crate::client::connection::OpenConnection;
use crate::client::transport::{ConnectionConfig, Dialer, Target};
use crate::crash_report::panic_if_requested;
use crate::resolve::Lookup;
use crate::tls::client_config::Connector;

/// The token of the waker. The sockets' tokens count from 0.
const WAKE: Token = Token(usize::MAX);
/// How many bytes are read at once.
const BUFFER: usize = 64 << 10;

/// Starts a thread that connects all of `clients` and serves them until they are closed. `requires_echo`: anything but
/// an exact echo is an error.
pub(super) fn spawn(
    name: &str,
    clients: Vec<Arc<ClientShared>>,
    config: ConnectionConfig,
    requires_echo: bool,
) {
    let all = clients.clone();
    let work = move || {
        // Finishes the clients even if the thread panics.
        let _guard = FinishOnDrop(&clients);
        if let Err(error) = run(&clients, &config, requires_echo) {
            fail(&clients, &error);
        }
    };
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(work) {
        fail(&all, &ClientError::resources(Stage::Preparing, error));
    }
}

struct FinishOnDrop<'a>(&'a [Arc<ClientShared>]);

impl Drop for FinishOnDrop<'_> {
    fn drop(&mut self) {
        let outcome = thread::panicking().then_some(ConnectionOutcome::Failed(ClientError::Panicked));
        for client in self.0 {
            client.finish(outcome.clone());
        }
    }
}

fn fail(clients: &[Arc<ClientShared>], error: &ClientError) {
    for client in clients {
        client.finish(Some(ConnectionOutcome::Failed(error.clone())));
    }
}

fn run(
    clients: &[Arc<ClientShared>],
    config: &ConnectionConfig,
    requires_echo: bool,
) -> Result<(), ClientError> {
    let unavailable = |error| ClientError::resources(Stage::Preparing, error);
    let mut poll = Poll::new().map_err(unavailable)?;
    let mut events = Events::with_capacity(256);
    let waker = Arc::new(Waker::new(poll.registry(), WAKE).map_err(unavailable)?);
    for client in clients {
        client.set_waker(Arc::clone(&waker));
    }
    let wake = move || drop(waker.wake());
    let lookup = Lookup::start(&config.host, config.port, wake).map_err(unavailable)?;
    let addresses = loop {
        for client in clients {
            if let Some(closed) = canceled(client) {
                client.finish(Some(ConnectionOutcome::Closed(closed)));
            }
        }
        if clients.iter().all(|client| client.is_over()) {
            return Ok(());
        }
        if let Some(found) = lookup.wait(Duration::ZERO) {
            let no_address =
                |error| ClientError::NoAddress { host: config.host.clone(), source: Arc::new(error) };
            break found.map_err(no_address)?;
        }
        wait(&mut poll, &mut events, None).map_err(unavailable)?;
    };
    // The files are read after the lookup, which may take long, so that corrections made meanwhile count.
    let connector = config.tls.as_ref().map(|tls| Connector::new(tls, &config.host)).transpose()?;
    let connect_timeout = config.connect_timeout;
    let target = Arc::new(Target { addresses, connect_timeout, connector, requires_echo });
    let tasks = clients.iter().enumerate().filter(|(_, client)| !client.is_over());
    let mut tasks: BTreeMap<usize, ClientTask> = tasks
        .map(|(index, client)| {
            panic_if_requested("built-in-client");
            client.events.push(ClientEventKind::Connecting(target.addresses.clone()));
            client.set_state(ClientState::Connecting);
            let progress = TaskProgress::Dialing(Dialer::new(Arc::clone(&target), Token(index)));
            (index, ClientTask { shared: Arc::clone(client), progress, due: Some(Instant::now()) })
        })
        .collect();
    let mut buffer = vec![0; BUFFER];
    while !tasks.is_empty() {
        let now = Instant::now();
        let mut ended = Vec::new();
        for (index, task) in tasks.iter_mut().filter(|(_, task)| task.due.is_some_and(|due| due <= now)) {
            match task.advance(poll.registry(), &mut buffer) {
                Ok(ControlFlow::Continue(due)) => task.due = due,
                Ok(ControlFlow::Break(closed)) => ended.push((*index, ConnectionOutcome::Closed(closed))),
                Err(error) => ended.push((*index, ConnectionOutcome::Failed(error))),
            }
        }
        for (index, outcome) in ended {
            // Removing the task closes the socket before the status shows the end.
            if let Some(shared) = tasks.remove(&index).map(|task| task.shared) {
                shared.finish(Some(outcome));
            }
        }
        let timeout = tasks.values().filter_map(|task| task.due).min();
        let timeout = timeout.map(|due| due.saturating_duration_since(Instant::now()));
        wait(&mut poll, &mut events, timeout).map_err(|error| ClientError::resources(Stage::Open, error))?;
        let now = Some(Instant::now());
        for event in &events {
            if event.token() == WAKE {
                for task in tasks.values_mut() {
                    task.due = now;
                }
            } else if let Some(task) = tasks.get_mut(&event.token().0) {
                task.due = now;
                if let TaskProgress::Connected(connection) = &mut task.progress {
                    connection.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
                    connection.writable |= event.is_writable() || event.is_error();
                }
            }
        }
    }
    Ok(())
}

/// One connection of the thread.
struct ClientTask {
    shared: Arc<ClientShared>,
    progress: TaskProgress,
    /// When to advance the connection even if nothing happens.
    due: Option<Instant>,
}

enum TaskProgress {
    Dialing(Dialer),
    Connected(Box<OpenConnection>),
}

impl ClientTask {
    /// Makes progress without blocking. Breaks when the connection is over. Otherwise continues with the latest time
    /// for the next call, if there is one.
    fn advance(
        &mut self,
        registry: &Registry,
        buffer: &mut [u8],
    ) -> Result<ControlFlow<ClosedConnection, Option<Instant>>, ClientError> {
        if let TaskProgress::Dialing(dialer) = &mut self.progress {
            if let Some(closed) = canceled(&self.shared) {
                return Ok(ControlFlow::Break(closed));
            }
            let (socket, took) = match dialer.advance(registry)? {
                ControlFlow::Continue(due) => return Ok(ControlFlow::Continue(Some(due))),
                ControlFlow::Break(connected) => connected,
            };
            let (shared, target) = (Arc::clone(&self.shared), Arc::clone(&dialer.target));
            let connection = OpenConnection::new(shared, target, socket, took)?;
            self.progress = TaskProgress::Connected(Box::new(connection));
        }
        match &mut self.progress {
            TaskProgress::Connected(connection) => connection.advance(buffer),
            TaskProgress::Dialing(_) => Ok(ControlFlow::Continue(None)),
        }
    }
}

/// Takes the close request of a connection that isn't open yet. Returns how it ended, if there is a request.
fn canceled(client: &ClientShared) -> Option<ClosedConnection> {
    let cause = match client.take_close()? {
        CloseRequest::Close(_) => ClientCloseCause::Canceled,
        CloseRequest::Drop => ClientCloseCause::Dropped,
    };
    Some(ClosedConnection { cause, sent: 0, received: 0, unsent: 0, lasted: Duration::ZERO })
}

fn wait(poll: &mut Poll, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
    match poll.poll(events, timeout) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}
