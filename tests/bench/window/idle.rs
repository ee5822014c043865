//! The idle program: the server runs, clients are connected, and nothing happens.

use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::flood::{Program, echo_once};
use super::report::{Rounds, at_most};
use super::screen::Screen;

/// How long the idle program is observed in each tab.
const SPAN: Duration = Duration::from_secs(5);
/// How long the window may take to show the latest events, a rate of zero, or another tab.
const SETTLE: Duration = Duration::from_secs(3);
const CLIENTS: usize = 20;

pub(crate) fn run(_rounds: Rounds) {
    println!("At rest for {} s in each tab, with {CLIENTS} clients connected", SPAN.as_secs());
    let Some(screen) = Screen::open() else { return };
    let program = Program::start(&screen, &[]);
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| program.connect()).collect();
    clients.iter_mut().for_each(echo_once);
    thread::sleep(SETTLE);
    let mut tab = 1;
    loop {
        let (before, picture_before) = (switches(program.id()), picture(&screen));
        thread::sleep(SPAN);
        let woken = switches(program.id()) - before;
        at_most(&format!("times the window's thread was woken, tab {tab}"), woken, 0.0, "");
        let shown = picture(&screen);
        assert!(shown == picture_before, "the picture of tab {tab} has changed");
        tab += 1;
        if !press(&screen, &format!("ctrl+{tab}")) {
            println!("  skipped: the other tabs, for which xdotool has to be installed");
            return;
        }
        thread::sleep(SETTLE);
        if picture(&screen) == shown {
            // There are no more tabs.
            return;
        }
    }
}

fn picture(screen: &Screen) -> Vec<u8> {
    screen.lines(0, 760)
}

/// Presses keys in the program's window. Returns `false` if `xdotool` isn't installed.
fn press(screen: &Screen, keys: &str) -> bool {
    let mut xdotool = Command::new("xdotool");
    xdotool.args(["search", "--onlyvisible", "--name", "^Echoscope", "windowfocus", "--sync", "key", keys]);
    xdotool.env("DISPLAY", &screen.name).status().is_ok_and(|status| {
        assert!(status.success(), "xdotool can't press {keys}");
        true
    })
}

/// Returns how often the main thread was woken: the number of its voluntary context switches (proc(5)).
fn switches(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/task/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}
