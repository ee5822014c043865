//! Step mode, pausing the accept loop, and the counts of calls: what a client meets at each halt.

mod driver;
mod ends;
mod order;
mod queue;
mod session;
