//! The crash reports of earlier runs: a notice about the new ones, once.

use std::path::{Path, PathBuf};

use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::crash_report::{self, CrashReport};
use crate::log::line;
use crate::settings::{DataFormat, Setting};
use crate::text::io_error;

impl App {
    /// Returns the text of the crash reports that the notice is about, the newest first; empty if there are none.
    #[must_use]
    pub fn crash_text(&self) -> String {
        let texts: Vec<_> = self.crash_reports.iter().map(|report| report.text.trim_end()).collect();
        texts.join("\n\n")
    }

    /// Returns the files of [`Self::crash_text`].
    pub fn crash_files(&self) -> impl Iterator<Item = &Path> {
        self.crash_reports.iter().map(|report| report.path.as_path())
    }

    /// Gives the crash reports of this process the last log entries.
    pub(super) fn share_log_with_crash_reports(&self) {
        let last_events = self.event_sender.last_events();
        let full_line = |event| line::full_line(&event, DataFormat::Python);
        crash_report::set_log(move || Some(last_events()?.into_iter().map(full_line).collect()));
    }

    /// Reads the crash reports that no window has reported yet, and reports them.
    pub(super) fn find_crash_reports(&mut self) {
        let Some(folder) = self.options.crash_folder.clone() else { return };
        let seen = self.settings().reported_crash.clone();
        // If there is no thread for this, the next start reports them.
        let _ = self.background.run("crash reports", false, move |updates| {
            let reports = crash_report::newer_than(&folder, &seen);
            if !reports.is_empty() {
                updates.send(|app| app.tell_of_crashes(reports));
            }
        });
    }

    fn tell_of_crashes(&mut self, reports: Vec<CrashReport>) {
        let text = match reports.len() {
            1 => "A bug in Echoscope left a crash report. Nothing was sent.".to_owned(),
            count => format!("Bugs in Echoscope left {count} crash reports. Nothing was sent."),
        };
        if let Some(newest) = reports[0].path.file_name() {
            self.set_path(Setting::ReportedCrash, newest.as_ref());
        }
        self.crash_reports = reports;
        self.tell(Notice::bad(NoticeTopic::Crash, text));
    }

    /// Deletes the crash reports that the notice is about.
    pub(super) fn delete_crash_reports(&mut self) {
        let paths: Vec<PathBuf> = self.crash_reports.drain(..).map(|report| report.path).collect();
        self.notices.remove(NoticeTopic::Crash);
        // If there is no thread for this, the reports stay until newer ones replace them.
        let _ = self.background.run("delete reports", true, move |updates| {
            let delete = |path: &PathBuf| std::fs::remove_file(path).err().map(|error| (path.clone(), error));
            if let Some((path, error)) = paths.iter().find_map(delete) {
                let text = format!("Can't delete {}: {}.", path.display(), io_error(&error));
                updates.send(|app| app.tell(Notice::bad(NoticeTopic::Crash, text)));
            }
        });
    }
}
