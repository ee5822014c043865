//! What a server can do to a client's TLS connection, as tables: each alert and each error with what happened, most
//! likely why, and what to try. `{versions}` and `{alpn}` stand for what the client offered.

use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible};

/// The alerts that a server sends (RFC 8446, section 6; the older ones RFC 5246, section 7.2), with their words.
pub(super) const ALERTS: &[(Alert, &str)] = &[
    (Alert::CloseNotify, "The server closed the connection, as it should."),
    (
        Alert::HandshakeFailure,
        "The server found nothing in common with this client: no cipher suite, key exchange or kind of certificate. \
         This client offered {versions}: offer both versions, or look at the server's log.",
    ),
    (
        Alert::ProtocolVersion,
        "The server does not speak the version of TLS that this client offered: {versions}. Offer another version \
         here, or allow this one on the server.",
    ),
    (
        Alert::CertificateRequired,
        "The server requires a client certificate, and this client showed none. Choose a client certificate and its \
         key, signed by the CA that the server trusts for clients.",
    ),
    (
        Alert::NoApplicationProtocol,
        "The server agrees to none of the protocols that this client offered by ALPN: {alpn}. Offer one that the \
         server knows, or none.",
    ),
    (
        Alert::UnknownCA,
        "The server refused this client's certificate: it was not signed by the CA that the server trusts for clients. \
         Sign it with that CA, or give the server the CA that did sign it.",
    ),
    (
        Alert::BadCertificate,
        "The server refused this client's certificate. It may be damaged, of the wrong kind, or a CA's own: the \
         server's log tells which. Make it anew, for a TLS client.",
    ),
    (
        Alert::UnsupportedCertificate,
        "The server refused this client's certificate as one of a kind that it does not take, for example one made for \
         servers. Make one with the purpose clientAuth.",
    ),
    (
        Alert::CertificateRevoked,
        "The server refused this client's certificate: its issuer has revoked it. Get a new one.",
    ),
    (
        Alert::CertificateExpired,
        "The server refused this client's certificate: it has expired or is not valid yet. Make a new one, or set the \
         server's clock right.",
    ),
    (
        Alert::CertificateUnknown,
        "The server refused this client's certificate and did not say exactly why. The server's log tells more.",
    ),
    (
        Alert::AccessDenied,
        "The server took this client's certificate as valid but does not let it in. Look at the server's own rules.",
    ),
    (
        Alert::UnrecognisedName,
        "The server knows no site of the name that this client asked for. Set another server name.",
    ),
    (
        Alert::InsufficientSecurity,
        "The server asks for stronger ciphers or a longer key than this client has. Try TLS 1.3, or another client \
         certificate.",
    ),
    (
        Alert::DecryptError,
        "The server could not verify a signature of the handshake. If there is a client certificate, check that its \
         key belongs to it.",
    ),
    (
        Alert::BadRecordMac,
        "The server could not decrypt what it got. The data was changed on the way, by a proxy for example: connect \
         without one.",
    ),
    (Alert::InternalError, "The server gave up and calls it an internal error. Look at the server's log."),
    (Alert::UserCanceled, "Somebody at the server cancelled the handshake. Connect again."),
    (
        Alert::UnexpectedMessage,
        "The server got a TLS message that it did not expect. One of the two TLS libraries may have a fault: try \
         another server.",
    ),
    (
        Alert::DecodeError,
        "The server could not make sense of what this client sent. It may be a very old server, or the data was changed \
         on the way.",
    ),
    (
        Alert::IllegalParameter,
        "The server found a value in the handshake that must not be there. One of the two TLS libraries may have a \
         fault: try another server.",
    ),
    (
        Alert::InappropriateFallback,
        "The server saw that an older version of TLS was tried than both know. Connect again, without a proxy.",
    ),
    (
        Alert::MissingExtension,
        "The server misses a part of this client's hello. One of the two TLS libraries may have a fault: try another \
         server.",
    ),
    (
        Alert::UnsupportedExtension,
        "The server got an extension that it had not asked for. One of the two TLS libraries may have a fault: try \
         another server.",
    ),
    (Alert::RecordOverflow, "The server got a TLS record that is too long for it. Try another server."),
    (Alert::NoRenegotiation, "The server does not want to renegotiate. Connect again."),
];

/// The words for an error that rustls met with the server; certificates and alerts have theirs elsewhere.
pub(super) fn error(error: &Error, in_handshake: bool) -> &'static str {
    match error {
        Error::PeerIncompatible(reason) => incompatible(reason),
        Error::InvalidMessage(reason) => invalid(*reason, in_handshake),
        Error::PeerMisbehaved(_) => {
            "The server broke a rule of TLS. Its TLS library may have a fault, or is being tested: try another server."
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "The server sent a TLS message that does not belong there. Its TLS library may have a fault, or this is no \
             TLS server: try another one."
        }
        Error::DecryptError | Error::PeerSentOversizedRecord => {
            "What the server sent could not be decrypted. It was changed on the way, by a proxy for example: connect \
             without one."
        }
        Error::NoCertificatesPresented => {
            "The server showed no certificate, and without one nobody knows who it is. Give the server a certificate."
        }
        _ if in_handshake => {
            "The TLS handshake failed on the client's side. The details tell what the TLS library said."
        }
        _ => {
            "The TLS connection failed on the client's side. Connect again; the details tell what the TLS library said."
        }
    }
}

fn incompatible(reason: &PeerIncompatible) -> &'static str {
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
            "The server chose a cipher suite, key exchange or signature that this client does not take. Try TLS 1.3, \
             or another kind of key for the server's certificate."
        }
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "The client certificate's key can't sign in a way that the server takes. Make an RSA, P-256 or Ed25519 key."
        }
        P::ExtendedMasterSecretExtensionRequired => {
            "The server does not know extended master secret, without which TLS 1.2 is not safe. Use TLS 1.3."
        }
        _ => "The server's TLS does not fit this client's. Try TLS 1.3, or a newer server.",
    }
}

fn invalid(reason: InvalidMessage, in_handshake: bool) -> &'static str {
    use InvalidMessage as I;
    match reason {
        I::InvalidContentType
        | I::UnknownProtocolVersion
        | I::MessageTooLarge
        | I::HandshakePayloadTooLarge
        | I::InvalidEmptyPayload
            if in_handshake =>
        {
            "What the server sent is not TLS. Most likely it serves without TLS, or speaks another protocol: turn TLS \
             off here, or on there."
        }
        I::InvalidContentType | I::UnknownProtocolVersion | I::MessageTooLarge | I::InvalidEmptyPayload => {
            "The server went on with something that is not TLS. It may have stopped encrypting, or something on the way \
             changed its data: connect again."
        }
        I::CertificatePayloadTooLarge => {
            "The server's certificates are too large to be taken. Let it send only its own and those up to the CA."
        }
        _ => {
            "The server sent a TLS message that can't be read. It was changed on the way, or the server's TLS library \
             has a fault: try another server."
        }
    }
}
