//! The messages about certificate and key files; good ones serve TLS.

mod good;
mod handshake;
mod lab;
mod unreadable;
mod wrong_kind;
