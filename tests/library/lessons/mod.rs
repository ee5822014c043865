//! Lessons: their files, their faults, and each of those that come with the app played from start to end.

mod clients;
mod faults;
mod model;
mod played;
mod player;
mod set_up;
mod watched;
