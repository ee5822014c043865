//! The app without a face: owns the settings, the running server and the journal.
//!
//! A front end hands [`Command`]s down through [`Session::apply`] and calls [`Session::poll`] when it is woken;
//! everything it shows it reads from `&Session`. Nothing here blocks: what may take time runs on a thread of its
//! own and comes back through `poll`.

pub mod command;

pub use command::Command;
