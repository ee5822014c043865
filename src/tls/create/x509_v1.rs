//! Turns an X.509 version 3 certificate, the only version that rcgen creates, into version 1.
//!
//! ```text
//! Certificate ::= SEQUENCE { SEQUENCE { [0] version, serial, …, subjectPublicKeyInfo, [3] extensions },
//!                            signatureAlgorithm, BIT STRING }          (RFC 5280, section 4.1)
//! ```
//!
//! Version 1 is the default, which DER omits, and has no extensions. So the tagged parts are removed, and the rest is
//! signed again.

use std::borrow::Cow;

use rcgen::SigningKey;
use x509_parser::asn1_rs::{Any, BitString, Class, FromDer, Sequence, ToDer};

/// Returns the certificate as version 1, signed with the issuer's key.
pub(super) fn downgrade(certificate: &[u8], issuer: &impl SigningKey) -> Result<Vec<u8>, rcgen::Error> {
    let damaged = || rcgen::Error::CouldNotParseCertificate;
    let outer = elements(certificate).ok_or_else(damaged)?;
    let [to_be_signed, algorithm, _signature] = outer[..] else { return Err(damaged()) };
    let fields = elements(to_be_signed).ok_or_else(damaged)?;
    let kept: Vec<_> = fields.into_iter().filter(|field| !is_tagged(field)).collect();
    let to_be_signed = sequence(&kept).ok_or_else(damaged)?;
    let signature = BitString::new(0, &issuer.sign(&to_be_signed)?).to_der_vec().map_err(|_| damaged())?;
    sequence(&[&to_be_signed, algorithm, &signature]).ok_or_else(damaged)
}

/// Returns the elements of a sequence, each with its tag and length.
fn elements(der: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = Any::from_der(der).ok()?.1.data;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).ok()?;
        elements.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    Some(elements)
}

fn sequence(elements: &[&[u8]]) -> Option<Vec<u8>> {
    Sequence::new(Cow::Owned(elements.concat())).to_der_vec().ok()
}

/// Returns whether the element has a context-specific tag: version, unique identifiers and extensions have one.
fn is_tagged(element: &[u8]) -> bool {
    Any::from_der(element).is_ok_and(|(_, object)| object.header.class() == Class::ContextSpecific)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_and_extensions_are_removed() {
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
