//! A simulated user who repeatedly uses all of the window's controls.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use echoscope::app::clients::{
    ClientCommand, ClientField, ClientTab, ClientTabId, Followed, SendKind, TabCommand,
};
use echoscope::app::{App, Command, ExportFormat};
use echoscope::capture::sequence::{Sequence, SequenceFormat};
use echoscope::client::client_event::{ClientState, CloseMode};
use echoscope::client::input::LineEnding;
use echoscope::lessons::condition::LessonPlace;
use echoscope::server::event::ClientId;
use echoscope::settings::{DataFormat, Setting, ThemeChoice};

use super::tabs::Tabs;
use crate::random::Random;

/// The most client tabs. Tabs are removed and added during the run, so that some are always new.
const TABS: usize = 8;

/// The simulated user.
pub(super) struct SimulatedUser {
    random: Random,
    /// A file to send.
    file: PathBuf,
    /// A short file to send to a server whose `recv` returns a few bytes at a time.
    small_file: PathBuf,
    folder: PathBuf,
    /// When to end the load, or an action that delays clients.
    ends_at: Option<Instant>,
    next: Instant,
    actions: u64,
    sequence: Option<Sequence>,
}

impl SimulatedUser {
    pub(super) fn new(seed: u64, folder: &Path) -> Self {
        let mut random = Random::of(seed, 7);
        let file = folder.join("to-send");
        // If the file can't be written, it can't be sent, which the tab reports.
        let _ = std::fs::write(&file, random.bytes(700_000));
        let small_file = folder.join("to-send-small");
        let _ = std::fs::write(&small_file, random.bytes(5_000));
        let folder = folder.to_owned();
        Self {
            random,
            file,
            small_file,
            folder,
            ends_at: None,
            next: Instant::now(),
            actions: 0,
            sequence: None,
        }
    }

    /// Performs the next action if it is due.
    pub(super) fn act(&mut self, app: &mut App, tabs: &mut Tabs) {
        let now = Instant::now();
        if self.ends_at.is_some_and(|ends_at| now >= ends_at) {
            self.end_interruptions(app);
        }
        if now < self.next {
            return;
        }
        self.next = now + Duration::from_millis(self.random.between(0, 150));
        self.actions += 1;
        match self.random.between(0, 39) {
            0..=23 => self.use_tab(app, tabs),
            24..=26 => self.use_load(app, tabs),
            27..=33 => self.use_log(app),
            34..=36 => self.use_server(app, tabs),
            _ => self.use_lesson(app),
        }
    }

    /// Ends the load and every action that delays clients.
    pub(super) fn end_interruptions(&mut self, app: &mut App) {
        self.ends_at = None;
        app.apply(Command::SetStepping(false));
        app.apply(Command::PauseAccepting(false));
        app.apply(Command::Client(ClientCommand::CloseLoad));
    }

    /// Drops the sequence diagram.
    pub(super) fn drop_sequence(&mut self) {
        self.sequence = None;
    }

    pub(super) fn take_actions(&mut self) -> u64 {
        std::mem::take(&mut self.actions)
    }

    fn use_tab(&mut self, app: &mut App, tabs: &mut Tabs) {
        if app.clients().len() < TABS && (app.clients().is_empty() || self.random.one_in(6)) {
            return app.apply(ClientCommand::Add.into());
        }
        let ids = app.clients().iter().map(ClientTab::id).collect::<Vec<_>>();
        let id = self.random.pick(&ids);
        let Some(tab) = app.clients().get(id) else { return };
        if tab.can_connect() {
            tabs.expect(id);
            if self.random.one_in(12) {
                // Use TLS with a plain server, or plain TCP with a TLS server.
                tabs.excuse(id);
                let tls = !tab.form().tls();
                app.apply(ClientCommand::Tab(id, TabCommand::SetTls(tls)).into());
            } else {
                app.apply(ClientCommand::Tab(id, TabCommand::FollowServer(Followed::Tls)).into());
            }
            return app.apply(ClientCommand::Tab(id, TabCommand::Connect).into());
        }
        let use_small_file = app.settings().recv_size < 1024;
        for command in self.random_commands(id, use_small_file) {
            if let ClientCommand::Tab(
                _,
                TabCommand::Close(CloseMode::Abort | CloseMode::WithoutCloseNotify) | TabCommand::Cancel,
            ) = command
            {
                tabs.excuse(id);
            }
            app.apply(command.into());
        }
    }

    fn random_commands(&mut self, id: ClientTabId, use_small_file: bool) -> Vec<ClientCommand> {
        let edit = |field, text: String| ClientCommand::Tab(id, TabCommand::Edit(field, text));
        match self.random.between(0, 19) {
            0..=4 => {
                let text = format!("Hello {} \\x00\\u{{2713}} äöü", self.random.next());
                let ending = self.random.pick(&LineEnding::ALL);
                vec![
                    ClientCommand::Tab(id, TabCommand::SetSendKind(SendKind::Text)),
                    ClientCommand::Tab(id, TabCommand::SetEscapes(self.random.one_in(2))),
                    ClientCommand::Tab(id, TabCommand::SetLineEnding(ending)),
                    edit(ClientField::Text, text),
                    ClientCommand::Tab(id, TabCommand::Send),
                ]
            }
            5..=6 => vec![
                ClientCommand::Tab(id, TabCommand::SetSendKind(SendKind::Hex)),
                edit(ClientField::Hex, format!("{:032x}", self.random.next())),
                ClientCommand::Tab(id, TabCommand::Send),
            ],
            7..=8 => {
                let path = if use_small_file { &self.small_file } else { &self.file }.clone();
                vec![ClientCommand::Tab(id, TabCommand::SendFile(path))]
            }
            9..=11 => vec![
                edit(ClientField::Times, self.random.between(1, 300).to_string()),
                edit(ClientField::Every, self.random.between(0, 5).to_string()),
                ClientCommand::Tab(id, TabCommand::Repeat),
            ],
            12 => vec![ClientCommand::Tab(id, TabCommand::StopSending)],
            13..=16 => vec![ClientCommand::Tab(id, TabCommand::Close(self.random.pick(&CloseMode::ALL)))],
            17 => vec![ClientCommand::Tab(id, TabCommand::Remove)],
            18 => vec![ClientCommand::Tab(id, TabCommand::Cancel)],
            _ => vec![ClientCommand::Tab(id, TabCommand::ClearTranscript)],
        }
    }

    fn use_load(&mut self, app: &mut App, tabs: &mut Tabs) {
        if app.clients().load().is_running() || self.ends_at.is_some() {
            return;
        }
        // The load uses the first tab's settings, which may not match the server's.
        let first = app.clients().iter().next().map(ClientTab::id);
        if let Some(id) = first {
            app.apply(ClientCommand::Tab(id, TabCommand::FollowServer(Followed::Tls)).into());
        }
        let count = self.random.between(2, 30).to_string();
        app.apply(Command::Client(ClientCommand::EditLoadCount(count)));
        app.apply(Command::Client(ClientCommand::ConnectLoad));
        tabs.expect_load();
        self.end_in(300, 1500);
    }

    fn use_log(&mut self, app: &mut App) {
        let captures = app.captures().list().iter().map(|info| info.client.id).collect::<Vec<ClientId>>();
        let command = match self.random.between(0, 9) {
            0 => Command::SaveLog { path: self.folder.join("log.txt"), format: ExportFormat::Text },
            1 => Command::SaveLog { path: self.folder.join("log.json"), format: ExportFormat::JsonLines },
            2 => Command::set(Setting::DataFormat, self.random.pick(&DataFormat::ALL)),
            3 => Command::set(Setting::Theme, self.random.pick(&[ThemeChoice::Light, ThemeChoice::Dark])),
            4 => Command::SaveProgram(self.folder.join("program.py")),
            5 => Command::DismissNotice,
            6 if self.random.one_in(4) => Command::ClearLog,
            _ if captures.is_empty() => return,
            7 => {
                let format = self.random.pick(&[SequenceFormat::Svg, SequenceFormat::Text]);
                Command::SaveSequence {
                    id: self.random.pick(&captures),
                    path: self.folder.join("wire"),
                    format,
                }
            }
            _ => {
                // Do what the Wire tab does while it is shown.
                app.captures().watch(self.random.one_in(2));
                if let Some(capture) = app.capture(self.random.pick(&captures)) {
                    let mut sequence = Sequence::new(&capture);
                    sequence.update_some(&capture);
                    self.sequence = Some(sequence);
                }
                return;
            }
        };
        app.apply(command);
    }

    fn use_server(&mut self, app: &mut App, tabs: &mut Tabs) {
        match self.random.between(0, 5) {
            0 if self.ends_at.is_none() => {
                app.apply(Command::PauseAccepting(true));
                self.end_in(100, 500);
            }
            1 if self.ends_at.is_none() => {
                app.apply(Command::SetStepping(true));
                self.end_in(100, 600);
            }
            2 => {
                for halt in app.paused_threads() {
                    app.apply(Command::Step(halt.client.map(|client| client.id)));
                }
            }
            3 => app.apply(Command::CheckFiles),
            4 => self.disconnect_own_client(app, tabs),
            _ => {}
        }
    }

    /// Disconnects one of the app's own clients. Every other connection belongs to a visitor that expects its echo.
    fn disconnect_own_client(&mut self, app: &mut App, tabs: &mut Tabs) {
        let open = app.clients().iter().filter(|tab| tab.state() == ClientState::Open);
        let own = open.filter_map(|tab| Some((tab.id(), tab.status().local?))).collect::<Vec<_>>();
        if own.is_empty() {
            return;
        }
        let (id, local) = self.random.pick(&own);
        let found = app.connections().into_iter().find(|connection| connection.client.peer == local);
        if let Some(connection) = found {
            tabs.excuse(id);
            app.apply(Command::Disconnect(connection.client.id));
        }
    }

    fn use_lesson(&mut self, app: &mut App) {
        let lessons = echoscope::lessons::builtin_lessons().len();
        app.apply(match self.random.between(0, 5) {
            0 => Command::LeaveLesson,
            1 => Command::NextStep,
            2 => Command::PreviousStep,
            3 => Command::RestartLesson,
            4 => Command::Opened(self.random.pick(&[
                LessonPlace::Log,
                LessonPlace::Client,
                LessonPlace::TlsOptions,
            ])),
            // The lesson's settings are never applied, because that would restart the server during visits.
            _ => Command::StartLesson(self.random.length(0, lessons - 1)),
        });
    }

    fn end_in(&mut self, least: u64, most: u64) {
        self.ends_at = Some(Instant::now() + Duration::from_millis(self.random.between(least, most)));
    }
}
