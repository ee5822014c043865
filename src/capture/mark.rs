//! The plain values that a capture is made of: one [`Mark`] for each thing that went by on a connection.

use std::time::Duration;

use crate::capture::message::Messages;
use crate::server::event::CloseReason;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who connected.
    Client,
    /// Echoscope.
    Server,
}

/// One thing that went by, as the server saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its place in the capture, from 0 without gaps; it never changes.
    pub index: u32,
    /// The time since accept, by a clock that is never set back. A record of a client counts from when TLS took it
    /// out of what `recv` had returned.
    pub at: Duration,
    /// Who did it: what comes from the client is on its way in.
    pub side: Side,
    /// What it is.
    pub what: What,
    /// How many bytes it has, for a record with its header; 0 for what has none.
    pub len: u32,
    /// The mark that this belongs to. For plain bytes of the client: the record that brought them. For plain bytes of
    /// the server: the bytes of the client that they echo. For a record of the server: the plain bytes that it
    /// carries.
    pub link: Option<u32>,
    pub(crate) place: Place,
}

impl Mark {
    /// How many of its bytes [`crate::capture::Capture::bytes`] still has: all of them, the first ones, or none.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.place.len as usize
    }
}

/// Where the kept bytes of a mark stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// What went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// `accept` returned the connection: time 0.
    Accepted,
    /// Plain bytes: what one `recv` returned, or what `send` took. With TLS, before encryption and after decryption,
    /// and `sendall` as a whole.
    Chunk,
    /// A TLS record (RFC 8446, section 5.1).
    Record(Record),
    /// Bytes on a TLS connection that are not a whole record: another protocol, or a record that never got complete.
    Raw,
    /// Nothing more comes from this side (RFC 9293, section 3.6): of the client's, `recv` returned no bytes; of the
    /// server's, `shutdown` was called.
    Fin,
    /// The client's system broke the connection off: `ECONNRESET` (RFC 9293, section 3.5.2).
    Reset,
    /// The system gave the connection up for another reason, for example because nothing got through any more.
    Broken,
    /// The connection is over for the server; always the last mark, recorded also where others no longer are.
    Closed(Ending),
}

/// Why the server let go of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client had said that it sends no more, and everything was sent back.
    EndOfStream,
    /// The client's bytes ended without TLS's `close_notify`.
    WithoutCloseNotify,
    /// The connection broke.
    Lost,
    /// Nothing came for the idle timeout, or nothing could be sent.
    Idle,
    /// The server was stopped.
    Stopped,
    /// The user disconnected the client.
    Disconnected,
    /// TLS failed.
    Tls,
    /// The thread that served the client panicked.
    Panicked,
}

impl Ending {
    pub(crate) fn of(reason: &CloseReason) -> Self {
        match reason {
            CloseReason::EndOfStream => Self::EndOfStream,
            CloseReason::EndWithoutCloseNotify => Self::WithoutCloseNotify,
            CloseReason::Lost { .. } => Self::Lost,
            CloseReason::Idle => Self::Idle,
            CloseReason::ServerStopped => Self::Stopped,
            CloseReason::Disconnected => Self::Disconnected,
            CloseReason::Tls => Self::Tls,
            CloseReason::Panicked => Self::Panicked,
        }
    }
}

/// A TLS record: its header as it was on the wire, and what it carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The content type of the header (RFC 8446, section 5.1), for example 23 for application data.
    pub content_type: u8,
    /// The legacy version of the header; TLS 1.3 writes 1.2's 0x0303 there, or 0x0301.
    pub version: u16,
    /// The length of the header: so many bytes follow it.
    pub length: u16,
    /// Whether what it carries is encrypted, so that it is known from the state machine alone.
    pub sealed: bool,
    /// What it carries.
    pub carries: Carries,
}

/// What a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Handshake messages.
    Messages(Messages),
    /// The one byte of `change_cipher_spec` (RFC 5246, section 7.1); in TLS 1.3 it means nothing (RFC 8446, appendix
    /// D.4).
    ChangeCipherSpec,
    /// An alert.
    Alert(Alert),
    /// So many plain bytes of the application.
    Data {
        /// How many.
        plain: u32,
    },
    /// TLS could not use it: it could not be decrypted, or made no sense.
    Refused,
    /// Nobody looked into it: the conversation was over.
    Unread,
    /// It is encrypted, and what it carries can't be told from outside.
    Unknown,
}

/// An alert (RFC 8446, section 6). What is `None` was encrypted and can't be told from the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// 1 is a warning, 2 is fatal; TLS 1.3 goes by the description alone.
    pub level: Option<u8>,
    /// The description, for example 0 for `close_notify`.
    pub description: Option<u8>,
}

impl Alert {
    /// The number of `close_notify`.
    pub const CLOSE_NOTIFY: u8 = 0;

    /// Whether this is TLS's goodbye.
    #[must_use]
    pub fn is_close_notify(self) -> bool {
        self.description == Some(Self::CLOSE_NOTIFY)
    }
}
