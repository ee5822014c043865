//! What really went by on a connection: the marks against what a proxy saw, the bounds, and the ladder drawn of it.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod drawn;
mod lab;
mod plain;
mod session;
mod tls;
mod tls_ends;
