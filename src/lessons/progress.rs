//! Counts the events that a condition waits for.

use std::collections::HashMap;

use crate::lessons::condition::{Condition, EventPattern, contains};
use crate::lessons::lesson_event::{LessonEvent, LessonFacts};
use crate::server::event::{ClientId, Event, EventKind, Problem};
use crate::tls::handshake::HandshakeKind;

/// The progress of one condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// The number of matching events or bytes.
    count: u64,
    /// Whether the app is in the state of the condition.
    holds: bool,
    /// The end of each client's stream, in which a text may have begun; `None` after the text was found.
    tails: HashMap<ClientId, Option<Vec<u8>>>,
}

impl Progress {
    /// Returns how many events or bytes were counted, if the condition waits for more than one, and for how many it waits.
    pub(super) fn count(&self, condition: &Condition) -> Option<(u64, u64)> {
        match condition {
            Condition::Seen { at_least, .. } if *at_least > 1 => Some((self.count.min(*at_least), *at_least)),
            _ => None,
        }
    }

    /// Returns whether the condition is met.
    pub(super) fn is_met(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Is(_) => self.holds,
            Condition::Seen { at_least, .. } => self.count >= *at_least,
        }
    }

    /// Updates a condition about a state.
    pub(super) fn update(&mut self, condition: &Condition, facts: &LessonFacts) {
        if let Condition::Is(state) = condition {
            self.holds = state.holds(facts);
        }
    }

    /// Counts an event if the condition waits for it.
    pub(super) fn on_event(&mut self, condition: &Condition, event: LessonEvent<'_>) {
        let Condition::Seen { pattern, .. } = condition else { return };
        let count = match (pattern, event) {
            (EventPattern::CertificateCreated {}, LessonEvent::CertificateCreated)
            | (EventPattern::Echo {}, LessonEvent::Echo)
            | (EventPattern::HalfClosed {}, LessonEvent::HalfClosed) => 1,
            (EventPattern::Opened { place }, LessonEvent::Opened(opened)) => u64::from(*place == opened),
            (EventPattern::Stream { contains }, LessonEvent::Server(event)) => {
                u64::from(self.completes_stream(&contains.0, event))
            }
            (_, LessonEvent::Server(event)) => matches(pattern, &event.kind),
            _ => 0,
        };
        self.count = self.count.saturating_add(count);
    }

    /// Returns whether a client's stream contains `wanted` for the first time with this event.
    fn completes_stream(&mut self, wanted: &[u8], event: &Event) -> bool {
        let Some(client) = event.client else { return false };
        if let EventKind::Closed(_) = &event.kind {
            self.tails.remove(&client.id);
        }
        let EventKind::Received { data, .. } = &event.kind else { return false };
        let entry = self.tails.entry(client.id).or_insert_with(|| Some(Vec::new()));
        let Some(tail) = entry else { return false };
        tail.extend_from_slice(data);
        let is_found = contains(tail, wanted);
        if is_found {
            *entry = None;
        } else {
            tail.drain(..tail.len().saturating_sub(wanted.len() - 1));
        }
        is_found
    }
}

/// Returns how much an event of the server counts.
fn matches(pattern: &EventPattern, kind: &EventKind) -> u64 {
    let is_match = match (pattern, kind) {
        (EventPattern::Started {}, EventKind::Listening { .. })
        | (EventPattern::Stopped {}, EventKind::Stopped)
        | (EventPattern::Accepted {}, EventKind::Opened)
        | (EventPattern::NotTls {}, EventKind::Problem(Problem::NotTls { .. }))
        | (EventPattern::TlsOnPlain {}, EventKind::Problem(Problem::TlsOnPlain)) => true,
        (EventPattern::Received(pattern), EventKind::Received { data, .. }) if pattern.bytes.is_some() => {
            return if pattern.matches(data) { data.len() as u64 } else { 0 };
        }
        (EventPattern::Received(pattern), EventKind::Received { data, .. }) => pattern.matches(data),
        (EventPattern::Closed { reason }, EventKind::Closed(closed)) => {
            reason.is_empty() || reason.iter().any(|cause| cause.matches(&closed.reason))
        }
        (EventPattern::Handshake { version, resumed }, EventKind::Handshake(done)) => {
            version.is_none_or(|version| version.label() == done.version)
                && resumed.is_none_or(|resumed| resumed == (done.kind == HandshakeKind::Resumed))
        }
        (EventPattern::TlsFailed { alert }, EventKind::Problem(Problem::Tls(error))) => {
            alert.is_empty()
                || error.received_alert().is_some_and(|name| alert.iter().any(|wanted| wanted.0 == name))
        }
        (EventPattern::TlsFailed { alert }, EventKind::Problem(Problem::HandshakeTimeout { .. })) => {
            alert.is_empty()
        }
        _ => false,
    };
    u64::from(is_match)
}
