//! Why a client refuses a certificate, in words: one entry for each error of rustls and its certificate checker.

use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::tls::inspect::validity::moment;

/// Why, as the end of a sentence, and what to do, as a sentence of its own (or nothing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tls) struct Refusal {
    /// The error's own name.
    pub(in crate::tls) key: String,
    pub(in crate::tls) why: String,
    pub(in crate::tls) advice: &'static str,
    /// The moment that the error is about, in seconds since 1970.
    pub(super) at: Option<u64>,
}

const EXPIRED: (&str, &str) = ("{which} expired on {date}", "Make a new one.");
const EARLY: (&str, &str) =
    ("{which} is not valid before {date}", "Wait until then, or see whether this computer's clock is right.");
const PURPOSE: (&str, &str) = (
    "its extended key usage does not allow a TLS server",
    "Make one with the extended key usage for a server, or with none.",
);
const NAME: (&str, &str) = ("that name is not among its alternative names", "Make one that has this name.");
const ALGORITHM: (&str, &str) =
    ("it is signed in a way that the client does not take", "Sign it with RSA or ECDSA and SHA-256.");
const DAMAGED: (&str, &str) =
    ("one of its parts is not written as the standard wants it", "Make a new one, with another program.");
const REVOCATION: (&str, &str) =
    ("whether it is revoked can't be found out", "Give the client a revocation list that is up to date.");
const COMPLEX: (&str, &str) = (
    "the certificates of the file are too many or too entangled",
    "Leave only the chain in the file, in order.",
);
const CONSTRAINT: (&str, &str) = (
    "an authority above it has a rule about names that can't be read",
    "Make a new authority, with rules that name host names or address ranges.",
);
const REVOCATION_LIST: (&str, &str) =
    ("the revocation list that the client has can't be used", "Give the client another one, or none.");

/// The errors by name: those of `rustls::CertificateError`, then those of the checker beneath it, which rustls hands on
/// inside `Other`. `{which}` is `it` or another certificate of its chain, `{date}` the moment in question.
const WORDS: &[(&str, (&str, &str))] = &[
    ("BadEncoding", DAMAGED),
    ("Expired", ("it ends before it begins, so that it is never valid", "Make a new one.")),
    ("ExpiredContext", EXPIRED),
    ("NotValidYet", ("it is not valid yet", "Wait, or see whether this computer's clock is right.")),
    ("NotValidYetContext", EARLY),
    ("Revoked", ("its issuer has revoked it", "Get a new one.")),
    (
        "UnhandledCriticalExtension",
        (
            "it has a critical extension that the client does not know",
            "Make one without it, or with the extension marked as not critical.",
        ),
    ),
    // What to do depends on whom the client trusts: see `sentence`.
    ("UnknownIssuer", ("it was not signed by an authority that the client knows", "")),
    ("UnknownRevocationStatus", REVOCATION),
    ("ExpiredRevocationList", REVOCATION),
    ("ExpiredRevocationListContext", REVOCATION),
    (
        "BadSignature",
        (
            "the signature on {which} was not made with the key of the authority that it names",
            "Give the client the certificate that really signed it: there may be two of the same name.",
        ),
    ),
    ("UnsupportedSignatureAlgorithm", ALGORITHM),
    ("UnsupportedSignatureAlgorithmContext", ALGORITHM),
    (
        "UnsupportedSignatureAlgorithmForPublicKeyContext",
        (
            "its signature and the key of its issuer are of two kinds, or of a kind that the client does not take",
            "Sign it with an RSA key, or an ECDSA key on P-256 or P-384.",
        ),
    ),
    ("NotValidForName", NAME),
    ("NotValidForNameContext", NAME),
    ("InvalidPurpose", PURPOSE),
    ("InvalidPurposeContext", PURPOSE),
    ("InvalidOcspResponse", ("the proof that it is not revoked (OCSP) is not good", "Leave that proof out.")),
    (
        "ApplicationVerificationFailure",
        ("the program behind the client decided against it", "Look at that program's own rules."),
    ),
    (
        "CaUsedAsEndEntity",
        (
            "it is marked as a certificate authority's own, which a server's certificate must not be",
            "Make one that is not a CA, and sign it with this one if you like.",
        ),
    ),
    (
        "CertDistrusted",
        ("its key is on the client's list of those that nobody should trust", "Make a new key."),
    ),
    (
        "EmptyEkuExtension",
        ("its extended key usage is there, but empty", "Make one that names the TLS server."),
    ),
    (
        "EndEntityUsedAsCa",
        (
            "it was signed with a certificate that is not marked as a certificate authority's",
            "Make the signing one with basic constraints CA:TRUE.",
        ),
    ),
    ("ExtensionValueInvalid", DAMAGED),
    (
        "InvalidSerialNumber",
        ("its serial number is not a positive number of at most 20 bytes", "Make a new one."),
    ),
    (
        "MalformedDnsIdentifier",
        ("one of its alternative names is not a host name", "Make one with names such as localhost."),
    ),
    ("MalformedExtensions", DAMAGED),
    ("InvalidNetworkMaskConstraint", CONSTRAINT),
    ("MalformedNameConstraint", CONSTRAINT),
    (
        "NameConstraintViolation",
        (
            "an authority above it may not sign for this name",
            "Choose another name, or sign it with another authority.",
        ),
    ),
    (
        "PathLenConstraintViolated",
        (
            "an authority above it may not have so many others below it",
            "Sign it with an authority that is nearer to the root.",
        ),
    ),
    ("MaximumNameConstraintComparisonsExceeded", COMPLEX),
    ("MaximumPathBuildCallsExceeded", COMPLEX),
    ("MaximumPathDepthExceeded", COMPLEX),
    ("MaximumSignatureChecksExceeded", COMPLEX),
    (
        "SignatureAlgorithmMismatch",
        ("it names two different algorithms for its one signature", "Make a new one, with another program."),
    ),
    (
        "UnsupportedCertVersion",
        (
            "{which} is an X.509 version 1 certificate, and the client takes version 3 only",
            "Make a version 3 certificate.",
        ),
    ),
    (
        "UnsupportedCriticalExtension",
        (
            "it has a critical extension that the client does not know",
            "Make one without it, or with the extension marked as not critical.",
        ),
    ),
    (
        "UnsupportedNameType",
        ("the client can't look for a name of this kind", "Use a host name or an IP address."),
    ),
    ("InvalidCrlNumber", REVOCATION_LIST),
    ("IssuerNotCrlSigner", REVOCATION_LIST),
    ("UnsupportedCrlIssuingDistributionPoint", REVOCATION_LIST),
    ("UnsupportedCrlVersion", REVOCATION_LIST),
    ("UnsupportedDeltaCrl", REVOCATION_LIST),
    ("UnsupportedIndirectCrl", REVOCATION_LIST),
    ("UnsupportedRevocationReason", REVOCATION_LIST),
    ("UnsupportedRevocationReasonsPartitioning", REVOCATION_LIST),
];

const OTHERWISE: (&str, &str) =
    ("the check fails for a rare reason", "The details tell the library's own word for it.");

/// The words for an error of the check; `which` is the certificate that the times and versions are about.
pub(in crate::tls) fn refusal(
    error: &rustls::Error,
    which: impl FnOnce(&str, Option<u64>) -> &'static str,
) -> Refusal {
    let key = key(error);
    let at = match error {
        rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            Some(*not_after)
        }
        rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            Some(*not_before)
        }
        _ => None,
    };
    let at = at.map(|time| UnixTime::as_secs(&time));
    let (why, advice) = WORDS.iter().find(|(known, _)| *known == key).map_or(OTHERWISE, |(_, words)| *words);
    let date =
        at.and_then(|seconds| i64::try_from(seconds).ok()).and_then(|it| Timestamp::from_second(it).ok());
    let why = why
        .replace("{which}", which(&key, at))
        .replace("{date}", &date.map_or_else(|| "another day".to_owned(), moment));
    Refusal { key, why, advice, at }
}

/// The name of an error, also of one that rustls only hands on.
fn key(error: &rustls::Error) -> String {
    let full = match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => format!("{:?}", other.0),
        rustls::Error::InvalidCertificate(error) => format!("{error:?}"),
        other => format!("{other:?}"),
    };
    full.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::pki_types::ServerName;
    use rustls::{ExtendedKeyPurpose, OtherError};

    use super::*;

    fn words(error: CertificateError) -> Refusal {
        refusal(&rustls::Error::InvalidCertificate(error), |_, _| "it")
    }

    #[test]
    #[expect(deprecated, reason = "they may still come")]
    fn every_error_of_rustls_has_words() {
        use CertificateError as E;
        let time = UnixTime::since_unix_epoch(Duration::from_hours(500_000));
        let all = [
            E::BadEncoding,
            E::Expired,
            E::ExpiredContext { time, not_after: time },
            E::NotValidYet,
            E::NotValidYetContext { time, not_before: time },
            E::Revoked,
            E::UnhandledCriticalExtension,
            E::UnknownIssuer,
            E::UnknownRevocationStatus,
            E::ExpiredRevocationList,
            E::ExpiredRevocationListContext { time, next_update: time },
            E::BadSignature,
            E::UnsupportedSignatureAlgorithm,
            E::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: vec![],
                supported_algorithms: vec![],
            },
            E::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: vec![],
                public_key_algorithm_id: vec![],
            },
            E::NotValidForName,
            E::NotValidForNameContext { expected: ServerName::try_from("a.b").unwrap(), presented: vec![] },
            E::InvalidPurpose,
            E::InvalidPurposeContext { required: ExtendedKeyPurpose::ServerAuth, presented: vec![] },
            E::InvalidOcspResponse,
            E::ApplicationVerificationFailure,
        ];
        for error in all {
            let told = words(error);
            assert_ne!(told.why, OTHERWISE.0, "{}", told.key);
            assert!(!told.why.contains(['{', '}']), "{}", told.why);
        }
        let unknown = words(E::Other(OtherError(Arc::new(std::io::Error::other("x")))));
        assert_eq!((unknown.why.as_str(), unknown.advice), OTHERWISE);
    }

    #[test]
    fn every_error_of_the_checker_that_rustls_only_hands_on_has_words() {
        use webpki::Error as E;
        let all = [
            E::CaUsedAsEndEntity,
            E::CertDistrusted,
            E::EmptyEkuExtension,
            E::EndEntityUsedAsCa,
            E::ExtensionValueInvalid,
            E::InvalidCrlNumber,
            E::InvalidNetworkMaskConstraint,
            E::InvalidSerialNumber,
            E::IssuerNotCrlSigner,
            E::MalformedDnsIdentifier,
            E::MalformedExtensions,
            E::MalformedNameConstraint,
            E::MaximumNameConstraintComparisonsExceeded,
            E::MaximumPathBuildCallsExceeded,
            E::MaximumPathDepthExceeded,
            E::MaximumSignatureChecksExceeded,
            E::NameConstraintViolation,
            E::PathLenConstraintViolated,
            E::SignatureAlgorithmMismatch,
            E::UnsupportedCertVersion,
            E::UnsupportedCriticalExtension,
            E::UnsupportedCrlIssuingDistributionPoint,
            E::UnsupportedCrlVersion,
            E::UnsupportedDeltaCrl,
            E::UnsupportedIndirectCrl,
            E::UnsupportedNameType,
            E::UnsupportedRevocationReason,
            E::UnsupportedRevocationReasonsPartitioning,
        ];
        for error in all {
            let told = words(CertificateError::Other(OtherError(Arc::new(error))));
            assert_ne!(told.why, OTHERWISE.0, "{}", told.key);
        }
    }

    #[test]
    fn every_entry_is_a_piece_of_a_sentence_and_stands_once() {
        for (key, (why, advice)) in WORDS {
            assert_eq!(WORDS.iter().filter(|(other, _)| other == key).count(), 1, "{key}");
            assert!(!why.ends_with('.') && !why.starts_with(char::is_uppercase), "{why}");
            assert!(advice.is_empty() != advice.ends_with('.'), "{advice}");
            for jargon in ["::", "Error", "  "] {
                assert!(!why.contains(jargon) && !advice.contains(jargon), "{why} {advice}");
            }
        }
    }
}
