//! Explains why a certificate is rejected: one text for each error of rustls and of webpki, its certificate checker.
//!
//! The same table serves the client's check of the server's certificate (in a handshake, and for the certificate
//! inspection, which predicts it) and the server's check of a client's certificate. Revocation is never checked.

use rustls::{CertificateError, Error};
use webpki::Error as WebpkiError;

use crate::text::list;
use crate::tls::certificate::{Certificate, moment, utc};
use crate::tls::explain::protocol_errors::Peer;

/// The kinds of rejection that other code distinguishes. All others are `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum RejectionKind {
    UnknownIssuer,
    BadSignature,
    WrongName,
    NotValidNow,
    WrongPurpose,
    IsCa,
    OldVersion,
    Other,
}

type Texts = (RejectionKind, &'static str, &'static str);

const DAMAGED: Texts = (
    RejectionKind::Other,
    "a part of it is not encoded as the standard requires",
    "Make a new one with another program.",
);
const CRITICAL: Texts = (
    RejectionKind::Other,
    "it has a critical extension that the {verifier} does not support",
    "Make one without the extension, or mark it as not critical.",
);
const NAME_TYPE: Texts = (
    RejectionKind::Other,
    "the {verifier} can't check a name of this kind",
    "Use a host name or an IP address.",
);
const RARE: Texts =
    (RejectionKind::Other, "the TLS library's check failed", "The details show the library's own error.");

/// Returns the kind, the reason and the advice for an error in checking `holder`'s certificate. In the reason,
/// `{which}` stands for `it` or another certificate of the chain, and `{date}` for the date that the error is about.
#[expect(deprecated, reason = "rustls may still return the older variants")]
fn texts(error: &Error, holder: Peer) -> Texts {
    use CertificateError as C;
    use RejectionKind as K;
    let error = match error {
        Error::InvalidCertificate(error) => error,
        Error::UnsupportedNameType => return NAME_TYPE,
        _ => return RARE,
    };
    match error {
        C::BadEncoding => DAMAGED,
        C::Expired => (K::NotValidNow, "its validity ends before it begins", "Make a new one."),
        C::ExpiredContext { .. } => (K::NotValidNow, "{which} expired on {date}", "Make a new one."),
        C::NotValidYet | C::NotValidYetContext { .. } => (
            K::NotValidNow,
            "{which} is not valid before {date}",
            "Wait until then, or check this computer's clock.",
        ),
        C::Revoked => (K::Other, "its issuer revoked it", "Get a new one."),
        C::UnhandledCriticalExtension => CRITICAL,
        C::UnknownIssuer if holder == Peer::Client => (
            K::UnknownIssuer,
            "its issuer is not the CA that this server trusts for clients",
            "Sign it with the CA in {ca}, or choose its issuer's file as client CA.",
        ),
        C::UnknownIssuer => (K::UnknownIssuer, "the client doesn't trust its issuer", ""),
        C::BadSignature if holder == Peer::Client => (
            K::BadSignature,
            "a signature can't be verified: the client's own, or its issuer's",
            "Check that the client's key belongs to its certificate, and that {ca} is the CA that signed it.",
        ),
        C::BadSignature => (
            K::BadSignature,
            "the signature of {which} was not made with its issuer's key",
            "Give the client the certificate that signed it: there may be two CAs of the same name.",
        ),
        C::UnsupportedSignatureAlgorithm
        | C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            K::Other,
            "the {verifier} doesn't support its signature algorithm",
            "Sign it with RSA, or ECDSA on P-256 or P-384, and SHA-256.",
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => (
            K::WrongName,
            "that name is not among its subject alternative names (SAN)",
            "Make one that contains this name.",
        ),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => (
            K::WrongPurpose,
            "its extended key usage does not allow a TLS {peer}",
            "Make one with the purpose {peer}Auth, or without an extended key usage.",
        ),
        C::Other(other) => other.0.downcast_ref().map_or(RARE, webpki_texts),
        _ => RARE,
    }
}

/// Returns the kind, the reason and the advice for an error of webpki that rustls has no variant for.
fn webpki_texts(error: &WebpkiError) -> Texts {
    use RejectionKind as K;
    use WebpkiError as W;
    match error {
        W::CaUsedAsEndEntity => (
            K::IsCa,
            "it is marked as a CA's, which a {peer}'s certificate must not be",
            "Make one with basicConstraints=CA:FALSE, which this one may sign.",
        ),
        W::UnsupportedCertVersion => (
            K::OldVersion,
            "{which} is an X.509 version 1 certificate, and the {verifier} accepts version 3 only",
            "Make one with extensions: openssl x509 -req ... -extfile {peer}.ext",
        ),
        W::EmptyEkuExtension => {
            (K::Other, "its extended key usage is empty", "Make one with the purpose {peer}Auth.")
        }
        W::EndEntityUsedAsCa => (
            K::Other,
            "its issuer's certificate is not marked as a CA's",
            "Make the issuer's with basicConstraints=CA:TRUE.",
        ),
        W::MalformedDnsIdentifier => {
            (K::Other, "one of its DNS names is not a host name", "Make one with names such as localhost.")
        }
        W::NameConstraintViolation | W::PathLenConstraintViolated => {
            (K::Other, "a CA above it is not allowed to sign such a certificate", "Sign it with another CA.")
        }
        W::MaximumNameConstraintComparisonsExceeded
        | W::MaximumPathBuildCallsExceeded
        | W::MaximumPathDepthExceeded
        | W::MaximumSignatureChecksExceeded => {
            (K::Other, "its chain is too long or too complex", "Keep only the chain in the file, in order.")
        }
        W::ExtensionValueInvalid
        | W::InvalidNetworkMaskConstraint
        | W::InvalidSerialNumber
        | W::MalformedExtensions
        | W::MalformedNameConstraint
        | W::SignatureAlgorithmMismatch => DAMAGED,
        W::UnsupportedCriticalExtension => CRITICAL,
        W::UnsupportedNameType => NAME_TYPE,
        _ => RARE,
    }
}

/// Returns the kind of an error in a client's check of a server's certificate.
pub(in crate::tls) fn rejection_kind(error: &Error) -> RejectionKind {
    texts(error, Peer::Server).0
}

/// Returns whether an error is about the name constraints of a CA.
pub(in crate::tls) fn is_name_constraint(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref() == Some(&WebpkiError::NameConstraintViolation)
}

/// Returns whether an error is about the time, the name or the purpose of a certificate's use. Even a certificate that
/// the client trusts is then rejected.
pub(in crate::tls) fn is_about_use(error: &Error) -> bool {
    use RejectionKind::{NotValidNow, WrongName, WrongPurpose};
    matches!(rejection_kind(error), NotValidNow | WrongName | WrongPurpose)
}

/// Returns why a client rejects a server's certificate, as the end of a sentence, and the advice. `which` names the
/// certificate of the chain that the error is about.
pub(super) fn server_certificate_rejection(
    error: &Error,
    chain: &[Certificate],
    which: &str,
) -> (String, String) {
    let (why, advice) = rejection(error, Peer::Server, which, |_| None);
    let (Some(own), Some(last)) = (chain.first(), chain.last()) else { return (why, advice) };
    let trust = || {
        match &last.issuer {
        _ if own.self_signed => {
            "It is self-signed, as expected of one that you made: give the client this certificate as its CA file."
                .to_owned()
        }
        issuer => format!(
            "Give the client the certificate of {issuer} as its CA file; if it has that, an intermediate certificate is missing."
        ),
    }
    };
    let hosts: Vec<_> = own.hosts().map(str::to_owned).collect();
    match (rejection_kind(error), hosts.first()) {
        (RejectionKind::UnknownIssuer, _) => (why, trust()),
        (RejectionKind::BadSignature, _) if own.self_signed => {
            ("it is self-signed, and the client trusts another CA of the same name".to_owned(), trust())
        }
        (RejectionKind::WrongName, Some(known)) => {
            let names = list(&hosts, 6);
            (why, format!("It is for {names}: connect to one of these, or set {known} as the server name."))
        }
        (RejectionKind::WrongName, None) if own.common_names.is_empty() => {
            ("it contains no host names".to_owned(), advice)
        }
        (RejectionKind::WrongName, None) => {
            ("it has only a common name, which newer clients ignore".to_owned(), advice)
        }
        _ => (why, advice),
    }
}

/// Returns why `holder`'s certificate is rejected, as the end of a sentence, and the advice. `value` returns the values
/// of other placeholders, such as `{ca}`.
pub(in crate::tls) fn rejection(
    error: &Error,
    holder: Peer,
    which: &str,
    value: impl Fn(&str) -> Option<String>,
) -> (String, String) {
    let (_, why, advice) = texts(error, holder);
    let value = |key: &str| match key {
        "which" => Some(which.to_owned()),
        "verifier" if holder == Peer::Server => Some("client".to_owned()),
        "verifier" => Some("server".to_owned()),
        "date" => Some(time_of(error).map_or_else(|| "another day".to_owned(), |time| utc(moment(time)))),
        _ => value(key),
    };
    (holder.fill(why, value), holder.fill(advice, value))
}

/// Returns the time that an error is about, in seconds since 1970.
pub(in crate::tls) fn time_of(error: &Error) -> Option<i64> {
    match error {
        Error::InvalidCertificate(
            CertificateError::ExpiredContext { not_after: time, .. }
            | CertificateError::NotValidYetContext { not_before: time, .. },
        ) => i64::try_from(time.as_secs()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{ExtendedKeyPurpose, OtherError};

    use super::*;

    /// Asserts that an error has a well-formed text for a server's and for a client's certificate.
    fn check(error: CertificateError) {
        let error = Error::InvalidCertificate(error);
        let ca = |key: &str| (key == "ca").then(|| "ca.crt".to_owned());
        for holder in [Peer::Server, Peer::Client] {
            let (why, advice) = rejection(&error, holder, "it", ca);
            assert_ne!(why, RARE.1, "{error:?}");
            assert!(!why.ends_with('.') && !why.starts_with(char::is_uppercase), "{why}");
            assert!(advice.is_empty() || advice.ends_with('.') || advice.contains(": openssl "), "{advice}");
            for jargon in ["::", "Error", "  ", "{", "}"] {
                assert!(!why.contains(jargon) && !advice.contains(jargon), "{why} {advice}");
            }
        }
    }

    #[test]
    fn every_certificate_error_of_rustls_has_texts() {
        use CertificateError as C;
        let time = UnixTime::since_unix_epoch(Duration::from_hours(500_000));
        for error in [
            C::BadEncoding,
            C::Expired,
            C::ExpiredContext { time, not_after: time },
            C::NotValidYet,
            C::NotValidYetContext { time, not_before: time },
            C::Revoked,
            C::UnhandledCriticalExtension,
            C::UnknownIssuer,
            C::BadSignature,
            C::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: vec![],
                supported_algorithms: vec![],
            },
            C::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: vec![],
                public_key_algorithm_id: vec![],
            },
            C::NotValidForName,
            C::NotValidForNameContext { expected: ServerName::try_from("a.b").unwrap(), presented: vec![] },
            C::InvalidPurpose,
            C::InvalidPurposeContext { required: ExtendedKeyPurpose::ServerAuth, presented: vec![] },
        ] {
            check(error);
        }
        let unknown = CertificateError::Other(OtherError(Arc::new(std::io::Error::other("x"))));
        let (why, advice) = rejection(&Error::InvalidCertificate(unknown), Peer::Server, "it", |_| None);
        assert_eq!((why.as_str(), advice.as_str()), (RARE.1, RARE.2));
    }

    #[test]
    fn every_error_of_webpki_without_a_variant_in_rustls_has_texts() {
        use WebpkiError as W;
        for error in [
            W::CaUsedAsEndEntity,
            W::EmptyEkuExtension,
            W::EndEntityUsedAsCa,
            W::ExtensionValueInvalid,
            W::InvalidNetworkMaskConstraint,
            W::InvalidSerialNumber,
            W::MalformedDnsIdentifier,
            W::MalformedExtensions,
            W::MalformedNameConstraint,
            W::MaximumNameConstraintComparisonsExceeded,
            W::MaximumPathBuildCallsExceeded,
            W::MaximumPathDepthExceeded,
            W::MaximumSignatureChecksExceeded,
            W::NameConstraintViolation,
            W::PathLenConstraintViolated,
            W::SignatureAlgorithmMismatch,
            W::UnsupportedCertVersion,
            W::UnsupportedCriticalExtension,
            W::UnsupportedNameType,
        ] {
            check(CertificateError::Other(OtherError(Arc::new(error))));
        }
    }
}
