//! What a client did to a TLS connection, in plain words: what happened, most likely why, what to try.

use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

/// The words for an error that rustls met with a client. Its own text is for the details: `error.to_string()`.
#[must_use]
pub fn peer_failure(error: &Error, in_handshake: bool) -> String {
    match error {
        Error::AlertReceived(received) => alert(*received, in_handshake),
        Error::PeerIncompatible(reason) => incompatible(reason).to_owned(),
        Error::InvalidMessage(reason) => invalid(*reason, in_handshake).to_owned(),
        Error::PeerMisbehaved(reason) => misbehaved(reason).to_owned(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "The client sent a TLS message out of turn. Its TLS library may have a fault: try another client.".to_owned()
        }
        Error::DecryptError if in_handshake => {
            "What the client sent could not be decrypted. Its data was changed on the way, or the two sides did not \
             agree on the same keys: try again, then another client."
                .to_owned()
        }
        Error::DecryptError => {
            "A record from the client could not be decrypted. It was changed on the way, or the client sent plain data \
             in the middle of TLS: connect again."
                .to_owned()
        }
        Error::PeerSentOversizedRecord => {
            "The client sent a TLS record longer than the 16 KiB that are allowed. Most likely it is not speaking TLS: \
             check that it is a TLS client."
                .to_owned()
        }
        Error::NoApplicationProtocol => {
            "The client asked for application protocols (ALPN) of which this server has none. Tell the client not to \
             ask for one, or for another."
                .to_owned()
        }
        Error::NoCertificatesPresented => {
            "The client showed no certificate, but the server asks for one. Give the client a certificate and its key."
                .to_owned()
        }
        Error::InvalidCertificate(_) => {
            "The client's certificate was not accepted. Give the client one that is valid now and signed by the CA \
             that this server trusts."
                .to_owned()
        }
        _ if in_handshake => {
            "The TLS handshake failed on the server's side. Try again; the details below tell what the TLS library \
             said."
                .to_owned()
        }
        _ => "The TLS connection failed on the server's side. Connect again; the details below tell what the TLS \
              library said."
            .to_owned(),
    }
}

/// Every alert (RFC 8446, section 6; the older ones RFC 5246, section 7.2). Each is followed by its words.
const ALERTS: &[(Alert, &str)] = &[
    (Alert::CloseNotify, "The client closed the connection, as it should."),
    (
        Alert::UnexpectedMessage,
        "The client got a TLS message that it did not expect. One of the two TLS libraries may have a fault: try \
         another client.",
    ),
    (
        Alert::BadRecordMac,
        "The client could not decrypt what it got. The data was changed on the way, by a proxy for example: connect \
         without one.",
    ),
    (
        Alert::DecryptionFailed,
        "The client could not decrypt what it got, and it uses an alert of long ago to say so. Try a newer client.",
    ),
    (Alert::RecordOverflow, "The client got a TLS record that is too long for it. Try another client."),
    (
        Alert::DecompressionFailure,
        "The client could not unpack what it got. TLS no longer compresses, so try a newer client.",
    ),
    (
        Alert::HandshakeFailure,
        "The client found nothing in common with this server: no TLS version, cipher suite or kind of certificate key. \
         Try an RSA certificate, or a newer client.",
    ),
    (
        Alert::NoCertificate,
        "The client has no certificate to show, and it says so in the manner of SSL 3.0. Try a newer client.",
    ),
    (
        Alert::BadCertificate,
        "The client refused our certificate: it is damaged, or made for another name than the one the client asked \
         for. Connect to a name that stands in the certificate, or make one for this name.",
    ),
    (
        Alert::UnsupportedCertificate,
        "The client refused our certificate as one of a kind that it does not take, for example X.509 version 1 or one \
         made for another purpose. Make a version 3 certificate for a server.",
    ),
    (
        Alert::CertificateRevoked,
        "The client refused our certificate because its issuer has revoked it. Get a new certificate.",
    ),
    (
        Alert::CertificateExpired,
        "The client refused our certificate because it has expired or is not valid yet. Make a new one, or set the \
         client's clock right.",
    ),
    (
        Alert::CertificateUnknown,
        "The client refused our certificate and did not say exactly why; browsers say this of a self-signed one. Give \
         the client server.crt as its CA file, and connect to a name that stands in the certificate.",
    ),
    (
        Alert::IllegalParameter,
        "The client found a value in the handshake that must not be there. One of the two TLS libraries may have a \
         fault: try another client.",
    ),
    (
        Alert::UnknownCA,
        "The client refused our certificate because it does not trust who signed it. This is expected for a \
         self-signed certificate: give the client server.crt as its CA file.",
    ),
    (
        Alert::AccessDenied,
        "The client took our certificate as valid but decided against the connection. Look at the client's own rules \
         for which servers it may use.",
    ),
    (
        Alert::DecodeError,
        "The client could not make sense of a message of the handshake. The data was changed on the way, or the client \
         is very old: try a newer one.",
    ),
    (
        Alert::DecryptError,
        "The client could not verify a signature or a key of the handshake. If the certificate is new, check that the \
         client's CA file is the one that signed it.",
    ),
    (
        Alert::ExportRestriction,
        "The client wants the weakened ciphers of the 1990s, which nobody should use. Try a newer client.",
    ),
    (
        Alert::ProtocolVersion,
        "The client does not take a TLS version that this server speaks. The server speaks TLS 1.2 and 1.3: allow one \
         of them in the client.",
    ),
    (
        Alert::InsufficientSecurity,
        "The client asks for stronger ciphers or a longer key than it was offered. Make a certificate with a longer \
         key, or lower what the client asks for.",
    ),
    (
        Alert::InternalError,
        "The client gave up because of a fault of its own, not of the connection. Look at what the client itself says.",
    ),
    (
        Alert::InappropriateFallback,
        "The client had tried a newer TLS version before and now refuses the older one. Something between the two \
         disturbed the first try: connect again, without a proxy.",
    ),
    (
        Alert::UserCanceled,
        "The client's user cancelled the handshake. Someone may have said no to a question about our certificate.",
    ),
    (
        Alert::NoRenegotiation,
        "The client does not want to renegotiate. The server never asks for that, so try another client.",
    ),
    (
        Alert::MissingExtension,
        "The client misses a part of the handshake that TLS 1.3 requires. One of the two TLS libraries may have a \
         fault: try another client.",
    ),
    (
        Alert::UnsupportedExtension,
        "The client got an extension that it had not asked for. One of the two TLS libraries may have a fault: try \
         another client.",
    ),
    (
        Alert::CertificateUnobtainable,
        "The client could not fetch our certificate from an address. The server sends it whole and gives none, so try \
         another client.",
    ),
    (
        Alert::UnrecognisedName,
        "The client does not accept the server name of this connection. Connect to a name that stands in the \
         certificate.",
    ),
    (
        Alert::BadCertificateStatusResponse,
        "The client asks for proof that our certificate is not revoked (OCSP), and this server sends none. Turn that \
         check off in the client, or use a certificate that does not demand it.",
    ),
    (
        Alert::BadCertificateHashValue,
        "The client got a certificate with another fingerprint than it expected. Check which certificate it was told \
         to expect.",
    ),
    (
        Alert::UnknownPSKIdentity,
        "The client wants to go on with a key that both sides should have from before, and they do not. Connect again \
         without it.",
    ),
    (
        Alert::CertificateRequired,
        "The client asks its peer for a certificate, as a server does. Two servers may be talking to each other: check \
         that this is a client.",
    ),
    (
        Alert::NoApplicationProtocol,
        "The client insists on an application protocol (ALPN) that this server did not agree to. Tell the client not \
         to ask for one, or for another.",
    ),
    (
        Alert::EncryptedClientHelloRequired,
        "The client connects only where its hello can be encrypted (ECH), and this server can't do that. Turn ECH off \
         in the client.",
    ),
];

fn alert(received: Alert, in_handshake: bool) -> String {
    match ALERTS.iter().find(|(known, _)| *known == received) {
        Some((Alert::CloseNotify, _)) if in_handshake => {
            "The client closed the connection before the handshake was done. It may only have looked whether the port \
             is open, or did not like our certificate: look at what the client itself says."
                .to_owned()
        }
        Some((_, words)) => (*words).to_owned(),
        None => format!(
            "The client ended the connection with alert number {}, which no TLS standard knows. Look at what the client \
             itself says.",
            u8::from(received)
        ),
    }
}

fn incompatible(reason: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match reason {
        // A client without this extension is of TLS 1.1 or older (RFC 5246, section 7.4.1.4.1), and rustls looks for
        // it before it compares versions.
        P::SignatureAlgorithmsExtensionRequired
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::SupportedVersionsExtensionRequired
        | P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig => {
            "The client offers only TLS versions that are too old. The server speaks TLS 1.2 and 1.3: allow one of them \
             in the client, or try a newer client."
        }
        P::NoCipherSuitesInCommon => {
            "The client and the server have no cipher suite in common. Allow the client a modern one such as \
             TLS_AES_128_GCM_SHA256, or one that fits the kind of our certificate's key."
        }
        // A client that offers no suite with ECDHE names no groups either.
        P::NoKxGroupsInCommon | P::NamedGroupsExtensionRequired | P::KeyShareExtensionRequired => {
            "The client and the server have no key exchange in common: the client may offer only old cipher suites. \
             Allow it a suite with ECDHE, and the group X25519 or P-256."
        }
        P::NoSignatureSchemesInCommon | P::NoCertificateRequestSignatureSchemesInCommon => {
            "The client does not take signatures of the kind that our certificate's key makes. Try an RSA or ECDSA \
             P-256 certificate."
        }
        P::ExtendedMasterSecretExtensionRequired => {
            "The client does not offer extended master secret, which the server requires for TLS 1.2. Try a newer \
             client, or TLS 1.3."
        }
        P::EcPointsExtensionRequired | P::NoEcPointFormatsInCommon | P::UncompressedEcPointsRequired => {
            "The client does not take points of elliptic curves in the plain form, which every server uses. Try another \
             client."
        }
        P::NullCompressionRequired => {
            "The client insists on compression, which TLS gave up for safety. Turn it off in the client."
        }
        _ => {
            "The client and the server have too little in common for a TLS connection. Try a newer client; the details \
             below tell what is missing."
        }
    }
}

fn invalid(reason: InvalidMessage, in_handshake: bool) -> &'static str {
    match reason {
        InvalidMessage::InvalidContentType
        | InvalidMessage::UnknownProtocolVersion
        | InvalidMessage::MessageTooLarge
        | InvalidMessage::InvalidEmptyPayload
            if in_handshake =>
        {
            "What the client sent is not TLS. Most likely it speaks another protocol: use a TLS client, or turn TLS off \
             here."
        }
        InvalidMessage::InvalidContentType
        | InvalidMessage::UnknownProtocolVersion
        | InvalidMessage::MessageTooLarge
        | InvalidMessage::InvalidEmptyPayload => {
            "The client went on with something that is not TLS. It may have stopped encrypting, or something on the way \
             changed its data: connect again."
        }
        InvalidMessage::InvalidServerName => {
            "The client asks for a server name that is not one. Connect to a name such as localhost."
        }
        InvalidMessage::UnsupportedCompression => {
            "The client insists on compression, which TLS gave up for safety. Turn it off in the client."
        }
        InvalidMessage::NoSignatureSchemes | InvalidMessage::MissingKeyExchange => {
            "The client's hello leaves out something that TLS needs. Try another client."
        }
        _ => {
            "The client sent a TLS message that can't be read. It was changed on the way, or the client's TLS library \
             has a fault: try another client."
        }
    }
}

fn misbehaved(reason: &PeerMisbehaved) -> &'static str {
    use PeerMisbehaved as P;
    match reason {
        P::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "Something between client and server tried to press them down to TLS 1.2. Connect without a proxy."
        }
        P::IncorrectBinder
        | P::ResumptionAttemptedWithVariedEms
        | P::ResumptionOfferedWithIncompatibleCipherSuite
        | P::ResumptionOfferedWithVariedCipherSuite
        | P::ResumptionOfferedWithVariedEms => {
            "The client tried to take up an earlier session in a way that does not fit it. Make the client forget its \
             sessions, then connect again."
        }
        P::TooManyRenegotiationRequests
        | P::TooManyKeyUpdateRequests
        | P::TooManyWarningAlertsReceived
        | P::TooManyEmptyFragments
        | P::TooMuchEarlyDataReceived => {
            "The client sent so much that carries no data that it looks like an attack, and was cut off. Try another \
             client."
        }
        _ => {
            "The client broke a rule of TLS. Its TLS library may have a fault, or is being tested: try another client."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str) {
        assert!(words.ends_with('.') && words.starts_with(char::is_uppercase), "{words}");
        assert!(
            words.matches(['.', '?']).count() >= 2 || words.contains("as it should"),
            "no remedy: {words}"
        );
        for jargon in ["::", "Peer", "Error", "{", "  "] {
            assert!(!words.contains(jargon), "{jargon:?} in {words}");
        }
    }

    #[test]
    fn every_alert_that_rustls_knows_has_words() {
        for number in 0..=u8::MAX {
            let received = Alert::from(number);
            let known = !matches!(received, Alert::Unknown(_));
            assert_eq!(
                ALERTS.iter().filter(|(alert, _)| *alert == received).count(),
                usize::from(known),
                "{received:?}"
            );
            for in_handshake in [true, false] {
                check(&peer_failure(&Error::AlertReceived(received), in_handshake));
            }
        }
        let unknown = peer_failure(&Error::AlertReceived(Alert::from(200)), true);
        assert!(unknown.contains("alert number 200"), "{unknown}");
    }

    #[test]
    fn a_self_signed_certificate_is_explained() {
        assert_eq!(
            peer_failure(&Error::AlertReceived(Alert::UnknownCA), true),
            "The client refused our certificate because it does not trust who signed it. This is expected for a \
             self-signed certificate: give the client server.crt as its CA file."
        );
    }

    #[test]
    fn other_errors_have_words_too() {
        for (error, expected) in [
            (Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled), "TLS 1.2 and 1.3"),
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
            (Error::NoApplicationProtocol, "ALPN"),
            (Error::NoCertificatesPresented, "showed no certificate"),
            (Error::General("x".to_owned()), "on the server's side"),
        ] {
            for in_handshake in [true, false] {
                let words = peer_failure(&error, in_handshake);
                assert!(words.contains(expected) || !in_handshake, "{words}");
                check(&words);
            }
        }
    }
}
