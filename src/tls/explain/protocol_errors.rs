//! One text for each way in which a peer can break the TLS protocol: what happened, and what to try. Rare violations
//! share a text. Alerts are in [`crate::tls::explain::alerts`], certificates in
//! [`crate::tls::explain::certificate_errors`].

use rustls::{Error, HandshakeType, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use crate::text::fill;

/// Which side of a TLS connection a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Peer {
    Client,
    Server,
}

impl Peer {
    /// Fills in the placeholders of a text about this peer: `{peer}` is `client` or `server`, and `{Peer}` begins a
    /// sentence.
    pub(super) fn fill(self, template: &str, value: impl Fn(&str) -> Option<String>) -> String {
        fill(template, |key| match (key, self) {
            ("peer", Self::Client) => Some("client".to_owned()),
            ("peer", Self::Server) => Some("server".to_owned()),
            ("Peer", Self::Client) => Some("The client".to_owned()),
            ("Peer", Self::Server) => Some("The server".to_owned()),
            _ => value(key),
        })
    }
}

const BROKE_RULE: &str = "{Peer} broke a rule of TLS: its TLS library may have a bug. Try another {peer}.";
pub(super) const OBSOLETE: &str =
    "{Peer} insists on a part of TLS that is obsolete and unsafe. Try a newer {peer}.";
pub(super) const NO_ECH: &str =
    "{Peer} uses an encrypted ClientHello (ECH), which is not supported here. Turn ECH off in the {peer}.";
const BAD_RECORD: &str = "A record from the {peer} could not be decrypted: it was changed in transit, or sent unencrypted. Connect again.";
pub(super) const OTHER_VERSION: &str = "The client and the server have no TLS version in common: {versions} here. Allow another one on either side.";
const LONG_RECORD: &str =
    "{Peer} sent a TLS record longer than the 16 KiB that are allowed. Check that it is a TLS {peer}.";
const NO_SIGNATURE_SCHEME: &str = "The client does not accept signatures of the kind that the server's key makes. Try an RSA or \
                                   ECDSA P-256 certificate.";
const NO_KEY_EXCHANGE: &str = "The client and the server have no key exchange in common. Allow both a suite with ECDHE, and \
                               the group X25519 or P-256.";

/// Returns the text for an error that `peer` caused; `None` if the peer didn't cause it.
pub(super) fn protocol_error_text(error: &Error, in_handshake: bool, peer: Peer) -> Option<&'static str> {
    Some(match (error, peer) {
        (Error::PeerIncompatible(reason), _) => incompatible(reason),
        (Error::InvalidMessage(reason), _) => invalid_message(*reason, in_handshake, peer),
        (Error::PeerMisbehaved(reason), _) => misbehaved(reason),
        (Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. }, Peer::Server)
            if in_handshake =>
        {
            "The server sent our own ClientHello back: it is an echo server without TLS. Turn TLS on there, or off here."
        }
        (
            Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::HandshakeNotComplete,
            _,
        ) => "{Peer} sent a TLS message out of turn: its TLS library may have a bug. Try another {peer}.",
        (Error::DecryptError, _) => BAD_RECORD,
        (Error::PeerSentOversizedRecord, _) => LONG_RECORD,
        (Error::NoApplicationProtocol, Peer::Client) => {
            "The client asked for other application protocols (ALPN): this server agrees only to {alpn}. Let it ask for one \
             of these or for none."
        }
        (Error::NoCertificatesPresented, Peer::Client) => {
            "The client presented no certificate, and the server requires one. Give it one that {ca} signed, and its key: \
             openssl s_client -connect {address} -cert client.crt -key client.key"
        }
        (Error::NoCertificatesPresented, Peer::Server) => {
            "The server presented no certificate, so its identity can't be checked. Give the server a certificate."
        }
        (Error::InvalidEncryptedClientHello(_), _) => NO_ECH,
        // TLS 1.2: rustls has a name for this error only in TLS 1.3.
        (Error::General(text), Peer::Client) if text == "incompatible signing key" => NO_SIGNATURE_SCHEME,
        _ => return None,
    })
}

fn incompatible(reason: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match reason {
        // A client that doesn't send `signature_algorithms` uses TLS 1.1 or older (RFC 5246, section 7.4.1.4.1). rustls
        // looks for this extension before it compares versions.
        P::SignatureAlgorithmsExtensionRequired
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled
        | P::SupportedVersionsExtensionRequired
        | P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig => OTHER_VERSION,
        P::NoCipherSuitesInCommon => {
            "The client and the server have no cipher suite in common. Allow both a modern one, such as \
             TLS_AES_128_GCM_SHA256."
        }
        // A client that offers no cipher suite with ECDHE offers no groups either.
        P::NoKxGroupsInCommon | P::NamedGroupsExtensionRequired => NO_KEY_EXCHANGE,
        P::KeyShareExtensionRequired => {
            "{Peer} offers TLS 1.3 without the part of the key exchange that it requires (key_share): its TLS library may have a \
             bug. Try another {peer}."
        }
        P::NoSignatureSchemesInCommon => NO_SIGNATURE_SCHEME,
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The key of the client's certificate can't sign in a way that the server accepts. Make an RSA, P-256 or Ed25519 \
             key."
        }
        P::IncorrectCertificateTypeExtension | P::UnsolicitedCertificateTypeExtension => {
            "{Peer} wants bare public keys (RFC 7250), which are not supported here. Let it accept X.509 certificates."
        }
        P::NullCompressionRequired => OBSOLETE,
        _ => "The TLS of the client does not fit that of the server. Try TLS 1.3, or a newer {peer}.",
    }
}

fn invalid_message(reason: InvalidMessage, in_handshake: bool, peer: Peer) -> &'static str {
    use InvalidMessage as I;
    match (reason, in_handshake, peer) {
        (I::MessageTooLarge, ..) => LONG_RECORD,
        (I::InvalidEmptyPayload, ..) => BROKE_RULE,
        (I::HandshakePayloadTooLarge, ..) => {
            "{Peer} sent a handshake message that is longer than the 64 KiB that are accepted. Try another {peer}."
        }
        (I::InvalidContentType | I::UnknownProtocolVersion, _, _) => match (in_handshake, peer) {
            (true, Peer::Client) => {
                "The client's first bytes are not TLS: it probably speaks another protocol. Use a TLS client, or turn TLS off \
                 here."
            }
            (true, Peer::Server) => {
                "The server's answer is not TLS: it probably serves without TLS. Turn TLS off here, or on there."
            }
            (false, _) => "{Peer} continued with something that is not TLS. Connect again.",
        },
        (I::CertificatePayloadTooLarge, ..) => {
            "The {peer}'s certificates are too large to be accepted. Send only its own and those between it and the CA."
        }
        (I::InvalidServerName, ..) => {
            "{Peer} asks for a server name that is not one. Connect to a name such as localhost."
        }
        (I::UnsupportedCompression, ..) => OBSOLETE,
        (I::UnsupportedCurveType | I::UnsupportedKeyExchangeAlgorithm(_) | I::InvalidDhParams, ..) => {
            NO_KEY_EXCHANGE
        }
        _ => {
            "{Peer} sent a TLS message that can't be read: it was changed in transit, or the {peer}'s TLS library has a bug. \
             Try another {peer}."
        }
    }
}

/// Returns the text for a broken rule. Most rules are broken only by a TLS library with a bug, or by one under test.
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
        _ => BROKE_RULE,
    }
}
