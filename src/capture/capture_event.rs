//! The events of a capture, as plain values.

use std::sync::Arc;
use std::time::Duration;

use crate::capture::tls_record::TlsRecord;
use crate::server::event::CloseReason;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The peer that connected.
    Client,
    /// Echoscope.
    Server,
}

/// One event on a connection, as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureEvent {
    /// The position in the capture, from 0 without gaps. It never changes.
    pub index: u32,
    /// The time since accept by a monotonic clock. For a client's TLS record, the time at which rustls took it.
    pub at: Duration,
    /// The side that caused the event.
    pub side: Side,
    /// The kind of event.
    pub kind: CaptureEventKind,
    /// The number of bytes, with the header for a record. 0 for an event without bytes.
    pub len: u32,
    /// The event that this one belongs to. For plaintext from the client, the record that carried it; for plaintext
    /// from the server, the client's plaintext that it echoes; for a record from the server, the plaintext in it.
    pub link: Option<u32>,
    /// The bytes that were kept: all `len` of them, the first ones, or none.
    pub bytes: Arc<[u8]>,
}

/// The kind of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureEventKind {
    /// `accept` returned the connection, at time 0.
    Accepted,
    /// Plaintext: the bytes that one `recv` returned or `send` took. With TLS, after decryption or before encryption,
    /// and everything passed to `sendall` at once.
    Plaintext,
    /// A TLS record (RFC 8446, section 5.1).
    Record(TlsRecord),
    /// Bytes on a TLS connection that aren't a whole record: another protocol, or a record that was never completed.
    Raw,
    /// End of stream (RFC 9293, section 3.6): `recv` returned no bytes from the client, or the server called
    /// `shutdown`.
    Fin,
    /// The client reset the connection: `ECONNRESET` (RFC 9293, section 3.5.2).
    Reset,
    /// The OS gave up the connection for another reason, for example because the client no longer answered.
    ConnectionLost,
    /// The server closed the connection. Always the last event, recorded even if the capture is full.
    Closed(CloseReason),
}
