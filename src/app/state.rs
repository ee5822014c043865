//! The [`App`], its notices, and the rate of transferred bytes. Front ends show and change its state.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::app::background::{Background, WakeFn};
use crate::app::check_run::{CheckRun, RunChecks};
use crate::app::clients::{Clients, ServerEndpoint};
use crate::app::form::{Check, CheckedFiles, Form};
use crate::app::lesson_state::LessonState;
use crate::app::notices::{Notice, NoticeTopic, Notices};
use crate::capture::{Capture, Captures, RemovedCaptures};
use crate::check;
use crate::crash_report::CrashReport;
use crate::log::EventLog;
use crate::python::Program;
use crate::ring_buffer::Limits;
use crate::server::event::{ClientId, Event};
use crate::server::event_channel::{self, EventReceiver, EventSender};
use crate::server::{Connection, Counters, Server, ServerConfig, ServerState};
use crate::settings::parse::reachable_host;
use crate::settings::settings_file::SettingsFile;
use crate::settings::{Scope, Setting, Settings};
use crate::tls::file_error::{FileRole, TlsError};
use crate::tls::{KeyType, ServedCertificate};

/// The options of an app in addition to its settings.
#[derive(Clone)]
pub struct Options {
    /// The file that changed settings are saved in; `None` if they aren't saved.
    pub settings_file: Option<SettingsFile>,
    /// Called from any thread when [`App::poll`] would find something new.
    pub wake: WakeFn,
    /// Whether the data of each connection is captured for a sequence diagram.
    pub capture: bool,
    /// The folder whose new crash reports are shown; `None` to show none.
    pub crash_folder: Option<PathBuf>,
    /// The folder in which *Try TLS* creates a certificate; `None` for the default one.
    pub certificate_folder: Option<PathBuf>,
    /// Runs the checks of a server.
    pub run_checks: RunChecks,
}

impl Default for Options {
    /// Returns options that save nothing, wake no thread and capture nothing.
    fn default() -> Self {
        Self {
            settings_file: None,
            wake: Arc::new(|| {}),
            capture: false,
            crash_folder: None,
            certificate_folder: None,
            run_checks: Arc::new(|options, cancel, progress| check::run(options, cancel, progress)),
        }
    }
}

/// The app without a user interface.
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub struct App {
    pub(super) form: Form,
    pub(super) server: Option<Server>,
    /// The settings that the server was started with.
    pub(super) started_with: Settings,
    /// When the server was started last.
    pub(super) started_at: Instant,
    pub(super) event_sender: EventSender,
    pub(super) event_receiver: EventReceiver,
    pub(super) log: EventLog,
    pub(super) clients: Clients,
    pub(super) rate: Rate,
    pub(super) background: Background<Self>,
    pub(super) files: CheckedFiles,
    /// How many file checks were started. Only the result of the last one counts.
    pub(super) file_checks: u64,
    /// This computer's address on the local network, while the host stands for all addresses.
    pub(super) lan_address: Option<IpAddr>,
    /// Sends changed settings to the thread that saves them, if they are saved.
    pub(super) settings_changes: Option<Sender<Settings>>,
    pub(super) notices: Notices,
    /// The last run of the checks.
    pub(super) check_run: Option<CheckRun>,
    /// The crash reports that the notice about them shows, the newest first.
    pub(super) crash_reports: Vec<CrashReport>,
    /// The entries and captures that were cleared, until the notice about it is gone.
    pub(super) cleared: Option<ClearedLog>,
    /// How many files are being saved.
    pub(super) saves_running: u32,
    /// How many of the host's addresses the server could not bind.
    pub(super) unbound_addresses: u32,
    /// Whether the form was changed after a start failed, so that the failure no longer concerns the form.
    pub(super) failure_is_outdated: bool,
    /// The Python program, and the configuration that it was written for.
    pub(super) program: RefCell<Option<(ServerConfig, Arc<Program>)>>,
    /// Whether step mode is on; not saved.
    pub(super) stepping: bool,
    /// Whether the Wire tab hides what an eavesdropper can't see; not saved.
    pub(super) eavesdropping: bool,
    /// Whether the port that the OS chooses is to be put into the form.
    pub(super) adopt_port: bool,
    /// The rest of a command, which runs once the server has stopped or listens.
    pub(super) pending: Option<Pending>,
    pub(super) lessons: LessonState,
    pub(super) options: Options,
}

impl App {
    /// Creates an app whose server is stopped.
    #[must_use]
    pub fn new(settings: Settings, options: Options) -> Self {
        let wake = Arc::clone(&options.wake);
        let (event_sender, event_receiver) = event_channel::channel(move || wake());
        let background = Background::new(Arc::clone(&options.wake), Self::work_panicked);
        let mut app = Self {
            server: None,
            started_with: settings.clone(),
            started_at: Instant::now(),
            event_sender,
            event_receiver,
            log: EventLog::new(log_limits(&settings), 0),
            clients: Clients::new(ServerEndpoint::new(&settings), Arc::clone(&options.wake)),
            form: Form::new(settings),
            rate: Rate::new(Instant::now()),
            background,
            files: CheckedFiles::default(),
            file_checks: 0,
            lan_address: None,
            settings_changes: None,
            notices: Notices::default(),
            crash_reports: Vec::new(),
            cleared: None,
            saves_running: 0,
            unbound_addresses: 0,
            failure_is_outdated: false,
            program: RefCell::default(),
            stepping: false,
            eavesdropping: false,
            adopt_port: false,
            pending: None,
            lessons: LessonState::default(),
            check_run: None,
            options,
        };
        app.start_saving_settings();
        app.start_saving_progress();
        app.share_log_with_crash_reports();
        app.find_crash_reports();
        app.check_files();
        app.look_up_lan_address();
        app
    }

    /// Creates an app whose log starts with earlier events, as far as the limits of the log allow.
    #[must_use]
    pub fn with_log(settings: Settings, options: Options, earlier: impl IntoIterator<Item = Event>) -> Self {
        let mut app = Self::new(settings, options);
        for event in earlier {
            app.log.append(event);
        }
        app
    }

    /// Returns the form.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Returns the last valid value of every setting.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.form.settings()
    }

    /// Returns the file that settings are saved to, if they are.
    #[must_use]
    pub fn settings_file(&self) -> Option<&Path> {
        self.options.settings_file.as_ref().map(SettingsFile::path)
    }

    /// Returns what the server is doing. A failed start is reported until the form is changed.
    #[must_use]
    pub fn state(&self) -> ServerState {
        match self.server.as_ref().map(Server::state) {
            None => ServerState::Stopped,
            Some(ServerState::Failed(_)) if self.failure_is_outdated => ServerState::Stopped,
            Some(state) => state,
        }
    }

    /// Returns the numbers of clients and bytes of the current run of the server, or of the last one.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.server.as_ref().map_or_else(Counters::default, Server::counters)
    }

    /// Returns the bytes per second, received and sent together, over about the last half second of polling.
    #[must_use]
    pub fn rate(&self) -> u64 {
        self.rate.per_second
    }

    /// Returns a copy of the open connections, sorted by client number.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.server.as_ref().map_or_else(Vec::new, Server::connections)
    }

    /// Returns the captured connections of this run of the server and the runs before it.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        self.event_sender.captures()
    }

    /// Returns the capture of one connection; `None` if it was not captured or was evicted.
    #[must_use]
    pub fn capture(&self, id: ClientId) -> Option<Arc<Capture>> {
        self.captures().get(id)
    }

    /// Returns the log.
    #[must_use]
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// Returns the result of checking the certificate file.
    #[must_use]
    pub fn certificate(&self) -> &Check<ServedCertificate> {
        &self.files.certificate
    }

    /// Returns the result of checking the key file.
    #[must_use]
    pub fn key(&self) -> &Check<KeyType> {
        &self.files.key
    }

    /// Returns the result of checking the file with the CA certificates for clients.
    #[must_use]
    pub fn client_ca(&self) -> &Check<String> {
        &self.files.client_ca
    }

    /// Returns whether the key and the certificate match; `None` until both are good.
    #[must_use]
    pub fn pair(&self) -> Option<&Result<(), TlsError>> {
        self.files.pair.as_ref()
    }

    /// Returns the newest notice that was not dismissed.
    #[must_use]
    pub fn notice(&self) -> Option<&Notice> {
        self.notices.newest()
    }

    /// Returns all notices that were not dismissed, the newest last.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        self.notices.all()
    }

    /// Returns the notice about the file that was saved last, if it could not be saved.
    #[must_use]
    pub fn save_failure(&self) -> Option<&Notice> {
        self.notices.newest_of(NoticeTopic::is_saved_file).filter(|notice| notice.problem)
    }

    /// Returns whether a file that the user saves is being written.
    #[must_use]
    pub fn is_saving(&self) -> bool {
        self.saves_running > 0
    }

    /// Returns the client tabs.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Returns whether the running server has another value than the form, or the file in the form was replaced since
    /// the server read it, so that a change applies only after a restart.
    #[must_use]
    pub fn needs_restart(&self, setting: Setting) -> bool {
        let Some(running) = self.running_with() else { return false };
        let form = self.settings();
        // The OS may have chosen the port that is in the form now.
        let same_port = setting == Setting::Port && self.port() == form.port;
        // When TLS itself is turned on, the hint under its switch is enough.
        let tls_is_new =
            !running.tls && matches!(setting.info().scope, Scope::Tls | Scope::ClientCertificates);
        setting.affects_server(form)
            && (setting.text(running) != setting.text(form) || self.is_replaced(setting))
            && !same_port
            && !tls_is_new
    }

    /// Returns the settings in the form that the running server doesn't have.
    #[must_use]
    pub fn settings_to_apply(&self) -> Vec<Setting> {
        Setting::ALL.iter().copied().filter(|setting| self.needs_restart(*setting)).collect()
    }

    /// Returns whether the setting is a file whose content has changed since the running server read it.
    fn is_replaced(&self, setting: Setting) -> bool {
        let role = match setting {
            Setting::Certificate => FileRole::Certificate,
            Setting::Key => FileRole::Key,
            Setting::ClientCa => FileRole::ClientCa,
            _ => return false,
        };
        let loaded = self.server.as_ref().and_then(Server::loaded_files);
        loaded.is_some_and(|loaded| loaded.differs(&self.files.loaded, role))
    }

    /// Shows a notice.
    pub fn tell(&mut self, notice: Notice) {
        self.notices.add(notice);
    }

    pub(super) fn remove_notice(&mut self, topic: NoticeTopic) {
        self.notices.remove(topic);
        if topic == NoticeTopic::ClearedLog {
            self.cleared = None;
        }
    }

    fn work_panicked(&mut self, name: &str) {
        let text =
            format!("Internal error: the thread “{name}” ended early. Try again, or restart Echoscope.");
        self.tell(Notice::bad(NoticeTopic::InternalError, text));
    }

    /// Returns the settings of the server, unless it is stopped.
    pub(super) fn running_with(&self) -> Option<&Settings> {
        self.server.as_ref().filter(|server| !server.state().is_stopped()).map(|_| &self.started_with)
    }

    /// Returns the settings of the listening server, with its actual port.
    pub(super) fn listening_with(&self) -> Option<Settings> {
        let ServerState::Listening { .. } = self.state() else { return None };
        Some(Settings { port: self.port(), ..self.started_with.clone() })
    }

    /// Returns the settings that clients on this computer need to connect: those of the running server, otherwise those
    /// of the form. The host is one that this computer can reach.
    pub(super) fn settings_for_clients(&self) -> Settings {
        let settings = self.running_with().unwrap_or(self.settings());
        let host = match self.state() {
            // The host's name may also resolve to an address that belongs to another server.
            ServerState::Listening { addresses, .. }
                if self.unbound_addresses > 0 && !addresses.is_empty() =>
            {
                addresses[0].ip().to_string()
            }
            _ => reachable_host(&settings.host),
        };
        Settings { host, port: self.port(), ..settings.clone() }
    }

    /// Returns the port that the server listens on, otherwise the form's.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.state() {
            ServerState::Listening { addresses, .. } => addresses.first().map_or(0, SocketAddr::port),
            _ => self.settings().port,
        }
    }
}

/// Returns the limits of the log.
pub(super) fn log_limits(settings: &Settings) -> Limits {
    Limits { entries: settings.log_entries as usize, bytes: (settings.log_mebibytes as usize) << 20 }
}

/// The rest of a command that waits for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    /// Start the server again once it has stopped.
    Restart,
    /// Connect the first client once the server listens.
    FirstConnection,
}

/// The entries and captures that *Clear* removed.
pub(super) struct ClearedLog {
    pub(super) entries: EventLog,
    pub(super) captures: RemovedCaptures,
}

/// The minimum time that a rate is measured over.
const RATE_SPAN: Duration = Duration::from_millis(500);

/// Measures the rate at which a count grows.
pub(super) struct Rate {
    since: Instant,
    count: u64,
    per_second: u64,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0, per_second: 0 }
    }

    /// Updates the rate, at most twice a second. If the count has fallen, a new run has started, and the rate is 0.
    pub(super) fn update(&mut self, now: Instant, count: u64) {
        let Some(span) = now.checked_duration_since(self.since).filter(|span| *span >= RATE_SPAN) else {
            return;
        };
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        self.per_second = count.saturating_sub(self.count).saturating_mul(1000) / millis;
        self.since = now;
        self.count = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_follows_the_count() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        rate.update(start + Duration::from_secs(1), 1000);
        assert_eq!(rate.per_second, 1000);
        rate.update(start + Duration::from_millis(1100), 9000);
        assert_eq!(rate.per_second, 1000, "measured too soon");
        rate.update(start + Duration::from_secs(2), 1000);
        assert_eq!(rate.per_second, 0);
    }
}
