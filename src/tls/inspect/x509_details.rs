//! One certificate's fields as text, each on one line, and its validity also as a share for a bar.

use jiff::{SignedDuration, Timestamp};
use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::text::count;
use crate::tls::certificate_report;
use crate::tls::inspect::certificate_text::ExtensionDetails;
use crate::tls::inspect::certificate_text::{
    SubjectAltName, common_names, distinguished_name, general_names, hex, one_line, serial_number,
};
use crate::tls::key_type::bits;

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDetails {
    /// The subject's distinguished name: `CN=localhost, O=Lab`.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject alternative names (RFC 5280, section 4.2.1.6), in order.
    pub names: Vec<SubjectAltName>,
    /// The subject's common names, where old clients look for the server's name.
    pub common_names: Vec<String>,
    /// Its validity.
    pub validity: Validity,
    /// The kind of its key: `RSA 2048`, with the exponent if it is unusual.
    pub key: String,
    /// Its signature's algorithm: `ECDSA with SHA-256`.
    pub signature: String,
    /// Whether clients no longer trust that algorithm because of its hash.
    pub has_weak_signature: bool,
    /// The SHA-256 of the DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
    pub fingerprint: String,
    /// The serial number in hexadecimal, as `openssl x509 -serial` prints it.
    pub serial: String,
    /// The X.509 version: 1, 2 or 3.
    pub version: u8,
    /// Its extensions, in order.
    pub extensions: Vec<ExtensionDetails>,
    /// Whether it names itself as its issuer.
    pub self_signed: bool,
    /// Whether it may sign others (RFC 5280, section 4.2.1.9).
    pub is_ca: bool,
}

impl CertificateDetails {
    /// Parses a certificate; `None` if that fails.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, parsed)| Self::new(&parsed, der))
    }

    pub(super) fn new(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        let exponent = unusual_exponent(certificate)
            .map(|exponent| format!(", exponent {exponent} where 65537 is usual"))
            .unwrap_or_default();
        let signature = certificate_report::signature_kind(&certificate.signature_algorithm);
        Self {
            subject: distinguished_name(certificate.subject()),
            issuer: distinguished_name(certificate.issuer()),
            names: general_names(certificate).iter().map(SubjectAltName::of).collect(),
            common_names: common_names(certificate.subject()).iter().map(|name| one_line(name)).collect(),
            validity: Validity::of(certificate),
            key: format!("{}{exponent}", certificate_report::key_kind(certificate.public_key())),
            has_weak_signature: certificate_report::weak_hash(&signature).is_some(),
            signature,
            fingerprint: sha256(der),
            serial: serial_number(certificate.raw_serial()),
            version: u8::try_from(certificate.version().0.saturating_add(1)).unwrap_or(u8::MAX),
            extensions: certificate.extensions().iter().map(ExtensionDetails::of).collect(),
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            is_ca: certificate.is_ca(),
        }
    }
}

/// Returns an RSA key's public exponent unless it is 65537.
fn unusual_exponent(certificate: &X509Certificate<'_>) -> Option<String> {
    let Ok(PublicKey::RSA(rsa)) = certificate.public_key().parsed() else { return None };
    match rsa.try_exponent() {
        Ok(65537) => None,
        Ok(other) => Some(other.to_string()),
        Err(_) => Some(format!("of {} bits", bits(rsa.exponent))),
    }
}

/// Returns the SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`.
#[must_use]
pub fn sha256(der: &[u8]) -> String {
    // rustls exports its hashes only as part of a cipher suite.
    let hash = match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
    };
    hex(hash.hash(der).as_ref())
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
            not_before: certificate_report::moment(validity.not_before.timestamp()),
            not_after: certificate_report::moment(validity.not_after.timestamp()),
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

    /// Returns a description: `valid for another 364 days`, `expired 3 days ago`, `not valid for another 2 hours`.
    #[must_use]
    pub fn description(&self, now: Timestamp) -> String {
        if self.not_before > self.not_after {
            "never valid: it ends before it begins".to_owned()
        } else if now < self.not_before {
            format!("not valid for another {}", span(self.not_before.duration_since(now)))
        } else if now > self.not_after {
            format!("expired {} ago", span(now.duration_since(self.not_after)))
        } else if self.not_after == Timestamp::MAX {
            "valid without an end".to_owned()
        } else {
            format!("valid for another {}", span(self.not_after.duration_since(now)))
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

/// Returns a duration in the largest unit of which it has at least one, rounded down.
fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let (number, unit) = match seconds {
        86_400.. => (seconds / 86_400, "day"),
        3600.. => (seconds / 3600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    count(number, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_sha_256() {
        assert!(sha256(b"").starts_with("E3:B0:C4:42:98:FC:1C:14:"));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the ends are exact")]
    fn description_and_share_follow_the_clock() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-11T00:00:00Z".parse().unwrap(),
        };
        let at = |now: &str| {
            let now = now.parse().unwrap();
            (validity.description(now), validity.elapsed(now))
        };
        assert_eq!(at("2025-12-31T21:59:00Z"), ("not valid for another 2 hours".to_owned(), 0.0));
        assert_eq!(at("2026-01-01T00:00:00Z"), ("valid for another 10 days".to_owned(), 0.0));
        assert_eq!(at("2026-01-06T00:00:00Z"), ("valid for another 5 days".to_owned(), 0.5));
        assert_eq!(
            at("2026-01-10T23:59:01Z"),
            ("valid for another 59 seconds".to_owned(), at("2026-01-10T23:59:01Z").1)
        );
        assert_eq!(at("2026-01-11T00:00:00Z"), ("valid for another 0 seconds".to_owned(), 1.0));
        assert_eq!(at("2026-01-12T00:00:00Z"), ("expired 1 day ago".to_owned(), 1.0));
        let endless = Validity { not_after: Timestamp::MAX, ..validity };
        assert_eq!(endless.description(validity.not_after), "valid without an end");
        let never = Validity { not_before: validity.not_after, not_after: validity.not_before };
        assert!(never.description(validity.not_after).starts_with("never valid"));
        assert_eq!(never.elapsed(Timestamp::MAX), 1.0);
    }
}
