//! Advice about the form: why the server can't be started, warnings about risky settings, this computer's address on
//! the local network, and commands that connect to the server, to copy into a terminal.

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;

use crate::app::form::Check;
use crate::app::state::App;
use crate::platform::terminal::{self, CURL, HAS_NC_AND_OPENSSL, TerminalCommand, argument};
use crate::resolve::local_ip;
use crate::settings::parse::{is_loopback, reachable_host};
use crate::settings::{ClientAuth, Setting, Settings};
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
                "TLS needs a certificate and its key. Choose both files, or turn TLS off."
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
    pub fn caution(&self) -> Option<String> {
        let open = self.form.error(Setting::Host).is_none() && !is_loopback(&self.settings().host);
        open.then(|| {
            let hint = self.lan_address.map_or_else(String::new, |address| format!(", at {address}"));
            format!(
                "Others on your network can connect, too{hint}. Use localhost to keep the server to this computer."
            )
        })
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

    /// Returns commands that connect to the running server, or to the one that the form would start. There are none
    /// while a setting is invalid or the port isn't known.
    #[must_use]
    pub fn try_it(&self) -> Vec<TerminalCommand> {
        let running = self.running_with();
        if running.is_none() && (self.form.first_invalid().is_some() || self.settings().port == 0) {
            return Vec::new();
        }
        let settings = self.settings_for_clients();
        // A client that gets the certificate's file as its CA file trusts the certificate if it is self-signed or its
        // CA is in the file as well. The check is about the file in the form.
        let trusted = settings.certificate == self.settings().certificate
            && matches!(self.certificate(), Check::Good(served) if served.own.self_signed || served.above.iter().any(|above| above.number.is_some()));
        commands(HAS_NC_AND_OPENSSL, &settings, trusted)
    }

    /// Looks up this computer's address in the background if the host stands for all addresses. Discards an address of
    /// the other family.
    pub(super) fn look_up_lan_address(&mut self) {
        let ipv6 = self.unspecified_host_is_ipv6();
        self.lan_address = self.lan_address.filter(|address| Some(address.is_ipv6()) == ipv6);
        if let Some(ipv6) = ipv6 {
            // If there is no thread for it, the warning about an open server contains no address.
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

/// Returns commands with nc and openssl if the OS has both, otherwise with curl. `trusted`: whether clients that get
/// the certificate's file as CA file trust the certificate.
fn commands(has_nc_and_openssl: bool, settings: &Settings, trusted: bool) -> Vec<TerminalCommand> {
    let (host, port) = (reachable_host(&settings.host), settings.port);
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let client_certificate = settings.client_auth != ClientAuth::None;
    let first = match (has_nc_and_openssl, settings.tls) {
        (true, false) => TerminalCommand { program: "nc", line: format!("nc {host} {port}") },
        (false, false) => curl(&format!("telnet://{place}")),
        // To curl, the echo of its own request looks like an HTTP/0.9 response.
        (false, true) if !client_certificate => curl(&format!("-k --no-alpn --http0.9 -m 3 https://{place}")),
        (_, true) => {
            let ca =
                if trusted { format!(" -CAfile {}", argument(&settings.certificate)) } else { String::new() };
            let own = if client_certificate { " -cert client.crt -key client.key" } else { "" };
            TerminalCommand {
                program: "openssl",
                line: format!("openssl s_client -quiet -connect {place}{ca}{own}"),
            }
        }
    };
    vec![first, python(&host, port, settings.tls, client_certificate)]
}

fn curl(rest: &str) -> TerminalCommand {
    TerminalCommand { program: "curl", line: format!("{CURL} {rest}") }
}

/// Returns a command with Python. It doesn't verify the certificate, since the tutorial's certificate has no name that
/// Python accepts.
fn python(host: &str, port: u16, tls: bool, client_certificate: bool) -> TerminalCommand {
    let connect = format!("socket.create_connection(('{host}', {port}))");
    let connected = if tls {
        let own = if client_certificate { "c.load_cert_chain('client.crt', 'client.key'); " } else { "" };
        format!(
            "import socket, ssl; c = ssl._create_unverified_context(); {own}\
             s = c.wrap_socket({connect}, server_hostname='{host}')"
        )
    } else {
        format!("import socket; s = {connect}")
    };
    let line = terminal::python(&format!("{connected}; s.sendall(b'Hello'); print(s.recv(1024))"));
    TerminalCommand { program: "Python", line }
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
        assert!(app.caution().unwrap().contains(", at 192.0.2.7."));
        for host in ["::", "127.0.0.1"] {
            app.apply(Command::set(Setting::Host, host));
            app.set_lan_address(false, Some(address));
            assert_eq!(app.lan_address, None, "{host}");
        }
    }

    fn settings() -> Settings {
        Settings { port: 7, ..Settings::default() }
    }

    #[test]
    fn unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..settings() };
        assert_eq!(commands(true, &settings, false)[0].line, "nc 127.0.0.1 7");
    }

    #[test]
    fn commands_use_curl_without_nc_and_openssl() {
        let first =
            |settings: &Settings| commands(false, settings, false)[0].line.replace("curl.exe ", "curl ");
        let ipv6 = Settings { host: "::1".to_owned(), ..settings() };
        assert_eq!(first(&ipv6), "curl telnet://[::1]:7");
        let tls = Settings { tls: true, ..settings() };
        assert_eq!(first(&tls), "curl -k --no-alpn --http0.9 -m 3 https://localhost:7");
        // On Windows, curl takes client certificates only from the certificate store.
        let tls = Settings { client_auth: ClientAuth::Required, ..tls };
        assert!(first(&tls).starts_with("openssl s_client "));
    }

    #[cfg(unix)]
    #[test]
    fn path_with_spaces_stays_one_argument() {
        let settings = Settings { tls: true, certificate: "/tmp/it's here/server.crt".into(), ..settings() };
        assert_eq!(commands(true, &settings, false)[0].line, "openssl s_client -quiet -connect localhost:7");
        assert_eq!(
            commands(true, &settings, true)[0].line,
            r"openssl s_client -quiet -connect localhost:7 -CAfile '/tmp/it'\''s here/server.crt'"
        );
        let settings = Settings { certificate: "-lab/server.crt".into(), ..settings };
        assert!(commands(true, &settings, true)[0].line.ends_with(" -CAfile ./-lab/server.crt"));
    }
}
