//! The reason why the server can't be started, and warnings about risky settings.

use jiff::Timestamp;

use crate::app::file_check::Check;
use crate::app::state::App;
use crate::settings::parse::is_loopback;
use crate::settings::{ClientAuth, Setting, Settings};
use crate::tls::explain::key_log_warning;

impl App {
    /// Returns why the server can't be started now.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        if let Some(error) = self.form.first_invalid().and_then(|setting| self.form.error(setting)) {
            return Some(error.to_string());
        }
        let settings = self.settings();
        if !settings.tls {
            return None;
        }
        let ca_missing =
            settings.client_auth != ClientAuth::None && settings.client_ca.as_os_str().is_empty();
        let missing = match (settings.certificate.as_os_str().is_empty(), settings.key.as_os_str().is_empty())
        {
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

    /// Returns the setting that [`App::blocked`] is about.
    #[must_use]
    pub fn missing(&self) -> Option<Setting> {
        let settings = self.settings();
        self.form.first_invalid().or_else(|| {
            let mut files = [Setting::Certificate, Setting::Key].into_iter();
            files.find(|file| settings.tls && file.text(settings).is_empty())
        })
    }

    /// Returns a warning while the settings are valid but open the server to the network.
    #[must_use]
    pub fn caution(&self) -> Option<String> {
        let open = self.form.error(Setting::Host).is_none() && !is_loopback(&self.settings().host);
        open.then(|| {
            let there = self.lan_address.map_or_else(String::new, |address| format!(", at {address}"));
            format!(
                "Others on your network can connect, too{there}. Use localhost to keep the server to this computer."
            )
        })
    }

    /// Returns the gravest problem that clients will have with the certificate on the chosen host. It depends only on
    /// the files, not on how or when they were created.
    #[must_use]
    pub fn certificate_caution(&self) -> Option<String> {
        let (Check::Good(report), Some(issuer)) = (&self.files.certificate, &self.files.issuer) else {
            return None;
        };
        report.caution_served(Timestamp::now(), &self.settings().host, issuer)
    }

    /// Returns a warning while TLS keys are written to a file, or will be from the next start.
    #[must_use]
    pub fn key_log_caution(&self) -> Option<String> {
        let writes_keys = |settings: &&Settings| settings.tls && !settings.key_log.as_os_str().is_empty();
        let settings = self.running_with().into_iter().chain([self.settings()]).find(writes_keys)?;
        Some(key_log_warning(&settings.key_log))
    }
}
