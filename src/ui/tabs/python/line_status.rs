//! The status of the program's lines while the server runs: which threads are at each line, and how often it ran.

use crate::python::Program;
use crate::server::calls::{Call, Calls};
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
    /// The state of the accepting thread, if it is at this line.
    accepting: Option<Accepting>,
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
                for (client, site) in calls.clients.iter().filter(|(_, site)| site.call == call) {
                    if site.paused { &mut status.paused } else { &mut status.inside }.push(client.id);
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

impl LineStatus {
    /// Returns whether any thread is at this line.
    pub(crate) fn is_occupied(&self) -> bool {
        self.accepting.is_some() || !self.paused.is_empty() || !self.inside.is_empty()
    }

    /// Returns whether a thread is paused before this line.
    pub(crate) fn has_paused(&self) -> bool {
        self.accepting == Some(Accepting::Paused) || !self.paused.is_empty()
    }

    /// Returns the parts of the label, with at most `max_named` client numbers; empty if no thread is at this line.
    pub(crate) fn label(&self, max_named: usize) -> Vec<LabelPart> {
        let mut parts = Vec::new();
        if let Some(accepting) = self.accepting {
            let thread = if self.call < Some(Call::Accept) { "the server" } else { "the accept thread" };
            parts.push(match accepting {
                Accepting::Paused => LabelPart::Paused(format!("{thread} halts before this line")),
                Accepting::Suspended => LabelPart::Text("accepting is paused".to_owned()),
                Accepting::Inside => LabelPart::Text(format!("{thread} waits here")),
            });
        }
        push_clients(
            &mut parts,
            &self.paused,
            max_named,
            LabelPart::Paused,
            ["halts before this line", "halt before this line"],
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

    /// Returns the whole status as text, for screen readers.
    pub(crate) fn description(&self) -> String {
        let call = self.call.map_or("submit()", Call::label);
        let parts = self.label(MAX_NAMED).into_iter().map(|part| match part {
            LabelPart::Client(id) => id.to_string(),
            LabelPart::Text(text) | LabelPart::Paused(text) => text,
        });
        let label = parts.collect::<Vec<_>>().join(" ");
        let colon = if label.is_empty() { "" } else { ": " };
        let ran = match self.made {
            0 => String::new(),
            1 => "; it ran once".to_owned(),
            made => format!("; it ran {}", count(made, "time")),
        };
        format!("Line {}, {call}{colon}{label}{ran}", self.line + 1)
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
    use crate::python::program;
    use crate::server::ServerConfig;
    use crate::server::calls::{CallArgument, CallSite};
    use crate::server::event::ClientInfo;
    use crate::settings::{Mode, Settings};

    fn site(call: Call, paused: bool) -> CallSite {
        CallSite { call, paused, argument: CallArgument::None }
    }

    fn description(calls: &Calls, is_running: bool, call: Call) -> String {
        let program = program(&ServerConfig::from(&Settings::default()));
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
        ends(Call::Recv, "recv(): #3 halts before this line · #1 waits for bytes; it ran 1,234 times");
        ends(Call::SendAll, "sendall(): #2 is sent to; it ran once");
        ends(Call::Close, "close()");
        assert!(description(&calls, false, Call::Recv).ends_with("recv(); it ran 1,234 times"));

        calls.clients = (1..=17).map(|id| at(id, Call::Recv, false)).collect();
        assert!(description(&calls, true, Call::Recv).contains("#1 #2 #3 #4 #5 and 12 more wait for bytes"));
    }

    #[test]
    fn queued_clients_are_at_the_line_that_passes_them_to_the_pool() {
        let settings = Settings { mode: Mode::Pool, ..Settings::default() };
        let program = program(&ServerConfig::from(&settings));
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
        assert!(description(&calls, true, Call::Accept).contains("the accept thread halts before this line"));
        calls.accepting = Some(site(Call::Bind, true));
        assert!(description(&calls, true, Call::Bind).contains("the server halts before this line"));
    }
}
