//! The results of TLS handshakes as plain values: a [`Handshake`] for the server, a [`ClientHandshake`] for the
//! built-in client. Names are those of the IANA TLS registries; [`names`] has a sentence for each number.

use std::sync::Arc;
use std::time::Duration;

use rustls::{CommonState, ProtocolVersion};
use serde::Serialize;

use crate::tls::certificate::Certificate;
use crate::tls::client_hello::ClientHello;
use crate::tls::names;

/// The kind of a handshake (RFC 8446, section 2; RFC 5246, section 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeKind {
    /// A handshake with certificates and a new key exchange.
    Full,
    /// A full handshake with a second `ClientHello`, because the first one offered no key share that the server
    /// accepts.
    FullWithRetry,
    /// A handshake that resumed an earlier session by ticket.
    Resumed,
}

/// The parameters that a handshake negotiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The TLS version: `TLS 1.3` or `TLS 1.2`.
    pub version: &'static str,
    /// The cipher suite, for example `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The key exchange group, for example `X25519MLKEM768`; `None` if a resumed session needed none.
    pub group: Option<String>,
    /// The server's signature scheme, for example `ecdsa_secp256r1_sha256`; `None` if a session was resumed.
    pub signature_scheme: Option<String>,
    /// The server name that the client sent (SNI, RFC 6066, section 3); `None` if it sent none, as for an IP address.
    pub server_name: Option<String>,
    /// The negotiated application protocol (ALPN, RFC 7301), as text.
    pub alpn: Option<String>,
    /// Whether the handshake was full, retried or resumed.
    pub kind: HandshakeKind,
    /// On the server: the client's certificate, from this handshake or from the session that it resumed.
    pub client_certificate: Option<ClientCertificate>,
    /// The IANA numbers of the parameters.
    pub codes: Codes,
    /// On the server: the client's first `ClientHello`; `None` if it couldn't be parsed for display.
    pub client_hello: Option<Arc<ClientHello>>,
    /// The time from the connected socket to the end of the handshake.
    pub took: Duration,
}

/// The IANA numbers of the negotiated parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes {
    /// The TLS version.
    pub version: u16,
    /// The cipher suite.
    pub cipher_suite: u16,
    /// The key exchange group.
    pub group: Option<u16>,
    /// The signature scheme.
    pub signature_scheme: Option<u16>,
}

/// A client certificate that the server accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCertificate {
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The SHA-256 fingerprint: 32 bytes as hexadecimal digits in pairs, with colons between them, as openssl prints
    /// it.
    pub sha256: String,
    /// The subject's distinguished name, for example `CN=alice`.
    pub subject: String,
}

/// The result of the built-in client's handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHandshake {
    /// The negotiated parameters. The client never resumes a session.
    pub agreed: Handshake,
    /// The name or address that the certificate was checked for.
    pub name: String,
    /// The certificates that the server presented, its own first.
    pub chain: Arc<[Certificate]>,
    /// Why the client accepted the server's certificate.
    pub accepted: Accepted,
    /// Whether the server asked for a client certificate.
    pub asked_for_certificate: bool,
    /// Whether the client presented a certificate.
    pub presented_certificate: bool,
}

/// Why a server's certificate was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accepted {
    /// A CA that the client trusts signed the certificate, and its names and dates are right.
    Signed,
    /// The certificate is the one that the client was given, though webpki couldn't verify it.
    Pinned {
        /// Whether the certificate's names were checked. An X.509 version 1 certificate has none.
        name_checked: bool,
    },
    /// The certificate wasn't checked.
    #[default]
    Unchecked,
}

impl Handshake {
    /// Returns the parameters that a server connection negotiated. Its handshake must be complete.
    #[must_use]
    pub fn of_server(
        connection: &rustls::ServerConnection,
        scheme: Option<u16>,
        client_hello: Option<Arc<ClientHello>>,
        took: Duration,
    ) -> Self {
        let certificate =
            connection.peer_certificates().and_then(|chain| Certificate::from_der(chain.first()?));
        Self {
            server_name: connection.server_name().map(str::to_owned),
            client_certificate: certificate.map(|certificate| ClientCertificate {
                subject: certificate.subject,
                issuer: certificate.issuer,
                sha256: certificate.fingerprint,
            }),
            client_hello,
            ..Self::new(connection, scheme, took)
        }
    }

    /// Returns the memory that this value takes, in bytes, without short names of the IANA registries.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.client_hello.as_ref().map_or(0, |hello| hello.size())
            + self
                .client_certificate
                .as_ref()
                .map_or(0, |shown| shown.subject.len() + shown.issuer.len() + shown.sha256.len())
    }

    /// Returns a summary on one line: `TLS 1.3 · TLS_AES_256_GCM_SHA384 · X25519MLKEM768`.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [Some(self.version), Some(&self.cipher_suite), self.group.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Returns the parameters that both sides know. The caller has to pass the signature scheme, which rustls doesn't
    /// report.
    pub(super) fn new(connection: &CommonState, signature_scheme: Option<u16>, took: Duration) -> Self {
        let codes = Codes {
            version: connection.protocol_version().map_or(0, u16::from),
            cipher_suite: connection.negotiated_cipher_suite().map_or(0, |suite| suite.suite().into()),
            group: connection.negotiated_key_exchange_group().map(|group| group.name().into()),
            signature_scheme,
        };
        Self {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS 1.3",
            },
            cipher_suite: names::suite(codes.cipher_suite),
            group: codes.group.map(names::group),
            signature_scheme: signature_scheme.map(names::scheme),
            server_name: None,
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            kind: match connection.handshake_kind() {
                Some(rustls::HandshakeKind::Resumed) => HandshakeKind::Resumed,
                Some(rustls::HandshakeKind::FullWithHelloRetryRequest) => HandshakeKind::FullWithRetry,
                _ => HandshakeKind::Full,
            },
            client_certificate: None,
            codes,
            client_hello: None,
            took,
        }
    }
}
