//! One text for each TLS alert: what happened, most likely why, and what to try.
//!
//! The server's explanations ([`crate::tls::explain::server`]) and the built-in client's
//! ([`crate::tls::explain::client`]) take their texts from here and fill in the `{values}`.

use rustls::AlertDescription as Alert;

use crate::tls::explain::template::Peer;

/// Returns the text for an alert that `sender` sent (RFC 8446, section 6; the older ones RFC 5246, section 7.2); `None`
/// for a number that no standard defines. Servers send some alerts only about a client certificate.
#[expect(clippy::too_many_lines, reason = "a table: one entry for each alert")]
pub(super) fn alert_text(alert: Alert, sender: Peer) -> Option<&'static str> {
    use Peer::{Client, Server};
    Some(match (alert, sender) {
        (Alert::CloseNotify, _) => "{Peer} closed the connection, as it should.",
        (Alert::UnexpectedMessage, _) => {
            "{Peer} got a TLS message that it did not expect. One of the two TLS libraries may have a bug: try another \
             {peer}."
        }
        (Alert::BadRecordMac, _) => {
            "{Peer} could not decrypt what it got. The data was changed in transit, by a proxy for example: connect \
             without one."
        }
        (Alert::DecryptionFailed, _) => {
            "{Peer} could not decrypt what it got, and reports it with an obsolete alert. Try a newer {peer}."
        }
        (Alert::RecordOverflow, _) => "{Peer} got a TLS record that is too long for it. Try another {peer}.",
        (Alert::DecompressionFailure, _) => {
            "{Peer} could not unpack what it got. TLS no longer compresses, so try a newer {peer}."
        }
        (Alert::HandshakeFailure, Client) => {
            "The client found nothing in common with this server: no TLS version ({versions} here), no cipher suite, or \
             no kind of certificate key ({key} here). Try another kind of key, or a newer client."
        }
        (Alert::HandshakeFailure, Server) => {
            "The server found nothing in common with this client: no cipher suite, key exchange or kind of certificate. \
             This client offered {versions}: offer both versions, or look at the server's log."
        }
        (Alert::NoCertificate, _) => {
            "{Peer} has no certificate to present, and says so in the manner of SSL 3.0. Try a newer {peer}."
        }
        (Alert::BadCertificate, Client) => {
            "The client rejected our certificate: it is made for another name than the one the client asked for, not \
             valid yet or no longer, signed by a CA that the client does not trust, or damaged. Details… shows which."
        }
        (Alert::BadCertificate, Server) => {
            "The server rejected this client's certificate. It may be damaged, of the wrong kind, or a CA's own: the \
             server's log tells which. Make a new one, for a TLS client."
        }
        (Alert::UnsupportedCertificate, Client) => {
            "The client does not support this kind of certificate, though it is of X.509 version 3 and for a server. \
             The cause may be its key ({key}): try another kind."
        }
        (Alert::UnsupportedCertificate, Server) => {
            "The server does not support the kind of this client's certificate, for example one made for servers. Make \
             one with the purpose clientAuth."
        }
        (Alert::CertificateRevoked, Client) => {
            "The client rejected our certificate because its issuer has revoked it. Get a new certificate."
        }
        (Alert::CertificateRevoked, Server) => {
            "The server rejected this client's certificate: its issuer has revoked it. Get a new one."
        }
        (Alert::CertificateExpired, Client) => {
            "The client rejected our certificate because one of its chain is not valid now, or the client's clock is \
             wrong. Make a new one, or set the clock right."
        }
        (Alert::CertificateExpired, Server) => {
            "The server rejected this client's certificate: it has expired or is not valid yet. Make a new one, or set \
             the server's clock right."
        }
        (Alert::CertificateUnknown, Client) => {
            "The client rejected our certificate and gave no exact reason; browsers do this if they do not trust the \
             issuer. {trust}, and connect to a name in the certificate."
        }
        (Alert::CertificateUnknown, Server) => {
            "The server rejected this client's certificate and gave no exact reason. The server's log tells more."
        }
        (Alert::IllegalParameter, _) => {
            "{Peer} found an invalid value in the handshake. One of the two TLS libraries may have a bug: try another \
             {peer}."
        }
        (Alert::UnknownCA, Client) => {
            "The client rejected our certificate because it doesn't trust the issuer. Give it the issuer's certificate \
             as its CA file."
        }
        (Alert::UnknownCA, Server) => {
            "The server rejected this client's certificate: it was not signed by the CA that the server trusts for \
             clients. Sign it with that CA, or give the server the CA that did sign it."
        }
        (Alert::AccessDenied, Client) => {
            "The client accepted our certificate as valid but decided against the connection. Look at the client's own \
             rules for which servers it may use."
        }
        (Alert::AccessDenied, Server) => {
            "The server accepted this client's certificate as valid but does not let it in. Look at the server's own \
             rules."
        }
        (Alert::DecodeError, _) => {
            "{Peer} could not make sense of a message of the handshake. The data was changed in transit, or the {peer} \
             is very old: try a newer one."
        }
        (Alert::DecryptError, Client) => {
            "The client could not verify a signature or a key of the handshake. It may trust another certificate of the \
             same name: check that its CA file is the one that signed this one."
        }
        (Alert::DecryptError, Server) => {
            "The server could not verify a signature of the handshake. If there is a client certificate, check that its \
             key belongs to it."
        }
        (Alert::ExportRestriction, _) => {
            "{Peer} wants the weakened ciphers of the 1990s, which are broken. Try a newer {peer}."
        }
        (Alert::ProtocolVersion, Client) => {
            "The client does not accept a TLS version of this server. The server speaks {versions}: allow that in the \
             client."
        }
        (Alert::ProtocolVersion, Server) => {
            "The server does not speak the version of TLS that this client offered: {versions}. Offer another version \
             here, or allow this one on the server."
        }
        (Alert::InsufficientSecurity, Client) => {
            "The client asks for stronger ciphers or a longer key than it was offered. Make a certificate with a longer \
             key, or lower what the client asks for."
        }
        (Alert::InsufficientSecurity, Server) => {
            "The server asks for stronger ciphers or a longer key than this client has. Try TLS 1.3, or another client \
             certificate."
        }
        (Alert::InternalError, Client) => {
            "The client gave up and calls it an internal error. Look at the client's own messages."
        }
        (Alert::InternalError, Server) => {
            "The server gave up and calls it an internal error. Look at the server's log."
        }
        (Alert::InappropriateFallback, _) => {
            "{Peer} noticed that an older version of TLS was tried than both support. Something between the two \
             disturbed an earlier try: connect again, without a proxy."
        }
        (Alert::UserCanceled, _) => {
            "The user of the {peer} canceled the handshake, perhaps by answering no to a question. Connect again."
        }
        (Alert::NoRenegotiation, _) => {
            "{Peer} does not want to renegotiate, which was not asked for. Connect again, or try another {peer}."
        }
        (Alert::MissingExtension, _) => {
            "{Peer} didn't receive a required TLS 1.3 extension. One of the two TLS libraries may have a bug: try \
             another {peer}."
        }
        (Alert::UnsupportedExtension, _) => {
            "{Peer} got an extension that it had not asked for. One of the two TLS libraries may have a bug: try \
             another {peer}."
        }
        (Alert::CertificateUnobtainable, _) => {
            "{Peer} could not fetch our certificate from an address. It is sent whole and without an address, so try \
             another {peer}."
        }
        (Alert::UnrecognisedName, Client) => {
            "The client does not accept the server name of this connection. Connect to a name in the certificate."
        }
        (Alert::UnrecognisedName, Server) => {
            "The server has no site of the name that this client asked for. Set another server name."
        }
        (Alert::BadCertificateStatusResponse, _) => {
            "{Peer} asks for proof that our certificate is not revoked (OCSP), and none was sent. Turn that check off in \
             the {peer}, or use a certificate that does not demand it."
        }
        (Alert::BadCertificateHashValue, _) => {
            "{Peer} got a certificate with another fingerprint than it expected. Check which certificate it was \
             configured to expect."
        }
        (Alert::UnknownPSKIdentity, _) => {
            "{Peer} wants to continue with a key that both sides should have from before, and they do not. Connect again \
             without it."
        }
        (Alert::CertificateRequired, Client) => {
            "The client asks its peer for a certificate, as a server does. Two servers may be talking to each other: \
             check that this is a client."
        }
        (Alert::CertificateRequired, Server) => {
            "The server requires a client certificate, and this client presented none. Choose a client certificate and \
             its key, signed by the CA that the server trusts for clients."
        }
        (Alert::NoApplicationProtocol, Client) => {
            "The client insists on an application protocol (ALPN) that this server did not agree to. Let the client ask \
             for none, or for another."
        }
        (Alert::NoApplicationProtocol, Server) => {
            "The server agrees to none of the protocols that this client offered by ALPN: {alpn}. Offer one that the \
             server supports, or none."
        }
        (Alert::EncryptedClientHelloRequired, _) => {
            "{Peer} requires an encrypted ClientHello (ECH), which is not supported here. Turn ECH off in the {peer}."
        }
        _ => return None,
    })
}
