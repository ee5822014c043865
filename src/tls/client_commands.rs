//! Command lines with which common clients connect to a TLS server and check its certificate.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::platform::terminal::{CURL, CURL_UNREVOKED, TerminalCommand, argument, python, python_string};

/// A TLS server, and what its clients trust, check and present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientCommands {
    /// The host or the address to connect to.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The name or the address that the certificate must contain. If it isn't the host, it is also sent as server name.
    pub name: String,
    /// The CA file; `None` for the system trust store.
    pub ca_file: Option<PathBuf>,
    /// The client certificate to present, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Whether the server agrees only to certain application protocols (ALPN). curl offers HTTP otherwise.
    pub has_alpn: bool,
    /// Why only Python's strict mode rejects the certificate, as the end of a sentence. Python's line turns that mode
    /// off.
    pub not_strict: Option<String>,
}

impl ClientCommands {
    /// Returns the lines of openssl, Python, curl and GnuTLS. Each fails unless the client accepts the certificate.
    #[must_use]
    pub fn lines(&self) -> [TerminalCommand; 4] {
        let not_strict = self.not_strict.as_ref().map(|why| {
            format!(
                "Python 3.13 and later are strict by default and reject this certificate: {why}. The line turns strict \
                 mode off."
            )
        });
        let command = |program, line| TerminalCommand { program, line, note: None };
        [
            command("openssl", self.openssl()),
            TerminalCommand { note: not_strict, ..command("Python", self.python()) },
            command("curl", self.curl()),
            command("gnutls-cli", self.gnutls()),
        ]
    }

    /// Returns the line of openssl, which sends what is typed and shows the echo.
    #[must_use]
    pub fn openssl(&self) -> String {
        let (target, port, name) = (bracketed(&self.host), self.port, &self.name);
        let server_name = self.server_name("-servername");
        let verify = if is_address(name) { "-verify_ip" } else { "-verify_hostname" };
        let files = self.files(["-CAfile", "-cert", "-key"]);
        format!(
            "openssl s_client -quiet -connect {target}:{port}{server_name}{files} -verify_return_error {verify} {name}"
        )
    }

    fn python(&self) -> String {
        let ca = self.ca_file.as_ref().map(|ca| format!("cafile={}", python_string(ca))).unwrap_or_default();
        let lenient =
            if self.not_strict.is_some() { " c.verify_flags &= ~ssl.VERIFY_X509_STRICT;" } else { "" };
        let own = self.identity.as_ref().map(|(certificate, key)| {
            format!(" c.load_cert_chain({}, {});", python_string(certificate), python_string(key))
        });
        python(&format!(
            "import socket, ssl; c = ssl.create_default_context({ca});{lenient}{} \
             s = c.wrap_socket(socket.create_connection(('{}', {})), server_hostname='{}'); \
             s.sendall(b'Hello'); print(s.recv(1024))",
            own.unwrap_or_default(),
            self.host,
            self.port,
            self.name
        ))
    }

    /// Returns the line of curl, to which the echo of its own request looks like a response of HTTP/0.9.
    fn curl(&self) -> String {
        let (target, url, port) = (bracketed(&self.host), bracketed(&self.name), self.port);
        let no_alpn = if self.has_alpn { " --no-alpn" } else { "" };
        let unrevoked = if self.ca_file.is_some() { CURL_UNREVOKED } else { "" };
        let files = self.files(["--cacert", "--cert", "--key"]);
        let connect_to = if self.is_host() {
            String::new()
        } else {
            format!(" --connect-to {url}:{port}:{target}:{port}")
        };
        format!("{CURL}{unrevoked} --http0.9 --max-time 3{no_alpn}{files}{connect_to} https://{url}:{port}/")
    }

    fn gnutls(&self) -> String {
        let files = self.files(["--x509cafile", "--x509certfile", "--x509keyfile"]);
        let verify = if self.is_host() { String::new() } else { format!(" --verify-hostname {}", self.name) };
        let server_name = self.server_name("--sni-hostname");
        format!("gnutls-cli{files}{verify}{server_name} -p {} {}", self.port, self.host)
    }

    fn is_host(&self) -> bool {
        self.name.eq_ignore_ascii_case(&self.host)
    }

    /// Returns an option for the server name if it isn't the host. Only a host name can be sent (RFC 6066, section 3).
    fn server_name(&self, option: &str) -> String {
        if self.is_host() || is_address(&self.name) {
            String::new()
        } else {
            format!(" {option} {}", self.name)
        }
    }

    /// Returns options for the CA file, the client certificate and its key.
    fn files(&self, options: [&str; 3]) -> String {
        let identity = self.identity.as_ref();
        let (certificate, key) = identity.map(|(certificate, key)| (&**certificate, &**key)).unzip();
        let files: [Option<&Path>; 3] = [self.ca_file.as_deref(), certificate, key];
        let given = options.iter().zip(files).filter_map(|(option, file)| Some((option, file?)));
        given.map(|(option, file)| format!(" {option} {}", argument(file))).collect()
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::terminal::PYTHON;

    fn commands(host: &str, name: &str) -> ClientCommands {
        ClientCommands {
            host: host.to_owned(),
            port: 1,
            name: name.to_owned(),
            ca_file: Some("lab/ca.crt".into()),
            ..ClientCommands::default()
        }
    }

    fn lines(commands: &ClientCommands) -> [String; 4] {
        commands.lines().map(|command| command.line)
    }

    #[test]
    fn the_host_is_the_checked_name() {
        assert_eq!(
            lines(&commands("localhost", "localhost")),
            [
                "openssl s_client -quiet -connect localhost:1 -CAfile lab/ca.crt -verify_return_error \
                 -verify_hostname localhost",
                &format!(
                    "{PYTHON} -c \"import socket, ssl; c = ssl.create_default_context(cafile='lab/ca.crt'); \
                     s = c.wrap_socket(socket.create_connection(('localhost', 1)), server_hostname='localhost'); \
                     s.sendall(b'Hello'); print(s.recv(1024))\""
                ),
                &format!(
                    "{CURL}{CURL_UNREVOKED} --http0.9 --max-time 3 --cacert lab/ca.crt https://localhost:1/"
                ),
                "gnutls-cli --x509cafile lab/ca.crt -p 1 localhost",
            ]
        );
        let [openssl, _, curl, gnutls] = lines(&commands("::1", "::1"));
        assert_eq!(
            openssl,
            "openssl s_client -quiet -connect [::1]:1 -CAfile lab/ca.crt -verify_return_error -verify_ip ::1"
        );
        assert!(curl.ends_with(" https://[::1]:1/") && gnutls.ends_with(" -p 1 ::1"), "{curl} {gnutls}");
    }

    #[test]
    fn a_name_that_is_not_the_host_is_checked_and_sent() {
        let [openssl, python, curl, gnutls] = lines(&commands("127.0.0.1", "a.test"));
        assert!(openssl.contains("-connect 127.0.0.1:1 -servername a.test -CAfile"), "{openssl}");
        assert!(openssl.ends_with("-verify_hostname a.test"), "{openssl}");
        assert!(python.contains("('127.0.0.1', 1)), server_hostname='a.test')"), "{python}");
        assert!(curl.ends_with("--connect-to a.test:1:127.0.0.1:1 https://a.test:1/"), "{curl}");
        assert!(
            gnutls.ends_with("--verify-hostname a.test --sni-hostname a.test -p 1 127.0.0.1"),
            "{gnutls}"
        );
        // An address can't be sent as server name.
        let [openssl, _, _, gnutls] = lines(&commands("localhost", "10.1.2.3"));
        assert!(!openssl.contains("-servername") && openssl.ends_with("-verify_ip 10.1.2.3"), "{openssl}");
        assert!(!gnutls.contains("--sni-hostname"), "{gnutls}");
    }

    #[test]
    fn files_and_options_follow_the_server() {
        let default = ClientCommands { ca_file: None, ..commands("localhost", "localhost") };
        for line in lines(&default) {
            assert!(!line.to_lowercase().contains("ca") || line.contains("default_context();"), "{line}");
        }
        let all = ClientCommands {
            identity: Some(("lab/client.crt".into(), "lab/client.key".into())),
            has_alpn: true,
            not_strict: Some("it is old".to_owned()),
            ..commands("localhost", "localhost")
        };
        let [openssl, python, curl, gnutls] = lines(&all);
        assert!(openssl.contains(" -cert lab/client.crt -key lab/client.key"), "{openssl}");
        assert!(python.contains("c.load_cert_chain('lab/client.crt', 'lab/client.key'); s ="), "{python}");
        assert!(python.contains("c.verify_flags &= ~ssl.VERIFY_X509_STRICT;"), "{python}");
        assert!(curl.contains(" --no-alpn ") && curl.contains(" --cert lab/client.crt --key"), "{curl}");
        assert!(gnutls.contains(" --x509certfile lab/client.crt --x509keyfile lab/client.key"), "{gnutls}");
        let notes = all.lines().map(|command| command.note);
        assert!(notes[1].as_ref().is_some_and(|note| note.contains(": it is old. The line")));
        assert_eq!(notes.iter().flatten().count(), 1);
    }
}
