//! The window measured: what a frame costs, typing into the filter, a flood, at rest, the start. `cargo bench --bench window`
//!
//! Every figure is a ratio between two things measured in turn in one run, or stands beside one; nothing here knows
//! how fast a machine is. What needs a screen starts an `Xvfb` of its own and looks at its pixels from outside: the
//! built program is measured as it is. Names of sections as arguments run only those; `--quick` takes fewer rounds.
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
mod report;
mod screen;
mod start;
mod typing;

use report::Rounds;

/// Measures and tells.
type Section = fn(Rounds);

/// The sections by their names on the command line.
const SECTIONS: [(&str, Section); 5] = [
    ("frames", frames::run),
    ("typing", typing::run),
    ("start", start::run),
    ("idle", idle::run),
    ("flood", flood::run),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == start::MINIMAL) {
        start::minimal_window();
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
