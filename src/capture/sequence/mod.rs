//! One connection as a sequence diagram: the client, the server, and an arrow for each event between them.
//!
//! ```text
//! Capture ── update ──> Sequence ──> rows:    row_text (label, detail, related rows)
//!                         │    └───> details: explain_row (explanation, header fields)
//!                         └────────> export:  SequenceFormat
//! ```
//!
//! This module doesn't depend on the window: it reads captures, which are plain values, and turns them into rows and
//! texts.

mod diagram;
mod explain_row;
mod export;
pub mod row_text;

pub use diagram::{Row, RowKind, Sequence};
pub use explain_row::{HeaderField, explain, header_fields};
pub use export::SequenceFormat;
