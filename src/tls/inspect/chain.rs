//! A certificate file's chain: its certificates, and whether each is signed by the next (RFC 8446, section 4.4.2).

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::tls::certificate::{has_signed, signed_by};
use crate::tls::inspect::certificate_text::distinguished_name;
use crate::tls::load::CertificateFile;

/// The relation of a certificate to the next one in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainLink {
    /// The next certificate signed this one.
    Signed,
    /// The next certificate has the issuer's name, but the signature can't be checked, because its algorithm is
    /// unknown.
    NameOnly,
    /// The next certificate has another name than the issuer.
    OtherName {
        /// The issuer's name.
        issuer: String,
        /// The next certificate's name.
        next: String,
        /// The position of the issuer's certificate in the file, counted from 1; `None` if it isn't in the file.
        found: Option<usize>,
    },
    /// The next certificate has the issuer's name but another key.
    OtherKey {
        /// The name of both the issuer and the next certificate.
        issuer: String,
    },
    /// The next certificate is the same one again.
    Repeated,
}

/// Returns the relation of each certificate of a file to the next: one fewer than there are certificates.
#[must_use]
pub fn chain_links(file: &CertificateFile) -> Vec<ChainLink> {
    let chain = file.chain();
    let parsed = parse(chain);
    (1..parsed.len()).map(|next| link(&parsed, chain, next)).collect()
}

/// Parses certificates, and omits any that are invalid. Those of a [`CertificateFile`] are all valid.
pub(super) fn parse<'a>(chain: &'a [CertificateDer<'_>]) -> Vec<X509Certificate<'a>> {
    chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, parsed)| parsed).collect()
}

/// Returns the relation of the certificate at index `next - 1` to the one at `next`.
fn link(parsed: &[X509Certificate<'_>], chain: &[CertificateDer<'_>], next: usize) -> ChainLink {
    let own = &parsed[next - 1];
    if chain[next - 1] == chain[next] {
        return ChainLink::Repeated;
    }
    let issuer = distinguished_name(own.issuer());
    if own.issuer().as_raw() != parsed[next].subject().as_raw() {
        let is_issuer = |at: &usize| *at != next - 1 && has_signed(&parsed[*at], own);
        let found = (0..parsed.len()).find(is_issuer).map(|at| at + 1);
        return ChainLink::OtherName { issuer, next: distinguished_name(parsed[next].subject()), found };
    }
    match signed_by(own, &parsed[next]) {
        Some(true) => ChainLink::Signed,
        Some(false) => ChainLink::OtherKey { issuer },
        None => ChainLink::NameOnly,
    }
}
