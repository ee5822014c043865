//! A certificate's fields as plain values, each text on one line.

use std::net::IpAddr;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use x509_parser::asn1_rs::{Any, Class, Oid, Tag};
use x509_parser::error::X509Error;
use x509_parser::extensions::{ExtendedKeyUsage, ParsedExtension};
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::platform::terminal::argument;
use crate::text::{sanitize, with_thousands};
use crate::tls::der;
use crate::tls::inspect::certificate_text::{
    DNS_NAME, ExtensionDetails, IP_ADDRESS, SubjectAltName, common_names, distinguished_name, general_names,
    has_openssl_types, has_rare_common_name, hex, one_line, serial_number,
};
use crate::tls::inspect::defect::Defect;
use crate::tls::key_type::{KeyType, bits};

/// The fields of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// The subject's distinguished name: `CN=localhost, O=Lab`.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject alternative names (RFC 5280, section 4.2.1.6), in order.
    pub names: Vec<SubjectAltName>,
    /// The subject's common names, where old clients look for the server's name.
    pub common_names: Vec<String>,
    /// The period in which the certificate is valid.
    pub validity: Validity,
    /// The type of the certificate's key.
    pub key: KeyType,
    /// The signature algorithm as openssl prints it: `ecdsa-with-SHA256`.
    pub signature: String,
    /// The SHA-256 of the DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
    pub fingerprint: String,
    /// The serial number in hexadecimal, as `openssl x509 -serial` prints it.
    pub serial: String,
    /// The X.509 version: 1, 2 or 3.
    pub version: u8,
    /// The extensions, in order.
    pub extensions: Vec<ExtensionDetails>,
    /// Whether the certificate names itself as its issuer, and its signature doesn't contradict that.
    pub self_signed: bool,
    /// Whether the basic constraints mark it as a CA certificate (RFC 5280, section 4.2.1.9).
    pub is_ca: bool,
    /// The maximum number of CAs between this one and a server's certificate, if there is one.
    pub path_length: Option<u32>,
    /// The bits of the key usage, if any; the lowest is `digitalSignature` (RFC 5280, section 4.2.1.3).
    pub key_usage: Option<u16>,
    /// The object identifiers of the extended key usage, if any (RFC 5280, section 4.2.1.12).
    pub purposes: Option<Vec<String>>,
    /// Whether one of the common names has a string type that some clients don't read.
    pub has_rare_common_name: bool,
    /// The defects of the encoding.
    pub defects: Vec<Defect>,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The time that Echoscope adds before and after the validity of a certificate that it creates, so that a client whose
/// clock differs by a few minutes accepts it on the first and on the last day.
pub(super) const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Certificate {
    /// Parses a certificate. Returns `None` if it is invalid.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, parsed)| Self::new(&parsed, der))
    }

    pub(super) fn new(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        let usage = certificate.key_usage().ok().flatten();
        let purposes = certificate.extended_key_usage().ok().flatten();
        let constraints = certificate.basic_constraints().ok().flatten();
        Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            names: general_names(certificate).iter().map(SubjectAltName::of).collect(),
            common_names: common_names(certificate.subject()).iter().map(|name| one_line(name)).collect(),
            validity: Validity::of(certificate),
            key: key_type(certificate.public_key()),
            signature: signature_name(&certificate.signature_algorithm),
            fingerprint: sha256(der),
            serial: serial_number(certificate.raw_serial()),
            version: u8::try_from(certificate.version().0.saturating_add(1)).unwrap_or(u8::MAX),
            extensions: certificate.extensions().iter().map(ExtensionDetails::of).collect(),
            self_signed: has_signed(certificate, certificate),
            is_ca: certificate.is_ca(),
            path_length: constraints.and_then(|constraints| constraints.value.path_len_constraint),
            key_usage: usage.map(|usage| usage.value.flags),
            purposes: purposes.map(|purposes| purpose_ids(purposes.value)),
            has_rare_common_name: has_rare_common_name(certificate.subject()),
            defects: encoding_defects(certificate),
        }
    }

    /// Returns the host names, which may contain wildcards, and the addresses among the alternative names.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let is_host = |name: &&SubjectAltName| [DNS_NAME, IP_ADDRESS].contains(&name.kind);
        self.names.iter().filter(is_host).map(|name| name.text.as_str())
    }

    /// Returns the host names and addresses among the alternative names, or the common names if there are none.
    #[must_use]
    pub fn hosts_or_common_names(&self) -> Vec<&str> {
        let hosts: Vec<_> = self.hosts().collect();
        if hosts.is_empty() { self.common_names.iter().map(String::as_str).collect() } else { hosts }
    }

    /// Returns whether the alternative names cover a requested name or address.
    #[must_use]
    pub fn is_for(&self, requested: &str) -> bool {
        let kind = if is_address(requested) { IP_ADDRESS } else { DNS_NAME };
        self.names.iter().any(|name| name.kind == kind && covers(&name.text, requested))
    }

    /// Returns whether only the common name covers a requested name. Many clients still accept that if there is no host
    /// name among the alternative names.
    #[must_use]
    pub fn is_for_by_common_name(&self, requested: &str) -> bool {
        self.names.iter().all(|name| name.kind != DNS_NAME)
            && self.common_names.iter().any(|name| covers(name, requested))
    }

    /// Returns the hash algorithm of the signature if clients no longer trust it: `MD2`, `MD5` or `SHA1`.
    #[must_use]
    pub fn weak_hash(&self) -> Option<&'static str> {
        let signature = self.signature.to_uppercase();
        ["MD2", "MD5", "SHA1"].into_iter().find(|hash| signature.contains(hash))
    }

    /// Returns a summary on one line, for example `localhost · RSA 2048 · 365 days left`. Dates are in UTC.
    #[must_use]
    pub fn line(&self, now: Timestamp) -> String {
        let names: Vec<_> = self.hosts_or_common_names().iter().map(|name| sanitize(name, 64)).collect();
        let names = match names.as_slice() {
            [] => "no name".to_owned(),
            [first, second, third, rest @ ..] if rest.len() > 1 => {
                format!("{first}, {second}, {third} and {} more", rest.len())
            }
            few => few.join(", "),
        };
        format!("{names} · {} · {}", self.key, self.validity.description(now))
    }

    /// Returns a command that creates a better certificate for the same key, in the key's folder; `None` if this
    /// certificate has no defect.
    #[must_use]
    pub fn better(&self, key: &Path) -> Option<String> {
        let is_good =
            self.version >= 3 && self.weak_hash().is_none() && !self.is_ca && self.hosts().next().is_some();
        (!is_good).then(|| {
            format!(
                "openssl req -x509 -key {} -days 365 -subj /CN=localhost -addext \
                 subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -out {}",
                argument(key),
                argument(&key.with_file_name("better.crt"))
            )
        })
    }
}

/// Returns whether a name in a certificate, perhaps with a wildcard for its first label, covers the requested name or
/// address (RFC 9525, section 6.3).
pub(super) fn covers(name: &str, requested: &str) -> bool {
    let address = |text: &str| text.parse().ok().map(|address: IpAddr| address.to_canonical());
    if let Some(requested) = address(requested) {
        return address(name) == Some(requested);
    }
    let (name, requested) = (name.trim_end_matches('.'), requested.trim_end_matches('.'));
    match (name.strip_prefix("*."), requested.split_once('.')) {
        (Some(parent), Some((label, rest))) => !label.is_empty() && parent.eq_ignore_ascii_case(rest),
        (Some(_), None) => false,
        (None, _) => name.eq_ignore_ascii_case(requested),
    }
}

pub(super) fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

/// Returns whether a certificate names `issuer` as its issuer, and its signature doesn't contradict that.
pub(super) fn has_signed(issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == issuer.subject().as_raw()
        && signed_by(certificate, issuer) != Some(false)
}

/// Returns whether a certificate's signature was made with an issuer's key; `None` for an unknown algorithm.
pub(super) fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    match certificate.verify_signature(Some(issuer.public_key())) {
        Ok(()) => Some(true),
        Err(X509Error::SignatureVerificationError) => Some(false),
        Err(_) => None,
    }
}

/// Returns the SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
fn sha256(der: &[u8]) -> String {
    // rustls exports its hashes only as part of a cipher suite.
    let hash = match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
    };
    hex(hash.hash(der).as_ref())
}

/// A certificate's period of validity (RFC 5280, section 4.1.2.5), including both moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first moment at which the certificate is valid.
    pub not_before: Timestamp,
    /// The last moment at which the certificate is valid; [`Timestamp::MAX`] if it never expires.
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

    /// Returns the share of the validity that has passed, from 0 to 1.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> f64 {
        let total = self.not_after.duration_since(self.not_before).as_secs_f64();
        let passed = now.duration_since(self.not_before).as_secs_f64();
        if total > 0.0 { (passed / total).clamp(0.0, 1.0) } else { f64::from(u8::from(passed > 0.0)) }
    }

    /// Returns whether the certificate is valid at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Returns a description of the validity: `365 days left`, `expired on 2026-01-31`, `not valid before 2026-01-31`.
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
            return "never expires".to_owned();
        }
        let left = self.not_after.duration_since(now);
        if left < DAY {
            let is_today = date(now) == date(self.not_after);
            return if is_today { "expires today" } else { "expires tomorrow" }.to_owned();
        }
        // Rounded up, so that a new certificate for a year has 365 days left until a day has passed.
        let seconds = left.saturating_sub(CLOCK_SKEW).as_secs().unsigned_abs();
        match seconds.div_ceil(DAY.as_secs().unsigned_abs()) {
            1 => "1 day left".to_owned(),
            days => format!("{} days left", with_thousands(days)),
        }
    }

    /// Returns the first moment of the validity as `2026-11-22 13:45:00 UTC`.
    #[must_use]
    pub fn begins(&self) -> String {
        utc(self.not_before)
    }

    /// Returns the last moment of the validity as `2027-11-22 13:45:00 UTC`; the encoded value if it never expires.
    #[must_use]
    pub fn ends(&self) -> String {
        if self.not_after == Timestamp::MAX {
            "9999-12-31 23:59:59 UTC".to_owned()
        } else {
            utc(self.not_after)
        }
    }
}

/// Returns a moment as `2026-11-22 13:45:00 UTC`.
pub(super) fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// Converts seconds since 1970. The last second of the year 9999, which stands for no end (RFC 5280, section 4.1.2.5),
/// is too late for a `Timestamp` and becomes [`Timestamp::MAX`].
pub(super) fn moment(seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(end)
}

/// Returns the object identifiers of an extended key usage.
fn purpose_ids(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known.iter().filter(|(set, _)| *set).map(|(_, id)| (*id).to_owned());
    known.chain(usage.other.iter().map(Oid::to_id_string)).collect()
}

/// Returns the defects that don't depend on the use of a certificate.
fn encoding_defects(certificate: &X509Certificate<'_>) -> Vec<Defect> {
    let tbs = &certificate.tbs_certificate;
    let is_netscape_client = certificate.extensions().iter().any(|extension| {
        // The second bit stands for a server.
        matches!(extension.parsed_extension(), ParsedExtension::NSCertType(kind) if !kind.ssl_server())
    });
    let is_own_issuer = certificate.issuer().as_raw() == certificate.subject().as_raw();
    [
        (Defect::DateFormat, !has_readable_dates(tbs.as_ref()).unwrap_or(false)),
        (Defect::WrongPurpose, is_netscape_client),
        (
            Defect::NameType,
            !(has_openssl_types(certificate.subject()) && has_openssl_types(certificate.issuer())),
        ),
        (Defect::OtherAlgorithm, tbs.signature != certificate.signature_algorithm),
        (Defect::OwnSignature, is_own_issuer && signed_by(certificate, certificate) == Some(false)),
    ]
    .into_iter()
    .filter_map(|(defect, is_there)| is_there.then_some(defect))
    .collect()
}

/// Returns whether both dates of an encoded `TBSCertificate` have seconds and no fraction of them, in UTC (RFC 5280,
/// section 4.1.2.5).
fn has_readable_dates(tbs: &[u8]) -> Option<bool> {
    let fields = der::elements(Any::from_der(tbs).ok()?.1.data)?;
    // The version comes first, unless it is version 1.
    let has_version = usize::from(fields.first()?.class() == Class::ContextSpecific);
    let dates = der::elements(fields.get(has_version + 3)?.data)?;
    Some(dates.iter().all(|date| {
        let length = if date.tag() == Tag::UtcTime { 13 } else { 15 };
        let digits = date.data.strip_suffix(b"Z");
        date.data.len() == length && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    }))
}

/// Returns the type of a public key.
pub(super) fn key_type(key: &SubjectPublicKeyInfo<'_>) -> KeyType {
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

/// Signature algorithms that x509-parser has no name for, as openssl names them.
const OTHER_SIGNATURES: [(&str, &str); 5] = [
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "dsa_with_SHA256"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// Returns the name of a signature algorithm as openssl prints it, or its object identifier if it is unknown.
fn signature_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let name = |oid: &Oid<'_>| {
        let id = oid.to_id_string();
        let openssl_name = OTHER_SIGNATURES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
        oid2sn(oid, oid_registry()).ok().or(openssl_name).map_or(id, str::to_owned)
    };
    let kind = name(&algorithm.algorithm);
    match SignatureAlgorithm::try_from(algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => {
            format!("{kind} with {}", name(parameters.hash_algorithm_oid()))
        }
        _ => kind,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a self-signed certificate for localhost without defects.
    pub(in crate::tls) fn good_certificate() -> Certificate {
        Certificate {
            names: vec![SubjectAltName { kind: DNS_NAME, text: "localhost".to_owned() }],
            key: KeyType::Rsa { bits: 2048 },
            validity: Validity {
                not_before: "2026-01-01T08:30:00Z".parse().unwrap(),
                not_after: "2026-12-31T12:00:00Z".parse().unwrap(),
            },
            version: 3,
            self_signed: true,
            ..Certificate::default()
        }
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        assert!(covers("Localhost", "localhost."));
        assert!(covers("*.lab.example", "www.LAB.example"));
        for asked in ["lab.example", "a.b.lab.example", ".lab.example", "localhost"] {
            assert!(!covers("*.lab.example", asked), "{asked}");
        }
        assert!(!covers("localhost", "localhost.example"));
    }

    #[test]
    fn the_summary_rounds_the_days_left_up() {
        let line = |now: &str| good_certificate().line(now.parse().unwrap());
        assert_eq!(line("2026-01-01T12:00:01Z"), "localhost · RSA 2048 · 364 days left");
        assert_eq!(line("2026-01-01T12:05:00Z"), "localhost · RSA 2048 · 364 days left");
        assert_eq!(line("2026-12-29T11:00:00Z"), "localhost · RSA 2048 · 3 days left");
        assert_eq!(line("2026-12-29T12:00:00Z"), "localhost · RSA 2048 · 2 days left");
        assert_eq!(line("2026-12-30T11:50:00Z"), "localhost · RSA 2048 · 2 days left");
        assert_eq!(line("2026-12-30T12:00:00Z"), "localhost · RSA 2048 · 1 day left");
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
    fn many_names_are_summarized_on_one_line() {
        let named = |count: u8| {
            let name = |n| SubjectAltName { kind: DNS_NAME, text: format!("n{n}") };
            Certificate { names: (1..=count).map(name).collect(), ..good_certificate() }
                .line(good_certificate().validity.not_before)
        };
        assert!(named(5).starts_with("n1, n2, n3 and 2 more · "));
        assert!(named(0).starts_with("no name · "));
        assert_eq!(sanitize("a\nb\u{202e}c", 64), "a?b?c");
        assert_eq!(sanitize(&"x".repeat(65), 64), format!("{}…", "x".repeat(64)));
    }

    #[test]
    fn the_last_second_of_9999_means_no_end() {
        assert_eq!(moment(253_402_300_799), Timestamp::MAX);
        assert_eq!(moment(0), Timestamp::UNIX_EPOCH);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are exact")]
    fn the_elapsed_share_goes_from_0_to_1() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-11T00:00:00Z".parse().unwrap(),
        };
        let at = |now: &str| validity.elapsed(now.parse().unwrap());
        assert_eq!(at("2025-12-31T21:59:00Z"), 0.0);
        assert_eq!(at("2026-01-06T00:00:00Z"), 0.5);
        assert_eq!(at("2026-01-12T00:00:00Z"), 1.0);
        let endless = Validity { not_after: Timestamp::MAX, ..validity };
        assert_eq!(endless.description(validity.not_after), "never expires");
        let never = Validity { not_before: validity.not_after, not_after: validity.not_before };
        assert_eq!(never.elapsed(Timestamp::MAX), 1.0);
    }
}
