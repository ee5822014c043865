//! A crowd of clients at once, each of which says hello and stays: more than anybody wants to have tabs of.

use std::sync::Arc;
use std::time::Instant;

use crate::client::Client;
use crate::client::config::{Config, Payload};
use crate::client::echo::Verdict;
use crate::client::event::{EventKind, Leave};
use crate::client::status::State;

/// How a crowd stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrowdStatus {
    /// How many there were to be.
    pub wanted: usize,
    /// How many are connected.
    pub connected: usize,
    /// How many have got their hello back.
    pub answered: usize,
    /// How many could not connect, or were cut off.
    pub failed: usize,
}

/// The clients of a crowd.
pub(super) struct Crowd {
    members: Vec<Member>,
    leaving: bool,
}

struct Member {
    client: Client,
    greeted: bool,
    answered: bool,
    failed: bool,
}

impl Crowd {
    /// Connects so many clients at once.
    pub(super) fn gather(count: u16, config: &Config, wake: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let member = |_| {
            let wake = Arc::clone(wake);
            let client = Client::connect(config.clone(), move || wake());
            Member { client, greeted: false, answered: false, failed: false }
        };
        Self { members: (0..count).map(member).collect(), leaving: false }
    }

    /// Takes in what has happened; who is connected says hello. Returns how many echoes came back exact.
    pub(super) fn poll(&mut self) -> u64 {
        let mut echoes = 0;
        for (index, member) in self.members.iter_mut().enumerate() {
            for event in member.client.drain() {
                match event.kind {
                    EventKind::Echoed { verdict: Verdict::Exact, .. } => {
                        member.answered = true;
                        echoes += 1;
                    }
                    EventKind::Failed(_) => member.failed = true,
                    _ => {}
                }
            }
            if !member.greeted && !self.leaving && member.client.status().state == State::Open {
                member.greeted = true;
                let hello = format!("Hello from client {} of the crowd\n", index + 1);
                // Refused only where it has just gone again, which is told as its end.
                let _ = member.client.send(Payload::Bytes(hello.into_bytes()));
            }
        }
        echoes
    }

    /// Everybody leaves, politely.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
        for member in &self.members {
            member.client.leave(Leave::Close);
        }
    }

    /// Whether everybody has gone.
    pub(super) fn is_over(&self) -> bool {
        self.members.iter().all(|member| member.client.is_over())
    }

    /// How it stands; `None` once it was told to leave.
    pub(super) fn status(&self) -> Option<CrowdStatus> {
        let count = |wanted: fn(&Member) -> bool| self.members.iter().filter(|member| wanted(member)).count();
        let status = CrowdStatus {
            wanted: self.members.len(),
            connected: count(|member| !member.client.is_over() && member.client.status().local.is_some()),
            answered: count(|member| member.answered),
            failed: count(|member| member.failed),
        };
        (!self.leaving).then_some(status)
    }

    /// Ends every connection at once, and waits for the threads, but no longer than until then.
    pub(super) fn end(&self, deadline: Instant) {
        self.members.iter().for_each(|member| member.client.end());
        for member in &self.members {
            // What doesn't end in time ends with the process.
            let _ = member.client.wait_over(deadline);
        }
    }
}
