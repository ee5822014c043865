//! The Python program that Echoscope writes: it runs, and does and prints what Echoscope does.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod both;
mod conversations;
mod saved;
mod settings;
mod text;
