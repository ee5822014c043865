//! Saves the settings on a thread of its own, a moment after they last changed.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::app::notice::Notice;
use crate::settings::{Settings, settings_file};
use crate::text;

/// How long settings must stay unchanged before they are written: typing a host name is one change, not nine.
const DELAY: Duration = Duration::from_millis(500);

/// Saves settings. Dropping it writes the last change.
pub(super) struct SettingsWriter {
    path: PathBuf,
    changes: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
}

impl SettingsWriter {
    /// `notify` is called when a save fails.
    pub(super) fn new(path: PathBuf, notify: impl Fn(Notice) + Send + 'static) -> Self {
        let (sender, changes) = channel();
        let work = {
            let path = path.clone();
            move || save_changes(&path, &changes, notify)
        };
        let thread = thread::Builder::new().name("settings".to_owned()).spawn(work).ok();
        Self { path, changes: thread.is_some().then_some(sender), thread }
    }

    pub(super) fn save(&self, settings: &Settings) {
        match &self.changes {
            Some(changes) => {
                // The thread ends only after the sender is dropped.
                let _ = changes.send(settings.clone());
            }
            // Without a thread to spare, a short wait is better than lost settings.
            None => drop(settings_file::save(&self.path, settings)),
        }
    }
}

impl Drop for SettingsWriter {
    fn drop(&mut self) {
        drop(self.changes.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}

fn save_changes(path: &Path, changes: &Receiver<Settings>, notify: impl Fn(Notice)) {
    let mut reported = false;
    while let Ok(mut settings) = changes.recv() {
        while let Ok(newer) = changes.recv_timeout(DELAY) {
            settings = newer;
        }
        let saved = settings_file::save(path, &settings);
        if let Err(error) = &saved
            && !reported
        {
            notify(Notice::bad(format!(
                "The settings could not be saved to {}: {}. They are kept until you close the window.",
                path.display(),
                text::io_error(error)
            )));
        }
        reported = saved.is_err();
    }
}
