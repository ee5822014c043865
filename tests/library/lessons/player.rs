//! Somebody who does a lesson: does what each step says, and looks when it is ticked off.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::clients::{ClientCommand, ClientField, ClientTabId};
use echoscope::app::{App, Command, Options, SetUp};
use echoscope::client::client_event::{CloseMode, ConnectionOutcome};
use echoscope::client::client_status::ClientState;
use echoscope::client::input::LineEnding;
use echoscope::lessons::running::Mark;
use echoscope::lessons::{Place, Running};
use echoscope::server::status::ServerState;
use echoscope::settings::Settings;

/// How long something may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Player {
    pub(crate) app: App,
    /// The steps that were seen to be ticked off.
    done: usize,
}

impl Player {
    /// Begins a lesson that comes with the app, on a port that the system chooses.
    pub(crate) fn begin(number: usize) -> Self {
        let mut player = Self::at_rest();
        player.ask(Command::StartLesson(number));
        player
    }

    pub(crate) fn at_rest() -> Self {
        let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
        Self { app: App::new(settings, Options::default()), done: 0 }
    }

    pub(crate) fn lesson(&self) -> &Running {
        self.app.lesson().unwrap()
    }

    pub(crate) fn ask(&mut self, command: Command) {
        self.app.apply(command);
    }

    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, done: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(&self.app) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            self.app.poll();
            thread::yield_now();
        }
    }

    /// The step is not ticked off yet, though all that was done so far has been taken in.
    #[track_caller]
    pub(crate) fn not_yet(&mut self) {
        self.app.poll();
        self.app.poll();
        assert_eq!(self.lesson().at(), self.done, "ticked off too early: {:?}", self.lesson().just_done());
    }

    /// The step is ticked off now, and no other one with it.
    #[track_caller]
    pub(crate) fn ticked(&mut self) {
        let step = self.done;
        let words = self.lesson().lesson().steps[step].text.clone();
        self.until(&words, |app| app.lesson().is_some_and(|running| running.at() > step));
        self.done += 1;
        assert_eq!(self.lesson().marks()[step], Mark::Done);
        self.not_yet();
    }

    /// Presses *Skip this step*.
    #[track_caller]
    pub(crate) fn skip(&mut self) {
        self.ask(Command::NextStep);
        self.done += 1;
        self.not_yet();
    }

    /// Presses *Set it up*, and Start where no server runs yet.
    pub(crate) fn set_up_and_start(&mut self) {
        self.not_yet();
        assert_ne!(self.app.lesson_set_up(), SetUp::Ready, "there is nothing to set up");
        self.ask(Command::SetUpLesson);
        if self.app.state().is_stopped() {
            self.app.poll();
            self.start();
        }
        self.ticked();
    }

    pub(crate) fn start(&mut self) {
        self.until("files that were read", |app| app.blocked().is_none());
        self.app.apply(Command::Start);
    }

    pub(crate) fn stop(&mut self) {
        self.app.apply(Command::Stop);
    }

    /// Opens a tab or a dialog.
    pub(crate) fn open(&mut self, place: Place) {
        self.ask(Command::Opened(place));
    }

    pub(crate) fn address(&mut self) -> SocketAddr {
        self.until("listening", |app| matches!(app.state(), ServerState::Listening { .. }));
        match self.app.state() {
            ServerState::Listening { addresses, .. } => addresses[0],
            state => panic!("not listening: {state:?}"),
        }
    }

    pub(crate) fn tell(&mut self, command: ClientCommand) {
        self.app.apply(Command::Client(command));
    }

    /// The client tab of this place, from 0; presses *Add client* where there is none yet.
    pub(crate) fn tab(&mut self, index: usize) -> ClientTabId {
        while self.app.clients().len() <= index {
            self.tell(ClientCommand::Add);
        }
        self.app.clients().iter().nth(index).unwrap().id()
    }

    /// Presses *Connect* in a client tab, and waits until the server's system has answered.
    #[track_caller]
    pub(crate) fn connect(&mut self, index: usize) {
        let id = self.tab(index);
        // The one before may still be saying goodbye, or the server's new port not be known yet.
        self.until("a tab that can connect", |app| app.clients().get(id).unwrap().can_connect());
        self.tell(ClientCommand::Connect(id));
        self.until("an open client", |app| {
            let tab = app.clients().get(id).unwrap();
            let status = tab.status();
            assert!(status.outcome.is_none(), "{:?}", status.outcome);
            tab.state() == ClientState::Open
        });
    }

    /// Presses *Connect* where it is to fail; why it did.
    #[track_caller]
    pub(crate) fn connect_in_vain(&mut self, index: usize) -> String {
        let id = self.tab(index);
        // The one before may still be saying goodbye, or the server's new port not be known yet.
        self.until("a tab that can connect", |app| app.clients().get(id).unwrap().can_connect());
        self.tell(ClientCommand::Connect(id));
        self.until("a refusal", |app| app.clients().get(id).unwrap().status().outcome.is_some());
        match self.app.clients().get(id).unwrap().status().outcome {
            Some(ConnectionOutcome::Failed(failure)) => failure.to_string(),
            ended => panic!("{ended:?}"),
        }
    }

    /// Types a text into a client tab and presses Enter.
    #[track_caller]
    pub(crate) fn say(&mut self, index: usize, text: &str, ending: LineEnding) {
        let id = self.tab(index);
        self.tell(ClientCommand::SetLineEnding(id, ending));
        self.tell(ClientCommand::Edit(id, ClientField::Text, text.to_owned()));
        self.tell(ClientCommand::Send(id));
        assert_eq!(self.app.clients().get(id).unwrap().refused(), None);
    }

    /// The same, and waits until it has come back.
    #[track_caller]
    pub(crate) fn echo(&mut self, index: usize, text: &str) {
        self.say(index, text, LineEnding::Lf);
        self.until_answered(index);
    }

    #[track_caller]
    pub(crate) fn until_answered(&mut self, index: usize) {
        let id = self.tab(index);
        self.until("the echo", |app| app.clients().get(id).unwrap().status().echo.is_exact());
    }

    /// Leaves with a client tab.
    pub(crate) fn leave(&mut self, index: usize, how: CloseMode) {
        let id = self.tab(index);
        self.tell(ClientCommand::Close(id, how));
    }

    /// So many clients were accepted in all, and so many are there now.
    #[track_caller]
    pub(crate) fn until_clients(&mut self, now: u64, total: u64) {
        self.until("clients", |app| {
            let counters = app.counters();
            (counters.clients_now, counters.clients_total) == (now, total)
        });
    }

    /// All steps are behind.
    #[track_caller]
    pub(crate) fn finished(&self) {
        assert_eq!(self.done, self.lesson().lesson().steps.len(), "there are more steps");
        assert!(self.lesson().step().is_none());
    }
}
