//! The cost of a frame of the Live tab with thousands of connections under load, and what the tab costs the echo.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::{App, Options};
use echoscope::server::ServerState;
use echoscope::settings::Settings;
use egui::Key;

use super::flood::{self, Program};
use super::headless::Headless;
use super::report::{Rounds, at_least, at_most, median, milliseconds};
use super::screen::Screen;

/// The number of connections, most of which are idle. The limit of open files may allow fewer.
const CONNECTIONS: usize = 5_000;
/// The milliseconds of processor time that a frame may take.
const FRAME_GOAL: f64 = 8.0;
/// The number of frames in one measurement.
const FRAMES: usize = 40;
/// The speed of the echo with the Live tab in front, as a part of that with the Log tab.
const ECHO_GOAL: f64 = 0.9;
const SPAN: Duration = Duration::from_secs(2);

pub(crate) fn run(rounds: Rounds) {
    let count = connections();
    println!("The Live tab with {count} connections and a flood of events");
    frames(rounds, count);
    echo(rounds, count);
}

/// Returns how many connections the limit of open files allows: each needs two in this process.
fn connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1024_usize);
    CONNECTIONS.min(limit.saturating_sub(400) / 2)
}

/// Measures the cost of a frame, without the screen.
fn frames(rounds: Rounds, count: usize) {
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: 0,
        recv_size: 1,
        backlog: 1000,
        max_clients: 10_000,
        ..Settings::default()
    };
    let mut window = Headless::open(App::new(settings, Options::default()));
    window.press(Key::Enter);
    let address = loop {
        window.frame(Vec::new());
        if let ServerState::Listening { addresses, .. } = window.app().state() {
            break addresses[0];
        }
    };
    let clients: Vec<_> = (0..count - flood::CLIENTS).map(|_| TcpStream::connect(address).unwrap()).collect();
    let over = Arc::new(AtomicBool::new(false));
    let load = Load::start(|| TcpStream::connect(address).unwrap(), &over);
    let mut costs = Vec::new();
    for _ in 0..rounds.of(9) {
        let frame = |_| {
            // As in the real window, events arrive between two frames.
            thread::sleep(Duration::from_millis(20));
            let took = window.frame(Vec::new());
            milliseconds(took.processor.unwrap_or(took.wall))
        };
        costs.push(median((0..FRAMES).map(frame).collect()));
    }
    assert!(window.shows("more"), "not all connections fit");
    at_most("a frame, milliseconds", median(costs), FRAME_GOAL, &format!("({} shapes)", window.shapes()));
    load.end();
    drop(clients);
}

/// Measures the speed of the echo with each of two tabs in front, in the real window.
fn echo(rounds: Rounds, count: usize) {
    let Some(screen) = Screen::open() else { return };
    let arguments = ["--recv-size", "1", "--backlog", "1000", "--max-clients", "10000"];
    let program = Program::start(&screen, &arguments);
    let clients: Vec<_> = (0..count - flood::CLIENTS).map(|_| program.connect()).collect();
    let over = Arc::new(AtomicBool::new(false));
    let load = Load::start(|| program.connect(), &over);
    let mut ratios = Vec::new();
    for _ in 0..rounds.of(9) {
        let speed = |key| {
            Program::press_keys(&screen, key);
            thread::sleep(SPAN / 4);
            let (start, before) = (Instant::now(), load.echoed.load(Relaxed));
            thread::sleep(SPAN);
            (load.echoed.load(Relaxed) - before) as f64 / start.elapsed().as_secs_f64()
        };
        let (log, live) = (speed("ctrl+2"), speed("ctrl+1"));
        ratios.push(live / log);
    }
    at_least("the echo, as a part of that with the Log tab", median(ratios), ECHO_GOAL, "");
    load.end();
    drop(clients);
}

/// Clients that send as fast as they get their bytes back.
struct Load {
    echoed: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(connect: impl Fn() -> TcpStream, over: &Arc<AtomicBool>) -> Self {
        let echoed = Arc::new(AtomicU64::new(0));
        let threads = (0..flood::CLIENTS).map(|_| {
            let (mut client, echoed, over) = (connect(), Arc::clone(&echoed), Arc::clone(over));
            thread::spawn(move || {
                let mut piece = [b'x'; 4096];
                while !over.load(Relaxed) {
                    client.write_all(&piece).unwrap();
                    client.read_exact(&mut piece).unwrap();
                    echoed.fetch_add(piece.len() as u64, Relaxed);
                }
            })
        });
        Self { threads: threads.collect(), echoed, over: Arc::clone(over) }
    }

    fn end(self) {
        self.over.store(true, Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}
