//! What a client can do to a TLS connection, as tables: each alert and each error with what happened, most likely why,
//! and what to try.
//!
//! `{address}`, `{versions}`, `{certificate}`, `{key}`, `{ca}` and `{alpn}` stand for the server's own, `{trust}` for how a client
//! comes to trust it; [`crate::tls::explain`] fills them in. A `None` means that there are no words for it but the general ones.

use rustls::{
    AlertDescription as Alert, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved,
};

/// Every alert (RFC 8446, section 6; the older ones RFC 5246, section 7.2). Each is followed by its words. Those about our
/// certificate are for where [`crate::tls::explain`] finds no cause that holds for it.
pub(super) const ALERTS: &[(Alert, &str)] = &[
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
        "The client found nothing in common with this server: no TLS version ({versions} here), no cipher suite, or no \
         kind of certificate key ({key} here). Try another kind of key, or a newer client.",
    ),
    (
        Alert::NoCertificate,
        "The client has no certificate to show, and it says so in the manner of SSL 3.0. Try a newer client.",
    ),
    (
        Alert::BadCertificate,
        "The client refused our certificate: it is made for another name than the one the client asked for, not valid \
         yet or no longer, signed by somebody whom the client does not know, or damaged. Details… tells which.",
    ),
    (
        Alert::UnsupportedCertificate,
        "The client refused our certificate as one of a kind that it does not take, though it is of X.509 version 3 and \
         for a server. Its key may be of such a kind ({key}): try another one.",
    ),
    (
        Alert::CertificateRevoked,
        "The client refused our certificate because its issuer has revoked it. Get a new certificate.",
    ),
    (
        Alert::CertificateExpired,
        "The client refused our certificate because one of its chain is not valid now, or the client's clock is wrong. \
         Make a new one, or set the clock right.",
    ),
    (
        Alert::CertificateUnknown,
        "The client refused our certificate and did not say exactly why; browsers say this where they do not trust who \
         signed it. {trust}, and connect to a name that stands in the certificate.",
    ),
    (
        Alert::IllegalParameter,
        "The client found a value in the handshake that must not be there. One of the two TLS libraries may have a \
         fault: try another client.",
    ),
    (
        Alert::UnknownCA,
        "The client refused our certificate because it does not trust who signed it. Give the client the certificate of \
         who did as its CA file.",
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
        "The client could not verify a signature or a key of the handshake. Perhaps it trusts another certificate of the \
         same name: check that its CA file is the one that signed this one.",
    ),
    (
        Alert::ExportRestriction,
        "The client wants the weakened ciphers of the 1990s, which nobody should use. Try a newer client.",
    ),
    (
        Alert::ProtocolVersion,
        "The client does not take a TLS version that this server speaks. The server speaks {versions}: allow \
         that in the client.",
    ),
    (
        Alert::InsufficientSecurity,
        "The client asks for stronger ciphers or a longer key than it was offered. Make a certificate with a longer \
         key, or lower what the client asks for.",
    ),
    (
        Alert::InternalError,
        "The client gave up and calls it an internal error. Look at what the client itself says.",
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

/// The words for anything but an alert.
pub(super) fn error(error: &Error, in_handshake: bool) -> Option<&'static str> {
    Some(match error {
        Error::PeerIncompatible(reason) => return incompatible(reason),
        Error::InvalidMessage(reason) => return invalid(*reason, in_handshake),
        Error::PeerMisbehaved(reason) => misbehaved(reason),
        Error::InvalidCertificate(reason) => return certificate(reason),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "The client sent a TLS message out of turn. Its TLS library may have a fault: try another client."
        }
        Error::DecryptError if in_handshake => {
            "What the client sent could not be decrypted. Its data was changed on the way, or the two sides did not \
             agree on the same keys: try again, then another client."
        }
        Error::DecryptError => {
            "A record from the client could not be decrypted. It was changed on the way, or the client sent plain data \
             in the middle of TLS: connect again."
        }
        Error::PeerSentOversizedRecord => {
            "The client sent a TLS record longer than the 16 KiB that are allowed. Most likely it is not speaking TLS: \
             check that it is a TLS client."
        }
        Error::NoApplicationProtocol => {
            "The client asked for application protocols (ALPN), and this server agrees only to {alpn}. Let the client \
             ask for one of these or for none, or add the one it wants under ALPN."
        }
        Error::NoCertificatesPresented => {
            "The client showed no certificate, and the server requires one. Give the client a certificate that {ca} \
             signed, and its key: openssl s_client -connect {address} -cert client.crt -key client.key"
        }
        Error::HandshakeNotComplete => {
            "The client used the connection before the handshake was done. Its TLS library may have a fault: try \
             another client."
        }
        Error::InvalidEncryptedClientHello(_) => {
            "The client's hello is encrypted (ECH), which this server can't read. Turn ECH off in the client."
        }
        Error::UnsupportedNameType => {
            "The client's certificate has a name of a kind that can't be checked. Make a client certificate with a \
             plain name."
        }
        _ => return None,
    })
}

fn incompatible(reason: &PeerIncompatible) -> Option<&'static str> {
    use PeerIncompatible as P;
    Some(match reason {
        // A client without this extension is of TLS 1.1 or older (RFC 5246, section 7.4.1.4.1), and rustls looks for
        // it before it compares versions.
        P::SignatureAlgorithmsExtensionRequired => {
            "The client offers only TLS versions that are too old. The server speaks {versions}: allow that in the \
             client, or try a newer client."
        }
        P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::SupportedVersionsExtensionRequired
        | P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig => {
            "The client offers no TLS version that this server speaks. The server speaks {versions}: allow that in the \
             client, or another version here."
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
        P::NoSignatureSchemesInCommon => {
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
        P::Tls13RequiredForQuic => {
            "The client speaks QUIC with too old a TLS. This server speaks TLS over TCP only: use a TCP client."
        }
        P::IncorrectCertificateTypeExtension | P::UnsolicitedCertificateTypeExtension => {
            "The client wants bare public keys in place of certificates (RFC 7250), and this server has none to show. \
             Let the client take X.509 certificates."
        }
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The client's certificate key can't sign in a way that this server takes. Make the client an RSA, P-256 or \
             Ed25519 key."
        }
        _ => return None,
    })
}

fn invalid(reason: InvalidMessage, in_handshake: bool) -> Option<&'static str> {
    use InvalidMessage as I;
    Some(match reason {
        I::InvalidContentType
        | I::UnknownProtocolVersion
        | I::MessageTooLarge
        | I::HandshakePayloadTooLarge
        | I::InvalidEmptyPayload
            if in_handshake =>
        {
            "What the client sent is not TLS. Most likely it speaks another protocol: use a TLS client, or turn TLS off \
             here."
        }
        I::InvalidContentType
        | I::UnknownProtocolVersion
        | I::MessageTooLarge
        | I::HandshakePayloadTooLarge
        | I::InvalidEmptyPayload => {
            "The client went on with something that is not TLS. It may have stopped encrypting, or something on the way \
             changed its data: connect again."
        }
        I::CertificatePayloadTooLarge => {
            "The client's certificates are too large to be taken. Send only its own and those between it and the CA."
        }
        I::InvalidServerName => {
            "The client asks for a server name that is not one. Connect to a name such as localhost."
        }
        I::UnsupportedCompression => {
            "The client insists on compression, which TLS gave up for safety. Turn it off in the client."
        }
        I::NoSignatureSchemes | I::MissingKeyExchange | I::IllegalEmptyList(_) | I::IllegalEmptyValue => {
            "The client's hello leaves out something that TLS needs. Most likely an option of the client was set to an \
             empty list: look at its options, or try another client."
        }
        I::DuplicateExtension(_) | I::PreSharedKeyIsNotFinalExtension => {
            "The client's hello has its parts twice or in an order that TLS forbids. Its TLS library may have a fault, \
             or is being tested: try another client."
        }
        I::UnsupportedCurveType | I::UnsupportedKeyExchangeAlgorithm(_) | I::InvalidDhParams => {
            "The client wants a key exchange that this server does not know. Allow the client ECDHE, with the group \
             X25519 or P-256."
        }
        I::InvalidCcs
        | I::InvalidCertificateStatusType
        | I::InvalidCertRequest
        | I::InvalidKeyUpdate
        | I::MessageTooShort
        | I::MissingData(_)
        | I::TrailingData(_)
        | I::UnexpectedMessage(_)
        | I::EmptyTicketValue
        | I::UnknownHelloRetryRequestExtension
        | I::UnknownCertificateExtension => {
            "The client sent a TLS message that can't be read. It was changed on the way, or the client's TLS library \
             has a fault: try another client."
        }
        _ => return None,
    })
}

/// Rules of TLS that the client broke: most of them only a library with a fault, or one under test, can break.
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
        P::SignedHandshakeWithUnadvertisedSigScheme | P::SignedKxWithWrongAlgorithm => {
            "The client proved that it has the key of its certificate in a way that was not asked for. Its TLS library \
             may have a fault: try another client, or another kind of key."
        }
        P::RefusedToFollowHelloRetryRequest
        | P::CipherSuiteDifferedOnRetry
        | P::HandshakeHashVariedAfterRetry
        | P::ServerNameDifferedOnRetry
        | P::MissingPskExtensionInSecondClientHello
        | P::EarlyDataAttemptedInSecondClientHello => {
            "The server asked the client for another hello, and the second one does not fit the first. Its TLS library \
             may have a fault: try another client, or let it offer X25519 first."
        }
        _ => {
            "The client broke a rule of TLS. Its TLS library may have a fault, or is being tested: try another client."
        }
    }
}

/// What can be wrong with a client's certificate.
#[expect(deprecated, reason = "rustls can still say it in the older way")]
fn certificate(reason: &CertificateError) -> Option<&'static str> {
    use CertificateError as C;
    Some(match reason {
        C::BadEncoding => {
            "The client's certificate can't be read: it is damaged, or no X.509 certificate. Make it anew."
        }
        C::Expired | C::ExpiredContext { .. } => {
            "The client's certificate has expired. Make it a new one, or set this computer's clock right."
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "The client's certificate is not valid yet. Wait until it is, or set the clocks of both computers right."
        }
        C::Revoked => "The client's certificate has been revoked by its issuer. Get the client a new one.",
        C::UnhandledCriticalExtension => {
            "The client's certificate has an extension that must be understood, and this server does not know it. Make \
             one without it."
        }
        C::UnknownIssuer => {
            "The client's certificate was not signed by the CA that this server trusts for clients. Sign it with the \
             CA in {ca}, or choose the file of the CA that did sign it as client CA."
        }
        C::UnknownRevocationStatus
        | C::ExpiredRevocationList
        | C::ExpiredRevocationListContext { .. }
        | C::InvalidOcspResponse => {
            "It is not known whether the client's certificate has been revoked. Try a certificate that asks for no \
             such check."
        }
        C::BadSignature => {
            "A signature of the client does not fit its certificate. The client may have the key of another \
             certificate, or a CA of the same name with another key signed it: check which files belong together."
        }
        C::UnsupportedSignatureAlgorithm
        | C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "The client's certificate is signed in a way that this server does not take, SHA-1 for example. Sign it \
             with SHA-256."
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            "The client's certificate is for another name, or its CA may not sign for this one. Make one whose names \
             the CA allows."
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            "The client's certificate is not for clients: its extended key usage allows only other purposes. Make one \
             with the purpose clientAuth."
        }
        C::ApplicationVerificationFailure => {
            "The client's certificate is valid, but was refused for other reasons. Try another certificate."
        }
        // webpki's own words are all that tells these apart.
        C::Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => {
                "The client's certificate is marked as a CA's own, as openssl req -x509 makes them. Make one with \
                 CA:FALSE: openssl req -x509 ... -addext basicConstraints=critical,CA:FALSE"
            }
            "UnsupportedCertVersion" => {
                "The client's certificate is of X.509 version 1, as openssl x509 -req makes them, and only version 3 \
                 is taken. Make it anew with extensions: openssl x509 -req ... -extfile client.ext"
            }
            _ => {
                "The client's certificate breaks a rule for certificates. Make it anew, as version 3 and with the \
                 purpose clientAuth."
            }
        },
        _ => return None,
    })
}
