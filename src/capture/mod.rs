//! What really went by on each connection, as the server saw it: plain bytes, TLS records, goodbyes.
//!
//! ```text
//!  recv/send on the socket ──► tap (one a connection, with its thread) ──► Capture: marks and bytes, bounded
//!                               ▲ splits the bytes into records                 │ read bit by bit, at any time
//!  rustls' state machine ───────┘ what is in those that are encrypted           ▼
//!                                                                     Captures: all of a session
//! ```
//!
//! Nothing is taken from a copy of the conversation: the bytes are those that `recv` returned and `send` took. What an
//! encrypted record carries is told as far as the state machine makes it certain, and no further.
//!
//! **Bounds.** A capture has at most [`MOST_MARKS`] marks; later ones are counted, and the end is always recorded. Up to
//! [`MOST_BYTES`] of a connection are kept whole, after that the first [`FIRST_BYTES`] of each record and chunk. All
//! captures together stay within their [`Limits`]; the oldest of connections that are over go first, and
//! [`Captures::let_go`] tells how many went.

#[expect(clippy::module_inception, reason = "one capture is what the module is about")]
mod capture;
mod facts;
mod inbound;
mod kept;
mod mark;
mod message;
mod outbound;
pub mod sequence;
mod split;
mod store;
mod tap;
mod types;
mod watch;

pub use capture::{Capture, CaptureInfo, FIRST_BYTES, MOST_BYTES, MOST_MARKS};
pub use mark::{Alert, Carries, Ending, Mark, Record, Side, What};
pub use message::{Certainty, Message, Messages, headers};
pub use split::{RECORD_HEADER, record_header};
pub use store::{Captures, Limits};

pub(crate) use facts::{Facts, Outcome, alert_for};
pub(crate) use tap::{Saying, Tap};
