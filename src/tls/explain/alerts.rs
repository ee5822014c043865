//! The texts for TLS alerts: for each alert, its cause and what to try.

use rustls::AlertDescription as Alert;

use crate::tls::explain::protocol_errors::{NO_ECH, OBSOLETE, OTHER_VERSION, Peer};

/// Returns the text for an alert that `sender` sent (RFC 8446, section 6; for older alerts RFC 5246, section 7.2). An
/// alert about a certificate means the server's if a client sent it, and the client's if a server did. `can_renegotiate` is
/// whether the handshake is over and may have been one of TLS 1.2.
pub(super) fn alert_text(
    alert: Alert,
    sender: Peer,
    in_handshake: bool,
    can_renegotiate: bool,
) -> &'static str {
    use Peer::{Client, Server};
    match (alert, sender) {
        (Alert::HandshakeFailure | Alert::NoRenegotiation, _) if can_renegotiate => {
            "{Peer} ended the connection after the handshake, most likely because it asked for another handshake (renegotiation), \
             which only TLS 1.2 has and which is not offered here. Connect again instead."
        }
        (Alert::CloseNotify, _) => "{Peer} closed the connection, as it should.",
        (Alert::BadRecordMac | Alert::DecryptionFailed, _) => {
            "{Peer} could not decrypt what it got: it was changed in transit. Connect without a proxy."
        }
        (Alert::HandshakeFailure, Client) if in_handshake => {
            "The client found no TLS version ({versions} here), cipher suite or certificate key ({key} here) in common. Try \
             another kind of key, or a newer client."
        }
        (Alert::HandshakeFailure, Server) if in_handshake => {
            "The server found no cipher suite, key exchange or kind of certificate in common. Offer both versions of TLS."
        }
        (Alert::BadCertificate, Client) => {
            "The client rejected our certificate: it is for another name, not valid now, from a CA that the client does not \
             trust, or damaged. Details… shows which."
        }
        (Alert::BadCertificate | Alert::CertificateUnknown, Server) => {
            "The server rejected this client's certificate and gave no exact reason. Look at its log."
        }
        (Alert::UnsupportedCertificate, Client) => {
            "The client does not support this kind of certificate. The cause may be its key ({key}): try another kind."
        }
        (Alert::UnsupportedCertificate, Server) => {
            "The server rejected this client's certificate for its kind. Make one with the purpose clientAuth."
        }
        (Alert::CertificateRevoked, _) => {
            "{Peer} rejected our certificate because its issuer has revoked it. Get a new one."
        }
        (Alert::CertificateExpired, _) => {
            "{Peer} rejected our certificate: by the {peer}'s clock it is not valid now. Make a new one, or set that clock."
        }
        (Alert::CertificateUnknown, Client) => {
            "The client rejected our certificate and gave no exact reason. {trust}, and connect to a name in the \
             certificate."
        }
        (Alert::UnknownCA, Client) => {
            "The client rejected our certificate because it doesn't trust the issuer. Give it the issuer's certificate as \
             its CA file."
        }
        (Alert::UnknownCA, Server) => {
            "The server rejected this client's certificate: the CA that it trusts for clients did not sign it. Sign it \
             with that CA."
        }
        (Alert::AccessDenied, _) => {
            "{Peer} accepted our certificate but decided against the connection. Look at the {peer}'s own rules."
        }
        (Alert::DecryptError, _) => {
            "{Peer} could not verify a signature. Check that its CA file is the one that signed our certificate."
        }
        (Alert::ProtocolVersion, _) if in_handshake => OTHER_VERSION,
        (Alert::InsufficientSecurity, _) if in_handshake => {
            "{Peer} demands stronger ciphers or a longer key. Try TLS 1.3, or a certificate with a longer key."
        }
        (Alert::InternalError, _) => "{Peer} reports an internal error. Look at the {peer}'s own log.",
        (Alert::InappropriateFallback, _) => {
            "{Peer} noticed that an older version of TLS was tried than both support. Connect again, without a proxy."
        }
        (Alert::UserCanceled, _) => "The user of the {peer} canceled the handshake. Connect again.",
        (Alert::UnrecognisedName, _) => {
            "{Peer} does not accept the server name of this connection. Use a name in the server's certificate."
        }
        (Alert::BadCertificateStatusResponse, _) => {
            "{Peer} asks for proof that our certificate is not revoked (OCSP), which is not sent. Turn that check off there."
        }
        (Alert::UnknownPSKIdentity, _) => {
            "{Peer} wants to continue with a key that the two sides don't share. Connect again without it."
        }
        (Alert::CertificateRequired, _) => {
            "{Peer} requires a client certificate, and none was presented. Choose one that its client CA signed, and its key."
        }
        (Alert::NoApplicationProtocol, _) => {
            "{Peer} accepts none of our protocols (ALPN): {alpn}. Choose one that it supports, or none."
        }
        (Alert::EncryptedClientHelloRequired, _) => NO_ECH,
        (
            Alert::DecompressionFailure
            | Alert::NoCertificate
            | Alert::ExportRestriction
            | Alert::NoRenegotiation,
            _,
        ) if in_handshake => OBSOLETE,
        (Alert::Unknown(_), _) => {
            "{Peer} ended the connection with an alert that no TLS standard defines. Look at the {peer}'s own log."
        }
        _ if !in_handshake => {
            "{Peer} ended the connection because of a TLS message after the handshake. Look at the {peer}'s own log."
        }
        _ => {
            "{Peer} rejected a TLS message of the handshake: one of the two TLS libraries may have a bug. Try another {peer}."
        }
    }
}
