//! The front end for a terminal: prints the log on stdout, and stops on Ctrl-C, SIGTERM or SIGHUP, unless they are
//! ignored.

use std::io::{self, ErrorKind, Stdout, Write};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::app::{App, Command, Options};
use crate::capture::pcapng::{CaptureFile, Written};
use crate::cli::{CaptureOptions, LogFormat};
use crate::log::{json, line};
use crate::platform::processor_time::WorkTimer;
use crate::platform::{console, signals};
use crate::server::ServerState;
use crate::server::event::{Event, EventKind};
use crate::settings::{DataFormat, Setting, Settings};
use crate::text::count;

/// How long a stop after a signal may take before the process exits anyway.
const STOP_TIMEOUT: Duration = Duration::from_millis(800);

/// How long the rest of a capture may take to be written after a stop.
const CAPTURE_TIMEOUT: Duration = Duration::from_secs(5);

/// The log's limits, in entries and MiB. They replace those of the settings, so that no entry is evicted before it is
/// printed.
const LOG_LIMITS: (u32, u32) = (1_000_000, 4096);

/// How long entries are collected before they are printed together. Waking the printer costs the echoing thread a
/// system call, and printing takes processor time from it and from the client.
const PRINT_INTERVAL: Duration = Duration::from_millis(20);

/// How many bytes of lines are written at once.
const MAX_WRITE: usize = 64 * 1024;

/// The maximum size of the lines that are kept while stdout takes no more, in bytes.
const MAX_PENDING: usize = 1024 * 1024;

/// How long to wait until stdout is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Runs the server until it is stopped, and writes its connections to the file `capture`. Returns exit code 0 after a
/// stop, and 1 if the start failed.
///
/// The log never stops the server: while stdout takes no more, entries are counted instead of printed.
#[must_use]
pub fn run(mut settings: Settings, format: LogFormat, capture: Option<CaptureOptions>) -> ExitCode {
    let (wake, woken) = sync_channel(1);
    let stop = Arc::new(AtomicBool::new(false));
    let stop_server = Arc::new(OnceLock::new());
    let timeout = STOP_TIMEOUT + if capture.is_some() { CAPTURE_TIMEOUT } else { Duration::ZERO };
    stop_on_signals(wake.clone(), Arc::clone(&stop), Arc::clone(&stop_server), timeout);
    (settings.log_entries, settings.log_mebibytes) = LOG_LIMITS;
    let wake = move || {
        // If the channel is full, the main thread is about to wake up.
        let _ = wake.try_send(());
    };
    let options = Options { wake: Arc::new(wake), ..Options::default() };
    let mut app = App::new(settings, options);
    // `cli` has checked the options, so the cause is in the saved settings.
    if let Some(missing) = app.missing() {
        let problem = if missing == Setting::ClientCa {
            "The saved settings request client certificates without a CA file. Add --client-ca <FILE>, or \
             --client-auth none."
        } else {
            "The saved settings turn on TLS without a certificate or its key. Add --cert <FILE> and --key <FILE>, or \
             --no-tls."
        };
        console::print_error(problem);
        return ExitCode::FAILURE;
    }
    let capture = capture.map(|CaptureOptions { path, with_keys }| {
        CaptureFile::create(&path, with_keys, |error| console::print_error(&error)).map(|file| (file, path))
    });
    let capture = match capture.transpose() {
        Ok(capture) => capture,
        Err(error) => {
            console::print_error(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    if let Some((file, _)) = &capture {
        app.captures().set_file(file.clone());
    }
    app.apply(Command::Start);
    if let Some(stop) = app.server_stopper() {
        let _ = stop_server.set(Box::new(stop) as StopServer);
    }
    let failure = serve(&mut app, &woken, &stop, format);
    app.shutdown();
    // After a failed start, an earlier capture stays as it is.
    let has_run = failure.is_none() || app.counters().clients_total > 0;
    if let Some((file, path)) = capture.filter(|_| has_run) {
        let path = path.display();
        console::print_error(&match file.finish(CAPTURE_TIMEOUT) {
            Some(written) => format!("The capture {path} has {}", describe(&written)),
            None => format!("The capture {path} isn't complete: writing it takes too long."),
        });
    }
    let Some(failure) = failure else { return ExitCode::SUCCESS };
    console::print_error(&failure.replace('\n', " "));
    ExitCode::FAILURE
}

/// Describes what a capture has, and what it lacks.
fn describe(written: &Written) -> String {
    let (packets, connections) = (count(written.packets, "packet"), count(written.connections, "connection"));
    let mut sentences = vec![format!("{packets} of {connections}.")];
    let reasons = [(written.queue_full, "the disk was too slow"), (written.write_failed, "writing failed")];
    for (left_out, reason) in reasons {
        let numbers = [
            (left_out.connections, "connection"),
            (left_out.packets, "packet"),
            (left_out.bytes, "byte"),
            (left_out.keys, "TLS key"),
        ];
        let missing = numbers.into_iter().filter(|(number, _)| *number > 0);
        let missing: Vec<_> = missing.map(|(number, noun)| count(number, noun)).collect();
        if !missing.is_empty() {
            sentences.push(format!("Left out because {reason}: {}.", missing.join(", ")));
        }
    }
    sentences.join(" ")
}

/// Prints the log until the server is stopped. Returns the error message if the start failed.
fn serve(app: &mut App, woken: &Receiver<()>, stop: &AtomicBool, format: LogFormat) -> Option<String> {
    let mut printer = Printer::new(format);
    loop {
        if printer.is_stuck {
            // Try again, even if no event wakes this thread.
            let _ = woken.recv_timeout(RETRY_INTERVAL);
        } else {
            // This can't fail, since the app holds the sender.
            let _ = woken.recv();
        }
        if stop.load(SeqCst) {
            app.apply(Command::Stop);
        }
        // The state is read before the poll, so that the poll gets the last events of a stopped server.
        let state = app.state();
        app.poll();
        let timer = WorkTimer::start();
        printer.print(app.log().iter().map(|entry| &entry.event));
        app.discard_log();
        app.add_log_time(timer.elapsed());
        match state {
            ServerState::Failed(error) => return Some(error.to_string()),
            ServerState::Stopped => {
                if printer.is_stuck {
                    thread::sleep(RETRY_INTERVAL);
                    printer.flush();
                }
                return None;
            }
            ServerState::Starting | ServerState::Listening { .. } | ServerState::Stopping => {
                thread::sleep(PRINT_INTERVAL);
            }
        }
    }
}

/// Prints events on stdout, each on a line of its own.
struct Printer {
    out: Stdout,
    format: LogFormat,
    /// Lines that stdout hasn't taken yet.
    pending: Vec<u8>,
    /// Whether stdout takes no more for now.
    is_stuck: bool,
    /// Whether the reader has closed stdout.
    is_closed: bool,
    /// The number of entries that were not printed because stdout took no more.
    not_shown: u64,
    /// Whether the error message about stdout was printed.
    is_reported: bool,
}

impl Printer {
    fn new(format: LogFormat) -> Self {
        Self {
            out: io::stdout(),
            format,
            pending: Vec::new(),
            is_stuck: false,
            is_closed: false,
            not_shown: 0,
            is_reported: false,
        }
    }

    /// Prints events. Blocks as long as stdout does.
    fn print<'a>(&mut self, events: impl Iterator<Item = &'a Event>) {
        self.flush();
        for event in events {
            if self.is_closed {
                return;
            }
            if !self.is_stuck && self.pending.len() > MAX_WRITE {
                self.flush();
            }
            if self.pending.len() > MAX_PENDING {
                self.not_shown += if let EventKind::NotShown { count } = event.kind { count } else { 1 };
                continue;
            }
            self.append_not_shown();
            self.append(event);
        }
        self.flush();
        if !self.is_stuck && self.not_shown > 0 {
            self.append_not_shown();
            self.flush();
        }
    }

    fn append_not_shown(&mut self) {
        let count = std::mem::take(&mut self.not_shown);
        if count > 0 {
            self.append(&Event { at: SystemTime::now(), client: None, kind: EventKind::NotShown { count } });
        }
    }

    fn append(&mut self, event: &Event) {
        let line = match self.format {
            LogFormat::Json => json::json_line(event),
            // `run` prints this error on stderr.
            LogFormat::Text if matches!(event.kind, EventKind::StartFailed(_)) => return,
            LogFormat::Text => line::line(event, DataFormat::Python),
        };
        self.pending.extend(line.into_bytes());
        self.pending.push(b'\n');
    }

    /// Writes the pending lines. Keeps what stdout doesn't take now.
    fn flush(&mut self) {
        self.is_stuck = false;
        let mut written = 0;
        while !self.is_stuck && !self.is_closed {
            let rest = &self.pending[written..];
            // std may keep a part of what it takes in a buffer of its own.
            let result = if rest.is_empty() { self.out.flush().map(|()| 0) } else { self.out.write(rest) };
            match result {
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) => self.on_error(&error),
            }
        }
        self.pending.drain(..written);
        if self.is_closed {
            self.pending.clear();
        }
    }

    fn on_error(&mut self, error: &io::Error) {
        match error.kind() {
            ErrorKind::Interrupted => return,
            // The reader is slow, and stdout doesn't block.
            ErrorKind::WouldBlock => {
                self.is_stuck = !console::wait_for_stdout(PRINT_INTERVAL);
                return;
            }
            ErrorKind::BrokenPipe => self.is_closed = true,
            _ => self.is_stuck = true,
        }
        if !std::mem::replace(&mut self.is_reported, true) {
            console::print_error(&format!(
                "Can't print the log: {error}. The server continues; press Ctrl-C to stop it."
            ));
        }
    }
}

/// Stops the server from any thread.
type StopServer = Box<dyn Fn() + Send + Sync>;

fn stop_on_signals(
    wake: SyncSender<()>,
    stop: Arc<AtomicBool>,
    stop_server: Arc<OnceLock<StopServer>>,
    timeout: Duration,
) {
    let handled = signals::on_stop_signal(move || {
        if stop.swap(true, SeqCst) {
            process::exit(0);
        }
        let _ = wake.try_send(());
        // The main thread may be blocked by a reader of stdout that pauses. So stop here, and exit anyway.
        if let Some(stop_server) = stop_server.get() {
            stop_server();
        }
        thread::sleep(timeout);
        process::exit(0);
    });
    if let Err(error) = handled {
        console::print_error(&format!(
            "Can't handle Ctrl-C: {error}. It will stop the server without closing connections cleanly."
        ));
    }
}
