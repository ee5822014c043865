//! The event log as data, and everything that turns an entry into text.
//!
//! ```text
//! Event ── append ► EventLog ──► FilteredLog ──► rows:    line::truncated_row, line::trailing_text, text::clock
//!                      │                   └───► details: explanation, handshake_details, format::printable
//!                      └──────► files:   line::full_line, json::json_line
//! ```
//!
//! Of [`crate::server`], [`crate::tls`] and [`crate::settings`], this module imports only plain values and the
//! explanations of TLS errors, nothing that acts. It also uses [`crate::text`] and [`crate::ring_buffer`].

pub mod event_log;
#[cfg(test)]
mod events_for_tests;
pub mod explanation;
pub mod filter;
pub mod format;
pub mod handshake_details;
pub mod json;
pub mod line;

pub use event_log::{EventLog, LogEntry};
