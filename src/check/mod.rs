//! Checks any echo server, and explains each verdict.
//!
//! [`run`] connects to a server, or starts a program and connects to it, and runs the checks of [`CHECKS`] one after the
//! other. Each has a time limit for every step, so a run always ends. It reports each check as it finishes, and returns
//! a [`Report`] with a verdict, the evidence and the likely mistake for each. It connects to the given address only.
//!
//! | file | contents |
//! |---|---|
//! | `table.rs` | the table of all checks, in order |
//! | `echo.rs`, `closing.rs`, `clients.rs`, `tls.rs`, `robustness.rs`, `process.rs` | the checks, by group |
//! | `mistake.rs` | the mistakes, each with a right line of Python |
//! | `run.rs` | runs the table: order, dependencies, restarts, cancellation |
//! | `context.rs`, `target.rs`, `connection.rs`, `program.rs` | what the checks use: the server and its program |
//! | `outcome.rs`, `report.rs`, `html.rs` | results, and reports as text, JSON and HTML |

mod clients;
mod closing;
mod connection;
mod context;
mod echo;
mod html;
mod mistake;
mod outcome;
mod process;
mod program;
mod report;
mod robustness;
mod run;
mod table;
mod target;
mod tls;

pub use context::{CheckOptions, Expect, Profile};
pub use html::html;
pub use mistake::Mistake;
pub use outcome::{CheckVerdict, Excerpt, Exchange, Outcome};
pub use report::{CheckResult, Report};
pub use run::{CheckProgress, run};
pub use table::{CHECKS, CheckNeed, ServerCheck, find, groups};
