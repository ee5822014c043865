//! The numbers of a TLS handshake by the names that IANA's registries give them, each with one plain sentence.
//!
//! Everything here is data or a look into it. A number without a name is written as a number; one of RFC 8701's, which
//! clients sprinkle in so that servers learn to ignore what they don't know, is marked as GREASE.

mod alerts;
mod groups;
mod schemes;
mod suites;

/// A version of the protocol, as the registry's numbers have it: `TLS 1.3`.
#[must_use]
pub fn version(code: u16) -> String {
    match code {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", code - 0x0301),
        // The drafts of TLS 1.3 (RFC 8446, section 4.2.1.1 of the drafts).
        0x7f00..=0x7fff => format!("TLS 1.3 draft {}", code & 0xff),
        _ => number(code),
    }
}

/// What to know of a version.
#[must_use]
pub fn version_meaning(code: u16) -> Option<&'static str> {
    Some(match code {
        0x0304 => "TLS 1.3: one round trip, and everything after the hellos is encrypted, certificates too.",
        0x0303 => "TLS 1.2: still safe with the right cipher suites; certificates are sent unencrypted.",
        0x0302 | 0x0301 => "Retired in 2021 (RFC 8996): its hashes are too weak.",
        0x0300 => "Forbidden since 2015 (RFC 7568): it can be broken.",
        _ if is_grease(code) => GREASE,
        _ => return None,
    })
}

/// A cipher suite: `TLS_AES_256_GCM_SHA384`.
#[must_use]
pub fn suite(code: u16) -> String {
    find(suites::SUITES, code).map_or_else(|| number(code), |(_, name)| (*name).to_owned())
}

/// What a cipher suite does for the data.
#[must_use]
pub fn suite_meaning(code: u16) -> Option<&'static str> {
    if is_grease(code) {
        return Some(GREASE);
    }
    let (_, name) = find(suites::SUITES, code)?;
    CIPHERS.iter().find(|(part, _)| name.contains(part)).map(|(_, meaning)| *meaning)
}

/// A key exchange group: `X25519MLKEM768`.
#[must_use]
pub fn group(code: u16) -> String {
    groups::GROUPS
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or_else(|| number(code), |(_, name, _)| (*name).to_owned())
}

/// What a key exchange group is.
#[must_use]
pub fn group_meaning(code: u16) -> Option<&'static str> {
    let found = groups::GROUPS.iter().find(|(known, ..)| *known == code).map(|(.., meaning)| *meaning);
    found.or_else(|| is_grease(code).then_some(GREASE))
}

/// A signature scheme: `ecdsa_secp256r1_sha256`.
#[must_use]
pub fn scheme(code: u16) -> String {
    schemes::SCHEMES
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or_else(|| number(code), |(_, name, _)| (*name).to_owned())
}

/// What a signature scheme is.
#[must_use]
pub fn scheme_meaning(code: u16) -> Option<&'static str> {
    let found = schemes::SCHEMES.iter().find(|(known, ..)| *known == code).map(|(.., meaning)| *meaning);
    found.or_else(|| is_grease(code).then_some(GREASE))
}

/// Returns the name of an alert's description, `unknown_ca`, or `alert 99`.
#[must_use]
pub fn alert(code: u8) -> String {
    let found = alerts::ALERTS.iter().find(|(known, _)| *known == code);
    found.map_or_else(|| format!("alert {code}"), |(_, name)| (*name).to_owned())
}

/// Returns the name of an alert's level (RFC 8446, section 6).
#[must_use]
pub fn alert_level(code: u8) -> &'static str {
    match code {
        1 => "warning",
        2 => "fatal",
        _ => "unknown level",
    }
}

/// Whether a number is one of RFC 8701's: `0x0a0a`, `0x1a1a` and so on to `0xfafa`.
#[must_use]
pub fn is_grease(code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

const GREASE: &str =
    "GREASE: means nothing; it is there so that servers learn to ignore what they don't know.";

/// A part of a suite's name, and what it says of the suite; the first that fits counts.
const CIPHERS: &[(&str, &str)] = &[
    (
        "EMPTY_RENEGOTIATION_INFO_SCSV",
        "Not a cipher suite: says that the client renegotiates safely, if at all.",
    ),
    ("FALLBACK_SCSV", "Not a cipher suite: says that the client tried a newer version before."),
    ("_WITH_NULL_", "Encrypts nothing: everybody on the way can read the data."),
    ("EXPORT", "The weakened ciphers of the 1990s: broken in hours."),
    ("_anon_", "Nobody proves who they are: whoever sits between the two can read and change the data."),
    ("AES_256_GCM", "AES-256-GCM: encrypts and authenticates each record."),
    ("AES_128_GCM", "AES-128-GCM: encrypts and authenticates each record."),
    (
        "CHACHA20_POLY1305",
        "ChaCha20-Poly1305: encrypts and authenticates each record, fast without help from the processor.",
    ),
    ("CCM_8", "AES-CCM with a short tag: encrypts and authenticates each record, made for small devices."),
    ("AES_128_CCM", "AES-128-CCM: encrypts and authenticates each record, made for small devices."),
    ("AES_256_CCM", "AES-256-CCM: encrypts and authenticates each record, made for small devices."),
    ("AES_128_CBC", "AES-128-CBC with an HMAC: encrypts and authenticates in two steps, an older way."),
    ("AES_256_CBC", "AES-256-CBC with an HMAC: encrypts and authenticates in two steps, an older way."),
    ("3DES", "Triple DES: slow, and no longer safe for large amounts of data."),
    ("DES_CBC", "DES: broken since the 1990s."),
    ("RC4", "RC4: broken and forbidden (RFC 7465)."),
    ("CAMELLIA", "Camellia: encrypts and authenticates each record; a cipher from Japan, rarely used."),
    ("ARIA", "ARIA: encrypts and authenticates each record; a cipher from South Korea, rarely used."),
    ("SEED", "SEED: an older cipher from South Korea, rarely used."),
    ("SM4", "SM4: encrypts and authenticates each record; a cipher from China."),
];

fn find(table: &'static [(u16, &'static str)], code: u16) -> Option<&'static (u16, &'static str)> {
    table.binary_search_by_key(&code, |(code, _)| *code).ok().and_then(|index| table.get(index))
}

fn number(code: u16) -> String {
    if is_grease(code) { format!("0x{code:04x} (GREASE)") } else { format!("0x{code:04x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_registries() {
        assert_eq!(suite(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(suite(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
        assert_eq!(group(0x001d), "x25519");
        assert_eq!(group(0x11ec), "X25519MLKEM768");
        assert_eq!(scheme(0x0403), "ecdsa_secp256r1_sha256");
        assert_eq!((version(0x0304), version(0x0301)), ("TLS 1.3".to_owned(), "TLS 1.0".to_owned()));
        assert!(group_meaning(0x11ec).unwrap().contains("post-quantum"));
    }

    #[test]
    fn unknown_numbers_stay_numbers() {
        for name in [suite, group, scheme, version] {
            assert_eq!(name(0x0a0a), "0x0a0a (GREASE)");
            assert_eq!(name(0xfafa), "0xfafa (GREASE)");
            assert_eq!(name(0xeeee), "0xeeee");
        }
        assert!(!is_grease(0x0a1a) && !is_grease(0x0b0b));
    }

    #[test]
    fn tables_are_in_order_and_every_entry_has_its_sentence() {
        assert!(suites::SUITES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(groups::GROUPS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(schemes::SCHEMES.is_sorted_by(|a, b| a.0 < b.0));
        let suites = suites::SUITES.iter().map(|(code, name)| (*name, suite_meaning(*code)));
        let groups = groups::GROUPS.iter().map(|(code, name, _)| (*name, group_meaning(*code)));
        let schemes = schemes::SCHEMES.iter().map(|(code, name, _)| (*name, scheme_meaning(*code)));
        for (name, meaning) in suites.chain(groups).chain(schemes) {
            let meaning = meaning.unwrap_or_else(|| panic!("{name} has no sentence"));
            assert!(meaning.ends_with('.'), "{name}: {meaning}");
        }
    }

    #[test]
    fn what_the_server_can_agree_to_has_a_name() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        for known in &provider.cipher_suites {
            let (code, debug) = (u16::from(known.suite()), format!("{:?}", known.suite()));
            assert_eq!(suite(code), debug.replacen("TLS13_", "TLS_", 1));
        }
        for known in &provider.kx_groups {
            let debug = format!("{:?}", known.name());
            assert!(group(known.name().into()).eq_ignore_ascii_case(&debug), "{debug}");
        }
    }
}
