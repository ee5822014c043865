//! Texts about the running server: the accept queue and what happens to the next client, the calls that its threads are
//! at, and where step mode paused them, with the variables that they have there.

use std::net::SocketAddr;
use std::time::Duration;

use crate::app::state::App;
use crate::log::format;
use crate::log::line::python_address;
use crate::python::Version;
use crate::server::calls::{Call, CallArgument, CallSite, Calls, PausedThread};
use crate::server::{AcceptQueues, Server, ServerState};
use crate::settings::{DataFormat, Mode};
use crate::text::{count, with_thousands};

/// How many characters of the data in a `sendall` or of a variable are shown.
const PREVIEW: usize = 24;

/// The accept queue of the running server, as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptQueueStatus {
    /// The number of clients in the fullest queue; `None` if the OS doesn't report it.
    pub waiting: Option<u32>,
    /// How many clients fit into a queue, as reported by the OS; otherwise the backlog.
    pub room: u32,
    /// How full the queue is: `3 of 6 waiting`, or less if the OS doesn't report that.
    pub label: String,
    /// The prospects of the next client, in a sentence or two.
    pub next: String,
    /// Why that many clients fit, and how many wait at each address if there are several addresses.
    pub about: String,
    /// Whether accepting is paused.
    pub paused: bool,
}

impl App {
    /// Returns the accept queue; `None` while the server doesn't listen.
    #[must_use]
    pub fn accept_queue(&self) -> Option<AcceptQueueStatus> {
        Some(status(&self.accept_queues()?, self.is_paused()))
    }

    /// Returns the accept queue of each address; `None` while the server doesn't listen.
    #[must_use]
    pub fn accept_queues(&self) -> Option<AcceptQueues> {
        self.server.as_ref().and_then(Server::accept_queues)
    }

    /// Returns how the running server serves clients; while it is stopped, how it would.
    #[must_use]
    pub fn running_mode(&self) -> Mode {
        self.running_with().unwrap_or(self.settings()).mode
    }

    /// Returns the calls that the server's threads are at, and how often each call was made in the current run or the
    /// last one. This copies all of that.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let calls = self.server.as_ref().map_or_else(Calls::default, Server::calls);
        Calls { stepping: self.stepping, ..calls }
    }

    /// While the server starts, returns the addresses that it will listen on, and whether it listens there already.
    /// Otherwise the result is empty.
    #[must_use]
    pub fn starting_addresses(&self) -> Vec<(SocketAddr, bool)> {
        let server = self.server.as_ref().filter(|server| matches!(server.state(), ServerState::Starting));
        server.map_or_else(Vec::new, |server| server.calls().addresses)
    }

    /// Returns how long the server has been starting; `None` unless it is starting.
    #[must_use]
    pub fn starting_for(&self) -> Option<Duration> {
        matches!(self.state(), ServerState::Starting).then(|| self.started_at.elapsed())
    }

    /// Returns whether the server pauses before each call, or will when it is started.
    #[must_use]
    pub fn is_stepping(&self) -> bool {
        self.stepping
    }

    /// Returns the paused threads, in the order in which they paused.
    #[must_use]
    pub fn paused_threads(&self) -> Vec<PausedThread> {
        if !self.stepping {
            return Vec::new();
        }
        self.server.as_ref().map_or_else(Vec::new, Server::paused_threads)
    }

    /// Returns a function that stops the running server from any thread, even if this thread is blocked.
    #[must_use]
    pub fn server_stopper(&self) -> Option<impl Fn() + Send + Sync + 'static> {
        self.server.as_ref().map(Server::stopper)
    }

    /// Returns whether accepting is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_paused)
    }
}

/// Returns where a thread is paused: `#3 is paused before sendall(b'Hello\n')`.
#[must_use]
pub fn pause_text(paused: &PausedThread) -> String {
    let thread = paused.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{thread} is paused before {}", call_text(paused))
}

/// Returns the call that a thread is paused before, with its argument: `bind() to 127.0.0.1:12345, address 1 of 2`.
#[must_use]
pub fn call_text(paused: &PausedThread) -> String {
    let CallSite { call, argument, .. } = paused.site;
    let name = call.label();
    match (argument, call) {
        (CallArgument::Address { address, number, of }, _) => {
            let preposition = match call {
                Call::Bind => "to",
                Call::Listen => "on",
                _ => "for",
            };
            let which = if of > 1 { format!(", address {number} of {of}") } else { String::new() };
            format!("{name} {preposition} {address}{which}")
        }
        (CallArgument::Bytes(max), Call::Recv) => format!("recv({max})"),
        (CallArgument::Bytes(bytes), _) => {
            let start = paused.variables.data.as_deref().unwrap_or_default();
            match format::truncated_data(start, DataFormat::Python, PREVIEW) {
                (data, false) if start.len() as u64 == bytes => format!("sendall({data})"),
                (data, _) => {
                    let data = data.trim_end_matches(format::ELLIPSIS);
                    format!("sendall({data}{}) of {} bytes", format::ELLIPSIS, with_thousands(bytes))
                }
            }
        }
        (CallArgument::None, Call::Handshake) => format!("{name}, the TLS handshake"),
        (CallArgument::None, _) => name.to_owned(),
    }
}

/// Returns the variables that this version of the Python program has at the line where a thread is paused: the name and
/// the value of each, the most interesting ones first. Long values are truncated.
#[must_use]
pub fn variables(paused: &PausedThread, version: Version) -> Vec<(&'static str, String)> {
    let CallSite { call, argument, .. } = paused.site;
    let Some(client) = paused.client else {
        return match (call, argument) {
            (Call::Socket, _) => Vec::new(),
            (Call::Listen, CallArgument::Address { address, .. }) => {
                vec![("sock", format!("<socket, laddr={}>", python_address(&address)))]
            }
            _ => vec![("sock", "<socket>".to_owned())],
        };
    };
    let values = &paused.variables;
    let data = values.data.as_deref();
    let data = data.map(|data| ("data", format::truncated_data(data, DataFormat::Python, PREVIEW).0));
    let kind = if values.is_tls { "SSLSocket" } else { "socket" };
    let peer = python_address(&client.peer);
    if version == Version::Tutorial {
        return data.into_iter().chain([("conn", format!("<{kind}, raddr={peer}>"))]).collect();
    }
    let end = values.end.map(|reason| ("end", format!("'{}'", reason.description())));
    let others = [
        ("received", values.received.to_string()),
        ("sent", values.sent.to_string()),
        ("address", peer),
        ("conn", format!("<{kind}>")),
    ];
    data.into_iter().chain(end).chain(others).collect()
}

fn status(queues: &AcceptQueues, paused: bool) -> AcceptQueueStatus {
    let waiting = queues.queues.iter().map(|queue| queue.waiting).collect::<Option<Vec<_>>>();
    let fullest = waiting.as_ref().and_then(|waiting| waiting.iter().max().copied());
    let room = queues.capacity.unwrap_or(u32::from(queues.backlog));
    AcceptQueueStatus {
        waiting: fullest,
        room,
        label: match &waiting {
            Some(waiting) => label(waiting, room),
            None => format!("backlog {}", with_thousands(queues.backlog)),
        },
        next: next_client(queues, fullest),
        about: about(queues),
        paused,
    }
}

fn label(waiting: &[u32], room: u32) -> String {
    let room = with_thousands(room);
    let nonzero: Vec<_> = waiting.iter().filter(|waiting| **waiting > 0).map(ToString::to_string).collect();
    match &nonzero[..] {
        [] => format!("0 of {room} waiting"),
        [one] => format!("{one} of {room} waiting"),
        several => format!("{} waiting, {room} fit in each queue", several.join(" + ")),
    }
}

fn next_client(queues: &AcceptQueues, fullest: Option<u32>) -> String {
    if queues.accepting && fullest.is_none_or(|waiting| waiting == 0) {
        return "The next client is accepted at once: the server waits in accept().".to_owned();
    }
    let outcome = if queues.refuses_when_full { "is refused" } else { "times out; it is not refused" };
    match (fullest, queues.capacity) {
        (Some(waiting), Some(room)) if waiting >= room => {
            format!("The queue is full. The next client's attempt to connect {outcome}.")
        }
        (Some(waiting), Some(room)) => format!(
            "The next client can connect, and waits until it is accepted. The queue has room for {}; after that, an \
             attempt to connect {outcome}.",
            with_thousands(room - waiting)
        ),
        _ => format!(
            "The next client can connect, and waits until it is accepted. Echoscope reads the number of waiting clients only \
             on Linux; with a full queue, an attempt to connect {outcome}."
        ),
    }
}

fn about(queues: &AcceptQueues) -> String {
    let backlog = with_thousands(queues.backlog);
    let mut text = match queues.capacity {
        Some(room) if room == u32::from(queues.backlog) + 1 => {
            format!(
                "With a backlog of {backlog}, Linux lets {} wait, one more than the backlog.",
                count(room.into(), "client")
            )
        }
        Some(room) => {
            format!(
                "The backlog is {backlog}, but net.core.somaxconn limits the queue to {}.",
                with_thousands(room)
            )
        }
        None => format!("The backlog is {backlog}. The number of clients that can wait depends on the OS."),
    };
    if queues.queues.len() > 1 {
        text.push_str(" Each address has its own queue.");
        for queue in &queues.queues {
            text.extend(queue.waiting.map(|waiting| format!(" {}: {waiting}.", queue.address)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::AcceptQueue;
    use crate::server::calls::ClientVariables;
    use crate::server::event::{ClientId, ClientInfo, CloseReason};

    fn queues(waiting: &[Option<u32>], accepting: bool) -> AcceptQueues {
        let queue = |index: usize, waiting: Option<u32>| AcceptQueue {
            address: format!("127.0.0.1:{}", index + 1).parse().unwrap(),
            waiting,
            clients: Vec::new(),
            dropped: None,
        };
        AcceptQueues {
            backlog: 5,
            capacity: Some(6),
            queues: waiting.iter().enumerate().map(|(index, waiting)| queue(index, *waiting)).collect(),
            accepting,
            refuses_when_full: false,
        }
    }

    #[test]
    fn label_counts_the_waiting_clients() {
        let label = |waiting: &[Option<u32>]| status(&queues(waiting, false), false).label;
        assert_eq!(label(&[Some(0)]), "0 of 6 waiting");
        assert_eq!(label(&[Some(0), Some(4)]), "4 of 6 waiting");
        assert_eq!(label(&[Some(3), Some(1)]), "3 + 1 waiting, 6 fit in each queue");
        assert_eq!(label(&[None]), "backlog 5");
    }

    #[test]
    fn text_about_the_next_client_depends_on_the_queue() {
        let next = |waiting, accepting| status(&queues(&[waiting], accepting), false).next;
        assert!(next(Some(0), true).contains("accepted at once"));
        assert!(next(Some(0), false).contains("room for 6; after that, an attempt to connect times out"));
        assert!(next(Some(5), false).contains("room for 1;"));
        assert!(next(Some(6), false).starts_with("The queue is full."));
        assert!(next(None, false).contains("only on Linux; with a full queue"));
        let windows = AcceptQueues { refuses_when_full: true, capacity: None, ..queues(&[None], false) };
        assert!(status(&windows, false).next.ends_with("an attempt to connect is refused."));
    }

    #[test]
    fn size_of_the_queue_is_explained() {
        let about = |queues: &AcceptQueues| status(queues, false).about;
        let one = queues(&[Some(2)], false);
        assert_eq!(about(&one), "With a backlog of 5, Linux lets 6 clients wait, one more than the backlog.");
        let capped = AcceptQueues { backlog: 5000, capacity: Some(4097), ..one };
        assert!(about(&capped).contains("limits the queue to 4,097"));
        let two = about(&queues(&[Some(2), Some(0)], false));
        assert!(two.ends_with("its own queue. 127.0.0.1:1: 2. 127.0.0.1:2: 0."), "{two}");
    }

    fn thread(id: Option<u64>, call: Call, argument: CallArgument, data: Option<&[u8]>) -> PausedThread {
        let client = id.map(|id| ClientInfo { id: ClientId(id), peer: "127.0.0.1:49743".parse().unwrap() });
        let variables = ClientVariables { data: data.map(Into::into), ..ClientVariables::default() };
        PausedThread { client, site: CallSite { call, paused: true, argument }, variables }
    }

    fn text(id: Option<u64>, call: Call, argument: CallArgument) -> String {
        pause_text(&thread(id, call, argument, None))
    }

    fn address(of: usize) -> CallArgument {
        CallArgument::Address { address: "127.0.0.1:12345".parse().unwrap(), number: 1, of }
    }

    #[test]
    fn pauses_name_the_client_and_the_call() {
        let bind = "Server is paused before bind() to 127.0.0.1:12345";
        assert_eq!(text(None, Call::Bind, address(1)), bind);
        assert_eq!(text(None, Call::Bind, address(2)), format!("{bind}, address 1 of 2"));
        assert_eq!(text(None, Call::Accept, CallArgument::None), "Server is paused before accept()");
        assert_eq!(text(Some(3), Call::Recv, CallArgument::Bytes(1024)), "#3 is paused before recv(1024)");
        assert_eq!(
            text(Some(3), Call::Handshake, CallArgument::None),
            "#3 is paused before wrap_socket(), the TLS handshake"
        );
    }

    #[test]
    fn data_to_send_is_shown() {
        let send = |len, data: &[u8]| {
            call_text(&thread(Some(3), Call::SendAll, CallArgument::Bytes(len), Some(data)))
        };
        assert_eq!(send(6, b"Hello\n"), r"sendall(b'Hello\n')");
        assert_eq!(send(1500, &[b'x'; 64]), "sendall(b'xxxxxxxxxxxxxxxxxxxxx…) of 1,500 bytes");
        // The data is truncated, although its known part ends like a whole line.
        assert_eq!(send(70, b"Hello\n"), r"sendall(b'Hello\n'…) of 70 bytes");
    }

    #[test]
    fn variables_exist_only_from_the_line_that_sets_them() {
        let shown = |thread: &PausedThread| {
            let parts = variables(thread, Version::Robust)
                .into_iter()
                .map(|(name, value)| format!("{name} = {value}"));
            parts.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(shown(&thread(None, Call::Socket, address(1), None)), "");
        assert_eq!(shown(&thread(None, Call::Bind, address(1), None)), "sock = <socket>");
        assert_eq!(
            shown(&thread(None, Call::Listen, address(1), None)),
            "sock = <socket, laddr=('127.0.0.1', 12345)>"
        );
        let recv = CallArgument::Bytes(1024);
        let client = "received = 0, sent = 0, address = ('127.0.0.1', 49743), conn = <socket>";
        assert_eq!(shown(&thread(Some(1), Call::Recv, recv, None)), client);
        assert_eq!(
            shown(&thread(Some(1), Call::Recv, recv, Some(b"hi\n"))),
            format!(r"data = b'hi\n', {client}")
        );
        let mut close = thread(Some(1), Call::Close, CallArgument::None, Some(b""));
        (close.variables.end, close.variables.is_tls) = (Some(CloseReason::EndOfStream), true);
        let shown = shown(&close);
        assert!(shown.starts_with("data = b'', end = 'closed by the client', received = 0"), "{shown}");
        assert!(shown.ends_with("conn = <SSLSocket>"), "{shown}");
        let tutorial = |thread: &PausedThread| variables(thread, Version::Tutorial);
        let conn = ("conn", "<socket, raddr=('127.0.0.1', 49743)>".to_owned());
        let (recv, data) =
            (thread(Some(1), Call::Recv, recv, Some(b"hi\n")), ("data", r"b'hi\n'".to_owned()));
        assert_eq!(tutorial(&recv), [data, conn]);
        assert_eq!(tutorial(&close)[1].1, "<SSLSocket, raddr=('127.0.0.1', 49743)>");
    }
}
