//! Which side ended a connection, and how.

use crate::capture::{CaptureEvent, CaptureEventKind, RecordPayload, Side};
use crate::server::event::CloseReason;
use crate::text;
use crate::tls::names;

/// Sentences about the events that ended the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct CloseSummary {
    /// The first one: its side, and a sentence without the period.
    first: Option<(Side, String)>,
    /// The answer of the other side, or a reset: a sentence.
    then: Option<String>,
    reason: Option<CloseReason>,
}

impl CloseSummary {
    /// Adds the next event of the connection.
    pub(super) fn add(&mut self, event: &CaptureEvent) {
        let subject = if event.side == Side::Client { "The client" } else { "The server" };
        let after = || format!("after {}", text::duration(event.at));
        let closed_first = |sent: &str| match event.side {
            Side::Client => format!("The client closed first: {} it sent {sent}", after()),
            Side::Server => format!("The server closed first, {}", after()),
        };
        let (sentence, then) = match &event.kind {
            CaptureEventKind::Closed(reason) => {
                self.reason = Some(reason.clone());
                return;
            }
            CaptureEventKind::Reset => {
                let then = format!("The client then reset the connection {} (RST).", after());
                (format!("The client reset the connection {} (RST)", after()), Some(then))
            }
            CaptureEventKind::ConnectionLost => {
                (format!("Neither side closed: the connection was lost {}", after()), None)
            }
            CaptureEventKind::Fin => {
                (closed_first("end of stream (FIN)"), Some(format!("{subject} closed its side {}.", after())))
            }
            CaptureEventKind::Record(record) => match record.payload {
                RecordPayload::Alert(alert) if alert.is_close_notify() => {
                    (closed_first("close_notify"), Some(format!("{subject} closed its side {}.", after())))
                }
                RecordPayload::Alert(alert) if !alert.is_warning() => {
                    let name = alert.description.map(names::alert);
                    let name =
                        name.map_or("an encrypted alert".to_owned(), |name| format!("the alert {name}"));
                    (format!("{subject} gave up first: {} it sent {name}", after()), None)
                }
                _ => return,
            },
            _ => return,
        };
        let is_reset = event.kind == CaptureEventKind::Reset;
        match &self.first {
            None => self.first = Some((event.side, sentence)),
            Some((side, _)) if is_reset || *side != event.side && self.then.is_none() => self.then = then,
            Some(_) => {}
        }
    }

    /// Returns one or two sentences; `None` while the connection is open.
    pub(super) fn text(&self) -> Option<String> {
        let because = self.reason.as_ref().map(|reason| format!(" because {}", close_cause(reason)));
        let Some((side, first)) = &self.first else {
            return because.map(|because| format!("The server closed the connection{because}."));
        };
        let because = because.filter(|_| *side == Side::Server).unwrap_or_default();
        let then = self.then.as_ref().map(|then| format!(" {then}")).unwrap_or_default();
        Some(format!("{first}{because}.{then}"))
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
