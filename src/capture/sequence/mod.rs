//! One connection as a ladder: the client's life line and the server's, and an arrow for each thing that went between.
//!
//! ```text
//! Capture ── update ──> Ladder ──> rows:    words::{label, detail, beside}, scale (where each stands)
//!  (server::capture)      │   └───> details: words::explain, dump (bytes with their header fields)
//!                         └───────> export: svg, text
//! ```
//!
//! A leaf that knows no window: it reads captures, which are plain values, and turns them into rows and words.

pub mod dump;
mod explain;
mod names;
mod row;
mod scale;
pub mod svg;
pub mod text;
mod verdict;
pub mod words;

pub use row::{Kind, Row};
pub use scale::Scale;

use crate::capture::{Capture, CaptureInfo, Carries, Mark, Message, Side, What};
use scale::step;
use verdict::Farewell;

/// How many marks are taken from a capture at once.
const SLICE: usize = 4096;

/// The rows of one capture, in the order in which they were recorded.
#[derive(Debug, Clone)]
pub struct Ladder {
    info: CaptureInfo,
    rows: Vec<Row>,
    /// Where the next row stands on [`Scale::Compressed`].
    next: f64,
    farewell: Farewell,
    tls13: Option<bool>,
    taken: Vec<Mark>,
}

impl Ladder {
    /// The ladder of a capture, without rows until it is updated.
    #[must_use]
    pub fn new(capture: &Capture) -> Self {
        Self {
            info: capture.info(),
            rows: Vec::new(),
            next: 0.0,
            farewell: Farewell::default(),
            tls13: None,
            taken: Vec::new(),
        }
    }

    /// Takes in all marks that came since the last time; the work is that of the new ones.
    pub fn update(&mut self, capture: &Capture) {
        while !self.update_some(capture, SLICE) {}
    }

    /// As [`Ladder::update`], but takes at most so many marks. Whether none is left.
    pub fn update_some(&mut self, capture: &Capture, most: usize) -> bool {
        self.info = capture.info();
        let mut taken = std::mem::take(&mut self.taken);
        let count = capture.read(self.rows.len(), most, &mut taken);
        for mark in taken.drain(..) {
            self.push(mark);
        }
        self.taken = taken;
        count < most
    }

    /// Whose connection it is, and how much of it was recorded.
    #[must_use]
    pub fn info(&self) -> &CaptureInfo {
        &self.info
    }

    /// The rows in order; a row's place is its mark's index.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The version of TLS as the records tell it: whether it is 1.3; `None` before they do, and for plain connections.
    #[must_use]
    pub fn is_tls13(&self) -> Option<bool> {
        self.tls13
    }

    /// Who ended the conversation, in words; `None` while nobody has.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        self.farewell.verdict()
    }

    /// The rows that carry a row's bytes or are carried by it: for plain bytes their records, for a record its plain
    /// bytes.
    #[must_use]
    pub fn partners(&self, row: &Row) -> Vec<usize> {
        let index = row.mark.index;
        let carries = |other: &Row| other.carried_by(row) || row.carried_by(other);
        let linked = row.mark.link.map(|link| link as usize);
        let mut found =
            linked.filter(|link| self.rows.get(*link).is_some_and(carries)).into_iter().collect::<Vec<_>>();
        if let Some((first, last)) = row.partners {
            let within = first as usize..=last as usize;
            let others = within.filter(|other| {
                self.rows.get(*other).is_some_and(|other| other.mark.link == Some(index) && carries(other))
            });
            found.extend(others);
        }
        found
    }

    /// How many more there were that could not be recorded: they belong before the last row.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.info.more
    }

    fn push(&mut self, mark: Mark) {
        let before = self.rows.last().map(|row| row.mark.at);
        let gap = before.map(|before| mark.at.saturating_sub(before));
        self.next += gap.map_or(0.0, step);
        let row = Row { mark, gap, tls: self.info.tls, at: self.next, partners: None };
        if let Some(link) = mark.link
            && let Some(other) = self.rows.get_mut(link as usize)
            && (other.carried_by(&row) || row.carried_by(other))
        {
            let first = other.partners.map_or(mark.index, |(first, _)| first);
            other.partners = Some((first, mark.index));
        }
        self.look_for_version(&mark);
        self.farewell.look(&mark);
        self.rows.push(row);
    }

    fn look_for_version(&mut self, mark: &Mark) {
        let What::Record(record) = &mark.what else { return };
        match &record.carries {
            Carries::Messages(messages) => {
                let has = |message| messages.list().contains(&message);
                if has(Message::HelloRetryRequest) || has(Message::EncryptedExtensions) {
                    self.tls13 = Some(true);
                } else if has(Message::Finished) && record.content_type == names::HANDSHAKE {
                    self.tls13 = Some(false);
                }
            }
            Carries::ChangeCipherSpec if mark.side == Side::Client && self.tls13.is_none() => {
                self.tls13 = Some(false);
            }
            _ => {}
        }
    }
}
