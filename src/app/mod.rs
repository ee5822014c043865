//! The app without a user interface: it owns the form, the running server, the clients, the lesson and the log.
//!
//! A front end passes [`Command`]s to [`App::apply`], calls [`App::poll`] when it is woken, and reads everything that it
//! shows from `&App`. Nothing here blocks: work that may take time (starting and stopping, reading certificates, writing
//! files) runs on other threads, and its result arrives through `poll`.
//!
//! Received bytes travel from `server` through `server::event_channel` to `poll`, which moves the events into
//! [`crate::log`]. A click on *Start* is [`Command::Start`], which `command` turns into [`crate::server::Server::start`].

mod accept_queue;
mod background;
pub mod clients;
mod command;
mod file_check;
mod form;
mod lan_address;
pub mod lesson;
mod notice;
mod poll;
mod python_program;
mod rate;
mod save;
mod settings_writer;
mod state;
mod steps;
pub mod tls_jobs;
mod try_it;
mod warnings;

pub use accept_queue::AcceptQueueStatus;
pub use background::WakeFn;
pub use command::Command;
pub use file_check::Check;
pub use form::Form;
pub use lesson::SetUp;
pub use notice::Notice;
pub use save::ExportFormat;
pub use state::{App, Options};
pub use steps::{call_text, pause_text};
