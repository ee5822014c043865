//! Lessons: their files, how steps are completed, and each built-in lesson done from start to end.

mod builtin_lessons;
mod clients;
mod lesson_files;
mod lesson_in_app;
mod lesson_run;
mod player;
mod progress;
mod set_up;
