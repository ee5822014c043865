//! Goes through everything that a client can do to a TLS connection, and fails where there are no words of its own.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::{
    CertificateError, ContentType, EncryptedClientHelloError, HandshakeType, InvalidMessage, OtherError,
    PeerIncompatible, PeerMisbehaved,
};

use super::*;
use crate::settings::tls::TlsVersions;
use crate::tls::KeyKind;
use crate::tls::inspect::{Anchor, Served, Validity};

pub(in crate::tls::explain) fn served() -> Served {
    Served {
        validity: Validity { not_before: "2026-01-01T00:00:00Z".parse().unwrap(), not_after: Timestamp::MAX },
        above: Vec::new(),
        hosts: vec!["localhost".to_owned(), "*.lab.example".to_owned()],
        addresses: vec!["127.0.0.1".parse().unwrap()],
        common: Vec::new(),
        version: 3,
        is_ca: false,
        may_sign: true,
        may_serve: true,
        weak: None,
        key: KeyKind::Ecdsa { curve: 256 },
        anchor: Anchor::Own,
    }
}

pub(in crate::tls::explain) fn situation() -> ServerContext {
    ServerContext {
        versions: TlsVersions::Both,
        certificate: "server.crt".to_owned(),
        client_ca: "ca.crt".to_owned(),
        alpn: vec!["h2".to_owned(), "echo".to_owned()],
        address: "localhost:12345".to_owned(),
        served: served(),
    }
}

fn words(error: &Error, in_handshake: bool) -> String {
    let asked = RequestedName { name: Some("localhost"), address: None };
    for asked in [None, Some(asked), Some(RequestedName { name: None, ..asked })] {
        check(&peer_failure(error, in_handshake, &situation(), asked, Timestamp::now()));
    }
    peer_failure(error, in_handshake, &situation(), None, Timestamp::now())
}

pub(in crate::tls::explain) fn check(words: &str) {
    // A command may stand at the end, as it is typed.
    let ends = words.ends_with('.') || words.contains(": openssl ");
    assert!(ends && words.starts_with(char::is_uppercase), "{words}");
    assert!(words.matches(['.', '?']).count() >= 2 || words.contains("as it should"), "no remedy: {words}");
    for jargon in ["::", "Peer", "Error", "{", "}", "  "] {
        assert!(!words.contains(jargon), "{jargon:?} in {words}");
    }
}

#[test]
fn every_alert_that_rustls_knows_has_words() {
    for number in 0..=u8::MAX {
        let received = Alert::from(number);
        let known = !matches!(received, Alert::Unknown(_));
        let count = ALERTS.iter().filter(|(alert, _)| *alert == received).count();
        assert_eq!(count, usize::from(known), "{received:?}");
        for in_handshake in [true, false] {
            check(&words(&Error::AlertReceived(received), in_handshake));
        }
    }
    let unknown = words(&Error::AlertReceived(Alert::from(200)), true);
    assert!(unknown.contains("alert number 200"), "{unknown}");
}

#[test]
fn a_self_signed_certificate_is_explained_with_the_command_for_this_server() {
    let mut situation = situation();
    situation.set_address("0.0.0.0", 4433);
    situation.certificate = "'my server.crt'".to_owned();
    assert_eq!(
        peer_failure(&Error::AlertReceived(Alert::UnknownCA), true, &situation, None, Timestamp::now()),
        "The client refused our certificate because the client does not trust who signed it: it signed itself, so only \
         a client that was given it takes it. Give the client 'my server.crt' as its CA file, or serve one that a CA of the \
         client's has signed. To try: \
         openssl s_client -connect localhost:4433 -CAfile 'my server.crt'"
    );
}

#[test]
fn a_client_is_told_to_trust_who_signed() {
    let lab = || "CN=Lab CA".to_owned();
    for (anchor, expected) in [
        (Anchor::Own, "Give the client server.crt as its CA file, and"),
        (Anchor::InFile, "Give the client server.crt as its CA file, and"),
        (Anchor::Beside { issuer: lab(), ca: "a b/ca.crt".into() }, "a b/ca.crt"),
        (Anchor::Intermediate { issuer: lab() }, "Append intermediate.crt to server.crt"),
        (Anchor::Missing(lab()), "Give the client the file of the CA that signed it as its CA file, and"),
    ] {
        let mut situation = situation();
        situation.served.anchor = anchor.clone();
        let unknown = Error::AlertReceived(Alert::CertificateUnknown);
        for words in [peer_failure(&unknown, true, &situation, None, Timestamp::now())] {
            check(&words);
            assert!(words.contains(expected), "{words}");
            let own = matches!(anchor, Anchor::Own | Anchor::InFile);
            assert_eq!(words.contains("client server.crt as its CA file"), own, "{words}");
        }
    }
}

#[test]
fn addresses_are_written_for_a_shell() {
    let mut situation = situation();
    for (host, address) in
        [("::1", "[::1]:7"), ("127.0.0.1", "127.0.0.1:7"), ("::", "localhost:7"), ("lab", "lab:7")]
    {
        situation.set_address(host, 7);
        assert_eq!(situation.address, address);
    }
}

#[test]
fn advice_names_the_versions_that_this_server_speaks() {
    let error = Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled);
    assert!(words(&error, true).contains("TLS 1.2 and 1.3"));
    let only13 = ServerContext { versions: TlsVersions::Only13, ..situation() };
    assert!(peer_failure(&error, true, &only13, None, Timestamp::now()).contains("TLS 1.3 only"));
}

#[test]
fn every_error_that_a_client_can_cause_has_words_of_its_own() {
    for error in errors() {
        for in_handshake in [true, false] {
            assert!(alerts::error(&error, in_handshake).is_some(), "no words for {error:?}");
            check(&words(&error, in_handshake));
        }
    }
    // The general words are for what is not the client's doing.
    assert_eq!(words(&Error::General("x".to_owned()), true), GENERAL_IN_HANDSHAKE);
    assert_eq!(words(&Error::FailedToGetRandomBytes, false), GENERAL);
}

#[test]
fn the_words_fit_what_happened() {
    for (error, expected) in [
        (Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "no cipher suite in common"),
        (Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired), "too old"),
        (Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon), "X25519"),
        (Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon), "signatures of the kind"),
        (Error::InvalidMessage(InvalidMessage::InvalidContentType), "is not TLS"),
        (Error::InvalidMessage(InvalidMessage::MessageTooShort), "can't be read"),
        (Error::PeerMisbehaved(PeerMisbehaved::IncorrectBinder), "earlier session"),
        (Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare), "broke a rule"),
        (Error::DecryptError, "could not be decrypted"),
        (Error::PeerSentOversizedRecord, "16 KiB"),
        (Error::NoApplicationProtocol, "agrees only to h2, echo"),
        (Error::NoCertificatesPresented, "showed no certificate"),
        (Error::InvalidCertificate(CertificateError::UnknownIssuer), "the CA in ca.crt"),
        (Error::InvalidCertificate(CertificateError::Expired), "has expired"),
        (Error::InvalidCertificate(CertificateError::InvalidPurpose), "clientAuth"),
        (other("CaUsedAsEndEntity"), "CA:FALSE"),
        (other("UnsupportedCertVersion"), "version 1"),
    ] {
        assert!(words(&error, true).contains(expected), "{}", words(&error, true));
    }
}

#[derive(Debug)]
struct Said(&'static str);

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Said {}

fn other(text: &'static str) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Said(text)))))
}

/// Everything that rustls 0.23 can say of a client, by its own lists.
fn errors() -> Vec<Error> {
    let mut all = vec![
        Error::InappropriateMessage {
            expect_types: vec![ContentType::Handshake],
            got_type: ContentType::Alert,
        },
        Error::InappropriateHandshakeMessage {
            expect_types: vec![HandshakeType::ClientHello],
            got_type: HandshakeType::Finished,
        },
        Error::InvalidEncryptedClientHello(EncryptedClientHelloError::InvalidConfigList),
        Error::NoCertificatesPresented,
        Error::UnsupportedNameType,
        Error::DecryptError,
        Error::HandshakeNotComplete,
        Error::PeerSentOversizedRecord,
        Error::NoApplicationProtocol,
        other("PathLenConstraintViolated"),
    ];
    all.extend(incompatible().into_iter().map(Error::PeerIncompatible));
    all.extend(misbehaved().into_iter().map(Error::PeerMisbehaved));
    all.extend(invalid().into_iter().map(Error::InvalidMessage));
    all.extend(certificate().into_iter().map(Error::InvalidCertificate));
    all
}

#[rustfmt::skip]
fn incompatible() -> Vec<PeerIncompatible> {
    use PeerIncompatible as P;
    vec![
        P::EcPointsExtensionRequired, P::ExtendedMasterSecretExtensionRequired,
        P::IncorrectCertificateTypeExtension, P::KeyShareExtensionRequired,
        P::NamedGroupsExtensionRequired, P::NoCertificateRequestSignatureSchemesInCommon,
        P::NoCipherSuitesInCommon, P::NoEcPointFormatsInCommon,
        P::NoKxGroupsInCommon, P::NoSignatureSchemesInCommon,
        P::NullCompressionRequired, P::ServerDoesNotSupportTls12Or13,
        P::ServerTlsVersionIsDisabledByOurConfig, P::SignatureAlgorithmsExtensionRequired,
        P::SupportedVersionsExtensionRequired, P::Tls12NotOffered,
        P::Tls12NotOfferedOrEnabled, P::Tls13RequiredForQuic,
        P::UncompressedEcPointsRequired, P::UnsolicitedCertificateTypeExtension,
    ]
}

#[rustfmt::skip]
fn misbehaved() -> Vec<PeerMisbehaved> {
    use PeerMisbehaved as P;
    vec![
        P::AttemptedDowngradeToTls12WhenTls13IsSupported, P::BadCertChainExtensions,
        P::CipherSuiteDifferedOnRetry, P::DisallowedEncryptedExtension,
        P::DuplicateClientHelloExtensions, P::DuplicateEncryptedExtensions,
        P::DuplicateHelloRetryRequestExtensions, P::DuplicateNewSessionTicketExtensions,
        P::DuplicateServerHelloExtensions, P::DuplicateServerNameTypes,
        P::EarlyDataAttemptedInSecondClientHello, P::EarlyDataExtensionWithoutResumption,
        P::EarlyDataOfferedWithVariedCipherSuite, P::EchAcceptanceVariedAfterRetry,
        P::HandshakeHashVariedAfterRetry, P::IllegalHelloRetryRequestWithEmptyCookie,
        P::IllegalHelloRetryRequestWithNoChanges, P::IllegalHelloRetryRequestWithOfferedGroup,
        P::IllegalHelloRetryRequestWithUnofferedCipherSuite, P::IllegalHelloRetryRequestWithUnofferedNamedGroup,
        P::IllegalHelloRetryRequestWithUnsupportedVersion, P::IllegalHelloRetryRequestWithWrongSessionId,
        P::IllegalHelloRetryRequestWithInvalidEch, P::IllegalMiddleboxChangeCipherSpec,
        P::IllegalTlsInnerPlaintext, P::IncorrectBinder,
        P::InvalidCertCompression, P::InvalidMaxEarlyDataSize,
        P::InvalidKeyShare, P::KeyEpochWithPendingFragment,
        P::KeyUpdateReceivedInQuicConnection, P::MessageInterleavedWithHandshakeMessage,
        P::MissingBinderInPskExtension, P::MissingKeyShare,
        P::MissingPskExtensionInSecondClientHello, P::MissingPskModesExtension,
        P::MissingQuicTransportParameters, P::OfferedDuplicateCertificateCompressions,
        P::OfferedDuplicateKeyShares, P::OfferedEarlyDataWithOldProtocolVersion,
        P::OfferedEmptyApplicationProtocol, P::OfferedIncorrectCompressions,
        P::PskExtensionMustBeLast, P::PskExtensionWithMismatchedIdsAndBinders,
        P::RefusedToFollowHelloRetryRequest, P::RejectedEarlyDataInterleavedWithHandshakeMessage,
        P::ResumptionAttemptedWithVariedEms, P::ResumptionOfferedWithVariedCipherSuite,
        P::ResumptionOfferedWithVariedEms, P::ResumptionOfferedWithIncompatibleCipherSuite,
        P::SelectedDifferentCipherSuiteAfterRetry, P::SelectedInvalidPsk,
        P::SelectedTls12UsingTls13VersionExtension, P::SelectedUnofferedApplicationProtocol,
        P::SelectedUnofferedCertCompression, P::SelectedUnofferedCipherSuite,
        P::SelectedUnofferedCompression, P::SelectedUnofferedKxGroup,
        P::SelectedUnofferedPsk, P::SelectedUnusableCipherSuiteForVersion,
        P::ServerEchoedCompatibilitySessionId, P::ServerHelloMustOfferUncompressedEcPoints,
        P::ServerNameDifferedOnRetry, P::ServerNameMustContainOneHostName,
        P::SignedKxWithWrongAlgorithm, P::SignedHandshakeWithUnadvertisedSigScheme,
        P::TooManyEmptyFragments, P::TooManyKeyUpdateRequests,
        P::TooManyRenegotiationRequests, P::TooManyWarningAlertsReceived,
        P::TooMuchEarlyDataReceived, P::UnexpectedCleartextExtension,
        P::UnsolicitedCertExtension, P::UnsolicitedEncryptedExtension,
        P::UnsolicitedSctList, P::UnsolicitedServerHelloExtension,
        P::WrongGroupForKeyShare, P::UnsolicitedEchExtension,
    ]
}

#[rustfmt::skip]
fn invalid() -> Vec<InvalidMessage> {
    use InvalidMessage as I;
    vec![
        I::CertificatePayloadTooLarge, I::HandshakePayloadTooLarge, I::InvalidCcs, I::InvalidContentType,
        I::InvalidCertificateStatusType, I::InvalidCertRequest, I::InvalidDhParams, I::InvalidEmptyPayload,
        I::InvalidKeyUpdate, I::InvalidServerName, I::MessageTooLarge, I::MessageTooShort, I::MissingData("x"),
        I::MissingKeyExchange, I::NoSignatureSchemes, I::TrailingData("x"), I::UnexpectedMessage("x"),
        I::UnknownProtocolVersion, I::UnsupportedCompression, I::UnsupportedCurveType, I::EmptyTicketValue,
        I::IllegalEmptyList("x"), I::IllegalEmptyValue, I::DuplicateExtension(7), I::PreSharedKeyIsNotFinalExtension,
        I::UnknownHelloRetryRequestExtension, I::UnknownCertificateExtension,
    ]
}

#[expect(deprecated, reason = "rustls can still say it in the older way")]
fn certificate() -> Vec<CertificateError> {
    use CertificateError as C;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(1));
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    vec![
        C::BadEncoding,
        C::Expired,
        C::ExpiredContext { time, not_after: time },
        C::NotValidYet,
        C::NotValidYetContext { time, not_before: time },
        C::Revoked,
        C::UnhandledCriticalExtension,
        C::UnknownIssuer,
        C::UnknownRevocationStatus,
        C::ExpiredRevocationList,
        C::ExpiredRevocationListContext { time, next_update: time },
        C::BadSignature,
        C::UnsupportedSignatureAlgorithm,
        C::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: Vec::new(),
            supported_algorithms: Vec::new(),
        },
        C::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: Vec::new(),
            public_key_algorithm_id: Vec::new(),
        },
        C::NotValidForName,
        C::NotValidForNameContext { expected: name, presented: Vec::new() },
        C::InvalidPurpose,
        C::InvalidPurposeContext { required: rustls::ExtendedKeyPurpose::ClientAuth, presented: Vec::new() },
        C::InvalidOcspResponse,
        C::ApplicationVerificationFailure,
    ]
}
