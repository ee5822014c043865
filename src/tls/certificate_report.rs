//! Summarizes a certificate for the line below its field, and for the warnings in
//! [`crate::tls::explain::certificate_warnings`].

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use x509_parser::asn1_rs::Oid;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::platform::terminal::argument;
use crate::text::{sanitize, with_thousands};
use crate::tls::inspect::certificate_text::{address, common_names, general_names};
use crate::tls::key_type::{KeyType, bits};

/// Whether a certificate is a CA's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// It is not.
    No,
    /// It is marked as one (RFC 5280, section 4.2.1.9).
    Marked,
    /// Its key usage allows it to sign certificates but no handshake (RFC 5280, section 4.2.1.3).
    Only,
}

/// A summary of a certificate that is to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateReport {
    /// Its subject alternative names, or else its common name; each shortened to 64 characters on one line.
    pub names: Vec<String>,
    /// The type of its key.
    pub key: KeyType,
    /// Its validity.
    pub validity: Validity,
    /// X.509 version: 1, 2 or 3.
    pub version: u8,
    /// The number of certificates in the file.
    pub chain: usize,
    /// Whether it names itself as its issuer.
    pub self_signed: bool,
    /// Whether it is a CA's own.
    pub authority: Authority,
    /// Whether it has subject alternative names (RFC 5280, section 4.2.1.6).
    pub has_alternative_names: bool,
    /// The hash of its signature if it is no longer trusted: `MD5` or `SHA-1`.
    pub weak_hash: Option<&'static str>,
    /// The unchanged names.
    pub(super) exact_names: Vec<String>,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Authority {
    fn of(certificate: &X509Certificate<'_>) -> Self {
        let usage = certificate.key_usage().ok().flatten().map(|usage| usage.value);
        if usage.is_some_and(|usage| usage.key_cert_sign() && !usage.digital_signature()) {
            Self::Only
        } else if certificate.is_ca() {
            Self::Marked
        } else {
            Self::No
        }
    }
}

impl CertificateReport {
    pub(super) fn new(certificate: &X509Certificate<'_>, chain: usize) -> Self {
        let alternative = alternative_names(certificate);
        let has_alternative_names = !alternative.is_empty();
        let names = if has_alternative_names { alternative } else { common_names(certificate.subject()) };
        Self {
            names: names.iter().map(|name| sanitize(name, 64)).collect(),
            key: key_kind(certificate.public_key()),
            validity: Validity::of(certificate),
            version: u8::try_from(certificate.version().0.saturating_add(1)).unwrap_or(u8::MAX),
            chain,
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            authority: Authority::of(certificate),
            has_alternative_names,
            weak_hash: weak_hash(&signature_kind(&certificate.signature_algorithm)),
            exact_names: names,
        }
    }

    /// Returns one line, for example `localhost · RSA 2048 · 364 days left`. Dates are in UTC.
    #[must_use]
    pub fn line(&self, now: Timestamp) -> String {
        format!("{} · {} · {}", self.names_line(), self.key, self.validity.description(now))
    }

    /// Returns a command that makes a certificate without the defects of this one, with the same key and in its folder;
    /// `None` if it has none.
    #[must_use]
    pub fn better(&self, key: &Path) -> Option<String> {
        let good = self.version >= 3
            && self.weak_hash.is_none()
            && self.authority == Authority::No
            && self.has_alternative_names;
        (!good).then(|| {
            format!(
                "openssl req -x509 -key {} -days 365 -subj /CN=localhost -addext \
                 subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -out {}",
                argument(key),
                argument(&key.with_file_name("better.crt"))
            )
        })
    }

    pub(super) fn names_line(&self) -> String {
        match self.names.as_slice() {
            [] => "no name".to_owned(),
            [first, second, third, rest @ ..] if rest.len() > 1 => {
                format!("{first}, {second}, {third} and {} more", rest.len())
            }
            few => few.join(", "),
        }
    }
}

/// A certificate's validity (RFC 5280, section 4.1.2.5), which includes both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment; [`Timestamp::MAX`] for a certificate without an end.
    pub not_after: Timestamp,
}

impl Validity {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        Self {
            not_before: moment(validity.not_before.timestamp()),
            not_after: moment(validity.not_after.timestamp()),
        }
    }

    /// Returns how much of it has passed, from 0 to 1.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> f64 {
        let whole = self.not_after.duration_since(self.not_before).as_secs_f64();
        let passed = now.duration_since(self.not_before).as_secs_f64();
        if whole > 0.0 { (passed / whole).clamp(0.0, 1.0) } else { f64::from(u8::from(passed > 0.0)) }
    }

    /// Returns whether it includes `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Returns a description: `364 days left`, `expired on 2026-01-31`, `not valid before 2026-01-31`.
    #[must_use]
    pub fn description(&self, now: Timestamp) -> String {
        if now < self.not_before {
            // On the day itself, the date alone would read as if it were valid.
            let time = if date(now) == date(self.not_before) { " %H:%M UTC" } else { "" };
            return format!("not valid before {}", self.not_before.strftime(&format!("%Y-%m-%d{time}")));
        }
        if now > self.not_after {
            return format!("expired on {}", date(self.not_after));
        }
        if self.not_after == Timestamp::MAX {
            return "valid without an end".to_owned();
        }
        match self.not_after.duration_since(now).as_secs() / DAY.as_secs() {
            0 if date(now) == date(self.not_after) => "expires today".to_owned(),
            0 => "expires tomorrow".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{} days left", with_thousands(days.unsigned_abs())),
        }
    }

    /// Returns the first moment as `2026-11-22 13:45:00 UTC`.
    #[must_use]
    pub fn begins(&self) -> String {
        utc(self.not_before)
    }

    /// Returns the last moment as `2027-11-22 13:45:00 UTC`, or `without an end`.
    #[must_use]
    pub fn ends(&self) -> String {
        if self.not_after == Timestamp::MAX { "without an end".to_owned() } else { utc(self.not_after) }
    }
}

fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// Converts seconds since 1970. The last second of the year 9999 stands for no end (RFC 5280, section 4.1.2.5) and is more
/// than a `Timestamp` can hold.
pub(super) fn moment(seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(end)
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = general_names(certificate).iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    names.collect()
}

pub(super) fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> KeyType {
    let curve = key
        .algorithm
        .parameters
        .as_ref()
        .and_then(|any| Oid::try_from(any).ok())
        .map(|oid| oid.to_id_string());
    let modulus = || match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => Some(bits(rsa.modulus)),
        _ => None,
    };
    KeyType::new(&key.algorithm.algorithm.to_id_string(), curve.as_deref(), modulus)
        .unwrap_or_else(|| KeyType::Other("damaged key".to_owned()))
}

/// The identifiers of signature algorithms (RFC 4055, 5758, 8410, 9881) and their descriptions.
const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "RSA with MD2"),
    ("1.2.840.113549.1.1.4", "RSA with MD5"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.3.14.3.2.29", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.14", "RSA with SHA-224"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384"),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.1", "ECDSA with SHA-224"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.2.840.10040.4.3", "DSA with SHA-1"),
    ("2.16.840.1.101.3.4.3.2", "DSA with SHA-256"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// The hashes in the parameters of RSA-PSS.
const HASHES: &[(&str, &str)] = &[
    ("1.3.14.3.2.26", "SHA-1"),
    ("2.16.840.1.101.3.4.2.4", "SHA-224"),
    ("2.16.840.1.101.3.4.2.1", "SHA-256"),
    ("2.16.840.1.101.3.4.2.2", "SHA-384"),
    ("2.16.840.1.101.3.4.2.3", "SHA-512"),
];

/// Returns a description of a signature's algorithm: `ECDSA with SHA-256`; its identifier if it is unknown.
pub(super) fn signature_kind(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let find = |table: &[(&str, &'static str)], oid: &str| {
        table.iter().find(|(known, _)| *known == oid).map(|(_, description)| *description)
    };
    let oid = algorithm.algorithm.to_id_string();
    let kind = find(SIGNATURES, &oid).map_or_else(|| format!("an unknown algorithm, {oid}"), str::to_owned);
    if let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm) {
        let oid = parameters.hash_algorithm_oid().to_id_string();
        return format!("{kind} with {}", find(HASHES, &oid).unwrap_or(&oid));
    }
    kind
}

/// Returns the hash of a [`signature_kind`] if clients no longer trust it.
pub(super) fn weak_hash(signature: &str) -> Option<&'static str> {
    ["MD2", "MD5", "SHA-1"].into_iter().find(|hash| signature.ends_with(hash))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns the report of a good self-signed certificate for localhost.
    pub(in crate::tls) fn report() -> CertificateReport {
        CertificateReport {
            names: vec!["localhost".to_owned()],
            key: KeyType::Rsa { bits: 2048 },
            validity: Validity {
                not_before: "2026-01-01T08:30:00Z".parse().unwrap(),
                not_after: "2026-12-31T12:00:00Z".parse().unwrap(),
            },
            version: 3,
            chain: 1,
            self_signed: true,
            authority: Authority::No,
            has_alternative_names: true,
            weak_hash: None,
            exact_names: vec!["localhost".to_owned()],
        }
    }

    #[test]
    fn whole_days_are_counted_down() {
        let line = |now: &str| report().line(now.parse().unwrap());
        assert_eq!(line("2026-01-01T12:00:01Z"), "localhost · RSA 2048 · 363 days left");
        assert_eq!(line("2026-12-29T12:00:00Z"), "localhost · RSA 2048 · 2 days left");
        assert_eq!(line("2026-12-29T12:00:01Z"), "localhost · RSA 2048 · 1 day left");
        assert_eq!(line("2026-12-30T12:00:01Z"), "localhost · RSA 2048 · expires tomorrow");
        assert_eq!(line("2026-12-31T00:00:00Z"), "localhost · RSA 2048 · expires today");
        assert_eq!(line("2026-12-31T12:00:00Z"), "localhost · RSA 2048 · expires today");
        assert_eq!(line("2026-12-31T12:00:01Z"), "localhost · RSA 2048 · expired on 2026-12-31");
        assert_eq!(line("2025-12-31T23:59:59Z"), "localhost · RSA 2048 · not valid before 2026-01-01");
        assert_eq!(
            line("2026-01-01T08:29:59Z"),
            "localhost · RSA 2048 · not valid before 2026-01-01 08:30 UTC"
        );
    }

    #[test]
    fn many_names_stay_on_one_line() {
        let mut many = report();
        many.names = (1..=5).map(|n| format!("n{n}")).collect();
        assert_eq!(many.names_line(), "n1, n2, n3 and 2 more");
        many.names.clear();
        assert_eq!(many.names_line(), "no name");
        assert_eq!(sanitize("a\nb\u{202e}c", 64), "a?b?c");
        assert_eq!(sanitize(&"x".repeat(65), 64), format!("{}…", "x".repeat(64)));
    }

    #[test]
    fn a_certificate_without_an_end_has_a_date() {
        assert_eq!(moment(253_402_300_799), Timestamp::MAX);
        assert_eq!(moment(0), Timestamp::UNIX_EPOCH);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are exact")]
    fn the_elapsed_share_follows_the_clock() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-11T00:00:00Z".parse().unwrap(),
        };
        let at = |now: &str| validity.elapsed(now.parse().unwrap());
        assert_eq!(at("2025-12-31T21:59:00Z"), 0.0);
        assert_eq!(at("2026-01-06T00:00:00Z"), 0.5);
        assert_eq!(at("2026-01-12T00:00:00Z"), 1.0);
        let endless = Validity { not_after: Timestamp::MAX, ..validity };
        assert_eq!(endless.description(validity.not_after), "valid without an end");
        let never = Validity { not_before: validity.not_after, not_after: validity.not_before };
        assert_eq!(never.elapsed(Timestamp::MAX), 1.0);
    }
}
