//! The idle program: the server runs, clients are connected, and nothing happens.

use std::fs;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::flood::{Program, echo_once};
use super::report::{Rounds, at_most};
use super::screen::Screen;

/// How long the idle program is observed.
const SPAN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 20;

pub(crate) fn run(_rounds: Rounds) {
    println!("At rest for {} s with {CLIENTS} clients connected", SPAN.as_secs());
    let Some(screen) = Screen::open() else { return };
    let program = Program::start(&screen, &[]);
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| program.connect()).collect();
    clients.iter_mut().for_each(echo_once);
    // Wait until the window has shown the latest events and a rate of zero.
    thread::sleep(Duration::from_secs(3));
    let before = (switches(program.id()), screen.lines(0, 760));
    thread::sleep(SPAN);
    let after = (switches(program.id()), screen.lines(0, 760));
    assert!(before.1 == after.1, "the picture has changed");
    at_most("times the window's thread was woken", after.0 - before.0, 0.0, "");
}

/// Returns how often the main thread was woken: the number of its voluntary context switches (proc(5)).
fn switches(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/task/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}
