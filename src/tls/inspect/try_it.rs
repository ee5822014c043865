//! The command lines for a served certificate: what clients trust, which name they check, and whether Python must not be
//! strict.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::settings::parse::reachable_host;
use crate::tls::client_commands::ClientCommands;
use crate::tls::inspect::served_certificate::{ServedCertificate, TrustAnchor};
use crate::tls::inspect::verdict::Clients;

impl ServedCertificate {
    /// Returns the commands for a server on `host` with this certificate, which is in the file `certificate`. They ask
    /// for the host or, if that stands for all addresses, for a name in the certificate.
    #[must_use]
    pub fn client_commands(&self, certificate: &Path, host: &str, port: u16) -> ClientCommands {
        let reachable = reachable_host(host);
        let asked = || {
            self.host_to_ask_for(host).filter(|name| (name != host || reachable == host) && is_plain(name))
        };
        let name = Some(reachable.clone()).filter(|name| self.own.is_for(name)).or_else(asked);
        let name = name.unwrap_or_else(|| reachable.clone());
        let verdicts = self.verdicts(Some(&name), Timestamp::now());
        // Turning the strict mode off makes Python accept the certificate only if nothing else is wrong.
        let is_lenient = verdicts.iter().all(|verdict| !verdict.clients.contain(Clients::PYTHON));
        let strict = verdicts.into_iter().find(|verdict| verdict.clients.contain(Clients::STRICT_PYTHON));
        ClientCommands {
            host: reachable,
            port,
            ca_file: self.ca_file(certificate),
            not_strict: strict.filter(|_| is_lenient).map(|verdict| self.why(verdict, &name)),
            name,
            ..ClientCommands::default()
        }
    }

    /// Returns the file to give to clients as their CA file; `None` if it isn't known.
    pub(in crate::tls) fn ca_file(&self, certificate: &Path) -> Option<PathBuf> {
        match &self.anchor {
            TrustAnchor::Own | TrustAnchor::OwnBesideCa | TrustAnchor::InFile => Some(certificate.to_owned()),
            TrustAnchor::Beside { ca, .. } => Some(ca.clone()),
            TrustAnchor::Intermediate { .. } | TrustAnchor::Missing { .. } => None,
        }
    }
}

/// Returns whether a name has no character that is special to a shell or to Python: a certificate may contain any text.
fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    name.parse::<IpAddr>().is_ok() || (!name.starts_with('-') && name.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::certificate::tests::good_certificate;
    use crate::tls::inspect::certificate_text::{DNS_NAME, IP_ADDRESS, SubjectAltName};

    fn commands(names: &[&str], host: &str) -> ClientCommands {
        let kind = |name: &str| if name.parse::<IpAddr>().is_ok() { IP_ADDRESS } else { DNS_NAME };
        let mut served = ServedCertificate { own: good_certificate(), ..ServedCertificate::default() };
        served.own.names =
            names.iter().map(|name| SubjectAltName { kind: kind(name), text: (*name).to_owned() }).collect();
        served.client_commands(Path::new("lab/server.crt"), host, 7)
    }

    #[test]
    fn clients_ask_for_the_host_or_for_a_name_of_it() {
        for (names, host, connect, name) in [
            (&["localhost", "127.0.0.1"][..], "localhost", "localhost", "localhost"),
            (&["localhost", "127.0.0.1"], "0.0.0.0", "127.0.0.1", "127.0.0.1"),
            (&["localhost", "::1"], "::", "::1", "::1"),
            (&["lab.test"], "0.0.0.0", "127.0.0.1", "lab.test"),
            (&["*.lab.test"], "0.0.0.0", "127.0.0.1", "www.lab.test"),
            // The certificate isn't for the host, which the line shows.
            (&["other.test"], "localhost", "localhost", "localhost"),
            // A certificate can't put commands into the line.
            (&["$(id)"], "0.0.0.0", "127.0.0.1", "127.0.0.1"),
            (&["-quiet"], "0.0.0.0", "127.0.0.1", "127.0.0.1"),
            (&["x'); print('"], "0.0.0.0", "127.0.0.1", "127.0.0.1"),
        ] {
            let commands = commands(names, host);
            assert_eq!((commands.host.as_str(), commands.name.as_str()), (connect, name), "{names:?} {host}");
        }
    }

    #[test]
    fn a_ca_file_is_named_only_if_it_is_known() {
        let mut served = ServedCertificate::default();
        let ca_file = |served: &ServedCertificate| served.ca_file(Path::new("lab/server.crt"));
        assert_eq!(ca_file(&served), Some("lab/server.crt".into()));
        served.anchor = TrustAnchor::Beside { issuer: "CN=CA".to_owned(), ca: "lab/ca.crt".into() };
        assert_eq!(ca_file(&served), Some("lab/ca.crt".into()));
        served.anchor =
            TrustAnchor::Missing { issuer: "CN=CA".to_owned(), is_direct: true, has_namesake: false };
        assert_eq!(ca_file(&served), None);
    }
}
