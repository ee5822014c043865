//! Certificates and keys, which the program creates when a target starts.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::settings::SettingChoice;
use echoscope::tls::create::{CERTIFICATE, CertificateSpec, Defect, KEY, KeyChoice, create};
use jiff::Timestamp;

use crate::Scratch;

/// A certificate file and its key file, as the program writes them.
pub struct Identity {
    /// The text of `server.crt`: one certificate or a chain.
    pub certificate: Vec<u8>,
    /// The text of `server.key`.
    pub key: Vec<u8>,
}

/// Creates one of each kind that the program offers, valid and with each defect, except RSA 4096, which takes seconds.
///
/// # Panics
/// If one can't be created.
#[must_use]
pub fn identities() -> Vec<Identity> {
    let keys = [KeyChoice::Rsa2048, KeyChoice::P256, KeyChoice::Ed25519].map(|key| (key, false, None));
    let signed = [(KeyChoice::P256, true, None)];
    let broken = Defect::choices().into_iter().map(|(defect, ..)| (KeyChoice::P256, false, Some(defect)));
    keys.into_iter().chain(signed).chain(broken).map(|(key, ca, broken)| made(key, ca, broken)).collect()
}

fn made(key: KeyChoice, by_ca: bool, defect: Option<Defect>) -> Identity {
    let scratch = Scratch::new();
    let folder = scratch.path("");
    let spec = CertificateSpec {
        folder: folder.clone(),
        key,
        signed_by_ca: by_ca,
        defect,
        ..CertificateSpec::default()
    };
    create(&spec, true, Timestamp::now()).expect("a certificate can be made");
    let read = |name| fs::read(folder.join(name)).expect("the file was made");
    Identity { certificate: read(CERTIFICATE), key: read(KEY) }
}

/// Encodes DER as a PEM block (RFC 7468).
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}
