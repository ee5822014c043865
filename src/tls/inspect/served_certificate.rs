//! The server's certificate, and the certificate that a client must trust in order to accept it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::X509Certificate;

use crate::text::{MAX_NAME, list, sanitize};
use crate::tls::certificate::{Certificate, Validity, has_signed};
use crate::tls::create::{CA_CERTIFICATE, INTERMEDIATE};
use crate::tls::inspect::certificate_text::distinguished_name;
use crate::tls::inspect::chain::parse;
use crate::tls::key_type::KeyType;
use crate::tls::load::{CertificateFile, certificates};

/// The minimum length of an RSA key in bits. Most clients reject shorter keys (NIST SP 800-131A, section 6).
const MIN_RSA_BITS: u32 = 2048;

/// The server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedCertificate {
    /// The certificate itself.
    pub own: Certificate,
    /// The validity of each later certificate in the file.
    pub above: Vec<Validity>,
    /// The certificate that a client must trust.
    pub anchor: TrustAnchor,
}

/// The certificate that a client must trust in order to accept the served one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustAnchor {
    /// The certificate itself, which is self-signed.
    #[default]
    Own,
    /// The certificate itself, which is self-signed although `ca.crt` in the same folder contains another CA
    /// certificate.
    OwnBesideCa,
    /// A root in the same file.
    InFile,
    /// A root in `ca.crt` of the same folder.
    Beside {
        /// The name of the issuer that isn't in the file, on one line.
        issuer: String,
        /// The path of `ca.crt`.
        ca: PathBuf,
    },
    /// A CA above an intermediate CA. The intermediate CA's certificate isn't sent, because it is in `intermediate.crt`
    /// of the same folder.
    Intermediate {
        /// The intermediate CA's name, on one line.
        issuer: String,
    },
    /// An issuer whose certificate is in none of these files, or only in a `ca.crt` that doesn't lead to a root.
    Missing {
        /// The issuer's name, on one line.
        issuer: String,
        /// Whether this issuer signed the server's certificate itself, not a later one in the file.
        is_direct: bool,
        /// Whether `ca.crt` contains a CA with the issuer's name but another key.
        has_namesake: bool,
    },
}

impl ServedCertificate {
    /// Inspects a file and searches for its CA in the same folder. Blocks on the disk.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        Self {
            own: file.own().clone(),
            above: file.certificates()[1..].iter().map(|above| above.validity).collect(),
            anchor: anchor(&file.path, file.chain()),
        }
    }

    /// Returns the certificate's hash algorithm or key if clients no longer accept it: `SHA1`, `RSA 1024`.
    #[must_use]
    pub fn weak(&self) -> Option<String> {
        match (self.own.weak_hash(), &self.own.key) {
            // No client checks the hash of a self-signature.
            (Some(hash), _) if !self.own.self_signed => Some(hash.to_owned()),
            (_, KeyType::Rsa { bits }) if *bits < MIN_RSA_BITS => Some(self.own.key.to_string()),
            _ => None,
        }
    }

    /// Returns the position in the file, counted from 1, and the validity of the first later certificate that isn't
    /// valid at `now`.
    #[must_use]
    pub fn outdated_above(&self, now: Timestamp) -> Option<(usize, Validity)> {
        let index = self.above.iter().position(|validity| !validity.holds(now))?;
        Some((index + 2, self.above[index]))
    }

    /// Returns the certificate's names and addresses, as part of a sentence.
    #[must_use]
    pub fn names(&self) -> String {
        let hosts: Vec<_> = self.own.hosts().map(str::to_owned).collect();
        match (hosts.is_empty(), self.own.common_names.first()) {
            (false, _) => list(&hosts, 4),
            (true, Some(common)) => format!("{common}, and that only as common name"),
            (true, None) => "no name at all".to_owned(),
        }
    }
}

/// Returns the certificate that a client must trust. Also searches `ca.crt` and `intermediate.crt` in the same folder.
fn anchor(path: &Path, chain: &[CertificateDer<'static>]) -> TrustAnchor {
    let ca = certificates_beside(path, CA_CERTIFICATE);
    let parsed_ca = parse(&ca);
    let last = match follow_issuers(chain) {
        Ok(0) if !ca.contains(&chain[0]) && parsed_ca.iter().any(|ca| ca.is_ca()) => {
            return TrustAnchor::OwnBesideCa;
        }
        Ok(0) => return TrustAnchor::Own,
        Ok(_) => return TrustAnchor::InFile,
        Err(last) => last,
    };
    let parsed = &parse(chain)[last];
    let issuer = sanitize(&distinguished_name(parsed.issuer()), MAX_NAME);
    // A client needs the root, so a `ca.crt` that doesn't lead to one is useless as its CA file.
    if follow_issuers(&[chain, &ca].concat()).is_ok() {
        return TrustAnchor::Beside { issuer, ca: path.with_file_name(CA_CERTIFICATE) };
    }
    if parse(&certificates_beside(path, INTERMEDIATE)).iter().any(|between| has_signed(between, parsed)) {
        return TrustAnchor::Intermediate { issuer };
    }
    let is_namesake = |ca: &X509Certificate<'_>| {
        ca.subject().as_raw() == parsed.issuer().as_raw() && !has_signed(ca, parsed)
    };
    TrustAnchor::Missing { issuer, is_direct: last == 0, has_namesake: parsed_ca.iter().any(is_namesake) }
}

/// Follows the issuers from the first certificate, as a client does, and skips unrelated certificates. Returns the
/// index of the root, or as an error the index of the certificate whose issuer is missing.
fn follow_issuers(chain: &[CertificateDer<'_>]) -> Result<usize, usize> {
    let parsed = parse(chain);
    let mut unused: Vec<usize> = (1..parsed.len()).collect();
    let mut current = 0;
    while !has_signed(&parsed[current], &parsed[current]) {
        let is_issuer = |other: &usize| has_signed(&parsed[*other], &parsed[current]);
        let found = unused.iter().position(is_issuer).ok_or(current)?;
        current = unused.swap_remove(found);
    }
    Ok(current)
}

/// Returns the certificates of a file in the same folder; none if there is no such file or it can't be used.
fn certificates_beside(path: &Path, name: &str) -> Vec<CertificateDer<'static>> {
    certificates(&path.with_file_name(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        KeyUsagePurpose,
    };

    use super::*;

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

    fn served(chain: &[&rcgen::Certificate]) -> ServedCertificate {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.crt");
        std::fs::write(&path, chain.iter().map(|one| one.pem()).collect::<String>()).unwrap();
        ServedCertificate::of(&CertificateFile::read(&path).unwrap())
    }

    #[test]
    fn the_anchor_is_the_first_missing_issuer() {
        let [key, between, root, other] = [(); 4].map(|()| KeyPair::generate().unwrap());
        let root_certificate = authority("root").self_signed(&root).unwrap();
        // A CA with the root's name that signed nothing.
        let impostor = authority("root").self_signed(&other).unwrap();
        let between_certificate =
            authority("between").signed_by(&between, &Issuer::new(authority("root"), &root)).unwrap();
        let own = params("own").signed_by(&key, &Issuer::new(authority("between"), &between)).unwrap();
        let missing_with = |name: &str, is_direct, has_namesake| TrustAnchor::Missing {
            issuer: format!("CN={name}"),
            is_direct,
            has_namesake,
        };
        let missing = |name: &str| missing_with(name, name == "between", false);
        assert_eq!(served(&[&root_certificate]).anchor, TrustAnchor::Own);
        assert_eq!(served(&[&own]).anchor, missing("between"));
        assert_eq!(served(&[&own, &root_certificate]).anchor, missing("between"));
        assert_eq!(served(&[&own, &between_certificate]).anchor, missing("root"));
        assert_eq!(served(&[&own, &between_certificate, &impostor]).anchor, missing("root"));
        assert_eq!(served(&[&own, &root_certificate, &between_certificate]).anchor, TrustAnchor::InFile);

        // A missing issuer is searched for in other files of the same folder.
        let beside = |chain: &[&rcgen::Certificate], others: &[(&str, &[&rcgen::Certificate])]| {
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
        let (root, between) = (&[&root_certificate][..], &[&between_certificate][..]);
        let both = [("ca.crt", root), ("intermediate.crt", between)];
        assert_eq!(beside(&[&own], &both), "intermediate CN=between");
        assert_eq!(beside(&[&own], &both[1..]), "intermediate CN=between");
        assert_eq!(beside(&[&own, &between_certificate], &both), "beside CN=root");
        assert_eq!(
            beside(&[&own], &[("ca.crt", &[&between_certificate, &root_certificate])]),
            "beside CN=between"
        );
        // `ca.crt` contains the intermediate CA but no root.
        assert_eq!(beside(&[&own], &[("ca.crt", between)]), format!("{:?}", missing("between")));
        let impostors = [("ca.crt", &[&impostor][..])];
        let namesake = missing_with("root", false, true);
        assert_eq!(beside(&[&own, &between_certificate], &impostors), format!("{namesake:?}"));
        assert_eq!(beside(&[&root_certificate], &impostors), "OwnBesideCa");
    }

    #[test]
    fn names_and_allowed_uses_are_recognized() {
        let key = KeyPair::generate().unwrap();
        let plain = served(&[&params("lab").self_signed(&key).unwrap()]);
        assert!(plain.own.is_for("LOCALHOST") && plain.own.is_for("::1"));
        assert!(!plain.own.is_for("lab") && !plain.own.is_for("127.0.0.1"));
        assert!(plain.own.may_sign && plain.own.may_serve && !plain.own.is_ca && plain.weak().is_none());
        assert_eq!(plain.names(), "localhost and ::1");
        let only_signs = served(&[&authority("lab").self_signed(&key).unwrap()]);
        assert!(only_signs.own.is_ca && !only_signs.own.may_sign);
        let mut for_clients = params("lab");
        for_clients.subject_alt_names.clear();
        for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let for_clients = served(&[&for_clients.self_signed(&key).unwrap()]);
        assert!(!for_clients.own.may_serve && for_clients.own.is_for_by_common_name("lab"));
        assert_eq!(for_clients.names(), "lab, and that only as common name");
    }
}
