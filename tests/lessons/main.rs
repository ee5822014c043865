//! Lessons: their files, their faults, and each of those that come with the app played from start to end.
#![allow(clippy::unwrap_used)]

mod clients;
mod faults;
mod model;
mod played;
mod player;
mod set_up;
#[path = "../support/mod.rs"]
mod support;
mod watched;
