//! What a user is told about certificate and key files, and that the good ones serve TLS.

#![allow(clippy::unwrap_used, reason = "a test that can't go on should panic; its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod good;
mod handshake;
mod lab;
mod unreadable;
mod wrong_kind;
