//! Advice about the form: why the server can't be started, warnings about risky settings, this computer's address on
//! the local network, and commands that connect to the server, to copy into a terminal.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::form::Check;
use crate::app::state::App;
use crate::platform::terminal::{CURL, HAS_NC_AND_OPENSSL, TerminalCommand, python};
use crate::resolve::local_ip;
use crate::server::Server;
use crate::settings::parse::is_loopback;
use crate::settings::{ClientAuth, Setting, Settings};
use crate::tls::client_commands::ClientCommands;
use crate::tls::explain::key_log_warning;

impl App {
    /// Returns why the server can't be started now.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        if let Some(error) = self.form.first_invalid().and_then(|setting| self.form.error(setting)) {
            return Some(error.to_string());
        }
        let reason = match self.missing()? {
            Setting::Certificate if self.settings().key.as_os_str().is_empty() => {
                "TLS needs a certificate and its key. Choose both files, press Create certificate…, or turn TLS off."
            }
            Setting::Certificate => "TLS needs a certificate. Choose the file, or turn TLS off.",
            Setting::Key => "TLS needs the certificate's key. Choose the file, or turn TLS off.",
            _ => "Client certificates need a CA file. Choose one, or ask for no client certificates.",
        };
        Some(reason.to_owned())
    }

    /// Returns the invalid or missing setting that [`App::blocked`] is about.
    #[must_use]
    pub fn missing(&self) -> Option<Setting> {
        let settings = self.settings();
        self.form.first_invalid().or_else(|| {
            let asks = settings.client_auth != ClientAuth::None;
            let files = [(Setting::Certificate, true), (Setting::Key, true), (Setting::ClientCa, asks)];
            let is_missing = |file: Setting| settings.tls && file.text(settings).is_empty();
            files.into_iter().find(|(file, needed)| *needed && is_missing(*file)).map(|(file, _)| file)
        })
    }

    /// Returns a warning if the settings are valid but let the network connect to the server.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        let open = self.form.error(Setting::Host).is_none() && !is_loopback(&self.settings().host);
        open.then_some(
            "Other computers on your network can connect. To allow only this computer, use localhost.",
        )
    }

    /// Returns the address and port at which other computers reach the running server, or the one that the form would
    /// start. `None` if only this computer reaches it, or if the address or the port isn't known.
    #[must_use]
    pub fn address_for_others(&self) -> Option<SocketAddr> {
        let host = &self.running_with().unwrap_or(self.settings()).host;
        let address = match host.parse::<IpAddr>().ok()? {
            address if address.is_unspecified() => self.lan_address?,
            address => Some(address).filter(|address| !address.is_loopback())?,
        };
        Some(SocketAddr::new(address, self.port())).filter(|address| address.port() != 0)
    }

    /// Returns the problems that clients will have with the certificate on the chosen host, the most serious first.
    /// They depend only on the files, not on how or when these were created.
    #[must_use]
    pub fn certificate_cautions(&self) -> Vec<String> {
        let Check::Good(served) = &self.files.certificate else { return Vec::new() };
        served.cautions(Timestamp::now(), &self.settings().host)
    }

    /// Returns a warning while TLS keys are written to a file, or will be from the next start.
    #[must_use]
    pub fn key_log_caution(&self) -> Option<String> {
        let writes_keys = |settings: &&Settings| settings.tls && !settings.key_log.as_os_str().is_empty();
        let settings = self.running_with().into_iter().chain([self.settings()]).find(writes_keys)?;
        Some(key_log_warning(&settings.key_log))
    }

    /// Returns whether the TLS keys of new handshakes are kept in memory, for pcapng files.
    #[must_use]
    pub fn keeps_tls_keys(&self) -> bool {
        self.captures().keys().is_on()
    }

    /// Returns commands that connect to the running server, or to the one that the form would start. With TLS, they check
    /// the certificate. There are none while a setting is invalid or the port isn't known.
    #[must_use]
    pub fn try_it(&self) -> Vec<TerminalCommand> {
        let running = self.running_with();
        if running.is_none() && (self.form.first_invalid().is_some() || self.settings().port == 0) {
            return Vec::new();
        }
        let settings = self.settings_for_clients();
        if settings.tls {
            tls_commands(HAS_NC_AND_OPENSSL, &settings, &self.client_commands(&settings))
        } else {
            plain_commands(HAS_NC_AND_OPENSSL, &settings)
        }
    }

    /// Returns what clients need for TLS with the running server, or with the one that the form would start.
    fn client_commands(&self, settings: &Settings) -> ClientCommands {
        let running = self.running_with();
        let typed_host = &running.unwrap_or(self.settings()).host;
        let served = match running {
            Some(_) => self.server.as_ref().and_then(Server::served_certificate),
            None => self.files.certificate.good(),
        };
        let unknown =
            || ClientCommands { name: settings.host.clone(), port: settings.port, ..Default::default() };
        let commands = served.map_or_else(unknown, |served| {
            served.client_commands(&settings.certificate, typed_host, settings.port)
        });
        let identity = self.client_identity().filter(|_| settings.client_auth != ClientAuth::None);
        let has_alpn = !settings.alpn.is_empty();
        ClientCommands { host: settings.host.clone(), identity, has_alpn, ..commands }
    }

    /// Returns whether clients of the running server, or of the one that the form would start, use TLS.
    #[must_use]
    pub fn clients_use_tls(&self) -> bool {
        self.running_with().unwrap_or(self.settings()).tls
    }

    /// Returns whether the server requires client certificates, and none is known that a client could present.
    #[must_use]
    pub fn lacks_client_certificate(&self) -> bool {
        let settings = self.settings_for_clients();
        settings.tls && settings.client_auth == ClientAuth::Required && self.client_identity().is_none()
    }

    /// Returns the client certificate and its key that were found beside the client CA. `None` if the form has another
    /// client CA than the server.
    fn client_identity(&self) -> Option<(PathBuf, PathBuf)> {
        let (settings, form) = (self.settings_for_clients(), self.settings());
        self.files.identity.clone().filter(|_| settings.client_ca == form.client_ca)
    }

    /// Looks up this computer's address in the background if the host stands for all addresses. Discards an address of
    /// the other family.
    pub(super) fn look_up_lan_address(&mut self) {
        let ipv6 = self.unspecified_host_is_ipv6();
        self.lan_address = self.lan_address.filter(|address| Some(address.is_ipv6()) == ipv6);
        if let Some(ipv6) = ipv6 {
            // If there is no thread for it, the address for others stays unknown.
            let _ = self.background.run("local address", false, move |updates| {
                let address = local_ip(ipv6).ok();
                updates.send(move |app| app.set_lan_address(ipv6, address));
            });
        }
    }

    /// Stores the result of the lookup, unless the host has changed since.
    fn set_lan_address(&mut self, ipv6: bool, address: Option<IpAddr>) {
        if self.unspecified_host_is_ipv6() == Some(ipv6) {
            self.lan_address = address;
        }
    }

    fn unspecified_host_is_ipv6(&self) -> Option<bool> {
        let host = self.settings().host.parse::<IpAddr>().ok()?;
        host.is_unspecified().then_some(host.is_ipv6())
    }
}

/// Returns commands for a server without TLS, with nc if the OS has it, otherwise with curl.
fn plain_commands(has_nc_and_openssl: bool, settings: &Settings) -> Vec<TerminalCommand> {
    let (host, port) = (&settings.host, settings.port);
    let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let (program, line) = if has_nc_and_openssl {
        ("nc", format!("nc {host} {port}"))
    } else {
        ("curl", format!("{CURL} telnet://{bracketed}:{port}"))
    };
    let python = python(&format!(
        "import socket; s = socket.create_connection(('{host}', {port})); s.sendall(b'Hello'); print(s.recv(1024))"
    ));
    let command = |program, line| TerminalCommand { program, line, note: None };
    vec![command(program, line), command("Python", python)]
}

/// Returns commands for a TLS server: openssl's first if the OS has it, otherwise curl's.
fn tls_commands(
    has_nc_and_openssl: bool,
    settings: &Settings,
    commands: &ClientCommands,
) -> Vec<TerminalCommand> {
    let mut lines = commands.lines().to_vec();
    if !has_nc_and_openssl {
        // On Windows, curl takes client certificates only from the certificate store.
        let uses_curl = settings.client_auth == ClientAuth::None;
        lines.retain(|command| uses_curl || command.program != "curl");
        lines.sort_by_key(|command| command.program != "curl");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::Command;
    use crate::app::state::Options;

    #[test]
    fn lan_address_is_kept_only_for_unspecified_host_of_its_family() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..Settings::default() };
        let mut app = App::new(settings, Options::default());
        let address = IpAddr::from([192, 0, 2, 7]);
        app.set_lan_address(false, Some(address));
        app.set_lan_address(true, None);
        assert_eq!(app.address_for_others().unwrap().to_string(), "192.0.2.7:12345");
        for host in ["::", "127.0.0.1"] {
            app.apply(Command::set(Setting::Host, host));
            app.set_lan_address(false, Some(address));
            assert_eq!((app.lan_address, app.address_for_others()), (None, None), "{host}");
        }
        app.apply(Command::set(Setting::Host, "192.0.2.9"));
        assert_eq!(app.address_for_others().unwrap().to_string(), "192.0.2.9:12345");
        app.apply(Command::set(Setting::Port, 0));
        assert_eq!(app.address_for_others(), None, "the OS will choose the port");
    }

    #[test]
    fn unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), port: 7, ..Settings::default() };
        let app = App::new(settings, Options::default());
        let expected = if HAS_NC_AND_OPENSSL { "nc 127.0.0.1 7" } else { "curl.exe telnet://127.0.0.1:7" };
        assert_eq!(app.try_it()[0].line, expected);
    }

    #[test]
    fn curl_comes_first_without_nc_and_openssl() {
        let ipv6 = Settings { host: "::1".to_owned(), port: 7, ..Settings::default() };
        assert_eq!(plain_commands(false, &ipv6)[0].line, format!("{CURL} telnet://[::1]:7"));
        let programs = |settings: &Settings| {
            let lines = tls_commands(false, settings, &ClientCommands::default());
            lines.into_iter().map(|command| command.program).collect::<Vec<_>>()
        };
        let tls = Settings { tls: true, ..Settings::default() };
        assert_eq!(programs(&tls), ["curl", "openssl", "Python", "gnutls-cli"]);
        let tls = Settings { client_auth: ClientAuth::Required, ..tls };
        assert_eq!(programs(&tls), ["openssl", "Python", "gnutls-cli"]);
    }
}
