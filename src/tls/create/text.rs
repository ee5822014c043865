//! How certificates and keys are written as text: PEM.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;

/// A PEM block (RFC 7468, section 2), its lines as the system ends them.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    const WIDTH: usize = 64;
    let end = if cfg!(windows) { "\r\n" } else { "\n" };
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----{end}");
    for line in base64.as_bytes().chunks(WIDTH) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push_str(end);
    }
    text + &format!("-----END {label}-----{end}")
}

/// The private key as PKCS#8, in the first version, which every program reads.
pub(super) fn private_key(key: &KeyPair) -> String {
    pem("PRIVATE KEY", &ed25519_version1(key.serialized_der()))
}

/// Version 2 of PKCS#8 (RFC 5958) carries the public key too, and OpenSSL can't read that. For Ed25519 all but the
/// 32 bytes of the secret is fixed (RFC 8410, section 7).
fn ed25519_version1(der: &[u8]) -> Vec<u8> {
    const AFTER_VERSION: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    const VERSION2: &[u8] = &[0x02, 0x01, 0x01];
    const SECRET: usize = 32;
    let inside = der.get(2..).unwrap_or_default();
    let secret = inside.strip_prefix(VERSION2).and_then(|rest| rest.strip_prefix(AFTER_VERSION));
    match secret.and_then(|rest| rest.get(..SECRET)) {
        Some(secret) => [&[0x30, 0x2e, 0x02, 0x01, 0x00], AFTER_VERSION, secret].concat(),
        None => der.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_lines_are_of_64_characters() {
        let text = pem("X", &[0; 60]).replace("\r\n", "\n");
        let lines: Vec<_> = text.lines().map(str::len).collect();
        assert_eq!(lines, ["-----BEGIN X-----".len(), 64, 16, "-----END X-----".len()]);
        assert!(text.ends_with("-----\n"));
    }
}
