//! The status of the program's lines while the server runs: which threads are at each line, the variables of a thread
//! that is paused there, and how often the line ran.

use crate::app::variables;
use crate::python::Program;
use crate::server::calls::{Call, CallArgument, Calls, PausedThread, ServerThread};
use crate::server::event::ClientId;
use crate::text::{count, with_thousands};

/// The status of a line that makes a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LineStatus {
    /// The index of the line.
    pub(crate) line: usize,
    /// The call; `None` for the line that passes clients to the pool.
    pub(crate) call: Option<Call>,
    /// How often the call has been made.
    pub(crate) made: u64,
    /// Whether the call was made a moment ago.
    pub(crate) highlighted: bool,
    /// The variables of a paused thread: the name and the value of each.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The client whose thread has these variables.
    pub(crate) variables_of: Option<ClientId>,
    /// The state of the accepting thread, if it is at this line.
    accepting: Option<Accepting>,
    /// Which of several addresses the accepting thread makes the call for: `address 2 of 2: [::1]:12345`.
    address: Option<String>,
    /// The clients whose threads are paused before this line.
    paused: Vec<ClientId>,
    /// The clients whose threads are in this call, or that wait for a thread if the line passes clients to the pool.
    inside: Vec<ClientId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepting {
    Inside,
    Paused,
    /// The user has paused accepting.
    Suspended,
}

/// A part of the label beside a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LabelPart {
    Client(ClientId),
    Text(String),
    /// Text about paused threads.
    Paused(String),
}

/// The most clients whose numbers are shown beside one line.
pub(crate) const MAX_NAMED: usize = 5;

/// Returns the status of each line that makes a call, in the order of the program. `queued` are the clients that wait
/// for a thread of the pool. Unless the server is running, no thread is at any line.
pub(crate) fn line_statuses(
    program: &Program,
    calls: &Calls,
    queued: &[ClientId],
    is_running: bool,
    highlighted: [bool; Call::ALL.len()],
) -> Vec<LineStatus> {
    let mut statuses = Vec::new();
    for (index, line) in program.lines.iter().enumerate() {
        let mut status = LineStatus { line: index, call: line.call, ..LineStatus::default() };
        if let Some(call) = line.call {
            status.made = calls.made(call);
            status.highlighted = highlighted[call as usize];
            if is_running {
                status.accepting = match calls.accepting.filter(|site| site.call == call) {
                    Some(site) if site.paused => Some(Accepting::Paused),
                    Some(_) => Some(Accepting::Inside),
                    None => (calls.paused && call == Call::Accept).then_some(Accepting::Suspended),
                };
                if status.accepting.is_some()
                    && let Some(CallArgument::Address { address, number, of }) =
                        calls.accepting.map(|site| site.argument)
                    && of > 1
                {
                    status.address = Some(format!("address {number} of {of}: {address}"));
                }
                for (client, site) in calls.clients.iter().filter(|(_, site)| site.call == call) {
                    if site.paused { &mut status.paused } else { &mut status.inside }.push(client.id);
                }
                if let Some(thread) = shown_thread(calls, call) {
                    status.variables = variables(thread, program.version);
                    status.variables_of = thread.id();
                }
            }
        } else if line.hands_over && is_running {
            status.inside = queued.to_vec();
        } else {
            continue;
        }
        statuses.push(status);
    }
    statuses
}

/// Returns the thread whose variables are shown at a call's line: the one that was stepped last if it is paused there,
/// otherwise the one that has been paused there longest.
fn shown_thread(calls: &Calls, call: Call) -> Option<&PausedThread> {
    let mut threads = calls.paused_threads.iter().filter(|thread| thread.site.call == call);
    threads.clone().find(|thread| calls.last_stepped == Some(thread.thread())).or_else(|| threads.next())
}

/// Returns the line to keep in view. In step mode it is the line of the thread that was stepped last; if that thread has
/// ended or none was stepped, of the thread that will be stepped next. Otherwise it is the line of the thread that
/// waits for clients.
pub(crate) fn followed_line(statuses: &[LineStatus], calls: &Calls) -> Option<usize> {
    let line = |call: Call| statuses.iter().find(|status| status.call == Some(call) && status.is_occupied());
    let call = if calls.stepping { followed_call(calls)? } else { Call::Accept };
    line(call).map(|status| status.line)
}

fn followed_call(calls: &Calls) -> Option<Call> {
    let stepped = match calls.last_stepped {
        // Without a call, this thread is between two of them.
        Some(ServerThread::Accepting) => return calls.accepting.map(|site| site.call),
        Some(ServerThread::Serving(id)) => calls.clients.iter().find(|(client, _)| client.id == id),
        None => None,
    };
    let site = stepped.map(|(_, site)| *site);
    let next = || calls.paused_threads.first().map(|thread| thread.site);
    site.or_else(next).or(calls.accepting).map(|site| site.call)
}

impl LineStatus {
    /// Returns whether any thread is at this line.
    pub(crate) fn is_occupied(&self) -> bool {
        self.accepting.is_some() || !self.paused.is_empty() || !self.inside.is_empty()
    }

    /// Returns whether a thread is paused before this line.
    pub(crate) fn has_paused(&self) -> bool {
        self.accepting == Some(Accepting::Paused) || !self.paused.is_empty()
    }

    /// Returns whether the threads of several clients are paused before this line.
    pub(crate) fn has_several_paused(&self) -> bool {
        self.paused.len() > 1
    }

    /// Returns the parts of the label, with at most `max_named` client numbers; empty if no thread is at this line.
    pub(crate) fn label(&self, max_named: usize) -> Vec<LabelPart> {
        let mut parts = Vec::new();
        if let Some(accepting) = self.accepting {
            let thread = if self.call < Some(Call::Accept) { "the server" } else { "the accept thread" };
            let address = self.address.as_ref().map(|address| format!(", {address}")).unwrap_or_default();
            parts.push(match accepting {
                Accepting::Paused => {
                    LabelPart::Paused(format!("{thread} is paused before this line{address}"))
                }
                Accepting::Suspended => LabelPart::Text("accepting is paused".to_owned()),
                Accepting::Inside => LabelPart::Text(format!("{thread} waits here{address}")),
            });
        }
        push_clients(
            &mut parts,
            &self.paused,
            max_named,
            LabelPart::Paused,
            ["is paused before this line", "are paused before this line"],
        );
        let does = match self.call {
            Some(Call::Recv) => ["waits for bytes", "wait for bytes"],
            Some(Call::SendAll) => ["is sent to", "are sent to"],
            Some(Call::Handshake) => ["shakes hands", "shake hands"],
            Some(Call::Close) => ["closes", "close"],
            Some(Call::Socket | Call::Bind | Call::Listen | Call::Accept) => ["is here", "are here"],
            None => ["waits for a thread", "wait for a thread"],
        };
        push_clients(&mut parts, &self.inside, max_named, LabelPart::Text, does);
        parts
    }

    /// Returns the numbers of at most `max_named` clients, or the address of the call, for a line that has no room for the
    /// words.
    pub(crate) fn short_label(&self, max_named: usize) -> Vec<LabelPart> {
        let is_client = |part: &LabelPart| matches!(part, LabelPart::Client(_));
        let address = self.address.clone().map(LabelPart::Paused);
        self.label(max_named).into_iter().filter(is_client).chain(address).collect()
    }

    /// Returns the whole status as text, for screen readers and the tooltip.
    pub(crate) fn description(&self) -> String {
        let call = self.call.map_or("submit()", Call::label);
        let parts = self.label(MAX_NAMED).into_iter().map(|part| match part {
            LabelPart::Client(id) => id.to_string(),
            LabelPart::Text(text) | LabelPart::Paused(text) => text,
        });
        let label = parts.collect::<Vec<_>>().join(" ");
        let colon = if label.is_empty() { "" } else { ": " };
        let variables = self.variables.iter().map(|(name, value)| format!("{name} = {value}"));
        let variables = variables.collect::<Vec<_>>().join(", ");
        let whose = self.variables_of.filter(|_| self.has_several_paused());
        let whose = whose.map(|id| format!("{id} has ")).unwrap_or_default();
        let semicolon = if variables.is_empty() { "" } else { "; " };
        let ran = match self.made {
            0 => String::new(),
            1 => "; it ran once".to_owned(),
            made => format!("; it ran {}", count(made, "time")),
        };
        format!("Line {}, {call}{colon}{label}{semicolon}{whose}{variables}{ran}", self.line + 1)
    }
}

/// Adds the numbers of the first clients, how many more there are, and what they do. `does` has
/// the singular and the plural.
fn push_clients(
    parts: &mut Vec<LabelPart>,
    ids: &[ClientId],
    max_named: usize,
    text: fn(String) -> LabelPart,
    does: [&str; 2],
) {
    if ids.is_empty() {
        return;
    }
    if !parts.is_empty() {
        parts.push(LabelPart::Text("·".to_owned()));
    }
    parts.extend(ids.iter().take(max_named).copied().map(LabelPart::Client));
    let more = match ids.len().saturating_sub(max_named) {
        0 => String::new(),
        more => format!("and {} more ", with_thousands(more as u64)),
    };
    parts.push(text(more + does[usize::from(ids.len() > 1)]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{Version, program};
    use crate::server::ServerConfig;
    use crate::server::calls::{CallSite, ClientVariables};
    use crate::server::event::ClientInfo;
    use crate::settings::{Mode, Settings};

    fn site(call: Call, paused: bool) -> CallSite {
        CallSite { call, paused, argument: CallArgument::None }
    }

    fn description(calls: &Calls, is_running: bool, call: Call) -> String {
        let program = program(&ServerConfig::from(&Settings::default()), Version::Robust);
        let statuses = line_statuses(&program, calls, &[], is_running, [false; 8]);
        statuses.iter().find(|status| status.call == Some(call)).unwrap().description()
    }

    #[test]
    fn description_names_the_threads_at_a_line() {
        let at = |id, call, paused| {
            let peer = "127.0.0.1:1".parse().unwrap();
            (ClientInfo { id: ClientId(id), peer }, site(call, paused))
        };
        let mut calls = Calls { accepting: Some(site(Call::Accept, false)), ..Calls::default() };
        calls.clients = vec![at(1, Call::Recv, false), at(2, Call::SendAll, false), at(3, Call::Recv, true)];
        calls.counts = [1, 1, 1, 4, 0, 1234, 1, 0];
        let ends = |call, end: &str| {
            let text = description(&calls, true, call);
            assert!(text.ends_with(end), "{text}");
        };
        ends(Call::Accept, "accept(): the accept thread waits here; it ran 4 times");
        ends(Call::Recv, "recv(): #3 is paused before this line · #1 waits for bytes; it ran 1,234 times");
        ends(Call::SendAll, "sendall(): #2 is sent to; it ran once");
        ends(Call::Close, "close()");
        assert!(description(&calls, false, Call::Recv).ends_with("recv(); it ran 1,234 times"));

        calls.clients = (1..=17).map(|id| at(id, Call::Recv, false)).collect();
        assert!(description(&calls, true, Call::Recv).contains("#1 #2 #3 #4 #5 and 12 more wait for bytes"));
    }

    #[test]
    fn queued_clients_are_at_the_line_that_passes_them_to_the_pool() {
        let settings = Settings { mode: Mode::Pool, ..Settings::default() };
        let program = program(&ServerConfig::from(&settings), Version::Tutorial);
        let waiting = [ClientId(3), ClientId(4)];
        let statuses = line_statuses(&program, &Calls::default(), &waiting, true, [false; 8]);
        let status = statuses.iter().find(|status| status.call.is_none()).unwrap();
        assert!(program.lines[status.line].text.contains("pool.submit("));
        assert!(status.description().ends_with("submit(): #3 #4 wait for a thread"));
        let short =
            [LabelPart::Client(ClientId(3)), LabelPart::Text("and 1 more wait for a thread".to_owned())];
        assert_eq!(status.label(1), short);
    }

    #[test]
    fn paused_accepting_differs_from_a_paused_accept_thread() {
        let mut calls = Calls { paused: true, ..Calls::default() };
        assert!(description(&calls, true, Call::Accept).contains("accepting is paused"));
        calls.accepting = Some(site(Call::Accept, true));
        assert!(
            description(&calls, true, Call::Accept).contains("the accept thread is paused before this line")
        );
        calls.accepting = Some(site(Call::Bind, true));
        assert!(description(&calls, true, Call::Bind).ends_with("the server is paused before this line"));
        let address = "[::1]:12345".parse().unwrap();
        let argument = CallArgument::Address { address, number: 2, of: 2 };
        calls.accepting = Some(CallSite { argument, ..site(Call::Bind, true) });
        assert!(description(&calls, true, Call::Bind).ends_with("this line, address 2 of 2: [::1]:12345"));
    }

    /// Returns the calls of a server in step mode whose clients are paused before `recv`.
    fn paused_before_recv(clients: u64) -> Calls {
        let peer = "127.0.0.1:49743".parse().unwrap();
        let clients = (1..=clients).map(|id| ClientInfo { id: ClientId(id), peer });
        let site = site(Call::Recv, true);
        let variables = |client: ClientInfo| ClientVariables {
            data: Some(vec![b'x'; usize::try_from(client.id.0).unwrap()].into()),
            ..ClientVariables::default()
        };
        Calls {
            clients: clients.clone().map(|client| (client, site)).collect(),
            paused_threads: clients
                .map(|client| PausedThread { client: Some(client), site, variables: variables(client) })
                .collect(),
            stepping: true,
            ..Calls::default()
        }
    }

    #[test]
    fn variables_are_those_of_the_thread_that_was_stepped_last() {
        let text = description(&paused_before_recv(1), true, Call::Recv);
        assert!(
            text.contains("#1 is paused before this line; data = b'x', received = 0, sent = 0"),
            "{text}"
        );
        let mut calls = paused_before_recv(2);
        let text = description(&calls, true, Call::Recv);
        assert!(text.contains("#1 #2 are paused before this line; #1 has data = b'x', "), "{text}");
        calls.last_stepped = Some(ServerThread::Serving(ClientId(2)));
        let text = description(&calls, true, Call::Recv);
        assert!(text.contains("#2 has data = b'xx', "), "{text}");
    }

    #[test]
    fn line_of_the_thread_that_was_stepped_last_is_followed() {
        let program = program(&ServerConfig::from(&Settings::default()), Version::Robust);
        let followed = |calls: &Calls| {
            let line = followed_line(&line_statuses(&program, calls, &[], true, [false; 8]), calls);
            line.and_then(|line| program.lines[line].call)
        };
        let mut calls = paused_before_recv(2);
        calls.accepting = Some(site(Call::Accept, true));
        calls.clients[1].1 = site(Call::SendAll, false);
        assert_eq!(followed(&calls), Some(Call::Recv), "the next one to be stepped");
        calls.last_stepped = Some(ServerThread::Serving(ClientId(2)));
        assert_eq!(followed(&calls), Some(Call::SendAll));
        calls.last_stepped = Some(ServerThread::Accepting);
        assert_eq!(followed(&calls), Some(Call::Accept));
        let accepting = calls.accepting.take();
        assert_eq!(followed(&calls), None, "the thread is between two calls of accept");
        calls.accepting = accepting;
        calls.last_stepped = Some(ServerThread::Serving(ClientId(3)));
        assert_eq!(followed(&calls), Some(Call::Recv), "client 3 has left");
        calls.stepping = false;
        assert_eq!(followed(&calls), Some(Call::Accept));
    }
}
