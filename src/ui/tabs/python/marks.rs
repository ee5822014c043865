//! What stands beside a line of the program while the server runs: who is there, in words, and how often it ran.

use std::fmt::Write;

use crate::python::Program;
use crate::server::calls::{Call, Calls};
use crate::server::client_id::ClientId;
use crate::text::with_thousands;

/// What is known of one line that makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui) struct Mark {
    /// The line, from 0.
    pub(in crate::ui) line: usize,
    /// What it calls; `None`: it hands clients to the pool.
    pub(in crate::ui) call: Option<Call>,
    /// How often it was made.
    pub(in crate::ui) made: u64,
    /// Whether that was a moment ago.
    pub(in crate::ui) lit: bool,
    /// Where the accepting thread is, if it is here.
    accepting: Option<Accepting>,
    /// The clients whose threads halt before this line, by number.
    halted: Vec<ClientId>,
    /// The clients whose threads are in this call, or who wait for a thread, by number.
    inside: Vec<ClientId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepting {
    Inside,
    Halted,
    Paused,
}

/// A piece of what stands beside a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui) enum Piece {
    /// A client, as a chip.
    Client(ClientId),
    /// Words.
    Words(String),
    /// Words about a halt.
    Halt(String),
}

/// No more clients than this are named at one line.
pub(in crate::ui) const NAMED: usize = 5;

/// The marks for a program, in the order of its lines. `queued` wait for a thread of the pool. Nobody is anywhere unless
/// the server `runs`.
pub(in crate::ui) fn of(
    program: &Program,
    calls: &Calls,
    queued: &[ClientId],
    runs: bool,
    lit: [bool; Call::ALL.len()],
) -> Vec<Mark> {
    let marks = program.lines.iter().enumerate().filter_map(|(line, what)| {
        let Some(call) = what.call else {
            let (accepting, halted, inside) = (None, Vec::new(), queued.to_vec());
            return (what.hands_over && runs).then_some(Mark {
                line,
                call: None,
                made: 0,
                lit: false,
                accepting,
                halted,
                inside,
            });
        };
        let at = |halted: bool| {
            let here = calls.clients.iter().filter(|(_, place)| place.call == call && place.paused == halted);
            if runs { here.map(|(client, _)| client.id).collect() } else { Vec::new() }
        };
        let accepting = match calls.accepting.filter(|place| place.call == call) {
            _ if !runs => None,
            Some(place) if place.paused => Some(Accepting::Halted),
            Some(_) => Some(Accepting::Inside),
            None if calls.paused && call == Call::Accept => Some(Accepting::Paused),
            None => None,
        };
        let (halted, inside) = (at(true), at(false));
        let (made, lit) = (calls.made(call), lit[call as usize]);
        Some(Mark { line, call: Some(call), made, lit, accepting, halted, inside })
    });
    marks.collect()
}

impl Mark {
    /// Whether anybody is here.
    pub(in crate::ui) fn is_occupied(&self) -> bool {
        self.accepting.is_some() || !self.halted.is_empty() || !self.inside.is_empty()
    }

    /// Whether somebody halts before this line.
    pub(in crate::ui) fn halts(&self) -> bool {
        self.accepting == Some(Accepting::Halted) || !self.halted.is_empty()
    }

    /// Who is here and what they do, from left to right, at most so many clients by name, and with 1 in as few words
    /// as there can be; empty where nobody is.
    pub(in crate::ui) fn pieces(&self, named: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let few = named == 1;
        if let Some(accepting) = self.accepting {
            let starting = self.call < Some(Call::Accept);
            let words = |text: &str| Piece::Words(text.to_owned());
            let halt = |text: &str| Piece::Halt(text.to_owned());
            pieces.push(match accepting {
                Accepting::Halted if few => halt("halts here"),
                Accepting::Paused if few => words("paused"),
                Accepting::Inside if few => words("waits here"),
                Accepting::Halted if starting => halt("the server halts before this line"),
                Accepting::Halted => halt("the accept thread halts before this line"),
                Accepting::Paused => words("accepting is paused"),
                Accepting::Inside if starting => words("the server is here"),
                Accepting::Inside => words("the accept thread waits here"),
            });
        }
        let halts = if few { ["halts", "halt"] } else { ["halts before this line", "halt before this line"] };
        clients(&mut pieces, &self.halted, named, Piece::Halt, halts);
        let does = match self.call {
            Some(Call::Recv) | None if few => ["waits", "wait"],
            Some(Call::Recv) => ["waits for bytes", "wait for bytes"],
            Some(Call::SendAll) => ["is sent to", "are sent to"],
            Some(Call::Handshake) => ["shakes hands", "shake hands"],
            Some(Call::Close) => ["closes", "close"],
            Some(Call::Socket | Call::Bind | Call::Listen | Call::Accept) => ["is here", "are here"],
            None => ["waits for a thread", "wait for a thread"],
        };
        clients(&mut pieces, &self.inside, named, Piece::Words, does);
        pieces
    }

    /// How often the line ran, as it stands at the right; empty where it never did.
    pub(in crate::ui) fn count(&self) -> String {
        if self.made == 0 { String::new() } else { format!("{}×", with_thousands(self.made)) }
    }

    /// All of it in words, for those who can't see it.
    pub(in crate::ui) fn words(&self) -> String {
        let what = self.call.map_or("submit()", Call::label);
        let mut words = format!("Line {}, {what}", self.line + 1);
        let pieces = self.pieces(NAMED);
        let said = pieces.iter().map(|piece| match piece {
            Piece::Client(id) => id.to_string(),
            Piece::Words(words) | Piece::Halt(words) => words.clone(),
        });
        let said = said.collect::<Vec<_>>().join(" ");
        if !said.is_empty() {
            words.push_str(": ");
            words.push_str(&said);
        }
        match self.made {
            0 => {}
            1 => words.push_str("; it ran once"),
            // Writing to a String can't fail.
            count => drop(write!(words, "; it ran {} times", with_thousands(count))),
        }
        words
    }
}

/// Chips for the first of them, how many more there are, and what they do, by one or by several.
fn clients(
    pieces: &mut Vec<Piece>,
    ids: &[ClientId],
    named: usize,
    words: fn(String) -> Piece,
    does: [&str; 2],
) {
    if ids.is_empty() {
        return;
    }
    if !pieces.is_empty() {
        pieces.push(Piece::Words("·".to_owned()));
    }
    pieces.extend(ids.iter().take(named).copied().map(Piece::Client));
    let more = match ids.len().saturating_sub(named) {
        0 => String::new(),
        count => format!("and {} more ", with_thousands(count as u64)),
    };
    pieces.push(words(more + does[usize::from(ids.len() > 1)]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::program;
    use crate::server::calls::{CallArgument, CallSite};
    use crate::server::client_id::ClientInfo;
    use crate::server::config::ServerConfig;
    use crate::settings::{Mode, Settings};

    fn place(call: Call, halted: bool) -> CallSite {
        CallSite { call, paused: halted, argument: CallArgument::None }
    }

    fn words(calls: &Calls, runs: bool, call: Call) -> String {
        let program = program(&ServerConfig::from(&Settings::default()));
        let marks = of(&program, calls, &[], runs, [false; 8]);
        marks.iter().find(|mark| mark.call == Some(call)).unwrap().words()
    }

    #[test]
    fn everybody_is_named_at_their_line_in_words() {
        let at = |id, call, halted| {
            let peer = "127.0.0.1:1".parse().unwrap();
            (ClientInfo { id: ClientId(id), peer }, place(call, halted))
        };
        let mut calls = Calls { accepting: Some(place(Call::Accept, false)), ..Calls::default() };
        calls.clients = vec![at(1, Call::Recv, false), at(2, Call::SendAll, false), at(3, Call::Recv, true)];
        calls.counts = [1, 1, 1, 4, 0, 1234, 1, 0];
        let ends = |call, end: &str| {
            let words = words(&calls, true, call);
            assert!(words.ends_with(end), "{words}");
        };
        ends(Call::Accept, "accept(): the accept thread waits here; it ran 4 times");
        ends(Call::Recv, "recv(): #3 halts before this line · #1 waits for bytes; it ran 1,234 times");
        ends(Call::SendAll, "sendall(): #2 is sent to; it ran once");
        ends(Call::Close, "close()");
        assert!(words(&calls, false, Call::Recv).ends_with("recv(); it ran 1,234 times"));

        calls.clients = (1..=17).map(|id| at(id, Call::Recv, false)).collect();
        assert!(words(&calls, true, Call::Recv).contains("#1 #2 #3 #4 #5 and 12 more wait for bytes"));
    }

    #[test]
    fn who_waits_for_a_thread_is_at_the_line_that_hands_over() {
        let settings = Settings { mode: Mode::Pool, ..Settings::default() };
        let program = program(&ServerConfig::from(&settings));
        let waiting = [ClientId(3), ClientId(4)];
        let marks = of(&program, &Calls::default(), &waiting, true, [false; 8]);
        let mark = marks.iter().find(|mark| mark.call.is_none()).unwrap();
        assert!(program.lines[mark.line].text.contains("pool.submit("));
        assert!(mark.words().ends_with("submit(): #3 #4 wait for a thread"), "{}", mark.words());
        let of_one = mark.pieces(1);
        assert_eq!(of_one, [Piece::Client(ClientId(3)), Piece::Words("and 1 more wait".to_owned())]);
    }

    #[test]
    fn a_pause_and_a_halt_of_the_accepting_thread_are_told_apart() {
        let mut calls = Calls { paused: true, ..Calls::default() };
        assert!(words(&calls, true, Call::Accept).contains("accepting is paused"));
        calls.accepting = Some(place(Call::Accept, true));
        assert!(words(&calls, true, Call::Accept).contains("the accept thread halts before this line"));
        calls.accepting = Some(place(Call::Bind, true));
        assert!(words(&calls, true, Call::Bind).contains("the server halts before this line"));
    }
}
