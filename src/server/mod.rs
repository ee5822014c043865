//! The echo server: sockets, threads and the events that tell of them.

pub mod error;
pub mod event;
pub mod status;
mod system;
