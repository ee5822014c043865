//! The kinds of log lines that a reader can hide, and how loud a line is.

use crate::server::event::{CloseReason, Closed, Event, EventKind, Problem};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The server as a whole: started, listening, stopped. Never hidden by kind.
    Server,
    /// A client came or went.
    Connections,
    /// Bytes were received and echoed.
    Data,
    /// A TLS handshake was done.
    Tls,
    /// Something went wrong.
    Problems,
}

impl Kind {
    /// The kinds that can be hidden, in the order of their chips.
    pub const CHIPS: [Self; 4] = [Self::Connections, Self::Data, Self::Tls, Self::Problems];

    /// What the kind is called on its chip.
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

    /// The kind of an event. Lines that were not shown count as the server's, so that no chip hides them.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match &event.kind {
            // Before the other ways in which a connection ends.
            EventKind::Closed(Closed { reason: CloseReason::Lost { .. }, .. })
            | EventKind::NotListening(_)
            | EventKind::StartFailed(_)
            | EventKind::Problem(_)
            | EventKind::Note { problem: true, .. } => Self::Problems,
            EventKind::Opened | EventKind::Closed(_) => Self::Connections,
            EventKind::Received { .. } => Self::Data,
            EventKind::Handshake(_) => Self::Tls,
            EventKind::Starting { .. }
            | EventKind::Listening { .. }
            | EventKind::AcceptPaused
            | EventKind::AcceptResumed
            | EventKind::Stopping
            | EventKind::Stopped
            | EventKind::NotShown { .. }
            | EventKind::Note { problem: false, .. } => Self::Server,
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Which kinds are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSet(u8);

impl KindSet {
    /// Every kind.
    pub const ALL: Self = Self(0b1_1111);

    /// Whether lines of this kind are shown. Those of [`Kind::Server`] always are.
    #[must_use]
    pub fn contains(self, kind: Kind) -> bool {
        kind == Kind::Server || self.0 & kind.bit() != 0
    }

    /// Shows what was hidden, hides what was shown. [`Kind::Server`] can't be hidden.
    pub fn toggle(&mut self, kind: Kind) {
        if kind != Kind::Server {
            self.0 ^= kind.bit();
        }
    }

    /// The same set with a kind shown or hidden. [`Kind::Server`] can't be hidden.
    #[must_use]
    pub fn with(mut self, kind: Kind, shown: bool) -> Self {
        if self.contains(kind) != shown {
            self.toggle(kind);
        }
        self
    }
}

impl Default for KindSet {
    fn default() -> Self {
        Self::ALL
    }
}

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As most lines.
    Plain,
    /// Worth a look; the server does as it should.
    Caution,
    /// Something failed.
    Bad,
}

impl Tone {
    /// The tone of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match &event.kind {
            EventKind::NotShown { .. }
            | EventKind::NotListening(_)
            | EventKind::Closed(Closed { reason: CloseReason::Lost { .. }, .. })
            | EventKind::Problem(Problem::MaxClients { .. }) => Self::Caution,
            EventKind::Problem(Problem::Recovered) => Self::Plain,
            EventKind::Received { data, echoed, .. } if *echoed < data.len() => Self::Caution,
            _ if Kind::of(event) == Kind::Problems => Self::Bad,
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_can_not_be_hidden() {
        let mut kinds = KindSet::ALL;
        kinds.toggle(Kind::Server);
        kinds.toggle(Kind::Data);
        assert!(kinds.contains(Kind::Server) && !kinds.contains(Kind::Data) && kinds.contains(Kind::Tls));
        assert_eq!(kinds.with(Kind::Data, true).with(Kind::Server, false), KindSet::ALL);
        for kind in Kind::CHIPS {
            kinds = kinds.with(kind, false);
        }
        assert!(kinds.contains(Kind::Server) && !kinds.contains(Kind::Problems));
    }
}
