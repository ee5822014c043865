//! Records what the server sees on each connection: the plaintext, the TLS records, alerts, FIN and RST.
//!
//! ```text
//! recv/send on the socket ──► Recorder (one per connection, in its thread) ──► Capture: events, bounded
//!                               ▲ splits the bytes into TLS records               │ readable at any time
//! rustls' state ────────────────┘ infers what encrypted records carry             ▼
//!                                                                     Captures: all of a session
//! ```
//!
//! The bytes are those that `recv` returned and `send` took. An event is either *seen* in the bytes or, for an
//! encrypted record ([`TlsRecord::encrypted`]), *inferred* from rustls' state. [`sequence`] turns a capture into a
//! sequence diagram, and [`pcapng`] writes connections to files.

mod captures;
pub mod pcapng;
mod record_inference;
mod recorder;
mod recording;
pub mod sequence;
mod tls_record;

pub use captures::{
    Capture, CaptureEvent, CaptureEventKind, CaptureInfo, Captures, FIRST_BYTES, MAX_BYTES, MAX_EVENTS,
    MAX_WHOLE, RemovedCaptures, Side,
};
pub use tls_record::{
    Alert, HandshakeMessages, HandshakeType, RECORD_HEADER, RecordPayload, TlsRecord, record_header,
};

pub(crate) use record_inference::{SendContext, TlsSnapshot, alert_for, starts_encryption};
pub(crate) use recorder::Recorder;
pub(crate) use recording::Recording;
pub(crate) use tls_record::{ALERT, APPLICATION_DATA, may_be_header};
