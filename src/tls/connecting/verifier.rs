//! Checks the server's certificate as the client was told to, and remembers what it saw.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::tls::connecting::{Accepted, pinned};

/// What one handshake showed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What the server showed, its own certificate first.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) accepted: Option<Accepted>,
    /// What the server signed with.
    pub(super) scheme: Option<u16>,
    pub(super) asked_for_certificate: bool,
    pub(super) showed_certificate: bool,
}

/// What the handshake showed so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight(Arc<Mutex<Seen>>);

impl Sight {
    /// A panic can't leave it half-changed, so a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the certificate is checked.
#[derive(Debug)]
pub(super) enum Policy {
    /// Against authorities.
    Authorities(Arc<WebPkiServerVerifier>),
    /// Against authorities if there are any, and else it must be this very one.
    OrThis(Option<Arc<WebPkiServerVerifier>>, CertificateDer<'static>),
    /// Not at all.
    Anybody,
}

#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) policy: Policy,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    pub(super) sight: Sight,
}

impl Verifier {
    fn check(
        &self,
        first: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<Accepted, Error> {
        let by = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(first, rest, name, ocsp, now).map(|_| Accepted::Signed)
        };
        match &self.policy {
            Policy::Anybody => Ok(Accepted::Unchecked),
            Policy::Authorities(verifier) => by(verifier),
            Policy::OrThis(verifier, this) => {
                let refused = match verifier.as_deref().map(by) {
                    Some(Ok(accepted)) => return Ok(accepted),
                    Some(Err(refused)) => refused,
                    None => CertificateError::UnknownIssuer.into(),
                };
                if this != first || !could_be_pinned(&refused) {
                    return Err(refused);
                }
                pinned::check(first, name, now).map(|name_checked| Accepted::Pinned { name_checked })
            }
        }
    }
}

/// Whether the certificate is refused for what it is, and not for when, where or for what it is used.
fn could_be_pinned(refused: &Error) -> bool {
    use CertificateError as C;
    let is_about_its_use = matches!(
        refused,
        Error::InvalidCertificate(
            C::Expired
                | C::ExpiredContext { .. }
                | C::NotValidYet
                | C::NotValidYetContext { .. }
                | C::NotValidForName
                | C::NotValidForNameContext { .. }
                | C::InvalidPurpose
                | C::InvalidPurposeContext { .. }
        )
    );
    !is_about_its_use
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = std::iter::once(end_entity).chain(intermediates);
        self.sight.lock().chain = shown.map(|der| der.clone().into_owned()).collect();
        let accepted = self.check(end_entity, intermediates, server_name, ocsp_response, now)?;
        self.sight.lock().accepted = Some(accepted);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.sight.lock().scheme = Some(dss.scheme.into());
        pinned::tls12(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.sight.lock().scheme = Some(dss.scheme.into());
        pinned::tls13(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Shows the client's certificate when it is asked for, and remembers that it was.
#[derive(Debug)]
pub(super) struct Shower {
    pub(super) identity: Option<Arc<CertifiedKey>>,
    pub(super) sight: Sight,
}

impl ResolvesClientCert for Shower {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let fits = |identity: &&Arc<CertifiedKey>| identity.key.choose_scheme(schemes).is_some();
        let shown = self.identity.as_ref().filter(fits);
        let mut seen = self.sight.lock();
        seen.asked_for_certificate = true;
        seen.showed_certificate = shown.is_some();
        shown.cloned()
    }

    fn has_certs(&self) -> bool {
        // Where it says no, nobody tells it that it was asked.
        true
    }
}
