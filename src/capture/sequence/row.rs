//! One row of a ladder.

use std::time::Duration;

use crate::capture::{Carries, Mark, Side, What};

/// One thing that went by, and what a ladder knows of it beyond its mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// What went by.
    pub mark: Mark,
    /// The time since the row before; `None` for the first.
    pub gap: Option<Duration>,
    pub(super) tls: bool,
    /// Where it stands on [`crate::capture::sequence::Scale::Compressed`].
    pub(super) at: f64,
    /// The first and the last of the rows that point to this one as their carrier, or as what they carry.
    pub(super) partners: Option<(u32, u32)>,
}

/// What a row is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The connection begins.
    Connect,
    /// Plain bytes.
    Plain,
    /// A record of the handshake, `change_cipher_spec` included, or another one in which TLS speaks for itself.
    Handshake,
    /// A record with data, or one of which nobody can tell what is in it.
    Data,
    /// An alert other than `close_notify`.
    Alert,
    /// Bytes that are no record.
    Raw,
    /// A goodbye: `close_notify`, FIN, RST, and the end.
    End,
}

impl Row {
    /// What it is drawn as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.mark.what {
            What::Accepted => Kind::Connect,
            What::Chunk => Kind::Plain,
            What::Raw => Kind::Raw,
            What::Fin | What::Reset | What::Broken | What::Closed(_) => Kind::End,
            What::Record(record) => match &record.carries {
                Carries::Messages(_) | Carries::ChangeCipherSpec => Kind::Handshake,
                Carries::Alert(alert) if alert.is_close_notify() => Kind::End,
                Carries::Alert(_) => Kind::Alert,
                Carries::Data { .. } | Carries::Refused | Carries::Unread | Carries::Unknown => Kind::Data,
            },
        }
    }

    /// Who the arrow comes from. `None`: it is no arrow, since nothing went over the wire. Plain bytes of a TLS
    /// connection stand beside the server's life line, the end of the connection on it.
    #[must_use]
    pub fn arrow(&self) -> Option<Side> {
        match &self.mark.what {
            What::Closed(_) | What::Broken => None,
            What::Chunk if self.tls => None,
            _ => Some(self.mark.side),
        }
    }

    /// Whether this row's plain bytes went in the other row's record.
    pub(super) fn carried_by(&self, other: &Self) -> bool {
        matches!((&self.mark.what, &other.mark.what), (What::Chunk, What::Record(_)))
            && self.mark.side == other.mark.side
    }
}
