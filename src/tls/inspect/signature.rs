//! Signature algorithms, by their object identifiers.

use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::AlgorithmIdentifier;

/// How a certificate is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The standard's own name (RFC 4055, 5758, 8410, 9881): `ecdsa-with-SHA256`; an unknown one's identifier.
    pub name: String,
    /// In words: `ECDSA with SHA-256`.
    pub words: String,
    /// Whether clients of today no longer trust it, for its hash.
    pub weak: bool,
}

/// Identifier, standard name, words, weak.
const KNOWN: &[(&str, &str, &str, bool)] = &[
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", "RSA with MD2", true),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", "RSA with MD5", true),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "RSA with SHA-1", true),
    ("1.3.14.3.2.29", "sha1WithRSA", "RSA with SHA-1", true),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "RSA with SHA-224", false),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "RSA with SHA-256", false),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "RSA with SHA-384", false),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "RSA with SHA-512", false),
    ("1.2.840.113549.1.1.10", "rsassaPss", "RSA-PSS", false),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", "ECDSA with SHA-1", true),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "ECDSA with SHA-224", false),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "ECDSA with SHA-256", false),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "ECDSA with SHA-384", false),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "ECDSA with SHA-512", false),
    ("1.2.840.10040.4.3", "dsa-with-sha1", "DSA with SHA-1", true),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256", "DSA with SHA-256", false),
    ("1.3.101.112", "Ed25519", "Ed25519", false),
    ("1.3.101.113", "Ed448", "Ed448", false),
    ("2.16.840.1.101.3.4.3.17", "id-ml-dsa-44", "ML-DSA-44", false),
    ("2.16.840.1.101.3.4.3.18", "id-ml-dsa-65", "ML-DSA-65", false),
    ("2.16.840.1.101.3.4.3.19", "id-ml-dsa-87", "ML-DSA-87", false),
];

/// The hashes that RSA-PSS may name in its parameters.
const HASHES: &[(&str, &str)] = &[
    ("1.3.14.3.2.26", "SHA-1"),
    ("2.16.840.1.101.3.4.2.4", "SHA-224"),
    ("2.16.840.1.101.3.4.2.1", "SHA-256"),
    ("2.16.840.1.101.3.4.2.2", "SHA-384"),
    ("2.16.840.1.101.3.4.2.3", "SHA-512"),
];

impl Signature {
    pub(super) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = algorithm.algorithm.to_id_string();
        let Some((_, name, words, weak)) = KNOWN.iter().find(|(known, ..)| *known == oid) else {
            return Self {
                words: format!("an algorithm that Echoscope does not know, {oid}"),
                name: oid,
                weak: false,
            };
        };
        if let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm) {
            let hash = parameters.hash_algorithm_oid().to_id_string();
            let hash =
                HASHES.iter().find(|(known, _)| *known == hash).map_or(hash.as_str(), |(_, name)| *name);
            return Self {
                name: (*name).to_owned(),
                words: format!("{words} with {hash}"),
                weak: hash == "SHA-1",
            };
        }
        Self { name: (*name).to_owned(), words: (*words).to_owned(), weak: *weak }
    }
}
