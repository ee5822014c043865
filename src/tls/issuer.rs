//! Finds the issuer of a certificate in its own file and in the files of its folder.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::text::{MAX_NAME, sanitize};
use crate::tls::create::{CA_CERTIFICATE, INTERMEDIATE};
use crate::tls::file_error::FileRole;
use crate::tls::inspect::certificate_text::distinguished_name;
use crate::tls::inspect::chain::{self_signed, signed_by};
use crate::tls::load::{CertificateFile, certificates};

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
        let Some((der, sent)) = file.chain().split_first() else { return Self::Itself };
        // The file was parsed before, so this can't fail.
        let Ok((_, own)) = X509Certificate::from_der(der) else { return Self::Itself };
        let ca = beside(&file.path, CA_CERTIFICATE);
        let is_given = ca.contains(der);
        if self_signed(&own, der) {
            let expected = !is_given && ca.iter().any(|der| parsed(der).is_some_and(|ca| ca.is_ca()));
            return if expected { Self::ItselfBesideCa } else { Self::Itself };
        }
        let signed =
            |issuers: &[CertificateDer<'_>]| issuers.iter().any(|issuer| has_signed(issuer, der, &own));
        if is_given || signed(sent) || signed(&ca) {
            return Self::Known;
        }
        let name = sanitize(&distinguished_name(own.issuer()), MAX_NAME);
        if signed(&beside(&file.path, INTERMEDIATE)) {
            return Self::Intermediate { name };
        }
        let namesake = |der| parsed(der).is_some_and(|ca| ca.subject().as_raw() == own.issuer().as_raw());
        if ca.iter().any(namesake) { Self::NamesakeOfCa } else { Self::Unknown { name } }
    }
}

/// Whether a file in the same folder, which is not sent, contains the issuer of a certificate.
pub(super) fn signed_by_one_beside(path: &Path, name: &str, der: &CertificateDer<'_>) -> bool {
    parsed(der).is_some_and(|own| beside(path, name).iter().any(|issuer| has_signed(issuer, der, &own)))
}

/// Returns the certificates of a file in the same folder; none if there is no such file or it can't be used.
pub(super) fn beside(path: &Path, name: &str) -> Vec<CertificateDer<'static>> {
    certificates(&path.with_file_name(name), FileRole::Certificate).unwrap_or_default()
}

fn parsed<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed)
}

/// Whether the name is the issuer's, and the signature fits or can't be checked.
fn has_signed(issuer: &CertificateDer<'_>, der: &CertificateDer<'_>, own: &X509Certificate<'_>) -> bool {
    parsed(issuer).is_some_and(|issuer| {
        issuer.subject().as_raw() == own.issuer().as_raw() && signed_by(der, &issuer) != Some(false)
    })
}
