//! What there is to tell about a chosen certificate file: its chain in words, and what clients will say to it.
//!
//! ```text
//!  CertificateFile ──> Details::of ──> CertificateDetails (one a certificate): names, validity, key, extensions
//!         │                  └───────> Link: whether each certificate is signed by the next
//!         └──> verdicts(file, &Roots, now) ──> Verdict, one sentence each
//! ```
//!
//! Pure functions of a file that was read before; only [`Details::read`], [`Roots::system`] and [`Roots::read`] wait
//! for a disk. Nothing here belongs on the window's thread, and nothing asks the network: revocation is not checked.

use std::path::Path;

use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use crate::tls::certificate::CertificateFile;
use crate::tls::error::FileError;
use crate::tls::kind::KeyKind;
use crate::tls::report;

mod chain;
mod differences;
mod extensions;
mod fingerprint;
mod name;
mod names;
mod roots;
mod sentence;
mod served;
mod signature;
mod text;
mod validity;
mod verdict;

pub use chain::{End, Link};
pub use extensions::Extension;
pub use fingerprint::{colons, sha256};
pub use name::distinguished_name;
pub use names::{Name, NameKind};
pub use roots::Roots;
pub use served::{Anchor, Served};
pub use signature::Signature;

pub use validity::Validity;
pub use verdict::{Outcome, Trust, Verdict, verdicts};

pub(super) use chain::{self_signed, signed_by};

/// A certificate file in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Its certificates in the file's order, the server's own first.
    pub chain: Vec<CertificateDetails>,
    /// How each certificate stands to the one after it: one fewer than there are certificates.
    pub links: Vec<Link>,
    /// How the chain ends.
    pub end: End,
}

/// One certificate. Every text is kept to one line, whatever the certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDetails {
    /// Whom it is about, in RFC 4514's order and escapes with a space after each comma: `CN=localhost, O=Lab`; `(none)`
    /// where it is empty.
    pub subject: String,
    /// Who signed it, in the same form.
    pub issuer: String,
    /// Its subject alternative names (RFC 5280, section 4.2.1.6), in order.
    pub names: Vec<Name>,
    /// Its subject's common names, where old clients look for the server's name.
    pub common_names: Vec<String>,
    /// From when until when.
    pub validity: Validity,
    /// The kind of its key.
    pub key: KeyKind,
    /// An RSA key's public exponent where it is not the usual 65537.
    pub unusual_exponent: Option<String>,
    /// How it is signed.
    pub signature: Signature,
    /// The SHA-256 of the whole certificate, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
    pub fingerprint: String,
    /// The serial number, as `openssl x509 -serial` prints it: hexadecimal, no separators.
    pub serial: String,
    /// X.509 version: 1, 2 or 3.
    pub version: u8,
    /// Its extensions in words, in order; none in versions 1 and 2.
    pub extensions: Vec<Extension>,
    /// Whether it names itself as its issuer.
    pub self_signed: bool,
    /// Whether it may sign others (RFC 5280, section 4.2.1.9).
    pub is_ca: bool,
}

impl Details {
    /// Reads a file and looks at all of it. May wait for a disk: not for the window's thread.
    ///
    /// # Errors
    /// Everything that [`CertificateFile::read`] can find.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        CertificateFile::read(path).map(|file| Self::of(&file))
    }

    /// Looks at a file that was read before.
    #[must_use]
    pub fn of(file: &CertificateFile) -> Self {
        // The file was parsed when it was read, so none of them is passed over here.
        let parsed: Vec<_> = file
            .chain()
            .iter()
            .filter_map(|der| X509Certificate::from_der(der).ok())
            .map(|(_, it)| it)
            .collect();
        Self {
            chain: parsed
                .iter()
                .zip(file.chain())
                .map(|(parsed, der)| CertificateDetails::new(parsed, der))
                .collect(),
            links: chain::links(&parsed, file.chain()),
            end: chain::end(&parsed, file.chain()),
        }
    }

    /// The sentences about links that do not hold; none where the chain is in order.
    #[must_use]
    pub fn broken_links(&self) -> Vec<String> {
        self.links.iter().filter_map(Link::problem).collect()
    }
}

/// Looks at one certificate; `None` where it can't be read.
#[must_use]
pub fn describe(der: &[u8]) -> Option<CertificateDetails> {
    X509Certificate::from_der(der).ok().map(|(_, parsed)| CertificateDetails::new(&parsed, der))
}

impl CertificateDetails {
    fn new(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        Self {
            subject: name::distinguished_name(certificate.subject()),
            issuer: name::distinguished_name(certificate.issuer()),
            names: names::alternative(certificate),
            common_names: name::common_names(certificate.subject())
                .iter()
                .map(|name| text::line(name))
                .collect(),
            validity: Validity {
                not_before: report::moment(certificate.validity().not_before.timestamp()),
                not_after: report::moment(certificate.validity().not_after.timestamp()),
            },
            key: report::key_kind(certificate.public_key()),
            unusual_exponent: unusual_exponent(certificate),
            signature: Signature::of(&certificate.signature_algorithm),
            fingerprint: sha256(der),
            serial: fingerprint::serial(certificate.raw_serial()),
            version: u8::try_from(certificate.version().0.saturating_add(1)).unwrap_or(u8::MAX),
            extensions: certificate.extensions().iter().map(Extension::of).collect(),
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            is_ca: certificate.is_ca(),
        }
    }

    /// The key in words: `RSA 2048`, with its exponent where that is unusual.
    #[must_use]
    pub fn key_words(&self) -> String {
        match &self.unusual_exponent {
            Some(exponent) => format!("{}, exponent {exponent} where 65537 is usual", self.key),
            None => self.key.to_string(),
        }
    }
}

fn unusual_exponent(certificate: &X509Certificate<'_>) -> Option<String> {
    let Ok(PublicKey::RSA(rsa)) = certificate.public_key().parsed() else { return None };
    match rsa.try_exponent() {
        Ok(65537) => None,
        Ok(other) => Some(other.to_string()),
        Err(_) => Some(format!("of {} bits", crate::tls::kind::bits(rsa.exponent))),
    }
}
