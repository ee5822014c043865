//! Step mode, paused accepting, and the counts of calls, as a client sees them at each pause.

pub(crate) mod driver;
mod ends;
mod order;
mod queue;
mod session;
