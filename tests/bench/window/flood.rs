//! Measures the frame rate, the processor time for drawing and the memory of the built program while 200,000 events
//! arrive per second.
//!
//! With a recv size of 1, every byte is an event. Clients in this process send bytes at that rate and read their echo.
//! Frames are counted from outside: every few milliseconds, some lines of the log's pixels are compared, which differ
//! from frame to frame because the log shows times.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::report::{Rounds, at_least, at_most, median};
use super::screen::{Screen, Shown};

/// The number of clients: few, so that the window competes with few threads on a machine with few cores.
pub(crate) const CLIENTS: usize = 2;
/// The number of bytes that each client sends at once.
const PIECE: usize = 4096;
const EVENTS: f64 = 200_000.0;
/// The frames a second that the window draws however slow the machine is.
const FRAMES_GOAL: f64 = 2.0;
/// The most of the machine's processor time that the window's thread and the renderer's threads may take.
const DRAWING_GOAL: f64 = 0.1;
const SPAN: Duration = Duration::from_secs(2);
/// The lines of pixels in the log that are compared.
const COMPARED_LINES: [u64; 4] = [250, 273, 300, 330];
const COMPARE_INTERVAL: Duration = Duration::from_millis(4);

/// The built program with its window open and its server running.
pub(crate) struct Program {
    shown: Shown,
    address: SocketAddr,
    _home: tempfile::TempDir,
}

impl Program {
    /// Starts the program and waits until it serves.
    pub(crate) fn start(screen: &Screen, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        // This port was free a moment ago. With port 0, only the screen would show the chosen port.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_echoscope"));
        command.args(["--start", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(arguments);
        let shown = Shown::start(command, screen, home.path());
        screen.wait_painted(true);
        let program = Self { shown, address, _home: home };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "the server does not come up");
            thread::sleep(Duration::from_millis(5));
        }
        program
    }

    /// Presses keys in the window, by their names for xdotool(1).
    pub(crate) fn press_keys(screen: &Screen, keys: &str) {
        let xdotool = |arguments: &[&str]| {
            let status = Command::new("xdotool").args(arguments).env("DISPLAY", &screen.name).status();
            assert!(status.is_ok_and(|status| status.success()), "xdotool {arguments:?} failed");
        };
        xdotool(&["search", "--sync", "--name", "Echoscope", "windowfocus", "--sync"]);
        xdotool(&["key", keys]);
    }

    pub(crate) fn id(&self) -> u32 {
        self.shown.0.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// Returns the seconds of processor time that the window's thread and llvmpipe's threads have taken (proc(5)).
    fn drawing_time(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let time = |thread: std::io::Result<fs::DirEntry>| {
            let thread = thread.ok()?;
            let name = fs::read_to_string(thread.path().join("comm")).ok()?;
            let draws = name.starts_with("llvmpipe") || thread.file_name() == *self.id().to_string();
            let statistics = fs::read_to_string(thread.path().join("schedstat")).ok().filter(|_| draws)?;
            statistics.split_whitespace().next()?.parse::<f64>().ok()
        };
        threads.filter_map(time).sum::<f64>() / 1e9
    }

    /// Returns the resident memory in MiB (proc(5)).
    fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

/// Sends a few bytes and reads them back.
pub(crate) fn echo_once(client: &mut TcpStream) {
    client.write_all(b"Hello\n").unwrap();
    client.read_exact(&mut [0; 6]).unwrap();
}

pub(crate) fn run(rounds: Rounds) {
    println!("While {EVENTS} events a second come in from {CLIENTS} clients");
    let Some(screen) = Screen::open() else { return };
    let program = Program::start(&screen, &["--recv-size", "1"]);
    // The log, whose pixels are compared.
    Program::press_keys(&screen, "ctrl+2");
    let (echoed, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (client, echoed, over) = (program.connect(), Arc::clone(&echoed), Arc::clone(&over));
            thread::spawn(move || load(client, &echoed, &over))
        })
        .collect();
    // Wait until the log is full, or not that long in a quick run.
    thread::sleep(Duration::from_secs(if rounds.quick { 3 } else { 12 }));
    let cores = thread::available_parallelism().unwrap().get() as f64;
    let (mut frame_rates, mut shares, mut events, mut memory) =
        (Vec::new(), Vec::new(), Vec::new(), vec![program.memory()]);
    for _ in 0..rounds.of(7) {
        let (start, before, drawing) = (Instant::now(), echoed.load(Relaxed), program.drawing_time());
        let count = count_frames(&screen);
        let seconds = start.elapsed().as_secs_f64();
        frame_rates.push(count / seconds);
        shares.push((program.drawing_time() - drawing) / (seconds * cores));
        events.push((echoed.load(Relaxed) - before) as f64 / seconds);
        memory.push(program.memory());
    }
    over.store(true, Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    at_least("pictures a second", median(frame_rates), FRAMES_GOAL, "");
    at_most("drawing, of the machine's processor time", median(shares), DRAWING_GOAL, "");
    at_least("events a second, in 200,000", median(events) / EVENTS, 1.0, "(what the clients could make)");
    let growth = memory.last().unwrap() / memory[0];
    at_most("memory at the end to that before", growth, 1.1, &format!("({:.0} MiB)", memory[0]));
}

fn load(mut client: TcpStream, echoed: &AtomicU64, over: &AtomicBool) {
    let (piece, mut back) = ([b'x'; PIECE], [0; PIECE]);
    client.write_all(&piece).unwrap();
    // Each client sends slightly more than its share, because a late client doesn't catch up.
    let pause = Duration::from_secs_f64(PIECE as f64 * CLIENTS as f64 / (EVENTS * 1.05));
    let mut due = Instant::now();
    while !over.load(Relaxed) {
        // The next piece is sent while this one comes back, so that the server never waits for the client.
        client.write_all(&piece).unwrap();
        client.read_exact(&mut back).unwrap();
        echoed.fetch_add(PIECE as u64, Relaxed);
        due = (due + pause).max(Instant::now());
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// Returns how many frames appeared within [`SPAN`].
fn count_frames(screen: &Screen) -> f64 {
    let look = || COMPARED_LINES.map(|y| screen.lines(y, 1));
    let (deadline, mut last, mut count) = (Instant::now() + SPAN, look(), 0.0);
    while Instant::now() < deadline {
        thread::sleep(COMPARE_INTERVAL);
        let now = look();
        if now != last {
            count += 1.0;
            last = now;
        }
    }
    count
}
