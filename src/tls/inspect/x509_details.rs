//! One certificate's fields as text, each on one line.

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::AlgorithmIdentifier;

use crate::tls::certificate_report;
use crate::tls::inspect::certificate_text::{
    SubjectAltName, common_names, distinguished_name, general_names, hex, one_line, serial_number,
};
use crate::tls::inspect::extensions::ExtensionDetails;
use crate::tls::inspect::validity::Validity;
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
    /// Its signature's algorithm.
    pub signature: SignatureDetails,
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
        Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            names: general_names(certificate).iter().map(SubjectAltName::of).collect(),
            common_names: common_names(certificate.subject()).iter().map(|name| one_line(name)).collect(),
            validity: Validity::of(certificate),
            key: format!("{}{exponent}", certificate_report::key_kind(certificate.public_key())),
            signature: SignatureDetails::of(&certificate.signature_algorithm),
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

/// A signature's algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureDetails {
    /// The name in the standards (RFC 4055, 5758, 8410, 9881): `ecdsa-with-SHA256`; the identifier if it is unknown.
    pub name: String,
    /// A description: `ECDSA with SHA-256`.
    pub description: String,
    /// Whether clients no longer trust it because of its hash.
    pub is_weak: bool,
}

/// Identifier, standard name, description.
const SIGNATURES: &[(&str, &str, &str)] = &[
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", "RSA with MD2"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", "RSA with MD5"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "RSA with SHA-1"),
    ("1.3.14.3.2.29", "sha1WithRSA", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "RSA with SHA-224"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "RSA with SHA-256"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "RSA with SHA-384"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "RSA with SHA-512"),
    ("1.2.840.113549.1.1.10", "rsassaPss", "RSA-PSS"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "ECDSA with SHA-224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "ECDSA with SHA-512"),
    ("1.2.840.10040.4.3", "dsa-with-sha1", "DSA with SHA-1"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256", "DSA with SHA-256"),
    ("1.3.101.112", "Ed25519", "Ed25519"),
    ("1.3.101.113", "Ed448", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "id-ml-dsa-44", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "id-ml-dsa-65", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "id-ml-dsa-87", "ML-DSA-87"),
];

/// The hashes in the parameters of RSA-PSS.
const HASHES: &[(&str, &str)] = &[
    ("1.3.14.3.2.26", "SHA-1"),
    ("2.16.840.1.101.3.4.2.4", "SHA-224"),
    ("2.16.840.1.101.3.4.2.1", "SHA-256"),
    ("2.16.840.1.101.3.4.2.2", "SHA-384"),
    ("2.16.840.1.101.3.4.2.3", "SHA-512"),
];

impl SignatureDetails {
    fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = algorithm.algorithm.to_id_string();
        let known = SIGNATURES.iter().find(|(known, ..)| *known == oid);
        let (name, mut description) = match known {
            Some((_, name, description)) => ((*name).to_owned(), (*description).to_owned()),
            None => (oid.clone(), format!("an unknown algorithm, {oid}")),
        };
        if let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm) {
            let oid = parameters.hash_algorithm_oid().to_id_string();
            let hash = HASHES.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, hash)| *hash);
            description = format!("{description} with {hash}");
        }
        let is_weak = ["MD2", "MD5", "SHA-1"].iter().any(|hash| description.ends_with(hash));
        Self { name, description, is_weak }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_sha_256() {
        assert!(sha256(b"").starts_with("E3:B0:C4:42:98:FC:1C:14:"));
    }
}
