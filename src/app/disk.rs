//! Writing to disk off the front end's thread: the settings, a moment after they last changed, and what is saved of the
//! log and of connections.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::app::command::ExportFormat;
use crate::capture::Capture;
use crate::capture::sequence::{Sequence, SequenceFormat};
use crate::log::{EventLog, export};
use crate::platform::terminal::{PYTHON, argument};
use crate::python::Program;
use crate::settings::{DataFormat, Settings, file};
use crate::text::{count, with_thousands};

/// How long settings must rest before they are written: typing a host name is one change, not nine.
const REST: Duration = Duration::from_millis(500);

/// Something that the user should know, until it is read or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened and what to do, in plain words.
    pub text: String,
    /// Whether it is bad news.
    pub problem: bool,
}

impl Notice {
    pub(super) fn good(text: String) -> Self {
        Self { text, problem: false }
    }

    pub(super) fn bad(text: String) -> Self {
        Self { text, problem: true }
    }
}

/// Remembers settings. Dropping it writes what is still to be written.
pub(super) struct Saver {
    path: PathBuf,
    changed: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// `tell` hears of a save that failed.
    pub(super) fn new(path: PathBuf, tell: impl Fn(Notice) + Send + 'static) -> Self {
        let (sender, changes) = channel();
        let work = {
            let path = path.clone();
            move || save_changes(&path, &changes, tell)
        };
        let thread = thread::Builder::new().name("settings".to_owned()).spawn(work).ok();
        Self { path, changed: thread.is_some().then_some(sender), thread }
    }

    pub(super) fn save(&self, settings: &Settings) {
        match &self.changed {
            Some(changed) => {
                // The thread ends only when the sender is dropped.
                let _ = changed.send(settings.clone());
            }
            // Without a thread to spare: better a moment's wait than settings lost.
            None => drop(file::save(&self.path, settings)),
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        drop(self.changed.take());
        if let Some(thread) = self.thread.take() {
            // It was told to end, and a panic there has been printed already.
            let _ = thread.join();
        }
    }
}

fn save_changes(path: &Path, changes: &Receiver<Settings>, tell: impl Fn(Notice)) {
    let mut told = false;
    while let Ok(mut settings) = changes.recv() {
        while let Ok(newer) = changes.recv_timeout(REST) {
            settings = newer;
        }
        match file::save(path, &settings) {
            Ok(()) => told = false,
            Err(error) if !std::mem::replace(&mut told, true) => tell(Notice::bad(format!(
                "The settings could not be saved to {}: {}. They are kept until you close the window.",
                path.display(),
                plain(&error)
            ))),
            Err(_) => {}
        }
    }
}

/// The system's words without what only programmers read: its number, and the name of our temporary file.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.trim_end_matches('.').to_owned()
}

/// Writes a log on a thread of its own; `tell` hears how it went.
pub(super) fn save_log(
    log: EventLog,
    path: PathBuf,
    format: ExportFormat,
    data: DataFormat,
    tell: impl Fn(Notice) + Send + 'static,
) {
    let work = move || {
        let written = write_whole(&path, |out| match format {
            ExportFormat::Text => export::write_text(log.iter(), data, out),
            ExportFormat::JsonLines => export::write_json_lines(log.iter(), out),
        });
        let notice = match written {
            Ok(()) => {
                let lines = with_thousands(log.len() as u64);
                Notice::good(format!("The log ({lines} entries) was saved to {}.", path.display()))
            }
            Err(error) => not_saved("The log", &path, &error),
        };
        tell(notice);
    };
    // A closure that could not be started is dropped with `tell` in it, so a missing thread shows as no notice at
    // all; that is told on standard error by whoever has one.
    if let Err(error) = thread::Builder::new().name("save log".to_owned()).spawn(work) {
        eprintln!("echoscope: the log could not be saved: {error}");
    }
}

/// Writes a connection's sequence diagram on a thread of its own, and passes the result to `tell`.
pub(super) fn save_sequence(
    capture: Arc<Capture>,
    path: PathBuf,
    format: SequenceFormat,
    tell: impl Fn(Notice) + Send + 'static,
) {
    let work = move || {
        let mut sequence = Sequence::new(&capture);
        sequence.update(&capture);
        let written = write_whole(&path, |out| format.write(&sequence, out));
        let subject = format!("The sequence diagram of {}", sequence.info().client.id);
        tell(match written {
            Ok(()) => {
                let rows = count(sequence.rows().len() as u64, "row");
                Notice::good(format!("{subject} ({rows}) was saved to {}.", path.display()))
            }
            Err(error) => not_saved(&subject, &path, &error),
        });
    };
    if let Err(error) = thread::Builder::new().name("save sequence".to_owned()).spawn(work) {
        eprintln!("echoscope: the sequence diagram could not be saved: {error}");
    }
}

/// Writes a program on a thread of its own; `tell` hears how it went.
pub(super) fn save_program(program: Arc<Program>, path: PathBuf, tell: impl Fn(Notice) + Send + 'static) {
    let work = move || {
        let written = write_whole(&path, |out| out.write_all(program.text().as_bytes()));
        tell(match written {
            Ok(()) => Notice::good(format!(
                "The program was saved. Run it while the server is stopped: {PYTHON} {}",
                argument(&path)
            )),
            Err(error) => not_saved("The program", &path, &error),
        });
    };
    if let Err(error) = thread::Builder::new().name("save program".to_owned()).spawn(work) {
        eprintln!("echoscope: the program could not be saved: {error}");
    }
}

fn not_saved(what: &str, path: &Path, error: &io::Error) -> Notice {
    Notice::bad(format!(
        "{what} could not be saved to {}: {}. Choose another place.",
        path.display(),
        plain(error)
    ))
}

/// Whole or not at all: the file gets its name when everything is in it.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&std::fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".echoscope");
    // What was received may be confidential: an existing file keeps its mode, a new one gets the user's usual one.
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o666, |old| old.permissions().mode() & 0o777);
        builder.permissions(std::fs::Permissions::from_mode(mode))
    };
    let file = builder.tempfile_in(folder)?;
    let mut out = BufWriter::new(file.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    // Some file systems notice only now that the disk is full.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
