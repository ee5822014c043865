//! The rows of a sequence diagram, their vertical positions, and a summary of how the connection ended.

use std::ops::Range;
use std::time::Duration;

use crate::capture::{Capture, CaptureEvent, CaptureEventKind, CaptureInfo, RecordPayload, Side, TlsRecord};
use crate::server::event::CloseReason;
use crate::text;
use crate::tls::names;

/// The number of events that are read from a capture at once.
const BATCH: usize = 4096;

/// The sequence diagram of one capture: a row for each event, in order.
#[derive(Debug, Clone)]
pub struct Sequence {
    info: CaptureInfo,
    rows: Vec<Row>,
    /// The bytes of plaintext so far, from the client and from the server.
    plaintext: [u64; 2],
    summary: CloseSummary,
}

/// A row of the diagram: one event, and its relation to other rows.
#[derive(Debug, Clone)]
pub struct Row {
    /// The event.
    pub event: CaptureEvent,
    /// The time since the previous row; `None` for the first row.
    pub gap: Option<Duration>,
    /// Whether the connection uses TLS.
    pub(super) tls: bool,
    /// The bytes of plaintext from the same side before this row.
    offset: u64,
    /// The indexes of related rows: for plaintext, the records that contain it; for a record, the plaintext in it.
    pub partners: Vec<usize>,
}

/// The kind of a row, which selects its color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// The start of the connection.
    Connect,
    /// Plaintext.
    Plaintext,
    /// A TLS record of the handshake, or another one by which TLS manages the connection.
    Handshake,
    /// A TLS record with application data or unknown content.
    Data,
    /// An alert other than `close_notify`.
    Alert,
    /// Bytes that aren't a TLS record.
    Raw,
    /// The end of the connection: `close_notify`, FIN, RST, close.
    End,
}

impl Row {
    /// Returns the kind of the row.
    #[must_use]
    pub fn kind(&self) -> RowKind {
        match &self.event.kind {
            CaptureEventKind::Accepted => RowKind::Connect,
            CaptureEventKind::Plaintext => RowKind::Plaintext,
            CaptureEventKind::Raw => RowKind::Raw,
            CaptureEventKind::Record(record) => match record.payload {
                RecordPayload::Handshake(_)
                | RecordPayload::ChangeCipherSpec { .. }
                | RecordPayload::KeyUpdateOrPadding => RowKind::Handshake,
                RecordPayload::Alert(alert) if alert.is_close_notify() => RowKind::End,
                RecordPayload::Alert(_) => RowKind::Alert,
                _ => RowKind::Data,
            },
            _ => RowKind::End,
        }
    }

    /// Returns the sender of an event that was on the wire and is drawn as an arrow. Returns `None` for others, such as
    /// the plaintext of a TLS connection and the close.
    #[must_use]
    pub fn sender(&self) -> Option<Side> {
        match &self.event.kind {
            CaptureEventKind::Closed(_) | CaptureEventKind::ConnectionLost => None,
            CaptureEventKind::Plaintext if self.tls => None,
            _ => Some(self.event.side),
        }
    }

    /// Returns the positions of plaintext in all the plaintext from its side, from 0; `None` for other events.
    #[must_use]
    pub fn plaintext_range(&self) -> Option<Range<u64>> {
        let is_plaintext = self.event.kind == CaptureEventKind::Plaintext;
        is_plaintext.then(|| self.offset..self.offset + u64::from(self.event.len))
    }

    /// Returns whether one of the rows is a record and the other plaintext of the same side.
    fn is_pair(&self, other: &Self) -> bool {
        let is_record = |row: &Self| matches!(row.event.kind, CaptureEventKind::Record(_));
        let is_plaintext = |row: &Self| row.event.kind == CaptureEventKind::Plaintext;
        self.event.side == other.event.side
            && (is_record(self) && is_plaintext(other) || is_plaintext(self) && is_record(other))
    }
}

impl Sequence {
    /// Creates the diagram of a capture, without rows until it is updated.
    #[must_use]
    pub fn new(capture: &Capture) -> Self {
        Self { info: capture.info(), rows: Vec::new(), plaintext: [0; 2], summary: CloseSummary::default() }
    }

    /// Adds rows for all events since the last update.
    pub fn update(&mut self, capture: &Capture) {
        while !self.update_some(capture) {}
    }

    /// Adds rows for a few thousand events at most. Returns whether no events are left.
    pub fn update_some(&mut self, capture: &Capture) -> bool {
        self.info = capture.info();
        let mut events = Vec::new();
        let count = capture.read(self.rows.len(), BATCH, &mut events);
        for event in events {
            self.push(event);
        }
        count < BATCH
    }

    /// Returns the summary of the capture as of the last update.
    #[must_use]
    pub fn info(&self) -> &CaptureInfo {
        &self.info
    }

    /// Returns the rows. The index of a row is that of its event.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns a sentence on which side ended the connection, and how; `None` while it is open.
    #[must_use]
    pub fn close_summary(&self) -> Option<String> {
        self.summary.text()
    }

    /// Returns the vertical position of a row, in units of a row's height: its index, plus `rows_per_second` for each
    /// second since accept. If that is 0, rows are placed only by their order.
    #[must_use]
    pub fn position(&self, index: usize, rows_per_second: f64) -> f64 {
        self.rows
            .get(index)
            .map_or(0.0, |row| f64::from(row.event.index) + row.event.at.as_secs_f64() * rows_per_second)
    }

    /// Returns the index of the first row at or below a vertical position, or the number of rows if there is none.
    #[must_use]
    pub fn row_at(&self, position: f64, rows_per_second: f64) -> usize {
        self.rows.partition_point(|row| self.position(row.event.index as usize, rows_per_second) < position)
    }

    fn push(&mut self, event: CaptureEvent) {
        self.summary.add(&event);
        let gap = self.rows.last().map(|before| event.at.saturating_sub(before.event.at));
        let link = event.link.map(|link| link as usize);
        let plaintext = &mut self.plaintext[usize::from(event.side == Side::Server)];
        let mut row = Row { event, gap, tls: self.info.tls, offset: *plaintext, partners: Vec::new() };
        *plaintext = row.plaintext_range().map_or(*plaintext, |range| range.end);
        let index = self.rows.len();
        if let Some(link) = link
            && let Some(other) = self.rows.get_mut(link).filter(|other| other.is_pair(&row))
        {
            other.partners.push(index);
            row.partners.push(link);
        }
        self.rows.push(row);
    }
}

/// Sentences about the events that ended the connection.
#[derive(Debug, Clone, Default)]
struct CloseSummary {
    /// The first of these events: its side, and a sentence without the period.
    first: Option<(Side, String)>,
    /// A sentence about the other side's answer, or about a reset.
    then: Option<String>,
    reason: Option<CloseReason>,
}

impl CloseSummary {
    /// Adds the next event of the connection.
    fn add(&mut self, event: &CaptureEvent) {
        let subject = if event.side == Side::Client { "The client" } else { "The server" };
        let after = || format!("after {}", text::duration(event.at));
        let closed = |sent: &str| {
            let first = match event.side {
                Side::Client => format!("The client closed first: {} it sent {sent}", after()),
                Side::Server => format!("The server closed first, {}", after()),
            };
            (first, Some(format!("{subject} closed its side {}.", after())))
        };
        let (sentence, then) = match &event.kind {
            CaptureEventKind::Closed(reason) => {
                self.reason = Some(*reason);
                return;
            }
            CaptureEventKind::Reset => (
                format!("The client reset the connection {} (RST)", after()),
                Some(format!("The client then reset the connection {} (RST).", after())),
            ),
            CaptureEventKind::ConnectionLost => {
                (format!("Neither side closed: the connection was lost {}", after()), None)
            }
            CaptureEventKind::Fin => closed("end of stream (FIN)"),
            CaptureEventKind::Record(TlsRecord { payload: RecordPayload::Alert(alert), .. }) => {
                if alert.is_close_notify() {
                    closed("close_notify")
                } else if alert.is_warning() {
                    return;
                } else {
                    let name = alert.description.map_or("an encrypted alert".to_owned(), |code| {
                        format!("the alert {}", names::alert(code))
                    });
                    (format!("{subject} gave up first: {} it sent {name}", after()), None)
                }
            }
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
    fn text(&self) -> Option<String> {
        let because = self.reason.map(|reason| format!(" because {}", close_cause(reason)));
        let Some((side, first)) = &self.first else {
            return because.map(|because| format!("The server closed the connection{because}."));
        };
        let because = because.filter(|_| *side == Side::Server).unwrap_or_default();
        let then = self.then.as_ref().map(|then| format!(" {then}")).unwrap_or_default();
        Some(format!("{first}{because}.{then}"))
    }
}

/// Returns why the server closed a connection, as a clause.
pub(super) fn close_cause(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::EndOfStream => "the client sent end of stream",
        CloseReason::EndWithoutCloseNotify => "the client's stream ended without close_notify",
        CloseReason::Reset => "an RST had ended it",
        CloseReason::Lost => "the connection was lost",
        CloseReason::HandshakeLimit => {
            "other clients needed the place or the memory of its unfinished handshake"
        }
        CloseReason::Idle => "nothing was received or sent during the idle timeout",
        CloseReason::ServerStopped => "the server was stopped",
        CloseReason::Disconnected => "you disconnected this client",
        CloseReason::Tls => "TLS failed",
        CloseReason::Panicked => "a bug in Echoscope ended the client's thread",
    }
}
