//! One text for each way in which a peer can break the TLS protocol, keyed by rustls' error: what happened, most likely
//! why, and what to try. Alerts are in [`crate::tls::explain::alerts`], certificates in
//! [`crate::tls::explain::certificate_errors`].

use rustls::{Error, HandshakeType, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use crate::tls::explain::template::Peer;

const NOT_TLS: &str = "What the client sent is not TLS. Most likely it speaks another protocol: use a TLS client, or turn \
                       TLS off here.";
const NOT_TLS_SERVER: &str = "What the server sent is not TLS. Most likely it serves without TLS, or speaks another \
                              protocol: turn TLS off here, or on there.";
const NO_LONGER_TLS: &str = "{Peer} continued with something that is not TLS. It may have stopped encrypting, or its data \
                             was changed in transit: connect again.";
const COMPRESSION: &str =
    "{Peer} insists on compression, which TLS gave up for safety. Turn it off in the {peer}.";

/// Returns the text for an error that `peer` caused; `None` for one that is not the peer's doing.
pub(super) fn protocol_error_text(error: &Error, in_handshake: bool, peer: Peer) -> Option<&'static str> {
    Some(match (error, peer) {
        (Error::PeerIncompatible(reason), Peer::Client) => return client_incompatible(reason),
        (Error::PeerIncompatible(reason), Peer::Server) => server_incompatible(reason),
        (Error::InvalidMessage(reason), _) => return invalid_message(*reason, in_handshake, peer),
        (Error::PeerMisbehaved(reason), _) => misbehaved(reason),
        (Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. }, Peer::Server)
            if in_handshake =>
        {
            "The server sent our own ClientHello back: it is an echo server without TLS. Turn TLS on there, or off here."
        }
        (Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. }, _) => {
            "{Peer} sent a TLS message out of turn. Its TLS library may have a bug, or it is no TLS {peer}: try another \
             {peer}."
        }
        (Error::DecryptError, _) if in_handshake => {
            "What the {peer} sent could not be decrypted. It was changed in transit, or the two sides did not agree on \
             the same keys: try again, then another {peer}."
        }
        (Error::DecryptError, _) => {
            "A record from the {peer} could not be decrypted. It was changed in transit, or the {peer} sent plain data \
             in the middle of TLS: connect again."
        }
        (Error::PeerSentOversizedRecord, _) => {
            "{Peer} sent a TLS record longer than the 16 KiB that are allowed. Most likely it is not speaking TLS: check \
             that it is a TLS {peer}."
        }
        (Error::NoApplicationProtocol, Peer::Client) => {
            "The client asked for application protocols (ALPN), and this server agrees only to {alpn}. Let the client \
             ask for one of these or for none, or add the one it wants under ALPN."
        }
        (Error::NoCertificatesPresented, Peer::Client) => {
            "The client presented no certificate, and the server requires one. Give the client a certificate that {ca} \
             signed, and its key: openssl s_client -connect {address} -cert client.crt -key client.key"
        }
        (Error::NoCertificatesPresented, Peer::Server) => {
            "The server presented no certificate, so its identity can't be checked. Give the server a certificate."
        }
        (Error::HandshakeNotComplete, _) => {
            "{Peer} used the connection before the handshake was done. Its TLS library may have a bug: try another \
             {peer}."
        }
        (Error::InvalidEncryptedClientHello(_), _) => {
            "{Peer} uses an encrypted ClientHello (ECH), which is not supported here. Turn ECH off in the {peer}."
        }
        _ => return None,
    })
}

fn client_incompatible(reason: &PeerIncompatible) -> Option<&'static str> {
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
            "The client does not accept signatures of the kind that our certificate's key makes. Try an RSA or ECDSA \
             P-256 certificate."
        }
        P::ExtendedMasterSecretExtensionRequired => {
            "The client does not offer extended master secret, which the server requires for TLS 1.2. Try a newer \
             client, or TLS 1.3."
        }
        P::EcPointsExtensionRequired | P::NoEcPointFormatsInCommon | P::UncompressedEcPointsRequired => {
            "The client does not accept uncompressed points of elliptic curves, which every server uses. Try another \
             client."
        }
        P::NullCompressionRequired => COMPRESSION,
        P::Tls13RequiredForQuic => {
            "The client speaks QUIC with too old a TLS. This server speaks TLS over TCP only: use a TCP client."
        }
        P::IncorrectCertificateTypeExtension | P::UnsolicitedCertificateTypeExtension => {
            "The client wants bare public keys instead of certificates (RFC 7250), which this server doesn't support. \
             Let the client accept X.509 certificates."
        }
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The client's certificate key can't sign in a way that this server accepts. Make the client an RSA, P-256 or \
             Ed25519 key."
        }
        _ => return None,
    })
}

fn server_incompatible(reason: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match reason {
        P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::SupportedVersionsExtensionRequired => {
            "The server wants a version of TLS that this client did not offer. It offered {versions}: offer both \
             versions, or allow another one on the server."
        }
        P::NoCipherSuitesInCommon | P::NoKxGroupsInCommon | P::NoSignatureSchemesInCommon => {
            "The server chose a cipher suite, key exchange or signature that this client does not accept. Try TLS 1.3, \
             or another kind of key for the server's certificate."
        }
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The client certificate's key can't sign in a way that the server accepts. Make an RSA, P-256 or Ed25519 \
             key."
        }
        P::ExtendedMasterSecretExtensionRequired => {
            "The server does not support extended master secret, without which TLS 1.2 is not safe. Use TLS 1.3."
        }
        _ => "The server's TLS does not fit this client's. Try TLS 1.3, or a newer server.",
    }
}

fn invalid_message(reason: InvalidMessage, in_handshake: bool, peer: Peer) -> Option<&'static str> {
    use InvalidMessage as I;
    Some(match reason {
        I::InvalidContentType
        | I::UnknownProtocolVersion
        | I::MessageTooLarge
        | I::HandshakePayloadTooLarge
        | I::InvalidEmptyPayload => match (in_handshake, peer) {
            (true, Peer::Client) => NOT_TLS,
            (true, Peer::Server) => NOT_TLS_SERVER,
            (false, _) => NO_LONGER_TLS,
        },
        I::CertificatePayloadTooLarge => {
            "The {peer}'s certificates are too large to be accepted. Send only its own and those between it and the CA."
        }
        I::InvalidServerName => {
            "{Peer} asks for a server name that is not one. Connect to a name such as localhost."
        }
        I::UnsupportedCompression => COMPRESSION,
        I::NoSignatureSchemes | I::MissingKeyExchange | I::IllegalEmptyList(_) | I::IllegalEmptyValue => {
            "The {peer}'s hello leaves out something that TLS needs. Most likely one of its options was set to an empty \
             list: look at its options, or try another {peer}."
        }
        I::DuplicateExtension(_) | I::PreSharedKeyIsNotFinalExtension => {
            "The {peer}'s hello has its parts twice or in an order that TLS forbids. Its TLS library may have a bug, or \
             is being tested: try another {peer}."
        }
        I::UnsupportedCurveType | I::UnsupportedKeyExchangeAlgorithm(_) | I::InvalidDhParams => {
            "{Peer} wants a key exchange that is not supported here. Allow it ECDHE, with the group X25519 or P-256."
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
            "{Peer} sent a TLS message that can't be read. It was changed in transit, or the {peer}'s TLS library has a \
             bug: try another {peer}."
        }
        _ => return None,
    })
}

/// Most of these rules can only be broken by a library with a bug, or one under test.
fn misbehaved(reason: &PeerMisbehaved) -> &'static str {
    use PeerMisbehaved as P;
    match reason {
        P::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "Something between client and server tried to downgrade them to TLS 1.2. Connect without a proxy."
        }
        P::IncorrectBinder
        | P::ResumptionAttemptedWithVariedEms
        | P::ResumptionOfferedWithIncompatibleCipherSuite
        | P::ResumptionOfferedWithVariedCipherSuite
        | P::ResumptionOfferedWithVariedEms => {
            "{Peer} tried to resume an earlier session in a way that does not fit it. Make it forget its sessions, then \
             connect again."
        }
        P::TooManyRenegotiationRequests
        | P::TooManyKeyUpdateRequests
        | P::TooManyWarningAlertsReceived
        | P::TooManyEmptyFragments
        | P::TooMuchEarlyDataReceived => {
            "{Peer} sent so much that carries no data that it looks like an attack, and was disconnected. Try another \
             {peer}."
        }
        P::SignedHandshakeWithUnadvertisedSigScheme | P::SignedKxWithWrongAlgorithm => {
            "{Peer} proved that it has the key of its certificate in a way that was not asked for. Its TLS library may \
             have a bug: try another {peer}, or another kind of key."
        }
        P::RefusedToFollowHelloRetryRequest
        | P::CipherSuiteDifferedOnRetry
        | P::HandshakeHashVariedAfterRetry
        | P::ServerNameDifferedOnRetry
        | P::MissingPskExtensionInSecondClientHello
        | P::EarlyDataAttemptedInSecondClientHello => {
            "A second ClientHello was needed, and it does not fit the first. The {peer}'s TLS library may have a bug: \
             try another {peer}, or let the client offer X25519 first."
        }
        _ => {
            "{Peer} broke a rule of TLS. Its TLS library may have a bug, or is being tested: try another {peer}."
        }
    }
}
