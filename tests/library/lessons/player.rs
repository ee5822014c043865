//! A simulated user who does a lesson and checks when each step is completed.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::clients::{ClientCommand, ClientField, ClientTabId, TabCommand};
use echoscope::app::{App, Command, Options, SetUp};
use echoscope::client::client_event::{ClientState, CloseMode, ConnectionOutcome};
use echoscope::client::input::LineEnding;
use echoscope::lessons::LessonRun;
use echoscope::lessons::condition::{LessonPlace, RowPlace};
use echoscope::lessons::lesson_run::StepMark;
use echoscope::server::ServerState;
use echoscope::settings::Settings;

/// How long something may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Player {
    pub(crate) app: App,
    /// The number of completed steps so far.
    done: usize,
}

impl Player {
    /// Opens an app whose server uses a port that the OS chooses, and starts a built-in lesson.
    pub(crate) fn begin(number: usize) -> Self {
        let mut player = Self::without_lesson();
        player.apply(Command::StartLesson(number));
        player
    }

    pub(crate) fn without_lesson() -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
        Self::of(App::new(settings, Options::default()))
    }

    pub(crate) fn of(app: App) -> Self {
        Self { app, done: 0 }
    }

    pub(crate) fn lesson(&self) -> &LessonRun {
        self.app.lesson().unwrap()
    }

    pub(crate) fn apply(&mut self, command: Command) {
        self.app.apply(command);
    }

    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, done: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(&self.app) {
            assert!(Instant::now() < deadline, "timed out waiting for {what}");
            self.app.poll();
            thread::yield_now();
        }
    }

    /// Asserts that the step is still open after all events so far.
    #[track_caller]
    pub(crate) fn step_is_open(&mut self) {
        self.app.poll();
        self.app.poll();
        assert_eq!(
            self.lesson().position(),
            self.done,
            "completed too early: {:?}",
            self.lesson().previous_done()
        );
    }

    /// Waits until the step is completed, and asserts that the next one isn't.
    #[track_caller]
    pub(crate) fn completes_step(&mut self) {
        let step = self.done;
        let text = self.lesson().lesson().steps[step].text.clone();
        self.wait_until(&text, |app| app.lesson().is_some_and(|run| run.position() > step));
        self.done += 1;
        assert_eq!(self.lesson().marks()[step], StepMark::Done);
        self.step_is_open();
    }

    /// Presses *Skip this step*.
    #[track_caller]
    pub(crate) fn skip(&mut self) {
        self.apply(Command::NextStep);
        self.done += 1;
        self.step_is_open();
    }

    /// Presses *Set it up*, and *Start* if no server is running.
    pub(crate) fn set_up_and_start(&mut self) {
        self.step_is_open();
        assert_ne!(self.app.lesson_set_up(), SetUp::Ready, "there is nothing to set up");
        self.apply(Command::SetUpLesson);
        if self.app.state().is_stopped() {
            self.app.poll();
            self.start();
        }
        self.completes_step();
    }

    pub(crate) fn start(&mut self) {
        self.wait_until("files that were read", |app| app.blocked().is_none());
        self.app.apply(Command::Start);
    }

    pub(crate) fn stop(&mut self) {
        self.app.apply(Command::Stop);
    }

    /// Opens a tab or a dialog.
    pub(crate) fn open(&mut self, place: LessonPlace) {
        self.apply(Command::Opened(place));
    }

    /// Selects a row with this text.
    pub(crate) fn select(&mut self, place: RowPlace, text: &str) {
        self.apply(Command::Selected(place, text.to_owned()));
    }

    /// Answers the question of the step; returns whether the answer is right.
    #[track_caller]
    pub(crate) fn answer(&mut self, answer: &str) -> bool {
        let (question, before) = self.lesson().question(self.done).unwrap();
        assert_eq!(before, None, "the question was answered");
        let index = question.answers.iter().position(|text| text == answer).unwrap();
        let is_right = question.is_right(index);
        self.apply(Command::AnswerQuestion(index));
        is_right
    }

    pub(crate) fn address(&mut self) -> SocketAddr {
        self.wait_until("listening", |app| matches!(app.state(), ServerState::Listening { .. }));
        match self.app.state() {
            ServerState::Listening { addresses, .. } => addresses[0],
            state => panic!("not listening: {state:?}"),
        }
    }

    pub(crate) fn apply_to_client(&mut self, command: ClientCommand) {
        self.app.apply(Command::Client(command));
    }

    /// Returns the client tab with this index, and adds it if necessary.
    pub(crate) fn tab(&mut self, index: usize) -> ClientTabId {
        while self.app.clients().len() <= index {
            self.apply_to_client(ClientCommand::Add);
        }
        self.app.clients().iter().nth(index).unwrap().id()
    }

    /// Presses *Connect* in a client tab, and waits until it is connected.
    #[track_caller]
    pub(crate) fn connect(&mut self, index: usize) {
        let id = self.tab(index);
        // The previous connection may still be closing, or the server's new port may be unknown.
        self.wait_until("a tab that can connect", |app| app.clients().get(id).unwrap().can_connect());
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::Connect));
        self.wait_until("an open client", |app| {
            let tab = app.clients().get(id).unwrap();
            let status = tab.status();
            assert!(status.outcome.is_none(), "{:?}", status.outcome);
            tab.state() == ClientState::Open
        });
    }

    /// Presses *Connect* in a client tab that must fail, and returns why it did.
    #[track_caller]
    pub(crate) fn fail_to_connect(&mut self, index: usize) -> String {
        let id = self.tab(index);
        // The previous connection may still be closing, or the server's new port may be unknown.
        self.wait_until("a tab that can connect", |app| app.clients().get(id).unwrap().can_connect());
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::Connect));
        self.wait_until("a refusal", |app| app.clients().get(id).unwrap().status().outcome.is_some());
        match self.app.clients().get(id).unwrap().status().outcome {
            Some(ConnectionOutcome::Failed(failure)) => failure.to_string(),
            ended => panic!("{ended:?}"),
        }
    }

    /// Types a text into a client tab and presses Enter.
    #[track_caller]
    pub(crate) fn send(&mut self, index: usize, text: &str, ending: LineEnding) {
        let id = self.tab(index);
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::SetLineEnding(ending)));
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::Edit(ClientField::Text, text.to_owned())));
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::Send));
        assert_eq!(self.app.clients().get(id).unwrap().refused(), None);
    }

    /// Types a text into a client tab, presses Enter, and waits for the echo.
    #[track_caller]
    pub(crate) fn echo(&mut self, index: usize, text: &str) {
        self.send(index, text, LineEnding::Lf);
        self.wait_until_answered(index);
    }

    #[track_caller]
    pub(crate) fn wait_until_answered(&mut self, index: usize) {
        let id = self.tab(index);
        self.wait_until("the echo", |app| app.clients().get(id).unwrap().status().echo.is_exact());
    }

    /// Closes the connection of a client tab.
    pub(crate) fn disconnect(&mut self, index: usize, how: CloseMode) {
        let id = self.tab(index);
        self.apply_to_client(ClientCommand::Tab(id, TabCommand::Close(how)));
    }

    /// Waits until `total` clients have been accepted and `now` of them are connected.
    #[track_caller]
    pub(crate) fn wait_until_clients(&mut self, now: u64, total: u64) {
        self.wait_until("clients", |app| {
            let counters = app.counters();
            (counters.clients_now, counters.clients_total) == (now, total)
        });
    }

    /// Asserts that all steps are completed.
    #[track_caller]
    pub(crate) fn finished(&self) {
        assert_eq!(self.done, self.lesson().lesson().steps.len(), "there are more steps");
        assert!(self.lesson().step().is_none());
    }
}
