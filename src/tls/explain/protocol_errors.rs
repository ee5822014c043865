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
    /// Fills in the placeholders of a text about this peer: `{peer}` is `client` or `server`, `{Peer}` begins a sentence,
    /// and `{own}` is the certificate that this peer checks.
    pub(super) fn fill(self, template: &str, value: impl Fn(&str) -> Option<String>) -> String {
        fill(template, |key| match (key, self) {
            ("peer", Self::Client) => Some("client".to_owned()),
            ("peer", Self::Server) => Some("server".to_owned()),
            ("Peer", Self::Client) => Some("The client".to_owned()),
            ("Peer", Self::Server) => Some("The server".to_owned()),
            ("own", Self::Client) => Some("the server's certificate".to_owned()),
            ("own", Self::Server) => Some("this client's certificate".to_owned()),
            _ => value(key),
        })
    }
}

const BROKE_RULE: &str = "{Peer} broke a rule of TLS, so its TLS library may have a bug. Try another {peer}.";
pub(super) const OBSOLETE: &str =
    "{Peer} requires a part of TLS that is obsolete and insecure. Try a newer {peer}.";
pub(super) const NO_ECH: &str = "{Peer} requires an encrypted ClientHello (ECH), which Echoscope doesn't support. Turn ECH off in the {peer}.";
const BAD_RECORD: &str = "A record from the {peer} can't be decrypted: it was changed in transit, or sent unencrypted. Connect again.";
pub(super) const OTHER_VERSION: &str = "The client and the server have no TLS version in common ({versions} here). Enable another one on either side.";
const LONG_RECORD: &str =
    "{Peer} sent a TLS record longer than the maximum of 16 KiB. Check that it is a TLS {peer}.";
const NO_SIGNATURE_SCHEME: &str = "The client supports no signature algorithm that the server's key can use. Try an RSA or ECDSA \
                                   P-256 certificate.";
const NO_KEY_EXCHANGE: &str = "The client and the server have no key exchange in common. Enable a cipher suite with ECDHE on \
                               both, and the group X25519 or P-256.";

/// Returns the text for an error that `peer` caused; `None` if the peer didn't cause it.
pub(super) fn protocol_error_text(error: &Error, in_handshake: bool, peer: Peer) -> Option<&'static str> {
    Some(match (error, peer) {
        (Error::PeerIncompatible(reason), _) => incompatible(reason),
        (Error::InvalidMessage(reason), _) => invalid_message(*reason, in_handshake, peer),
        (Error::PeerMisbehaved(reason), _) => misbehaved(reason),
        (Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. }, Peer::Server)
            if in_handshake =>
        {
            "The server echoed this client's ClientHello, so it is an echo server without TLS. Turn TLS on there, or off here."
        }
        (
            Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::HandshakeNotComplete,
            _,
        ) => "{Peer} sent a TLS message out of turn, so its TLS library may have a bug. Try another {peer}.",
        (Error::DecryptError, _) => BAD_RECORD,
        (Error::PeerSentOversizedRecord, _) => LONG_RECORD,
        (Error::NoApplicationProtocol, Peer::Client) => {
            "The client offered other application protocols (ALPN) than this server supports: {alpn}. Let it offer one of \
             these or none."
        }
        (Error::NoCertificatesPresented, Peer::Client) => {
            "The client presented no certificate, and the server requires one. Give the client one that {ca} signed, and its key: \
             {openssl} -cert client.crt -key client.key"
        }
        (Error::NoCertificatesPresented, Peer::Server) => {
            "The server presented no certificate, so this client can't check its identity. Give the server a certificate."
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
            "The client and the server have no cipher suite in common. Enable a modern one on both, such as \
             TLS_AES_128_GCM_SHA256."
        }
        // A client that offers no cipher suite with ECDHE offers no groups either.
        P::NoKxGroupsInCommon | P::NamedGroupsExtensionRequired => NO_KEY_EXCHANGE,
        P::KeyShareExtensionRequired => {
            "{Peer} offers TLS 1.3 without a key_share, which it requires, so its TLS library may have a bug. Try another \
             {peer}."
        }
        P::NoSignatureSchemesInCommon => NO_SIGNATURE_SCHEME,
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The server accepts no signature algorithm that the key of the client's certificate can use. Make an RSA, P-256 or \
             Ed25519 key."
        }
        P::IncorrectCertificateTypeExtension | P::UnsolicitedCertificateTypeExtension => {
            "{Peer} requires raw public keys (RFC 7250), which Echoscope doesn't support. Let it accept X.509 certificates."
        }
        P::NullCompressionRequired => OBSOLETE,
        P::ExtendedMasterSecretExtensionRequired => {
            "{Peer} doesn't support extended master secret (RFC 7627), which protects TLS 1.2 against triple-handshake attacks. \
             Use TLS 1.3."
        }
        _ => {
            "The client and the server support no common set of TLS features. Try TLS 1.3, or a newer {peer}."
        }
    }
}

fn invalid_message(reason: InvalidMessage, in_handshake: bool, peer: Peer) -> &'static str {
    use InvalidMessage as I;
    match (reason, in_handshake, peer) {
        (I::MessageTooLarge, ..) => LONG_RECORD,
        (I::InvalidEmptyPayload, ..) => BROKE_RULE,
        (I::HandshakePayloadTooLarge, ..) => {
            "{Peer} sent a handshake message longer than 64 KiB, the most that Echoscope accepts. Try another {peer}."
        }
        (I::InvalidContentType | I::UnknownProtocolVersion, _, _) => match (in_handshake, peer) {
            (true, Peer::Client) => {
                "The client's first bytes are not TLS, so it probably uses another protocol. Use a TLS client, or turn TLS off \
                 here."
            }
            (true, Peer::Server) => {
                "The server's answer is not TLS, so it probably serves without TLS. Turn TLS off here, or on there."
            }
            (false, _) => "{Peer} sent data that is not TLS after the handshake. Connect again.",
        },
        (I::CertificatePayloadTooLarge, ..) => {
            "The {peer}'s certificate chain is too large. Send only its own certificate and the intermediate ones."
        }
        (I::InvalidServerName, ..) => {
            "{Peer} sent a server name (SNI) that is not a host name. Connect to a name such as localhost."
        }
        (I::UnsupportedCompression, ..) => OBSOLETE,
        (I::UnsupportedCurveType | I::UnsupportedKeyExchangeAlgorithm(_) | I::InvalidDhParams, ..) => {
            NO_KEY_EXCHANGE
        }
        _ => {
            "{Peer} sent a TLS message that can't be parsed: it was changed in transit, or the {peer}'s TLS library has a bug. \
             Try another {peer}."
        }
    }
}

/// Returns the text for a broken rule. Most rules are broken only by a TLS library with a bug, or by one under test.
fn misbehaved(reason: &PeerMisbehaved) -> &'static str {
    use PeerMisbehaved as P;
    match reason {
        P::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "The server supports TLS 1.3 but chose TLS 1.2, most likely because something in between changed the handshake. \
             Connect without a proxy."
        }
        P::IncorrectBinder
        | P::ResumptionAttemptedWithVariedEms
        | P::ResumptionOfferedWithIncompatibleCipherSuite
        | P::ResumptionOfferedWithVariedCipherSuite
        | P::ResumptionOfferedWithVariedEms => {
            "{Peer} tried to resume an earlier session with parameters that don't match it. Clear its sessions, then connect \
             again."
        }
        P::TooManyRenegotiationRequests
        | P::TooManyKeyUpdateRequests
        | P::TooManyWarningAlertsReceived
        | P::TooManyEmptyFragments
        | P::TooMuchEarlyDataReceived => {
            "{Peer} sent too many messages without data, as in an attack, and was disconnected. Try another {peer}."
        }
        _ => BROKE_RULE,
    }
}
