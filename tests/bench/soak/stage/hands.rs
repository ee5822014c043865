//! Somebody who presses whatever a window offers, again and again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use echoscope::client::event::Leave;
use echoscope::client::status::State;
use echoscope::client::typed::LineEnding;
use echoscope::lessons::Place;
use echoscope::server::event::ClientId;
use echoscope::session::clients::{
    ClientCommand, ClientField, ClientTab, ClientTabId, CrowdCommand, SendKind,
};
use echoscope::session::command::{ExportFormat, WireFormat};
use echoscope::session::{Command, LessonCommand, Session};
use echoscope::settings::{DataFormat, ThemeChoice};

use super::tabs::Tabs;
use crate::random::Random;

/// Tabs at most: some are always new.
const TABS: usize = 8;

/// Whoever sits before the window.
pub(super) struct Hands {
    random: Random,
    /// To be sent.
    file: PathBuf,
    folder: PathBuf,
    /// When something that holds everybody up, or a crowd, is to end.
    until: Option<Instant>,
    next: Instant,
    deeds: u64,
    ladder: Option<echoscope::ladder::Ladder>,
}

impl Hands {
    pub(super) fn new(seed: u64, folder: &Path) -> Self {
        let mut random = Random::of(seed, 7);
        let file = folder.join("to-send");
        // A file that can't be written is one that can't be sent: the tab says so.
        let _ = std::fs::write(&file, random.bytes(700_000));
        let folder = folder.to_owned();
        Self { random, file, folder, until: None, next: Instant::now(), deeds: 0, ladder: None }
    }

    /// Does the next thing where it is time for one.
    pub(super) fn act(&mut self, session: &mut Session, tabs: &mut Tabs) {
        let now = Instant::now();
        if self.until.is_some_and(|until| now >= until) {
            self.let_everybody_go_on(session);
        }
        if now < self.next {
            return;
        }
        self.next = now + Duration::from_millis(self.random.between(0, 150));
        self.deeds += 1;
        match self.random.between(0, 39) {
            0..=23 => self.with_a_tab(session, tabs),
            24..=26 => self.with_a_crowd(session, tabs),
            27..=33 => self.with_the_log(session),
            34..=36 => self.with_the_server(session, tabs),
            _ => self.with_a_lesson(session),
        }
    }

    /// Ends what holds others up.
    pub(super) fn let_everybody_go_on(&mut self, session: &mut Session) {
        self.until = None;
        session.apply(Command::GoOn);
        session.apply(Command::PauseAccepting(false));
        session.apply(Command::Crowd(CrowdCommand::LetGo));
    }

    /// What it had in view.
    pub(super) fn forget(&mut self) {
        self.ladder = None;
    }

    pub(super) fn take_deeds(&mut self) -> u64 {
        std::mem::take(&mut self.deeds)
    }

    fn with_a_tab(&mut self, session: &mut Session, tabs: &mut Tabs) {
        if session.clients().len() < TABS && (session.clients().is_empty() || self.random.one_in(6)) {
            return session.apply(ClientCommand::Add.into());
        }
        let ids = session.clients().iter().map(ClientTab::id).collect::<Vec<_>>();
        let id = self.random.pick(&ids);
        let Some(tab) = session.clients().get(id) else { return };
        if tab.can_connect() {
            tabs.expect(id);
            if self.random.one_in(12) {
                // TLS to a plain server, or the other way round.
                tabs.excuse(id);
                let tls = !tab.form().tls();
                session.apply(ClientCommand::SetTls(id, tls).into());
            } else {
                session.apply(ClientCommand::FollowServer(id, None).into());
            }
            return session.apply(ClientCommand::Connect(id).into());
        }
        for command in self.deed(id) {
            if let ClientCommand::Leave { how: Leave::Abort | Leave::Vanish, .. } | ClientCommand::Cancel(_) =
                command
            {
                tabs.excuse(id);
            }
            session.apply(command.into());
        }
    }

    fn deed(&mut self, id: ClientTabId) -> Vec<ClientCommand> {
        let edit = |field, text: String| ClientCommand::Edit(id, field, text);
        match self.random.between(0, 19) {
            0..=4 => {
                let text = format!("Hello {} \\x00\\u{{2713}} äöü", self.random.next());
                let ending = self.random.pick(&LineEnding::ALL);
                vec![
                    ClientCommand::SetSendKind(id, SendKind::Text),
                    ClientCommand::SetEscapes(id, self.random.one_in(2)),
                    ClientCommand::SetLineEnding(id, ending),
                    edit(ClientField::Text, text),
                    ClientCommand::Send { id },
                ]
            }
            5..=6 => vec![
                ClientCommand::SetSendKind(id, SendKind::Hex),
                edit(ClientField::Hex, format!("{:032x}", self.random.next())),
                ClientCommand::Send { id },
            ],
            7..=8 => vec![ClientCommand::SendFile { id, path: self.file.clone() }],
            9..=11 => vec![
                edit(ClientField::Times, self.random.between(1, 300).to_string()),
                edit(ClientField::Every, self.random.between(0, 5).to_string()),
                ClientCommand::Repeat { id },
            ],
            12 => vec![ClientCommand::StopSending(id)],
            13..=16 => vec![ClientCommand::Leave { id, how: self.random.pick(&Leave::ALL) }],
            17 => vec![ClientCommand::Remove(id)],
            18 => vec![ClientCommand::Cancel(id)],
            _ => vec![ClientCommand::ClearTranscript(id)],
        }
    }

    fn with_a_crowd(&mut self, session: &mut Session, tabs: &mut Tabs) {
        if session.clients().crowd().is_there() || self.until.is_some() {
            return;
        }
        // It connects as the first client does, and that one may speak what the server doesn't.
        let first = session.clients().iter().next().map(ClientTab::id);
        first.into_iter().for_each(|id| session.apply(ClientCommand::FollowServer(id, None).into()));
        let count = self.random.between(2, 30).to_string();
        session.apply(Command::Crowd(CrowdCommand::Edit(count)));
        session.apply(Command::Crowd(CrowdCommand::Connect));
        tabs.expect_crowd();
        self.end_in(300, 1500);
    }

    fn with_the_log(&mut self, session: &mut Session) {
        let captures = session.captures().list().iter().map(|info| info.client.id).collect::<Vec<ClientId>>();
        let command = match self.random.between(0, 9) {
            0 => Command::SaveLog { path: self.folder.join("log.txt"), format: ExportFormat::Text },
            1 => Command::SaveLog { path: self.folder.join("log.json"), format: ExportFormat::JsonLines },
            2 => Command::SetDataFormat(self.random.pick(&DataFormat::ALL)),
            3 => Command::SetTheme(self.random.pick(&[ThemeChoice::Light, ThemeChoice::Dark])),
            4 => Command::SaveProgram(self.folder.join("program.py")),
            5 => Command::DismissNotice,
            6 if self.random.one_in(4) => Command::ClearLog,
            _ if captures.is_empty() => return,
            7 => {
                let format = self.random.pick(&[WireFormat::Svg, WireFormat::Text]);
                Command::SaveWire { id: self.random.pick(&captures), path: self.folder.join("wire"), format }
            }
            _ => {
                // The Wire tab comes into view.
                session.captures().watch(self.random.one_in(2));
                if let Some(capture) = session.capture(self.random.pick(&captures)) {
                    let mut ladder = echoscope::ladder::Ladder::new(&capture);
                    ladder.update_some(&capture, 4096);
                    self.ladder = Some(ladder);
                }
                return;
            }
        };
        session.apply(command);
    }

    fn with_the_server(&mut self, session: &mut Session, tabs: &mut Tabs) {
        match self.random.between(0, 5) {
            0 if self.until.is_none() => {
                session.apply(Command::PauseAccepting(true));
                self.end_in(100, 500);
            }
            1 if self.until.is_none() => {
                session.apply(Command::SetStepping(true));
                self.end_in(100, 600);
            }
            2 => {
                for halt in session.halts() {
                    session.apply(Command::Step(halt.client.map(|client| client.id)));
                }
            }
            3 => session.apply(Command::CheckFiles),
            4 => self.disconnect_one_of_ours(session, tabs),
            _ => {}
        }
    }

    /// Everybody else's connection is somebody's who counts on it.
    fn disconnect_one_of_ours(&mut self, session: &mut Session, tabs: &mut Tabs) {
        let open = session.clients().iter().filter(|tab| tab.state() == State::Open);
        let ours = open.filter_map(|tab| Some((tab.id(), tab.status().local?))).collect::<Vec<_>>();
        if ours.is_empty() {
            return;
        }
        let (id, local) = self.random.pick(&ours);
        let theirs = session.connections().into_iter().find(|connection| connection.client.peer == local);
        if let Some(connection) = theirs {
            tabs.excuse(id);
            session.apply(Command::Disconnect(connection.client.id));
        }
    }

    fn with_a_lesson(&mut self, session: &mut Session) {
        let lessons = echoscope::lessons::shipped().len();
        session.apply(Command::Lesson(match self.random.between(0, 5) {
            0 => LessonCommand::Leave,
            1 => LessonCommand::Next,
            2 => LessonCommand::Back,
            3 => LessonCommand::Restart,
            4 => LessonCommand::Opened(self.random.pick(&Place::ALL)),
            // Its settings are never set up: that would start the server anew under its visitors.
            _ => LessonCommand::Start(self.random.length(0, lessons - 1)),
        }));
    }

    fn end_in(&mut self, least: u64, most: u64) {
        self.until = Some(Instant::now() + Duration::from_millis(self.random.between(least, most)));
    }
}
