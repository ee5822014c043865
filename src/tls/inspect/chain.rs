//! Whether each certificate of a file is signed by the next, as RFC 8446, section 4.4.2 wants it.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::prelude::X509Certificate;

use crate::tls::inspect::name::distinguished_name;

/// How a certificate stands to the one after it in the file. Numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The next one signed it.
    Holds,
    /// The next one has the issuer's name, and its signature is of a kind that can't be checked here.
    NameOnly,
    /// The next one is of another name than the issuer's.
    OtherName {
        /// The certificate whose issuer should come next.
        number: usize,
        /// Its issuer's name.
        issuer: String,
        /// The name of the next one.
        next: String,
        /// Where in the file its issuer stands instead.
        found: Option<usize>,
    },
    /// The next one has the issuer's name but another key.
    OtherKey {
        /// The certificate whose signature does not fit.
        number: usize,
        /// The name that both have.
        issuer: String,
    },
    /// The next one is the same certificate once more.
    Twice {
        /// The certificate that is repeated.
        number: usize,
    },
}

/// How the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a certificate that signed itself: clients must be given it, or know it.
    SelfSigned,
    /// With one whose issuer is not in the file: clients must know that issuer.
    Issuer(String),
}

impl Link {
    /// What is wrong and what to do; `None` where nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        Some(match self {
            Self::Holds | Self::NameOnly => return None,
            Self::OtherName { number, issuer, next, found: Some(found) } => format!(
                "Certificate {number} is signed by {issuer}, but certificate {} is {next}. Move certificate {found}, \
                 which is the right one, to its place.",
                number + 1
            ),
            Self::OtherName { number, issuer, next, found: None } => format!(
                "Certificate {number} is signed by {issuer}, but certificate {} is {next}. Put the certificate of its \
                 issuer there, or take out what does not belong to it.",
                number + 1
            ),
            Self::OtherKey { number, issuer } => format!(
                "Certificate {} has the name of certificate {number}'s issuer, {issuer}, but did not sign it: its key is \
                 another one. Put the right certificate of that name there.",
                number + 1
            ),
            Self::Twice { number } => {
                format!("Certificate {} is certificate {number} once more. Take it out.", number + 1)
            }
        })
    }
}

impl End {
    /// One sentence about it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::SelfSigned => {
                "The last certificate signed itself: clients take it only if they are given it as CA or know it."
                    .to_owned()
            }
            Self::Issuer(issuer) => format!(
                "The last certificate is signed by {issuer}, which is not in the file: clients must know it, or be given it \
                 as CA."
            ),
        }
    }
}

pub(super) fn links(parsed: &[X509Certificate<'_>], chain: &[CertificateDer<'_>]) -> Vec<Link> {
    (1..parsed.len().min(chain.len())).map(|index| link(parsed, chain, index)).collect()
}

/// How the certificate before `index` stands to that at `index`.
fn link(parsed: &[X509Certificate<'_>], chain: &[CertificateDer<'_>], index: usize) -> Link {
    let (number, child) = (index, &parsed[index - 1]);
    let is_issuer = |at: usize| child.issuer().as_raw() == parsed[at].subject().as_raw();
    if chain[index - 1] == chain[index] {
        return Link::Twice { number };
    }
    let issuer = distinguished_name(child.issuer());
    if !is_issuer(index) {
        let signed = |at: &usize| {
            *at != index - 1 && is_issuer(*at) && signed_by(&chain[index - 1], &parsed[*at]) != Some(false)
        };
        let found = (0..parsed.len()).find(signed).map(|at| at + 1);
        return Link::OtherName { number, issuer, next: distinguished_name(parsed[index].subject()), found };
    }
    match signed_by(&chain[index - 1], &parsed[index]) {
        Some(true) => Link::Holds,
        Some(false) => Link::OtherKey { number, issuer },
        None => Link::NameOnly,
    }
}

pub(super) fn end(parsed: &[X509Certificate<'_>], chain: &[CertificateDer<'_>]) -> End {
    match (parsed.last(), chain.last()) {
        (Some(last), Some(der)) if !self_signed(last, der) => End::Issuer(distinguished_name(last.issuer())),
        _ => End::SelfSigned,
    }
}

/// Whether it names itself as issuer, and its signature does not say otherwise.
pub(in crate::tls) fn self_signed(parsed: &X509Certificate<'_>, der: &CertificateDer<'_>) -> bool {
    parsed.subject().as_raw() == parsed.issuer().as_raw() && signed_by(der, parsed) != Some(false)
}

/// Whether a certificate's signature was made with an issuer's key; `None` where its algorithm is not one of ours.
pub(in crate::tls) fn signed_by(certificate: &[u8], issuer: &X509Certificate<'_>) -> Option<bool> {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature } (RFC 5280, section 4.1).
    let (_, whole) = Any::from_der(certificate).ok()?;
    let (rest, _) = Any::from_der(whole.data).ok()?;
    let signed = &whole.data[..whole.data.len() - rest.len()];
    let (rest, algorithm) = Any::from_der(rest).ok()?;
    let (_, signature) = Any::from_der(rest).ok()?;
    // The first byte of a BIT STRING counts its unused bits.
    let signature = signature.data.get(1..)?;
    let (_, key) = Any::from_der(issuer.public_key().raw).ok()?;
    let (_, key_algorithm) = Any::from_der(key.data).ok()?;
    let key = &issuer.public_key().subject_public_key.data;
    let provider = default_provider();
    let mut checkers = provider
        .signature_verification_algorithms
        .all
        .iter()
        .filter(|checker| {
            checker.signature_alg_id().as_ref() == algorithm.data
                && checker.public_key_alg_id().as_ref() == key_algorithm.data
        })
        .peekable();
    checkers.peek()?;
    Some(checkers.any(|checker| checker.verify_signature(key, signed, signature).is_ok()))
}
