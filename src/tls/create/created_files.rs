//! The files of a new certificate, and how to use them: command lines for a terminal.

use std::net::IpAddr;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::platform::terminal::{TerminalCommand, argument};
use crate::settings::SettingChoice;
use crate::tls::certificate::Certificate;
use crate::tls::client_commands::ClientCommands;
use crate::tls::create::certificate_spec::{
    CA_CERTIFICATE, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, CertificateSpec, Defect, INTERMEDIATE, KEY,
};

/// The address that the clients' commands ask for if the certificate has no alternative names. For a host name, some
/// clients would accept the common name.
const LOOPBACK: &str = "127.0.0.1";

/// The address to ask for instead if the common name is [`LOOPBACK`]. The commands don't connect to it, so the server
/// doesn't need to listen there.
const OTHER_LOOPBACK: &str = "127.0.0.2";

/// The files of a new certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedFiles {
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
    /// The file that clients use as their CA file: the practice CA's certificate, or the server's self-signed one.
    pub ca_file: PathBuf,
    /// The client certificate and its private key, if they were created. The CA file is that of the clients, too.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Every file that was written, in the order of writing.
    pub files: Vec<PathBuf>,
    /// A summary, for example `localhost, 127.0.0.1 · RSA 2048 · 365 days left`.
    pub summary: String,
    /// The deliberate defect, if any.
    pub defect: Option<Defect>,
    /// When the CA that signed the certificate expires, if the certificate is valid for longer.
    ca_not_after: Option<Timestamp>,
    /// The host name that clients ask for.
    name: String,
}

impl CreatedFiles {
    pub(super) fn new(
        spec: &CertificateSpec,
        names: &[&str],
        certificate: &[u8],
        ca_not_after: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, rcgen::Error> {
        let own = Certificate::from_der(certificate).ok_or(rcgen::Error::CouldNotParseCertificate)?;
        let path = |name: &str| spec.folder.join(name);
        Ok(Self {
            certificate: path(CERTIFICATE),
            key: path(KEY),
            ca_file: path(if spec.needs_ca() { CA_CERTIFICATE } else { CERTIFICATE }),
            client: spec.client_certificate.then(|| (path(CLIENT_CERTIFICATE), path(CLIENT_KEY))),
            files: names.iter().map(|name| path(name)).collect(),
            summary: own.line(now),
            defect: spec.defect,
            ca_not_after: ca_not_after
                .filter(|end| spec.defect != Some(Defect::SelfSigned) && *end < own.validity.not_after),
            // A client asks for one name, never for a wildcard.
            name: spec.common_name.replacen('*', "www", 1),
        })
    }

    /// Returns a few sentences on how to use the files.
    #[must_use]
    pub fn advice(&self) -> String {
        let mut trust = format!(
            "The clients of the Client tab trust it already. Give {} to other clients as their CA file: neither the system trust \
             store nor a browser's was changed.",
            argument(&self.ca_file)
        );
        if let Some(end) = self.ca_not_after {
            trust += &end.strftime(" Clients accept it only until ca.crt expires on %Y-%m-%d.").to_string();
        }
        let Some(defect) = self.defect else { return trust };
        let sentence = defect.about();
        match defect {
            Defect::NoIntermediate => format!(
                "Broken on purpose: {sentence} {trust} To fix it, append {INTERMEDIATE} to {CERTIFICATE}."
            ),
            _ if defect.has_no_names() => format!(
                "Broken on purpose: {sentence} So the clients' commands ask for {}: not every client rejects it for {}. {trust}",
                self.requested_name(),
                self.name,
            ),
            _ => format!("Broken on purpose: {sentence} {trust}"),
        }
    }

    /// Returns a sentence on how to use the client certificate, if it was created, from a terminal.
    #[must_use]
    pub fn client_advice(&self) -> Option<String> {
        let (certificate, key) = self.client.as_ref()?;
        Some(format!(
            "Clients present {} with {} to a server with --client-auth required --client-ca {}.",
            argument(certificate),
            argument(key),
            argument(&self.ca_file)
        ))
    }

    /// Returns the name or address that the clients' command lines ask for.
    fn requested_name(&self) -> &str {
        match self.defect {
            // curl and gnutls compare the common name even with an address, so the address must differ from it.
            Some(defect) if defect.has_no_names() && self.name == LOOPBACK => OTHER_LOOPBACK,
            Some(defect) if defect.has_no_names() => LOOPBACK,
            _ => &self.name,
        }
    }

    /// Returns the command line that starts a server with the files, without a window.
    #[must_use]
    pub fn server_command(&self) -> TerminalCommand {
        let (certificate, key) = (argument(&self.certificate), argument(&self.key));
        let line = format!("echoscope --headless --tls --cert {certificate} --key {key}");
        TerminalCommand { program: "echoscope", line, note: None }
    }

    /// Returns the command lines with which common clients connect to a server on this computer and check the
    /// certificate.
    #[must_use]
    pub fn client_commands(&self, port: u16) -> [TerminalCommand; 4] {
        let name = self.requested_name();
        // Another name may resolve to another computer, or not at all: not every OS resolves names under .localhost.
        let is_local = (name != OTHER_LOOPBACK || name == self.name)
            && name
                .parse::<IpAddr>()
                .map_or_else(|_| name.eq_ignore_ascii_case("localhost"), |address| address.is_loopback());
        let commands = ClientCommands {
            host: if is_local { name } else { "localhost" }.to_owned(),
            port,
            name: name.to_owned(),
            ca_file: Some(self.ca_file.clone()),
            ..ClientCommands::default()
        };
        commands.lines()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(name: &str, file: &str) -> CreatedFiles {
        CreatedFiles {
            certificate: "server.crt".into(),
            key: "server.key".into(),
            ca_file: file.into(),
            client: None,
            files: Vec::new(),
            summary: String::new(),
            defect: None,
            ca_not_after: None,
            name: name.to_owned(),
        }
    }

    #[test]
    fn clients_ask_this_computer_for_another_name() {
        for (name, expected) in [
            (
                "localhost",
                "-connect localhost:1 -CAfile ca.crt -verify_return_error -verify_hostname localhost",
            ),
            ("a.test", "-connect localhost:1 -servername a.test -CAfile"),
            ("app.localhost", "-connect localhost:1 -servername app.localhost -CAfile"),
            ("::1", "-connect [::1]:1 -CAfile ca.crt -verify_return_error -verify_ip ::1"),
            ("10.1.2.3", "-connect localhost:1 -CAfile ca.crt -verify_return_error -verify_ip 10.1.2.3"),
        ] {
            let lines = created(name, "ca.crt").client_commands(1);
            assert!(lines[0].line.contains(expected), "{}", lines[0].line);
        }
    }

    #[test]
    fn without_alternative_names_clients_ask_for_another_address() {
        for (name, host, asked) in
            [("localhost", "127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost", "127.0.0.2")]
        {
            for defect in [Defect::NoSan, Defect::Version1] {
                let created = CreatedFiles { defect: Some(defect), ..created(name, "ca.crt") };
                let [openssl, python, curl, gnutls] = created.client_commands(1);
                assert_eq!(
                    openssl.line,
                    format!(
                        "openssl s_client -quiet -connect {host}:1 -CAfile ca.crt -verify_return_error -verify_ip {asked}"
                    )
                );
                assert!(curl.line.ends_with(&format!(" https://{asked}:1/")), "{}", curl.line);
                assert!(python.line.contains(&format!("server_hostname='{asked}'")), "{}", python.line);
                assert!(gnutls.line.contains(asked) && gnutls.line.ends_with(host), "{}", gnutls.line);
                assert!(created.advice().contains(&format!("ask for {asked}: ")), "{}", created.advice());
            }
        }
    }

    #[test]
    fn a_folder_that_begins_with_a_dash_is_not_a_flag() {
        let created = CreatedFiles {
            certificate: "-dash/server.crt".into(),
            key: "-dash/server.key".into(),
            ..created("localhost", "-dash/ca.crt")
        };
        assert!(
            created.server_command().line.ends_with(" --cert ./-dash/server.crt --key ./-dash/server.key")
        );
        for command in created.client_commands(1).iter().filter(|command| command.program != "Python") {
            assert!(command.line.contains(" ./-dash/ca.crt "), "{}", command.line);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_special_characters_stays_one_argument() {
        let created = created("localhost", "it's $HOME/ca.crt");
        let lines = created.client_commands(1);
        assert!(lines[0].line.contains(r"-CAfile 'it'\''s $HOME/ca.crt'"), "{}", lines[0].line);
        assert!(lines[1].line.starts_with("python3 -c '"), "{}", lines[1].line);
    }
}
