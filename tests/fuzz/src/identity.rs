//! Certificates and keys, made by the program when a target starts.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::tls::create::{Defect, CERTIFICATE, KEY, KeyChoice, CertificateSpec, create};
use jiff::Timestamp;

use crate::Scratch;

/// A certificate file and its key, as the program wrote them.
pub struct Identity {
    /// The text of `server.crt`, perhaps a chain.
    pub certificate: Vec<u8>,
    /// The text of `server.key`.
    pub key: Vec<u8>,
}

/// One of each kind that the program makes, good and broken. RSA 4096 is left out: to make one takes a second.
///
/// # Panics
/// One can't be made.
#[must_use]
pub fn identities() -> Vec<Identity> {
    let keys = [KeyChoice::Rsa2048, KeyChoice::P256, KeyChoice::Ed25519].map(|key| (key, false, None));
    let signed = [(KeyChoice::P256, true, None)];
    let broken = Defect::ALL.map(|defect| (KeyChoice::P256, false, Some(defect)));
    keys.into_iter().chain(signed).chain(broken).map(|(key, ca, broken)| made(key, ca, broken)).collect()
}

fn made(key: KeyChoice, by_ca: bool, defect: Option<Defect>) -> Identity {
    let scratch = Scratch::new();
    let folder = scratch.path("");
    let spec = CertificateSpec { folder: folder.clone(), key, signed_by_ca: by_ca, defect, ..CertificateSpec::default() };
    create(&spec, true, Timestamp::now()).expect("a certificate can be made");
    let read = |name| fs::read(folder.join(name)).expect("the file was made");
    Identity { certificate: read(CERTIFICATE), key: read(KEY) }
}

/// DER as a PEM block (RFC 7468).
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}
