//! The lesson that is being done: started, fed with what happens, and set up for, in the app.

mod facts;
mod file;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::app::clients::{ClientCommand, ClientTab, Followed};
use crate::app::{App, Command, Notice};
use crate::lessons::choice::Choice;
use crate::lessons::error::FileError;
use crate::lessons::facts::Happening;
use crate::lessons::{Lesson, Place, Running, shipped};
use crate::settings::Settings;

/// What the user can ask of a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LessonCommand {
    /// Begin one of those that come with the app, by its place among [`shipped`]. The one that is being done is left.
    Start(usize),
    /// Begin the one in this file; it is read on a thread of its own.
    Open(PathBuf),
    /// Give the form the settings that the step needs; a server that runs with others is started anew.
    SetUp,
    /// Go past the step.
    Next,
    /// Go back to the step before.
    Back,
    /// Begin the lesson anew.
    Restart,
    /// Leave the lesson. What it has set in the form and what still stands there is put back.
    Leave,
    /// This tab or dialog has come to the front.
    Opened(Place),
}

/// How the server and the form stand to the settings that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// Both have them, or there are none.
    Ready,
    /// They are still to be set.
    Needed,
    /// They are still to be set, and the running server is to be started anew for them.
    NeedsRestart,
}

/// What a lesson file gave.
type FromFile = Result<Lesson, FileError>;

/// What the app keeps of lessons.
pub(super) struct Lessons {
    running: Option<Running>,
    /// Which of [`shipped`] it is.
    number: Option<usize>,
    /// What stood in the form before the lesson set it: what it set, and what was there.
    undo: Vec<(Choice, Choice)>,
    /// Whether the server is to start as soon as it is at rest.
    start_again: bool,
    files: (Sender<FromFile>, Receiver<FromFile>),
}

impl Lessons {
    pub(super) fn none() -> Self {
        Self { running: None, number: None, undo: Vec::new(), start_again: false, files: channel() }
    }

    /// Tells the lesson what happened.
    pub(super) fn happened(&mut self, happening: Happening<'_>) {
        if let Some(running) = &mut self.running {
            running.happened(happening);
        }
    }

    fn turn(&self) -> Option<u64> {
        self.running.as_ref().map(Running::turn)
    }
}

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
        let running = self.running_settings();
        // Port 0 in the form is another one in a running server.
        let differs = |running: &Settings| {
            let asked = step.settings.iter().filter(|choice| !choice.is_free_port());
            asked.into_iter().any(|choice| !choice.holds(running))
        };
        if running.as_ref().is_some_and(differs) {
            return SetUp::NeedsRestart;
        }
        let in_form =
            |choice: &Choice| choice.holds(self.settings()) || (choice.is_free_port() && running.is_some());
        if step.settings.iter().all(in_form) { SetUp::Ready } else { SetUp::Needed }
    }

    /// Does what is asked of the lesson.
    pub(super) fn apply_lesson(&mut self, command: LessonCommand) {
        match command {
            LessonCommand::Start(number) => {
                if let Some(lesson) = shipped().get(number) {
                    self.begin_lesson(Arc::clone(lesson), Some(number));
                }
            }
            LessonCommand::Open(path) => self.read_lesson(path),
            LessonCommand::SetUp => self.set_up(),
            LessonCommand::Leave => self.leave_lesson(true),
            LessonCommand::Opened(place) => self.lessons.happened(Happening::Opened(place)),
            LessonCommand::Next => {
                let turn = self.lessons.turn();
                self.with_lesson(|running| {
                    // It may just have been ticked off, and the next one be shown already.
                    if Some(running.turn()) == turn {
                        running.next();
                    }
                });
            }
            LessonCommand::Back => self.with_lesson(Running::back),
            LessonCommand::Restart => self.with_lesson(Running::restart),
        }
    }

    /// Takes in all events, and goes on with the lesson as far as they and the state carry it. Whether anything came.
    ///
    /// What is so is looked at first and the events are taken in after it, so that all that happened before it is known
    /// when it is judged; and it is judged only for the step for which it was looked at. An event from before a step
    /// can therefore never tick it off.
    pub(super) fn take_in_events(&mut self) -> bool {
        let mut changed = false;
        loop {
            let seen = self.lessons.turn().map(|turn| (turn, self.facts()));
            changed |= self.drain();
            let Some((turn, facts)) = seen else { return changed };
            if self.lessons.turn() == Some(turn)
                && let Some(running) = &mut self.lessons.running
            {
                running.look(&facts);
            }
            if self.lessons.turn() == Some(turn) {
                return changed;
            }
            changed = true;
        }
    }

    /// Starts the server that a set-up has stopped, and the lesson that was read from a file. Whether either was so.
    pub(super) fn go_on_with_lesson(&mut self) -> bool {
        let mut changed = false;
        if self.lessons.start_again && self.state().is_stopped() {
            self.lessons.start_again = false;
            self.start(None);
            changed = true;
        }
        while let Ok(read) = self.lessons.files.1.try_recv() {
            changed = true;
            match read {
                Ok(lesson) => self.begin_lesson(Arc::new(lesson), None),
                Err(error) => self.tell(Notice::bad(error.to_string())),
            }
        }
        changed
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
                self.apply(as_command(&before));
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

    fn with_lesson(&mut self, change: impl FnOnce(&mut Running)) {
        self.take_in_all();
        if let Some(running) = &mut self.lessons.running {
            change(running);
        }
    }

    /// What the server and the client tabs have done until now belongs to the step that is left.
    fn take_in_all(&mut self) {
        self.take_in_events();
        self.poll_clients();
    }

    fn set_up(&mut self) {
        let set_up = self.lesson_set_up();
        let Some(step) = self.lesson().and_then(Running::step) else { return };
        for choice in step.settings.clone() {
            let before = choice.as_in(self.settings());
            match self.lessons.undo.iter_mut().find(|(set, _)| set.is_about_the_same_as(&choice)) {
                Some((set, _)) => set.clone_from(&choice),
                None => self.lessons.undo.push((choice.clone(), before)),
            }
            self.apply(as_command(&choice));
        }
        if set_up == SetUp::NeedsRestart {
            self.apply(Command::Stop);
            self.lessons.start_again = true;
        }
    }

    fn read_lesson(&mut self, path: PathBuf) {
        let (sender, wake) = (self.lessons.files.0.clone(), Arc::clone(&self.options.wake));
        let work = move || {
            // The app may be gone already.
            let _ = sender.send(file::read(&path));
            wake();
        };
        if let Err(error) = thread::Builder::new().name("read lesson".to_owned()).spawn(work) {
            self.tell(Notice::bad(format!("The lesson can't be read now: {error}. Try again.")));
        }
    }
}

fn as_command(choice: &Choice) -> Command {
    match choice.clone() {
        Choice::Typed(field, text) => Command::Edit(field, text),
        Choice::Mode(mode) => Command::SetMode(mode),
        Choice::Tls(on) => Command::SetTls(on),
        Choice::TlsVersions(versions) => Command::SetTlsVersions(versions),
        Choice::ClientAuth(auth) => Command::SetClientAuth(auth),
        Choice::Tickets(on) => Command::SetTickets(on),
    }
}
