//! One certificate's fields as text, each on one line.

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::tls::certificate_report::{self, Validity};
use crate::tls::inspect::certificate_text::ExtensionDetails;
use crate::tls::inspect::certificate_text::{
    SubjectAltName, common_names, distinguished_name, general_names, hex, one_line, serial_number,
};
use crate::tls::key_type::bits;

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDetails {
    /// The subject's distinguished name: `CN=localhost, O=Lab`.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject alternative names (RFC 5280, section 4.2.1.6), in order.
    pub names: Vec<SubjectAltName>,
    /// The subject's common names, where old clients look for the server's name.
    pub common_names: Vec<String>,
    /// Its validity.
    pub validity: Validity,
    /// The kind of its key: `RSA 2048`, with the exponent if it is unusual.
    pub key: String,
    /// Its signature's algorithm: `ECDSA with SHA-256`.
    pub signature: String,
    /// Whether clients no longer trust that algorithm because of its hash.
    pub has_weak_signature: bool,
    /// The SHA-256 of the DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
    pub fingerprint: String,
    /// The serial number in hexadecimal, as `openssl x509 -serial` prints it.
    pub serial: String,
    /// The X.509 version: 1, 2 or 3.
    pub version: u8,
    /// Its extensions, in order.
    pub extensions: Vec<ExtensionDetails>,
    /// Whether it names itself as its issuer.
    pub self_signed: bool,
    /// Whether it may sign others (RFC 5280, section 4.2.1.9).
    pub is_ca: bool,
}

impl CertificateDetails {
    /// Parses a certificate; `None` if that fails.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, parsed)| Self::new(&parsed, der))
    }

    pub(super) fn new(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        let exponent = unusual_exponent(certificate)
            .map(|exponent| format!(", exponent {exponent} where 65537 is usual"))
            .unwrap_or_default();
        let signature = certificate_report::signature_kind(&certificate.signature_algorithm);
        Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            names: general_names(certificate).iter().map(SubjectAltName::of).collect(),
            common_names: common_names(certificate.subject()).iter().map(|name| one_line(name)).collect(),
            validity: Validity::of(certificate),
            key: format!("{}{exponent}", certificate_report::key_kind(certificate.public_key())),
            has_weak_signature: certificate_report::weak_hash(&signature).is_some(),
            signature,
            fingerprint: sha256(der),
            serial: serial_number(certificate.raw_serial()),
            version: u8::try_from(certificate.version().0.saturating_add(1)).unwrap_or(u8::MAX),
            extensions: certificate.extensions().iter().map(ExtensionDetails::of).collect(),
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            is_ca: certificate.is_ca(),
        }
    }
}

/// Returns an RSA key's public exponent unless it is 65537.
fn unusual_exponent(certificate: &X509Certificate<'_>) -> Option<String> {
    let Ok(PublicKey::RSA(rsa)) = certificate.public_key().parsed() else { return None };
    match rsa.try_exponent() {
        Ok(65537) => None,
        Ok(other) => Some(other.to_string()),
        Err(_) => Some(format!("of {} bits", bits(rsa.exponent))),
    }
}

/// Returns the SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
#[must_use]
pub fn sha256(der: &[u8]) -> String {
    // rustls exports its hashes only as part of a cipher suite.
    let hash = match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
    };
    hex(hash.hash(der).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_sha_256() {
        assert!(sha256(b"").starts_with("E3:B0:C4:42:98:FC:1C:14:"));
    }
}
