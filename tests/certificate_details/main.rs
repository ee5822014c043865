//! What is told about a certificate file, held against openssl, and what clients will say, held against real clients.

#![allow(clippy::unwrap_used, reason = "a test that can't go on should panic; its helpers too")]

mod fixtures;
mod mutated;
mod oracles;
mod printed;
mod spoken;
#[path = "../support/mod.rs"]
mod support;
