//! The lesson that the user is doing, in the app: starting and leaving it, setting up its steps, and the facts that
//! decide whether a step is done.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::background::UpdateSender;
use crate::app::client_states::TabState;
use crate::app::form::Check;
use crate::app::lesson_state::SetUp;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::App;
use crate::client::client_event::ClientState;
use crate::lessons::lesson::{LessonFileError, MAX_LESSON_FILE};
use crate::lessons::lesson_event::LessonFacts;
use crate::lessons::setting_override::SettingOverride;
use crate::lessons::{Lesson, LessonRun, builtin_lessons};
use crate::platform::files::read_regular;
use crate::platform::process_usage::process_usage;
use crate::server::ServerState;
use crate::settings::Settings;

impl App {
    /// Returns the lesson that the user is doing.
    #[must_use]
    pub fn lesson(&self) -> Option<&LessonRun> {
        self.lessons.run.as_ref()
    }

    /// Returns the lesson's index among the built-in ones.
    #[must_use]
    pub fn lesson_number(&self) -> Option<usize> {
        self.lessons.number
    }

    /// Returns whether the Wire tab shows only what an eavesdropper sees.
    #[must_use]
    pub fn is_eavesdropping(&self) -> bool {
        self.eavesdropping
    }

    /// Returns whether the lesson uses TLS but no valid certificate with its key is chosen.
    #[must_use]
    pub fn lesson_lacks_certificate(&self) -> bool {
        self.lesson().is_some_and(|run| run.lesson().needs_tls()) && !self.has_certificate()
    }

    /// Returns how the server and the form relate to the settings that the step needs.
    #[must_use]
    pub fn lesson_set_up(&self) -> SetUp {
        let Some(step) = self.lesson().and_then(LessonRun::step) else { return SetUp::Ready };
        let running = self.listening_with();
        // A running server never has port 0, so a port that the OS chooses isn't compared.
        let differs = |running: &Settings| {
            let mut needed = step.settings.0.iter().filter(|needed| !needed.is_free_port());
            needed.any(|needed| !needed.holds(running))
        };
        let differs = running.as_ref().map(differs);
        let needs_tls = step.settings.0.iter().any(SettingOverride::is_tls);
        if needs_tls && differs != Some(false) && self.lacks_certificate() {
            return SetUp::NeedsCertificate;
        }
        if differs == Some(true) {
            return SetUp::NeedsRestart;
        }
        let in_form = |needed: &SettingOverride| {
            needed.holds(self.settings()) || (needed.is_free_port() && running.is_some())
        };
        if step.settings.0.iter().all(in_form) { SetUp::Ready } else { SetUp::Needed }
    }

    pub(super) fn start_lesson(&mut self, number: usize) {
        if let Some(lesson) = builtin_lessons().get(number) {
            self.begin_lesson(Arc::clone(lesson), Some(number));
        }
    }

    pub(super) fn open_lesson(&mut self, path: PathBuf) {
        let read = move |updates: &UpdateSender<Self>| {
            let lesson = read_lesson(&path);
            updates.send(|app| app.lesson_was_read(lesson));
        };
        if let Err(error) = self.background.run("read lesson", false, read) {
            let text = format!("The lesson can't be read now: {error}. Try again.");
            self.tell(Notice::bad(NoticeTopic::Lesson, text));
        }
    }

    /// Starts the lesson that was read from a file, or reports why it can't be used.
    fn lesson_was_read(&mut self, read: Result<Lesson, LessonFileError>) {
        match read {
            Ok(lesson) => self.begin_lesson(Arc::new(lesson), None),
            Err(error) => self.tell(Notice::bad(NoticeTopic::Lesson, error.to_string())),
        }
    }

    /// Changes the lesson, unless an event has completed its step just now: the user meant that step, not the next one.
    pub(super) fn with_lesson_step(&mut self, change: impl FnOnce(&mut LessonRun)) {
        let generation = self.lessons.generation();
        self.with_lesson(|run| {
            if Some(run.generation()) == generation {
                change(run);
            }
        });
    }

    /// Leaves the lesson, and restores the client tabs' TLS choices, and the settings that it changed in the form and that
    /// the user didn't change since. If `notify` is set, a notice names these settings.
    pub(super) fn leave_lesson(&mut self, notify: bool) {
        self.record_progress();
        if self.lessons.run.take().is_some() {
            // The user changed them for a step. They may not fit the server from before the lesson.
            self.clients.restore_tls_parts(std::mem::take(&mut self.lessons.client_tls));
        }
        self.lessons.number = None;
        let mut restored = Vec::new();
        for (new, before) in std::mem::take(&mut self.lessons.undo) {
            if new.holds(self.settings()) && !before.holds(self.settings()) {
                restored.push(before.description());
                self.set(before.setting, before.text);
            }
        }
        if notify && !restored.is_empty() {
            let text = format!("Restored your settings from before the lesson: {}.", restored.join(", "));
            self.tell(Notice::good(NoticeTopic::Lesson, text));
        }
    }

    fn begin_lesson(&mut self, lesson: Arc<Lesson>, number: Option<usize>) {
        // There is no notice: the user looks at the new lesson now.
        self.leave_lesson(false);
        self.notices.remove(NoticeTopic::Lesson);
        self.hide_start_screen();
        self.poll_all();
        let run = match self.lesson_progress(&lesson.title) {
            Some(progress) => LessonRun::resume(lesson, progress),
            None => LessonRun::new(lesson),
        };
        self.lessons.client_tls = self.clients.tls_parts();
        self.lessons.run = Some(run);
        self.lessons.recorded = None;
        self.lessons.number = number;
    }

    pub(super) fn with_lesson(&mut self, change: impl FnOnce(&mut LessonRun)) {
        self.poll_all();
        if let Some(run) = &mut self.lessons.run {
            change(run);
        }
    }

    /// Processes all events up to now, which belong to the step that is about to be left.
    fn poll_all(&mut self) {
        self.poll_events();
        self.poll_clients();
    }

    pub(super) fn set_up_lesson(&mut self) {
        let set_up = self.lesson_set_up();
        if set_up == SetUp::NeedsCertificate {
            return;
        }
        let Some(step) = self.lesson().and_then(LessonRun::step) else { return };
        for needed in step.settings.0.clone() {
            let before = SettingOverride::of(needed.setting, self.settings());
            match self.lessons.undo.iter_mut().find(|(new, _)| new.setting == needed.setting) {
                Some((new, _)) => new.clone_from(&needed),
                None => self.lessons.undo.push((needed.clone(), before)),
            }
            self.set(needed.setting, needed.text);
        }
        if set_up == SetUp::NeedsRestart {
            self.restart();
        }
    }

    /// Returns how many clients of the Client tab are connected to the server and not accepted yet; `None` while the
    /// server isn't listening. It replaces the length of the accept queue on an OS that doesn't report it.
    fn own_clients_waiting(&self) -> Option<u64> {
        let states = self.client_states();
        let waiting = states.values().filter(|state| **state == TabState::NotAccepted);
        matches!(self.state(), ServerState::Listening { .. }).then(|| waiting.count() as u64)
    }

    /// Returns whether a certificate that is valid today and a matching key are chosen.
    pub(super) fn has_certificate(&self) -> bool {
        let Check::Good(served) = self.certificate() else { return false };
        let now = Timestamp::now();
        matches!(self.pair(), Some(Ok(()))) && served.own.validity.holds(now)
    }

    /// Returns whether it is known that no such certificate and key are chosen: both files were read.
    fn lacks_certificate(&self) -> bool {
        let is_reading = matches!(self.certificate(), Check::Reading) || matches!(self.key(), Check::Reading);
        !is_reading && !self.has_certificate()
    }

    /// Collects the current facts for the lesson.
    pub(super) fn facts(&self) -> LessonFacts {
        let counters = self.counters();
        let connecting = self.clients().iter().filter(|tab| tab.state() == ClientState::Connecting);
        let measures = self.lesson().and_then(LessonRun::step).is_some_and(|step| step.measure);
        LessonFacts {
            running: self.listening_with(),
            stopped: self.state().is_stopped(),
            form: self.settings().clone(),
            connected: counters.clients_now,
            waiting: counters.waiting.map(u64::from).or_else(|| self.own_clients_waiting()),
            connecting: connecting.count() as u64,
            eavesdropping: self.eavesdropping,
            certificate: self.has_certificate(),
            paused: self.is_paused(),
            stepping: self.is_stepping(),
            paused_before: self.paused_threads().iter().map(|paused| paused.site.call).collect(),
            usage: if measures { process_usage() } else { None },
        }
    }
}

/// Reads a lesson file, but at most as many bytes as a lesson may have.
fn read_lesson(path: &Path) -> Result<Lesson, LessonFileError> {
    let unreadable = |source| LessonFileError::Unreadable { path: path.to_owned(), source };
    let bytes = read_regular(path, MAX_LESSON_FILE as u64).map_err(|error| unreadable(error.into()))?;
    let text =
        String::from_utf8(bytes).map_err(|_| unreadable(io::Error::other("it isn't text in UTF-8")))?;
    Lesson::parse(&text).map_err(|source| LessonFileError::Invalid { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::app::clients::{ClientCommand, TabCommand};
    use crate::app::{Command, Options};
    use crate::server::event::EventKind;
    use crate::settings::{Mode, Settings};

    fn poll_until(app: &mut App, done: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !done(app) {
            assert!(Instant::now() < deadline, "timed out");
            app.poll();
            std::thread::yield_now();
        }
    }

    #[test]
    fn answer_that_comes_with_the_end_of_its_step_is_not_for_the_next_one() {
        let question = "[step.question]\ntext = 'Q?'\nanswers = ['a', 'b']\nright = 1\nwhy = 'W.'\n";
        let step = format!("[[step]]\ntext = 'Open.'\ndone = {{ seen = 'stopped' }}\n{question}");
        let lesson = Lesson::parse(&format!("title = 'T'\nsummary = 'S.'\n{step}{step}")).unwrap();
        let mut app = App::new(Settings::default(), Options::default());
        app.begin_lesson(Arc::new(lesson), None);
        app.event_sender.send(None, EventKind::Stopped);
        // The event that completes the first step is still in the channel.
        app.apply(Command::AnswerQuestion(1));
        let run = app.lesson().unwrap();
        assert_eq!((run.position(), run.question(1).unwrap().1), (1, None));
        app.apply(Command::AnswerQuestion(1));
        assert_eq!(app.lesson().unwrap().question(1).unwrap().1, Some(1));
    }

    #[test]
    fn waiting_clients_of_the_client_tab_are_counted() {
        let settings =
            Settings { host: "127.0.0.1".to_owned(), port: 0, mode: Mode::One, ..Settings::default() };
        let mut app = App::new(settings, Options::default());
        assert_eq!(app.own_clients_waiting(), None);
        app.apply(Command::Start);
        poll_until(&mut app, |app| app.own_clients_waiting() == Some(0));
        for waiting in [0, 1, 2] {
            if waiting > 0 {
                app.apply(Command::Client(ClientCommand::Add));
            }
            let id = app.clients().newest();
            app.apply(Command::Client(ClientCommand::Tab(id, TabCommand::Connect)));
            poll_until(&mut app, |app| {
                app.clients().get(id).is_some_and(|tab| tab.state() == ClientState::Open)
                    && app.counters().clients_now == 1
            });
            assert_eq!(app.own_clients_waiting(), Some(waiting));
        }
    }
}
