//! Commands to copy into a terminal that connect to the server.

use crate::app::file_check::Check;
use crate::app::state::App;
use crate::platform::terminal::{self, CURL, HAS_NC_AND_OPENSSL, TerminalCommand, argument};
use crate::settings::parse::reachable_host;
use crate::settings::{ClientAuth, Settings};

impl App {
    /// Returns commands that connect to the running server, or to the one that the form would start. There are none
    /// while a setting is invalid or the port isn't known.
    #[must_use]
    pub fn try_it(&self) -> Vec<TerminalCommand> {
        let running = self.running_with();
        if running.is_none() && (self.form.first_invalid().is_some() || self.settings().port == 0) {
            return Vec::new();
        }
        let settings = self.settings_for_clients();
        // A client that is given the certificate's file trusts the certificate if it is self-signed or its CA is in the
        // file as well. The check is about the file in the form.
        let trusted = settings.certificate == self.settings().certificate
            && matches!(self.certificate(), Check::Good(report) if report.self_signed || report.chain > 1);
        commands(HAS_NC_AND_OPENSSL, &settings, trusted)
    }
}

/// Returns commands with nc and openssl where the OS has both, else with curl. `trusted` is whether clients trust the
/// certificate once they are given its file.
fn commands(has_nc_and_openssl: bool, settings: &Settings, trusted: bool) -> Vec<TerminalCommand> {
    let (host, port) = (reachable_host(&settings.host), settings.port);
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let client_certificate = settings.client_auth != ClientAuth::None;
    let first = match (has_nc_and_openssl, settings.tls) {
        (true, false) => TerminalCommand { program: "nc", line: format!("nc {host} {port}") },
        (false, false) => curl(&format!("telnet://{place}")),
        // The echo of its own request looks like a response of HTTP/0.9 to curl.
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

/// Over TLS it doesn't verify the certificate: the tutorial's own has no name that Python accepts.
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

    fn settings() -> Settings {
        Settings { port: 7, ..Settings::default() }
    }

    #[test]
    fn the_unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..settings() };
        assert_eq!(commands(true, &settings, false)[0].line, "nc 127.0.0.1 7");
    }

    #[test]
    fn windows_gets_commands_for_programs_that_it_has() {
        let first =
            |settings: &Settings| commands(false, settings, false)[0].line.replace("curl.exe ", "curl ");
        let ipv6 = Settings { host: "::1".to_owned(), ..settings() };
        assert_eq!(first(&ipv6), "curl telnet://[::1]:7");
        let tls = Settings { tls: true, ..settings() };
        assert_eq!(first(&tls), "curl -k --no-alpn --http0.9 -m 3 https://localhost:7");
        // There, curl takes client certificates only from the certificate store of Windows.
        let tls = Settings { client_auth: ClientAuth::Required, ..tls };
        assert!(first(&tls).starts_with("openssl s_client "));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_spaces_stays_one_argument() {
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
