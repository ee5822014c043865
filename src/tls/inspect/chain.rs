//! A certificate file's chain: its certificates, and whether each is signed by the next (RFC 8446, section 4.4.2).

use rustls::pki_types::CertificateDer;
use x509_parser::error::X509Error;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::tls::inspect::certificate_text::distinguished_name;
use crate::tls::inspect::x509_details::CertificateDetails;
use crate::tls::load::CertificateFile;

/// A certificate file in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainDetails {
    /// Its certificates in the file's order, the server's own first.
    pub certificates: Vec<CertificateDetails>,
    /// The relation of each certificate to the next: one fewer than there are certificates.
    pub links: Vec<ChainLink>,
    /// The end of the chain.
    pub end: ChainEnd,
}

/// The relation of a certificate to the next one in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainLink {
    /// The next one signed it.
    Signed,
    /// The next one has the issuer's name, but the signature algorithm is unknown.
    NameOnly,
    /// The next one has another name than the issuer.
    OtherName {
        /// The issuer's name.
        issuer: String,
        /// The next one's name.
        next: String,
        /// The number of the issuer's certificate in the file, counted from 1.
        found: Option<usize>,
    },
    /// The next one has the issuer's name but another key.
    OtherKey {
        /// The name that both have.
        issuer: String,
    },
    /// The next one is the same certificate.
    Repeated,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainEnd {
    /// The last certificate is self-signed.
    SelfSigned,
    /// The issuer of the last certificate isn't in the file.
    Issuer(String),
}

impl ChainDetails {
    /// Inspects a file.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        let chain = file.chain();
        let parsed = parse(chain);
        let end = match parsed.last() {
            Some(last) if !self_signed(last) => ChainEnd::Issuer(distinguished_name(last.issuer())),
            _ => ChainEnd::SelfSigned,
        };
        Self {
            certificates: parsed
                .iter()
                .zip(chain)
                .map(|(parsed, der)| CertificateDetails::new(parsed, der))
                .collect(),
            links: (1..parsed.len()).map(|next| link(&parsed, chain, next)).collect(),
            end,
        }
    }
}

/// Parses certificates that were parsed before when their file was read.
pub(super) fn parse<'a>(chain: &'a [CertificateDer<'_>]) -> Vec<X509Certificate<'a>> {
    chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, parsed)| parsed).collect()
}

/// Returns the relation of the certificate before `next` to that at `next`.
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

/// Returns whether a certificate names itself as issuer, and its signature doesn't contradict that.
pub(super) fn self_signed(certificate: &X509Certificate<'_>) -> bool {
    has_signed(certificate, certificate)
}

/// Returns whether a certificate names `issuer` as its issuer, and its signature doesn't contradict that.
pub(super) fn has_signed(issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == issuer.subject().as_raw()
        && signed_by(certificate, issuer) != Some(false)
}

/// Returns whether a certificate's signature was made with an issuer's key; `None` for an unknown algorithm.
fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    match certificate.verify_signature(Some(issuer.public_key())) {
        Ok(()) => Some(true),
        Err(X509Error::SignatureVerificationError) => Some(false),
        Err(_) => None,
    }
}
