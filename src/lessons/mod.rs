//! Lessons: short guided experiments, written as data. A step is completed by what really happens.
//!
//! ```text
//!  assets/lessons/*.toml, or a teacher's file
//!        │ Lesson::parse
//!        ▼
//!     Lesson ──► LessonRun ◄── LessonEvent: something the server did, or the user did in the window
//!                   ▲   └────► the current step, and which of its conditions are met
//!                   └───────── LessonFacts: the state of the app
//! ```
//!
//! Nothing here uses sockets, threads, clocks or the window: a lesson run is a plain value that events are passed to.
//!
//! `assets/guide/lessons.md` describes the format of a lesson file.

pub mod condition;
mod condition_text;
pub mod lesson;
pub mod lesson_event;
mod lesson_result;
pub mod lesson_run;
mod lesson_text;
pub mod question;
pub mod setting_override;

pub use lesson::{Lesson, builtin_lessons};
pub use lesson_result::usage_text;
pub use lesson_run::LessonRun;
