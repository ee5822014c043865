//! Makes an X.509 version 1 certificate out of a version 3 one, which is all that rcgen makes.
//!
//! ```text
//! Certificate ::= SEQUENCE { SEQUENCE { [0] version, serial, …, subjectPublicKeyInfo, [3] extensions },
//!                            signatureAlgorithm, BIT STRING }          (RFC 5280, section 4.1)
//! ```
//!
//! Version 1 is the default that is not written, and has no extensions: both parts are left out, and what is left is
//! signed anew.

use rcgen::SigningKey;
use x509_parser::asn1_rs::{Any, Class, FromDer};

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// The certificate as version 1, signed with `issuer`'s key: the one that signed the version 3 certificate.
pub(super) fn downgrade(certificate: &[u8], issuer: &impl SigningKey) -> Result<Vec<u8>, rcgen::Error> {
    let damaged = || rcgen::Error::CouldNotParseCertificate;
    let outer = items(certificate).ok_or_else(damaged)?;
    let [to_be_signed, algorithm, _signature] = outer.as_slice() else { return Err(damaged()) };
    let kept = items(to_be_signed).ok_or_else(damaged)?;
    let kept = kept.into_iter().filter(|item| !is_tagged(item)).collect::<Vec<_>>().concat();
    let to_be_signed = wrap(SEQUENCE, &kept);
    // The first byte of a bit string tells how many bits of its last byte don't count.
    let signature = wrap(BIT_STRING, &[&[0][..], &issuer.sign(&to_be_signed)?].concat());
    Ok(wrap(SEQUENCE, &[&to_be_signed, *algorithm, &signature[..]].concat()))
}

/// The parts of a sequence, each with its tag and length.
fn items(sequence: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, object) = Any::from_der(sequence).ok()?;
    let mut rest = object.data;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).ok()?;
        items.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    Some(items)
}

/// Whether it is one of the parts with a number of their own: version, unique identifiers, extensions.
fn is_tagged(item: &[u8]) -> bool {
    Any::from_der(item).is_ok_and(|(_, object)| object.header.class() == Class::ContextSpecific)
}

/// Writes tag, length and content (X.690, sections 8.1.2 to 8.1.4, definite form).
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut whole = vec![tag];
    if let Ok(short @ ..0x80) = u8::try_from(content.len()) {
        whole.push(short);
    } else {
        let length = content.len().to_be_bytes();
        let length = &length[content.len().leading_zeros() as usize / 8..];
        // At most eight bytes of length, so the sum stays below 256.
        whole.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
        whole.extend_from_slice(length);
    }
    whole.extend_from_slice(content);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        assert_eq!(wrap(4, &[7; 3]), [4, 3, 7, 7, 7]);
        assert_eq!(wrap(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(wrap(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(wrap(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn only_version_and_extensions_are_left_out() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let der = downgrade(made.cert.der(), &made.signing_key).unwrap();
        let (rest, old) = x509_parser::parse_x509_certificate(made.cert.der()).unwrap();
        let (_, new) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert!(rest.is_empty());
        assert_eq!((old.version().0, new.version().0), (2, 0));
        assert_eq!(new.extensions().len(), 0);
        assert_eq!(new.raw_serial(), old.raw_serial());
        assert_eq!(new.subject().as_raw(), old.subject().as_raw());
        assert_eq!(new.validity(), old.validity());
        assert_eq!(new.public_key().raw, old.public_key().raw);
        new.verify_signature(None).unwrap();
    }
}
