//! Lines to copy into a terminal that reach the server with its present settings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::platform::terminal::{self, CURL, HAS_NC_AND_OPENSSL, argument};
use crate::settings::{ClientAuth, Settings};

/// A client program and the line that starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryIt {
    /// What the program is called: `nc`, `curl`, `openssl`, `Python`.
    pub program: &'static str,
    /// The whole line.
    pub line: String,
}

/// The lines for these settings; `port` is the real one. A client is given the certificate's file where that
/// `vouches` for it.
pub(super) fn lines(settings: &Settings, port: u16, vouches: bool) -> Vec<TryIt> {
    lines_for(HAS_NC_AND_OPENSSL, settings, port, vouches)
}

/// A terminal that `has_both` nc and openssl shows those, another one curl.
fn lines_for(has_both: bool, settings: &Settings, port: u16, vouches: bool) -> Vec<TryIt> {
    let host = reachable(&settings.host);
    let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let asked = settings.client_auth != ClientAuth::None;
    let first = match (has_both, settings.tls) {
        (true, false) => TryIt { program: "nc", line: format!("nc {host} {port}") },
        (false, false) => curl(&format!("telnet://{place}")),
        // Its request comes back where it looks for an answer, which it takes for one of HTTP/0.9, and then nothing more.
        (false, true) if !asked => curl(&format!("-k --no-alpn --http0.9 -m 3 https://{place}")),
        (_, true) => {
            let trusted =
                if vouches { format!(" -CAfile {}", argument(&settings.certificate)) } else { String::new() };
            let shown = if asked { " -cert client.crt -key client.key" } else { "" };
            let line = format!("openssl s_client -quiet -connect {place}{trusted}{shown}");
            TryIt { program: "openssl", line }
        }
    };
    vec![first, python(&host, port, settings.tls, asked)]
}

/// An address at which this computer reaches a server that listens on `host`.
pub(super) fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

fn curl(rest: &str) -> TryIt {
    TryIt { program: "curl", line: format!("{CURL} {rest}") }
}

/// Over TLS without a check of the certificate: the tutorial's own has no name that Python would look at.
fn python(host: &str, port: u16, tls: bool, certificate: bool) -> TryIt {
    let connect = format!("socket.create_connection(('{host}', {port}))");
    let connected = if tls {
        let shown = if certificate { "c.load_cert_chain('client.crt', 'client.key'); " } else { "" };
        format!(
            "import socket, ssl; c = ssl._create_unverified_context(); {shown}\
             s = c.wrap_socket({connect}, server_hostname='{host}')"
        )
    } else {
        format!("import socket; s = {connect}")
    };
    let line = terminal::python(&format!("{connected}; s.sendall(b'Hello'); print(s.recv(1024))"));
    TryIt { program: "Python", line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..Settings::default() };
        assert_eq!(lines_for(true, &settings, 7, false)[0].line, "nc 127.0.0.1 7");
    }

    #[test]
    fn windows_is_told_of_programs_that_it_has() {
        let told = |settings: &Settings| {
            let lines = lines_for(false, settings, 7, false);
            lines[0].line.replace("curl.exe ", "curl ")
        };
        let settings = Settings { host: "::1".to_owned(), ..Settings::default() };
        assert_eq!(told(&settings), "curl telnet://[::1]:7");
        let settings = Settings { tls: true, ..Settings::default() };
        assert_eq!(told(&settings), "curl -k --no-alpn --http0.9 -m 3 https://localhost:7");
        // curl there takes client certificates from Windows' own store alone.
        let settings = Settings { client_auth: ClientAuth::Required, ..settings };
        assert!(told(&settings).starts_with("openssl s_client "));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_spaces_stays_one_word() {
        let settings =
            Settings { tls: true, certificate: "/tmp/it's here/server.crt".into(), ..Settings::default() };
        assert_eq!(lines(&settings, 7, false)[0].line, "openssl s_client -quiet -connect localhost:7");
        let line = &lines(&settings, 7, true)[0].line;
        assert_eq!(
            line,
            r"openssl s_client -quiet -connect localhost:7 -CAfile '/tmp/it'\''s here/server.crt'"
        );
        let settings = Settings { certificate: "-lab/server.crt".into(), ..settings };
        assert!(lines(&settings, 7, true)[0].line.ends_with(" -CAfile ./-lab/server.crt"));
    }
}
