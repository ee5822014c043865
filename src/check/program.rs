//! The program that the checks start and end, and what it prints.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::mistake;
use crate::check::outcome::{Failure, Outcome};
use crate::platform::process_group::ProcessGroup;
use crate::sync::lock;
use crate::text::{display_path, io_error, sanitize};

/// The most lines that are kept of each output.
const MAX_LINES: usize = 1_000;
/// The longest part of a line that is kept, in characters.
const MAX_LINE: usize = 500;
/// The pause between two looks at the program.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a program has to end after Ctrl-C before it is killed.
const GRACE: Duration = Duration::from_secs(1);

/// The lines of an output.
#[derive(Debug, Default)]
struct Lines {
    /// The first line that the program printed.
    first: Option<String>,
    /// The last lines.
    last: VecDeque<String>,
    /// How many lines there were before these.
    dropped: usize,
}

/// A program, which is started more than once.
#[derive(Debug)]
pub(super) struct CheckedProgram {
    command: Vec<OsString>,
    folder: Option<PathBuf>,
    group: Option<ProcessGroup>,
    out: Arc<Mutex<Lines>>,
    err: Arc<Mutex<Lines>>,
}

impl CheckedProgram {
    pub(super) fn new(command: &[OsString], folder: Option<PathBuf>) -> Self {
        Self { command: command.to_vec(), folder, group: None, out: Arc::default(), err: Arc::default() }
    }

    /// Starts the program. An earlier run is ended first.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        self.group = None;
        let Some((name, arguments)) = self.command.split_first() else { return Ok(()) };
        let mut command = Command::new(name);
        command.args(arguments).env("PYTHONUNBUFFERED", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = &self.folder {
            if !folder.is_dir() {
                return Err(Outcome::failed(format!("The folder {} doesn't exist.", display_path(folder))));
            }
            command.current_dir(folder);
        }
        let failed = |error: io::Error| {
            let name = sanitize(&name.to_string_lossy(), MAX_LINE);
            if error.kind() == io::ErrorKind::NotFound {
                let finding = format!("{name} isn't installed, or its folder isn't in the PATH.");
                return Outcome::failed(finding).with_mistake(Some(mistake::NOT_INSTALLED));
            }
            Outcome::failed(format!("{name} can't be started: {}.", io_error(&error)))
        };
        let mut group = ProcessGroup::start(command).map_err(failed)?;
        self.out = Arc::default();
        let (out, err) = group.outputs();
        collect(out, &self.out).and_then(|()| collect(err, &self.err)).map_err(failed)?;
        self.group = Some(group);
        Ok(())
    }

    /// Returns how the program ended; `None` if it runs.
    pub(super) fn end(&mut self) -> Option<String> {
        match &mut self.group {
            Some(group) => group.exit_status().map(|status| status.to_string()),
            None => Some("it was ended".to_owned()),
        }
    }

    /// Waits for the program to end. Returns how it ended, or `None` if it still runs after `limit`.
    pub(super) fn end_within(&mut self, limit: Duration) -> Option<String> {
        let start = Instant::now();
        loop {
            let end = self.end();
            if end.is_some() || start.elapsed() >= limit {
                return end;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Ends the program as Ctrl-C does. Returns whether the OS has that for another program.
    pub(super) fn interrupt(&self) -> bool {
        self.group.as_ref().is_some_and(ProcessGroup::interrupt)
    }

    /// Ends the program and its children.
    pub(super) fn stop(&mut self) {
        if self.interrupt() {
            self.end_within(GRACE);
        }
        self.group = None;
    }

    /// Returns how many sockets the program and its children have, if the OS reports that.
    pub(super) fn open_sockets(&self) -> Option<usize> {
        self.group.as_ref()?.open_sockets()
    }

    /// Returns the addresses that the program and its children listen on, if the OS reports them.
    pub(super) fn listening_addresses(&self) -> Option<Vec<SocketAddr>> {
        self.group.as_ref()?.listening_addresses()
    }

    /// Returns the number of the next line on stdout.
    pub(super) fn next_out(&self) -> usize {
        next(&self.out)
    }

    /// Returns the first line on stdout.
    pub(super) fn first_out(&self) -> Option<String> {
        lock(&self.out).first.clone()
    }

    /// Returns the lines on stdout from this number on.
    pub(super) fn out_from(&self, number: usize) -> Vec<String> {
        from(&self.out, number)
    }

    /// Returns the number of the next line on stderr.
    pub(super) fn next_err(&self) -> usize {
        next(&self.err)
    }

    /// Returns the lines on stderr from this number on.
    pub(super) fn err_from(&self, number: usize) -> Vec<String> {
        from(&self.err, number)
    }
}

fn next(lines: &Mutex<Lines>) -> usize {
    let lines = lock(lines);
    lines.dropped + lines.last.len()
}

fn from(lines: &Mutex<Lines>, number: usize) -> Vec<String> {
    let lines = lock(lines);
    lines.last.iter().skip(number.saturating_sub(lines.dropped)).cloned().collect()
}

/// Starts a thread that keeps the last lines of an output. It reads everything, so that the program never waits.
fn collect(pipe: Option<impl Read + Send + 'static>, lines: &Arc<Mutex<Lines>>) -> io::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    let lines = Arc::clone(lines);
    thread::Builder::new().name("program output".to_owned()).spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        // A program may print without line ends; a line is cut when it is far longer than what is kept.
        while (&mut pipe).take(1 << 20).read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = sanitize(text.trim_end_matches(['\r', '\n']), MAX_LINE);
            let mut lines = lock(&lines);
            if lines.last.len() == MAX_LINES {
                lines.last.pop_front();
                lines.dropped += 1;
            }
            lines.first.get_or_insert_with(|| text.clone());
            lines.last.push_back(text);
            line.clear();
        }
    })?;
    Ok(())
}
