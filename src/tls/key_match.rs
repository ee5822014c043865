//! Checks that a private key belongs to a certificate.
//!
//! rustls compares them, too, but it parses X.509 version 3 only, and it compares bytes, although the same public key can be
//! encoded in more than one way.

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::tls::file_error::TlsError;
use crate::tls::key_type::same_family;
use crate::tls::load::CertificateFile;
use crate::tls::load::KeyFile;

/// Compares the public key in the certificate with that of the private key.
///
/// # Errors
/// [`TlsError::KeyMismatch`], or [`TlsError::ChainOrder`] if the key belongs to a later certificate of the file.
pub fn check_pair(certificate: &CertificateFile, key: &KeyFile) -> Result<(), TlsError> {
    // Every supported key has a public half. Without one, the handshake will fail.
    let Some(own) = key.signing.public_key() else { return Ok(()) };
    let paths = || (certificate.path.clone(), key.path.clone());
    match certificate.chain.iter().position(|der| holds(der, own.as_ref())) {
        Some(0) => Ok(()),
        Some(index) => {
            let (certificate, key) = paths();
            Err(TlsError::ChainOrder { certificate, key, number: index + 1 })
        }
        None => {
            let (certificate, key) = paths();
            Err(TlsError::KeyMismatch { certificate, key })
        }
    }
}

fn holds(certificate: &CertificateDer<'_>, key: &[u8]) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| same(parsed.public_key(), key))
}

/// Compares `SubjectPublicKeyInfo`s (RFC 5280, section 4.1.2.7). The algorithm's parameters may differ: RSA's are NULL
/// or missing, or belong to RSA-PSS; a curve may be written out.
fn same(one: &SubjectPublicKeyInfo<'_>, other: &[u8]) -> bool {
    if one.raw == other {
        return true;
    }
    let Ok((_, other)) = SubjectPublicKeyInfo::from_der(other) else { return false };
    let algorithm = |key: &SubjectPublicKeyInfo<'_>| key.algorithm.algorithm.to_id_string();
    same_family(&algorithm(one), &algorithm(&other))
        && same_bits(&one.subject_public_key.data, &other.subject_public_key.data)
}

/// Compares points of a curve. One may be compressed: only the parity of its second half is encoded (SEC 1, section 2.3.3).
fn same_bits(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([2 | 3, ..], [4, _, ..]) => compressed(other).as_deref() == Some(one),
        ([4, _, ..], [2 | 3, ..]) => compressed(one).as_deref() == Some(other),
        _ => one == other,
    }
}

fn compressed(point: &[u8]) -> Option<Vec<u8>> {
    let (&[4], rest) = point.split_at_checked(1)? else { return None };
    let (x, y) = rest.split_at(rest.len() / 2);
    let mut short = vec![2 + (y.last()? & 1)];
    short.extend_from_slice(x);
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_point_is_the_same_point() {
        assert!(same_bits(&[4, 1, 2, 5, 7], &[3, 1, 2]));
        assert!(same_bits(&[2, 1, 2], &[4, 1, 2, 5, 6]));
        assert!(!same_bits(&[2, 1, 2], &[4, 1, 2, 5, 7]));
        assert!(!same_bits(&[4, 1, 2, 5, 7], &[4, 1, 2, 5, 6]));
    }
}
