//! The server as it is at this moment, for a picture of it: the accept queues, the threads with the call that each is
//! in, and the connections with the OS's queues of each.
//!
//! If there are more connections than fit into the picture, the newest and the busiest ones are drawn, and the others
//! counted.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::app::server_view::call_text;
use crate::app::state::App;
use crate::platform::socket_queues::{ByteQueue, ByteQueues};
use crate::server::calls::{Call, CallArgument, CallSite};
use crate::server::event::{ClientId, ClientInfo};
use crate::server::{AcceptQueue, AcceptQueues, Connection, Phase, Server, ServerState};
use crate::settings::Mode;
use crate::text::{self, with_thousands};

/// How often other connections may be chosen for the picture.
const CHOOSE_INTERVAL: Duration = Duration::from_secs(1);
/// After how long in `sendall` without progress a thread counts as blocked.
const BLOCKED_AFTER: Duration = Duration::from_millis(300);

/// The picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LivePicture {
    /// The accept queues; `None` while the server doesn't listen.
    pub queues: Option<AcceptQueues>,
    /// While the server starts, the addresses that already listen.
    pub listening: Vec<SocketAddr>,
    /// The thread that starts the server and accepts; `None` while the server is stopped.
    pub accept_thread: Option<LiveThread>,
    /// The drawn connections, sorted by client number.
    pub clients: Vec<LiveClient>,
    /// The connections that aren't drawn.
    pub others: OtherClients,
    /// The threads of the pool; `None` in other modes.
    pub pool: Option<PoolStatus>,
    /// When the picture should be updated even if the server doesn't wake the window.
    pub update_after: Option<Duration>,
}

/// A connection in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveClient {
    /// The client.
    pub client: ClientInfo,
    /// Whether the connection uses TLS.
    pub tls: bool,
    /// Bytes received, after decryption.
    pub received: u64,
    /// Bytes echoed, before encryption.
    pub sent: u64,
    /// The OS's queues.
    pub queues: ByteQueues,
    /// The thread that serves the client; `None` while it waits for a thread of the pool.
    pub thread: Option<LiveThread>,
    /// When bytes were last received and sent, as far as updates of the picture have seen it.
    pub moved: [Option<Instant>; 2],
}

/// A thread in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveThread {
    /// The thread's name.
    pub name: String,
    /// The call that it is in, or is paused before; `None` between two calls.
    pub call: Option<Call>,
    /// The text that describes the thread's state: `recv(1024) waits`.
    pub text: String,
    /// The kind of that state.
    pub state: ThreadState,
    /// An explanation of that state, in a sentence or two.
    pub about: &'static str,
}

/// The kinds of states of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadState {
    /// In `recv` or `accept`, which wait for a client.
    Waiting,
    /// In another call, or between two calls.
    Running,
    /// Paused in step mode, or accepting is paused.
    Paused,
    /// In `sendall` without progress, or unable to accept.
    Blocked,
}

/// The connections that aren't drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OtherClients {
    /// Their number.
    pub count: usize,
    /// How many of them wait for a thread of the pool.
    pub queued: usize,
    /// How many of their threads are in `recv`.
    pub in_recv: usize,
    /// How many of their threads are paused in step mode.
    pub paused: usize,
}

/// The threads of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// The maximum number of threads.
    pub size: usize,
    /// How many threads serve a client.
    pub busy: usize,
    /// How many accepted clients wait for a thread.
    pub queued: usize,
}

/// Updates the picture, and chooses the connections that are drawn.
#[derive(Debug, Default)]
pub struct LiveView {
    picture: LivePicture,
    drawn: Vec<Drawn>,
    /// The bytes of each connection when the drawn ones were last chosen, sorted by client number.
    bytes: Vec<(ClientId, u64)>,
    chosen_at: Option<Instant>,
}

/// A drawn connection as of the last update, which the next update compares with its current state.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    id: ClientId,
    bytes: [u64; 2],
    /// The OS's send queue. It shrinks during a long `sendall`, which is only counted when it returns.
    send_queue: Option<ByteQueue>,
    moved: [Option<Instant>; 2],
    /// When the call, the bytes or the send queue last changed.
    changed: Instant,
    site: Option<CallSite>,
}

impl LiveView {
    /// Updates the picture with room for `max` connections, and returns it. The connection that is `selected` is always
    /// drawn, and those whose thread is paused in step mode are drawn before all others.
    pub fn update(&mut self, app: &App, max: usize, selected: Option<ClientId>) -> &LivePicture {
        let now = Instant::now();
        let connections = app.connections();
        let is_stale = |at: Option<Instant>| at.is_none_or(|at| now.duration_since(at) >= CHOOSE_INTERVAL);
        let wanted = max.min(connections.len());
        self.drawn.retain(|drawn| find(&connections, drawn.id).is_some());
        let first = first_choice(&connections, wanted, selected);
        let lacks_first = first.iter().any(|id| self.drawn.iter().all(|drawn| drawn.id != *id));
        if self.drawn.len() != wanted || lacks_first || is_stale(self.chosen_at) {
            self.choose(&connections, wanted, first, now);
        }
        let ids: Vec<_> = self.drawn.iter().map(|drawn| drawn.id).collect();
        let queues = app.server.as_ref().map(|server| server.byte_queues(&ids)).unwrap_or_default();
        let mode = app.running_mode();
        let is_tls = matches!(app.state(), ServerState::Listening { tls: true, .. });
        let clients = self.drawn.iter_mut().zip(queues).filter_map(|(drawn, queues)| {
            let connection = find(&connections, drawn.id)?;
            let queues = queues.unwrap_or_default();
            drawn.update(connection, queues.send, now);
            Some(LiveClient {
                client: connection.client,
                tls: is_tls,
                received: connection.received,
                sent: connection.sent,
                queues,
                thread: client_thread(connection, mode, drawn.is_blocked(now)),
                moved: drawn.moved,
            })
        });
        let clients: Vec<_> = clients.collect();
        if let Some(server) = &app.server {
            let watched = clients.iter().filter(|client| can_change_without_event(client));
            server.watch_byte_queues(watched.map(|client| (client.client.id, client.queues)).collect());
        }
        let is_sending = clients
            .iter()
            .filter_map(|client| client.thread.as_ref())
            .any(|thread| thread.call == Some(Call::SendAll) && thread.state == ThreadState::Running);
        // A connection that is newer than the last choice may be drawn from the next one on.
        let newest = connections.last().map(|connection| connection.client.id);
        let waits_for_choice = self.bytes.last().map(|(id, _)| *id) != newest;
        self.picture = LivePicture {
            queues: app.accept_queues(),
            listening: listening(app),
            accept_thread: accept_thread(app, mode, &connections),
            others: self.others(&connections),
            pool: (mode == Mode::Pool).then(|| pool(app, &connections)),
            update_after: if is_sending {
                Some(BLOCKED_AFTER)
            } else {
                waits_for_choice.then_some(CHOOSE_INTERVAL)
            },
            clients,
        };
        &self.picture
    }

    /// Ends what [`Self::update`] has started: the OS's queues are no longer watched. Call this when the picture is no
    /// longer in view.
    pub fn hide(&mut self, app: &App) {
        if let Some(server) = app.server.as_ref().filter(|_| !self.picture.clients.is_empty()) {
            server.watch_byte_queues(Vec::new());
        }
        // Bytes that move from now on aren't seen, so they must not be drawn as moving later.
        *self = Self::default();
    }

    /// Chooses the connections that are drawn: those of the [`first_choice`], then half of the room for the newest ones,
    /// and the rest for those that transferred the most since the last choice.
    fn choose(&mut self, connections: &[Connection], count: usize, first: Vec<ClientId>, now: Instant) {
        let total = |connection: &Connection| connection.received + connection.sent;
        let mut chosen = first;
        let newest = connections.iter().rev().map(|connection| connection.client.id).take(count.div_ceil(2));
        let newest: Vec<_> = newest.filter(|id| !chosen.contains(id)).collect();
        chosen.extend(newest);
        chosen.truncate(count);
        let before = |id: ClientId| {
            self.bytes.binary_search_by_key(&id, |(id, _)| *id).map_or(0, |index| self.bytes[index].1)
        };
        let mut rest: Vec<_> = connections
            .iter()
            .filter(|connection| !chosen.contains(&connection.client.id))
            .map(|connection| {
                let id = connection.client.id;
                let is_drawn = self.drawn.iter().any(|drawn| drawn.id == id);
                // Among equally busy ones, those stay that are drawn already.
                (total(connection).saturating_sub(before(id)), is_drawn, id)
            })
            .collect();
        let wanted = count - chosen.len();
        if wanted < rest.len() && wanted > 0 {
            rest.select_nth_unstable_by(wanted - 1, |one, other| other.cmp(one));
        }
        chosen.extend(rest.into_iter().take(wanted).map(|(_, _, id)| id));
        chosen.sort_unstable();
        // Only of a connection that was accepted since the last choice is it known that its bytes have just moved.
        let is_new = |id: ClientId| {
            self.chosen_at.is_some() && self.bytes.last().is_none_or(|(newest, _)| id > *newest)
        };
        let drawn = chosen.into_iter().filter_map(|id| {
            let known = self.drawn.iter().find(|drawn| drawn.id == id).copied();
            known.or_else(|| Some(Drawn::new(find(connections, id)?, now, is_new(id))))
        });
        self.drawn = drawn.collect();
        self.bytes.clear();
        self.bytes.extend(connections.iter().map(|connection| (connection.client.id, total(connection))));
        self.chosen_at = Some(now);
    }

    fn others(&self, connections: &[Connection]) -> OtherClients {
        let mut others = OtherClients::default();
        let hidden = connections.iter().filter(|it| self.drawn.iter().all(|drawn| drawn.id != it.client.id));
        // With nothing hidden, this is not worth the search.
        if connections.len() > self.drawn.len() {
            for connection in hidden {
                others.count += 1;
                others.queued += usize::from(connection.phase == Phase::Queued);
                others.in_recv +=
                    usize::from(connection.site.is_some_and(|site| site.call == Call::Recv && !site.paused));
                others.paused += usize::from(connection.site.is_some_and(|site| site.paused));
            }
        }
        others
    }
}

impl Drawn {
    /// `is_new` is whether the bytes of the connection have just moved.
    fn new(connection: &Connection, now: Instant, is_new: bool) -> Self {
        let bytes = [connection.received, connection.sent];
        let moved = bytes.map(|bytes| (is_new && bytes > 0).then_some(now));
        Self { id: connection.client.id, bytes, send_queue: None, moved, changed: now, site: connection.site }
    }

    fn update(&mut self, connection: &Connection, send_queue: Option<ByteQueue>, now: Instant) {
        let bytes = [connection.received, connection.sent];
        for ((moved, before), bytes) in self.moved.iter_mut().zip(self.bytes).zip(bytes) {
            if bytes != before {
                *moved = Some(now);
            }
        }
        let current = (bytes, send_queue, connection.site);
        if current != (self.bytes, self.send_queue, self.site) {
            self.changed = now;
        }
        (self.bytes, self.send_queue, self.site) = current;
    }

    /// Returns whether the thread has been in `sendall` for a while without progress.
    fn is_blocked(&self, now: Instant) -> bool {
        let is_in_call = self.site.is_some_and(|site| site.call == Call::SendAll && !site.paused);
        is_in_call && now.duration_since(self.changed) >= BLOCKED_AFTER
    }
}

/// Returns whether a connection's queues or state can change without an event of the server: its thread isn't in `recv`
/// and so doesn't notice what arrives, or the client hasn't acknowledged everything.
fn can_change_without_event(client: &LiveClient) -> bool {
    let queues = [client.queues.receive, client.queues.send];
    let is_in_recv = client.thread.as_ref().is_some_and(|thread| thread.state == ThreadState::Waiting);
    !is_in_recv || queues.iter().flatten().any(|queue| queue.bytes > 0)
}

/// Returns the connections, at most `count`, that are drawn before all others: the selected one, and those whose thread
/// is paused in step mode.
fn first_choice(connections: &[Connection], count: usize, selected: Option<ClientId>) -> Vec<ClientId> {
    let is_paused = |connection: &&Connection| connection.site.is_some_and(|site| site.paused);
    let paused = connections.iter().filter(is_paused).map(|connection| connection.client.id);
    let selected = selected.filter(|id| find(connections, *id).is_some());
    selected.into_iter().chain(paused.filter(|id| Some(*id) != selected)).take(count).collect()
}

fn find(connections: &[Connection], id: ClientId) -> Option<&Connection> {
    let index = connections.binary_search_by_key(&id, |connection| connection.client.id).ok()?;
    connections.get(index)
}

fn client_thread(connection: &Connection, mode: Mode, is_blocked: bool) -> Option<LiveThread> {
    let site = connection.site?;
    let name = match mode {
        Mode::One => "server thread".to_owned(),
        Mode::Threads => format!("thread “client {}”", connection.client.id),
        Mode::Pool => "thread of the pool".to_owned(),
    };
    let (text, state) = site_text(site, is_blocked);
    Some(LiveThread { name, call: Some(site.call), text, state, about: explain_call(site.call, state) })
}

/// Returns the call that a thread is in, as the picture shows it.
fn site_text(site: CallSite, is_blocked: bool) -> (String, ThreadState) {
    let bytes = match site.argument {
        CallArgument::Bytes(bytes) => bytes,
        _ => 0,
    };
    if site.paused {
        let call = match site.call {
            Call::Recv => format!("recv({bytes})"),
            call => call.label().to_owned(),
        };
        return (format!("paused before {call}"), ThreadState::Paused);
    }
    match site.call {
        Call::Recv => (format!("recv({bytes}) waits"), ThreadState::Waiting),
        Call::SendAll if is_blocked => ("sendall() waits: no progress".to_owned(), ThreadState::Blocked),
        Call::SendAll => (format!("sendall({})", text::count(bytes, "byte")), ThreadState::Running),
        Call::Handshake => ("wrap_socket(): TLS handshake".to_owned(), ThreadState::Running),
        call => (call.label().to_owned(), ThreadState::Running),
    }
}

fn accept_thread(app: &App, mode: Mode, connections: &[Connection]) -> Option<LiveThread> {
    let settings = app.running_with()?;
    let name = if mode == Mode::One { "server thread" } else { "accept thread" }.to_owned();
    let accepting = app.server.as_ref().and_then(Server::accepting);
    let paused = app.paused_threads().into_iter().find(|thread| thread.client.is_none());
    let served = connections.first().filter(|_| mode == Mode::One);
    let call = accepting.map(|site| site.call);
    let (text, state, about) = if let Some(thread) = paused {
        let about = explain_call(thread.site.call, ThreadState::Paused);
        (format!("paused before {}", call_text(&thread)), ThreadState::Paused, about)
    } else if let Some(served) = served.filter(|_| accepting.is_none()) {
        let about = "This thread serves the client. It calls accept() again when the connection has closed.";
        (format!("serves {}", served.client.id), ThreadState::Running, about)
    } else if app.is_paused() {
        let about =
            "Accepting is paused: the server doesn't call accept(), so clients wait in the accept queue.";
        ("accepting is paused".to_owned(), ThreadState::Paused, about)
    } else if let Some(call) = call {
        let is_accept = call == Call::Accept;
        let state = if is_accept { ThreadState::Waiting } else { ThreadState::Running };
        let waits = if is_accept { " waits" } else { "" };
        (format!("{}{waits}", call.label()), state, explain_call(call, state))
    } else if app.server.as_ref().is_some_and(Server::lacks_resources) {
        let about = "The OS has no more files or threads for another client; the log has its error. The server tries again, at \
                     least every half second.";
        ("can't accept, tries again".to_owned(), ThreadState::Blocked, about)
    } else if matches!(app.state(), ServerState::Stopping) {
        ("stopping".to_owned(), ThreadState::Running, "The server closes its connections.")
    } else if connections.len() as u64 >= u64::from(settings.max_clients) {
        let about =
            "The client limit is reached. The server calls accept() again when a client has disconnected.";
        ("waits: the client limit is reached".to_owned(), ThreadState::Paused, about)
    } else {
        ("between two calls".to_owned(), ThreadState::Running, "The thread is between two calls.")
    };
    Some(LiveThread { name, call, text, state, about })
}

/// Returns the addresses that already listen while the server starts.
fn listening(app: &App) -> Vec<SocketAddr> {
    if !matches!(app.state(), ServerState::Starting) {
        return Vec::new();
    }
    app.calls().addresses.into_iter().filter_map(|(address, listens)| listens.then_some(address)).collect()
}

fn pool(app: &App, connections: &[Connection]) -> PoolStatus {
    let queued = connections.iter().filter(|connection| connection.phase == Phase::Queued).count();
    PoolStatus {
        size: app.running_with().unwrap_or(app.settings()).pool_size.into(),
        busy: connections.len() - queued,
        queued,
    }
}

impl LivePicture {
    /// Returns what the picture shows of a connection, in one sentence, for a screen reader.
    #[must_use]
    pub fn describe(client: &LiveClient) -> String {
        let tls = if client.tls { ", TLS" } else { "" };
        let queue = |name: &str, queue: Option<ByteQueue>| {
            let bytes = queue.map_or_else(|| "unknown".to_owned(), |queue| text::bytes(queue.bytes));
            format!(", {name} queue {bytes}")
        };
        let thread = client.thread.as_ref().map_or_else(
            || "waits for a thread".to_owned(),
            |thread| format!("{}: {}", thread.name, thread.text),
        );
        format!(
            "Connection {} from {}{tls}, {} received, {} sent{}{}, {thread}",
            client.client.id,
            client.client.peer,
            text::bytes(client.received),
            text::bytes(client.sent),
            queue("receive", client.queues.receive),
            queue("send", client.queues.send),
        )
    }

    /// Returns what the picture shows of the accept queues, in a sentence for each, for a screen reader.
    #[must_use]
    pub fn describe_queues(&self) -> Vec<String> {
        let Some(queues) = &self.queues else { return Vec::new() };
        let describe = |queue: &AcceptQueue| {
            let capacity = queues
                .capacity
                .map_or_else(String::new, |capacity| format!(" of {}", with_thousands(capacity)));
            let waiting = queue.waiting.map_or_else(
                || "the OS doesn't report how many clients wait".to_owned(),
                |waiting| format!("{}{capacity} waiting", with_thousands(waiting)),
            );
            let mut clients: Vec<_> = queue.clients.iter().take(3).map(SocketAddr::to_string).collect();
            let others = queue.waiting.unwrap_or(0).saturating_sub(3);
            if others > 0 {
                clients.push(format!("and {} more", with_thousands(others)));
            }
            let clients =
                if clients.is_empty() { String::new() } else { format!(": {}", clients.join(", ")) };
            let dropped = queue.dropped.map_or_else(String::new, |dropped| {
                format!("; {} dropped", text::count(dropped.into(), "packet"))
            });
            format!("Accept queue of {}: {waiting}{clients}{dropped}", queue.address)
        };
        queues.queues.iter().map(describe).collect()
    }
}

impl LiveView {
    /// Returns an explanation of what the thread of a connection waits for.
    #[must_use]
    pub fn explain(&self, app: &App, connection: &Connection) -> &'static str {
        let drawn = self.picture.clients.iter().find(|client| client.client.id == connection.client.id);
        let thread = drawn.and_then(|client| client.thread.clone());
        let thread = thread.or_else(|| client_thread(connection, app.running_mode(), false));
        thread.map_or(NO_THREAD, |thread| thread.about)
    }
}

const NO_THREAD: &str = "The server has accepted this client, but no thread is free to serve it yet.";

/// Returns an explanation of a call that a thread is in, or is paused before.
fn explain_call(call: Call, state: ThreadState) -> &'static str {
    match (call, state) {
        (_, ThreadState::Paused) => {
            "The thread is paused before this call. Press Next to make the call, or F5 to leave step mode."
        }
        (_, ThreadState::Blocked) => {
            "sendall() makes no progress: the client doesn't read, or the network is slow. Meanwhile, the server doesn't call \
             recv() for this client. If the client doesn't read because it waits in its own send, both wait forever: a \
             deadlock."
        }
        (Call::Recv, _) => "recv() waits until the client sends something or closes the connection.",
        (Call::SendAll, _) => {
            "sendall() passes the received bytes to the OS, which sends them to the client."
        }
        (Call::Handshake, _) => {
            "Client and server agree on keys, and the server proves its identity with its certificate."
        }
        (Call::Accept, _) => {
            "accept() returns the next client in the accept queue. While the queue is empty, accept() waits."
        }
        (Call::Close, _) => "The connection is being closed.",
        (Call::Socket | Call::Bind | Call::Listen, _) => "The server is starting to listen.",
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn client_that_acknowledges_does_not_count_as_blocked() {
        let site = CallSite { call: Call::SendAll, argument: CallArgument::Bytes(1024), paused: false };
        let connection = Connection {
            client: ClientInfo { id: ClientId(1), peer: "127.0.0.1:50000".parse().unwrap() },
            since: SystemTime::UNIX_EPOCH,
            phase: Phase::Open,
            site: Some(site),
            received: 1024,
            sent: 0,
            tls: None,
        };
        let mut now = Instant::now();
        let mut drawn = Drawn::new(&connection, now, true);
        let mut is_blocked_later = |bytes| {
            now += BLOCKED_AFTER;
            drawn.update(&connection, Some(ByteQueue { bytes, capacity: 1024 }), now);
            drawn.is_blocked(now)
        };
        assert_eq!([900, 800, 800, 700].map(&mut is_blocked_later), [false, false, true, false]);
    }
}
