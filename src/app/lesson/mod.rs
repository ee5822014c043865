//! The lesson that the user is doing, in the app: its commands, its state, and the facts that it is judged by.

mod lesson_commands;
mod lesson_facts;
pub(super) mod lesson_state;

pub use lesson_state::SetUp;
