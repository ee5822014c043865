//! Texts about the running server: the accept queue and what happens to the next client, the calls that its threads are
//! at, and where step mode paused them.

use crate::app::state::App;
use crate::log::format;
use crate::server::calls::{Call, CallArgument, CallSite, Calls, PausedThread};
use crate::server::{AcceptQueues, Server};
use crate::settings::{DataFormat, Mode};
use crate::text::with_thousands;

/// How many characters of the data in a `sendall` are shown.
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

/// Returns where a thread is paused: `#3 halts before sendall(b'Hello\n')`.
#[must_use]
pub fn pause_text(paused: &PausedThread) -> String {
    let thread = paused.client.map_or_else(|| "Server".to_owned(), |client| client.id.to_string());
    format!("{thread} halts before {}", call_text(paused))
}

/// Returns the call that a thread is paused before, with its argument: `bind() to 127.0.0.1:12345`.
#[must_use]
pub fn call_text(paused: &PausedThread) -> String {
    let CallSite { call, argument, .. } = paused.site;
    let name = call.label();
    match (argument, call) {
        (CallArgument::Address(address), Call::Bind) => format!("{name} to {address}"),
        (CallArgument::Address(address), Call::Listen) => format!("{name} on {address}"),
        (CallArgument::Address(address), _) => format!("{name} for {address}"),
        (CallArgument::Bytes(max), Call::Recv) => format!("recv({max})"),
        (CallArgument::Bytes(bytes), _) => {
            match format::truncated_data(&paused.data, DataFormat::Python, PREVIEW) {
                (data, false) if paused.data.len() as u64 == bytes => format!("sendall({data})"),
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

fn status(queues: &AcceptQueues, paused: bool) -> AcceptQueueStatus {
    let waiting = queues.queues.iter().map(|queue| queue.waiting).collect::<Option<Vec<_>>>();
    let fullest = waiting.as_ref().and_then(|waiting| waiting.iter().max().copied());
    let room = queues.capacity.unwrap_or(u32::from(queues.backlog));
    AcceptQueueStatus {
        waiting: fullest,
        room,
        label: label(waiting.as_deref(), room),
        next: next_client(queues, fullest),
        about: about(queues),
        paused,
    }
}

fn label(waiting: Option<&[u32]>, room: u32) -> String {
    let room = with_thousands(room);
    let Some(waiting) = waiting else { return format!("holds {room}") };
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
            "The next client can connect, and waits until it is accepted. This OS doesn't report how many wait; with a \
             full queue, an attempt to connect {outcome}."
        ),
    }
}

fn about(queues: &AcceptQueues) -> String {
    let backlog = with_thousands(queues.backlog);
    let mut text = match queues.capacity {
        Some(room) if room == u32::from(queues.backlog) + 1 => {
            format!(
                "With a backlog of {backlog}, Linux lets {} wait, one more than asked for.",
                with_thousands(room)
            )
        }
        Some(room) => {
            format!(
                "The backlog is {backlog}, but net.core.somaxconn limits the queue to {}.",
                with_thousands(room)
            )
        }
        None => format!("The backlog is {backlog}. Each OS interprets that number in its own way."),
    };
    if queues.queues.len() > 1 {
        text.push_str(" Each address has a queue of its own.");
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
    use crate::server::event::{ClientId, ClientInfo};

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
        assert_eq!(label(&[None]), "holds 6");
    }

    #[test]
    fn text_about_the_next_client_depends_on_the_queue() {
        let next = |waiting, accepting| status(&queues(&[waiting], accepting), false).next;
        assert!(next(Some(0), true).contains("accepted at once"));
        assert!(next(Some(0), false).contains("room for 6; after that, an attempt to connect times out"));
        assert!(next(Some(5), false).contains("room for 1;"));
        assert!(next(Some(6), false).starts_with("The queue is full."));
        assert!(next(None, false).contains("doesn't report how many wait"));
        let windows = AcceptQueues { refuses_when_full: true, capacity: None, ..queues(&[None], false) };
        assert!(status(&windows, false).next.ends_with("an attempt to connect is refused."));
    }

    #[test]
    fn size_of_the_queue_is_explained() {
        let about = |queues: &AcceptQueues| status(queues, false).about;
        let one = queues(&[Some(2)], false);
        assert_eq!(about(&one), "With a backlog of 5, Linux lets 6 wait, one more than asked for.");
        let capped = AcceptQueues { backlog: 5000, capacity: Some(4097), ..one };
        assert!(about(&capped).contains("limits the queue to 4,097"));
        let two = about(&queues(&[Some(2), Some(0)], false));
        assert!(two.ends_with("queue of its own. 127.0.0.1:1: 2. 127.0.0.1:2: 0."), "{two}");
    }

    fn text(id: Option<u64>, call: Call, argument: CallArgument, data: &[u8]) -> String {
        let client = id.map(|id| ClientInfo { id: ClientId(id), peer: "127.0.0.1:49743".parse().unwrap() });
        pause_text(&PausedThread {
            client,
            site: CallSite { call, paused: true, argument },
            data: data.into(),
        })
    }

    #[test]
    fn pauses_name_the_client_and_the_call() {
        let address = CallArgument::Address("127.0.0.1:12345".parse().unwrap());
        assert_eq!(text(None, Call::Accept, CallArgument::None, b""), "Server halts before accept()");
        assert_eq!(text(None, Call::Bind, address, b""), "Server halts before bind() to 127.0.0.1:12345");
        assert_eq!(text(Some(3), Call::Recv, CallArgument::Bytes(1024), b""), "#3 halts before recv(1024)");
        assert_eq!(
            text(Some(3), Call::Handshake, CallArgument::None, b""),
            "#3 halts before wrap_socket(), the TLS handshake"
        );
    }

    #[test]
    fn data_to_send_is_shown() {
        let send = |len, data: &[u8]| text(Some(3), Call::SendAll, CallArgument::Bytes(len), data);
        assert_eq!(send(6, b"Hello\n"), r"#3 halts before sendall(b'Hello\n')");
        assert_eq!(
            send(1500, &[b'x'; 64]),
            "#3 halts before sendall(b'xxxxxxxxxxxxxxxxxxxxx…) of 1,500 bytes"
        );
        // The data is truncated, although its known part ends like a whole line.
        assert_eq!(send(70, b"Hello\n"), r"#3 halts before sendall(b'Hello\n'…) of 70 bytes");
    }
}
