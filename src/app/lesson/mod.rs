//! The lesson that is being done: starting and leaving it, and setting the app up for its steps.

mod facts;
mod file;
pub(super) mod lesson_state;

use std::path::PathBuf;
use std::sync::Arc;

pub use lesson_state::SetUp;

use crate::app::background::JobResult;
use crate::app::clients::{ClientCommand, ClientTab, Followed};
use crate::app::command::Command;
use crate::app::notice::Notice;
use crate::app::state::App;
use crate::lessons::error::FileError;
use crate::lessons::setting_override::SettingOverride;
use crate::lessons::{Lesson, Running, shipped};
use crate::settings::Settings;

impl App {
    /// The lesson that is being done.
    #[must_use]
    pub fn lesson(&self) -> Option<&Running> {
        self.lessons.running.as_ref()
    }

    /// Which of [`shipped`] is being done.
    #[must_use]
    pub fn lesson_number(&self) -> Option<usize> {
        self.lessons.number
    }

    /// Whether the lesson serves TLS and there is no certificate with its key to serve with.
    #[must_use]
    pub fn lesson_lacks_certificate(&self) -> bool {
        self.lesson().is_some_and(|running| running.lesson().needs_tls) && !self.has_certificate()
    }

    /// How things stand to the settings that the step needs.
    #[must_use]
    pub fn lesson_set_up(&self) -> SetUp {
        let Some(step) = self.lesson().and_then(Running::step) else { return SetUp::Ready };
        let running = self.listening_with();
        // Port 0 in the form is another one in a running server.
        let differs = |running: &Settings| {
            let asked = step.settings.iter().filter(|choice| !choice.is_free_port());
            asked.into_iter().any(|choice| !choice.holds(running))
        };
        if running.as_ref().is_some_and(differs) {
            return SetUp::NeedsRestart;
        }
        let in_form = |choice: &SettingOverride| {
            choice.holds(self.settings()) || (choice.is_free_port() && running.is_some())
        };
        if step.settings.iter().all(in_form) { SetUp::Ready } else { SetUp::Needed }
    }

    pub(super) fn start_lesson(&mut self, number: usize) {
        if let Some(lesson) = shipped().get(number) {
            self.begin_lesson(Arc::clone(lesson), Some(number));
        }
    }

    pub(super) fn open_lesson(&mut self, path: PathBuf) {
        let read = move || JobResult::Lesson(Box::new(file::read(&path)));
        if let Err(error) = self.background.run("read lesson", read) {
            self.tell(Notice::bad(format!("The lesson can't be read now: {error}. Try again.")));
        }
    }

    /// Starts the lesson that was read from a file.
    pub(super) fn lesson_was_read(&mut self, read: Result<Lesson, FileError>) {
        match read {
            Ok(lesson) => self.begin_lesson(Arc::new(lesson), None),
            Err(error) => self.tell(Notice::bad(error.to_string())),
        }
    }

    pub(super) fn next_lesson_step(&mut self) {
        let turn = self.lessons.turn();
        self.with_lesson(|running| {
            // The step may just have been completed, and the next one is shown already.
            if Some(running.turn()) == turn {
                running.next();
            }
        });
    }

    /// Starts the server again once it has stopped for a set-up. Returns whether it did.
    pub(super) fn poll_lesson(&mut self) -> bool {
        let start = self.lessons.start_again && self.state().is_stopped();
        if start {
            self.lessons.start_again = false;
            self.start(None);
        }
        start
    }

    /// Puts back what the lesson has set in the form, where the user has not changed it since; a notice `tells` what, or else the
    /// log alone.
    pub(super) fn leave_lesson(&mut self, tells: bool) {
        if self.lessons.running.take().is_some() {
            // A client that a step took off the server's TLS would meet the server of before in the wrong way.
            let tabs = self.clients().iter().map(ClientTab::id).collect::<Vec<_>>();
            for id in tabs {
                self.apply(Command::Client(ClientCommand::FollowServer(id, Followed::Tls)));
            }
        }
        self.lessons.number = None;
        self.lessons.start_again = false;
        let mut back = Vec::new();
        for (set, before) in std::mem::take(&mut self.lessons.undo) {
            if set.holds(self.settings()) && !before.holds(self.settings()) {
                back.push(before.words());
                self.set(before.setting, before.text);
            }
        }
        if back.is_empty() {
            return;
        }
        let words = Notice::good(format!("The form is as it was before the lesson: {}.", back.join(", ")));
        if tells { self.tell(words) } else { self.log_notice(&words) }
    }

    fn begin_lesson(&mut self, lesson: Arc<Lesson>, number: Option<usize>) {
        // The next one has its own bar at once: a notice would only be in its way.
        self.leave_lesson(false);
        self.take_in_all();
        self.lessons.running = Some(Running::new(lesson));
        self.lessons.number = number;
    }

    pub(super) fn with_lesson(&mut self, change: impl FnOnce(&mut Running)) {
        self.take_in_all();
        if let Some(running) = &mut self.lessons.running {
            change(running);
        }
    }

    /// What the server and the client tabs have done until now belongs to the step that is left.
    fn take_in_all(&mut self) {
        self.poll_events();
        self.poll_clients();
    }

    pub(super) fn set_up_lesson(&mut self) {
        let set_up = self.lesson_set_up();
        let Some(step) = self.lesson().and_then(Running::step) else { return };
        for choice in step.settings.clone() {
            let before = SettingOverride::of(choice.setting, self.settings());
            match self.lessons.undo.iter_mut().find(|(set, _)| set.setting == choice.setting) {
                Some((set, _)) => set.clone_from(&choice),
                None => self.lessons.undo.push((choice.clone(), before)),
            }
            self.set(choice.setting, choice.text);
        }
        if set_up == SetUp::NeedsRestart {
            self.apply(Command::Stop);
            self.lessons.start_again = true;
        }
    }
}
