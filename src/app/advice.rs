//! What a app says of its settings: why a start is not possible, what to be careful with, how to try the server.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::App;
use crate::app::check::Check;
use crate::app::try_it::{self, TryIt};
use crate::settings::fields::{Field, is_loopback};
use crate::settings::{ClientAuth, Settings};
use crate::tls::Served;

impl App {
    /// Why the server can't be started now, in words; `None`: it can, or it runs.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        if let Some(error) = self.form.first_error() {
            return Some(error.to_string());
        }
        let settings = self.settings();
        let ca_missing =
            settings.client_auth != ClientAuth::None && settings.client_ca.as_os_str().is_empty();
        let missing = match (settings.certificate.as_os_str().is_empty(), settings.key.as_os_str().is_empty())
        {
            _ if !settings.tls => return None,
            (false, false) if ca_missing => {
                return Some(
                    "Client certificates need a CA file to be checked with. Choose the file, or ask for no client \
                     certificates."
                        .to_owned(),
                );
            }
            (false, false) => return None,
            (true, true) => "a certificate and its key. Choose both files",
            (true, false) => "a certificate. Choose the file",
            (false, true) => "the certificate's key. Choose the file",
        };
        Some(format!("TLS needs {missing}, or turn TLS off."))
    }

    /// The field that [`App::blocked`] is about.
    #[must_use]
    pub fn missing(&self) -> Option<Field> {
        let settings = self.settings();
        let empty = |field, path: &PathBuf| (settings.tls && path.as_os_str().is_empty()).then_some(field);
        let first = self.form.first_wrong();
        first
            .or_else(|| empty(Field::Certificate, &settings.certificate))
            .or_else(|| empty(Field::Key, &settings.key))
    }

    /// A word of care for settings that are right but open the server to others.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        let open = self.form.error(Field::Host).is_none() && !is_loopback(&self.settings().host);
        open.then(|| {
            let there = self.reach.address().map_or_else(String::new, |own| format!(", at {own}"));
            format!(
                "Others on your network can connect, too{there}. Use localhost to keep the server to this computer."
            )
        })
    }

    /// What clients will find wrong with the chosen certificate on the chosen host, the gravest first and only. It
    /// follows from the files alone, so it is the same whoever made them, and when.
    #[must_use]
    pub fn certificate_caution(&self) -> Option<String> {
        let (Check::Good(report), Some(signer)) = (&self.files.certificate, &self.files.signer) else {
            return None;
        };
        report.caution_served(Timestamp::now(), Served { host: &self.settings().host, signer })
    }

    /// A standing word of care while TLS keys are written to a file, or will be from the next start on.
    #[must_use]
    pub fn key_log_caution(&self) -> Option<String> {
        let running = self.server.as_ref().filter(|server| !server.state().is_stopped());
        let files = running.and_then(|server| server.config().tls.as_ref());
        let written = files.and_then(|files| files.key_log.as_deref());
        let chosen = Some(self.settings().key_log.as_path())
            .filter(|path| self.settings().tls && !path.as_os_str().is_empty());
        written.or(chosen).map(crate::tls::key_log_caution)
    }

    /// Lines to copy into a terminal, for the present settings. None while a field is wrong
    /// or the port isn't known.
    #[must_use]
    pub fn try_it(&self) -> Vec<TryIt> {
        let running = self.server.as_ref().filter(|server| !server.state().is_stopped());
        if let Some(server) = running {
            // The form may be ahead of the server, and the line is for the server.
            let config = server.config();
            let (host, tls) = (self.reached(config), config.tls.as_ref());
            let certificate = tls.map(|tls| tls.certificate.clone()).unwrap_or_default();
            let same = certificate == self.settings().certificate;
            let client_auth = tls.map(|tls| tls.client_auth).unwrap_or_default();
            let settings =
                Settings { host, tls: tls.is_some(), certificate, client_auth, ..Settings::default() };
            return try_it::lines(&settings, self.port(), same && self.certificate_vouches());
        }
        // Nobody knows the port yet where the system is to choose it.
        if self.form.first_wrong().is_some() || self.settings().port == 0 {
            return Vec::new();
        }
        try_it::lines(self.settings(), self.port(), self.certificate_vouches())
    }

    /// Whether a client that is given the certificate's file trusts the certificate: it signs itself, or its CA is
    /// in the file as well.
    fn certificate_vouches(&self) -> bool {
        matches!(&self.files.certificate, Check::Good(report) if report.self_signed || report.chain > 1)
    }
}
