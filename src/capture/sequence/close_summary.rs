//! Which side ended a connection, and how.

use std::time::Duration;

use crate::capture::{Alert, CaptureEvent, CaptureEventKind, RecordPayload, Side};
use crate::server::event::CloseReason;
use crate::text;
use crate::tls::names;

/// The first events by which each side ended the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct CloseSummary {
    first: Option<(Side, EndEvent, Duration)>,
    /// The first such event of the other side.
    answer: Option<(EndEvent, Duration)>,
    /// An RST after the same side had ended the connection in another way.
    reset: Option<Duration>,
    reason: Option<CloseReason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndEvent {
    CloseNotify,
    Alert(Alert),
    Fin,
    Reset,
    ConnectionLost,
}

impl CloseSummary {
    /// Adds the next event of the connection.
    pub(super) fn add(&mut self, event: &CaptureEvent) {
        let end = match &event.kind {
            CaptureEventKind::Fin => EndEvent::Fin,
            CaptureEventKind::Reset => EndEvent::Reset,
            CaptureEventKind::ConnectionLost => EndEvent::ConnectionLost,
            CaptureEventKind::Closed(reason) => {
                self.reason = Some(reason.clone());
                return;
            }
            CaptureEventKind::Record(record) => match record.payload {
                RecordPayload::Alert(alert) if alert.is_close_notify() => EndEvent::CloseNotify,
                RecordPayload::Alert(alert) if !alert.is_warning() => EndEvent::Alert(alert),
                _ => return,
            },
            _ => return,
        };
        match &self.first {
            None => self.first = Some((event.side, end, event.at)),
            Some((side, ..)) if *side != event.side && self.answer.is_none() => {
                self.answer = Some((end, event.at));
            }
            Some(_) if end == EndEvent::Reset => self.reset = Some(event.at),
            Some(_) => {}
        }
    }

    /// Returns one or two sentences; `None` while the connection is open.
    pub(super) fn text(&self) -> Option<String> {
        let because = self.reason.as_ref().map(|reason| format!(" because {}", close_cause(reason)));
        let Some((side, end, at)) = self.first else {
            return because.map(|because| format!("The server closed the connection{because}."));
        };
        let (subject, other) =
            if side == Side::Client { ("The client", "The server") } else { ("The server", "The client") };
        let after = |at| format!("after {}", text::duration(at));
        let at = after(at);
        let first = match (side, end) {
            (_, EndEvent::Reset) => format!("The client reset the connection {at} (RST)."),
            (_, EndEvent::ConnectionLost) => format!("Neither side closed: the connection was lost {at}."),
            (_, EndEvent::Alert(alert)) => {
                let alert = alert.description.map_or_else(
                    || "an encrypted alert".to_owned(),
                    |code| format!("the alert {}", names::alert(code)),
                );
                format!("{subject} gave up first: {at} it sent {alert}.")
            }
            (Side::Client, EndEvent::CloseNotify) => {
                format!("The client closed first: {at} it sent close_notify.")
            }
            (Side::Client, EndEvent::Fin) => {
                format!("The client closed first: {at} it sent end of stream (FIN).")
            }
            (Side::Server, _) => {
                format!("The server closed first, {at}{}.", because.unwrap_or_default())
            }
        };
        let then = match (self.reset, self.answer) {
            (Some(at), _) | (None, Some((EndEvent::Reset, at))) => {
                format!(" The client then reset the connection {} (RST).", after(at))
            }
            (None, Some((EndEvent::Fin | EndEvent::CloseNotify, at))) => {
                format!(" {other} closed its side {}.", after(at))
            }
            _ => String::new(),
        };
        Some(first + &then)
    }
}

/// Returns why the server closed a connection, as a clause.
pub(super) fn close_cause(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::EndOfStream => "the client sent end of stream",
        CloseReason::EndWithoutCloseNotify => "the client's data ended without close_notify",
        CloseReason::Lost { .. } => "the connection was lost",
        CloseReason::Idle => "nothing was sent for the idle timeout",
        CloseReason::ServerStopped => "the server was stopped",
        CloseReason::Disconnected => "Disconnect was pressed",
        CloseReason::Tls => "TLS failed",
        CloseReason::Panicked => "a bug in Echoscope ended the client's thread",
    }
}
