//! Checks a server in the background, and saves the report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::app::background::UpdateSender;
use crate::app::check_run::CheckRun;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::check::{self, CheckOptions, CheckProgress, CheckResult, Report, ServerCheck};
use crate::lessons::lesson_event::LessonEvent;
use crate::settings::{ClientAuth, Mode};
use crate::text;
use crate::tls::options::Trust;

/// The format of a saved report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A page for a browser, which needs no other file.
    Html,
    /// One JSON object, as `echoscope check --json` prints it.
    Json,
}

impl App {
    /// Returns the last run of the checks.
    #[must_use]
    pub fn check_run(&self) -> Option<&CheckRun> {
        self.check_run.as_ref()
    }

    /// Returns the options with which the checks connect to this app's server.
    ///
    /// # Errors
    /// The checks can't run now. The error describes what to do.
    pub fn options_for_own_check(&self) -> Result<CheckOptions, &'static str> {
        let Some(running) = self.listening_with() else {
            return Err("The server isn't running. Start it, or check another server.");
        };
        if self.is_stepping() {
            return Err("Step mode pauses the server before each call. Leave it first (F5).");
        }
        if self.is_paused() {
            return Err("Accepting is paused. Resume it in the Live tab first.");
        }
        if running.tls && running.client_auth == ClientAuth::Required {
            return Err(
                "The server requires client certificates, and the checks have none. Make them optional.",
            );
        }
        let served_at_once = match running.mode {
            Mode::One => 1,
            Mode::Pool => running.max_clients.min(running.pool_size.into()),
            Mode::Threads => running.max_clients,
        };
        if self.counters().clients_now >= u64::from(served_at_once) {
            return Err(
                "The connected clients leave no place for the checks. Close their connections first.",
            );
        }
        let settings = self.settings_for_clients();
        let trust = settings.tls.then_some(Trust::ThisServer(settings.certificate));
        let options = CheckOptions::new(settings.host, settings.port);
        Ok(CheckOptions { tls: settings.tls, trust, ..options })
    }

    /// Starts to run the checks, unless they run already.
    pub(super) fn start_check(&mut self, options: CheckOptions) {
        if self.check_run.as_ref().is_some_and(CheckRun::is_running) {
            return;
        }
        self.notices.remove(NoticeTopic::SavedReport);
        let run = CheckRun::new(options.clone());
        let (cancel, run_checks) = (Arc::clone(&run.cancel), Arc::clone(&self.options.run_checks));
        // The app waits for the thread when it quits, so that no program is left.
        let started = self.background.run("check", true, move |updates: &UpdateSender<Self>| {
            let mut on_progress = |progress: CheckProgress<'_>| match progress {
                CheckProgress::Started(check) => updates.send(move |app| app.check_began(check)),
                CheckProgress::Finished(result) => {
                    let result = result.clone();
                    updates.send(move |app| app.check_finished(result));
                }
            };
            let run = || run_checks(&options, &cancel, &mut on_progress);
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(report) => updates.send(move |app| app.checks_ended(report)),
                // The panic hook has reported it. Without this, the dialog would wait for a report that never comes.
                Err(_) => updates.send(Self::check_crashed),
            }
        });
        match started {
            Ok(()) => self.check_run = Some(run),
            Err(error) => {
                let reason = text::io_error(&error);
                let text = format!("The checks can't be started: {reason}. Try again.");
                self.tell(Notice::bad(NoticeTopic::Check, text));
            }
        }
    }

    pub(super) fn cancel_check(&self) {
        if let Some(run) = &self.check_run {
            run.cancel.store(true, Ordering::Relaxed);
        }
    }

    fn check_began(&mut self, check: &'static ServerCheck) {
        if let Some(run) = &mut self.check_run {
            run.current = Some(check);
        }
    }

    fn check_finished(&mut self, result: CheckResult) {
        if let Some(run) = &mut self.check_run {
            run.results.push(result);
        }
    }

    fn check_crashed(&mut self) {
        if let Some(run) = &mut self.check_run {
            (run.current, run.has_crashed) = (None, true);
        }
    }

    fn checks_ended(&mut self, report: Report) {
        if let Some(run) = &mut self.check_run {
            run.current = None;
            self.lessons.on_event(LessonEvent::Checked(&report));
            run.report = Some(Arc::new(report));
        }
    }

    pub(super) fn save_check_report(&mut self, path: PathBuf, format: ReportFormat) {
        let Some(report) = self.check_run.as_ref().and_then(|run| run.report.clone()) else { return };
        let saved = format!("The report was saved to {}.", path.display());
        self.save_file(NoticeTopic::SavedReport, "the report".to_owned(), path, move |out| {
            match format {
                ReportFormat::Html => out.write_all(check::html(&report).as_bytes())?,
                ReportFormat::Json => writeln!(out, "{}", report.json())?,
            }
            Ok(saved)
        });
    }
}
