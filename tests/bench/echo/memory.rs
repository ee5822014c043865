//! Resident memory for each idle client, at 100, 1,000 and 5,000 of them.
//!
//! A client connects, echoes a few bytes and stays connected. The growth of the server's memory since it served a few
//! earlier clients is divided by the number of idle clients. Memory is `VmRSS` of proc(5), which counts in pages.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::certificates::Key;
use crate::figures::Goal;
use crate::load::Stream;
use crate::numbers::{Spread, float};
use crate::peers::{Kind, Peer, Setup};
use crate::{Lab, Outcome, machine, print_now};

/// The goal for the KiB that an idle client takes in addition with the window open.
pub(crate) const WINDOW_GOAL: Goal = Goal::AtMost(3.0);

/// How long a server's memory must stay the same to count as stable.
const UNCHANGED: Duration = Duration::from_millis(250);
/// The longest wait for stable memory.
const STABLE_TIMEOUT: Duration = Duration::from_secs(5);

/// The protocol of the clients: plain TCP or TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

/// The measured KiB for each client, by server and by number of clients.
pub(crate) struct Memory {
    pub(crate) transport: Transport,
    pub(crate) counts: Vec<u64>,
    pub(crate) kinds: Vec<Kind>,
    /// The values by round, server and number of clients.
    rounds: Vec<Vec<Vec<f64>>>,
}

impl Transport {
    pub(crate) const ALL: [Self; 2] = [Self::Plain, Self::Tls];

    /// Returns the name that selects this measurement on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "memory-plain",
            Self::Tls => "memory-tls",
        }
    }

    /// Returns the label for the table.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "TLS",
        }
    }

    /// Returns the goal for an idle client without the window, in KiB.
    pub(crate) fn goal(self) -> Goal {
        match self {
            Self::Plain => Goal::AtMost(24.0),
            Self::Tls => Goal::AtMost(56.0),
        }
    }
}

/// Measures the servers in turn. Returns `None`, and prints the reason, if the OS doesn't report memory.
pub(crate) fn measure(lab: &Lab, transport: Transport) -> Outcome<Option<Memory>> {
    if resident(std::process::id()).is_none() {
        print_now(&format!("skipped: {} (no /proc/PID/status here)", transport.name()));
        return Ok(None);
    }
    let mut counts: Vec<u64> = if lab.quick { vec![20, 100] } else { vec![100, 1000, 5000] };
    let limit = machine::file_limit().unwrap_or(u64::MAX).saturating_sub(200);
    if counts.iter().any(|count| *count > limit) {
        print_now(&format!("skipped: more than {limit} clients (the limit of open files, ulimit -n)"));
        counts.retain(|count| *count <= limit);
    }
    // socat starts a process for each client, so the memory of its first process is meaningless. The tutorial's
    // program takes 25 ms for a handshake, and minutes for five thousand.
    let kinds: Vec<_> = lab.kinds.iter().copied().filter(|kind| !kind.is_other()).collect();
    let setup = Setup { key: (transport == Transport::Tls).then_some(Key::P256), ..Setup::default() };
    let mut rounds = Vec::new();
    for _ in 0..if lab.quick { 1 } else { lab.rounds() } {
        let each = kinds.iter().map(|kind| once(&mut Peer::start(lab, *kind, setup)?, &counts));
        rounds.push(each.collect::<Outcome<Vec<_>>>()?);
    }
    let memory = Memory { transport, counts, kinds, rounds };
    for (index, kind) in memory.kinds.iter().enumerate() {
        let medians = (0..memory.counts.len()).filter_map(|count| memory.kibibytes(index, count));
        let medians: Vec<_> = medians.map(|spread| format!("{:.1}", spread.median)).collect();
        print_now(&format!("{} [KiB a client] {}: {}", transport.name(), kind.name(), medians.join(", ")));
    }
    Ok(Some(memory))
}

/// Measures one server with each number of clients in turn.
fn once(server: &mut Peer, counts: &[u64]) -> Outcome<Vec<f64>> {
    let failed = |kind: Kind, why: &str| format!("memory, {}: {why}", kind.name());
    for _ in 0..8 {
        Stream::connect_small(&server.target).and_then(|mut it| it.echo_once().map(|()| it.close()))?;
    }
    let before = settled_memory(server)?;
    let (mut clients, mut figures) = (Vec::new(), Vec::new());
    for count in counts {
        while (clients.len() as u64) < *count {
            let connected = Stream::connect_small(&server.target);
            let greeted = connected.and_then(|mut client| client.echo_once().map(|()| client));
            server.check()?;
            clients.push(
                greeted
                    .map_err(|why| failed(server.kind, &format!("client {}: {why}", clients.len() + 1)))?,
            );
        }
        figures.push((float(settled_memory(server)?) - float(before)) / float(*count));
    }
    Ok(figures)
}

/// Returns a server's memory once it no longer changes, since a window continues to paint for a while.
fn settled_memory(server: &Peer) -> Outcome<u64> {
    let deadline = Instant::now() + STABLE_TIMEOUT;
    let mut before = None;
    loop {
        server.wait_until_idle()?;
        let now = resident(server.process()).ok_or_else(|| format!("{} is gone", server.kind.name()))?;
        if before == Some(now) || Instant::now() > deadline {
            return Ok(now);
        }
        before = Some(now);
        thread::sleep(UNCHANGED);
    }
}

/// Returns the resident memory of a process in KiB.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Memory {
    /// Returns the KiB for each client, given indices into `kinds` and `counts`.
    pub(crate) fn kibibytes(&self, kind: usize, count: usize) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(|round| round[kind][count]))
    }

    /// Returns the KiB for each client that the window adds to what `echoscope --headless` takes in the same round.
    pub(crate) fn window_adds(&self, count: usize) -> Option<Spread> {
        let place = |kind| self.kinds.iter().position(|it| *it == kind);
        let (window, headless) = (place(Kind::Window)?, place(Kind::Headless)?);
        Spread::of(self.rounds.iter().map(|round| round[window][count] - round[headless][count]))
    }

    /// Returns the memory for each client with the most clients, divided by that with the fewest.
    pub(crate) fn growth(&self, kind: usize) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|round| Some(round[kind].last()? / round[kind].first()?)))
    }
}
