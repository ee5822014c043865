//! The state of the app and the events that complete the steps of a lesson, and how they are counted.

use std::collections::HashMap;
use std::num::NonZeroU64;

use crate::check::Report;
use crate::lessons::condition::{
    Bytes, Condition, EventPattern, LessonPlace, RowPlace, StateCondition, contains,
};
use crate::platform::process_usage::ProcessUsage;
use crate::server::calls::Call;
use crate::server::event::ClientId;
use crate::server::event::{Event, EventKind, Problem};
use crate::settings::Settings;
use crate::tls::handshake::HandshakeKind;

/// The state of the app at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "the facts are independent of each other")]
pub struct LessonFacts {
    /// The settings that the listening server was started with, with its real port; `None` while none is listening.
    pub running: Option<Settings>,
    /// Whether no server is running, starting or stopping.
    pub stopped: bool,
    /// The settings in the form.
    pub form: Settings,
    /// The number of clients that are connected to the server.
    pub connected: u64,
    /// The number of clients that wait in the accept queue; `None` if it is unknown.
    pub waiting: Option<u64>,
    /// The number of clients of the Client tab that have sent a SYN and have no answer yet.
    pub connecting: u64,
    /// Whether *As an eavesdropper* is on in the Wire tab.
    pub eavesdropping: bool,
    /// Whether a certificate that is valid today and a matching key are chosen.
    pub certificate: bool,
    /// Whether accepting is paused.
    pub paused: bool,
    /// Whether step mode is on.
    pub stepping: bool,
    /// The calls that threads of the server are paused before.
    pub paused_before: Vec<Call>,
    /// The threads and the memory of this process, if the step measures them and the OS reports them.
    pub usage: Option<ProcessUsage>,
}

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum LessonEvent<'a> {
    /// An event of the server.
    Server(&'a Event),
    /// A certificate was created and put into the form.
    CertificateCreated,
    /// A tab or a dialog was opened.
    Opened(LessonPlace),
    /// A row with this text was selected.
    Selected(RowPlace, &'a str),
    /// The question of the current step was answered.
    Answered,
    /// A client of the Client tab sent this data; empty for a file.
    Sent(&'a [u8]),
    /// A client of the Client tab could not connect, since every address refused it.
    Refused,
    /// A client of the Client tab received what it had sent, byte for byte.
    Echo,
    /// A client of the Client tab half-closed its connection and still receives.
    HalfClosed,
    /// The Python program was saved to a file.
    ProgramSaved,
    /// The checks of a server ended with this report.
    Checked(&'a Report),
}

impl StateCondition {
    /// Returns whether the app is in this state.
    #[must_use]
    pub fn holds(&self, facts: &LessonFacts) -> bool {
        let number = |number: &Option<NonZeroU64>, default| number.map_or(default, NonZeroU64::get);
        match self {
            Self::Listening(settings) => facts.running.as_ref().is_some_and(|running| settings.hold(running)),
            Self::Stopped {} => facts.stopped,
            Self::Settings(settings) => settings.hold(&facts.form),
            Self::Connected { at_least, at_most } => {
                facts.connected >= number(at_least, u64::from(at_most.is_none()))
                    && at_most.is_none_or(|at_most| facts.connected <= at_most)
            }
            Self::Waiting { at_least } => facts.waiting.is_some_and(|waiting| waiting >= number(at_least, 1)),
            Self::Connecting { at_least } => facts.connecting >= number(at_least, 1),
            Self::Eavesdropping {} => facts.eavesdropping,
            Self::Certificate {} => facts.certificate,
            Self::Paused {} => facts.paused,
            Self::Stepping {} => facts.stepping,
            Self::Halted { before: None } => !facts.paused_before.is_empty(),
            Self::Halted { before: Some(call) } => facts.paused_before.contains(call),
        }
    }
}

/// The progress of one condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// The number of matching events or bytes. For a state: 1 while it holds, otherwise 0.
    count: u64,
    /// The end of each client's stream, where the text may have started; `None` once the text was found.
    tails: HashMap<ClientId, Option<Vec<u8>>>,
}

impl Progress {
    /// Returns how many events or bytes were counted and how many are needed, if more than one is needed.
    pub(super) fn count(&self, condition: &Condition) -> Option<(u64, u64)> {
        match condition {
            Condition::Seen { at_least, .. } if *at_least > 1 => Some((self.count.min(*at_least), *at_least)),
            _ => None,
        }
    }

    /// Returns whether the condition is met.
    pub(super) fn is_met(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Is(_) => self.count > 0,
            Condition::Seen { at_least, .. } => self.count >= *at_least,
        }
    }

    /// Updates a condition about a state.
    pub(super) fn update(&mut self, condition: &Condition, facts: &LessonFacts) {
        if let Condition::Is(state) = condition {
            self.count = state.holds(facts).into();
        }
    }

    /// Counts an event if the condition waits for it.
    pub(super) fn on_event(&mut self, condition: &Condition, event: LessonEvent<'_>) {
        let Condition::Seen { pattern, .. } = condition else { return };
        let count = match (pattern, event) {
            (EventPattern::CertificateCreated {}, LessonEvent::CertificateCreated)
            | (EventPattern::Echo {}, LessonEvent::Echo)
            | (EventPattern::HalfClosed {}, LessonEvent::HalfClosed)
            | (EventPattern::Answered {}, LessonEvent::Answered)
            | (EventPattern::ProgramSaved {}, LessonEvent::ProgramSaved)
            | (EventPattern::Refused {}, LessonEvent::Refused) => 1,
            (EventPattern::Checked(pattern), LessonEvent::Checked(report)) => {
                u64::from(pattern.matches(report))
            }
            (EventPattern::Sent { contains }, LessonEvent::Sent(data)) => {
                u64::from(has(data, contains.as_ref()))
            }
            (EventPattern::Selected { place, contains }, LessonEvent::Selected(selected, text)) => {
                u64::from(*place == selected && has(text.as_bytes(), contains.as_ref()))
            }
            (EventPattern::Opened { place }, LessonEvent::Opened(opened)) => u64::from(*place == opened),
            (EventPattern::Stream { contains }, LessonEvent::Server(event)) => {
                u64::from(self.completes_stream(&contains.0, event))
            }
            (_, LessonEvent::Server(event)) => matches(pattern, &event.kind),
            _ => 0,
        };
        self.count = self.count.saturating_add(count);
    }

    /// Returns whether, with this event, a client's stream contains `text` for the first time.
    fn completes_stream(&mut self, text: &[u8], event: &Event) -> bool {
        let Some(client) = event.client else { return false };
        if let EventKind::Closed(_) = &event.kind {
            self.tails.remove(&client.id);
        }
        let EventKind::Received { data, .. } = &event.kind else { return false };
        let entry = self.tails.entry(client.id).or_insert_with(|| Some(Vec::new()));
        let Some(tail) = entry else { return false };
        tail.extend_from_slice(data);
        let is_found = contains(tail, text);
        if is_found {
            *entry = None;
        } else {
            tail.drain(..tail.len().saturating_sub(text.len() - 1));
        }
        is_found
    }
}

/// Returns whether the data contains this text, if one is required.
fn has(data: &[u8], text: Option<&Bytes>) -> bool {
    text.is_none_or(|text| contains(data, &text.0))
}

/// Returns by how much an event of the server increases the count.
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
            reason.is_empty() || reason.contains(&closed.reason)
        }
        (EventPattern::Handshake { version, resumed }, EventKind::Handshake(handshake)) => {
            version.is_none_or(|version| version.label() == handshake.version)
                && resumed.is_none_or(|resumed| resumed == (handshake.kind == HandshakeKind::Resumed))
        }
        (EventPattern::TlsFailed { alert }, EventKind::Problem(Problem::Tls(error))) => {
            alert.is_empty()
                || error.received_alert().is_some_and(|name| alert.iter().any(|required| required.0 == name))
        }
        (EventPattern::TlsFailed { alert }, EventKind::Problem(Problem::HandshakeTimeout { .. })) => {
            alert.is_empty()
        }
        _ => false,
    };
    u64::from(is_match)
}
