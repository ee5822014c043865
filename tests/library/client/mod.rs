//! Tests of the built-in client: sending and the echo check, closing, TLS and trust, and servers that block it.

mod blocked;
mod client_tabs;
mod closing;
mod connecting;
#[cfg(target_os = "linux")]
mod full_queue;
mod input;
mod plain;
pub(crate) mod tls;
pub(crate) mod watched;
