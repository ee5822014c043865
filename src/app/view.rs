//! What a front end reads of a app: the form, the server's state and counters, the log, what is known of the files.

use std::sync::Arc;

use crate::app::check::Check;
use crate::app::clients::Clients;
use crate::app::{App, Form, Notice};
use crate::capture::{Capture, Captures};
use crate::log::EventLog;
use crate::server::Server;
use crate::server::client_id::ClientId;
use crate::server::status::{Connection, Counters, ServerState};
use crate::settings::Settings;
use crate::tls::error::TlsError;
use crate::tls::{CertificateReport, ClientCaReport, KeyReport};

impl App {
    /// The form as it is typed.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The last right value of every setting.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.form.settings()
    }

    /// What the server is doing. A failed start is told until the form is changed.
    #[must_use]
    pub fn state(&self) -> ServerState {
        match self.server.as_ref().map(Server::state) {
            None => ServerState::Stopped,
            Some(ServerState::Failed(_)) if self.failure_is_past => ServerState::Stopped,
            Some(state) => state,
        }
    }

    /// Clients and bytes of the present run, or of the last one.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.server.as_ref().map_or_else(Counters::default, Server::counters)
    }

    /// The backlog that the server was started with; the form may be ahead of it.
    #[must_use]
    pub fn backlog(&self) -> Option<u16> {
        self.server.as_ref().map(|server| server.config().backlog)
    }

    /// Bytes a second, received and sent together, over about the last half second of polling.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate.per_second()
    }

    /// The open connections by number; copied at each call.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.server.as_ref().map_or_else(Vec::new, Server::connections)
    }

    /// What went by on each connection, of this run of the server and of those before it.
    #[must_use]
    pub fn captures(&self) -> &Captures {
        self.sink.captures()
    }

    /// What went by on one connection; `None` where it was not captured or has been let go.
    #[must_use]
    pub fn capture(&self, id: ClientId) -> Option<Arc<Capture>> {
        self.sink.captures().get(id)
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// What is known of the certificate file.
    #[must_use]
    pub fn certificate(&self) -> &Check<CertificateReport> {
        &self.files.certificate
    }

    /// What is known of the key file.
    #[must_use]
    pub fn key(&self) -> &Check<KeyReport> {
        &self.files.key
    }

    /// What is known of the file with the CA certificates for clients.
    #[must_use]
    pub fn client_ca(&self) -> &Check<ClientCaReport> {
        &self.files.client_ca
    }

    /// Whether key and certificate belong together; `None` until both are good.
    #[must_use]
    pub fn pair(&self) -> Option<&Result<(), TlsError>> {
        self.files.pair.as_ref()
    }

    /// The newest word to the user, until it is dismissed.
    #[must_use]
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref().or(self.run_notice.as_ref())
    }

    /// The client tabs.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }
}
