//! Records how far the user has come in each lesson, and saves it in a file beside the settings file.

use std::io;
use std::path::Path;
use std::sync::mpsc::channel;

use crate::app::background::UpdateSender;
use crate::app::lesson_state::ProgressByTitle;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::lessons::lesson_run::LessonProgress;
use crate::platform::files::{self, FolderLock, ReadError, folder_of, read_regular};
use crate::text::io_error;

/// The name of the file.
const FILE_NAME: &str = "lesson-progress.toml";
/// The maximum size of the file in bytes. A lesson takes less than 1 KiB.
const MAX_SIZE: u64 = 1 << 20;

impl App {
    /// Returns how far the user has come in the lesson with this title; `None` if no step of it was done or skipped.
    #[must_use]
    pub fn lesson_progress(&self, title: &str) -> Option<&LessonProgress> {
        self.lessons.progress.get(title)
    }

    /// If settings are saved, starts the thread that loads the progress of earlier runs and saves each change.
    pub(super) fn start_saving_progress(&mut self) {
        let Some(file) = &self.options.settings_file else { return };
        let path = file.path().with_file_name(FILE_NAME);
        let (sender, changes) = channel();
        let work = move |updates: &UpdateSender<Self>| {
            // A file that can't be used means only that no lesson has a check mark.
            let mut saved = read(&path).unwrap_or_default();
            updates.send(move |app| {
                saved.append(&mut app.lessons.progress);
                app.lessons.progress = saved;
            });
            let mut has_failed = false;
            for (title, progress) in changes {
                let saved = save(&path, title, progress);
                if saved.is_err() == has_failed {
                    continue;
                }
                has_failed = saved.is_err();
                let problem = saved.err().map(|error| {
                    let (path, reason) = (path.display(), io_error(&error));
                    format!(
                        "Can't save your progress in lessons to {path}: {reason}. It is kept until you close the window."
                    )
                });
                updates.send(move |app| match problem {
                    None => app.notices.remove(NoticeTopic::LessonProgress),
                    Some(text) => app.tell(Notice::bad(NoticeTopic::LessonProgress, text)),
                });
            }
        };
        self.lessons.changes = self.background.run("lesson progress", true, work).ok().map(|()| sender);
    }

    /// Records how far the user has come in the current lesson, if that has changed.
    pub(super) fn record_progress(&mut self) {
        let Some(run) = self.lessons.run.as_ref() else { return };
        if self.lessons.recorded.replace(run.generation()) == Some(run.generation()) {
            return;
        }
        let (title, mut progress) = (run.lesson().title.clone(), run.progress());
        let before = self.lessons.progress.get(&title);
        progress.finished |= before.is_some_and(|before| before.finished);
        if before.map_or_else(|| progress.is_empty(), |before| *before == progress) {
            return;
        }
        self.lessons.progress.insert(title.clone(), progress.clone());
        if let Some(changes) = &self.lessons.changes {
            // The thread ends only after the sender is dropped.
            let _ = changes.send((title, progress));
        }
    }
}

/// Returns the progress in the file; nothing if there is no file.
fn read(path: &Path) -> io::Result<ProgressByTitle> {
    match read_regular(path, MAX_SIZE) {
        Ok(bytes) => toml::from_slice(&bytes).map_err(io::Error::other),
        Err(ReadError::Path(error)) if error.kind() == io::ErrorKind::NotFound => Ok(ProgressByTitle::new()),
        Err(error) => Err(error.into()),
    }
}

/// Changes the progress in one lesson, and keeps the others in the file: another window may have changed them.
fn save(path: &Path, title: String, progress: LessonProgress) -> io::Result<()> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder)?;
    let _lock = FolderLock::wait(folder);
    let mut all = read(path).unwrap_or_default();
    all.insert(title, progress);
    let text = toml::to_string(&all).map_err(io::Error::other)?;
    files::save(path, 0o600, |out| out.write_all(text.as_bytes()))
}
