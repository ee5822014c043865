//! Saves the settings, the log, a connection's sequence diagram, packets, the tutorial's program and the result of a lesson to
//! files, in the background.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use crate::app::background::{UpdateSender, WakeFn};
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::app::tls_jobs::LatestJob;
use crate::capture::pcapng::{self, SavedPackets};
use crate::capture::sequence::{Sequence, SequenceFormat};
use crate::lessons::lesson_event::LessonEvent;
use crate::log::{LogEntry, json, line};
use crate::platform::files;
use crate::platform::terminal::{PYTHON, argument};
use crate::python::{self, Program, Version};
use crate::server::ServerConfig;
use crate::server::event::ClientId;
use crate::settings::Settings;
use crate::settings::settings_file::SettingsFile;
use crate::text::{self, with_thousands};

/// How long settings must stay unchanged before they are written, so that typing a host name is one change, not nine.
const SETTINGS_DELAY: Duration = Duration::from_millis(500);

/// The format of a saved log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The log lines as the window shows them, with time and client.
    Text,
    /// One JSON object a line, as `--log-format json` prints them.
    JsonLines,
}

/// The users who may read a saved file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileMode {
    /// As the user's settings say: the umask.
    Default,
    /// Only the owner.
    OwnerOnly,
}

/// Checks whether there is anything at a path.
pub type ExistenceCheck = LatestJob<PathBuf, bool>;

/// Returns a check of paths, which reads the disk in the background.
#[must_use]
pub fn existence_check(wake: &WakeFn) -> ExistenceCheck {
    LatestJob::new("check path", wake, |path: PathBuf| path.symlink_metadata().is_ok())
}

impl App {
    /// If settings are saved, starts the thread that saves each change.
    pub(super) fn start_saving_settings(&mut self) {
        let Some(file) = self.options.settings_file.clone() else { return };
        let (sender, changes) = channel();
        let work = move |updates: &UpdateSender<Self>| save_changes(file, &changes, updates);
        self.settings_changes = self.background.run("settings", true, work).ok().map(|()| sender);
    }

    pub(super) fn save_log(&mut self, path: PathBuf, format: ExportFormat) {
        let (log, data) = (self.log.clone(), self.settings().data_format);
        let saved = format!(
            "The log ({} entries) was saved to {}.",
            with_thousands(log.len() as u64),
            path.display()
        );
        self.save_file(NoticeTopic::SavedLog, "the log".to_owned(), path, move |out| {
            for LogEntry { event, .. } in log.iter() {
                match format {
                    ExportFormat::Text => {
                        writeln!(out, "{} {}", text::date(event.at), line::full_line(event, data))?;
                    }
                    ExportFormat::JsonLines => writeln!(out, "{}", json::json_line(event))?,
                }
            }
            Ok(saved)
        });
    }

    pub(super) fn save_program(&mut self, path: PathBuf) {
        let program = self.program();
        let saved = format!(
            "The program was saved. Run it while the server is stopped: {PYTHON} {}",
            argument(&path)
        );
        self.save_file(NoticeTopic::SavedProgram, "the program".to_owned(), path, move |out| {
            out.write_all(program.text().as_bytes()).map(|()| saved)
        });
    }

    pub(super) fn save_sequence(&mut self, id: ClientId, path: PathBuf, format: SequenceFormat) {
        let Some(capture) = self.capture(id) else {
            let text = format!("The data of connection {id} is no longer kept, so there is nothing to save.");
            return self.tell(Notice::bad(NoticeTopic::SavedSequence, text));
        };
        let subject = format!("the sequence diagram of {id}");
        let place = path.display().to_string();
        self.save_file(NoticeTopic::SavedSequence, subject, path, move |mut out| {
            let mut sequence = Sequence::new(&capture);
            sequence.update(&capture);
            format.write(&sequence, &mut out)?;
            let rows = text::count(sequence.rows().len() as u64, "row");
            Ok(format!("The sequence diagram of {id} ({rows}) was saved to {place}."))
        });
    }

    /// Saves the packets of a connection, or of all connections that are kept.
    pub(super) fn save_packets(&mut self, connection: Option<ClientId>, path: PathBuf) {
        let captures = match connection {
            Some(id) => self.capture(id).into_iter().collect(),
            None => self.captures().all(),
        };
        let subject = match connection {
            Some(id) => format!("the packets of {id}"),
            None => "the packets".to_owned(),
        };
        let all = self.captures().clone();
        let place = path.display().to_string();
        if captures.is_empty() {
            let text = "The data is no longer kept, so there is nothing to save.".to_owned();
            return self.tell(Notice::bad(NoticeTopic::SavedPackets, text));
        }
        // TLS keys are for the owner of the file alone, even if others could read the file that it replaces.
        let mode = if self.keeps_tls_keys() { FileMode::OwnerOnly } else { FileMode::Default };
        self.save_file_as(mode, NoticeTopic::SavedPackets, subject, path, move |out| {
            let saved = pcapng::save(&captures, all.keys(), out)?;
            Ok(saved_packets_text(&saved, &place, all.keys().is_on()))
        });
    }

    /// Saves what the user has done of the current lesson, as a text to hand in.
    pub(super) fn save_lesson_result(&mut self, path: PathBuf) {
        let Some(result) = self.lesson().map(|run| run.result_text(SystemTime::now())) else { return };
        let saved = format!("The result was saved to {}.", path.display());
        self.save_file(NoticeTopic::SavedResult, "the result".to_owned(), path, move |out| {
            out.write_all(result.as_bytes()).map(|()| saved)
        });
    }

    /// Writes a file on a thread of its own, then shows the message that `write` returns.
    pub(super) fn save_file(
        &mut self,
        topic: NoticeTopic,
        subject: String,
        path: PathBuf,
        write: impl FnOnce(&mut dyn Write) -> io::Result<String> + Send + 'static,
    ) {
        self.save_file_as(FileMode::Default, topic, subject, path, write);
    }

    fn save_file_as(
        &mut self,
        mode: FileMode,
        topic: NoticeTopic,
        subject: String,
        path: PathBuf,
        write: impl FnOnce(&mut dyn Write) -> io::Result<String> + Send + 'static,
    ) {
        let shown_subject = subject.clone();
        let started = self.background.run("save", true, move |updates| {
            let save = || match mode {
                FileMode::Default => files::save(&path, 0o666, write),
                FileMode::OwnerOnly => {
                    files::restrict_existing(&path).and_then(|()| files::save(&path, 0o600, write))
                }
            };
            let notice = match catch_unwind(AssertUnwindSafe(save)) {
                Ok(Ok(saved)) => Notice::good(topic, saved),
                Ok(Err(error)) => {
                    Notice::bad(topic, not_saved(&subject, &path, &error, "Choose another place."))
                }
                // The panic hook has reported it.
                Err(_) => {
                    let text = format!("Internal error: {subject} wasn't saved to {}.", path.display());
                    Notice::bad(topic, text)
                }
            };
            updates.send(move |app| {
                app.saves_running -= 1;
                if topic == NoticeTopic::SavedProgram && !notice.problem {
                    app.lessons.on_event(LessonEvent::ProgramSaved);
                }
                app.tell(notice);
            });
        });
        match started {
            Ok(()) => self.saves_running += 1,
            Err(error) => {
                let reason = text::io_error(&error);
                self.tell(Notice::bad(topic, format!("Can't save {shown_subject}: {reason}. Try again.")));
            }
        }
    }

    /// Returns the program that does what the running server does, on its actual port. While no server runs, the
    /// program is for the form's last valid values. It is in the version that the user chose, and cached until any of
    /// that changes.
    #[must_use]
    pub fn program(&self) -> Arc<Program> {
        let mut config = ServerConfig::from(self.running_with().unwrap_or(self.settings()));
        config.port = self.port();
        if let Some(tls) = &mut config.tls {
            // The program may be saved anywhere, but relative paths refer to Echoscope's current folder.
            for path in [&mut tls.certificate, &mut tls.key, &mut tls.client_ca] {
                *path = std::path::absolute(Path::new(path)).unwrap_or_else(|_| path.clone());
            }
        }
        let version = if self.settings().robust_program { Version::Robust } else { Version::Tutorial };
        let mut cached = self.program.borrow_mut();
        match &*cached {
            Some((cached_for, program)) if *cached_for == config && program.version == version => {
                Arc::clone(program)
            }
            _ => {
                let program = Arc::new(python::program(&config, version));
                *cached = Some((config, Arc::clone(&program)));
                program
            }
        }
    }
}

/// Saves the settings after each series of changes in quick succession. Reports only the first of several errors in a
/// row.
fn save_changes(mut file: SettingsFile, changes: &Receiver<Settings>, updates: &UpdateSender<App>) {
    let mut failed = false;
    while let Ok(mut settings) = changes.recv() {
        while let Ok(newer) = changes.recv_timeout(SETTINGS_DELAY) {
            settings = newer;
        }
        let saved = file.save(&settings);
        let had_failed = std::mem::replace(&mut failed, saved.is_err());
        let text = match saved {
            Err(error) if !had_failed => not_saved(
                "the settings",
                file.path(),
                &error,
                "Your changes last until you close the window.",
            ),
            Ok(Some(copy)) => format!(
                "The settings file {} was invalid, so it was replaced. The old file is kept as {}.",
                file.path().display(),
                copy.display()
            ),
            Ok(None) if had_failed => {
                updates.send(|app| app.notices.remove(NoticeTopic::Settings));
                continue;
            }
            _ => continue,
        };
        updates.send(move |app| app.tell(Notice::bad(NoticeTopic::Settings, text)));
    }
}

/// Returns the message about saved packets.
fn saved_packets_text(saved: &SavedPackets, place: &str, keeps_keys: bool) -> String {
    let connections = text::count(saved.connections as u64, "connection");
    let packets = text::count(saved.packets, "packet");
    let mut sentences = vec![format!("{packets} of {connections} saved to {place}.")];
    if saved.with_keys > 0 {
        let with_keys = text::count(saved.with_keys as u64, "connection");
        sentences.push(format!("It has the TLS keys of {with_keys}: keep it secret."));
    }
    let without_keys = saved.tls - saved.with_keys;
    if keeps_keys && without_keys > 0 {
        let without_keys = text::count(without_keys as u64, "connection");
        sentences.push(format!("It lacks the TLS keys of {without_keys}."));
    }
    if saved.missing > 0 {
        let missing = text::bytes(saved.missing);
        sentences.push(format!("It lacks {missing}: long transfers are kept in part."));
    }
    sentences.join(" ")
}

fn not_saved(subject: &str, path: &Path, error: &io::Error, advice: &str) -> String {
    let reason = text::io_error(error);
    format!("Can't save {subject} to {}: {reason}. {advice}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Options;

    #[test]
    fn save_that_panics_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        let (woken, wakes) = channel();
        let wake: WakeFn = Arc::new(move || woken.send(()).unwrap_or_default());
        let mut app = App::new(Settings::default(), Options { wake, ..Options::default() });
        let write = |_: &mut dyn Write| panic!("on purpose");
        app.save_file(NoticeTopic::SavedLog, "the log".to_owned(), path.clone(), write);
        while app.is_saving() {
            wakes.recv_timeout(Duration::from_secs(20)).unwrap();
            app.poll();
        }
        let text = format!("Internal error: the log wasn't saved to {}.", path.display());
        assert_eq!(app.save_failure().unwrap().text, text);
    }
}
