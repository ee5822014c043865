//! Facts about the served certificate that explain why a client rejects it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::text::{MAX_NAME, list, sanitize};
use crate::tls::certificate_report::Validity;
use crate::tls::create::{CA_CERTIFICATE, INTERMEDIATE};
use crate::tls::file_error::FileRole;
use crate::tls::inspect::certificate_text::{
    address, common_names, distinguished_name, general_names, one_line,
};
use crate::tls::inspect::chain::{has_signed, parse, self_signed};
use crate::tls::key_type::KeyType;
use crate::tls::load::{CertificateFile, certificates};

/// An RSA key of fewer bits is too short for most clients (NIST SP 800-131A, section 6).
const MIN_RSA_BITS: u32 = 2048;

/// The served certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedCertificate {
    /// Its validity.
    pub validity: Validity,
    /// The validity of the certificates after it in its file.
    pub above: Vec<Validity>,
    /// The host names among its alternative names, maybe with wildcards.
    pub hosts: Vec<String>,
    /// The addresses among its alternative names.
    pub addresses: Vec<IpAddr>,
    /// Its common names if it has no host name among its alternative names. Many clients still check them.
    pub common: Vec<String>,
    /// The X.509 version: 1, 2 or 3.
    pub version: u8,
    /// Whether it is a CA's certificate.
    pub is_ca: bool,
    /// Whether its key usage, if any, allows signing a handshake (RFC 5280, section 4.2.1.3).
    pub may_sign: bool,
    /// Whether its extended key usage, if any, allows a TLS server (RFC 5280, section 4.2.1.12).
    pub may_serve: bool,
    /// An algorithm that clients no longer accept: `SHA-1`, `RSA 1024`.
    pub weak: Option<String>,
    /// The kind of its key.
    pub key: KeyType,
    /// The certificate that a client must trust.
    pub anchor: TrustAnchor,
}

/// The certificate that a client must trust in order to accept the served one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustAnchor {
    /// The certificate itself, which is self-signed.
    #[default]
    Own,
    /// A root in the same file.
    InFile,
    /// A root in `ca.crt` of the same folder.
    Beside {
        /// The name of the issuer that isn't in the file, on one line.
        issuer: String,
        /// The path of `ca.crt`.
        ca: PathBuf,
    },
    /// A CA above the intermediate CA whose certificate is in `intermediate.crt` of the same folder and so isn't sent.
    Intermediate {
        /// The intermediate CA's name, on one line.
        issuer: String,
    },
    /// An issuer of this name, whose certificate is in none of these files.
    Missing(String),
}

impl ServedCertificate {
    /// Inspects a file and searches for its CA in the same folder. Blocks on the disk.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        let report = file.report();
        let parsed = parse(file.chain());
        let anchor = anchor(&file.path, file.chain());
        let weak = match (&report.key, report.weak_hash) {
            // No client checks the hash of a self-signature.
            (_, Some(hash)) if anchor != TrustAnchor::Own => Some(hash.to_owned()),
            (KeyType::Rsa { bits }, _) if *bits < MIN_RSA_BITS => Some(report.key.to_string()),
            _ => None,
        };
        let mut served = Self {
            validity: report.validity,
            above: parsed.iter().skip(1).map(Validity::of).collect(),
            version: report.version,
            may_sign: true,
            may_serve: true,
            weak,
            key: report.key.clone(),
            anchor,
            ..Self::default()
        };
        let own = &parsed[0];
        served.is_ca = own.is_ca();
        for name in general_names(own) {
            match name {
                GeneralName::DNSName(host) => served.hosts.push((*host).to_owned()),
                GeneralName::IPAddress(bytes) => {
                    served.addresses.extend(address(bytes));
                }
                _ => {}
            }
        }
        if served.hosts.is_empty() {
            served.common = common_names(own.subject());
        }
        if let Ok(Some(usage)) = own.key_usage() {
            served.may_sign = usage.value.digital_signature();
        }
        if let Ok(Some(usage)) = own.extended_key_usage() {
            served.may_serve = usage.value.server_auth || usage.value.any;
        }
        served
    }

    /// Returns whether it is for a name or an address, by its alternative names.
    #[must_use]
    pub fn is_for(&self, requested: &str) -> bool {
        match requested.parse::<IpAddr>() {
            Ok(address) => self.addresses.contains(&address),
            Err(_) => self.hosts.iter().any(|host| matches(host, requested)),
        }
    }

    /// Returns whether it is for a name, but only by its common name.
    #[must_use]
    pub fn is_for_by_common_name(&self, requested: &str) -> bool {
        self.common.iter().any(|host| matches(host, requested))
    }

    /// Returns the number and the validity of the first certificate after it in its file that isn't valid.
    #[must_use]
    pub fn outdated_above(&self, now: Timestamp) -> Option<(usize, Validity)> {
        let at = self.above.iter().position(|validity| !validity.holds(now))?;
        Some((at + 2, self.above[at]))
    }

    /// Returns its names and addresses for a sentence.
    #[must_use]
    pub fn names(&self) -> String {
        let hosts = self.hosts.iter().map(|host| one_line(host));
        let all: Vec<_> = hosts.chain(self.addresses.iter().map(ToString::to_string)).collect();
        match (all.is_empty(), self.common.first()) {
            (false, _) => list(&all, 4),
            (true, Some(common)) => format!("{}, and that only as common name", one_line(common)),
            (true, None) => "no name at all".to_owned(),
        }
    }
}

/// Returns the certificate that a client must trust. Also searches the files beside the certificate's.
fn anchor(path: &Path, chain: &[CertificateDer<'static>]) -> TrustAnchor {
    let last = match follow_issuers(chain) {
        Ok(0) => return TrustAnchor::Own,
        Ok(_) => return TrustAnchor::InFile,
        Err(last) => last,
    };
    let parsed = &parse(chain)[last];
    let issuer = issuer_name(parsed);
    // A client needs the root, so a `ca.crt` that doesn't lead to one is useless as its CA file.
    if follow_issuers(&[chain, &beside(path, CA_CERTIFICATE)].concat()).is_ok() {
        return TrustAnchor::Beside { issuer, ca: path.with_file_name(CA_CERTIFICATE) };
    }
    let between = beside(path, INTERMEDIATE);
    if parse(&between).iter().any(|between| has_signed(between, parsed)) {
        TrustAnchor::Intermediate { issuer }
    } else {
        TrustAnchor::Missing(issuer)
    }
}

/// Follows the issuers from the first certificate, as a client does, and skips unrelated certificates. Returns the index
/// of the root, or as an error that of the last certificate whose issuer is missing.
fn follow_issuers(chain: &[CertificateDer<'_>]) -> Result<usize, usize> {
    let parsed = parse(chain);
    let mut unused: Vec<usize> = (1..parsed.len()).collect();
    let mut at = 0;
    while !self_signed(&parsed[at]) {
        let is_issuer = |other: &usize| has_signed(&parsed[*other], &parsed[at]);
        let found = unused.iter().position(is_issuer).ok_or(at)?;
        at = unused.swap_remove(found);
    }
    Ok(at)
}

/// Returns whether a certificate's host name matches the requested one (RFC 9525, section 6.3).
fn matches(host: &str, requested: &str) -> bool {
    let (host, requested) = (host.trim_end_matches('.'), requested.trim_end_matches('.'));
    match (host.strip_prefix("*."), requested.split_once('.')) {
        (Some(parent), Some((label, rest))) => !label.is_empty() && parent.eq_ignore_ascii_case(rest),
        (Some(_), None) => false,
        (None, _) => host.eq_ignore_ascii_case(requested),
    }
}

/// The issuer of a certificate. `ca.crt` and `intermediate.crt` are looked for in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// The certificate is self-signed, and no other file suggests otherwise.
    Itself,
    /// The certificate is self-signed, although the folder has another certificate, a CA's, as `ca.crt`.
    ItselfBesideCa,
    /// A certificate of its file, or `ca.crt`.
    Known,
    /// `intermediate.crt`, which is not in the file and so not sent.
    Intermediate {
        /// Its name, on one line.
        name: String,
    },
    /// A CA with the name of `ca.crt` and another key.
    NamesakeOfCa,
    /// None of the certificates found.
    Unknown {
        /// Its name, on one line.
        name: String,
    },
}

impl Issuer {
    /// Finds the issuer. May block on a disk.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        let chain = file.chain();
        let parsed_chain = parse(chain);
        let ca = beside(&file.path, CA_CERTIFICATE);
        let parsed_ca = parse(&ca);
        // A file that could be read has at least one certificate.
        let (own, sent) = (&parsed_chain[0], &parsed_chain[1..]);
        let is_given = ca.contains(&chain[0]);
        if self_signed(own) {
            let expected = !is_given && parsed_ca.iter().any(|ca| ca.is_ca());
            return if expected { Self::ItselfBesideCa } else { Self::Itself };
        }
        let signed = |issuers: &[X509Certificate<'_>]| issuers.iter().any(|issuer| has_signed(issuer, own));
        if is_given || signed(sent) || signed(&parsed_ca) {
            return Self::Known;
        }
        let name = issuer_name(own);
        if signed(&parse(&beside(&file.path, INTERMEDIATE))) {
            Self::Intermediate { name }
        } else if parsed_ca.iter().any(|ca| ca.subject().as_raw() == own.issuer().as_raw()) {
            Self::NamesakeOfCa
        } else {
            Self::Unknown { name }
        }
    }
}

/// Returns the certificates of a file in the same folder; none if there is no such file or it can't be used.
fn beside(path: &Path, name: &str) -> Vec<CertificateDer<'static>> {
    certificates(&path.with_file_name(name), FileRole::Certificate).unwrap_or_default()
}

/// Returns the name of a certificate's issuer on one line.
fn issuer_name(certificate: &X509Certificate<'_>) -> String {
    sanitize(&distinguished_name(certificate.issuer()), MAX_NAME)
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
        KeyPair, KeyUsagePurpose,
    };

    use super::*;

    #[test]
    fn a_wildcard_matches_one_label() {
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

    fn served(chain: &[&Certificate]) -> ServedCertificate {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        std::fs::write(&path, chain.iter().map(|one| one.pem()).collect::<String>()).unwrap();
        ServedCertificate::of(&CertificateFile::read(&path).unwrap())
    }

    #[test]
    fn the_anchor_is_the_first_missing_issuer() {
        let [key, between, root, other] = [(); 4].map(|()| KeyPair::generate().unwrap());
        let root_made = authority("root").self_signed(&root).unwrap();
        // Has the same name, but signed nothing.
        let impostor = authority("root").self_signed(&other).unwrap();
        let between_made =
            authority("between").signed_by(&between, &Issuer::new(authority("root"), &root)).unwrap();
        let own = params("own").signed_by(&key, &Issuer::new(authority("between"), &between)).unwrap();
        let missing = |name: &str| TrustAnchor::Missing(format!("CN={name}"));
        assert_eq!(served(&[&root_made]).anchor, TrustAnchor::Own);
        assert_eq!(served(&[&own]).anchor, missing("between"));
        assert_eq!(served(&[&own, &root_made]).anchor, missing("between"));
        assert_eq!(served(&[&own, &between_made]).anchor, missing("root"));
        assert_eq!(served(&[&own, &between_made, &impostor]).anchor, missing("root"));
        assert_eq!(served(&[&own, &root_made, &between_made]).anchor, TrustAnchor::InFile);

        // A missing issuer is searched in the files beside it.
        let beside = |chain: &[&Certificate], others: &[(&str, &[&Certificate])]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, made) in others.iter().chain([&("server.crt", chain)]) {
                let pem = made.iter().map(|one| one.pem()).collect::<String>();
                std::fs::write(folder.path().join(name), pem).unwrap();
            }
            let path = folder.path().join("server.crt");
            match ServedCertificate::of(&CertificateFile::read(&path).unwrap()).anchor {
                TrustAnchor::Beside { issuer, ca } => {
                    assert_eq!(ca, folder.path().join("ca.crt"));
                    format!("beside {issuer}")
                }
                TrustAnchor::Intermediate { issuer } => format!("intermediate {issuer}"),
                other => format!("{other:?}"),
            }
        };
        let (root, between) = (&[&root_made][..], &[&between_made][..]);
        let both = [("ca.crt", root), ("intermediate.crt", between)];
        assert_eq!(beside(&[&own], &both), "intermediate CN=between");
        assert_eq!(beside(&[&own], &both[1..]), "intermediate CN=between");
        assert_eq!(beside(&[&own, &between_made], &both), "beside CN=root");
        assert_eq!(beside(&[&own], &[("ca.crt", &[&between_made, &root_made])]), "beside CN=between");
        // Neither leads to a root.
        assert_eq!(beside(&[&own], &[("ca.crt", between)]), "Missing(\"CN=between\")");
        let impostors = [("ca.crt", &[&impostor][..])];
        assert_eq!(beside(&[&own, &between_made], &impostors), "Missing(\"CN=root\")");
    }

    #[test]
    fn names_and_purposes_are_found() {
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
