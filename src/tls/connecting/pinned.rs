//! What is checked of a certificate that can't be checked as others are: its dates, its names where it has any, and that
//! the server has its key. X.509 version 1 is no obstacle here; anything else that the library can't read is.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};
use std::time::Duration;
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::prelude::{X509Certificate, X509Version};

/// Checks dates, and names where it has any; whether it has. What it says in an extension that is critical and not known
/// must not be passed over (RFC 5280, section 4.2), so such a certificate is refused like a damaged one.
pub(super) fn check(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<bool, Error> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| Error::from(CertificateError::BadEncoding))?;
    let seconds = |time: i64| u64::try_from(time).unwrap_or(0);
    let unix = |time: i64| UnixTime::since_unix_epoch(Duration::from_secs(seconds(time)));
    let [begins, ends] = [parsed.validity().not_before, parsed.validity().not_after].map(|it| it.timestamp());
    if now.as_secs() < seconds(begins) {
        return Err(CertificateError::NotValidYetContext { time: now, not_before: unix(begins) }.into());
    }
    if now.as_secs() > seconds(ends) {
        return Err(CertificateError::ExpiredContext { time: now, not_after: unix(ends) }.into());
    }
    match ParsedCertificate::try_from(certificate) {
        Ok(certificate) => verify_server_name(&certificate, name).map(|()| true),
        // The library reads version 3 only. There are no extensions in version 1, and so no names.
        Err(_) if parsed.version() == X509Version::V1 => Ok(false),
        Err(refused) => Err(refused),
    }
}

/// The proof in TLS 1.3 that the server has the certificate's key (RFC 8446, section 4.4.3).
pub(super) fn tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
    verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
}

/// The same in TLS 1.2 (RFC 5246, section 7.4.3). The library looks at version 3 only, so the others are looked at here.
pub(super) fn tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    if ParsedCertificate::try_from(certificate).is_ok() {
        return verify_tls12_signature(message, certificate, signed, algorithms);
    }
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let known = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let (_, known) = known.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let kind = key_algorithm(parsed.public_key().raw).ok_or(CertificateError::BadEncoding)?;
    let bits = &parsed.public_key().subject_public_key.data;
    let mut fitting = known.iter().filter(|algorithm| algorithm.public_key_alg_id().as_ref() == kind);
    if fitting.any(|algorithm| algorithm.verify_signature(bits, message, signed.signature()).is_ok()) {
        return Ok(HandshakeSignatureValid::assertion());
    }
    Err(CertificateError::BadSignature.into())
}

/// The content of the `AlgorithmIdentifier` in a `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn key_algorithm(key: &[u8]) -> Option<&[u8]> {
    let (_, key) = Any::from_der(key).ok()?;
    let (_, algorithm) = Any::from_der(key.data).ok()?;
    Some(algorithm.data)
}
