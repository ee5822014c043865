//! Parses binary ASN.1 (X.690) just far enough to recognize the content of a file and the type of a private key.

use std::borrow::Cow;

use rustls::pki_types::PrivateKeyDer;
use x509_parser::asn1_rs::{Any, FromDer, Oid, Tag};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::der_parser::der::{DerObject, parse_der};
use x509_parser::prelude::X509Certificate;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::tls::file_error::{FileContent, FileProblem};
use crate::tls::key_type::{KeyType, bits};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// Returns the content of a binary file or of a decoded PEM block, or `None` if it isn't a kind that TLS uses.
pub(super) fn detect_content(bytes: &[u8]) -> Option<FileContent> {
    let bytes = &*to_der(bytes)?;
    let (_, object) = parse_der(bytes).ok()?;
    let items = object.as_sequence().ok()?;
    if X509Certificate::from_der(bytes).is_ok() {
        return Some(FileContent::Certificate);
    }
    if X509CertificationRequest::from_der(bytes).is_ok() {
        return Some(FileContent::Request);
    }
    if CertificateRevocationList::from_der(bytes).is_ok() {
        return Some(FileContent::Crl);
    }
    let first = items.first()?;
    if first.as_oid().is_ok_and(|oid| oid.to_id_string() == SIGNED_DATA) {
        return Some(FileContent::Pkcs7);
    }
    if first.as_u32() == Ok(3) {
        return Some(FileContent::Pkcs12);
    }
    if KeyStructure::of(items).is_some() {
        return Some(FileContent::Key);
    }
    // EncryptedPrivateKeyInfo (RFC 5958): an algorithm and an octet string.
    if let [algorithm, encrypted_key] = items.as_slice()
        && algorithm.as_sequence().is_ok()
        && is_octets(encrypted_key)
    {
        return Some(FileContent::EncryptedKey);
    }
    SubjectPublicKeyInfo::from_der(bytes).is_ok().then_some(FileContent::PublicKey)
}

/// Parses a private key, whatever its PEM label was. Returns it with its type.
///
/// # Errors
/// The key is damaged, is in an unknown form, or is of a kind that rustls can't sign with.
pub(super) fn private_key(bytes: &[u8]) -> Result<(PrivateKeyDer<'static>, KeyType), FileProblem> {
    let unknown = || FileProblem::RejectedKey("unknown structure".to_owned());
    let der = to_der(bytes).ok_or(FileProblem::DamagedKey)?;
    let (_, object) = parse_der(&der).map_err(|_| FileProblem::DamagedKey)?;
    let items = object.as_sequence().map_err(|_| unknown())?;
    let structure = KeyStructure::of(items).ok_or_else(unknown)?;
    let rsa = match &structure {
        KeyStructure::Pkcs1(rsa) => Some(*rsa),
        KeyStructure::Pkcs8 { inner, .. } => RsaNumbers::parse(inner),
        _ => None,
    };
    let (key, key_type) = match structure {
        KeyStructure::Pkcs1(rsa) => {
            (PrivateKeyDer::Pkcs1(der.to_vec().into()), KeyType::Rsa { bits: rsa.bits })
        }
        KeyStructure::Sec1 { curve } => {
            (PrivateKeyDer::Sec1(der.to_vec().into()), KeyType::on_curve(curve.as_deref()))
        }
        KeyStructure::Pkcs8 { algorithm, curve, .. } => {
            let key_type = KeyType::new(&algorithm, curve.as_deref(), || rsa.map(|rsa| rsa.bits));
            (PrivateKeyDer::Pkcs8(der.to_vec().into()), key_type.ok_or_else(unknown)?)
        }
        KeyStructure::Dsa => return Err(FileProblem::UnsupportedKey(KeyType::Other("DSA".to_owned()))),
    };
    // The limits of aws-lc, which rustls uses.
    match (&key_type, rsa) {
        (KeyType::Rsa { bits }, _) if !(2048..=8192).contains(bits) => Err(FileProblem::RsaLength(*bits)),
        (KeyType::Rsa { .. }, Some(rsa)) if rsa.primes != 2 => Err(FileProblem::RsaPrimes(rsa.primes)),
        (KeyType::Rsa { .. }, Some(rsa)) if rsa.exponent_bits > 33 => {
            Err(FileProblem::RsaExponent(rsa.exponent_bits))
        }
        _ => Ok((key, key_type)),
    }
}

/// The structure of a private key.
enum KeyStructure<'a> {
    /// `RSAPrivateKey` (RFC 8017, appendix A.1.2).
    Pkcs1(RsaNumbers),
    /// `ECPrivateKey` (RFC 5915); the curve if the key names one.
    Sec1 { curve: Option<String> },
    /// OpenSSL's traditional form of a DSA key: six numbers.
    Dsa,
    /// `PrivateKeyInfo` (RFC 5208) with the key in another structure.
    Pkcs8 { algorithm: String, curve: Option<String>, inner: &'a [u8] },
}

impl<'a> KeyStructure<'a> {
    fn of(items: &[DerObject<'a>]) -> Option<Self> {
        let oid = |object: &DerObject<'_>| object.as_oid().ok().map(Oid::to_id_string);
        if let Some(rsa) = RsaNumbers::of(items) {
            return Some(Self::Pkcs1(rsa));
        }
        match items {
            [version, secret, rest @ ..] if version.as_u32() == Ok(1) && is_octets(secret) => {
                let parameters = rest.first().and_then(|item| parse_der(item.as_slice().ok()?).ok());
                Some(Self::Sec1 { curve: parameters.and_then(|(_, named)| oid(&named)) })
            }
            [_, _, _, _, _, _] if items.iter().all(is_integer) => Some(Self::Dsa),
            [version, algorithm, inner, ..] if is_integer(version) && is_octets(inner) => {
                let algorithm = algorithm.as_sequence().ok()?;
                let curve = algorithm.get(1).and_then(oid);
                Some(Self::Pkcs8 {
                    algorithm: oid(algorithm.first()?)?,
                    curve,
                    inner: inner.as_slice().ok()?,
                })
            }
            _ => None,
        }
    }
}

/// The numbers of an RSA key that decide whether it can be used.
#[derive(Clone, Copy)]
struct RsaNumbers {
    bits: u32,
    exponent_bits: u32,
    primes: usize,
}

impl RsaNumbers {
    fn parse(der: &[u8]) -> Option<Self> {
        Self::of(parse_der(der).ok()?.1.as_sequence().ok()?)
    }

    fn of(items: &[DerObject<'_>]) -> Option<Self> {
        let numbers = items.get(..9).filter(|numbers| numbers.iter().all(is_integer))?;
        let number_bits = |at: usize| numbers[at].as_slice().ok().map(bits);
        let more_primes = items.get(9).and_then(|more| more.as_sequence().ok()).map_or(0, Vec::len);
        Some(Self { bits: number_bits(1)?, exponent_bits: number_bits(2)?, primes: 2 + more_primes })
    }
}

/// Returns the elements that follow each other in a content; `None` if one is damaged.
pub(super) fn elements(mut content: &[u8]) -> Option<Vec<Any<'_>>> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let (rest, element) = Any::from_der(content).ok()?;
        found.push(element);
        content = rest;
    }
    Some(found)
}

fn is_octets(object: &DerObject<'_>) -> bool {
    object.header.tag() == Tag::OctetString
}

fn is_integer(object: &DerObject<'_>) -> bool {
    object.header.tag() == Tag::Integer
}

/// Returns the first object of the bytes in DER. Bytes after it are omitted: OpenSSL appends data for its own use to a
/// certificate, and ignores anything else. Returns `None` if the object is incomplete.
///
/// OpenSSL and some key stores also read and write BER (X.690, section 8), which allows lengths in more than one form
/// and strings in parts.
pub(super) fn to_der(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut der = Vec::with_capacity(bytes.len());
    let rest = copy_as_der(bytes, &mut der, MAX_DEPTH)?;
    let original = &bytes[..bytes.len() - rest.len()];
    Some(if der == original { Cow::Borrowed(original) } else { Cow::Owned(der) })
}

/// The maximum nesting of objects that are read. A certificate has about ten levels.
const MAX_DEPTH: usize = 32;

/// Appends the first object in DER, and returns the bytes after it.
fn copy_as_der<'a>(bytes: &'a [u8], der: &mut Vec<u8>, depth: usize) -> Option<&'a [u8]> {
    const CONSTRUCTED: u8 = 0x20;
    const OCTET_STRING: u8 = 4;
    let depth = depth.checked_sub(1)?;
    let (&tag, _) = bytes.split_first()?;
    // A tag number above 30 takes more bytes, of which all but the last have the high bit.
    let tag_length =
        if tag & 0x1f == 0x1f { 2 + bytes[1..].iter().position(|byte| byte & 0x80 == 0)? } else { 1 };
    let (tag_bytes, rest) = bytes.split_at(tag_length);
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (Some(usize::from(first)), rest),
        0x80 => (None, rest),
        _ => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = length
                .iter()
                .try_fold(0_usize, |sum, byte| sum.checked_mul(0x100).map(|sum| sum + usize::from(*byte)))?;
            (Some(length), rest)
        }
    };
    let (mut inside, mut rest) = match length {
        Some(length) => rest.split_at_checked(length)?,
        None => (rest, rest),
    };
    let is_constructed = tag & CONSTRUCTED != 0;
    let mut content = Vec::new();
    if is_constructed {
        // Without a length, two zero bytes mark the end.
        while !inside.is_empty() || length.is_none() {
            if let (None, Some(after)) = (length, inside.strip_prefix(&[0, 0])) {
                rest = after;
                break;
            }
            inside = copy_as_der(inside, &mut content, depth)?;
        }
    } else {
        length?;
        content.extend_from_slice(inside);
    }
    if tag == OCTET_STRING | CONSTRUCTED {
        // The parts of the string are joined.
        let mut parts = content.as_slice();
        let mut joined = Vec::new();
        while !parts.is_empty() {
            let (rest, part) = parse_der(parts).ok()?;
            joined.extend_from_slice(part.as_slice().ok()?);
            parts = rest;
        }
        der.push(OCTET_STRING);
        content = joined;
    } else {
        der.extend_from_slice(tag_bytes);
    }
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    if content.len() >= 0x80 {
        der.push(0x80 | u8::try_from(length.len()).ok()?);
    }
    der.extend_from_slice(length);
    der.append(&mut content);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ber_becomes_der() {
        // A sequence of no given length, with an octet string in two parts and a number whose length has a zero byte.
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 1, 8, 0, 0, 2, 0x82, 0, 1, 5, 0, 0, 0xff];
        assert_eq!(to_der(&ber).unwrap().as_ref(), [0x30, 7, 4, 2, 7, 8, 2, 1, 5]);
        // DER is the same, without the bytes after it.
        assert!(matches!(to_der(&[0x30, 3, 2, 1, 5, 0]), Some(Cow::Borrowed([0x30, 3, 2, 1, 5]))));
        for incomplete in [&ber[..17], &[0x30, 3, 2, 1], &[0x30], &[0x1f, 0x80], &[4, 0x80, 0, 0], &[]] {
            assert_eq!(to_der(incomplete), None, "{incomplete:?}");
        }
        assert_eq!(to_der(&[0x30, 0x80].repeat(100_000)), None);
        let long = [&[4, 0x81, 0x80][..], &[9; 0x80]].concat();
        assert_eq!(to_der(&long).unwrap().as_ref(), long);
    }
}
