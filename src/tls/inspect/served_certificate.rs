//! The server's certificate, and the certificate that a client must trust in order to accept it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{Error, RootCertStore};
use x509_parser::prelude::X509Certificate;

use crate::text::{MAX_NAME, list, sanitize};
use crate::tls::certificate::{Certificate, has_signed};
use crate::tls::create::{CA_CERTIFICATE, INTERMEDIATE};
use crate::tls::explain::certificate_errors::{is_name_constraint, rejection};
use crate::tls::explain::protocol_errors::Peer;
use crate::tls::inspect::certificate_text::distinguished_name;
use crate::tls::inspect::chain::parse;
use crate::tls::load::{CertificateFile, certificates, trust_anchor};

/// The server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedCertificate {
    /// The certificate itself.
    pub own: Certificate,
    /// The known certificates on the path from there to the root, its issuer first.
    pub above: Vec<Issuer>,
    /// The certificate that a client must trust.
    pub anchor: TrustAnchor,
    /// The error of rustls for this path, which the built-in client has as well; without dates and names.
    pub(in crate::tls) built_in: Option<BuiltInRejection>,
}

/// A certificate that signed another one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issuer {
    /// The certificate itself.
    pub certificate: Certificate,
    /// Its position in the server's file, counted from 1; `None` if it is in `ca.crt` of the same folder.
    pub number: Option<usize>,
}

/// Why rustls rejects a certificate, as the end of a sentence, and the advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tls) struct BuiltInRejection {
    pub(in crate::tls) is_name_constraint: bool,
    pub(in crate::tls) why: String,
    pub(in crate::tls) advice: String,
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
        let chain = file.chain();
        let beside = certificates_beside(&file.path, CA_CERTIFICATE);
        let all = [chain, &beside].concat();
        // The root in `ca.crt` is used only if the path leads to it.
        let (path, is_complete) = match follow_issuers(&all) {
            Ok(path) => (path, true),
            Err(_) => (follow_issuers(chain).unwrap_or_else(|path| path), false),
        };
        let issuer = |at: &usize| {
            let certificate = Certificate::from_der(&all[*at])?;
            Some(Issuer { certificate, number: (*at < chain.len()).then_some(at + 1) })
        };
        let ders: Vec<_> = path.iter().map(|at| all[*at].clone()).collect();
        Self {
            own: file.own().clone(),
            above: path[1..].iter().filter_map(issuer).collect(),
            anchor: anchor(&file.path, chain, &beside),
            built_in: built_in_rejection(&ders, is_complete),
        }
    }

    /// Returns a certificate on the path; the server's own is at position 0.
    pub(in crate::tls) fn at(&self, position: usize) -> &Certificate {
        position
            .checked_sub(1)
            .and_then(|above| self.above.get(above))
            .map_or(&self.own, |above| &above.certificate)
    }

    /// Returns the certificate's names and addresses, as part of a sentence.
    #[must_use]
    pub fn names(&self) -> String {
        let hosts: Vec<_> = self.own.hosts().map(str::to_owned).collect();
        match (hosts.is_empty(), self.own.common_names.first()) {
            (false, _) => list(&hosts, 4),
            (true, Some(common)) => format!("{common}, and that only as common name"),
            (true, None) => "no host name".to_owned(),
        }
    }
}

/// Returns the certificate that a client must trust. Also searches `ca.crt` and `intermediate.crt` in the same folder.
fn anchor(path: &Path, chain: &[CertificateDer<'static>], ca: &[CertificateDer<'static>]) -> TrustAnchor {
    let parsed_ca = parse(ca);
    let followed = follow_issuers(chain).map(|path| path.len() - 1).map_err(|path| path[path.len() - 1]);
    let last = match followed {
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
    if follow_issuers(&[chain, ca].concat()).is_ok() {
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
/// indices of the path to the root, or as an error those up to the certificate whose issuer is missing.
fn follow_issuers(chain: &[CertificateDer<'_>]) -> Result<Vec<usize>, Vec<usize>> {
    let parsed = parse(chain);
    let mut unused: Vec<usize> = (1..parsed.len()).collect();
    let mut path = vec![0];
    loop {
        let current = &parsed[path[path.len() - 1]];
        if has_signed(current, current) {
            return Ok(path);
        }
        // Of several issuers, clients prefer one that is valid and marked as a CA's.
        let preference = |at: &usize| (!parsed[*at].validity().is_valid(), !parsed[*at].is_ca());
        let issuers = unused.iter().copied().filter(|other| has_signed(&parsed[*other], current));
        let Some(found) = issuers.min_by_key(preference) else { return Err(path) };
        unused.retain(|other| *other != found);
        path.push(found);
    }
}

/// Returns why rustls rejects a path whose last certificate is trusted, at a time at which all of it is valid. Returns
/// `None` if there is no such time, or no issuer to trust.
fn built_in_rejection(path: &[CertificateDer<'static>], is_complete: bool) -> Option<BuiltInRejection> {
    let parsed = parse(path);
    let begin = parsed.iter().map(|one| one.validity().not_before.timestamp()).max()?;
    let end = parsed.iter().map(|one| one.validity().not_after.timestamp()).min()?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(begin).unwrap_or(0)));
    let check = || -> Result<(), Error> {
        let own = ParsedCertificate::try_from(&path[0])?;
        let [.., root] = path else { return Ok(()) };
        if path.len() == 1 && !is_complete {
            return Ok(());
        }
        let mut roots = RootCertStore::empty();
        roots.roots.extend(trust_anchor(root));
        let algorithms = default_provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&own, &roots, &path[1..], now, algorithms)
    };
    let error = if begin <= end { check().err()? } else { return None };
    let (why, advice) = rejection(&error, Peer::Server, "it", |_| None);
    Some(BuiltInRejection { is_name_constraint: is_name_constraint(&error), why, advice })
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

    /// RFC 5280, section 3.2.
    #[test]
    fn a_self_issued_certificate_is_self_signed_only_by_its_own_key() {
        let [key, other] = [(); 2].map(|()| KeyPair::generate().unwrap());
        let self_issued = params("same").signed_by(&key, &Issuer::new(params("same"), &other)).unwrap();
        let own = served(&[&self_issued]).own;
        assert!(own.subject == own.issuer && !own.self_signed);
        assert!(served(&[&params("same").self_signed(&key).unwrap()]).own.self_signed);
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
        assert!(plain.own.may_sign() && plain.own.purposes.is_none() && !plain.own.is_ca);
        assert_eq!(plain.names(), "localhost and ::1");
        let only_signs = served(&[&authority("lab").self_signed(&key).unwrap()]);
        assert!(only_signs.own.is_ca && !only_signs.own.may_sign());
        let mut for_clients = params("lab");
        for_clients.subject_alt_names.clear();
        for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let for_clients = served(&[&for_clients.self_signed(&key).unwrap()]);
        assert_eq!(for_clients.own.purposes.as_deref(), Some(&["1.3.6.1.5.5.7.3.2".to_owned()][..]));
        assert!(for_clients.own.is_for_by_common_name("lab"));
        assert_eq!(for_clients.names(), "lab, and that only as common name");
    }
}
