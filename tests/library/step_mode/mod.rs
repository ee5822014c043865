//! Step mode, paused accepting, and the counts of calls, as a client sees them at each pause.

mod driver;
mod ends;
mod order;
mod queue;
mod session;
