//! What a TLS handshake agreed on, as plain values.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Name;

use crate::tls::client_hello::ClientHello;
use crate::tls::inspect::{distinguished_name, sha256};
use crate::tls::names;
use crate::tls::server_config::chosen_scheme;

/// How the handshake went (RFC 8446, section 2; RFC 5246, section 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeKind {
    /// Certificates and a fresh key exchange.
    Full,
    /// A full handshake that needed a second `ClientHello`, since the first offered no key share that we take.
    FullWithRetry,
    /// An earlier session was taken up again by ticket.
    Resumed,
}

/// What was agreed. Names are those of the IANA TLS registries; [`names`] has a sentence for each number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: &'static str,
    /// The cipher suite, for example `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The key exchange group, for example `X25519MLKEM768`; `None` where a resumption did without.
    pub group: Option<String>,
    /// What the server signed with, for example `ecdsa_secp256r1_sha256`; `None` where a resumption did without.
    pub signature_scheme: Option<String>,
    /// The server name that the client asked for (SNI, RFC 6066, section 3).
    pub server_name: Option<String>,
    /// The protocol agreed by ALPN (RFC 7301), as text where it is text.
    pub alpn: Option<String>,
    /// Full, retried or resumed.
    pub kind: HandshakeKind,
    /// The certificate that the client showed, or had shown when the resumed session began.
    pub client_certificate: Option<ClientCertificate>,
    /// The numbers behind the names, for looking up what they mean.
    pub codes: Codes,
    /// What the client had offered in its first `ClientHello`; `None` where that could not be read a second time.
    pub client_hello: Option<Arc<ClientHello>>,
    /// From the accepted connection to the end of the handshake.
    pub took: Duration,
}

/// The registries' numbers of what was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes {
    /// The version.
    pub version: u16,
    /// The cipher suite.
    pub cipher_suite: u16,
    /// The key exchange group.
    pub group: Option<u16>,
    /// The signature scheme.
    pub signature_scheme: Option<u16>,
}

/// A certificate that a client showed and that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Who it is for, for example `CN=alice`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The SHA-256 fingerprint: 32 bytes as hexadecimal digits in pairs, with colons between them, as openssl prints it.
    pub sha256: String,
}

impl Handshake {
    /// Reads off a connection whose handshake is done; `took` is the time from its first byte to its last.
    #[must_use]
    pub fn of(
        connection: &rustls::ServerConnection,
        client_hello: Option<Arc<ClientHello>>,
        took: Duration,
    ) -> Self {
        let codes = Codes {
            version: connection.protocol_version().map_or(0, u16::from),
            cipher_suite: connection.negotiated_cipher_suite().map_or(0, |suite| suite.suite().into()),
            group: connection.negotiated_key_exchange_group().map(|group| group.name().into()),
            signature_scheme: chosen_scheme(),
        };
        Self {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS 1.3",
            },
            cipher_suite: names::suite(codes.cipher_suite),
            group: codes.group.map(names::group),
            signature_scheme: codes.signature_scheme.map(names::scheme),
            server_name: connection.server_name().map(str::to_owned),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            kind: match connection.handshake_kind() {
                Some(rustls::HandshakeKind::Resumed) => HandshakeKind::Resumed,
                Some(rustls::HandshakeKind::FullWithHelloRetryRequest) => HandshakeKind::FullWithRetry,
                _ => HandshakeKind::Full,
            },
            client_certificate: connection
                .peer_certificates()
                .and_then(|chain| chain.first())
                .map(ClientCertificate::of),
            codes,
            client_hello,
            took,
        }
    }
}

impl ClientCertificate {
    fn of(der: &CertificateDer<'_>) -> Self {
        let parsed = X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed);
        let name = |name: Option<&X509Name<'_>>| name.map_or_else(|| "?".to_owned(), distinguished_name);
        Self {
            subject: name(parsed.as_ref().map(|parsed| parsed.subject())),
            issuer: name(parsed.as_ref().map(|parsed| parsed.issuer())),
            sha256: sha256(der),
        }
    }
}
