//! Echoscope: an echo server that shows how a server works.

pub mod journal;
pub mod server;
pub mod session;
pub mod settings;
pub mod tls;
#[cfg(feature = "gui")]
pub mod ui;
