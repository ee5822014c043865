//! The texts for TLS alerts: for each alert, its cause and what to try.
//!
//! An alert has one byte for its reason. A text states a cause only if the standard defines no other one; otherwise it
//! says which one is most likely.

use rustls::AlertDescription as Alert;

use crate::tls::explain::protocol_errors::{NO_ECH, OBSOLETE, OTHER_VERSION, Peer};

const SERVER_ONLY: &str =
    "The client sent an alert that only servers send, so its TLS library may have a bug. Try another client.";
const CLIENT_ONLY: &str =
    "The server sent an alert that only clients send, so its TLS library may have a bug. Try another server.";

/// Returns the text for an alert that `sender` sent (RFC 8446, section 6; for older alerts RFC 5246, section 7.2, and
/// RFC 6066, section 9). An alert about a certificate is about the server's if a client sent it, and about the client's
/// if a server did. `can_renegotiate` is whether the handshake is over and may have been one of TLS 1.2.
pub(super) fn alert_text(
    alert: Alert,
    sender: Peer,
    in_handshake: bool,
    can_renegotiate: bool,
) -> &'static str {
    use Peer::{Client, Server};
    match (alert, sender) {
        (Alert::HandshakeFailure | Alert::NoRenegotiation, _) if can_renegotiate => {
            "{Peer} ended the connection after the handshake. Most likely it asked for another handshake (renegotiation), \
             which only TLS 1.2 has and Echoscope doesn't support: connect again instead."
        }
        (Alert::CloseNotify, _) => "{Peer} closed the connection cleanly (close_notify).",
        (Alert::BadRecordMac | Alert::DecryptionFailed, _) => {
            "{Peer} can't decrypt a record: it was changed in transit, or one of the two TLS libraries has a bug. Connect \
             again, without a proxy."
        }
        (Alert::HandshakeFailure, Client) if in_handshake => {
            "The client found no parameters that both sides support. Most likely it supports none of the server's cipher \
             suites, its TLS versions ({versions}) or its key ({key}): try another type of key, or a newer client."
        }
        (Alert::HandshakeFailure, Server) if in_handshake => {
            "The server found no parameters that both sides support. Most likely they have no cipher suite or key exchange \
             in common: offer both versions of TLS."
        }
        (Alert::BadCertificate, Client) => {
            "The client rejected the server's certificate without an exact reason. Most likely it doesn't trust the issuer; \
             otherwise the certificate is for another name, not valid now, or damaged. Details… shows which."
        }
        (Alert::BadCertificate | Alert::CertificateUnknown, Server) => {
            "The server rejected this client's certificate without an exact reason. See the server's log."
        }
        (Alert::UnsupportedCertificate, Client) => {
            "The client rejected the server's certificate as unsupported. Most likely its key ({key}) or its purpose is the \
             cause: try another type of key, and the purpose serverAuth."
        }
        (Alert::UnsupportedCertificate, Server) => {
            "The server rejected this client's certificate as unsupported. Most likely its purpose is the cause: make one \
             with the purpose clientAuth."
        }
        (Alert::CertificateRevoked, _) => "{Peer} rejected {own}: its issuer revoked it. Get a new one.",
        (Alert::CertificateExpired, _) => {
            "{Peer} rejected {own}: by the {peer}'s clock, it or a certificate above it is not valid now. Make a new one, \
             or set that clock."
        }
        (Alert::CertificateUnknown, Client) => {
            "The client rejected the server's certificate without an exact reason. {trust}, and connect to a name in the \
             certificate."
        }
        (Alert::UnknownCA, Client) => {
            "The client rejected the server's certificate because it doesn't trust the issuer. Give it the issuer's \
             certificate as its CA file."
        }
        (Alert::UnknownCA, Server) => {
            "The server rejected this client's certificate because it doesn't trust the issuer. Sign it with the CA that \
             the server trusts for clients."
        }
        (Alert::AccessDenied, _) => {
            "{Peer} accepted {own}, but its own rules forbid the connection. Check these rules."
        }
        (Alert::DecryptError, _) => {
            "{Peer} can't verify a signature or another proof of the handshake. Most likely its CA file contains another CA \
             of the same name: give it the one that signed {own}."
        }
        (Alert::ProtocolVersion, _) if in_handshake => OTHER_VERSION,
        (Alert::InsufficientSecurity, _) if in_handshake => {
            "{Peer} requires stronger cipher suites or a longer key. Try TLS 1.3, or a certificate with a longer key."
        }
        (Alert::InternalError, _) => "{Peer} reports an internal error. See the {peer}'s own log.",
        (Alert::UserCanceled, _) => {
            "{Peer} canceled the handshake, perhaps because its user did. Connect again."
        }
        (
            Alert::InappropriateFallback
            | Alert::UnrecognisedName
            | Alert::UnknownPSKIdentity
            | Alert::CertificateRequired
            | Alert::NoApplicationProtocol
            | Alert::CertificateUnobtainable
            | Alert::BadCertificateHashValue,
            Client,
        ) => SERVER_ONLY,
        (Alert::BadCertificateStatusResponse | Alert::EncryptedClientHelloRequired, Server) => CLIENT_ONLY,
        (Alert::InappropriateFallback, Server) => {
            "The server supports a newer version of TLS than this client offered after a failed attempt. Connect again, \
             without a proxy."
        }
        (Alert::UnrecognisedName, Server) => {
            "The server has no host with this server name (SNI). Connect to a name in the server's certificate."
        }
        (Alert::BadCertificateStatusResponse, Client) => {
            "The client rejected the server's revocation status (OCSP). Echoscope sends none, so the client's TLS library may \
             have a bug: turn that check off there."
        }
        (Alert::UnknownPSKIdentity, Server) => {
            "The server doesn't have the pre-shared key (PSK) that this client named. Connect again without it."
        }
        (Alert::CertificateRequired, Server) => {
            "The server requires a client certificate, and none was presented. Choose one that the server's client CA \
             signed, and its key."
        }
        (Alert::NoApplicationProtocol, Server) => {
            "The server supports none of the offered application protocols (ALPN): {alpn}. Offer one that it supports, or \
             none."
        }
        (Alert::EncryptedClientHelloRequired, Client) => NO_ECH,
        (
            Alert::DecompressionFailure
            | Alert::NoCertificate
            | Alert::ExportRestriction
            | Alert::NoRenegotiation,
            _,
        ) if in_handshake => OBSOLETE,
        (Alert::Unknown(_), _) => {
            "{Peer} ended the connection with an alert that no TLS standard defines. See the {peer}'s own log."
        }
        _ if !in_handshake => {
            "{Peer} ended the connection because of a TLS message after the handshake. See the {peer}'s own log."
        }
        _ => {
            "{Peer} rejected a TLS message of the handshake, so one of the two TLS libraries may have a bug. Try another \
             {peer}."
        }
    }
}
