//! What serves TLS during one run, and the part of it that is made anew for each connection.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ServerConfig, SignatureAlgorithm, SignatureScheme};

use crate::tls::words::Situation;

/// What serves TLS during one run.
#[derive(Debug)]
pub struct Serving {
    config: ServerConfig,
    identity: Arc<CertifiedKey>,
    situation: Situation,
}

impl Serving {
    pub(super) fn new(config: ServerConfig, identity: Arc<CertifiedKey>, situation: Situation) -> Self {
        Self { config, identity, situation }
    }

    /// Tells the host as it was typed and the real port, once it is known, for the advice that names them.
    pub fn listens_on(&mut self, host: &str, port: u16) {
        self.situation.listens_on(host, port);
    }

    /// What advice to clients depends on.
    #[must_use]
    pub fn situation(&self) -> &Situation {
        &self.situation
    }

    /// The configuration for one connection, and where the signature scheme will stand that it chooses.
    #[must_use]
    pub fn connection(&self) -> (Arc<ServerConfig>, ChosenScheme) {
        let chosen = ChosenScheme::default();
        let mut config = self.config.clone();
        config.cert_resolver =
            Arc::new(Recorder { identity: Arc::clone(&self.identity), chosen: chosen.clone() });
        (Arc::new(config), chosen)
    }
}

/// The signature scheme that the server proved itself with on one connection: rustls chooses it and tells nobody.
#[derive(Debug, Clone, Default)]
pub struct ChosenScheme(Arc<OnceLock<SignatureScheme>>);

impl ChosenScheme {
    /// Its number; `None` before it was chosen, and where a resumption did without.
    #[must_use]
    pub fn get(&self) -> Option<u16> {
        self.0.get().map(|scheme| u16::from(*scheme))
    }
}

/// Hands out the certificate with a key that takes note of the scheme.
#[derive(Debug)]
struct Recorder {
    identity: Arc<CertifiedKey>,
    chosen: ChosenScheme,
}

impl ResolvesServerCert for Recorder {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let key = RecordingKey { key: Arc::clone(&self.identity.key), chosen: self.chosen.clone() };
        Some(Arc::new(CertifiedKey::new(self.identity.cert.clone(), Arc::new(key))))
    }
}

#[derive(Debug)]
struct RecordingKey {
    key: Arc<dyn SigningKey>,
    chosen: ChosenScheme,
}

impl SigningKey for RecordingKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer = self.key.choose_scheme(offered)?;
        // A connection signs once.
        let _ = self.chosen.0.set(signer.scheme());
        Some(signer)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}
