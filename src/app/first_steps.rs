//! The start screen: whether it is shown, and its actions, which combine several commands.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::app::clients::{ClientCommand, ClientField, ClientTabId, TabCommand};
use crate::app::command::Command;
use crate::app::form::CheckedFiles;
use crate::app::notices::{Notice, NoticeTopic};
use crate::app::state::{App, Pending};
use crate::app::tls_jobs::default_folder;
use crate::server::ServerState;
use crate::settings::Setting;
use crate::tls::create::{self, CERTIFICATE, CertificateSpec, CreateError, KEY};

impl App {
    /// Returns whether the start screen is shown: nothing has happened yet, and the user didn't hide the screen before.
    #[must_use]
    pub fn shows_start_screen(&self) -> bool {
        self.settings().start_screen
            && self.server.is_none()
            && self.log.is_empty()
            && self.lesson().is_none()
    }

    /// Hides the start screen for good, since the user has found another way to begin.
    pub(super) fn hide_start_screen(&mut self) {
        if self.settings().start_screen {
            self.set(Setting::StartScreen, false.to_string());
        }
    }

    /// Starts the server, on a free port if another program uses the form's, and connects the first client once the
    /// server listens.
    pub(super) fn send_first_echo(&mut self) {
        self.first_client();
        self.start(None);
        self.pending = Some(Pending::FirstConnection);
    }

    /// Returns the first client, with a text to send.
    fn first_client(&mut self) -> Option<ClientTabId> {
        if self.clients().is_empty() {
            self.apply(ClientCommand::Add.into());
        }
        let client = self.clients().iter().next()?;
        let (id, has_text) = (client.id(), !client.form().text(ClientField::Text).is_empty());
        if !has_text {
            self.apply(
                ClientCommand::Tab(id, TabCommand::Edit(ClientField::Text, "Hello".to_owned())).into(),
            );
        }
        Some(id)
    }

    /// Turns TLS on and does what [`App::send_first_echo`] does. Creates a certificate first if none is chosen. Files
    /// that exist already are used, never replaced.
    pub(super) fn try_tls(&mut self) {
        self.hide_start_screen();
        self.first_client();
        let settings = self.settings();
        if !(settings.certificate.as_os_str().is_empty() && settings.key.as_os_str().is_empty()) {
            // If the chosen files can't be used, the form explains why.
            return self.start_with_tls();
        }
        let (settings, folder) = (settings.clone(), self.options.certificate_folder.clone());
        let started = self.background.run("first certificate", true, move |updates| {
            let files = first_certificate(folder.unwrap_or_else(|| default_folder(&settings)));
            updates.send(|app| match files {
                Ok((certificate, key)) => {
                    app.notices.remove(NoticeTopic::FirstCertificate);
                    app.set_path(Setting::Certificate, &certificate);
                    app.set_path(Setting::Key, &key);
                    app.start_with_tls();
                }
                Err(reason) => app.tell(Notice::bad(NoticeTopic::FirstCertificate, reason)),
            });
        });
        if let Err(error) = started {
            let text = format!("Can't create a certificate: {error}. Try again.");
            self.tell(Notice::bad(NoticeTopic::FirstCertificate, text));
        }
    }

    fn start_with_tls(&mut self) {
        self.set(Setting::Tls, true.to_string());
        self.send_first_echo();
    }

    /// Connects the first client after [`App::send_first_echo`], once the server listens. Returns whether it did.
    pub(super) fn poll_first_connection(&mut self) -> bool {
        if self.pending != Some(Pending::FirstConnection) || matches!(self.state(), ServerState::Starting) {
            return false;
        }
        match self.state() {
            ServerState::Listening { .. } => self.pending = None,
            ServerState::Failed(error) if error.is_about_the_port() && self.started_with.port != 0 => {
                let port = self.started_with.port;
                self.start(Some(0));
                let text = format!("Another program uses port {port}, so the server uses a free port.");
                self.tell(Notice::good(NoticeTopic::Server, text));
                return true;
            }
            _ => {
                // The form shows why the start failed.
                self.pending = None;
                return false;
            }
        }
        if let Some(id) = self.first_client() {
            self.apply(Command::Client(ClientCommand::Tab(id, TabCommand::Connect)));
        }
        true
    }
}

/// Creates a certificate and its key in this folder, and returns their paths. If the folder has both already, returns
/// those. The error is for the user.
fn first_certificate(folder: PathBuf) -> Result<(PathBuf, PathBuf), String> {
    let spec = CertificateSpec { folder, ..CertificateSpec::default() };
    match create::create(&spec, false, Timestamp::now()) {
        Ok(created) => Ok((created.certificate, created.key)),
        Err(CreateError::Exists { folder, .. }) => existing_certificate(&folder),
        Err(error) => Err(error.to_string()),
    }
}

fn existing_certificate(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
    match CheckedFiles::read(&certificate, &key, Path::new("")).pair {
        Some(Ok(())) => Ok((certificate, key)),
        _ => Err(format!(
            "{CERTIFICATE} and {KEY} in {} aren't a certificate and its key. Create a certificate in another folder.",
            folder.display()
        )),
    }
}
