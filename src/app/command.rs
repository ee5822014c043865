//! The requests of a front end, and how the app carries them out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::app::background::UpdateSender;
use crate::app::clients::{ClientCommand, ServerEndpoint};
use crate::app::form::CheckedFiles;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::save::ExportFormat;
use crate::app::server_check::ReportFormat;
use crate::app::state::{App, Pending, Rate, log_limits};
use crate::capture::sequence::SequenceFormat;
use crate::check::CheckOptions;
use crate::lessons::LessonRun;
use crate::lessons::condition::{LessonPlace, RowPlace};
use crate::lessons::lesson_event::LessonEvent;
use crate::server::event::ClientId;
use crate::server::{Server, ServerConfig, ServerState};
use crate::settings::{Scope, Setting};
use crate::tls;
use crate::tls::LoadedFiles;
use crate::tls::create::CreatedFiles;
use crate::tls::file_error::{FileRole, TlsFileError};

/// How long [`App::shutdown`] waits for the server and the clients.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long [`App::shutdown`] waits for files that are being written, enough for a large log on a slow disk, and for
/// checks to end their program.
const FINISH_TIMEOUT: Duration = Duration::from_secs(10);

/// A request of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Change the text of a setting. Settings of the server apply from its next start.
    Set(Setting, String),
    /// Change a setting to a path that was chosen and not typed. It may not be UTF-8.
    SetPath(Setting, PathBuf),
    /// Start the server with the form's settings. Does nothing while a setting is invalid or a server is running.
    Start,
    /// Start on a port that the OS chooses, and put that port into the form.
    StartOnFreePort,
    /// Stop the server and close all of its connections.
    Stop,
    /// Stop the running server, and start it with the form's settings. Does nothing while they are invalid.
    Restart,
    /// Start the server, and connect the first client once the server listens.
    SendFirstEcho,
    /// Turn TLS on, with a new certificate if none is chosen, then do what [`Command::SendFirstEcho`] does.
    TryTls,
    /// Close one client's connection.
    Disconnect(ClientId),
    /// Carry out a command about a client tab or the load clients.
    Client(ClientCommand),
    /// Turn step mode on or off. In step mode, the server pauses before each call, from its next call or its next
    /// start.
    SetStepping(bool),
    /// In step mode, make the call that the thread of this client is paused before. `None` is the thread that starts
    /// the server and accepts; in mode *one client at a time* it also serves the clients. Does nothing if the thread
    /// isn't paused.
    Step(Option<ClientId>),
    /// Stop calling `accept`, so that clients wait in the accept queue, or resume. Stopping the server also resumes
    /// accepting.
    PauseAccepting(bool),
    /// Read the certificate and key files again, since they may have changed on disk.
    CheckFiles,
    /// Serve with a certificate that was just created: put its paths into the form and turn TLS on.
    UseCreated(Box<CreatedFiles>),
    /// Find out whether a file that was dropped on the window is a certificate or a key, and put it into the form.
    DropFile(PathBuf),
    /// Delete all log entries, and the captures of closed connections. A notice offers to restore them.
    ClearLog,
    /// Restore what the last [`Command::ClearLog`] deleted, if the notice about it is still there.
    RestoreLog,
    /// Write the whole log to a file.
    SaveLog {
        /// The file.
        path: PathBuf,
        /// Text or JSON lines.
        format: ExportFormat,
    },
    /// Write the program of [`App::program`] to a file.
    SaveProgram(PathBuf),
    /// Write the sequence diagram of a connection to a file.
    SaveSequence {
        /// The client of the connection.
        id: ClientId,
        /// The file.
        path: PathBuf,
        /// A picture or text.
        format: SequenceFormat,
    },
    /// Write the packets of a connection, or of all that are kept, to a pcapng file.
    SavePackets {
        /// The client of the connection; `None` for all connections.
        connection: Option<ClientId>,
        /// The file.
        path: PathBuf,
    },
    /// Keep the TLS keys of new handshakes in memory for pcapng files, or forget all of them.
    KeepTlsKeys(bool),
    /// Run the checks of a server. Does nothing while they run already.
    RunCheck(Box<CheckOptions>),
    /// End the run of the checks early, and the program that it started.
    CancelCheck,
    /// Write the report of the last run of the checks to a file.
    SaveCheckReport {
        /// The file.
        path: PathBuf,
        /// HTML or JSON.
        format: ReportFormat,
    },
    /// Start a built-in lesson, by its index.
    StartLesson(usize),
    /// Start the lesson in a file.
    OpenLesson(PathBuf),
    /// Put the settings that the step needs into the form, and restart a server that has others. Does nothing while
    /// the step needs a certificate and there is none.
    SetUpLesson,
    /// Go to the lesson's next step.
    NextStep,
    /// Go back to the lesson's previous step.
    PreviousStep,
    /// Start the lesson from its first step.
    RestartLesson,
    /// Write the result of the lesson to a text file.
    SaveLessonResult(PathBuf),
    /// Leave the lesson, and restore the settings that it changed in the form and that the user didn't change since.
    LeaveLesson,
    /// Answer the question of the lesson's current step with the answer at this index.
    AnswerQuestion(usize),
    /// Record for the lesson that a tab or dialog was opened.
    Opened(LessonPlace),
    /// Record for the lesson that a row with this text was selected.
    Selected(RowPlace, String),
    /// Show the Wire tab as an eavesdropper sees it, or with the data that only the server can read.
    SetEavesdropping(bool),
    /// Delete the crash reports of [`App::crash_files`].
    DeleteCrashReports,
    /// Dismiss the newest notice.
    DismissNotice,
    /// Remove the notice about this subject, whose time is over.
    ExpireNotice(NoticeTopic),
}

impl Command {
    /// Returns the command that gives a setting this value.
    #[allow(clippy::needless_pass_by_value, reason = "reads best with plain numbers, switches and keywords")]
    #[must_use]
    pub fn set(setting: Setting, value: impl ToString) -> Self {
        Self::Set(setting, value.to_string())
    }
}

impl From<ClientCommand> for Command {
    fn from(command: ClientCommand) -> Self {
        Self::Client(command)
    }
}

impl App {
    /// Carries out a command, or starts to. [`App::poll`] applies results that arrive later.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Set(setting, text) => self.set(setting, text),
            Command::SetPath(setting, path) => self.set_path(setting, &path),
            Command::Start => self.start(None),
            Command::StartOnFreePort => self.start(Some(0)),
            Command::Stop => {
                self.pending = None;
                self.notices.remove(NoticeTopic::Server);
                self.with_server(Server::stop);
            }
            Command::Restart => self.restart(),
            Command::SendFirstEcho => self.send_first_echo(),
            Command::TryTls => self.try_tls(),
            Command::Disconnect(id) => self.with_server(|server| server.disconnect(id)),
            Command::SetStepping(stepping) => {
                self.stepping = stepping;
                self.with_server(|server| server.set_stepping(stepping));
            }
            Command::Step(client) => self.with_server(|server| server.step(client)),
            Command::PauseAccepting(paused) => self.with_server(|server| server.pause_accepting(paused)),
            Command::Client(command) => {
                // An earlier command may have changed the settings that the tab follows.
                self.clients.follow(ServerEndpoint::new(&self.settings_for_clients()));
                self.clients.apply(command);
            }
            Command::CheckFiles => self.check_files(),
            Command::UseCreated(created) => {
                self.set_path(Setting::Certificate, &created.certificate);
                self.set_path(Setting::Key, &created.key);
                if let Some((certificate, key)) = &created.client {
                    self.set_path(Setting::ClientCa, &created.ca_file);
                    self.clients.offer_identity(certificate, key);
                }
                self.set(Setting::Tls, true.to_string());
                self.lessons.on_event(LessonEvent::CertificateCreated);
            }
            Command::DropFile(path) => {
                // If there is no thread for this, the user can still type the path.
                let _ = self.background.run("dropped file", false, move |updates| {
                    let role = tls::classify(&path);
                    updates.send(move |app| app.use_dropped_file(&path, role));
                });
            }
            Command::ClearLog => self.clear_log(),
            Command::RestoreLog => self.restore_log(),
            Command::SaveLog { path, format } => self.save_log(path, format),
            Command::SaveProgram(path) => self.save_program(path),
            Command::SaveSequence { id, path, format } => self.save_sequence(id, path, format),
            Command::SavePackets { connection, path } => self.save_packets(connection, path),
            Command::KeepTlsKeys(on) => self.captures().keys().turn(on),
            Command::RunCheck(options) => self.start_check(*options),
            Command::CancelCheck => self.cancel_check(),
            Command::SaveCheckReport { path, format } => self.save_check_report(path, format),
            Command::StartLesson(number) => self.start_lesson(number),
            Command::OpenLesson(path) => self.open_lesson(path),
            Command::SetUpLesson => self.set_up_lesson(),
            Command::NextStep => self.with_lesson_step(LessonRun::next),
            Command::PreviousStep => self.with_lesson(LessonRun::back),
            Command::RestartLesson => self.with_lesson(LessonRun::restart),
            Command::SaveLessonResult(path) => self.save_lesson_result(path),
            Command::LeaveLesson => self.leave_lesson(true),
            Command::AnswerQuestion(answer) => self.with_lesson_step(|run| run.answer(answer)),
            Command::Opened(place) => self.lessons.on_event(LessonEvent::Opened(place)),
            Command::Selected(place, text) => self.lessons.on_event(LessonEvent::Selected(place, &text)),
            Command::SetEavesdropping(eavesdropping) => self.eavesdropping = eavesdropping,
            Command::DeleteCrashReports => self.delete_crash_reports(),
            Command::DismissNotice => {
                if let Some(topic) = self.notice().map(|notice| notice.topic) {
                    self.remove_notice(topic);
                }
            }
            Command::ExpireNotice(topic) => self.remove_notice(topic),
        }
    }

    /// Stops the server, the clients and the checks, and waits for the server and the clients (at most a second). Saves
    /// the settings, and waits until all files are written and the program that is checked has ended (at most ten
    /// seconds).
    pub fn shutdown(&mut self) {
        let start = Instant::now();
        self.clients.close_now();
        self.cancel_check();
        self.pending = None;
        if let Some(server) = &self.server {
            server.stop();
            // A thread that doesn't end in time ends with the process.
            let _ = server.wait_until_stopped(SHUTDOWN_TIMEOUT);
        }
        self.leave_lesson(false);
        self.clients.wait_until_over(start + SHUTDOWN_TIMEOUT);
        self.settings_changes = None;
        self.lessons.changes = None;
        self.background.finish(FINISH_TIMEOUT);
        self.poll();
    }

    fn with_server(&self, act: impl FnOnce(&Server)) {
        if let Some(server) = &self.server {
            act(server);
        }
    }

    pub(super) fn set(&mut self, setting: Setting, text: String) {
        self.form.set(setting, text);
        self.after_change(setting);
    }

    pub(super) fn set_path(&mut self, setting: Setting, path: &Path) {
        self.form.set_path(setting, path.to_owned().into());
        self.after_change(setting);
    }

    fn after_change(&mut self, setting: Setting) {
        if setting.info().scope != Scope::Window && matches!(self.state(), ServerState::Failed(_)) {
            self.failure_is_outdated = true;
        }
        match setting {
            Setting::Host => self.look_up_lan_address(),
            Setting::Certificate | Setting::Key | Setting::ClientCa => self.check_files(),
            Setting::LogEntries | Setting::LogMebibytes => {
                self.log.set_limits(log_limits(self.form.settings()));
            }
            _ => {}
        }
        if let Some(changes) = &self.settings_changes {
            // The thread ends only after the sender is dropped.
            let _ = changes.send(self.form.settings().clone());
        }
    }

    fn use_dropped_file(&mut self, path: &Path, role: Result<FileRole, TlsFileError>) {
        let setting = match role {
            Ok(FileRole::Certificate) => Setting::Certificate,
            Ok(_) => Setting::Key,
            Err(error) => return self.tell(Notice::bad(NoticeTopic::DroppedFile, error.to_string())),
        };
        self.notices.remove(NoticeTopic::DroppedFile);
        self.set_path(setting, path);
        // The form shows the paths of the files only while TLS is on.
        self.set(Setting::Tls, true.to_string());
    }

    /// Starts the server on this port, or on the form's.
    pub(super) fn start(&mut self, port: Option<u16>) {
        if self.blocked().is_some() || !self.state().is_stopped() {
            return;
        }
        self.hide_start_screen();
        self.notices.remove(NoticeTopic::Server);
        self.unbound_addresses = 0;
        self.failure_is_outdated = false;
        self.adopt_port = port.is_some();
        self.started_with = self.settings().clone();
        self.started_with.port = port.unwrap_or(self.started_with.port);
        let mut config = ServerConfig::from(&self.started_with);
        config.capture = self.options.capture;
        config.stepping = self.stepping;
        if config.tls.is_some() {
            // The files may have changed since they were chosen. The server reads them now, so the form reads them
            // again, too. Until then, nothing is known to differ from what the server reads.
            self.files.loaded = LoadedFiles::default();
            self.check_files();
        }
        // The computer may be on another network by now.
        self.look_up_lan_address();
        self.started_at = Instant::now();
        self.rate = Rate::new(self.started_at);
        self.server = Some(Server::start(config, self.event_sender.clone()));
    }

    /// Stops the server and starts it again, unless the form's settings can't be used.
    pub(super) fn restart(&mut self) {
        if self.running_with().is_some() && self.blocked().is_none() {
            self.apply(Command::Stop);
            self.pending = Some(Pending::Restart);
        }
    }

    /// Starts the server again after [`App::restart`] has stopped it. Returns whether it did.
    pub(super) fn poll_restart(&mut self) -> bool {
        let start = self.pending == Some(Pending::Restart) && self.state().is_stopped();
        if start {
            self.pending = None;
            self.start(None);
        }
        start
    }

    pub(super) fn check_files(&mut self) {
        let settings = self.form.settings().clone();
        let number = self.file_checks + 1;
        let (certificate, key, client_ca) = (settings.certificate, settings.key, settings.client_ca);
        self.files.certificate.expect(&certificate);
        self.files.key.expect(&key);
        self.files.client_ca.expect(&client_ca);
        let check = move |updates: &UpdateSender<Self>| {
            let files = CheckedFiles::read(&certificate, &key, &client_ca);
            updates.send(move |app| {
                if number == app.file_checks {
                    app.files = files;
                }
            });
        };
        // If there is no thread for this, the old result stays; the start reads the files itself and reports errors.
        if self.background.run("check files", false, check).is_ok() {
            self.file_checks = number;
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown();
    }
}
