//! Advice about the form: why the server can't be started, warnings about risky settings, this computer's address on
//! the local network, and commands that connect to the server, to copy into a terminal.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::form::Check;
use crate::app::state::App;
use crate::platform::terminal::{self, CURL, HAS_NC_AND_OPENSSL, TerminalCommand, argument, python_string};
use crate::resolve::local_ip;
use crate::settings::parse::{is_loopback, reachable_host};
use crate::settings::{ClientAuth, Setting, Settings};
use crate::tls::explain::key_log_warning;
use crate::tls::inspect::served_certificate::TrustAnchor;

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

    /// Returns commands that connect to the running server, or to the one that the form would start. There are none
    /// while a setting is invalid or the port isn't known.
    #[must_use]
    pub fn try_it(&self) -> Vec<TerminalCommand> {
        let running = self.running_with();
        if running.is_none() && (self.form.first_invalid().is_some() || self.settings().port == 0) {
            return Vec::new();
        }
        let settings = self.settings_for_clients();
        commands(HAS_NC_AND_OPENSSL, &settings, &self.client_files())
    }

    /// Returns whether the server requires client certificates, and none is known that a client could present.
    #[must_use]
    pub fn lacks_client_certificate(&self) -> bool {
        let settings = self.settings_for_clients();
        settings.tls && settings.client_auth == ClientAuth::Required && self.client_files().identity.is_none()
    }

    /// Returns the files that clients on this computer can use. They were found beside the files in the form, so there
    /// are none if the server runs with others.
    fn client_files(&self) -> ClientFiles {
        let (settings, form) = (self.settings_for_clients(), self.settings());
        let identity = self.files.identity.clone().filter(|_| settings.client_ca == form.client_ca);
        let served = match self.certificate() {
            Check::Good(served) if settings.certificate == form.certificate => served,
            _ => return ClientFiles { identity, ..ClientFiles::default() },
        };
        let ca = match &served.anchor {
            TrustAnchor::Own | TrustAnchor::OwnBesideCa | TrustAnchor::InFile => Some(settings.certificate),
            TrustAnchor::Beside { ca, .. } => Some(ca.clone()),
            TrustAnchor::Intermediate { .. } | TrustAnchor::Missing { .. } => None,
        };
        let is_accepted = ca.is_some() && served.cautions(Timestamp::now(), &settings.host).is_empty();
        ClientFiles { ca, is_accepted, identity }
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

/// The files that a client needs.
#[derive(Debug, Default)]
struct ClientFiles {
    /// The CA file with which clients trust the server's certificate.
    ca: Option<PathBuf>,
    /// Whether clients that are given this CA file accept the server's certificate.
    is_accepted: bool,
    /// A client certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
}

/// Returns commands with nc and openssl if the OS has both, otherwise with curl. They name only `files`.
fn commands(has_nc_and_openssl: bool, settings: &Settings, files: &ClientFiles) -> Vec<TerminalCommand> {
    let (host, port) = (reachable_host(&settings.host), settings.port);
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let identity = files.identity.as_ref().filter(|_| settings.client_auth != ClientAuth::None);
    let first = match (has_nc_and_openssl, settings.tls) {
        (true, false) => TerminalCommand { program: "nc", line: format!("nc {host} {port}") },
        (false, false) => curl(&format!("telnet://{place}")),
        // To curl, the echo of its own request looks like an HTTP/0.9 response.
        (false, true) if settings.client_auth == ClientAuth::None => {
            curl(&format!("-k --no-alpn --http0.9 -m 3 https://{place}"))
        }
        (_, true) => {
            let option = |name: &str, path: &PathBuf| format!(" -{name} {}", argument(path));
            let ca = files.ca.as_ref().map_or_else(String::new, |ca| option("CAfile", ca));
            let own = identity.map_or_else(String::new, |(certificate, key)| {
                option("cert", certificate) + &option("key", key)
            });
            TerminalCommand {
                program: "openssl",
                line: format!("openssl s_client -quiet -connect {place}{ca}{own}"),
            }
        }
    };
    let context = match files.ca.as_ref().filter(|_| files.is_accepted) {
        Some(ca) => format!("ssl.create_default_context(cafile={})", python_string(ca)),
        // The tutorial's certificate has no name that Python accepts.
        None => "ssl._create_unverified_context()".to_owned(),
    };
    vec![first, python(&host, port, settings.tls.then_some(context), identity)]
}

fn curl(rest: &str) -> TerminalCommand {
    TerminalCommand { program: "curl", line: format!("{CURL} {rest}") }
}

/// Returns a command with Python. `context` is the expression for its TLS context, if it uses TLS.
fn python(
    host: &str,
    port: u16,
    context: Option<String>,
    identity: Option<&(PathBuf, PathBuf)>,
) -> TerminalCommand {
    let connect = format!("socket.create_connection(('{host}', {port}))");
    let connected = if let Some(context) = context {
        let own = identity.map_or_else(String::new, |(certificate, key)| {
            format!("c.load_cert_chain({}, {}); ", python_string(certificate), python_string(key))
        });
        format!(
            "import socket, ssl; c = {context}; {own}s = c.wrap_socket({connect}, server_hostname='{host}')"
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

    fn lines(settings: &Settings, files: &ClientFiles) -> Vec<String> {
        commands(true, settings, files).into_iter().map(|command| command.line).collect()
    }

    #[test]
    fn commands_name_only_known_files() {
        let settings = Settings { tls: true, client_auth: ClientAuth::Required, ..settings() };
        let [openssl, python] = lines(&settings, &ClientFiles::default()).try_into().unwrap();
        assert_eq!(openssl, "openssl s_client -quiet -connect localhost:7");
        assert!(!python.contains("load_cert_chain"), "{python}");
        let files = ClientFiles {
            ca: Some("lab/ca.crt".into()),
            is_accepted: true,
            identity: Some(("lab/client.crt".into(), "lab/client.key".into())),
        };
        let [openssl, python] = lines(&settings, &files).try_into().unwrap();
        assert!(
            openssl.ends_with(" -CAfile lab/ca.crt -cert lab/client.crt -key lab/client.key"),
            "{openssl}"
        );
        assert!(python.contains("c.load_cert_chain('lab/client.crt', 'lab/client.key')"), "{python}");
        assert!(python.contains("create_default_context(cafile='lab/ca.crt')"), "{python}");
        let settings = Settings { client_auth: ClientAuth::None, ..settings };
        assert!(!lines(&settings, &files).concat().contains("client.crt"));
    }

    fn settings() -> Settings {
        Settings { port: 7, ..Settings::default() }
    }

    #[test]
    fn unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..settings() };
        assert_eq!(lines(&settings, &ClientFiles::default())[0], "nc 127.0.0.1 7");
    }

    #[test]
    fn commands_use_curl_without_nc_and_openssl() {
        let first = |settings: &Settings| {
            commands(false, settings, &ClientFiles::default())[0].line.replace("curl.exe ", "curl ")
        };
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
        let settings = Settings { tls: true, ..settings() };
        for (ca, expected) in [
            ("/tmp/it's here/server.crt", r"-CAfile '/tmp/it'\''s here/server.crt'"),
            ("-lab/server.crt", "-CAfile ./-lab/server.crt"),
        ] {
            let files = ClientFiles { ca: Some(ca.into()), ..ClientFiles::default() };
            let expected = format!("openssl s_client -quiet -connect localhost:7 {expected}");
            assert_eq!(lines(&settings, &files)[0], expected);
        }
    }
}
