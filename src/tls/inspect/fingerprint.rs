//! Bytes as openssl prints them: fingerprints and serial numbers.

use std::fmt::Write as _;

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;

/// The SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
#[must_use]
pub fn sha256(der: &[u8]) -> String {
    // The hash of this cipher suite is SHA-256; rustls hands it out nowhere else.
    match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => colons(suite.common.hash_provider.hash(der).as_ref()),
        SupportedCipherSuite::Tls12(suite) => colons(suite.common.hash_provider.hash(der).as_ref()),
    }
}

/// Upper-case hexadecimal with a colon between bytes.
#[must_use]
pub fn colons(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        // Writing to a String does not fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

/// A serial number from its two's complement, as `openssl x509 -serial` prints it.
pub(super) fn serial(bytes: &[u8]) -> String {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    let digits: String = match &magnitude[zeros..] {
        [] => "00".to_owned(),
        rest => colons(rest).replace(':', ""),
    };
    crate::tls::inspect::text::line(&format!("{}{digits}", if negative { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_numbers() {
        assert_eq!(serial(&[0, 0xab, 1]), "AB01");
        assert_eq!(serial(&[0]), "00");
        assert_eq!(serial(&[]), "00");
        assert_eq!(serial(&[0xff]), "-01");
        assert_eq!(serial(&[0x80, 0]), "-8000");
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert!(sha256(b"").starts_with("E3:B0:C4:42:98:FC:1C:14:"));
    }
}
