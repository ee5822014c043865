//! The time from the start of the program to its first frame, compared with a minimal eframe window.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::report::{Rounds, at_most, median, milliseconds};
use super::screen::{Screen, Shown};

/// The argument that makes this program show the minimal window.
pub(crate) const MINIMAL: &str = "--minimal-window";
const GOAL: f64 = 1.1;

pub(crate) fn run(rounds: Rounds) {
    println!("From the start to the first picture, as a ratio to a minimal window");
    let Some(screen) = Screen::open() else { return };
    let home = tempfile::tempdir().unwrap();
    // The first start reads files from the disk, which are cached for all later starts.
    time(&screen, home.path(), minimal());
    time(&screen, home.path(), echoscope());
    let (mut ratios, mut least) = (Vec::new(), Vec::new());
    for _ in 0..rounds.of(15) {
        let one = time(&screen, home.path(), minimal());
        let other = time(&screen, home.path(), echoscope());
        ratios.push(other / one);
        least.push(one);
    }
    let more = format!("({:.0} ms for the minimal one)", median(least));
    at_most("start to first picture", median(ratios), GOAL, &more);
}

fn minimal() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(MINIMAL);
    command
}

fn echoscope() -> Command {
    Command::new(env!("CARGO_BIN_EXE_echoscope"))
}

/// Starts a program, waits for its first frame, and kills it. Returns the milliseconds from the start to the frame.
fn time(screen: &Screen, home: &Path, command: Command) -> f64 {
    screen.wait_painted(false);
    let start = Instant::now();
    let shown = Shown::start(command, screen, home);
    screen.wait_painted(true);
    let took = milliseconds(start.elapsed());
    drop(shown);
    took
}
