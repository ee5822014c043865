//! Checks a server's certificate for the built-in client and records the details of the handshake.
//!
//! If the client was given this server's certificate, that certificate is accepted even if webpki can't verify it, for
//! example because it is of X.509 version 1. Its dates, its names (if any) and the server's possession of the key are
//! then checked here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::prelude::{X509Certificate, X509Version};

use crate::sync::lock;
use crate::tls::explain::certificate_errors::is_about_use;
use crate::tls::handshake::Accepted;

/// The details of one handshake so far.
#[derive(Debug, Default)]
pub(super) struct HandshakeLog {
    /// The certificate chain that the server sent, leaf certificate first.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) accepted: Option<Accepted>,
    /// The signature scheme that the server used.
    pub(super) scheme: Option<u16>,
    pub(super) asked_for_certificate: bool,
    pub(super) presented_certificate: bool,
}

/// Verifies certificates against CAs and a pinned certificate. Without either, it accepts every certificate.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// The verifier for the trusted CAs.
    pub(super) cas: Option<Arc<WebPkiServerVerifier>>,
    /// A certificate that is accepted even if no trusted CA signed it.
    pub(super) pinned: Option<CertificateDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) log: Arc<Mutex<HandshakeLog>>,
}

impl ServerVerifier {
    fn check(
        &self,
        first: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<Accepted, Error> {
        let error = match &self.cas {
            Some(cas) => match cas.verify_server_cert(first, rest, name, ocsp, now) {
                Ok(_) => return Ok(Accepted::Signed),
                Err(error) => error,
            },
            None if self.pinned.is_none() => return Ok(Accepted::Unchecked),
            None => CertificateError::UnknownIssuer.into(),
        };
        if self.pinned.as_ref() != Some(first) || is_about_use(&error) {
            return Err(error);
        }
        check_pinned(first, name, now).map(|name_checked| Accepted::Pinned { name_checked })
    }
}

/// Checks the dates of a pinned certificate and its names, and returns whether it can have names. Rejects a damaged
/// certificate and one with an unknown critical extension (RFC 5280, section 4.2).
fn check_pinned(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<bool, Error> {
    let parsed = parse(certificate)?;
    let unix = |time: i64| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time).unwrap_or(0)));
    let validity = parsed.validity();
    let (not_before, not_after) =
        (unix(validity.not_before.timestamp()), unix(validity.not_after.timestamp()));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    match ParsedCertificate::try_from(certificate) {
        Ok(certificate) => verify_server_name(&certificate, name).map(|()| true),
        // webpki parses only X.509 version 3. Version 1 has no extensions and therefore no alternative names.
        Err(_) if parsed.version() == X509Version::V1 => Ok(false),
        Err(error) => Err(error),
    }
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    let parsed = X509Certificate::from_der(certificate);
    parsed.map(|(_, parsed)| parsed).map_err(|_| CertificateError::BadEncoding.into())
}

/// Returns the content of the `AlgorithmIdentifier` in a `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn key_algorithm(key: &[u8]) -> Option<&[u8]> {
    let (_, key) = Any::from_der(key).ok()?;
    let (_, algorithm) = Any::from_der(key.data).ok()?;
    Some(algorithm.data)
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        lock(&self.log).chain = chain.map(|der| der.clone().into_owned()).collect();
        let accepted = self.check(end_entity, intermediates, server_name, ocsp_response, now)?;
        lock(&self.log).accepted = Some(accepted);
        Ok(ServerCertVerified::assertion())
    }

    /// Checks that the server has the certificate's private key (RFC 5246, section 7.4.3). For certificates of other
    /// versions than X.509 version 3, this doesn't use rustls' own check, which can't parse them.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        lock(&self.log).scheme = Some(dss.scheme.into());
        if ParsedCertificate::try_from(cert).is_ok() {
            return verify_tls12_signature(message, cert, dss, &self.algorithms);
        }
        let parsed = parse(cert)?;
        let known = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == dss.scheme);
        let (_, known) = known.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        let kind = key_algorithm(parsed.public_key().raw).ok_or(CertificateError::BadEncoding)?;
        let bits = &parsed.public_key().subject_public_key.data;
        let mut matching = known.iter().filter(|algorithm| algorithm.public_key_alg_id().as_ref() == kind);
        if matching.any(|algorithm| algorithm.verify_signature(bits, message, dss.signature()).is_ok()) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        Err(CertificateError::BadSignature.into())
    }

    /// Checks that the server has the certificate's private key (RFC 8446, section 4.4.3).
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        lock(&self.log).scheme = Some(dss.scheme.into());
        let parsed = parse(cert)?;
        let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
        verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Presents the client's certificate if the server asks for one. Records whether it asked and whether one was
/// presented.
#[derive(Debug)]
pub(super) struct ClientCertResolver {
    pub(super) identity: Option<Arc<CertifiedKey>>,
    pub(super) log: Arc<Mutex<HandshakeLog>>,
}

impl ResolvesClientCert for ClientCertResolver {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let fits = |identity: &&Arc<CertifiedKey>| identity.key.choose_scheme(schemes).is_some();
        let presented = self.identity.as_ref().filter(fits);
        let mut log = lock(&self.log);
        log.asked_for_certificate = true;
        log.presented_certificate = presented.is_some();
        presented.cloned()
    }

    /// Returns true, because otherwise rustls wouldn't call `resolve`.
    fn has_certs(&self) -> bool {
        true
    }
}
