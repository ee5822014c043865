//! Soak test: half an hour of mixed load, after which memory, files and threads must be back at their first values.
//!
//! ```text
//!  soak (this process) ── orders ──► child: an App as the window uses it (stage/), its server started and stopped
//!     │ workers visit                        every few seconds, its own clients and load clients at work
//!     ├──────────────────► that server: plain or TLS, in all three modes
//!     └──────────────────► echoscope --headless: two for the whole run, others that are soon terminated
//! ```
//!
//! Every minute all clients disconnect, the app's server is stopped and its log cleared, and each process is read from
//! /proc. Wrong or missing bytes, a panic, anything that makes no progress for 30 s, or growth lead to exit code 1.
//!
//! Files, threads and the heap of the app's process are compared with the first idle readings. Resident memory is
//! compared with the middle of the run, because an allocator keeps the pages of its largest peak.

mod headless;
mod options;
mod orders;
mod random;
mod readings;
mod remote;
mod run;
mod stage;
#[path = "../../support/mod.rs"]
mod support;
mod tally;
mod target;
mod visits;
mod waits;
mod wire;
mod workers;

use std::process::ExitCode;

use options::{Options, STAGE, USAGE};
use peak_alloc::PeakAlloc;

/// The allocator, which counts this process's heap.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    if let Some((STAGE, rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return stage::run(rest);
    }
    match Options::read(arguments.into_iter()) {
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Some(_)) if !cfg!(target_os = "linux") => {
            println!(
                "soak: nothing done. It reads memory, files and threads from /proc, which only Linux has."
            );
            ExitCode::SUCCESS
        }
        Ok(Some(options)) => match run::run(options) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("soak: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}
