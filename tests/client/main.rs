//! The built-in client: what it sends and sees, how it leaves, whom it trusts, and that nothing makes it hang.
#![allow(clippy::unwrap_used, missing_docs)]

mod connecting;
#[cfg(target_os = "linux")]
mod full_queue;
mod leaving;
mod plain;
mod session;
mod stubborn;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod typed;
mod watched;
