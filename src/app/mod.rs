//! The app without a face: owns the form, the running server and the log.
//!
//! A front end hands [`Command`]s down through [`App::apply`] and calls [`App::poll`] when it is woken;
//! everything it shows it reads from `&App`. Nothing here blocks: what may take time (starting and stopping,
//! reading certificates, writing files) runs on a thread of its own and comes back through `poll`.

mod advice;
mod check;
pub mod clients;
mod code;
pub mod command;
mod disk;
mod form;
pub mod lesson;
mod queue;
mod rate;
mod reach;
mod restart;
mod steps;
pub mod tls_jobs;
mod try_it;
mod view;

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

pub use check::Check;
pub use command::Command;
pub use disk::Notice;
pub use form::Form;
pub use lesson::{LessonCommand, SetUp};
pub use queue::Backlog;
pub use restart::Changed;
pub use steps::{call_words, halt_words};
pub use try_it::TryIt;
use try_it::reachable;

use check::{Checker, Files, Finding};
use clients::{Clients, ServerEndpoint};
use disk::Saver;
use lesson::Lessons;
use rate::Rate;
use reach::Reach;

use crate::lessons::facts::Happening;
use crate::log::EventLog;
use crate::ring_buffer::Limits;
use crate::server::Server;
use crate::server::config::ServerConfig;
use crate::server::event::{Event, EventKind};
use crate::server::event_channel::{self, EventReceiver, EventSender};
use crate::server::status::ServerState;
use crate::settings::Settings;
use crate::settings::fields::Field;
use crate::tls::error::Role;

/// How long [`App::shutdown`] waits for the server and the clients.
const SHUTDOWN_TIME: Duration = Duration::from_secs(1);
/// How long it waits for files that are being written: a large log on a slow disk, but no disk that has gone.
const WRITING_TIME: Duration = Duration::from_secs(10);

/// What a app is made with besides its settings.
#[derive(Clone)]
pub struct Options {
    /// Where changed settings are written; `None`: they are not remembered.
    pub settings_file: Option<PathBuf>,
    /// Called from any thread when [`App::poll`] would find something new.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Whether what goes by on each connection is captured for a look at it.
    pub capture: bool,
}

impl Default for Options {
    /// Nothing is remembered, nobody is woken, nothing is captured.
    fn default() -> Self {
        Self { settings_file: None, wake: Arc::new(|| {}), capture: false }
    }
}

/// The app without a face.
pub struct App {
    form: Form,
    server: Option<Server>,
    sink: EventSender,
    source: EventReceiver,
    log: EventLog,
    clients: Clients,
    rate: Rate,
    checker: Checker,
    files: Files,
    reach: Reach,
    saver: Option<Saver>,
    notices: (Sender<Notice>, Receiver<Notice>),
    /// Every thread that writes a file holds a sender; the app lets go of its own when it ends.
    writing: (Option<Sender<()>>, Receiver<()>),
    notice: Option<Notice>,
    /// What is to be known of the running server; it goes with it.
    run_notice: Option<Notice>,
    /// How many of the host's addresses are not ours.
    not_ours: u32,
    /// Whether the form was changed since a start failed: the failure is no longer about what stands there.
    failure_is_past: bool,
    /// The program as it was last asked for.
    written: RefCell<code::Written>,
    /// Whether the server halts before each call; not remembered between runs of the app.
    stepping: bool,
    /// Whether the port that the system chooses goes into the form.
    adopt_port: bool,
    lessons: Lessons,
    options: Options,
}

impl App {
    /// A app at rest.
    #[must_use]
    pub fn new(settings: Settings, options: Options) -> Self {
        let wake = Arc::clone(&options.wake);
        let (sink, source) = event_channel::channel(move || wake());
        let limits = limits(&settings);
        let wake = Arc::clone(&options.wake);
        let (notices, (writes, written)) = (channel(), channel());
        let clients = Clients::new(ServerEndpoint::planned(&settings), Arc::clone(&options.wake));
        let mut app = Self {
            form: Form::new(settings),
            server: None,
            sink,
            source,
            log: EventLog::new(limits, 0),
            clients,
            rate: Rate::new(Instant::now()),
            checker: Checker::new(move || wake()),
            files: Files::nothing(),
            reach: Reach::default(),
            saver: None,
            notices,
            writing: (Some(writes), written),
            notice: None,
            run_notice: None,
            not_ours: 0,
            failure_is_past: false,
            written: RefCell::default(),
            stepping: false,
            adopt_port: false,
            lessons: Lessons::none(),
            options,
        };
        app.saver = app.options.settings_file.clone().map(|path| Saver::new(path, app.teller()));
        app.check_files();
        app.look_for_own_address();
        app
    }

    /// A app whose log begins with what happened before, as far as the settings let it be kept.
    #[must_use]
    pub fn with_log(settings: Settings, options: Options, earlier: impl IntoIterator<Item = Event>) -> Self {
        let mut app = Self::new(settings, options);
        for event in earlier {
            app.log.append(event);
        }
        app
    }

    /// Does what the user asks for, or starts doing it.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Edit(field, text) => {
                self.form.edit(field, text);
                self.forget_failure();
                match field {
                    Field::Host => self.look_for_own_address(),
                    Field::Certificate | Field::Key | Field::ClientCa => self.check_files(),
                    Field::LogEntries | Field::LogMebibytes => {
                        self.log.set_limits(limits(self.settings()));
                    }
                    _ => {}
                }
                self.remember();
            }
            Command::SetMode(mode) => {
                self.forget_failure();
                self.change(|settings| settings.mode = mode);
            }
            Command::SetTls(tls) => {
                self.forget_failure();
                self.change(|settings| settings.tls = tls);
            }
            Command::SetTlsVersions(versions) => self.change(|settings| settings.tls_versions = versions),
            Command::SetClientAuth(auth) => self.change(|settings| settings.client_auth = auth),
            Command::SetTickets(on) => self.change(|settings| settings.session_tickets = on),
            Command::SetZoom(percent) => self.change(|settings| settings.zoom = percent),
            Command::SetTheme(theme) => self.change(|settings| settings.theme = theme),
            Command::SetDataFormat(format) => self.change(|settings| settings.data_format = format),
            Command::Start => self.start(None),
            Command::StartOnFreePort => self.start(Some(0)),
            Command::Stop => {
                self.run_notice = None;
                if let Some(server) = &self.server {
                    server.stop();
                }
            }
            Command::Disconnect(id) => {
                if let Some(server) = &self.server {
                    server.disconnect(id);
                }
            }
            Command::SetStepping(stepping) => self.set_stepping(stepping),
            Command::GoOn => self.set_stepping(false),
            Command::Step(client) => {
                if let Some(server) = &self.server {
                    server.step(client);
                }
            }
            Command::PauseAccepting(paused) => {
                if let Some(server) = &self.server {
                    server.pause_accepting(paused);
                }
            }
            Command::UseCreated(created) => {
                self.apply(Command::Edit(Field::Certificate, created.certificate.display().to_string()));
                self.apply(Command::Edit(Field::Key, created.key.display().to_string()));
                self.apply(Command::SetTls(true));
                self.lessons.happened(Happening::CertificateCreated);
            }
            Command::Client(command) => {
                // What it follows may have been changed by the command before.
                self.clients.follow(self.server_endpoint());
                self.clients.apply(command);
            }
            Command::CheckFiles => self.check_files(),
            Command::DropFile(path) => self.checker.dropped(path),
            Command::ClearLog => {
                self.log.clear();
                self.sink.captures().clear();
            }
            Command::SaveLog { path, format } => {
                let data = self.settings().data_format;
                disk::save_log(self.log.clone(), path, format, data, self.teller());
            }
            Command::Lesson(command) => self.apply_lesson(command),
            Command::SaveProgram(path) => disk::save_program(self.program(), path, self.teller()),
            Command::SaveSequence { id, path, format } => match self.capture(id) {
                Some(capture) => disk::save_sequence(capture, path, format, self.teller()),
                None => self.tell(Notice::bad(format!(
                    "What went by on connection {id} is no longer kept, so it can't be saved. Save another one sooner."
                ))),
            },
            Command::DismissNotice => {
                if self.notice.take().is_none() {
                    self.run_notice = None;
                }
            }
        }
    }

    /// Takes in what has happened since the last call. Whether anything did.
    pub fn poll(&mut self) -> bool {
        let mut changed = self.take_in_events();
        if self.run_notice.is_some()
            && !matches!(self.state(), ServerState::Starting | ServerState::Listening { .. })
        {
            self.run_notice = None;
        }
        while let Some(finding) = self.checker.next() {
            changed = true;
            match finding {
                Finding::Files(files) => self.files = *files,
                Finding::Dropped(path, Ok(role)) => {
                    let field = if role == Role::Certificate { Field::Certificate } else { Field::Key };
                    self.apply(Command::Edit(field, path.display().to_string()));
                    // The fields are in view only with TLS on, and nobody drops a certificate for plain TCP.
                    self.apply(Command::SetTls(true));
                }
                Finding::Dropped(_, Err(error)) => self.notice = Some(Notice::bad(error.to_string())),
            }
        }
        changed |= self.reach.poll();
        while let Ok(notice) = self.notices.1.try_recv() {
            changed = true;
            self.tell(notice);
        }
        if self.adopt_port
            && let ServerState::Listening { addresses, .. } = self.state()
            && let Some(address) = addresses.first()
        {
            self.adopt_port = false;
            self.apply(Command::Edit(Field::Port, address.port().to_string()));
            changed = true;
        }
        changed |= self.go_on_with_lesson();
        changed |= self.poll_clients();
        changed |= self.clients.follow(self.server_endpoint());
        let counters = self.counters();
        self.rate.look(Instant::now(), counters.bytes_received + counters.bytes_sent);
        changed
    }

    /// Stops the server and the clients and waits for them (at most a second), writes what is to be remembered, and lets
    /// a save that is under way come to its end (at most ten seconds).
    pub fn shutdown(&mut self) {
        let start = Instant::now();
        self.clients.close_now();
        if let Some(server) = &self.server {
            server.stop();
            // What doesn't end in time ends with the process.
            let _ = server.wait_until_stopped(SHUTDOWN_TIME);
        }
        self.leave_lesson(false);
        self.clients.wait_over(start + SHUTDOWN_TIME);
        self.saver = None;
        self.writing.0 = None;
        // Nothing is ever sent: it ends when the last thread lets go.
        let _ = self.writing.1.recv_timeout(WRITING_TIME);
        self.poll();
    }

    /// Puts a word of the app itself before the user, and into the log.
    pub fn tell(&mut self, notice: Notice) {
        self.log_notice(&notice);
        self.notice = Some(notice);
    }

    /// Writes into the log what needs no notice.
    fn log_notice(&mut self, notice: &Notice) {
        let kind = EventKind::Note { text: notice.text.clone(), problem: notice.problem };
        self.log.append(Event { at: SystemTime::now(), client: None, kind });
    }

    /// Hands every event on to the log and to the lesson. Whether there was one.
    fn drain(&mut self) -> bool {
        let Self { log, run_notice, not_ours, lessons, .. } = self;
        let taken = self.source.drain(|event| {
            if let EventKind::NotListening(error) = &event.kind {
                // Easily overlooked in the log, and then a client may reach somebody else's server.
                *run_notice = Some(Notice::bad(format!("Listening, but not on every address. {error}")));
                *not_ours += 1;
            }
            lessons.happened(Happening::Event(&event));
            log.append(event);
        });
        taken > 0
    }

    /// The server that client tabs follow.
    fn server_endpoint(&self) -> ServerEndpoint {
        let running = self.server.as_ref().filter(|_| matches!(self.state(), ServerState::Listening { .. }));
        match running {
            Some(server) => {
                let config = server.config();
                ServerEndpoint::running(config, self.reached(config), self.port(), self.settings())
            }
            None => ServerEndpoint::planned(self.settings()),
        }
    }

    /// Where this computer reaches the server that runs with this. Not by its name where that may lead to whoever has
    /// the rest of its addresses.
    fn reached(&self, config: &ServerConfig) -> String {
        match self.state() {
            ServerState::Listening { addresses, .. } if self.not_ours > 0 && !addresses.is_empty() => {
                addresses[0].ip().to_string()
            }
            _ => reachable(&config.host),
        }
    }

    /// The port that is listened on, or would be.
    fn port(&self) -> u16 {
        match self.state() {
            ServerState::Listening { addresses, .. } => {
                addresses.first().map_or(0, std::net::SocketAddr::port)
            }
            _ => self.settings().port,
        }
    }

    fn start(&mut self, port: Option<u16>) {
        if self.blocked().is_some() || !self.state().is_stopped() {
            return;
        }
        self.run_notice = None;
        self.not_ours = 0;
        self.failure_is_past = false;
        let mut config = ServerConfig::from(self.settings());
        self.adopt_port = port.is_some();
        config.port = port.unwrap_or(config.port);
        config.capture = self.options.capture;
        if config.tls.is_some() {
            // They may have changed since they were chosen; the start reads them anew, and so should the form.
            self.check_files();
        }
        // The computer may be on another network by now.
        self.look_for_own_address();
        self.rate = Rate::new(Instant::now());
        let start = if self.stepping { Server::start_stepping } else { Server::start };
        self.server = Some(start(config, self.sink.clone()));
    }

    /// The form was changed: a failure of before is no longer about it.
    fn forget_failure(&mut self) {
        if matches!(self.state(), ServerState::Failed(_)) {
            self.failure_is_past = true;
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(self.form.settings_mut());
        self.remember();
    }

    fn remember(&self) {
        if let Some(saver) = &self.saver {
            saver.save(self.settings());
        }
    }

    fn check_files(&mut self) {
        let Settings { certificate, key, client_ca, .. } = self.settings().clone();
        if self.checker.files(certificate.clone(), key.clone(), client_ca.clone()) {
            self.files.certificate.expect(&certificate);
            self.files.key.expect(&key);
            self.files.client_ca.expect(&client_ca);
        }
    }

    fn look_for_own_address(&mut self) {
        self.reach.look(&self.form.settings().host, &self.options.wake);
    }

    fn teller(&self) -> impl Fn(Notice) + Send + 'static {
        let (sender, wake) = (self.notices.0.clone(), Arc::clone(&self.options.wake));
        let writes = self.writing.0.clone();
        move |notice| {
            // Held until the thread that tells ends.
            let _ = &writes;
            // The app may be gone already.
            let _ = sender.send(notice);
            wake();
        }
    }
}

/// How much of the log is kept.
fn limits(settings: &Settings) -> Limits {
    Limits { entries: settings.log_entries as usize, bytes: (settings.log_mebibytes as usize) << 20 }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown();
    }
}
