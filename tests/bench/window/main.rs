//! Measures the window: the cost of a frame, typing into the filter, a flood of events, the Live tab, idling, the start. `cargo bench
//! --bench window`
//!
//! Every figure is a ratio of two measurements that are taken in turn in one run, so that the speed of the machine
//! doesn't matter. Sections that need a screen start their own `Xvfb` and read its pixels, so that the built program is
//! measured unchanged. Arguments select sections by name; `--quick` takes fewer rounds.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measurement ends where it can't go on"
)]

mod entries;
mod flood;
mod frames;
mod headless;
mod idle;
mod live;
#[path = "../minimal/main.rs"]
mod minimal;
mod report;
mod screen;
mod start;
mod typing;

use report::Rounds;

/// Measures one aspect of the window and prints the results.
type Section = fn(Rounds);

/// The sections with their names for the command line.
const SECTIONS: [(&str, Section); 6] = [
    ("frames", frames::run),
    ("typing", typing::run),
    ("start", start::run),
    ("idle", idle::run),
    ("flood", flood::run),
    ("live", live::run),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == start::MINIMAL) {
        minimal::main().unwrap();
        return;
    }
    let rounds = Rounds { quick: arguments.iter().any(|argument| argument == "--quick") };
    let asked: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    for (name, run) in SECTIONS {
        if asked.is_empty() || asked.iter().any(|asked| *asked == name) {
            run(rounds);
        }
    }
}
