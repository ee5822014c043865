//! The front end for a terminal: prints the log on stdout, and stops on Ctrl-C, SIGTERM or SIGHUP, unless they are ignored.

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
use crate::platform::{console, signals};
use crate::server::ServerState;
use crate::server::event::{Event, EventKind};
use crate::settings::{DataFormat, Settings};

/// How long a stop after a signal may take before the process exits anyway.
const STOP_TIMEOUT: Duration = Duration::from_millis(800);

/// The log's limits, in entries and MiB. They replace those of the settings, so that no entry is evicted before it is
/// printed.
const LOG_LIMITS: (u32, u32) = (1_000_000, 4096);

/// How long entries are collected before they are printed together. Waking the printer costs the echoing thread a
/// system call, and printing takes processor time from it and from the client.
const PRINT_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the server until it is stopped. Returns exit code 0 after a stop, or if the reader of stdout has closed it; 1 if
/// the start failed, or if the log can't be written for another reason.
#[must_use]
pub fn run(mut settings: Settings, format: LogFormat) -> ExitCode {
    let (wake, woken) = sync_channel(1);
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signals(wake.clone(), Arc::clone(&stop));
    // Stop when stdout is closed, for example by `| head -1`.
    console::on_stdout_closed({
        let (wake, stop) = (wake.clone(), Arc::clone(&stop));
        move || {
            stop.store(true, SeqCst);
            let _ = wake.try_send(());
        }
    });
    (settings.log_entries, settings.log_mebibytes) = LOG_LIMITS;
    let wake = move || {
        // If the channel is full, the main thread is about to wake up.
        let _ = wake.try_send(());
    };
    let options = Options { wake: Arc::new(wake), ..Options::default() };
    let mut app = App::new(settings, options);
    if let Some(why) = app.blocked() {
        // `cli` has checked the options, so the cause is in the remembered settings.
        eprintln!("echoscope: the remembered settings can't be used to start. {why}");
        return ExitCode::FAILURE;
    }
    app.apply(Command::Start);
    let result = serve(&mut app, &woken, &stop, format);
    app.shutdown();
    let error = match result {
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Ok(Some(failure)) => failure.replace('\n', " "),
        Err(error) => format!("the log could not be written: {error}. The server was stopped."),
    };
    eprintln!("echoscope: {error}");
    ExitCode::FAILURE
}

/// Prints the log until the server is stopped. Returns the error message if the start failed.
fn serve(
    app: &mut App,
    woken: &Receiver<()>,
    stop: &AtomicBool,
    format: LogFormat,
) -> io::Result<Option<String>> {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    loop {
        // This can't fail, since the app holds the sender.
        let _ = woken.recv();
        if stop.load(SeqCst) {
            app.apply(Command::Stop);
        }
        // The state is read before the poll, so that the poll gets the last events of a stopped server.
        let state = app.state();
        app.poll();
        for entry in app.log().iter() {
            print(&mut out, &entry.event, format)?;
        }
        out.flush()?;
        app.apply(Command::ClearLog);
        match state {
            ServerState::Failed(error) => return Ok(Some(error.to_string())),
            ServerState::Stopped => return Ok(None),
            ServerState::Starting | ServerState::Listening { .. } | ServerState::Stopping => {
                thread::sleep(PRINT_INTERVAL);
            }
        }
    }
}

fn print(out: &mut impl Write, event: &Event, format: LogFormat) -> io::Result<()> {
    match format {
        LogFormat::Json => writeln!(out, "{}", json::json_line(event)),
        // `run` prints this error on stderr.
        LogFormat::Text if matches!(event.kind, EventKind::StartFailed(_)) => Ok(()),
        LogFormat::Text => writeln!(out, "{}", line::line(event, DataFormat::Python)),
    }
}

fn stop_on_signals(wake: SyncSender<()>, stop: Arc<AtomicBool>) {
    let handled = signals::on_stop_signal(move || {
        if stop.swap(true, SeqCst) {
            process::exit(0);
        }
        let _ = wake.try_send(());
        // Exit anyway: the main thread may be blocked by a terminal that doesn't read.
        thread::sleep(STOP_TIMEOUT);
        process::exit(0);
    });
    if let Err(error) = handled {
        eprintln!(
            "echoscope: Ctrl-C can't be handled ({error}). It will stop the server without closing connections cleanly."
        );
    }
}
