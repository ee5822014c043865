//! The app without a user interface: it owns the form, the running server, the clients, the lesson and the log.
//!
//! A front end passes [`Command`]s to [`App::apply`], calls [`App::poll`] when it is woken, and reads everything that
//! it shows from `&App`. Nothing here blocks: work that may take long (starting and stopping, reading certificates,
//! writing files) runs on other threads, and its result arrives through `poll`.
//!
//! Received bytes travel from `server` through `server::event_channel` to `poll`, which moves the events into
//! [`crate::log`]. A click on *Start* is [`Command::Start`], which `command` turns into
//! [`crate::server::Server::start`].

mod advice;
mod background;
mod check_run;
mod cleared_log;
mod client_states;
pub mod clients;
mod command;
mod crash_reports;
mod first_steps;
mod form;
mod lesson;
mod lesson_progress;
mod lesson_state;
pub mod live;
mod notices;
mod poll;
mod save;
mod server_check;
mod server_view;
mod state;
pub mod tls_jobs;

pub use background::WakeFn;
pub use check_run::{CheckRun, RunChecks};
pub use client_states::TabState;
pub use command::Command;
pub use form::{Check, Form};
pub use lesson_state::SetUp;
pub use notices::{Notice, NoticeTopic};
pub use save::{ExistenceCheck, ExportFormat, existence_check};
pub use server_check::ReportFormat;
pub use server_view::{AcceptQueueStatus, call_text, pause_text, variables};
pub use state::{App, Options};
