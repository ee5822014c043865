//! Certificates and keys, created with Echoscope's own functions when a target starts.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use echoscope::settings::SettingChoice;
use echoscope::tls::create::{CERTIFICATE, CertificateSpec, Defect, KEY, KeyChoice, create};
use jiff::Timestamp;

use crate::Scratch;

/// The content of a certificate file and of its key file.
pub struct Identity {
    /// The text of `server.crt`: one certificate or a chain.
    pub certificate: Vec<u8>,
    /// The text of `server.key`.
    pub key: Vec<u8>,
}

/// Creates an identity with each type of key except RSA 4096, which takes seconds, one signed by a CA, and one with
/// each defect.
///
/// # Panics
/// If an identity can't be created.
#[must_use]
pub fn identities() -> Vec<Identity> {
    let keys = [KeyChoice::Rsa2048, KeyChoice::P256, KeyChoice::Ed25519].map(|key| (key, false, None));
    let signed = [(KeyChoice::P256, true, None)];
    let broken = Defect::choices().into_iter().map(|(defect, ..)| (KeyChoice::P256, false, Some(defect)));
    keys.into_iter()
        .chain(signed)
        .chain(broken)
        .map(|(key, ca, broken)| create_identity(key, ca, broken))
        .collect()
}

fn create_identity(key: KeyChoice, by_ca: bool, defect: Option<Defect>) -> Identity {
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
