//! One connection as a sequence diagram: the client, the server, and an arrow for each event between them.
//!
//! ```text
//! Capture ── update ──> Sequence ──> rows:    row_text (label, detail, related rows), Scale (position)
//!                         │    └───> details: explain, header_fields (bytes with named fields)
//!                         └────────> export:  SequenceFormat
//! ```
//!
//! It depends on no window: it reads captures, which are plain values, and turns them into rows and texts.

mod close_summary;
mod diagram;
mod explain_row;
mod export;
pub mod header_fields;
pub mod row_text;
mod svg_export;
mod text_export;

pub use diagram::{Row, RowKind, Scale, Sequence};
pub use explain_row::explain;
pub use export::SequenceFormat;
