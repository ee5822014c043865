//! Key types, and the object identifiers for them in certificates and key files.

use std::fmt;

/// The type of a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyType {
    /// RSA (RFC 8017).
    Rsa {
        /// The length of the modulus in bits.
        bits: u32,
    },
    /// ECDSA on a NIST curve (FIPS 186-5).
    Ecdsa {
        /// The size of the curve in bits: 256, 384 or 521.
        curve: u16,
    },
    /// Ed25519 (RFC 8032).
    #[default]
    Ed25519,
    /// ML-DSA (FIPS 204).
    MlDsa {
        /// The parameter set: 44, 65 or 87.
        set: u8,
    },
    /// Any other type, which the server can't sign with: its name, or its object identifier if it has no known name.
    Other(String),
}

const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC: &str = "1.2.840.10045.2.1";

/// The names of other algorithms, by object identifier. The server can't sign with them.
const OTHER_ALGORITHMS: &[(&str, &str)] = &[
    (RSA_PSS, "RSA-PSS"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.113549.1.3.1", "Diffie-Hellman"),
    ("1.2.840.10046.2.1", "Diffie-Hellman"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.113", "Ed448"),
];

const OTHER_CURVES: &[(&str, &str)] = &[
    ("1.2.840.10045.3.1.1", "P-192"),
    ("1.3.132.0.33", "P-224"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.2.156.10197.1.301", "SM2"),
];

/// The name of an ECDSA key that doesn't name its curve.
pub(super) const UNNAMED_CURVE: &str = "ECDSA (curve not named)";

impl KeyType {
    /// Returns the key type for the object identifiers of an algorithm and its curve. `bits` is called for the length
    /// of an RSA modulus; if that is missing, the result is `None`.
    pub(super) fn new(
        algorithm: &str,
        curve: Option<&str>,
        bits: impl FnOnce() -> Option<u32>,
    ) -> Option<Self> {
        Some(match algorithm {
            RSA => Self::Rsa { bits: bits()? },
            EC => Self::on_curve(curve),
            "1.3.101.112" => Self::Ed25519,
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa { set: 44 },
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa { set: 65 },
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa { set: 87 },
            other => Self::Other(name(OTHER_ALGORITHMS, other).unwrap_or(other).to_owned()),
        })
    }

    /// Returns the type of a key on the curve with this object identifier; `None` if the key describes the curve by its
    /// parameters (RFC 3279, section 2.3.5), or not at all.
    pub(super) fn on_curve(curve: Option<&str>) -> Self {
        match curve {
            Some("1.2.840.10045.3.1.7") => Self::Ecdsa { curve: 256 },
            Some("1.3.132.0.34") => Self::Ecdsa { curve: 384 },
            Some("1.3.132.0.35") => Self::Ecdsa { curve: 521 },
            None => Self::Other(UNNAMED_CURVE.to_owned()),
            Some(other) => Self::Other(format!("ECDSA {}", name(OTHER_CURVES, other).unwrap_or(other))),
        }
    }
}

/// Returns whether keys with these algorithm identifiers can be the same key: a certificate may limit an RSA key to
/// RSA-PSS (RFC 4055, section 1.2).
pub(super) fn is_same_family(one: &str, other: &str) -> bool {
    let family = |oid: &str| if oid == RSA_PSS { RSA.to_owned() } else { oid.to_owned() };
    family(one) == family(other)
}

/// Returns the length in bits of a big-endian number.
pub(super) fn bits(number: &[u8]) -> u32 {
    let digits = number.iter().skip_while(|&&byte| byte == 0);
    let zero_bits = digits.clone().next().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(digits.count() * 8).unwrap_or(u32::MAX).saturating_sub(zero_bits)
}

fn name(names: &'static [(&str, &str)], oid: &str) -> Option<&'static str> {
    names.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ecdsa { curve } => write!(f, "ECDSA P-{curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa { set } => write!(f, "ML-DSA-{set}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_do_not_count_as_bits() {
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[0x01, 0]), 9);
        assert_eq!(bits(&[]), 0);
        assert_eq!(bits(&[0]), 0);
    }

    #[test]
    fn key_types_are_displayed_by_their_common_names() {
        let kind = |algorithm, curve| KeyType::new(algorithm, curve, || Some(2048)).unwrap().to_string();
        assert_eq!(kind(RSA, None), "RSA 2048");
        assert_eq!(kind(EC, Some("1.3.132.0.34")), "ECDSA P-384");
        assert_eq!(kind(EC, Some("1.3.132.0.10")), "ECDSA secp256k1");
        assert_eq!(kind("1.3.101.113", None), "Ed448");
        assert_eq!(kind("1.2.3", None), "1.2.3");
        assert_eq!(KeyType::new(RSA, None, || None), None);
    }
}
