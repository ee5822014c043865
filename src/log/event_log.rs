//! The event log: a ring buffer of numbered events. Each has a category, which the user can hide, and a severity.

use crate::ring_buffer::RingBuffer;
use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem};

/// The default limits of a log: 100,000 entries or 64 MiB.
#[cfg(test)]
pub(crate) const DEFAULT_LIMITS: crate::ring_buffer::Limits =
    crate::ring_buffer::Limits { entries: 100_000, bytes: 64 << 20 };

/// The newest events, within the limits that the user set. Entries are numbered from 0.
///
/// A clone shares the received data with its original, so another thread can save the log.
pub type EventLog = RingBuffer<LogEntry>;

/// An event and its number in the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Numbers the log's entries from 0, without gaps, even after the log was cleared.
    pub number: u64,
    /// The event.
    pub event: Event,
}

impl EventLog {
    /// Appends an event and returns its number.
    pub fn append(&mut self, event: Event) -> u64 {
        let size = size_of::<u64>() + event.size();
        self.push(LogEntry { number: self.next_number(), event }, size)
    }
}

/// The subject of a log entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// The server as a whole: started, listening, stopped. It can't be hidden.
    Server,
    /// A client connected or disconnected.
    Connections,
    /// Bytes were received and echoed.
    Data,
    /// A TLS handshake was completed.
    Tls,
    /// Something went wrong.
    Problems,
}

/// How severe an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Less important than the other entries.
    Minor,
    /// As expected.
    Normal,
    /// Unusual, although the server works as intended.
    Warning,
    /// Something failed.
    Error,
}

/// Returns the category and the severity of an event.
fn classify(event: &Event) -> (Category, Severity) {
    match &event.kind {
        EventKind::Closed(Closed { reason: CloseReason::Lost, .. })
        | EventKind::NotListening(_)
        | EventKind::Problem(Problem::MaxClients { .. } | Problem::AttemptsDropped { .. }) => {
            (Category::Problems, Severity::Warning)
        }
        EventKind::Problem(Problem::Recovered) => (Category::Problems, Severity::Normal),
        EventKind::StartFailed(_) | EventKind::Problem(_) | EventKind::Note { problem: true, .. } => {
            (Category::Problems, Severity::Error)
        }
        EventKind::Opened | EventKind::Closed(_) => (Category::Connections, Severity::Normal),
        EventKind::Received { data, echoed, .. } if *echoed < data.len() => {
            (Category::Data, Severity::Warning)
        }
        EventKind::Received { .. } => (Category::Data, Severity::Normal),
        EventKind::Handshake(_) => (Category::Tls, Severity::Normal),
        // This category can't be hidden: the user must not miss that events were skipped.
        EventKind::NotShown { .. } => (Category::Server, Severity::Warning),
        _ => (Category::Server, Severity::Normal),
    }
}

impl Severity {
    /// Returns the severity of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        classify(event).1
    }
}

impl Category {
    /// The categories that can be hidden, in the order of their chips.
    pub const CHIPS: [Self; 4] = [Self::Connections, Self::Data, Self::Tls, Self::Problems];

    /// Returns the category of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        classify(event).0
    }

    /// Returns the label of the category's chip.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Connections => "Connections",
            Self::Data => "Data",
            Self::Tls => "TLS",
            Self::Problems => "Problems",
        }
    }
}

/// The categories that are shown. Each bit stands for a hidden category. [`Category::Server`] can't be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CategorySet(u8);

impl CategorySet {
    /// Every category.
    pub const ALL: Self = Self(0);

    /// Returns whether entries of this category are shown.
    #[must_use]
    pub fn contains(self, category: Category) -> bool {
        self.0 >> category as u8 & 1 == 0
    }

    /// Shows a hidden category and hides a shown one.
    pub fn toggle(&mut self, category: Category) {
        if category != Category::Server {
            self.0 ^= 1 << category as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_category_cannot_be_hidden() {
        let mut shown = CategorySet::ALL;
        shown.toggle(Category::Server);
        shown.toggle(Category::Data);
        assert!(shown.contains(Category::Server) && !shown.contains(Category::Data));
        assert!(shown.contains(Category::Tls));
        shown.toggle(Category::Data);
        assert_eq!(shown, CategorySet::ALL);
        for category in Category::CHIPS {
            shown.toggle(category);
        }
        assert!(shown.contains(Category::Server) && !shown.contains(Category::Problems));
    }
}
