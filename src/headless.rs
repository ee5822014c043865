//! The front end for a terminal: prints the log on stdout and stops on Ctrl-C, SIGTERM or SIGHUP.

use std::io::{self, BufWriter, Write};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::app::{App, Command, Options};
use crate::cli::LogFormat;
use crate::log::{json, line};
use crate::server::event::{Event, EventKind};
use crate::server::status::ServerState;
use crate::settings::{DataFormat, Settings};

/// How long the end may take once it was asked for; then the process ends with whatever is left.
const PATIENCE: Duration = Duration::from_millis(800);

/// More than can come at once: what is taken in is printed before more is, however little a window's log may keep.
const WHOLE: (u32, u32) = (1_000_000, 4096);

/// How long the lines after a printed one are gathered, so that they go out in one piece: waking the printer costs the
/// thread that echoes a system call, and printing takes the processor from it and from the client.
const PACE: Duration = Duration::from_millis(20);

/// Serves until told to stop. Exit code 0 after a stop, 1 where the start failed.
#[must_use]
pub fn run(mut settings: Settings, format: LogFormat) -> ExitCode {
    let (wake, woken) = sync_channel(1);
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signals(wake.clone(), Arc::clone(&stop));
    #[cfg(unix)]
    stop_with_the_reader(wake.clone(), Arc::clone(&stop));
    (settings.log_entries, settings.log_mebibytes) = WHOLE;
    let wake = move || {
        // A full channel means that a wake-up is on its way already.
        let _ = wake.try_send(());
    };
    let options = Options { wake: Arc::new(wake), ..Options::default() };
    let mut app = App::new(settings, options);
    if let Some(why) = app.blocked() {
        // Flags are complete by now, so this comes from the remembered settings.
        eprintln!("echoscope: the remembered settings can't be used to start. {why}");
        return ExitCode::FAILURE;
    }
    app.apply(Command::Start);
    let served = serve(&mut app, &woken, &stop, format);
    app.shutdown();
    match served {
        // Whoever read the log has seen enough: `| head -1` is a way to stop.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echoscope: the log could not be written: {error}. The server was stopped.");
            ExitCode::FAILURE
        }
        Ok(Some(failure)) => {
            eprintln!("echoscope: {}", failure.replace('\n', " "));
            ExitCode::FAILURE
        }
        Ok(None) => ExitCode::SUCCESS,
    }
}

/// Prints until the server is at rest; why it could not start, if it couldn't.
fn serve(
    app: &mut App,
    woken: &Receiver<()>,
    stop: &AtomicBool,
    format: LogFormat,
) -> io::Result<Option<String>> {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let mut line = Vec::new();
    loop {
        // The app holds the other end, so there is always somebody to wake us.
        let _ = woken.recv();
        if stop.load(SeqCst) {
            app.apply(Command::Stop);
        }
        // Before the poll: what is told before the rest is reached is then in what follows.
        let state = app.state();
        app.poll();
        for entry in app.log().iter() {
            print(&mut out, &mut line, &entry.event, format)?;
        }
        out.flush()?;
        app.apply(Command::ClearLog);
        match state {
            ServerState::Failed(error) => return Ok(Some(error.to_string())),
            ServerState::Stopped => return Ok(None),
            ServerState::Starting | ServerState::Listening { .. } | ServerState::Stopping => {
                thread::sleep(PACE)
            }
        }
    }
}

fn print(out: &mut impl Write, line: &mut Vec<u8>, event: &Event, format: LogFormat) -> io::Result<()> {
    line.clear();
    match format {
        LogFormat::Json => line.extend_from_slice(json::json_line(event).as_bytes()),
        // Told on stderr.
        LogFormat::Text if matches!(event.kind, EventKind::StartFailed(_)) => return Ok(()),
        LogFormat::Text => line::append_line(line, event, DataFormat::Python),
    }
    line.push(b'\n');
    out.write_all(line)
}

fn stop_on_signals(wake: SyncSender<()>, stop: Arc<AtomicBool>) {
    let handled = ctrlc::set_handler(move || {
        if stop.swap(true, SeqCst) {
            process::exit(0);
        }
        let _ = wake.try_send(());
        // The main thread may hang in a write to a terminal that nobody reads.
        thread::sleep(PATIENCE);
        process::exit(0);
    });
    if let Err(error) = handled {
        eprintln!("echoscope: Ctrl-C can't be handled ({error}). It will end the server without a goodbye.");
    }
}

/// Stops as soon as whoever reads stdout has gone, also while there is nothing to print: `| head -1` is a way to stop.
#[cfg(unix)]
fn stop_with_the_reader(wake: SyncSender<()>, stop: Arc<AtomicBool>) {
    use rustix::event::{PollFd, PollFlags, poll};

    let watch = move || {
        let stdout = io::stdout();
        // What is not asked for is told all the same where a pipe has no reader any more (poll(2)).
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            stop.store(true, SeqCst);
            let _ = wake.try_send(());
        }
    };
    // Without a thread to spare it stops at the next line.
    drop(thread::Builder::new().name("stdout".to_owned()).stack_size(128 * 1024).spawn(watch));
}
