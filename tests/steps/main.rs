//! Step mode, pausing the accept loop, and the counts of calls: what a client meets at each halt.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod driver;
mod ends;
mod order;
mod queue;
mod session;
