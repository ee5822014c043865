//! The names that IANA's registries give to the numbers of a TLS handshake, and one plain sentence about each.
//!
//! A number without a name is written in hexadecimal. The meaningless numbers of RFC 8701 (GREASE), which clients send
//! to check that servers ignore unknown numbers, are marked as such.

use rustls::{AlertDescription, CipherSuite};

const GREASE: &str = "GREASE: a meaningless value that servers must ignore (RFC 8701).";

/// Returns the name of a protocol version: `TLS 1.3`.
#[must_use]
pub fn version(code: u16) -> String {
    match code {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", code - 0x0301),
        // A draft of TLS 1.3: 0x7f00 plus the number of the draft.
        0x7f00..=0x7fff => format!("TLS 1.3 draft {}", code & 0xff),
        _ => number(code),
    }
}

/// Returns a sentence about a version.
#[must_use]
pub fn version_meaning(code: u16) -> Option<&'static str> {
    Some(match code {
        0x0304 => {
            "TLS 1.3: one round trip as a rule, and everything after ServerHello is encrypted, certificates too."
        }
        0x0303 => "TLS 1.2: secure with the right cipher suites; certificates are sent unencrypted.",
        0x0302 | 0x0301 => {
            "Deprecated since 2021 (RFC 8996): its handshake relies on SHA-1, and it has no AEAD cipher suites."
        }
        0x0300 => "Forbidden since 2015 (RFC 7568): attackers can decrypt it (POODLE).",
        _ if is_grease(code) => GREASE,
        _ => return None,
    })
}

/// Returns the name of a cipher suite: `TLS_AES_256_GCM_SHA384`.
#[must_use]
pub fn suite(code: u16) -> String {
    suite_name(code).map_or_else(|| number(code), |name| name.replacen("TLS13_", "TLS_", 1))
}

/// Returns a sentence about a cipher suite.
#[must_use]
pub fn suite_meaning(code: u16) -> Option<&'static str> {
    meaning(SUITE_MEANINGS, suite_name(code), code)
}

/// Returns rustls' name of a cipher suite, or the IANA name of one that clients offer and rustls has no name for.
fn suite_name(code: u16) -> Option<&'static str> {
    match code {
        0x00c6 => Some("TLS_SM4_GCM_SM3"),
        0x00c7 => Some("TLS_SM4_CCM_SM3"),
        0x5600 => Some("TLS_FALLBACK_SCSV"),
        0xd001 => Some("TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"),
        0xd002 => Some("TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384"),
        _ => CipherSuite::from(code).as_str(),
    }
}

/// Returns the name of a key exchange group: `X25519MLKEM768`.
#[must_use]
pub fn group(code: u16) -> String {
    group_name(code).map_or_else(|| number(code), str::to_owned)
}

/// Returns a sentence about a key exchange group.
#[must_use]
pub fn group_meaning(code: u16) -> Option<&'static str> {
    meaning(GROUP_MEANINGS, group_name(code), code)
}

fn group_name(code: u16) -> Option<&'static str> {
    let old = usize::from(code).checked_sub(1).and_then(|index| OLD_CURVES.get(index));
    old.copied().or_else(|| find(GROUPS, code))
}

/// Returns the name of a signature scheme: `ecdsa_secp256r1_sha256`.
#[must_use]
pub fn scheme(code: u16) -> String {
    find(SCHEMES, code).map_or_else(|| number(code), str::to_owned)
}

/// Returns a sentence about a signature scheme.
#[must_use]
pub fn scheme_meaning(code: u16) -> Option<&'static str> {
    meaning(SCHEME_MEANINGS, find(SCHEMES, code), code)
}

/// Returns the name of an alert's description (RFC 8446, section 6), such as `unknown_ca`; `alert 99` if it has none.
#[must_use]
pub fn alert(code: u8) -> String {
    match AlertDescription::from(code) {
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::EncryptedClientHelloRequired => "ech_required".to_owned(),
        description => description.as_str().map_or_else(|| format!("alert {code}"), snake_case),
    }
}

/// Returns the name of an alert's level (RFC 5246, section 7.2). TLS 1.3 ignores it (RFC 8446, section 6).
#[must_use]
pub fn alert_level(code: u8) -> &'static str {
    match code {
        1 => "warning",
        2 => "fatal",
        _ => "unknown level",
    }
}

/// Returns whether a number is a GREASE value (RFC 8701): `0x0a0a`, `0x1a1a` and so on to `0xfafa`.
#[must_use]
pub fn is_grease(code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Converts a name from camel case: `UnknownPSKIdentity` becomes `unknown_psk_identity`.
fn snake_case(name: &str) -> String {
    let letters = name.as_bytes();
    let mut text = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        let is_after_lower = index > 0 && letters[index - 1].is_ascii_lowercase();
        let is_before_lower = letters.get(index + 1).is_some_and(u8::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && index > 0 && (is_after_lower || is_before_lower) {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The numbers of an IANA registry with their names.
type Registry = &'static [(u16, &'static str)];

/// Sentences by parts of names. A name gets the sentence of the first part that it contains.
type Meanings = &'static [(&'static str, &'static str)];

fn find(registry: Registry, code: u16) -> Option<&'static str> {
    registry.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

fn meaning(meanings: Meanings, name: Option<&str>, code: u16) -> Option<&'static str> {
    let entry = name.and_then(|name| meanings.iter().find(|(part, _)| name.contains(part)));
    entry.map(|(_, meaning)| *meaning).or_else(|| is_grease(code).then_some(GREASE))
}

fn number(code: u16) -> String {
    if is_grease(code) { format!("0x{code:04x} (GREASE)") } else { format!("0x{code:04x}") }
}

/// Sentences about cipher suites, by a part of their names. The most serious weakness comes first.
const SUITE_MEANINGS: Meanings = &[
    (
        "EMPTY_RENEGOTIATION_INFO_SCSV",
        "Not a cipher suite: the client supports secure renegotiation (RFC 5746).",
    ),
    ("FALLBACK_SCSV", "Not a cipher suite: the client retries with an older version (RFC 7507)."),
    ("_NULL", NO_ENCRYPTION),
    ("TLS_SHA256_SHA256", NO_ENCRYPTION),
    ("TLS_SHA384_SHA384", NO_ENCRYPTION),
    ("EXPORT", "Deliberately weak keys for the export rules of the 1990s: broken in hours."),
    ("_anon_", "Neither side proves its identity: anyone on the path can read and change the data."),
    ("RC4", "RC4: broken, and forbidden since 2015 (RFC 7465)."),
    ("_DES_CBC", "DES: keys of 56 bits, which were broken in the 1990s."),
    ("_DES40", "DES with keys of 40 bits, which were broken in the 1990s."),
    ("TLS_RSA_", NO_FORWARD_SECRECY),
    ("TLS_DH_", NO_FORWARD_SECRECY),
    ("TLS_ECDH_", NO_FORWARD_SECRECY),
    ("TLS_PSK_", NO_FORWARD_SECRECY),
    ("TLS_KRB5_", NO_FORWARD_SECRECY),
    ("TLS_GOSTR", NO_FORWARD_SECRECY),
    ("3DES", "Triple DES: slow, and insecure for large amounts of data (Sweet32)."),
    ("AES_256_GCM", "AES-256-GCM: encrypts and authenticates each record."),
    ("AES_128_GCM", "AES-128-GCM: encrypts and authenticates each record."),
    (
        "CHACHA20_POLY1305",
        "ChaCha20-Poly1305: encrypts and authenticates each record, fast without hardware support.",
    ),
    ("_CCM", "AES-CCM: encrypts and authenticates each record, made for small devices."),
    ("_AES_", "AES-CBC with an HMAC: an older mode, open to timing attacks such as Lucky Thirteen."),
    ("CAMELLIA", RARE_CIPHER),
    ("ARIA", RARE_CIPHER),
    ("SEED", RARE_CIPHER),
    ("SM4", RARE_CIPHER),
    ("IDEA", RARE_CIPHER),
];
const NO_ENCRYPTION: &str = "Doesn't encrypt: anyone on the path can read the data.";
const NO_FORWARD_SECRECY: &str = "No forward secrecy: whoever gets the long-term key later can decrypt a recording (RFC 9325, section 4.1).";
const RARE_CIPHER: &str = "A cipher that is rarely used in TLS.";

/// The names of the first groups in the IANA registry of TLS supported groups, from number 1.
#[rustfmt::skip]
const OLD_CURVES: [&str; 21] = [
    "sect163k1", "sect163r1", "sect163r2", "sect193r1", "sect193r2", "sect233k1", "sect233r1", "sect239k1", "sect283k1",
    "sect283r1", "sect409k1", "sect409r1", "sect571k1", "sect571r1", "secp160k1", "secp160r1", "secp160r2", "secp192k1",
    "secp192r1", "secp224k1", "secp224r1",
];

/// The names of the other groups, sorted by number.
#[rustfmt::skip]
const GROUPS: Registry = &[
    (0x0016, "secp256k1"), (0x0017, "secp256r1"), (0x0018, "secp384r1"), (0x0019, "secp521r1"),
    (0x001a, "brainpoolP256r1"), (0x001b, "brainpoolP384r1"), (0x001c, "brainpoolP512r1"), (0x001d, "x25519"),
    (0x001e, "x448"), (0x001f, "brainpoolP256r1tls13"), (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"), (0x0029, "curveSM2"), (0x0100, "ffdhe2048"), (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"), (0x0103, "ffdhe6144"), (0x0104, "ffdhe8192"), (0x0200, "MLKEM512"), (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"), (0x11eb, "SecP256r1MLKEM768"), (0x11ec, "X25519MLKEM768"), (0x11ed, "SecP384r1MLKEM1024"),
    (0x6399, "X25519Kyber768Draft00"),
];

/// Sentences about key exchange groups, by a part of their names.
const GROUP_MEANINGS: Meanings = &[
    ("secp256k1", "The elliptic curve of Bitcoin, 256 bits; not for TLS 1.3."),
    ("Kyber", "A draft of a post-quantum hybrid: Curve25519 and Kyber, which became ML-KEM."),
    ("r1MLKEM", HYBRID),
    ("X25519MLKEM", HYBRID),
    ("MLKEM", "Post-quantum only: ML-KEM without an elliptic curve."),
    ("brainpool", BRAINPOOL),
    ("ffdhe", "Finite-field Diffie-Hellman in a group of RFC 7919: secure but slow."),
    ("secp256r1", "NIST's elliptic curve P-256."),
    ("secp384r1", "NIST's elliptic curve P-384."),
    ("secp521r1", "NIST's elliptic curve P-521."),
    ("x25519", "Curve25519, a fast elliptic curve of 255 bits."),
    ("x448", "Curve448, an elliptic curve of 448 bits."),
    ("SM2", "China's elliptic curve SM2, 256 bits."),
    ("", "An elliptic curve of TLS 1.2 and older; not for TLS 1.3."),
];
const BRAINPOOL: &str = "A Brainpool elliptic curve, rarely used outside Germany.";
const HYBRID: &str =
    "Hybrid post-quantum: an elliptic curve and ML-KEM together, secure as long as one of the two is.";

/// The IANA registry of TLS signature schemes. In TLS 1.2 the same numbers are pairs of a hash and a signature
/// algorithm (RFC 5246, section 7.4.1.4.1).
#[rustfmt::skip]
const SCHEMES: Registry = &[
    (0x0101, "rsa_pkcs1_md5"), (0x0201, "rsa_pkcs1_sha1"), (0x0202, "dsa_sha1"), (0x0203, "ecdsa_sha1"),
    (0x0301, "rsa_pkcs1_sha224"), (0x0302, "dsa_sha224"), (0x0303, "ecdsa_sha224"), (0x0401, "rsa_pkcs1_sha256"),
    (0x0402, "dsa_sha256"), (0x0403, "ecdsa_secp256r1_sha256"), (0x0420, "rsa_pkcs1_sha256_legacy"),
    (0x0501, "rsa_pkcs1_sha384"), (0x0502, "dsa_sha384"), (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0601, "rsa_pkcs1_sha512"), (0x0602, "dsa_sha512"), (0x0603, "ecdsa_secp521r1_sha512"), (0x0708, "sm2sig_sm3"),
    (0x0804, "rsa_pss_rsae_sha256"), (0x0805, "rsa_pss_rsae_sha384"), (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"), (0x0808, "ed448"), (0x0809, "rsa_pss_pss_sha256"), (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"), (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"), (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"), (0x0904, "mldsa44"),
    (0x0905, "mldsa65"), (0x0906, "mldsa87"),
];

/// Sentences about signature schemes, by a part of their names.
const SCHEME_MEANINGS: Meanings = &[
    ("md5", "RSA with MD5: insecure; such certificates were forged in 2008."),
    ("sha1", "A signature over SHA-1: no longer secure."),
    ("sha224", "A signature over SHA-224: not for TLS 1.3."),
    ("legacy", "RSA with PKCS#1 v1.5 in TLS 1.3, for client certificates on old hardware."),
    ("pkcs1", "An RSA key signs a hash with PKCS#1 v1.5; in TLS 1.3 only inside certificates."),
    ("pss_rsae", "An RSA key signs a hash with PSS."),
    ("pss_pss", "A key that is restricted to RSA-PSS signs a hash."),
    ("brainpool", BRAINPOOL),
    ("ecdsa", "An elliptic curve key signs a hash."),
    ("mldsa", "Post-quantum: an ML-DSA key signs the message."),
    ("dsa", "DSA: not for TLS 1.3."),
    ("sm2", "China's SM2 elliptic curve key signs an SM3 hash."),
    ("ed25519", "An Ed25519 key signs the message: fast, with short keys and signatures."),
    ("ed448", "An Ed448 key signs the message: like Ed25519 on a larger curve."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_the_iana_registries() {
        assert_eq!(suite(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(suite(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
        assert_eq!((group(0x0001), group(0x0015)), ("sect163k1".to_owned(), "secp224r1".to_owned()));
        assert_eq!(group(0x001d), "x25519");
        assert_eq!(group(0x11ec), "X25519MLKEM768");
        assert_eq!(scheme(0x0403), "ecdsa_secp256r1_sha256");
        assert_eq!((version(0x0304), version(0x0301)), ("TLS 1.3".to_owned(), "TLS 1.0".to_owned()));
        assert!(group_meaning(0x11ec).unwrap().contains("post-quantum"));
    }

    #[test]
    fn unknown_numbers_are_written_in_hexadecimal() {
        for name in [suite, group, scheme, version] {
            assert_eq!(name(0x0a0a), "0x0a0a (GREASE)");
            assert_eq!(name(0xfafa), "0xfafa (GREASE)");
            assert_eq!(name(0xeeee), "0xeeee");
        }
        assert!(!is_grease(0x0a1a) && !is_grease(0x0b0b));
    }

    #[test]
    fn alerts_have_the_names_of_the_standards() {
        for (code, name) in [
            (0, "close_notify"),
            (20, "bad_record_mac"),
            (48, "unknown_ca"),
            (112, "unrecognized_name"),
            (115, "unknown_psk_identity"),
            (121, "ech_required"),
            (99, "alert 99"),
        ] {
            assert_eq!(alert(code), name);
        }
    }

    #[test]
    fn tables_are_sorted_and_every_entry_has_a_sentence() {
        assert!(GROUPS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SCHEMES.is_sorted_by(|a, b| a.0 < b.0));
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let suites = provider.cipher_suites.iter().map(|suite| u16::from(suite.suite()));
        let suites = suites.chain([0x00ff, 0x5600, 0x000a, 0xc014, 0xc0ac]);
        let named = (0..=u16::MAX).filter(|code| suite_name(*code).is_some());
        let suites = suites.chain(named).map(suite_meaning);
        let groups = GROUPS.iter().map(|(code, _)| group_meaning(*code));
        let schemes = SCHEMES.iter().map(|(code, _)| scheme_meaning(*code));
        for meaning in suites.chain(groups).chain(schemes) {
            assert!(meaning.is_some_and(|meaning| meaning.ends_with('.')), "{meaning:?}");
        }
    }

    /// Only an ephemeral key exchange, and TLS 1.3, have forward secrecy.
    #[test]
    fn suites_without_forward_secrecy_state_it_or_something_worse() {
        let worse =
            ["Doesn't encrypt", "Deliberately weak", "Neither side", "RC4", "DES", "Not a cipher suite"];
        let mut count = 0;
        for code in 0..=u16::MAX {
            let (Some(name), Some(meaning)) = (suite_name(code), suite_meaning(code)) else { continue };
            let is_ephemeral =
                ["ECDHE_", "_DHE_", "TLS13_", "_SM3", "_SRP_"].iter().any(|part| name.contains(part));
            let is_worse = worse.iter().any(|start| meaning.starts_with(start));
            assert!(
                is_worse || is_ephemeral != meaning.starts_with("No forward secrecy"),
                "{name}: {meaning}"
            );
            count += u32::from(meaning.starts_with("No forward secrecy"));
        }
        assert!(count > 50, "{count}");
        for (code, meaning) in
            [(0x002f, "No forward secrecy"), (0x009c, "No forward secrecy"), (0xc02f, "AES-128-GCM")]
        {
            assert!(suite_meaning(code).unwrap().starts_with(meaning), "{code:#x}");
        }
    }

    #[test]
    fn every_suite_and_group_of_the_server_has_a_name() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        for known in &provider.cipher_suites {
            assert!(suite(known.suite().into()).starts_with("TLS_"), "{known:?}");
        }
        for known in &provider.kx_groups {
            let debug = format!("{:?}", known.name());
            assert!(group(known.name().into()).eq_ignore_ascii_case(&debug), "{debug}");
        }
    }
}
