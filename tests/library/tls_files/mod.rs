//! What a user is told about certificate and key files, and that the good ones serve TLS.

mod good;
mod handshake;
mod lab;
mod unreadable;
mod wrong_kind;
