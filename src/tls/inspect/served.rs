//! What is known of the certificate that is served, as far as it can be why a client refuses it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::text::{MAX_NAME, sanitize};
use crate::tls::create::{CA_CERTIFICATE, INTERMEDIATE};
use crate::tls::inspect::chain::{self};
use crate::tls::inspect::validity::Validity;
use crate::tls::inspect::{CertificateFile, name, names, report, text};
use crate::tls::kind::KeyKind;
use crate::tls::signer::{beside, signed_by_one_beside};

/// As many names as a sentence bears.
const MOST_TOLD: usize = 4;
/// Below this many bits an RSA key is too short for most clients (NIST SP 800-131A, section 6).
const SHORTEST_RSA: u32 = 2048;

/// The certificate that is served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Served {
    /// From when until when it is valid.
    pub validity: Validity,
    /// The same of the certificates after it in its file.
    pub above: Vec<Validity>,
    /// The host names among its alternative names, some with a wildcard.
    pub hosts: Vec<String>,
    /// The addresses among its alternative names.
    pub addresses: Vec<IpAddr>,
    /// Its common names where it has no host name among its alternative names: many clients still look there.
    pub common: Vec<String>,
    /// X.509 version: 1, 2 or 3.
    pub version: u8,
    /// Whether it is marked as one that signs others.
    pub is_ca: bool,
    /// Whether its key usage, if it has one, lets it sign a handshake (RFC 5280, section 4.2.1.3).
    pub may_sign: bool,
    /// Whether its extended key usage, if it has one, lets it be a server's (RFC 5280, section 4.2.1.12).
    pub may_serve: bool,
    /// What clients don't take any more: `SHA-1`, `RSA 1024`.
    pub weak: Option<String>,
    /// The kind of its key.
    pub key: KeyKind,
    /// Whom a client must trust.
    pub anchor: Anchor,
}

/// Whom a client must trust in order to accept the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The certificate itself: it signed itself.
    #[default]
    Own,
    /// A root that is in the file too.
    InFile,
    /// Someone whose certificate is not in the file, but in the one beside it that is called `ca.crt`.
    Beside {
        /// Their name, in one line.
        issuer: String,
        /// That file.
        ca: PathBuf,
    },
    /// Someone above the intermediate CA that signed it: that one's certificate is not in the file, so it is not sent,
    /// but in the one beside it that is called `intermediate.crt`.
    Intermediate {
        /// The intermediate CA's name, in one line.
        issuer: String,
    },
    /// Someone of this name, whose certificate is in none of these files.
    Missing(String),
}

impl Served {
    /// What there is to know about a file that was read before. Looks for its CA beside it, so it waits for a disk: not
    /// for the window's thread.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        // The file was parsed when it was read, so none of them is passed over here.
        let parsed: Vec<_> = file
            .chain()
            .iter()
            .filter_map(|der| X509Certificate::from_der(der).ok())
            .map(|(_, it)| it)
            .collect();
        let report = file.report();
        let mut served = Self {
            validity: Validity { not_before: report.not_before, not_after: report.not_after },
            above: parsed.iter().skip(1).map(validity).collect(),
            hosts: Vec::new(),
            addresses: Vec::new(),
            common: Vec::new(),
            version: report.version,
            is_ca: parsed.first().is_some_and(|own| own.is_ca()),
            may_sign: true,
            may_serve: true,
            weak: None,
            key: report.key.clone(),
            anchor: anchor(&file.path, file.chain()),
        };
        if let Some(own) = parsed.first() {
            served.read_names(own);
            served.read_usages(own);
        }
        served.weak = match (&served.key, report.weak_hash) {
            // Nobody looks at the hash of a signature that a certificate made for itself.
            (_, Some(hash)) if served.anchor != Anchor::Own => Some(hash.to_owned()),
            (KeyKind::Rsa { bits }, _) if *bits < SHORTEST_RSA => Some(served.key.to_string()),
            _ => None,
        };
        served
    }

    fn read_names(&mut self, own: &X509Certificate<'_>) {
        for general in names::general(own) {
            match general {
                GeneralName::DNSName(host) => self.hosts.push((*host).to_owned()),
                GeneralName::IPAddress(bytes) => self.addresses.extend(report::address(bytes)),
                _ => {}
            }
        }
        if self.hosts.is_empty() {
            self.common = name::common_names(own.subject());
        }
    }

    fn read_usages(&mut self, own: &X509Certificate<'_>) {
        if let Ok(Some(usage)) = own.key_usage() {
            self.may_sign = usage.value.digital_signature();
        }
        if let Ok(Some(usage)) = own.extended_key_usage() {
            self.may_serve = usage.value.server_auth || usage.value.any;
        }
    }

    /// Whether it is for a name or an address, by its alternative names.
    #[must_use]
    pub fn is_for(&self, asked: &str) -> bool {
        match asked.parse::<IpAddr>() {
            Ok(address) => self.addresses.contains(&address),
            Err(_) => self.hosts.iter().any(|host| matches(host, asked)),
        }
    }

    /// Whether it is for a name, but only by its common name.
    #[must_use]
    pub fn is_for_by_common_name(&self, asked: &str) -> bool {
        self.common.iter().any(|host| matches(host, asked))
    }

    /// The certificate after it in its file that is not valid at a moment.
    #[must_use]
    pub fn outdated_above(&self, now: Timestamp) -> Option<(usize, Validity)> {
        let at = self.above.iter().position(|validity| !validity.holds(now))?;
        Some((at + 2, self.above[at]))
    }

    /// Its names and addresses in a sentence.
    #[must_use]
    pub fn names(&self) -> String {
        let hosts = self.hosts.iter().map(|host| text::line(host));
        let all: Vec<_> = hosts.chain(self.addresses.iter().map(ToString::to_string)).collect();
        match (all.is_empty(), self.common.first()) {
            (false, _) => crate::text::list(&all, MOST_TOLD),
            (true, Some(common)) => format!("{}, and that only as common name", text::line(common)),
            (true, None) => "nobody by name".to_owned(),
        }
    }
}

fn validity(certificate: &X509Certificate<'_>) -> Validity {
    let validity = certificate.validity();
    Validity {
        not_before: report::moment(validity.not_before.timestamp()),
        not_after: report::moment(validity.not_after.timestamp()),
    }
}

/// Who a client must trust, with the files beside the certificate's looked into where its own does not tell.
fn anchor(path: &Path, chain: &[CertificateDer<'static>]) -> Anchor {
    let last = match top(chain) {
        Ok(0) => return Anchor::Own,
        Ok(_) => return Anchor::InFile,
        Err(last) => last,
    };
    let issuer = X509Certificate::from_der(&chain[last])
        .map(|(_, last)| sanitize(&crate::tls::inspect::distinguished_name(last.issuer()), MAX_NAME))
        .unwrap_or_default();
    // A client needs the root: a `ca.crt` that does not lead to one is of no use as its CA file.
    if top(&[chain, &beside(path, CA_CERTIFICATE)].concat()).is_ok() {
        Anchor::Beside { issuer, ca: path.with_file_name(CA_CERTIFICATE) }
    } else if signed_by_one_beside(path, INTERMEDIATE, &chain[last]) {
        Anchor::Intermediate { issuer }
    } else {
        Anchor::Missing(issuer)
    }
}

/// Goes up from the first certificate, as a client does: what is out of order or does not belong to it is passed over.
/// Where that ends: at a root, or else at the last one whose issuer is there.
fn top(chain: &[CertificateDer<'_>]) -> Result<usize, usize> {
    let parsed: Vec<_> =
        chain.iter().map(|der| X509Certificate::from_der(der).ok().map(|(_, it)| it)).collect();
    let mut left: Vec<usize> = (1..parsed.len()).collect();
    let mut at = 0;
    while let Some(Some(own)) = parsed.get(at) {
        if chain::self_signed(own, &chain[at]) {
            return Ok(at);
        }
        let signed = |by: &usize| {
            parsed[*by].as_ref().is_some_and(|by| {
                own.issuer().as_raw() == by.subject().as_raw()
                    && chain::signed_by(&chain[at], by) != Some(false)
            })
        };
        match left.iter().position(signed) {
            Some(found) => at = left.swap_remove(found),
            None => break,
        }
    }
    Err(at)
}

/// Whether a certificate's host name is the one that was asked for (RFC 9525, section 6.3).
fn matches(host: &str, asked: &str) -> bool {
    let (host, asked) = (host.trim_end_matches('.'), asked.trim_end_matches('.'));
    match (host.strip_prefix("*."), asked.split_once('.')) {
        (Some(below), Some((label, rest))) => !label.is_empty() && below.eq_ignore_ascii_case(rest),
        (Some(_), None) => false,
        (None, _) => host.eq_ignore_ascii_case(asked),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
        KeyPair, KeyUsagePurpose,
    };

    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(matches("Localhost", "localhost."));
        assert!(matches("*.lab.example", "www.LAB.example"));
        for asked in ["lab.example", "a.b.lab.example", ".lab.example", "localhost"] {
            assert!(!matches("*.lab.example", asked), "{asked}");
        }
        assert!(!matches("localhost", "localhost.example"));
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["localhost".to_owned(), "::1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn authority(name: &str) -> CertificateParams {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
    }

    fn served(chain: &[&Certificate]) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        std::fs::write(&path, chain.iter().map(|one| one.pem()).collect::<String>()).unwrap();
        Served::of(&CertificateFile::read(&path).unwrap())
    }

    #[test]
    fn a_client_must_trust_the_first_that_is_missing() {
        let [key, between, root, other] = [(); 4].map(|()| KeyPair::generate().unwrap());
        let root_made = authority("root").self_signed(&root).unwrap();
        // Of the same name, but it signed nothing.
        let impostor = authority("root").self_signed(&other).unwrap();
        let between_made =
            authority("between").signed_by(&between, &Issuer::new(authority("root"), &root)).unwrap();
        let own = params("own").signed_by(&key, &Issuer::new(authority("between"), &between)).unwrap();
        let missing = |name: &str| Anchor::Missing(format!("CN={name}"));
        assert_eq!(served(&[&root_made]).anchor, Anchor::Own);
        assert_eq!(served(&[&own]).anchor, missing("between"));
        assert_eq!(served(&[&own, &root_made]).anchor, missing("between"));
        assert_eq!(served(&[&own, &between_made]).anchor, missing("root"));
        assert_eq!(served(&[&own, &between_made, &impostor]).anchor, missing("root"));
        assert_eq!(served(&[&own, &root_made, &between_made]).anchor, Anchor::InFile);

        // The files beside it are looked into for what it does not hold itself.
        let beside = |chain: &[&Certificate], others: &[(&str, &[&Certificate])]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, made) in others.iter().chain([&("server.crt", chain)]) {
                let pem = made.iter().map(|one| one.pem()).collect::<String>();
                std::fs::write(folder.path().join(name), pem).unwrap();
            }
            let path = folder.path().join("server.crt");
            match Served::of(&CertificateFile::read(&path).unwrap()).anchor {
                Anchor::Beside { issuer, ca } => {
                    assert_eq!(ca, folder.path().join("ca.crt"));
                    format!("beside {issuer}")
                }
                Anchor::Intermediate { issuer } => format!("intermediate {issuer}"),
                other => format!("{other:?}"),
            }
        };
        let (root, between) = (&[&root_made][..], &[&between_made][..]);
        let both = [("ca.crt", root), ("intermediate.crt", between)];
        assert_eq!(beside(&[&own], &both), "intermediate CN=between");
        assert_eq!(beside(&[&own], &both[1..]), "intermediate CN=between");
        assert_eq!(beside(&[&own, &between_made], &both), "beside CN=root");
        assert_eq!(beside(&[&own], &[("ca.crt", &[&between_made, &root_made])]), "beside CN=between");
        // Neither leads a client to a root that it could trust.
        assert_eq!(beside(&[&own], &[("ca.crt", between)]), "Missing(\"CN=between\")");
        let impostors = [("ca.crt", &[&impostor][..])];
        assert_eq!(beside(&[&own, &between_made], &impostors), "Missing(\"CN=root\")");
    }

    #[test]
    fn names_and_purposes_are_read_off() {
        let key = KeyPair::generate().unwrap();
        let plain = served(&[&params("lab").self_signed(&key).unwrap()]);
        assert!(plain.is_for("LOCALHOST") && plain.is_for("::1") && plain.common.is_empty());
        assert!(!plain.is_for("lab") && !plain.is_for("127.0.0.1"));
        assert!(plain.may_sign && plain.may_serve && !plain.is_ca && plain.weak.is_none());
        assert_eq!(plain.names(), "localhost and ::1");
        let signs = served(&[&authority("lab").self_signed(&key).unwrap()]);
        assert!(signs.is_ca && !signs.may_sign);
        let mut for_clients = params("lab");
        for_clients.subject_alt_names.clear();
        for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let for_clients = served(&[&for_clients.self_signed(&key).unwrap()]);
        assert!(!for_clients.may_serve && for_clients.is_for_by_common_name("lab"));
        assert_eq!(for_clients.names(), "lab, and that only as common name");
    }
}
