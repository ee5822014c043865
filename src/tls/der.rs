//! Parses binary ASN.1 (X.690) just far enough to recognize the content of a file and the type of a private key.

use rustls::pki_types::PrivateKeyDer;
use x509_parser::asn1_rs::{FromDer, Oid};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::der_parser::der::{DerObject, parse_der};
use x509_parser::prelude::X509Certificate;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::tls::file_error::FileContent;
use crate::tls::key_type::{KeyType, bits};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// Returns the content of a binary file, or `None` if it isn't a kind that TLS uses.
pub(super) fn detect_content(bytes: &[u8]) -> Option<FileContent> {
    let object = parse_whole(bytes)?;
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
    if pkcs8(items).is_some() || pkcs1_bits(items).is_some() || sec1_curve(items).is_some() {
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

/// Returns the type of a private key; `None` if it is damaged.
pub(super) fn key_type(key: &PrivateKeyDer<'_>) -> Option<KeyType> {
    let object = parse_whole(key.secret_der())?;
    let items = object.as_sequence().ok()?;
    match key {
        PrivateKeyDer::Pkcs1(_) => pkcs1_bits(items).map(|bits| KeyType::Rsa { bits }),
        PrivateKeyDer::Sec1(_) => sec1_curve(items).map(|curve| KeyType::on_curve(&curve)),
        PrivateKeyDer::Pkcs8(_) => {
            let (algorithm, parameter, inner) = pkcs8(items)?;
            KeyType::new(&algorithm, parameter.as_deref(), || {
                pkcs1_bits(parse_whole(inner)?.as_sequence().ok()?)
            })
        }
        _ => None,
    }
}

/// Parses `PrivateKeyInfo` (RFC 5208): version, algorithm with its parameter, and the key inside an octet string.
/// Returns the last three.
fn pkcs8<'a>(items: &[DerObject<'a>]) -> Option<(String, Option<String>, &'a [u8])> {
    let [version, algorithm, inner, ..] = items else { return None };
    version.as_u32().ok()?;
    let algorithm = algorithm.as_sequence().ok()?;
    let name = algorithm.first()?.as_oid().ok()?.to_id_string();
    let parameter = algorithm.get(1).and_then(|item| item.as_oid().ok()).map(Oid::to_id_string);
    is_octets(inner).then(|| inner.as_slice().ok()).flatten().map(|inner| (name, parameter, inner))
}

/// Returns the length of the modulus of an `RSAPrivateKey` (RFC 8017, appendix A.1.2).
fn pkcs1_bits(items: &[DerObject<'_>]) -> Option<u32> {
    (items.len() >= 9 && items.iter().take(9).all(|item| item.as_bigint().is_ok() || item.as_slice().is_ok()))
        .then(|| items[1].as_slice().ok().map(bits))
        .flatten()
}

/// Returns the curve of an `ECPrivateKey` (RFC 5915), empty if the key does not name one.
fn sec1_curve(items: &[DerObject<'_>]) -> Option<String> {
    let [version, secret, rest @ ..] = items else { return None };
    if version.as_u32() != Ok(1) || !is_octets(secret) {
        return None;
    }
    let curve = rest.first().and_then(|item| {
        let (_, named) = parse_der(item.as_slice().ok()?).ok()?;
        named.as_oid().ok().map(Oid::to_id_string)
    });
    Some(curve.unwrap_or_default())
}

fn is_octets(object: &DerObject<'_>) -> bool {
    object.header.tag() == x509_parser::asn1_rs::Tag::OctetString
}

/// Parses the bytes as one object. Allows white space after it, which an editor may have added.
fn parse_whole(bytes: &[u8]) -> Option<DerObject<'_>> {
    let (rest, object) = parse_der(bytes).ok()?;
    rest.trim_ascii().is_empty().then_some(object)
}
