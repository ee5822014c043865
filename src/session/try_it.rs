//! Lines to copy into a terminal that reach the server with its present settings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::settings::{ClientAuth, Settings};
use crate::tls::argument;

/// A client program and the line that starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryIt {
    /// What the program is called: `nc`, `openssl`, `Python`.
    pub program: &'static str,
    /// The whole line.
    pub line: String,
}

/// The lines for these settings; `port` is the real one. A client is given the certificate's file where that
/// `vouches` for it.
pub(super) fn lines(settings: &Settings, port: u16, vouches: bool) -> Vec<TryIt> {
    let host = reachable(&settings.host);
    if settings.tls {
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let mut openssl = format!("openssl s_client -quiet -connect {bracketed}:{port}");
        if vouches {
            openssl.push_str(" -CAfile ");
            openssl.push_str(&argument(&settings.certificate));
        }
        let asked = settings.client_auth != ClientAuth::None;
        if asked {
            openssl.push_str(" -cert client.crt -key client.key");
        }
        return vec![TryIt { program: "openssl", line: openssl }, python_tls(&host, port, asked)];
    }
    vec![TryIt { program: "nc", line: format!("nc {host} {port}") }, python(&host, port)]
}

/// An address at which this computer reaches a server that listens on `host`.
pub(super) fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

fn python(host: &str, port: u16) -> TryIt {
    let line = format!(
        "python3 -c \"import socket; s = socket.create_connection(('{host}', {port})); s.sendall(b'Hello'); \
         print(s.recv(1024))\""
    );
    TryIt { program: "Python", line }
}

/// Without a check of the certificate: the tutorial's own has no name that Python would look at.
fn python_tls(host: &str, port: u16, certificate: bool) -> TryIt {
    let shown = if certificate { "c.load_cert_chain('client.crt', 'client.key'); " } else { "" };
    let line = format!(
        "python3 -c \"import socket, ssl; c = ssl._create_unverified_context(); {shown}\
         s = c.wrap_socket(socket.create_connection(('{host}', {port})), server_hostname='{host}'); \
         s.sendall(b'Hello'); print(s.recv(1024))\""
    );
    TryIt { program: "Python", line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unspecified_address_is_reached_by_loopback() {
        let settings = Settings { host: "0.0.0.0".to_owned(), ..Settings::default() };
        assert_eq!(lines(&settings, 7, false)[0].line, "nc 127.0.0.1 7");
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
