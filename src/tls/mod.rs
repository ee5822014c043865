//! Certificates, keys and what a TLS handshake agreed on. No sockets, no window.

pub mod error;
pub mod handshake;
pub mod config;
pub mod sniff;
pub mod words;
