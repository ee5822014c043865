//! The rows of a sequence diagram, and their vertical positions.

use std::time::Duration;

use crate::capture::sequence::close_summary::CloseSummary;
use crate::capture::{Capture, CaptureEvent, CaptureEventKind, CaptureInfo, RecordPayload, Side};

/// The number of events that are read from a capture at once.
const BATCH: usize = 4096;

/// The sequence diagram of one capture: a row for each event, in order.
#[derive(Debug, Clone)]
pub struct Sequence {
    info: CaptureInfo,
    rows: Vec<Row>,
    summary: CloseSummary,
}

/// One event, and how it relates to other rows.
#[derive(Debug, Clone)]
pub struct Row {
    /// The event.
    pub event: CaptureEvent,
    /// The time since the row before; `None` for the first row.
    pub gap: Option<Duration>,
    tls: bool,
    /// The rows that contain this row's bytes or whose bytes it contains: the records of plaintext, the plaintext of a
    /// record.
    pub partners: Vec<usize>,
}

/// The kind of a row, which selects its color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// The start of the connection.
    Connect,
    /// Plaintext.
    Plaintext,
    /// A record of the handshake or another one by which TLS manages the connection.
    Handshake,
    /// A record with application data or unknown content.
    Data,
    /// An alert other than `close_notify`.
    Alert,
    /// Bytes that aren't a record.
    Raw,
    /// The end of the connection: `close_notify`, FIN, RST, close.
    End,
}

/// How far apart rows are placed, in heights of a row: one, and this much more for each second between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The additional distance for a second, 0 or more.
    pub rows_per_second: f64,
}

impl Scale {
    /// Places rows by order alone.
    pub const ORDER: Self = Self { rows_per_second: 0.0 };
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

    /// Returns the sender if the event was on the wire, and is drawn as an arrow. The plaintext of a TLS connection
    /// isn't, nor is the close.
    #[must_use]
    pub fn sender(&self) -> Option<Side> {
        match &self.event.kind {
            CaptureEventKind::Closed(_) | CaptureEventKind::ConnectionLost => None,
            CaptureEventKind::Plaintext if self.tls => None,
            _ => Some(self.event.side),
        }
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
        Self { info: capture.info(), rows: Vec::new(), summary: CloseSummary::default() }
    }

    /// Adds rows for all events since the last update.
    pub fn update(&mut self, capture: &Capture) {
        while !self.update_some(capture) {}
    }

    /// Adds rows for a few thousand events at most. Returns whether these were all.
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

    /// Returns the rows, and `None` at the position of events that weren't stored.
    pub fn rows_with_gap(&self) -> impl Iterator<Item = Option<&Row>> {
        let last = usize::from(self.info.closed).min(self.rows.len());
        let (before, after) = self.rows.split_at(self.rows.len() - last);
        let gap = (self.info.not_stored > 0).then_some(None);
        before.iter().map(Some).chain(gap).chain(after.iter().map(Some))
    }

    /// Returns a sentence on which side ended the connection, and how; `None` while it is open.
    #[must_use]
    pub fn close_summary(&self) -> Option<String> {
        self.summary.text()
    }

    /// Returns where the middle of a row is on this scale, in heights of a row.
    #[must_use]
    pub fn position(&self, index: usize, scale: Scale) -> f64 {
        self.rows.get(index).map_or(0.0, |row| {
            f64::from(row.event.index) + row.event.at.as_secs_f64() * scale.rows_per_second
        })
    }

    /// Returns the first row at this position or below; the number of rows if there is none.
    #[must_use]
    pub fn row_at(&self, position: f64, scale: Scale) -> usize {
        self.rows.partition_point(|row| self.position(row.event.index as usize, scale) < position)
    }

    fn push(&mut self, event: CaptureEvent) {
        self.summary.add(&event);
        let gap = self.rows.last().map(|before| event.at.saturating_sub(before.event.at));
        let link = event.link.map(|link| link as usize);
        let mut row = Row { event, gap, tls: self.info.tls, partners: Vec::new() };
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
