//! What was made, and how to use it: lines to copy into a terminal.

use std::net::IpAddr;
use std::path::PathBuf;

use jiff::Timestamp;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::platform::terminal::{CURL, CURL_UNREVOKED, argument, python, python_string};
use crate::tls::create::broken::Broken;
use crate::tls::create::ca::{Authority, CA_CERTIFICATE};
use crate::tls::create::error::CreateError;
use crate::tls::create::request::Request;
use crate::tls::create::{CERTIFICATE, INTERMEDIATE, KEY};
use crate::tls::report::CertificateReport;

/// What clients ask for where a name would be found in the common name.
const LOOPBACK: &str = "127.0.0.1";

/// The same, where that is the common name itself. A server on this computer need not listen there.
const OTHER_LOOPBACK: &str = "127.0.0.2";

/// The files that were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The server's certificate: what to serve with.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The file to give to clients as their CA file: the practice CA's certificate, or the server's own.
    pub ca_file: PathBuf,
    /// Every file that was written, in the order of writing.
    pub files: Vec<PathBuf>,
    /// The practice CA was not there before.
    pub made_ca: bool,
    /// What the certificate is, for example `localhost, 127.0.0.1 · RSA 2048 · 365 days left`.
    pub line: String,
    /// What is wrong with it on purpose.
    pub broken: Option<Broken>,
    /// When the CA that signed it expires, where that is before the certificate itself does.
    pub ca_ends: Option<Timestamp>,
    name: String,
}

/// A program, and the line that starts it: a client's lets it connect and check the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What the program is called: `openssl`, `curl`, `Python`, `gnutls-cli`.
    pub program: &'static str,
    /// The whole line.
    pub line: String,
}

impl Created {
    pub(super) fn new(
        request: &Request,
        names: &[&str],
        made_ca: bool,
        der: &[u8],
        authority: Option<&Authority>,
        now: Timestamp,
    ) -> Result<Self, CreateError> {
        let (_, parsed) = X509Certificate::from_der(der)
            .map_err(|error| CreateError::Library { raw: error.to_string() })?;
        let report = CertificateReport::new(&parsed, 1);
        let ca_ends =
            authority.filter(|_| request.broken != Some(Broken::SelfSigned)).and_then(Authority::ends);
        let path = |name: &str| request.folder.join(name);
        Ok(Self {
            certificate: path(CERTIFICATE),
            key: path(KEY),
            ca_file: path(if request.needs_ca() { CA_CERTIFICATE } else { CERTIFICATE }),
            files: names.iter().map(|name| path(name)).collect(),
            made_ca,
            line: report.line(now),
            broken: request.broken,
            ca_ends: ca_ends.filter(|end| *end < report.not_after),
            // A client asks for one name, never for a star.
            name: request.common_name.replacen('*', "www", 1),
        })
    }

    /// What to do with the files, in a few sentences.
    #[must_use]
    pub fn advice(&self) -> String {
        let ca_file = argument(&self.ca_file);
        let mut trust = format!(
            "The window's own clients trust it as it is. Give {ca_file} to other clients as their CA file; no trust store of the \
             system or of a browser was changed."
        );
        if let Some(end) = self.ca_ends {
            trust += " Clients take it only until ca.crt expires, on ";
            trust += &end.strftime("%Y-%m-%d.").to_string();
        }
        match self.broken {
            None => trust,
            Some(Broken::NoIntermediate) => format!(
                "Broken on purpose: {} {trust} To mend it, append {INTERMEDIATE} to {CERTIFICATE}.",
                Broken::NoIntermediate.sentence()
            ),
            Some(broken @ (Broken::NoSan | Broken::Version1)) => format!(
                "Broken on purpose: {} So the clients' lines ask for {}: with {} not every client would show the refusal. \
                 {trust}",
                broken.sentence(),
                self.asked_for(),
                self.name,
            ),
            Some(broken) => format!("Broken on purpose: {} {trust}", broken.sentence()),
        }
    }

    /// The name or address that the clients' lines ask for.
    fn asked_for(&self) -> &str {
        match self.broken {
            // curl and gnutls compare the common name even with an address, so it has to be another one.
            Some(Broken::NoSan | Broken::Version1) if self.name == LOOPBACK => OTHER_LOOPBACK,
            Some(Broken::NoSan | Broken::Version1) => LOOPBACK,
            _ => &self.name,
        }
    }

    /// The line that serves with the files, without a window.
    #[must_use]
    pub fn serve(&self) -> Use {
        let (certificate, key) = (argument(&self.certificate), argument(&self.key));
        let line = format!("echoscope --headless --tls --cert {certificate} --key {key}");
        Use { program: "echoscope", line }
    }

    /// The lines for the usual client programs, for a server on this computer and this port.
    #[must_use]
    pub fn uses(&self, port: u16) -> Vec<Use> {
        let ca = argument(&self.ca_file);
        let name = self.asked_for();
        let address = name.parse::<IpAddr>().ok();
        // Another name may lead to another computer, or nowhere: not every system knows those under .localhost.
        let here = (name != OTHER_LOOPBACK || name == self.name)
            && (address.is_some_and(|address| address.is_loopback())
                || name.eq_ignore_ascii_case("localhost"));
        let host = if here { name } else { "localhost" };
        let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let (target, url) = (bracketed(host), bracketed(name));
        let verify = if address.is_some() { "-verify_ip" } else { "-verify_hostname" };
        let server_name =
            if address.is_none() && !here { format!(" -servername {name}") } else { String::new() };
        let connect_to =
            if here { String::new() } else { format!(" --connect-to {url}:{port}:{target}:{port}") };
        let verify_name = if here { String::new() } else { format!(" --verify-hostname {name}") };
        let sni = if address.is_none() && !here { format!(" --sni-hostname {name}") } else { String::new() };
        let mut uses = Vec::new();
        let mut add = |program, line| uses.push(Use { program, line });
        add(
            "openssl",
            format!(
                "openssl s_client -connect {target}:{port}{server_name} -CAfile {ca} -verify_return_error {verify} {name}"
            ),
        );
        add(
            "curl",
            format!(
                "{CURL}{CURL_UNREVOKED} --http0.9 --max-time 3 --cacert {ca}{connect_to} https://{url}:{port}/"
            ),
        );
        add("Python", self.python(host, name, port));
        add("gnutls-cli", format!("gnutls-cli --x509cafile {ca}{verify_name}{sni} -p {port} {host}"));
        uses
    }

    fn python(&self, host: &str, name: &str, port: u16) -> String {
        python(&format!(
            "import socket, ssl; c = ssl.create_default_context(); c.load_verify_locations({}); \
             s = c.wrap_socket(socket.create_connection(('{host}', {port})), server_hostname='{name}'); \
             s.sendall(b'Hello'); print(s.recv(1024))",
            python_string(&self.ca_file)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::terminal::PYTHON;

    fn created(name: &str, file: &str) -> Created {
        Created {
            certificate: "server.crt".into(),
            key: "server.key".into(),
            ca_file: file.into(),
            files: Vec::new(),
            made_ca: false,
            line: String::new(),
            broken: None,
            ca_ends: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn localhost_needs_no_more_than_itself() {
        let lines: Vec<_> =
            created("localhost", "lab/ca.crt").uses(12345).into_iter().map(|u| u.line).collect();
        assert_eq!(
            lines,
            [
                "openssl s_client -connect localhost:12345 -CAfile lab/ca.crt -verify_return_error \
                 -verify_hostname localhost",
                &format!(
                    "{CURL}{CURL_UNREVOKED} --http0.9 --max-time 3 --cacert lab/ca.crt https://localhost:12345/"
                ),
                &format!(
                    "{PYTHON} -c \"import socket, ssl; c = ssl.create_default_context(); \
                 c.load_verify_locations('lab/ca.crt'); \
                 s = c.wrap_socket(socket.create_connection(('localhost', 12345)), server_hostname='localhost'); \
                 s.sendall(b'Hello'); print(s.recv(1024))\""
                ),
                "gnutls-cli --x509cafile lab/ca.crt -p 12345 localhost",
            ]
        );
    }

    #[test]
    fn another_name_is_asked_for_on_this_computer() {
        for (name, expected) in [
            ("a.test", "-connect localhost:1 -servername a.test -CAfile"),
            ("app.localhost", "-connect localhost:1 -servername app.localhost -CAfile"),
            ("::1", "-connect [::1]:1 -CAfile ca.crt -verify_return_error -verify_ip ::1"),
            ("10.1.2.3", "-connect localhost:1 -CAfile ca.crt -verify_return_error -verify_ip 10.1.2.3"),
        ] {
            let lines = created(name, "ca.crt").uses(1);
            assert!(lines[0].line.contains(expected), "{}", lines[0].line);
        }
        let curl = &created("a.test", "ca.crt").uses(1)[1].line;
        assert!(curl.contains("--connect-to a.test:1:localhost:1 https://a.test:1/"), "{curl}");
    }

    #[test]
    fn without_alternative_names_an_address_is_asked_for_that_is_not_the_common_name() {
        for (name, host, asked) in
            [("localhost", "127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost", "127.0.0.2")]
        {
            for broken in [Broken::NoSan, Broken::Version1] {
                let created = Created { broken: Some(broken), ..created(name, "ca.crt") };
                let [openssl, curl, python, gnutls] = created.uses(1).try_into().unwrap();
                assert_eq!(
                    openssl.line,
                    format!(
                        "openssl s_client -connect {host}:1 -CAfile ca.crt -verify_return_error -verify_ip {asked}"
                    )
                );
                assert!(curl.line.ends_with(&format!(" https://{asked}:1/")), "{}", curl.line);
                assert!(python.line.contains(&format!("server_hostname='{asked}'")), "{}", python.line);
                assert!(gnutls.line.contains(asked) && gnutls.line.ends_with(host), "{}", gnutls.line);
                assert!(created.advice().contains(&format!("ask for {asked}: ")), "{}", created.advice());
            }
        }
    }

    /// Our own program too would take it for a flag.
    #[test]
    fn a_folder_that_begins_with_a_dash_is_no_flag() {
        let created = Created {
            certificate: "-dash/server.crt".into(),
            key: "-dash/server.key".into(),
            ..created("localhost", "-dash/ca.crt")
        };
        assert!(created.serve().line.ends_with(" --cert ./-dash/server.crt --key ./-dash/server.key"));
        for used in created.uses(1).iter().filter(|used| used.program != "Python") {
            assert!(used.line.contains(" ./-dash/ca.crt "), "{}", used.line);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_everything_in_it_stays_one_argument() {
        let created = created("localhost", "it's $HOME/ca.crt");
        let lines = created.uses(1);
        assert!(lines[0].line.contains(r"-CAfile 'it'\''s $HOME/ca.crt'"), "{}", lines[0].line);
        assert!(lines[2].line.starts_with("python3 -c '"), "{}", lines[2].line);
    }
}
